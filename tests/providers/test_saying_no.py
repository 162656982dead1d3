"""What each provider's refusals mean: for the next attempt, and for the caller. Bodies are those of the providers' own pages."""

import importlib
import json
from typing import Any

import pytest

from unifykit._core.context import Exchange, Operation
from unifykit._core.dialect import judge
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit.errors import (
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
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
    UnifyError,
)

NOW = 1_800_000_000.0

F, T, L, X = Kind.FINAL, Kind.TRANSIENT, Kind.THROTTLED, Kind.EXHAUSTED


def openai(**error: Any) -> dict[str, Any]:
    return {"error": {"message": "Something.", "type": None, "param": None, "code": None, **error}}


def stripe(**error: Any) -> dict[str, Any]:
    return {"error": {"message": "Something.", "type": "invalid_request_error", **error}}


CASES = [
    # provider, status, headers, body, kind, error, code
    ("gitlab", 401, {}, {"message": "401 Unauthorized"}, F, AuthenticationError, None),
    ("gitlab", 403, {}, {"error": "insufficient_scope", "error_description": "Higher privileges needed"}, F, PermissionDeniedError, None),
    ("gitlab", 404, {}, {"message": "404 Project Not Found"}, F, NotFoundError, None),
    ("gitlab", 409, {}, {"message": ["Conflict"]}, F, ConflictError, None),
    ("gitlab", 400, {}, {"message": {"name": ["has already been taken"]}}, F, InvalidRequestError, None),
    ("gitlab", 429, {"retry-after": "5"}, "Retry later\n", L, RateLimitedError, None),
    ("gitlab", 502, {}, "<html>", T, UnavailableError, None),
    ("gitlab", 500, {}, {"message": "500 Internal Server Error"}, T, ServerError, None),
    ("stripe", 400, {}, stripe(code="parameter_missing"), F, InvalidRequestError, "parameter_missing"),
    ("stripe", 400, {}, stripe(code="rate_limit"), L, RateLimitedError, "rate_limit"),
    ("stripe", 401, {}, stripe(), F, AuthenticationError, "invalid_request_error"),
    ("stripe", 402, {}, stripe(type="card_error", code="card_declined", decline_code="insufficient_funds"), F, PaymentDeclinedError, "card_declined"),
    ("stripe", 404, {}, stripe(code="resource_missing"), F, NotFoundError, "resource_missing"),
    ("stripe", 409, {}, stripe(type="idempotency_error", code="idempotency_key_in_use"), T, ConflictError, "idempotency_key_in_use"),
    ("stripe", 429, {}, stripe(code="lock_timeout"), L, RateLimitedError, "lock_timeout"),
    ("stripe", 429, {"stripe-rate-limited-reason": "global-rate"}, stripe(code="rate_limit"), L, RateLimitedError, "rate_limit"),
    ("stripe", 500, {}, stripe(type="api_error"), T, ServerError, "api_error"),
    ("stripe", 500, {"stripe-should-retry": "false"}, stripe(type="api_error"), F, ServerError, "api_error"),
    ("stripe", 409, {"stripe-should-retry": "false"}, stripe(), F, ConflictError, "invalid_request_error"),
    ("stripe", 400, {"stripe-should-retry": "true"}, stripe(), T, InvalidRequestError, "invalid_request_error"),
    ("openai", 400, {}, openai(code="context_length_exceeded"), F, InvalidRequestError, "context_length_exceeded"),
    ("openai", 401, {}, openai(code="invalid_api_key"), F, AuthenticationError, "invalid_api_key"),
    ("openai", 403, {}, openai(code="unsupported_country_region_territory"), F, PermissionDeniedError, "unsupported_country_region_territory"),
    ("openai", 404, {}, openai(code="model_not_found"), F, NotFoundError, "model_not_found"),
    ("openai", 429, {}, openai(code="rate_limit_exceeded", type="tokens"), L, RateLimitedError, "rate_limit_exceeded"),
    ("openai", 429, {}, openai(code="insufficient_quota", type="insufficient_quota"), X, QuotaExceededError, "insufficient_quota"),
    ("openai", 429, {}, openai(type="insufficient_quota"), X, QuotaExceededError, "insufficient_quota"),
    ("openai", 429, {"x-should-retry": "false"}, openai(code="insufficient_quota"), F, QuotaExceededError, "insufficient_quota"),
    ("openai", 429, {"retry-after-ms": "1500"}, openai(), L, RateLimitedError, None),
    ("openai", 500, {}, openai(type="server_error"), T, ServerError, "server_error"),
    ("openai", 500, {"x-should-retry": "false"}, openai(), F, ServerError, None),
    ("openai", 503, {}, openai(code="server_is_overloaded"), T, UnavailableError, "server_is_overloaded"),
    ("openai", 400, {}, {"error": "model not loaded"}, F, InvalidRequestError, None),
    ("openai", 404, {}, ["not", "an", "object"], F, NotFoundError, None),
    ("supabase", 409, {}, {"code": "23505", "message": "duplicate key value", "details": "Key (id)=(1) already exists.", "hint": None}, F, ConflictError, "23505"),
    ("supabase", 401, {}, {"code": "42501", "message": "permission denied for table t"}, F, PermissionDeniedError, "42501"),
    ("supabase", 500, {}, {"code": "57014", "message": "canceling statement due to statement timeout"}, F, DeadlineExceededError, "57014"),
    ("supabase", 406, {}, {"code": "PGRST116", "message": "JSON object requested"}, F, NotFoundError, "PGRST116"),
    ("supabase", 404, {}, {"code": "PGRST205", "message": "Could not find the table"}, F, NotFoundError, "PGRST205"),
    ("supabase", 401, {}, {"code": "PGRST301", "message": "JWT expired"}, F, AuthenticationError, "PGRST301"),
    ("supabase", 503, {}, {"code": "PGRST002", "message": "Could not query the database"}, T, UnavailableError, "PGRST002"),
    ("supabase", 400, {}, {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}, F, AuthenticationError, "invalid_credentials"),
    ("supabase", 422, {}, {"code": 422, "error_code": "user_already_exists", "msg": "User already registered"}, F, ConflictError, "user_already_exists"),
    ("supabase", 422, {}, {"code": 422, "error_code": "weak_password", "msg": "Too short"}, F, InvalidRequestError, "weak_password"),
    ("supabase", 429, {}, {"code": 429, "error_code": "over_email_send_rate_limit", "msg": "slow"}, L, RateLimitedError, "over_email_send_rate_limit"),
    ("supabase", 400, {}, {"statusCode": "404", "error": "not_found", "message": "Object not found"}, F, NotFoundError, "not_found"),
    ("supabase", 400, {}, {"statusCode": "409", "error": "Duplicate", "message": "already exists"}, F, ConflictError, "Duplicate"),
    ("supabase", 400, {}, {"statusCode": "413", "error": "Payload too large", "message": "too large"}, F, InvalidRequestError, None),
    ("supabase", 546, {}, "worker limit", F, ServerError, None),
    ("supabase", 520, {}, "<html>", T, ServerError, None),
]  # fmt: skip


