"""One object for the services an application lives on. Start with `Platforms`, or `AsyncPlatforms` to await."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unifykit._core.check import CheckItem, CheckReport, CheckSummary
    from unifykit._core.outcome import Safety
    from unifykit._core.policy import Breaker, RateLimit, Retry
    from unifykit._core.poller import Poller
    from unifykit._core.quota import RateLimitState
    from unifykit._wires.clock import deadline
    from unifykit.errors import (
        AuthenticationError,
        CircuitOpenError,
        ConfigurationError,
        ConflictError,
        ConnectionFailedError,
        DeadlineExceededError,
        InvalidRequestError,
        MissingExtraError,
        NotFoundError,
        PaymentDeclinedError,
        PermissionDeniedError,
        QuotaExceededError,
        RateLimitedError,
        ServerError,
        UnavailableError,
        UnexpectedResponseError,
        UnifyError,
        UnsupportedError,
        WebhookVerificationError,
    )
    from unifykit.paging import AsyncPager, Cursor, Pager
    from unifykit.platforms import AsyncPlatforms, Platforms

__version__ = "0.1.0"

_HOME = {
    "AsyncPager": "paging",
    "AsyncPlatforms": "platforms",
    "Breaker": "_core.policy",
    "CheckItem": "_core.check",
    "CheckReport": "_core.check",
    "CheckSummary": "_core.check",
    "Cursor": "paging",
    "Pager": "paging",
    "Platforms": "platforms",
    "Poller": "_core.poller",
    "RateLimit": "_core.policy",
    "RateLimitState": "_core.quota",
    "Retry": "_core.policy",
    "Safety": "_core.outcome",
    "deadline": "_wires.clock",
}

__all__ = [
    "AsyncPager",
    "AsyncPlatforms",
    "AuthenticationError",
    "Breaker",
    "CheckItem",
    "CheckReport",
    "CheckSummary",
    "CircuitOpenError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "Cursor",
    "DeadlineExceededError",
    "InvalidRequestError",
    "MissingExtraError",
    "NotFoundError",
    "Pager",
    "PaymentDeclinedError",
    "PermissionDeniedError",
    "Platforms",
    "Poller",
    "QuotaExceededError",
    "RateLimit",
    "RateLimitState",
    "RateLimitedError",
    "Retry",
    "Safety",
    "ServerError",
    "UnavailableError",
    "UnexpectedResponseError",
    "UnifyError",
    "UnsupportedError",
    "WebhookVerificationError",
    "deadline",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'unifykit' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"unifykit.{_HOME.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
