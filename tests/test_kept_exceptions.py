"""What an exception keeps (its request, its context) holds no credential: it may be logged, shown or pickled."""

import pickle

import openai
import pytest
import requests
from tests.loopback import Hang, Loopback, Reply, Reset

from unifykit import (
    ConfigurationError,
    ConnectionFailedError,
    DeadlineExceededError,
    Platforms,
    Retry,
    UnexpectedResponseError,
    deadline,
)
from unifykit.settings import GitHubSettings, GitLabSettings, OpenAISettings, StripeSettings

TOKEN = "t0ken-that-nobody-may-see"


def chain(error):
    """The error and all that it keeps."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def shown(error):
    """Everything that can be reached from an error's chain, as text."""
    parts = []
    for one in chain(error):
        request = getattr(one, "request", None)
        reply = getattr(one, "response", None)
        parts += [repr(vars(one)), str(one), repr(one.args)]
        parts += [
            repr(dict(kept.headers)) for kept in (request, reply, getattr(reply, "request", None)) if kept is not None
        ]
    return " ".join(parts)


def test_openai_s_own_error_keeps_a_request_without_the_key():
    with Loopback([Reply(401, {"error": {"message": "no"}})]) as server:
        with Platforms(openai=OpenAISettings(api_key=TOKEN, base_url=f"{server.url}/v1")) as p:
            with pytest.raises(openai.AuthenticationError) as caught:
                p.openai.native.models.list()
        assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"

    assert TOKEN not in shown(caught.value)


def test_gitlab_s_own_error_keeps_a_request_without_the_token():
    with Loopback([Reset()]) as server:
        with Platforms(gitlab=GitLabSettings(token=TOKEN, base_url=server.url), retry=Retry.off()) as p:
            with pytest.raises(requests.ConnectionError) as caught:
                p.gitlab.native.projects.get(1)
        assert server.seen[0].headers["private-token"] == TOKEN

    assert TOKEN not in shown(caught.value)
    assert TOKEN.encode() not in pickle.dumps(caught.value)


def test_the_cause_of_a_typed_error_keeps_no_credential(both):
    with Loopback([Reset()]) as server:
        harness = both(stripe=StripeSettings(secret_key=TOKEN, base_url=server.url), retry=Retry.off())
        with pytest.raises(ConnectionFailedError) as caught:
            harness.run(lambda p: p.stripe.customers.get("cus_1"))
        assert server.seen[0].headers["authorization"] == f"Bearer {TOKEN}"

    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize("token", [f"{TOKEN}\n", f" {TOKEN}"])
def test_a_malformed_setting_s_error_keeps_no_value(token):
    with pytest.raises(ConfigurationError) as made:
        GitHubSettings(token=token)
    with pytest.raises(ConfigurationError) as read:
        GitHubSettings.read({"UNIFYKIT_GITHUB_TOKEN": token})

    for error in (made.value, read.value):
        assert error.__context__ is None
        assert TOKEN not in shown(error)


def test_a_deadline_is_named_on_every_stack(both):
    """`DeadlineExceededError` is an OSError, which SDKs and wires like to translate."""
    with Loopback([Hang()]) as server:
        harness = both(gitlab=GitLabSettings(token=TOKEN, base_url=server.url))
        assert harness.p.gitlab.native  # imported before the time runs
        with deadline(0.3), pytest.raises(DeadlineExceededError) as caught:
            harness.run(lambda p: p.gitlab.projects.get(1))

    assert caught.value.phase == "attempt"


@pytest.mark.parametrize(
    "reply",
    [Reply(200, b"<html>Log in</html>", {"Content-Type": "text/html"}), Reply(302), Reply(304, b"")],
    ids=["login page", "redirect to nowhere", "not modified"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda p: p.github.repos.delete("a/b"),
        lambda p: p.github.workflows.dispatch("a/b", "ci.yml", ref="main"),
        lambda p: p.github.repos.get("a/b"),
    ],
    ids=["delete", "dispatch", "get"],
)
def test_what_is_no_answer_of_the_api_is_no_success(both, reply, call):
    with Loopback([reply]) as server:
        harness = both(github=GitHubSettings(token=TOKEN, base_url=server.url), retry=Retry.off())
        with pytest.raises(UnexpectedResponseError):
            harness.run(call)


def test_an_unexpected_reply_is_told_in_one_line(both):
    with Loopback([Reply(200, {"id": "x", "name": 1})]) as server:
        harness = both(github=GitHubSettings(token=TOKEN, base_url=server.url))
        with pytest.raises(UnexpectedResponseError) as caught:
            harness.run(lambda p: p.github.repos.get("a/b"))

    assert "\n" not in str(caught.value)
    assert "pydantic.dev" not in str(caught.value)
    assert "Repository: id: " in str(caught.value)
