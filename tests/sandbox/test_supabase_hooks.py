"""Auth hooks: the project asks a URL before it acts; what it sends is verified as an application would."""

import base64
import json

import httpx
import pytest
import supabase
from supabase_auth.errors import AuthApiError, AuthError
from tests.loopback import Hang, Loopback, Reply, refused_port

from unifykit import InvalidRequestError, Platforms, WebhookVerificationError
from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import Hook, SupabaseProject, hooks
from unifykit.settings import SupabaseSettings
from unifykit.webhooks import verify

pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify|proxy)' parameter:DeprecationWarning")

SECRET = "v1,whsec_" + base64.b64encode(b"a secret of 24 bytes or so").decode()
USER = {"email": "ada@example.com", "password": "correct horse"}


@pytest.fixture(scope="module")
def one():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture
def project(one):
    one.hooks.clear()
    one.reset()
    return one


@pytest.fixture
def client(project):
    serving = Serving(project.app)
    with httpx.Client(trust_env=False) as http:
        options = supabase.ClientOptions(httpx_client=http, auto_refresh_token=False)
        yield supabase.create_client(serving.url, project.anon_key, options)
    serving.close()


class Receiver(Loopback):
    """Verifies each message, keeps the event, and answers."""

    def __init__(self, answer):
        self.events = []
        super().__init__(lambda seen: self._received(seen, answer))

    def _received(self, seen, answer):
        self.events.append(verify("supabase", seen.headers, seen.body, SECRET))
        said = answer(self.events[-1].data) if callable(answer) else answer
        return said if isinstance(said, Reply) else Reply(body=said)


def test_a_mail_is_yours_to_send(client, project):
    client.auth.sign_up(USER)
    with Receiver({}) as receiver:
        project.hooks["send_email"] = Hook(f"{receiver.url}/mail", SECRET)
        client.auth.reset_password_for_email(USER["email"], {"redirect_to": "https://app.example.com/reset"})
        client.auth.reset_password_for_email("nobody@example.com")
    (event,) = receiver.events
    assert (event.type, event.data["user"]["email"]) == ("send-email", USER["email"])
    told = event.data["email_data"]
    assert (told["email_action_type"], told["redirect_to"]) == ("recovery", "https://app.example.com/reset")
    assert len(told["token"]) == 6
    assert project.mails == []
    seen = receiver.seen[0]
    with pytest.raises(WebhookVerificationError):
        verify("supabase", seen.headers, seen.body + b" ", SECRET)


def test_a_token_says_what_the_hook_adds(client, project):
    with Receiver(lambda data: {"claims": {**data["claims"], "plan": "pro"}}) as receiver:
        project.hooks["custom_access_token"] = Hook(receiver.url, SECRET)
        session = client.auth.sign_up(USER).session
        assert client.auth.get_claims(session.access_token)["claims"]["plan"] == "pro"
        client.auth.refresh_session()
    assert [event.type for event in receiver.events] == ["custom-access-token"] * 2
    assert [event.data["authentication_method"] for event in receiver.events] == ["password", "token_refresh"]
    assert receiver.events[0].data["user_id"] == session.user.id


def test_claims_that_a_token_needs(client, project):
    with Receiver({"claims": {"role": "admin"}}) as receiver:
        project.hooks["custom_access_token"] = Hook(receiver.url, SECRET)
        with pytest.raises(AuthError, match="session_id is required"):
            client.auth.sign_up(USER)
    assert project.sql("select count(*) from auth.users") == [("0",)]


def test_who_is_not_wanted_is_not_made(client, project):
    no = {"error": {"http_code": 403, "message": "Only by invitation."}}
    with Receiver(lambda data: no if data["user"]["email"] == USER["email"] else {}) as receiver:
        project.hooks["before_user_created"] = Hook(receiver.url, SECRET)
        with pytest.raises(AuthApiError, match=r"Only by invitation\.") as refused:
            client.auth.sign_up(USER)
        assert refused.value.status == 403
        assert client.auth.sign_up({**USER, "email": "bob@example.com"}).user
    assert [event.type for event in receiver.events] == ["before-user-created"] * 2
    assert project.sql("select email from auth.users") == [("bob@example.com",)]


