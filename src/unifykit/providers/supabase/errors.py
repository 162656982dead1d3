"""Supabase's ways of saying no: its database, its accounts, its files and its functions each have their own."""

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, LimitHeaders, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import answered, from_failure, from_reply, kind_of
from unifykit.errors import (
    AuthenticationError,
    ConflictError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    UnavailableError,
    UnifyError,
)

_ERRORS = 400

_BY_CODE: dict[str, type[UnifyError]] = {
    # The database's own: https://www.postgresql.org/docs/current/errcodes-appendix.html
    "23503": ConflictError,
    "23505": ConflictError,
    "42501": PermissionDeniedError,
    "57014": DeadlineExceededError,
    # PostgREST: https://docs.postgrest.org/en/latest/references/errors.html
    "PGRST103": InvalidRequestError,
    "PGRST116": NotFoundError,
    "PGRST202": NotFoundError,
    "PGRST205": NotFoundError,
    "PGRST301": AuthenticationError,
    "PGRST302": AuthenticationError,
    "PGRST303": AuthenticationError,
    # Accounts: https://supabase.com/docs/guides/auth/debugging/error-codes
    "bad_jwt": AuthenticationError,
    "email_exists": ConflictError,
    "invalid_credentials": AuthenticationError,
    "phone_exists": ConflictError,
    "session_not_found": AuthenticationError,
    "user_already_exists": ConflictError,
    # Files: https://supabase.com/docs/guides/storage/debugging/error-codes
    "Duplicate": ConflictError,
    "NoSuchBucket": NotFoundError,
    "NoSuchKey": NotFoundError,
    "not_found": NotFoundError,
}

_BY_REASON: tuple[tuple[str, type[UnifyError]], ...] = (
    ("ratelimit", RateLimitedError),
    ("rate limit", RateLimitedError),
    ("too many", RateLimitedError),
    ("jwt", AuthenticationError),
    ("token", AuthenticationError),
    ("unauthorized", PermissionDeniedError),
    ("permission", PermissionDeniedError),
    ("unabletoconnect", UnavailableError),
    ("databaselack", UnavailableError),
    ("initializingproject", UnavailableError),
    ("timeout", UnavailableError),
    ("erroronrpccall", UnavailableError),
    ("realtimerestarting", UnavailableError),
    ("subscribing to postgresql failed", UnavailableError),
)
"""Parts of the reasons for which a channel is not joined, in lower case; the first that is found counts."""


def _verdict(_: int, __: Headers, body: Body) -> Kind | None:
    """A query that took too long takes too long again.

    https://supabase.com/docs/guides/database/postgres/timeouts
    """
    return Kind.FINAL if json_body(body).get("code") == "57014" else None


DIALECT = Dialect(
    provider="supabase",
    limits=(LimitHeaders("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),),
    request_id=("sb-request-id", "x-request-id", "cf-ray"),
    verdict=_verdict,
    bucket=lambda target: target.lstrip("/").partition("/")[
        0
    ],  # auth, rest, storage and functions have limits of their own
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what supabase-py's libraries, the network or a model raised."""
    reply = answered(op)
    if reply is None:
        return from_failure(op, error)
    body = json_body(lambda: reply.body)
    code = _code(body)
    return from_reply(DIALECT, op, reply, _message(reply.status, body), code=code, kind=_kind(body, code))


def refused(reason: str) -> UnifyError:
    """The uniform error for why a realtime channel is not joined.

    https://supabase.com/docs/guides/realtime/error_codes
    """
    words = reason.lower()
    for mark, kind in _BY_REASON:
        if mark in words:
            return kind(f"{reason.rstrip('.')}.", code=_name(reason))
    return InvalidRequestError(f"{reason.rstrip('.')}.", code=_name(reason))


def _name(reason: str) -> str | None:
    """The code that a reason begins with: ``InvalidJWTToken: …``."""
    name, colon, _ = reason.partition(":")
    return name if colon and name.isidentifier() else None


def _message(status: int, body: dict[str, object]) -> str:
    said = body.get("message") or body.get("msg") or body.get("error_description") or body.get("error")
    parts = [str(said or f"Supabase answered {status} without saying why").rstrip(".")]
    parts += [str(body[name]).rstrip(".") for name in ("details", "hint") if body.get(name)]
    return "; ".join(parts) + "."


def _code(body: dict[str, object]) -> str | None:
    """``error_code`` from accounts, ``code`` from the database, ``error`` from files."""
    for name in ("error_code", "code", "error"):
        found = body.get(name)
        if isinstance(found, str) and " " not in found:
            return found
    return None


def _kind(body: dict[str, object], code: str | None) -> type[UnifyError] | None:
    if code is not None and code.startswith("over_") and code.endswith("_rate_limit"):
        return RateLimitedError
    if code is not None and code in _BY_CODE:
        return _BY_CODE[code]
    status = str(body.get("statusCode", ""))  # files answer 400 and say what it is in the body
    return kind_of(int(status)) if status.isdigit() and int(status) >= _ERRORS else None
