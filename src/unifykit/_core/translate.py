"""From what happened to the uniform error: one table for HTTP, shared by every provider's translator."""

from pydantic import ValidationError

from unifykit._core.context import Exchange, Operation
from unifykit._core.dialect import Dialect
from unifykit._core.outcome import Kind, Safety
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

BY_STATUS: dict[int, type[UnifyError]] = {
    401: AuthenticationError,
    402: PaymentDeclinedError,
    403: PermissionDeniedError,
    404: NotFoundError,
    408: DeadlineExceededError,
    409: ConflictError,
    410: NotFoundError,
    412: ConflictError,
    423: ConflictError,
    429: RateLimitedError,
    451: PermissionDeniedError,
    502: UnavailableError,
    503: UnavailableError,
    504: UnavailableError,
}
"""What a status means; other 4xx are `InvalidRequestError`, other 5xx `ServerError`."""

_CLIENT, _SERVER = 400, 500
_LONGEST = 300


def kind_of(status: int) -> type[UnifyError]:
    """The error for a status of 400 and above."""
    return BY_STATUS.get(status) or (ServerError if status >= _SERVER else InvalidRequestError)


def answered(op: Operation) -> Exchange | None:
    """The reply that says no, or None if what went wrong is something else."""
    reply, outcome = op.last, op.outcome
    if reply is None or reply.status < _CLIENT or (outcome is not None and outcome.status is None):
        return None
    return reply


def from_reply(
    dialect: Dialect, op: Operation, reply: Exchange, message: str, *,
    code: str | None = None, kind: type[UnifyError] | None = None,
) -> UnifyError:  # fmt: skip
    """The error for a reply of 400 and above. `kind` overrides the table."""
    said = op.outcome.kind if op.outcome is not None else None
    by_verdict = {Kind.THROTTLED: RateLimitedError, Kind.EXHAUSTED: QuotaExceededError}
    made: type[UnifyError] = kind or (by_verdict.get(said) if said is not None else None) or kind_of(reply.status)
    request_id = next((found for name in dialect.request_id if (found := reply.headers.get(name))), None)
    return made(message, status=reply.status, code=code, request_id=request_id)


def from_failure(op: Operation, error: Exception) -> UnifyError:
    """The error where there was no reply, a reply that makes no sense, or nothing was sent at all."""
    outcome = op.outcome
    if outcome is not None and outcome.status is None:
        what = _told(error)
        if outcome.timeout:
            return DeadlineExceededError(f"no reply in time ({what}).", phase="attempt")
        return ConnectionFailedError(f"no reply ({what}).")
    if op.attempts == 0 or (outcome is None and op.last is None and _unsendable(error)):
        return InvalidRequestError(f"the request was refused before it was sent ({_told(error)}).")
    return UnexpectedResponseError(
        f"the reply is not what the API promises ({_told(error)}).",
        status=op.last.status if op.last is not None else None,
        # the platform said yes, and then nothing that makes sense
        maybe_executed=op.safety in (Safety.UNSAFE, Safety.KEYED),
    )


def _unsendable(error: Exception) -> bool:
    """Whether the wire could not even write the request down."""
    return isinstance(error, UnicodeEncodeError) or type(error).__name__ == "InvalidURL"  # httpx's and httpx2's


def _told(error: Exception) -> str:
    """The foreign error in one line."""
    if isinstance(error, ValidationError):
        faults = error.errors(include_url=False, include_context=False, include_input=False)
        first = f"{'.'.join(map(str, faults[0]['loc'])) or error.title}: {faults[0]['msg']}"
        return f"{error.title}: {first}{f', and {len(faults) - 1} more' if len(faults) > 1 else ''}"
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text[:_LONGEST]}{'…' if len(text) > _LONGEST else ''}"