def test_an_attempt_that_is_one_too_many(client, project):
    client.auth.sign_up(USER)
    reject = {"decision": "reject", "message": "Too many attempts."}
    with Receiver(lambda data: {"decision": "continue"} if data["valid"] else reject) as receiver:
        project.hooks["password_verification_attempt"] = Hook(receiver.url, SECRET)
        with pytest.raises(AuthApiError, match=r"Too many attempts\."):
            client.auth.sign_in_with_password({**USER, "password": "wrong"})
        assert client.auth.sign_in_with_password(USER).user
    assert [event.data["valid"] for event in receiver.events] == [False, True]


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (Reply(400), 500, "unexpected_failure"),
        (Reply(401), 500, "unexpected_failure"),
        (Reply(418), 500, "unexpected_failure"),
        (Reply(200, b"{not json"), 500, "unexpected_failure"),
        (Reply(200, b"[]"), 500, "unexpected_failure"),
        (Reply(200, b"{}", {"Content-Type": "text/plain"}), 400, "hook_payload_invalid_content_type"),
        (Reply(200, b'"' + b"x" * 205_000 + b'"'), 422, "hook_payload_over_size_limit"),
        (Reply(503, b"", {"Retry-After": "0"}), 422, "hook_timeout_after_retry"),
    ],
)
def test_a_hook_that_makes_no_sense(client, project, answer, status, code):
    with Receiver(lambda _: answer) as receiver:
        project.hooks["before_user_created"] = Hook(receiver.url, SECRET)
        reply = httpx.post(
            f"{client.auth._url}/signup", json=USER, headers={"apikey": project.anon_key}, trust_env=False
        )
    assert (reply.status_code, reply.json()["error_code"]) == (status, code)
    assert len(receiver.events) == (3 if answer.status == 503 else 1)
    assert len({event.id for event in receiver.events}) == 1


def test_a_hook_that_is_late_or_gone(client, project, monkeypatch):
    monkeypatch.setattr(hooks, "_TIMEOUT", 0.2)
    monkeypatch.setattr(hooks, "_PAUSE", 0.0)
    said = []
    with Loopback([Hang()]) as server:
        for url in (server.url, f"http://127.0.0.1:{refused_port()}"):
            project.hooks["before_user_created"] = Hook(url, SECRET)
            reply = httpx.post(
                f"{client.auth._url}/signup", json=USER, headers={"apikey": project.anon_key}, trust_env=False
            )
            said.append(reply.json()["error_code"])
    assert said == ["hook_timeout", "hook_timeout_after_retry"]


def test_a_secret_that_is_being_replaced(client, project):
    other = "v1,whsec_" + base64.b64encode(b"another secret, newer").decode()
    with Receiver({}) as receiver:
        project.hooks["before_user_created"] = Hook(receiver.url, f"{other}|{SECRET}")
        client.auth.sign_up(USER)
    seen = receiver.seen[0]
    assert verify("supabase", seen.headers, seen.body, other).data == json.loads(seen.body)


def test_hooks_stay_on_this_machine():
    with pytest.raises(InvalidRequestError, match=r"hooks\.example\.com"):
        Hook("https://hooks.example.com/x", SECRET)


def test_the_typed_client_meets_the_same_no(client, project):
    with Receiver({"error": {"http_code": 422, "message": "Not you."}}) as receiver:
        project.hooks["before_user_created"] = Hook(receiver.url, SECRET)
        given = SupabaseSettings(url=str(client.supabase_url), key=project.anon_key)
        with Platforms(supabase=given) as p, pytest.raises(InvalidRequestError, match=r"Not you\."):
            p.supabase.auth.sign_up(USER["email"], USER["password"])
