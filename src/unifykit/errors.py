"""Every error that unifykit raises, one tree for all platforms. Knows no SDK.

    UnifyError
    ├─ ConfigurationError            a setting is missing or malformed; the text names the variable
    │   └─ MissingExtraError         also an ImportError; gives the exact pip line
    ├─ AuthenticationError           401: the credential is not accepted
    ├─ PermissionDeniedError         403 that is not a limit
    ├─ NotFoundError                 404, 410
    ├─ ConflictError                 409, 412, unique violations, a lock held by another
    ├─ InvalidRequestError           400, 422, and arguments refused before the network
    ├─ RateLimitedError              429, GitHub's 403 limits, our own limiter; `source`, `retry_after`
    ├─ QuotaExceededError            out of credit: waiting does not help
    ├─ PaymentDeclinedError          402; `decline_code`
    ├─ ServerError                   5xx
    │   └─ UnavailableError          502, 503, LOADING, READONLY: not able to answer now
    ├─ DeadlineExceededError         also a TimeoutError; `phase` names what ate the time
    ├─ ConnectionFailedError         no reply: refused, reset, TLS, DNS
    ├─ CircuitOpenError              refused without a request: this account keeps failing
    ├─ UnexpectedResponseError       a 2xx that is not what the API promises
    ├─ UnsupportedError              this platform cannot do that; raised without I/O
    └─ WebhookVerificationError      the payload is not proven to come from its sender

Every error pickles with all of its attributes; the SDK's own exception is its `__cause__`.
"""

from typing import Any, Literal, Self

__all__ = [
    "AuthenticationError",
    "CircuitOpenError",
    "ConfigurationError",
    "ConflictError",
    "ConnectionFailedError",
    "DeadlineExceededError",
    "InvalidRequestError",
    "MissingExtraError",
    "NotFoundError",
    "PaymentDeclinedError",
    "PermissionDeniedError",
    "QuotaExceededError",
    "RateLimitedError",
    "ServerError",
    "UnavailableError",
    "UnexpectedResponseError",
    "UnifyError",
    "UnsupportedError",
    "WebhookVerificationError",
]


class UnifyError(Exception):
    """Base of every error here. The text says what happened, where, and what to do.

    Attributes:
        message: What happened, in one sentence.
        provider: The platform, such as ``"github"``.
        operation: The operation, such as ``"issues.create"``; ``"native"`` for the SDK's own client.
        status: The HTTP status of the last reply, if there was one.
        code: The provider's own error code, if it gave one.
        request_id: The provider's id of the failed exchange, for its support.
        retry_after: Seconds until trying again can help, if that is known.
        attempts: How many times the request was sent.
        maybe_executed: True if the write may have happened although this error was raised.
        phase: What ate the time or refused the wait: ``"attempt"``, ``"retry wait"``, ``"rate limit queue"``, ``"quota wait"``, ``"poll"``.
    """

    advice: str = ""

    def __init__(
        self,
        message: str = "",
        *,
        provider: str | None = None,
        operation: str | None = None,
        status: int | None = None,
        code: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
        attempts: int = 0,
        maybe_executed: bool = False,
        phase: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message: str = message
        self.provider: str | None = provider
        self.operation: str | None = operation
        self.status: int | None = status
        self.code: str | None = code
        self.request_id: str | None = request_id
        self.retry_after: float | None = retry_after
        self.attempts: int = attempts
        self.maybe_executed: bool = maybe_executed
        self.phase: str | None = phase

    def __str__(self) -> str:
        where = ".".join(part for part in (self.provider, self.operation) if part)
        facts = [
            f"status {self.status}" if self.status is not None else "",
            f"code {self.code}" if self.code else "",
            f"{self.attempts} attempts" if self.attempts > 1 else "",
            f"phase: {self.phase}" if self.phase else "",
            f"retry after {self.retry_after:.3g} s" if self.retry_after is not None else "",
            f"request id {self.request_id}" if self.request_id else "",
        ]
        told = ", ".join(fact for fact in facts if fact)
        text = f"{where}: {self.message}" if where else self.message
        if told:
            text += f" ({told})"
        if self.maybe_executed:
            text += " The write may have happened: look before you repeat it."
        return f"{text} {self.advice}" if self.advice else text

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.__dict__.copy())

    @property
    def retryable(self) -> bool:
        """True if the same call may succeed later and repeating it cannot duplicate a write."""
        waits = isinstance(self, RateLimitedError | ServerError | ConnectionFailedError | CircuitOpenError)
        return (waits or isinstance(self, DeadlineExceededError)) and not self.maybe_executed

    def locate(self, provider: str, operation: str) -> Self:
        """Fill in where this happened, unless it is already known. Returns the error itself."""
        self.provider = self.provider or provider
        self.operation = self.operation or operation
        return self