class AnyCase(dict[str, str]):
    """Headers whose `get` ignores case, as every stack's do."""

    def get(self, name: str, default: Any = None) -> Any:
        return super().get(name.lower(), default)


def refused(provider: str, status: int, headers: Headers, body: Any) -> tuple[Operation, UnifyError]:
    module = importlib.import_module(f"unifykit.providers.{provider}.errors")
    raw = (body if isinstance(body, str) else json.dumps(body)).encode()
    op = Operation(provider, "things.get", attempts=1)
    op.last = Exchange(status, headers, raw)
    op.outcome = judge(module.DIALECT, status, headers, lambda: raw, NOW, len(raw))
    return op, module.translate(RuntimeError("what the SDK raised"), op)


@pytest.mark.parametrize(("provider", "status", "headers", "body", "kind", "error", "code"), CASES)
def test_a_refusal(  # noqa: PLR0917 -- a row of the table
    provider: str,
    status: int,
    headers: dict[str, str],
    body: Any,
    kind: Kind,
    error: type[UnifyError],
    code: str | None,
) -> None:
    op, raised = refused(provider, status, AnyCase(headers), body)
    assert op.outcome is not None
    assert op.outcome.kind is kind
    assert type(raised) is error
    assert raised.code == code
    assert raised.status == status
    assert raised.message.endswith(".")
    assert "None" not in raised.message


