"""GitHub's way of saying no."""

import json
from typing import Any, cast

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, LimitHeaders, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import from_failure, from_reply
from unifykit.errors import ConflictError, UnifyError

_SECONDARY = ("you have exceeded a secondary rate limit", "api rate limit exceeded")
_SECONDARY_ENDS = ("please retry your request again later.", "please wait a few minutes before you try again.")
_ERRORS, _FORBIDDEN, _NOT_ALLOWED = 400, 403, 405
_REQUEST_ID = "x-github-request-id"


def _verdict(status: int, headers: Headers, body: Body) -> Kind | None:
    """GitHub says 403 for its limits too.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
    """
    if status != _FORBIDDEN:
        return None
    if headers.get("retry-after") or headers.get("x-ratelimit-remaining") == "0":
        return Kind.THROTTLED
    message = str(json_body(body).get("message", "")).lower()
    limited = message.startswith(_SECONDARY) or message.endswith(_SECONDARY_ENDS)
    return Kind.THROTTLED if limited else None


def _bucket(target: str) -> str:
    """https://docs.github.com/en/rest/rate-limit/rate-limit: search and GraphQL have allowances of their own."""
    if "/search/" in target:
        return "code_search" if "/search/code" in target else "search"
    return "graphql" if target.partition("?")[0].endswith("/graphql") else "core"


DIALECT = Dialect(
    provider="github",
    limits=(LimitHeaders("x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"),),
    request_id=(_REQUEST_ID,),
    bucket=_bucket,
    free=lambda target: target.endswith("/rate_limit"),
    verdict=_verdict,
    least_wait=60.0,  # "wait for at least one minute before retrying"
    shared_limit=True,
    trusted=frozenset(("uploads.github.com",)),
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what PyGithub, the network or a model raised."""
    reply = op.last
    if reply is None or (op.outcome is not None and op.outcome.status is None):
        return from_failure(op, error)
    if reply.status < _ERRORS:
        strange = from_failure(op, error)
        strange.request_id = reply.headers.get(_REQUEST_ID)
        return strange
    try:
        body = fields_of(json.loads(reply.body))
    except ValueError:
        body = {}
    # "Method Not Allowed if merge cannot be performed": https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
    kind = ConflictError if reply.status == _NOT_ALLOWED and op.name == "pulls.merge" else None
    return from_reply(DIALECT, op, reply, _message(reply.status, body), code=_code(body), kind=kind)


def fields_of(value: Any) -> dict[str, Any]:
    """The fields of a JSON object, none of anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def list_of(value: Any) -> list[Any]:
    """The items of a JSON array, none of anything else."""
    return list(value) if isinstance(value, list) else []  # pyright: ignore[reportUnknownArgumentType]


def _message(status: int, body: dict[str, Any]) -> str:
    details = [_detail(item) for item in _errors(body)]
    said = body.get("message")
    if not said:
        return f"GitHub answered {status} without saying why."
    text = str(said).rstrip(".")
    return f"{text}: {'; '.join(details)}." if details else f"{text}."


def _errors(body: dict[str, Any]) -> list[Any]:
    """What GitHub says in detail: a list, where it keeps to its description."""
    errors = body.get("errors")
    return list_of(errors) or ([errors] if errors else [])


def _detail(item: Any) -> str:
    fields = fields_of(item)
    if not fields:
        return str(item)
    return str(
        fields.get("message") or " ".join(str(fields[key]) for key in ("resource", "field", "code") if fields.get(key))
    )


def _code(body: dict[str, Any]) -> str | None:
    codes = (fields_of(item).get("code") for item in _errors(body))
    return next((str(code) for code in codes if code), None)