def _rebuild(cls: type[UnifyError], state: dict[str, Any]) -> UnifyError:
    error = cls.__new__(cls, state.get("message", ""))
    super(UnifyError, error).__init__(state.get("message", ""))  # the builtin's own state, such as ImportError's `msg`
    error.__dict__.update(state)
    return error


class ConfigurationError(UnifyError):
    """A setting is missing or malformed; the text names the variables that were looked for."""


class MissingExtraError(ConfigurationError, ImportError):
    """An optional dependency is not installed, or is installed and broken; the text says which and what to type."""


class AuthenticationError(UnifyError):
    """The credential is not accepted (401)."""

    advice = "Check the credential: is it complete, current, and for this base URL?"


class PermissionDeniedError(UnifyError):
    """The credential is accepted, but may not do this (403)."""

    advice = "Check the credential's scopes and its access to this resource."


class NotFoundError(UnifyError):
    """The resource does not exist, or is hidden from this credential (404, 410)."""


class ConflictError(UnifyError):
    """The resource's state does not allow this (409, 412, unique violations, a lock held by another)."""


class InvalidRequestError(UnifyError, ValueError):
    """The request is malformed (400, 422), or an argument was refused before the network."""


class RateLimitedError(UnifyError):
    """Too many requests (429, GitHub's 403 limits), or our own limiter refused.

    Attributes:
        source: ``"provider"`` if the platform limited us, ``"client"`` if our own limiter did.
    """

    def __init__(self, message: str = "", *, source: Literal["provider", "client"] = "provider", **facts: Any) -> None:
        super().__init__(message, **facts)
        self.source: Literal["provider", "client"] = source


class QuotaExceededError(UnifyError):
    """The account is out of credit; waiting does not help."""

    advice = "Check the account's plan and billing."


class PaymentDeclinedError(UnifyError):
    """The payment was declined (402).

    Attributes:
        decline_code: The issuer's reason, such as ``"insufficient_funds"``.
    """

    def __init__(self, message: str = "", *, decline_code: str | None = None, **facts: Any) -> None:
        super().__init__(message, **facts)
        self.decline_code: str | None = decline_code


class ServerError(UnifyError):
    """The platform failed (5xx)."""


class UnavailableError(ServerError):
    """The platform cannot answer now (502, 503, LOADING, READONLY)."""


class DeadlineExceededError(UnifyError, TimeoutError):
    """The time allowed for the call is over; `phase` names what ate it."""


class ConnectionFailedError(UnifyError):
    """No reply: connection refused or reset, TLS, DNS."""


class CircuitOpenError(UnifyError):
    """Refused without a request: this account has kept failing; `retry_after` says when it is tried again."""


class UnexpectedResponseError(UnifyError):
    """A reply of 2xx that is not what the API promises."""


class UnsupportedError(UnifyError):
    """This platform cannot do that. Raised without I/O."""


class WebhookVerificationError(UnifyError):
    """The payload is not proven to come from its sender, or is not fresh."""
