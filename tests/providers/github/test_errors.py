"""GitHub's ways of saying no, each as the uniform error with its facts, in both modes."""

import pickle

import pytest
from tests.loopback import Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.providers.github.conftest import settings

from unifykit import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    Retry,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
)  # fmt: skip
from unifykit.testing import VirtualClock

NOW = 1_800_000_000
INVALID = {
    "message": "Validation Failed",
    "errors": [{"resource": "Issue", "field": "title", "code": "missing_field"}, "and more"],
}


def said(message):
    return {"message": message, "documentation_url": "https://docs.github.com/rest"}


# status, headers, body -> error, text, retry_after, code
TABLE = {
    "bad credentials": (401, {}, said("Bad credentials"), AuthenticationError, "Bad credentials", None, None),
    "forbidden": (403, {}, said("Resource not accessible"), PermissionDeniedError, "Resource not accessible", None, None),
    "limit by retry-after": (403, {"Retry-After": "90"}, said("Slow down"), RateLimitedError, "Slow down", 90, None),
    "limit by remaining": (
        403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 3600)}, said("API rate limit exceeded"),
        RateLimitedError, "rate limit", 3600, None,
    ),
    "limit by text": (
        403, {}, said("You have exceeded a secondary rate limit. Please wait a few minutes before you try again."),
        RateLimitedError, "secondary", 60, None,
    ),
    "missing": (404, {}, said("Not Found"), NotFoundError, "Not Found", None, None),
    "cannot merge elsewhere": (405, {}, said("No"), InvalidRequestError, "No", None, None),
    "conflict": (409, {}, said("Git Repository is empty."), ConflictError, "is empty", None, None),
    "gone": (410, {}, said("Issues are disabled"), NotFoundError, "disabled", None, None),
    "precondition": (412, {}, said("No"), ConflictError, "No", None, None),
    "invalid": (422, {}, INVALID, InvalidRequestError, "Issue title missing_field; and more", None, "missing_field"),
    "invalid, text": (422, {}, {"message": "No", "errors": "too long"}, InvalidRequestError, "No: too long", None, None),
    "too many": (429, {"Retry-After": "120"}, said("Too many"), RateLimitedError, "Too many", 120, None),
    "law": (451, {}, said("Repository access blocked"), PermissionDeniedError, "blocked", None, None),
    "broken": (500, {}, said("Server Error"), ServerError, "Server Error", None, None),
    "gateway": (502, {"Content-Type": "text/html"}, "<html>Unicorn</html>", UnavailableError, "502 without", None, None),
    "unavailable": (503, {"Retry-After": "70"}, said("Back soon"), UnavailableError, "Back soon", 70, None),
    "list for an error": (400, {}, ["bad", "request"], InvalidRequestError, "400 without", None, None),
    "number for an error": (404, {}, "17", NotFoundError, "404 without", None, None),
    "null for an error": (404, {}, "null", NotFoundError, "404 without", None, None),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE)
def test_a_refusal_is_told_with_its_facts(both, row):
    status, headers, body, kind, text, retry_after, code = TABLE[row]
    with Loopback([Reply(status, body, {"X-GitHub-Request-Id": "AB:12", **headers})]) as server:
        h = both(github=settings(server.url), retry=Retry.off(), clock=VirtualClock())
        with pytest.raises(kind, match=text) as caught:
            h.run(lambda p: p.github.issues.get("a/b", 1))
    error = caught.value
    assert type(error) is kind
    assert (error.provider, error.operation) == ("github", "issues.get")
    assert (error.status, error.request_id, error.code, error.attempts) == (status, "AB:12", code, 1)
    assert error.retry_after == (None if retry_after is None else pytest.approx(retry_after))
    assert error.__cause__ is not None
    copied = pickle.loads(pickle.dumps(error))
    assert (type(copied), str(copied)) == (kind, str(error))


@pytest.mark.parametrize("body", ["{oops", '{"id": "no number"}', "[]", ""])
def test_a_reply_that_makes_no_sense(both, body):
    with Loopback([Reply(200, body, {"X-GitHub-Request-Id": "AB:12"})]) as server:
        h = both(github=settings(server.url))
        with pytest.raises(UnexpectedResponseError) as caught:
            h.run(lambda p: p.github.me())
    assert (caught.value.status, caught.value.request_id, len(server.seen)) == (200, "AB:12", 1)


def test_nobody_listens(both):
    seen = []
    h = both(github=settings(f"http://127.0.0.1:{refused_port()}"), observers=[seen.append], clock=VirtualClock())
    with pytest.raises(ConnectionFailedError) as caught:
        h.run(lambda p: p.github.issues.create("a/b", title="x"))
    assert [(event.attempt, event.error) for event in seen if type(event).__name__ == "AttemptEvent"] == [
        (1, "connect"), (2, "connect"), (3, "connect"),
    ]  # fmt: skip
    assert (caught.value.attempts, caught.value.maybe_executed, caught.value.retryable) == (3, False, True)


@pytest.mark.parametrize(
    "action", [Reset(), Truncate(Reply(200, {"login": "x" * 999, "id": 2}))], ids=["reset", "truncated"]
)
def test_a_read_that_breaks_off_is_repeated(both, action):
    with Loopback([action, Reply(200, {"login": "octocat", "id": 1})]) as server:
        h = both(github=settings(server.url), clock=VirtualClock())
        assert h.run(lambda p: p.github.me()).login == "octocat"
        assert len(server.seen) == 2


def test_no_reply_in_time(both):
    with Loopback([Hang()]) as server:
        h = both(github=settings(server.url), attempt_timeout=0.2, retry=Retry.off())
        with pytest.raises(DeadlineExceededError) as caught:
            h.run(lambda p: p.github.me())
    assert isinstance(caught.value, TimeoutError)
    assert caught.value.phase == "attempt"


def test_a_pull_request_that_cannot_be_merged_is_a_conflict(both):
    with Loopback([Reply(405, said("Pull Request is not mergeable"))]) as server:
        h = both(github=settings(server.url))
        with pytest.raises(ConflictError, match="not mergeable"):
            h.run(lambda p: p.github.pulls.merge("a/b", 1))
