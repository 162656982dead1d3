"""GitHub's way of saying no."""

import json
from typing import Any

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, LimitHeaders, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import from_failure, from_reply
from unifykit.errors import UnifyError

_SECONDARY = ("you have exceeded a secondary rate limit", "api rate limit exceeded")
_SECONDARY_ENDS = ("please retry your request again later.", "please wait a few minutes before you try again.")
_FORBIDDEN = 403


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
    request_id=("x-github-request-id",),
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
    if reply is None or reply.status < 400 or (op.outcome is not None and op.outcome.status is None):  # noqa: PLR2004
        return from_failure(op, error)
    try:
        body: Any = json.loads(reply.body)
    except ValueError:
        body = None
    return from_reply(DIALECT, op, reply, _message(reply.status, body), code=_code(body))


def _message(status: int, body: Any) -> str:
    if not isinstance(body, dict):
        return f"GitHub answered {status} without saying why."
    details = [_detail(item) for item in body.get("errors") or []]
    said = str(body.get("message") or f"GitHub answered {status}").rstrip(".")
    return f"{said}: {'; '.join(details)}." if details else f"{said}."


def _detail(item: Any) -> str:
    if not isinstance(item, dict):
        return str(item)
    if item.get("message"):
        return str(item["message"])
    return " ".join(str(item[key]) for key in ("resource", "field", "code") if item.get(key))


def _code(body: Any) -> str | None:
    errors = body.get("errors") if isinstance(body, dict) else None
    first = errors[0] if isinstance(errors, list) and errors else None
    return str(first["code"]) if isinstance(first, dict) and first.get("code") else None
