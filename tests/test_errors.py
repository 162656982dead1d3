"""The tree of errors: what each is, says, and keeps on its way to another process."""

import copy
import pickle

import pytest

from unifykit import errors
from unifykit.errors import (
    ConfigurationError,
    DeadlineExceededError,
    InvalidRequestError,
    MissingExtraError,
    PaymentDeclinedError,
    RateLimitedError,
    ServerError,
    UnavailableError,
    UnifyError,
)

EVERY = [getattr(errors, name) for name in errors.__all__]
FACTS = {
    "provider": "stripe", "operation": "payments.create", "status": 402, "code": "card_declined", "request_id": "req_1",
    "retry_after": 1.5, "attempts": 2, "maybe_executed": True, "phase": "attempt",
}  # fmt: skip
MORE = {RateLimitedError: {"source": "client"}, PaymentDeclinedError: {"decline_code": "insufficient_funds"}}


def made(kind):
    return kind("It failed.", **FACTS, **MORE.get(kind, {}))


def state(error):
    return type(error), error.args, str(error), vars(error), getattr(error, "msg", None)


@pytest.mark.parametrize("kind", EVERY)
@pytest.mark.parametrize(
    "send", [copy.copy, copy.deepcopy, *[lambda e, p=p: pickle.loads(pickle.dumps(e, p)) for p in range(2, 6)]]
)
def test_every_error_keeps_every_attribute(kind, send):
    error = made(kind)
    error.add_note("seen in the nightly run")
    found = send(error)
    assert found is not error
    assert state(found) == state(error)
    for name, value in {**FACTS, **MORE.get(kind, {})}.items():
        assert getattr(found, name) == value


class Own(PaymentDeclinedError):
    """An application's own subclass, whose arguments are not the message."""

    def __init__(self, invoice):
        super().__init__(f"Invoice {invoice} was declined.", decline_code="lost_card")
        self.invoice = invoice


def test_a_subclass_with_arguments_of_its_own_pickles_too():
    found = pickle.loads(pickle.dumps(Own(7)))
    assert (type(found), found.invoice, found.decline_code, found.message) == (
        Own,
        7,
        "lost_card",
        "Invoice 7 was declined.",
    )


def test_the_tree_is_as_drawn():
    drawn, path = {}, []
    for line in errors.__doc__.splitlines():
        words = line.replace("│", " ").replace("├─", "  ").replace("└─", "  ").split()
        if not words or not words[0].endswith("Error") or not hasattr(errors, words[0]):
            continue
        depth = (len(line) - len(line.lstrip(" │├└─")) - 4) // 3
        path = [*path[:depth], words[0]]
        drawn[words[0]] = path[-2] if depth else None
    assert drawn.pop("UnifyError") is None
    assert drawn == {kind.__name__: kind.__bases__[0].__name__ for kind in EVERY if kind is not UnifyError}


def test_errors_are_the_builtin_too_where_that_is_true():
    builtin = {kind.__name__: kind.__bases__[1] for kind in EVERY if len(kind.__bases__) > 1}
    assert builtin == {
        "MissingExtraError": ImportError,
        "InvalidRequestError": ValueError,
        "DeadlineExceededError": TimeoutError,
    }


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (UnifyError(), ""),
        (UnifyError("It failed."), "It failed."),
        (ServerError("It failed.", provider="github", operation="me"), "github.me: It failed."),
        (ServerError("It failed.", provider="github", status=500, attempts=1), "github: It failed. (status 500)"),
        (
            RateLimitedError("Too fast.", provider="github", operation="me", status=429, code="x", attempts=3, phase="retry wait",
                             retry_after=61.25, request_id="A1"),
            "github.me: Too fast. (status 429, code x, 3 attempts, phase: retry wait, retry after 61.2 s, request id A1)",
        ),
        (UnavailableError("Gone.", maybe_executed=True), "Gone. The write may have happened: look before you repeat it."),
        (errors.QuotaExceededError("Empty."), "Empty. Check the account's plan and billing."),
        (
            errors.PermissionDeniedError("No.", status=403),
            "No. (status 403) Check the credential's scopes and its access to this resource.",
        ),
        (
            errors.AuthenticationError("No."),
            "No. Check the credential: is it complete, current, and for this base URL?",
        ),
    ],
)  # fmt: skip
def test_the_text_says_what_happened_where_and_what_to_do(error, text):
    assert str(error) == text
    assert "\n" not in str(error)


@pytest.mark.parametrize("kind", EVERY)
def test_what_may_be_tried_again(kind):
    waits = {
        "RateLimitedError",
        "ServerError",
        "UnavailableError",
        "ConnectionFailedError",
        "CircuitOpenError",
        "DeadlineExceededError",
    }
    assert kind("x").retryable is (kind.__name__ in waits)
    assert kind("x", maybe_executed=True).retryable is False


def test_where_it_happened_is_filled_in_once():
    error = UnifyError("x", operation="native")
    assert error.locate("github", "issues.create") is error
    assert (error.provider, error.operation) == ("github", "native")


def test_the_defaults():
    assert RateLimitedError().source == "provider"
    assert PaymentDeclinedError().decline_code is None
    assert (DeadlineExceededError("late").errno, MissingExtraError("pip install x").msg) == (None, "pip install x")
    assert issubclass(MissingExtraError, ConfigurationError)
    assert isinstance(InvalidRequestError("x"), ValueError)
