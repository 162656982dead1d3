"""GitLab's ways of saying no, each as the uniform error with its facts, in both modes."""

import pickle

import gitlab
import pytest
from tests.loopback import Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.providers.gitlab.conftest import settings

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
IN_AN_HOUR = "Fri, 15 Jan 2027 09:00:00 GMT"  # NOW is 08:00

# status, headers, body -> error, text, retry_after
TABLE = {
    "unauthorized": (401, {}, {"message": "401 Unauthorized"}, AuthenticationError, "401 Unauthorized.", None),
    "revoked": (
        401, {}, {"error": "invalid_token", "error_description": "Token was revoked. You have to re-authorize."},
        AuthenticationError, "Token was revoked", None,
    ),
    "forbidden": (403, {}, {"message": "403 Forbidden"}, PermissionDeniedError, "403 Forbidden", None),
    "scope": (
        403, {}, {"error": "insufficient_scope", "error_description": "The request requires higher privileges", "scope": "api"},
        PermissionDeniedError, "requires higher privileges", None,
    ),
    "missing": (404, {}, {"message": "404 Project Not Found"}, NotFoundError, "404 Project Not Found", None),
    "missing route": (404, {}, {"error": "404 Not Found"}, NotFoundError, "404 Not Found", None),
    "gone": (410, {}, {"message": "410 Gone"}, NotFoundError, "Gone", None),
    "by field": (
        400, {}, {"message": {"path": ["is too short", "is reserved"], "base": ["No"]}}, InvalidRequestError,
        "path is too short, is reserved; base No.", None,
    ),
    "by list": (400, {}, {"message": ["One", "Two"]}, InvalidRequestError, "One, Two.", None),
    "parameter": (400, {}, {"error": "title is missing"}, InvalidRequestError, "title is missing.", None),
    "not allowed": (405, {}, {"message": "405 Method Not Allowed"}, InvalidRequestError, "Not Allowed", None),
    "not acceptable": (406, {}, {"message": "No"}, InvalidRequestError, "No.", None),
    "conflict": (409, {}, {"message": "409 Conflict"}, ConflictError, "409 Conflict", None),
    "precondition": (412, {}, {"message": "412 Precondition Failed"}, ConflictError, "Precondition", None),
    "too large": (413, {}, "", InvalidRequestError, "413 without saying why", None),
    "media type": (415, {}, {"error": "The provided content-type is not supported."}, InvalidRequestError, "content-type", None),
    "unprocessable": (422, {}, {"error": ["You can't use same branch"]}, InvalidRequestError, "same branch", None),
    "locked": (423, {}, {"message": "423 Locked"}, ConflictError, "Locked", None),
    "limited": (429, {"Retry-After": "90", "Content-Type": "text/plain"}, "Retry later\n", RateLimitedError, "429", 90),
    "limited until a date": (429, {"Retry-After": IN_AN_HOUR}, "Retry later\n", RateLimitedError, "429", 3600),
    "limited until a reset": (
        429, {"RateLimit-Limit": "2000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(NOW + 70)}, "Retry later\n",
        RateLimitedError, "429", 70,
    ),
    "broken": (500, {}, {"message": "500 Internal Server Error"}, ServerError, "Internal Server Error", None),
    "gateway": (502, {"Content-Type": "text/html"}, "<html>GitLab is not responding", UnavailableError, "502 without", None),
    "unavailable": (503, {"Retry-After": "70"}, {"message": "Deploy in progress"}, UnavailableError, "Deploy", 70),
    "gateway timeout": (504, {}, "", UnavailableError, "504 without", None),
    "cut off by a proxy": (520, {}, "", ServerError, "520 without", None),
    "a list": (400, {}, ["x"], InvalidRequestError, "400 without", None),
    "nonsense": (400, {}, b"\xff\xfe{", InvalidRequestError, "400 without", None),
}  # fmt: skip


@pytest.mark.parametrize("row", TABLE.values(), ids=TABLE)
def test_refusals(both, row):
    status, headers, body, kind, text, retry_after = row
    with Loopback([Reply(status, body, {"X-Request-Id": "01ABC", **headers})]) as server:
        h = both(gitlab=settings(server.url), clock=VirtualClock(wall=NOW), retry=Retry.off())
        with pytest.raises(kind, match=None) as caught:
            h.run(lambda p: p.gitlab.projects.get(1))
    error = caught.value
    assert type(error) is kind
    assert text in error.message
    assert (error.provider, error.operation, error.status, error.request_id) == (
        "gitlab",
        "projects.get",
        status,
        "01ABC",
    )
    assert error.retry_after == (None if retry_after is None else pytest.approx(retry_after, abs=1))
    assert isinstance(error.__cause__, gitlab.GitlabError)
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), again.request_id) == (kind, str(error), "01ABC")
    assert "sandbox-token" not in str(error)


