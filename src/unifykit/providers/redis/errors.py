# pyright: reportUnknownMemberType=false
# The reason: redis-py's exceptions are annotated in part.
"""Redis's way of saying no.

https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors
"""

from unifykit._core.context import Operation
from unifykit._core.dialect import Dialect
from unifykit.errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
    UnifyError,
)

DIALECT = Dialect(provider="redis")

BY_WORD: dict[str, type[UnifyError]] = {
    "NOAUTH": AuthenticationError,
    "WRONGPASS": AuthenticationError,
    "NOPERM": PermissionDeniedError,
    "NOSCRIPT": NotFoundError,
    "NOGROUP": NotFoundError,
    "BUSYGROUP": ConflictError,
    "BUSYKEY": ConflictError,
    **dict.fromkeys(
        (
            "BUSY", "CLUSTERDOWN", "LOADING", "MASTERDOWN", "MISCONF", "NOREPLICAS", "OOM", "READONLY", "TRYAGAIN",
            "UNKILLABLE",
        ),
        UnavailableError,
    ),
}  # fmt: skip
"""What the word that begins a server's error means; any other word says that the request is at fault."""


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what redis-py, the network or a model raised."""
    import redis

    if not isinstance(error, redis.RedisError):
        return _ours(error, op)
    from unifykit._wires.redis import error_word, said

    word, text = error_word(error), said(error).rstrip(".") or type(error).__name__
    by_word = BY_WORD.get(word)
    if by_word is not None:
        return by_word(f"{text}.", code=word)
    if isinstance(error, redis.TimeoutError):
        return DeadlineExceededError(f"no reply in time ({text}).", phase="attempt")
    for native, made in _by_class():
        if isinstance(error, native):
            return made(f"{text}.", code=word or None)
    return ServerError(f"{text}.", code=word or None)


def _by_class() -> tuple[tuple[type[Exception], type[UnifyError]], ...]:
    """The first that fits counts: redis-py derives several refusals from its ConnectionError."""
    import redis
    from redis.exceptions import AuthorizationError, InvalidResponse, LockError, MaxConnectionsError

    return (
        (redis.AuthenticationError, AuthenticationError),
        (AuthorizationError, PermissionDeniedError),
        (MaxConnectionsError, UnavailableError),
        (redis.ConnectionError, ConnectionFailedError),
        (InvalidResponse, UnexpectedResponseError),
        (redis.WatchError, ConflictError),
        (LockError, ConflictError),
        (redis.ResponseError, InvalidRequestError),
        (redis.DataError, InvalidRequestError),
    )


def _ours(error: Exception, op: Operation) -> UnifyError:
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        faults = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_input=False))
        return UnexpectedResponseError(f"the stored value is no {error.title} ({faults}).")
    what = f"{type(error).__name__}: {error}"
    if isinstance(error, OSError):
        return ConnectionFailedError(f"no reply ({what}).")
    if op.attempts == 0:
        return InvalidRequestError(f"the request was refused before it was sent ({what}).")
    return UnexpectedResponseError(f"the reply is not what Redis promises ({what}).")


def is_unknown_script(error: Exception) -> bool:
    """Whether the server does not know a script yet."""
    from redis.exceptions import NoScriptError

    return isinstance(error, NoScriptError)


def is_known_group(error: Exception) -> bool:
    """Whether a consumer group is there already."""
    return str(error).startswith("BUSYGROUP")


def is_missing_group(error: Exception) -> bool:
    """Whether a consumer group, or its stream, is not there."""
    return str(error).startswith("NOGROUP")


def is_crowded(error: Exception) -> bool:
    """Whether all connections for waiting are in use."""
    from redis.exceptions import MaxConnectionsError

    return isinstance(error, MaxConnectionsError)


def is_lost(error: Exception) -> bool:
    """Whether a connection broke while it was read."""
    import redis

    refused = isinstance(error, redis.AuthenticationError)
    return isinstance(error, redis.ConnectionError | redis.TimeoutError | OSError) and not refused