@pytest.mark.parametrize(
    ("provider", "header"),
    [
        ("gitlab", "x-request-id"),
        ("stripe", "request-id"),
        ("openai", "x-request-id"),
        ("supabase", "sb-request-id"),
        ("supabase", "cf-ray"),
    ],
)
def test_the_request_id_is_kept(provider: str, header: str) -> None:
    assert refused(provider, 404, AnyCase({header: "req_1"}), {})[1].request_id == "req_1"


def test_a_declined_card_says_why() -> None:
    _, error = refused("stripe", 402, AnyCase(), stripe(code="card_declined", decline_code="insufficient_funds"))
    assert isinstance(error, PaymentDeclinedError)
    assert error.decline_code == "insufficient_funds"


def test_a_field_of_gitlab_is_named() -> None:
    body = {"message": {"name": ["has already been taken"], "path": ["is too long", "is reserved"]}}
    assert (
        refused("gitlab", 400, AnyCase(), body)[1].message
        == "name has already been taken; path is too long, is reserved."
    )


@pytest.mark.parametrize(
    ("provider", "headers", "left", "seconds"),
    [
        ("gitlab", {"ratelimit-limit": "2000", "ratelimit-remaining": "0", "ratelimit-reset": str(NOW + 30)}, 0, 30),
        ("openai", {"x-ratelimit-remaining-requests": "9", "x-ratelimit-reset-requests": "1s",
                    "x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "6m0s"}, 0, 360),
        ("openai", {"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "20ms",
                    "x-ratelimit-remaining-tokens": "9", "x-ratelimit-reset-tokens": "6m0s"}, 0, 0.02),
        ("supabase", {"x-ratelimit-limit": "120", "x-ratelimit-remaining": "0", "x-ratelimit-reset": "45"}, 0, 45),
    ],
)  # fmt: skip
def test_a_reset_is_read_in_the_providers_own_form(
    provider: str, headers: dict[str, str], left: int, seconds: float
) -> None:
    op, _ = refused(provider, 429, AnyCase(headers), {})
    assert op.outcome is not None
    assert op.outcome.quota is not None
    assert op.outcome.quota.remaining == left
    assert op.outcome.retry_after == pytest.approx(seconds)


@pytest.mark.parametrize("provider", ["gitlab", "stripe", "openai", "supabase"])
def test_what_is_no_refusal(provider: str) -> None:
    translate = importlib.import_module(f"unifykit.providers.{provider}.errors").translate
    unsent = Operation(provider, "x")
    assert isinstance(translate(TypeError("no"), unsent), InvalidRequestError)
    odd, _ = refused(provider, 200, AnyCase(), {})
    assert isinstance(translate(KeyError("id"), odd), UnexpectedResponseError)
    from unifykit._core.outcome import Outcome

    lost = Operation(provider, "x", attempts=1, outcome=Outcome(Kind.TRANSIENT, error="broken"), last=Exchange(503, {}))
    assert isinstance(translate(OSError("reset"), lost), ConnectionFailedError)
    late = Operation(provider, "x", attempts=1, outcome=Outcome(Kind.TRANSIENT, error="timeout", timeout=True))
    assert isinstance(translate(OSError("slow"), late), DeadlineExceededError)


def test_openais_allowances_are_counted_by_endpoint() -> None:
    bucket = importlib.import_module("unifykit.providers.openai.errors").DIALECT.bucket
    assert bucket("/v1/chat/completions?x=1") == "chat"
    assert bucket("/v1/embeddings") == "embeddings"
    assert bucket("/") == ""
