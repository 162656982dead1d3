"""Signed uploads, and what a signature does not allow, by supabase-py alone; what projects use of pgcrypto."""

import hashlib
import hmac

import httpx
import pytest
import supabase
from storage3.exceptions import StorageApiError

from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import DatabaseError, SupabaseProject

# supabase-py hands its own clients what they have given up
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def project():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture
def clients(project):
    serving = Serving(project.reset())
    with httpx.Client(trust_env=False) as http:
        options = supabase.ClientOptions(httpx_client=http, auto_refresh_token=False)
        made = [supabase.create_client(serving.url, key, options) for key in (project.service_key, project.anon_key)]
        made[0].storage.create_bucket("inbox", options={"allowed_mime_types": ["text/plain"]})
        yield [one.storage.from_("inbox") for one in made]
    serving.close()


TEXT = {"content-type": "text/plain"}


def test_a_signed_upload_is_anybodys_and_only_for_its_place(clients):
    ours, theirs = clients
    token = ours.create_signed_upload_url("a/b.txt")["token"]
    with pytest.raises(StorageApiError, match="signature"):
        theirs.upload_to_signed_url("a/c.txt", token, b"hello", TEXT)
    theirs.upload_to_signed_url("a/b.txt", token, b"hello", TEXT)
    assert ours.download("a/b.txt") == b"hello"
    with pytest.raises(StorageApiError, match="already exists"):
        theirs.upload_to_signed_url("a/b.txt", token, b"again", TEXT)
    with pytest.raises(StorageApiError, match="mime type"):
        theirs.upload_to_signed_url(
            "d.png", ours.create_signed_upload_url("d.png")["token"], b"", {"content-type": "image/png"}
        )


def test_who_may_not_upload_gets_no_signature(clients):
    ours, theirs = clients
    with pytest.raises(StorageApiError, match="row-level security"):
        theirs.create_signed_upload_url("a.txt")
    assert ours.list() == []


def test_a_signature_is_for_reading_or_for_writing(clients):
    ours, theirs = clients
    ours.upload("a.txt", b"a", TEXT)
    reading = ours.create_signed_url("a.txt", 60)["signedURL"]
    with pytest.raises(StorageApiError, match="signature"):
        theirs.upload_to_signed_url("a.txt", reading.partition("token=")[2], b"b", TEXT)
    writing = ours.create_signed_upload_url("b.txt")["token"]
    ours.upload("b.txt", b"b", TEXT)
    assert httpx.get(f"{reading.partition('?')[0].replace('a.txt', 'b.txt')}?token={writing}").status_code == 400


def test_an_image_that_would_be_changed_is_refused_openly(clients):
    ours, _ = clients
    ours.upload("a.txt", b"a", TEXT)
    with pytest.raises(StorageApiError, match=r"does not have POST .* with transform"):
        ours.create_signed_url("a.txt", 60, {"transform": {"width": 10}})


@pytest.mark.parametrize("kind", ["md5", "sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("key", ["key", "k" * 200])
def test_what_projects_use_of_pgcrypto(project, kind, key):
    sql = f"select encode(hmac('données', '{key}', '{kind}'), 'hex') as a, encode(digest('données', '{kind}'), 'hex') as b"
    [row] = project.sql(sql)
    data = "données".encode()
    assert list(row) == [hmac.new(key.encode(), data, kind).hexdigest(), hashlib.new(kind, data).hexdigest()]


def test_a_digest_that_is_not_there_says_so(project):
    with pytest.raises(DatabaseError, match="the sandbox has no digest 'sha1'"):
        project.sql("select digest('a', 'sha1')")
    assert len(project.sql("select extensions.gen_random_uuid()")) == 1
