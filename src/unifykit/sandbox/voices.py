"""How each platform says that something went wrong, and that it was asked too often."""

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from typing import Any

from unifykit.sandbox.planning import Allowance

_LIMITED, _INTERNAL, _FORBIDDEN, _DECLINED = 429, 500, 403, 402

Json = dict[str, Any]
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """A reply that says no."""

    status: int
    body: bytes
    headers: Headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """One platform's way of saying no.

    Attributes:
        error: The body for a status, a message and the path that was asked for.
        limited: The body of a reply that says that there were too many requests; a text stands as it is.
        counted: The headers that tell of an allowance, on every reply that counted.
        hint: The headers that a refusal has beside those.
        period: Seconds in which its limit is counted.
        status: With which it refuses.
    """

    error: Callable[[int, str, str], Json]
    limited: Callable[[Allowance, str], Json | str]
    counted: Callable[[Allowance], Headers] = lambda _: {}
    hint: Callable[[Allowance], Headers] = lambda _: {}
    period: float = 60.0
    status: int = _LIMITED

    def says(self, status: int, path: str, headers: Headers) -> Said:
        """The reply for a fault that was asked for."""
        return _said(status, self.error(status, f"The sandbox was told to answer {status}.", path), headers)

    def refuses(self, allowance: Allowance, path: str) -> Said:
        """The reply for one request too many."""
        headers = {**self.counted(allowance), **self.hint(allowance)}
        return _said(self.status, self.limited(allowance, path), headers)


def _said(status: int, body: Json | str, headers: Headers) -> Said:
    kind = "text/plain" if isinstance(body, str) else "application/json"
    content = body if isinstance(body, str) else json.dumps(body)
    return Said(status, content.encode(), {"content-type": kind, **{k.lower(): v for k, v in headers.items()}})


def _github(status: int, message: str, _: str) -> Json:
    return {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}


def _github_limited(_: Allowance, path: str) -> Json:
    said = (
        "API rate limit exceeded for user ID 583231. If you reach out to GitHub Support for help, please include the "
        "request ID."
    )
    return _github(_FORBIDDEN, said, path)


def _github_counted(one: Allowance) -> Headers:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api."""
    return {
        "x-ratelimit-limit": str(one.limit), "x-ratelimit-remaining": str(one.remaining),
        "x-ratelimit-used": str(min(one.used, one.limit)), "x-ratelimit-reset": _epoch(one),
    }  # fmt: skip


def _gitlab_counted(one: Allowance) -> Headers:
    """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers."""
    return {
        "ratelimit-limit": str(one.limit), "ratelimit-name": "throttle_authenticated_api",
        "ratelimit-observed": str(one.used), "ratelimit-remaining": str(one.remaining), "ratelimit-reset": _epoch(one),
        "ratelimit-resettime": formatdate(one.reset_at, usegmt=True),
    }  # fmt: skip


def _stripe(status: int, message: str, _: str) -> Json:
    """https://docs.stripe.com/api/errors."""
    if status == _LIMITED:
        return _stripe_limited()
    if status == _DECLINED:
        return {"error": {"message": message, "type": "card_error", "code": "card_declined"}}
    return {"error": {"message": message, "type": "api_error" if status >= _INTERNAL else "invalid_request_error"}}


def _stripe_limited(*_: object) -> Json:
    said = (
        "Testmode request rate limit exceeded, the rate limits in testmode are lower than livemode. You can learn more "
        "about rate limits here https://stripe.com/docs/rate-limits."
    )
    docs = "https://stripe.com/docs/error-codes/rate-limit"
    return {"error": {"message": said, "type": "invalid_request_error", "code": "rate_limit", "doc_url": docs}}


