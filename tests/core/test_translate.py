"""The one table from what happened to the uniform error."""

import pytest

import unifykit
from unifykit import (
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    QuotaExceededError,
    RateLimitedError,
    UnexpectedResponseError,
)
from unifykit._core.context import Deadline, Exchange, Operation
from unifykit._core.dialect import Dialect
from unifykit._core.outcome import Kind, Outcome, Safety
from unifykit._core.translate import answered, from_failure, from_reply, kind_of

DIALECT = Dialect(provider="test", request_id=("x-first", "x-second"))


@pytest.mark.parametrize(
    ("statuses", "name"),
    [
        ((401,), "AuthenticationError"),
        ((402,), "PaymentDeclinedError"),
        ((403, 451), "PermissionDeniedError"),
        ((404, 410), "NotFoundError"),
        ((408,), "DeadlineExceededError"),
        ((409, 412, 423), "ConflictError"),
        ((400, 405, 413, 415, 422, 499), "InvalidRequestError"),
        ((429,), "RateLimitedError"),
        ((500, 501, 505, 520), "ServerError"),
        ((502, 503, 504), "UnavailableError"),
    ],
)
def test_statuses(statuses, name):
    assert {kind_of(status) for status in statuses} == {getattr(unifykit, name)}


def operation(outcome=None, attempts=1, last=None):
    return Operation("test", "things.do", outcome=outcome, attempts=attempts, last=last)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        (Kind.THROTTLED, 403, RateLimitedError),
        (Kind.EXHAUSTED, 429, QuotaExceededError),
        (Kind.FINAL, 409, ConflictError),
        (None, 409, ConflictError),
    ],
)
def test_the_verdict_on_the_attempt_counts_more_than_the_status(kind, status, error):
    op = operation(None if kind is None else Outcome(kind, status=status))
    made = from_reply(DIALECT, op, Exchange(status, {"x-second": "abc"}), "No.", code="nope")
    assert (type(made), made.status, made.code, made.request_id, made.message) == (error, status, "nope", "abc", "No.")


def test_the_translator_may_know_better_than_both():
    op = operation(Outcome(Kind.THROTTLED, status=429))
    made = from_reply(DIALECT, op, Exchange(429, {}), "No.", kind=InvalidRequestError)
    assert (type(made), made.request_id) == (InvalidRequestError, None)


@pytest.mark.parametrize(
    ("op", "error"),
    [
        (operation(Outcome(Kind.TRANSIENT, error="timeout", timeout=True)), DeadlineExceededError),
        (operation(Outcome(Kind.TRANSIENT, error="broken")), ConnectionFailedError),
        (operation(attempts=0), InvalidRequestError),
        (operation(Outcome(Kind.OK, status=200), last=Exchange(200, {})), UnexpectedResponseError),
        (operation(), UnexpectedResponseError),
    ],
)
def test_failures_without_a_reply_that_explains_them(op, error):
    made = from_failure(op, OSError("cause"))
    assert type(made) is error
    assert "OSError: cause" in made.message
    assert made.status == (op.last.status if op.last else None)


class InvalidURL(Exception):
    """Named as httpx's and httpx2's."""


@pytest.mark.parametrize("error", [InvalidURL("URL too long"), UnicodeEncodeError("latin-1", "\u0100", 0, 1, "no")])
def test_a_request_that_could_not_be_written_down_was_not_sent(error):
    unsafe = Operation("test", "things.do", Safety.UNSAFE, attempts=1)
    made = from_failure(unsafe, error)
    assert (type(made), made.maybe_executed) == (InvalidRequestError, False)
    unsafe.outcome = Outcome(Kind.OK, status=200)
    assert from_failure(unsafe, error).maybe_executed


@pytest.mark.parametrize(
    ("op", "says_no"),
    [
        (operation(), False),
        (operation(last=Exchange(200, {})), False),
        (operation(last=Exchange(404, {})), True),
        (operation(Outcome(Kind.FINAL, status=404), last=Exchange(404, {})), True),
        (
            operation(Outcome(Kind.TRANSIENT, error="broken"), last=Exchange(503, {})),
            False,
        ),  # that was the attempt before
    ],
)
def test_the_reply_that_says_no(op, says_no):
    assert answered(op) is (op.last if says_no else None)


def test_of_two_deadlines_the_nearer_counts():
    near, far = Deadline(1.0, 1.0), Deadline(2.0, 2.0)
    assert Operation("test", "x", deadline=far).sooner(near) is near
    assert Operation("test", "x", deadline=near).sooner(far) is near
    assert Operation("test", "x", deadline=near).sooner(None) is near
    assert Operation("test", "x").sooner(far) is far
    assert Operation("test", "x").sooner(None) is None
