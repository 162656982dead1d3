"""Stripe's ways of saying no, each as the uniform error with its facts, in both modes."""

import pickle

import pytest
from tests.loopback import Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.providers.stripe.conftest import settings

from unifykit import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PaymentDeclinedError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    Retry,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
)  # fmt: skip
from unifykit.testing import VirtualClock


def said(kind="invalid_request_error", **more):
    return {"error": {"type": kind, "message": "Something.", **more}}


# status, headers, body -> error, code
TABLE = {
    "no key": (401, {}, said(), AuthenticationError, "invalid_request_error"),
    "expired key": (401, {}, said(code="api_key_expired"), AuthenticationError, "api_key_expired"),
    "restricted key": (403, {}, said(code="more_permissions_required"), PermissionDeniedError, "more_permissions_required"),
    "missing in the path": (404, {}, said(code="resource_missing", param="id"), NotFoundError, "resource_missing"),
    "missing in a parameter": (400, {}, said(code="resource_missing", param="customer"), NotFoundError, "resource_missing"),
    "exists": (400, {}, said(code="resource_already_exists"), ConflictError, "resource_already_exists"),
    "invalid": (400, {}, said(code="parameter_missing", param="amount"), InvalidRequestError, "parameter_missing"),
    "wrong state": (400, {}, said(code="payment_intent_unexpected_state"), InvalidRequestError, "payment_intent_unexpected_state"),
    "key reused": (400, {}, said("idempotency_error"), ConflictError, "idempotency_error"),
    "key in use": (409, {}, said("idempotency_error", code="idempotency_key_in_use"), ConflictError, "idempotency_key_in_use"),
    "declined": (402, {}, said("card_error", code="card_declined", decline_code="lost_card"), PaymentDeclinedError, "card_declined"),
    "too fast": (429, {"Stripe-Rate-Limited-Reason": "endpoint-rate"}, said(code="rate_limit"), RateLimitedError, "rate_limit"),
    "locked": (429, {}, said(code="lock_timeout"), RateLimitedError, "lock_timeout"),
    "too fast as 400": (400, {}, said(code="rate_limit"), RateLimitedError, "rate_limit"),
    "quota": (400, {}, said("quota_exceeded"), QuotaExceededError, "quota_exceeded"),
    "broken": (500, {}, said("api_error"), ServerError, "api_error"),
    "unavailable": (503, {}, said("api_error"), UnavailableError, "api_error"),
    "forbidden": (403, {}, said("permission_error"), PermissionDeniedError, "permission_error"),
    "status 408": (408, {}, said("api_error"), DeadlineExceededError, "api_error"),
    "status 409": (409, {}, said("api_error"), ConflictError, "api_error"),
    "status 410": (410, {}, said(), NotFoundError, "invalid_request_error"),
    "status 412": (412, {}, said(), ConflictError, "invalid_request_error"),
    "status 413": (413, {}, said(), InvalidRequestError, "invalid_request_error"),
    "status 504": (504, {}, said("api_error"), UnavailableError, "api_error"),
    "status 522": (522, {"Content-Type": "text/html"}, "<html>", ServerError, None),
    "not Stripe's own": (502, {"Content-Type": "text/html"}, "<html>", UnavailableError, None),
}  # fmt: skip


def stripe(both, url, **options):
    return both(stripe=settings(url), clock=VirtualClock(), retry=Retry(max_attempts=1), **options)


@pytest.mark.parametrize("case", TABLE)
def test_the_table(both, case):
    status, headers, body, kind, code = TABLE[case]
    with Loopback([Reply(status, body, {"Request-Id": "req_1", **headers})]) as server:
        h = stripe(both, server.url)
        with pytest.raises(kind) as caught:
            h.run(lambda p: p.stripe.customers.create(email="ada@example.com"))
    error = caught.value
    assert type(error) is kind
    assert (error.provider, error.operation, error.status, error.code) == ("stripe", "customers.create", status, code)
    assert error.request_id == "req_1"
    assert error.__cause__ is not None
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    if kind is PaymentDeclinedError:
        assert error.decline_code == "lost_card"


def test_a_decline_keeps_stripes_own_error_with_the_payment(both):
    body = said("card_error", code="card_declined", payment_intent={"id": "pi_1", "object": "payment_intent"})
    with Loopback([Reply(402, body)]) as server:
        h = stripe(both, server.url)
        with pytest.raises(PaymentDeclinedError) as caught:
            h.run(lambda p: p.stripe.payment_intents.confirm("pi_1"))
    assert caught.value.__cause__.error.payment_intent.id == "pi_1"


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (Reset(), ConnectionFailedError),
        (Truncate(Reply(200, {"id": "cus_1", "name": "x" * 500})), ConnectionFailedError),
    ],
)
def test_no_reply(both, action, kind):
    with Loopback([action]) as server, pytest.raises(kind):
        stripe(both, server.url).run(lambda p: p.stripe.customers.get("cus_1"))


def test_a_reply_that_is_cut_within_its_headers_is_none(both):
    body = b'{"id": "cus_1", "object": "customer"}'
    good = Reply(200, body, {"Content-Length": None, "X-Pad": "x" * 200, "content-length": str(len(body))})
    with Loopback([Truncate(good), good]) as server:
        made = both(stripe=settings(server.url), clock=VirtualClock()).run(lambda p: p.stripe.customers.create())
        assert (made.id, len(server.seen)) == ("cus_1", 2)
        assert len({one.headers["idempotency-key"] for one in server.seen}) == 1


def test_nobody_there(both):
    with pytest.raises(ConnectionFailedError):
        stripe(both, f"http://127.0.0.1:{refused_port()}").run(lambda p: p.stripe.account())


def test_too_slow(both):
    with Loopback([Hang()]) as server:
        h = both(stripe=settings(server.url), attempt_timeout=0.2, retry=Retry(max_attempts=1))
        with pytest.raises(DeadlineExceededError):
            h.run(lambda p: p.stripe.account())


@pytest.mark.parametrize("body", ["<html>", "[]", "{}", '{"id": 1}', ""])
def test_a_success_that_makes_no_sense(both, body):
    with Loopback([Reply(200, body)]) as server:
        h = stripe(both, server.url)
        with pytest.raises(UnexpectedResponseError):
            h.run(lambda p: p.stripe.customers.get("cus_1"))
        with pytest.raises(UnexpectedResponseError):
            h.run(lambda p: p.stripe.customers.list())


def test_stripes_advice_wins(both):
    script = [Reply(400, said(), {"Stripe-Should-Retry": "true"}), Reply(200, {"id": "cus_1", "object": "customer"})]
    with Loopback(script) as server:
        h = both(stripe=settings(server.url), clock=VirtualClock())
        assert h.run(lambda p: p.stripe.customers.create()).id == "cus_1"
        assert len(server.seen) == 2
        assert len({one.headers["idempotency-key"] for one in server.seen}) == 1
        server.script([Reply(503, said("api_error"), {"Stripe-Should-Retry": "false"})])
        with pytest.raises(UnavailableError):
            h.run(lambda p: p.stripe.customers.create())
        assert len(server.seen) == 1


def test_the_native_client_still_gets_its_objects(both):
    body = {"id": "cus_1", "object": "customer", "email": "ada@example.com"}
    with Loopback([Reply(200, body)]) as server:
        h = stripe(both, server.url)
        if h.is_async:
            found = h.run(lambda p: p.stripe.native.v1.customers.retrieve_async("cus_1"))
        else:
            found = h.run(lambda p: p.stripe.native.v1.customers.retrieve("cus_1"))
    assert found.email == "ada@example.com"
