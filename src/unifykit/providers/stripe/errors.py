"""Stripe's way of saying no."""

from typing import Any, cast

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import (
    ConflictError,
    NotFoundError,
    PaymentDeclinedError,
    PermissionDeniedError,
    QuotaExceededError,
    UnifyError,
)

_CONFLICT, _BAD_REQUEST, _DECLINED = 409, 400, 402
_BY_CODE: dict[str, type[UnifyError]] = {
    "resource_missing": NotFoundError,
    "resource_already_exists": ConflictError,
    "account_invalid": PermissionDeniedError,
}
_BY_TYPE: dict[str, type[UnifyError]] = {"idempotency_error": ConflictError, "quota_exceeded": QuotaExceededError}
"""Where the status says less than Stripe's word for it: a parameter that names nothing is a 400, a path a 404."""


def _verdict(status: int, _: Headers, body: Body) -> Kind | None:
    """A conflict is another request at work on the same object or key, and passes; some limits come as 400.

    https://docs.stripe.com/error-low-level#idempotency, https://docs.stripe.com/error-codes#rate-limit
    """
    if status == _CONFLICT:
        return Kind.TRANSIENT
    if status == _BAD_REQUEST and _fault(json_body(body)).get("code") == "rate_limit":
        return Kind.THROTTLED
    return None


DIALECT = Dialect(
    provider="stripe",
    advice="stripe-should-retry",  # https://docs.stripe.com/error-low-level#should-retry
    request_id=("request-id",),
    verdict=_verdict,
    trusted=frozenset(("files.stripe.com", "connect.stripe.com", "meter-events.stripe.com")),
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what stripe-python, the network or a model raised."""
    reply = answered(op)
    if reply is None:
        return from_failure(op, error)
    fault = _fault(json_body(lambda: reply.body))
    said = str(fault.get("message") or f"Stripe answered {reply.status} without saying why").rstrip(".")
    code, kind = str(fault.get("code")), str(fault.get("type"))
    made = from_reply(
        DIALECT,
        op,
        reply,
        f"{said}.",
        code=fault.get("code") or fault.get("type"),
        kind=_BY_CODE.get(code) or _BY_TYPE.get(kind),
    )
    if isinstance(made, PaymentDeclinedError) and reply.status == _DECLINED:
        made.decline_code = fault.get("decline_code")
    return made


def _fault(body: dict[str, object]) -> dict[str, Any]:
    """https://docs.stripe.com/api/errors"""  # noqa: D415 -- an address
    found = body.get("error")
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