def test_a_limit_without_a_hint_is_waited_for_and_tried_again(both):
    clock = VirtualClock()
    with Loopback([Reply(429, "Retry later\n"), Reply(200, {"id": 1, "username": "t"})]) as server:
        assert both(gitlab=settings(server.url), clock=clock).run(lambda p: p.gitlab.me()).id == 1
        assert len(server.seen) == 2
    assert len(clock.slept) == 1


@pytest.mark.parametrize("status", [405, 406, 422])
def test_a_merge_request_that_cannot_be_merged_is_a_conflict(both, status):
    with Loopback([Reply(status, {"message": "Branch cannot be merged"})]) as server:
        h = both(gitlab=settings(server.url))
        with pytest.raises(ConflictError, match="cannot be merged"):
            h.run(lambda p: p.gitlab.merge_requests.merge(1, 1))


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_write_that_is_redirected_is_not_sent_on(both, status):
    with (
        Loopback([Reply(200, {})]) as there,
        Loopback([Reply(status, "", {"Location": f"{there.url}/x?private_token=y"})]) as server,
    ):
        with pytest.raises(InvalidRequestError, match="is the base URL right") as caught:
            both(gitlab=settings(server.url)).run(lambda p: p.gitlab.issues.create(1, title="x"))
        assert (len(server.seen), there.seen) == (1, [])
    assert "private_token" not in str(caught.value)
    assert isinstance(caught.value.__cause__, gitlab.RedirectError)


def test_a_read_in_circles_ends(both):
    with Loopback([Reply(302, "", {"Location": "/api/v4/user"})]) as server:
        with pytest.raises(InvalidRequestError, match="5 in a row"):
            both(gitlab=settings(server.url)).run(lambda p: p.gitlab.me())
        assert len(server.seen) == 6


@pytest.mark.parametrize("body", ["", "<html>", "[]", '{"username": 1}'], ids=["empty", "html", "array", "wrong types"])
def test_a_success_that_makes_no_sense(both, body):
    with Loopback([Reply(200, body)]) as server, pytest.raises(UnexpectedResponseError) as caught:
        both(gitlab=settings(server.url)).run(lambda p: p.gitlab.me())
    assert (caught.value.status, caught.value.maybe_executed) == (200, False)


@pytest.mark.parametrize(
    "action", [Reset(), Truncate(Reply(200, {"id": 1, "username": "x" * 999}))], ids=["reset", "truncated"]
)
def test_a_read_that_breaks_off_is_repeated(both, action):
    with Loopback([action, Reply(200, {"id": 1, "username": "t"})]) as server:
        assert both(gitlab=settings(server.url), clock=VirtualClock()).run(lambda p: p.gitlab.me()).id == 1
        assert len(server.seen) == 2


def test_nobody_there(both):
    h = both(gitlab=settings(f"http://127.0.0.1:{refused_port()}"), clock=VirtualClock())
    with pytest.raises(ConnectionFailedError) as caught:
        h.run(lambda p: p.gitlab.issues.create(1, title="x"))
    assert (caught.value.attempts, caught.value.maybe_executed) == (3, False)


def test_no_reply_in_time(both):
    with Loopback([Hang()]) as server:
        h = both(gitlab=settings(server.url), attempt_timeout=0.2, retry=Retry.off())
        with pytest.raises(DeadlineExceededError) as caught:
            h.run(lambda p: p.gitlab.issues.create(1, title="x"))
    assert (caught.value.phase, caught.value.maybe_executed) == ("attempt", True)
