"""OpenAI's way of saying no."""

import re
from typing import Any, cast

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, LimitHeaders, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import (
    InvalidRequestError,
    QuotaExceededError,
    RateLimitedError,
    ServerError,
    UnavailableError,
    UnifyError,
)

_LIMITED = 429
_ENDPOINT = re.compile(r"/v\d+/(\w+)")
_TURNED_AWAY = frozenset(("server_is_overloaded", "slow_down"))
_OUT_OF_CREDIT = frozenset(
    ("insufficient_quota", "billing_hard_limit_reached", "billing_not_active", "credit_balance_exhausted")
)


def _verdict(status: int, _: Headers, body: Body) -> Kind | None:
    """The same status says "too fast" and "out of credit".

    https://platform.openai.com/docs/guides/error-codes
    """
    return Kind.EXHAUSTED if status == _LIMITED and _out_of_credit(_fault(json_body(body))) else None


def _out_of_credit(fault: dict[str, Any]) -> bool:
    return bool({fault.get("code"), fault.get("type")} & _OUT_OF_CREDIT)


def _untouched(_status: int, _headers: Headers, body: Body) -> bool:
    """No capacity: the request was turned away at the door.

    https://platform.openai.com/docs/guides/error-codes
    """
    return _fault(json_body(body)).get("code") in _TURNED_AWAY


def _bucket(target: str) -> str:
    """Limits are counted for each model; the endpoint's first word is as near to that as a path can tell."""
    found = _ENDPOINT.search(target)
    return found[1] if found else ""


DIALECT = Dialect(
    provider="openai",
    bucket=_bucket,
    # The resets are Go durations: "1s", "6m0s". https://platform.openai.com/docs/guides/rate-limits
    limits=(
        LimitHeaders("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"),
        LimitHeaders("x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"),
    ),
    advice="x-should-retry",
    request_id=("x-request-id",),
    verdict=_verdict,
    untouched=_untouched,
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what openai-python, the network or a model raised."""
    reply = answered(op)
    if reply is None:
        return from_failure(op, error)
    fault = _fault(json_body(lambda: reply.body))
    said = str(fault.get("message") or f"OpenAI answered {reply.status} without saying why").rstrip(".")
    kind = QuotaExceededError if reply.status == _LIMITED and _out_of_credit(fault) else None
    code = fault.get("code") or fault.get("type")
    return from_reply(DIALECT, op, reply, f"{said}.", code=None if code is None else str(code), kind=kind)


_IN_STREAM: dict[str, type[UnifyError]] = {
    "rate_limit_exceeded": RateLimitedError,
    "rate_limit_error": RateLimitedError,
    "server_is_overloaded": UnavailableError,
    "slow_down": UnavailableError,
    "invalid_request_error": InvalidRequestError,
    "invalid_prompt": InvalidRequestError,
    "context_length_exceeded": InvalidRequestError,
    "invalid_image_format": InvalidRequestError,
}


def fault_in_stream(fault: Any) -> UnifyError:
    """The uniform error for what went wrong after a reply of 200 had begun.

    https://platform.openai.com/docs/api-reference/responses-streaming/error
    """
    found: dict[str, Any] = _fault({"error": fault})
    named = [str(one) for one in (found.get("code"), found.get("type")) if one and one != "error"]
    said = str(found.get("message") or "the stream ended with an error that says nothing").rstrip(".")
    kind: type[UnifyError] = QuotaExceededError if _out_of_credit(found) else ServerError
    kind = next((_IN_STREAM[one] for one in named if one in _IN_STREAM), kind)
    # What was made before has been billed, but nothing is left to look for: asking again is the caller's choice.
    return kind(f"{said}.", code=next(iter(named), None))


def _fault(body: dict[str, object]) -> dict[str, Any]:
    """What OpenAI says under ``error``; servers that speak its API say plain text there, or nothing."""
    found = body.get("error")
    if isinstance(found, str):
        return {"message": found}
    return cast("dict[str, Any]", found) if isinstance(found, dict) else {}
