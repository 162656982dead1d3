"""A forgotten password, by supabase-py alone: asked for, mailed, redeemed once by its link or its code, changed."""

from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import supabase
from supabase_auth.errors import AuthApiError

from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import SupabaseProject

BACK = "https://app.example.com/reset?from=mail"
USER = {"email": "ada@example.com", "password": "forgotten-one"}
# supabase-py hands its own clients what they have given up
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


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


@pytest.fixture(params=["implicit", "pkce"])
def client(url, project, request):
    with httpx.Client() as http:
        options = supabase.ClientOptions(httpx_client=http, auto_refresh_token=False, flow_type=request.param)
        client = supabase.create_client(url, project.anon_key, options)
        client.auth.sign_up(USER)
        client.auth.sign_out()
        client.auth.reset_password_for_email(USER["email"], {"redirect_to": BACK})
        yield client


def followed(link):
    """Where the browser ends that opens a link: without a key, for it has none."""
    reply = httpx.get(link)
    assert reply.status_code == 303, reply.text
    to = urlsplit(reply.headers["location"])
    assert (to.scheme, to.netloc, to.path) == ("https", "app.example.com", "/reset")
    return {name: values[0] for name, values in (parse_qs(to.query) | parse_qs(to.fragment)).items()}


def test_the_link_leads_to_a_new_password(client, project):
    (mail,) = project.mails
    told = followed(mail["link"])
    assert told["from"] == "mail"
    if "code" in told:
        session = client.auth.exchange_code_for_session({"auth_code": told["code"]}).session
    else:
        assert told["type"] == "recovery"
        session = client.auth.set_session(told["access_token"], told["refresh_token"]).session
    assert session.user.email == USER["email"]
    client.auth.update_user({"password": "a-new-one-now"})
    assert client.auth.sign_in_with_password({**USER, "password": "a-new-one-now"}).user.id == session.user.id
    with pytest.raises(AuthApiError, match="Invalid login credentials"):
        client.auth.sign_in_with_password(USER)


def test_the_code_opens_a_session_once(client, project):
    told = {"type": "recovery", "email": USER["email"], "token": project.mails[0]["code"]}
    assert client.auth.verify_otp(told).session.user.email == USER["email"]
    for wrong in (told, {**told, "token": "nothing"}):
        with pytest.raises(AuthApiError, match="Token has expired or is invalid") as caught:
            client.auth.verify_otp(wrong)
        assert (caught.value.status, caught.value.code) == (403, "otp_expired")


def test_the_hash_of_a_code_opens_a_session(client, project):
    told = {"type": "recovery", "token_hash": project.mails[0]["token_hash"]}
    assert client.auth.verify_otp(told).session.user.email == USER["email"]


def test_a_link_works_once_and_the_newest_alone(client, project):
    client.auth.reset_password_for_email(USER["email"], {"redirect_to": BACK})
    older, newer = (mail["link"] for mail in project.mails)
    assert followed(older)["error_code"] == "otp_expired"
    assert "error" not in followed(newer)
    assert followed(newer)["error"] == "access_denied"


def test_a_link_is_worth_nothing_after_an_hour(client, project):
    project.sql("update auth.users set recovery_sent_at = now() - interval '61 minutes'")
    assert followed(project.mails[0]["link"])["error_code"] == "otp_expired"


def test_a_code_is_worth_nothing_to_another(client, project):
    if client.options.flow_type != "pkce":
        assert "code" not in followed(project.mails[0]["link"])
        return
    code = followed(project.mails[0]["link"])["code"]
    with pytest.raises(AuthApiError, match="code verifier"):
        client.auth.exchange_code_for_session({"auth_code": code, "code_verifier": "guessed" * 9})
    with pytest.raises(AuthApiError, match="flow state"):
        client.auth.exchange_code_for_session({"auth_code": "guessed", "code_verifier": "guessed" * 9})


def test_what_else_supabase_mails_is_told_to_be_missing(url):
    said = httpx.get(f"{url}/auth/v1/verify", params={"type": "signup", "token": "x"})
    assert (said.status_code, "type 'signup'" in said.text) == (501, True)


def test_who_is_banned_recovers_nothing(client, project):
    project.sql("update auth.users set banned_until = now() + interval '1 hour'")
    assert followed(project.mails[0]["link"])["error_code"] == "otp_expired"