def _openai(status: int, message: str, _: str) -> Json:
    """https://platform.openai.com/docs/guides/error-codes."""
    kind, code = ("server_error", None) if status >= _INTERNAL else ("invalid_request_error", None)
    if status == _LIMITED:
        kind, code = "requests", "rate_limit_exceeded"
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def _openai_limited(one: Allowance, path: str) -> Json:
    said = (
        f"Rate limit reached for requests per min (RPM): Limit {one.limit}. Please try again in "
        f"{_go_duration(one.wait)}. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    return _openai(_LIMITED, said, path)


def _openai_counted(one: Allowance) -> Headers:
    return {
        "x-ratelimit-limit-requests": str(one.limit), "x-ratelimit-remaining-requests": str(one.remaining),
        "x-ratelimit-reset-requests": _go_duration(one.wait),
    }  # fmt: skip


def _openai_hint(one: Allowance) -> Headers:
    return {"retry-after": _whole(one.wait), "retry-after-ms": str(math.ceil(one.wait * 1000))}


def _go_duration(seconds: float) -> str:
    from unifykit.sandbox.openai.quota import go_duration

    return go_duration(seconds)


def _supabase(status: int, message: str, path: str) -> Json:
    """Each service has its own shape; what the gateway says itself has only a message."""
    if path.startswith("/auth/"):
        code = "over_request_rate_limit" if status == _LIMITED else "unexpected_failure"
        return {"code": status, "error_code": code, "msg": message}
    if path.startswith("/rest/") and status != _LIMITED:
        code = "PGRST000" if status >= _INTERNAL else "PGRST100"
        return {"code": code, "details": None, "hint": None, "message": message}
    if path.startswith("/storage/") and status != _LIMITED:
        return {"statusCode": str(status), "error": "InternalError", "message": message}
    return {"message": message}


def _supabase_limited(_: Allowance, path: str) -> Json:
    auth = path.startswith("/auth/")
    return _supabase(_LIMITED, "Request rate limit reached" if auth else "API rate limit exceeded", path)


def _supabase_counted(one: Allowance) -> Headers:
    names = ("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset")
    return dict(zip(names, (str(one.limit), str(one.remaining), _whole(one.wait)), strict=True))  # in seconds left


def _mapbox_counted(one: Allowance) -> Headers:
    """https://docs.mapbox.com/api/overview/#rate-limits: it does not say how many are left."""
    return {
        "x-rate-limit-interval": _whole(one.period), "x-rate-limit-limit": str(one.limit),
        "x-rate-limit-reset": _epoch(one),
    }  # fmt: skip


def _message(_: int, message: str, __: str) -> Json:
    return {"message": message}


def _error(_: int, message: str, __: str) -> Json:
    return {"error": message}


def _whole(seconds: float) -> str:
    return str(max(1, math.ceil(seconds)))


def _epoch(one: Allowance) -> str:
    return str(math.ceil(one.reset_at))


VOICES: Mapping[str, Voice] = {
    "agora": Voice(error=_message, limited=lambda _, __: {"message": "API rate limit exceeded"}, period=1.0),
    "github": Voice(
        error=_github, limited=_github_limited, counted=_github_counted, period=3600.0, status=_FORBIDDEN,
    ),
    "gitlab": Voice(
        error=_message, limited=lambda _, __: "Retry later\n", counted=_gitlab_counted,
        hint=lambda one: {"retry-after": _whole(one.wait)},
    ),
    "logrocket": Voice(error=_error, limited=lambda _, __: {"error": "Too many requests"}),
    "mapbox": Voice(error=_message, limited=lambda _, __: {"message": "Too Many Requests"}, counted=_mapbox_counted),
    "openai": Voice(error=_openai, limited=_openai_limited, counted=_openai_counted, hint=_openai_hint),
    "stripe": Voice(
        error=_stripe, limited=_stripe_limited, hint=lambda _: {"stripe-rate-limited-reason": "global-rate"},
        period=1.0,
    ),
    "supabase": Voice(error=_supabase, limited=_supabase_limited, counted=_supabase_counted),
}  # fmt: skip
"""By platform."""
