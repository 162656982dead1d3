"""supabase-py alone, against the sandbox: the reference document's calls, corrected only where one no longer exists."""

import asyncio

import httpx
import pytest
import supabase
from storage3.exceptions import StorageApiError
from supabase_auth.errors import AuthApiError

from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import SupabaseProject

# supabase-py hands its own functions client what that has given up
pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify|proxy)' parameter:DeprecationWarning")


@pytest.fixture(scope="module")
def project():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture
def url(project):
    serving = Serving(project.reset())
    yield serving.url
    serving.close()


@pytest.fixture
def client(url, project):
    with httpx.Client(trust_env=False) as http:  # the SDK closes no connection of its own
        yield supabase.create_client(
            url, project.service_key, supabase.ClientOptions(httpx_client=http, auto_refresh_token=False)
        )


def test_supabase_complet(client):
    assert client.table("_health").select("*").limit(1).execute().data == [{"id": 1, "status": "ok"}]
    for table in ("users", "posts", "comments"):
        assert client.table(table).select("count").limit(1).execute().data[0]["count"] >= 2
    assert client.auth.get_user() is None
    assert client.storage.list_buckets() == []


def test_the_database(client):
    assert len(client.table("users").select("*").execute().data) == 3
    made = client.table("users").insert({"name": "John", "email": "john@example.com"}).execute().data
    assert made[0]["name"] == "John"
    assert client.table("users").update({"name": "Jane"}).eq("id", made[0]["id"]).execute().data[0]["name"] == "Jane"
    assert client.table("users").delete().eq("id", made[0]["id"]).execute().data[0]["name"] == "Jane"
    found = client.table("users").select("*").gt("age", 18).order("created_at", desc=True).limit(10).execute()
    assert {row["name"] for row in found.data} == {"Ada", "Grace"}
    assert client.table("posts").select("*, author:users(*)").eq("id", 1).execute().data[0]["author"]["name"] == "Ada"
    search = client.table("articles").select("*").text_search("content", "'fat' & 'cat'").execute()
    assert [row["title"] for row in search.data] == ["Cats"]
    assert client.table("users").select("name").eq("id", 9).maybe_single().execute() is None
    assert client.table("users").select("name", count="exact", head=True).execute().count == 3
    assert client.rpc("adults", {"min_age": 40}).select("name").execute().data == [{"name": "Grace"}]
    assert client.rpc("add", {"a": 1, "b": 2}, get=True).execute().data == 3
    assert client.table("users").select("name, age").eq("id", 1).csv().execute().data == "name,age\nAda,36"


def test_accounts(client, project):
    made = client.auth.sign_up({"email": "user@example.com", "password": "password123"})
    assert made.session.user.email == "user@example.com"
    session = client.auth.sign_in_with_password({"email": "user@example.com", "password": "password123"}).session
    assert client.auth.get_user().user.id == made.user.id
    assert client.auth.update_user({"data": {"display_name": "John Doe"}}).user.user_metadata == {
        "display_name": "John Doe"
    }
    assert client.auth.get_claims(session.access_token)["claims"]["role"] == "authenticated"
    client.table("notes").insert({"body": "x"}).execute()
    assert client.auth.refresh_session().session.refresh_token != session.refresh_token
    client.auth.reset_password_for_email("user@example.com")
    assert [mail["to"] for mail in project.mails] == ["user@example.com"]
    assert "provider=google" in client.auth.sign_in_with_oauth({"provider": "google"}).url
    client.auth.sign_out()
    assert client.auth.get_user() is None
    with pytest.raises(AuthApiError) as refused:
        client.auth.sign_in_with_password({"email": "user@example.com", "password": "wrong"})
    assert (refused.value.status, refused.value.code) == (400, "invalid_credentials")


def test_administration(client):
    admin = client.auth.admin
    made = admin.create_user({"email": "a@example.com", "password": "password123", "email_confirm": True}).user
    assert admin.get_user_by_id(made.id).user.email == "a@example.com"
    assert admin.update_user_by_id(made.id, {"user_metadata": {"a": 1}}).user.user_metadata == {"a": 1}
    assert admin.update_user_by_id(made.id, {"ban_duration": "24h"}).user.banned_until
    with pytest.raises(AuthApiError, match="banned"):
        client.auth.sign_in_with_password({"email": "a@example.com", "password": "password123"})
    assert len(admin.list_users(page=1, per_page=1)) == 1
    admin.delete_user(made.id)
    assert admin.list_users() == []


def test_files(client):
    client.storage.create_bucket("avatars", options={"public": True})
    files = client.storage.from_("avatars")
    files.upload("user1/avatar.png", b"png", {"content-type": "image/png", "upsert": "true", "metadata": {"a": 1}})
    assert files.download("user1/avatar.png") == b"png"
    assert [file["name"] for file in files.list("user1/")] == ["avatar.png"]
    assert files.info("user1/avatar.png")["metadata"] == {"a": 1}
    assert files.exists("user1/avatar.png")
    assert not files.exists("user1/none.png")
    assert files.get_public_url("user1/avatar.png").endswith("/storage/v1/object/public/avatars/user1/avatar.png")
    assert "token=" in files.create_signed_url("user1/avatar.png", 3600)["signedURL"]
    assert [one["error"] is None for one in files.create_signed_urls(["user1/avatar.png", "no"], 60)] == [True, False]
    files.copy("user1/avatar.png", "copy.png")
    files.move("copy.png", "new/path.png")
    assert [file["name"] for file in files.remove(["new/path.png"])] == ["new/path.png"]
    with pytest.raises(StorageApiError) as missing:
        files.download("new/path.png")
    assert (str(missing.value.status), missing.value.code) == ("404", "not_found")
    client.storage.update_bucket("avatars", {"public": False})
    client.storage.empty_bucket("avatars")
    client.storage.delete_bucket("avatars")


def test_functions(client, project):
    project.functions["hello-world"] = lambda request: {"hello": request.json()["name"]}
    options = {"body": {"name": "John"}, "responseType": "json"}
    assert client.functions.invoke("hello-world", invoke_options=options) == {"hello": "John"}


def test_the_async_client(url, project):
    async def go():
        async with httpx.AsyncClient(trust_env=False) as http:
            options = supabase.AsyncClientOptions(httpx_client=http, auto_refresh_token=False)
            client = await supabase.acreate_client(url, project.anon_key, options)
            await client.auth.sign_up({"email": "user@example.com", "password": "password123"})
            await client.table("notes").insert({"body": "mine"}).execute()
            return (await client.table("notes").select("body").execute()).data

    assert asyncio.run(go()) == [{"body": "mine"}]
