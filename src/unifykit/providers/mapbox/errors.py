"""Mapbox's ways of saying no; navigation says it with a 200.

https://docs.mapbox.com/api/navigation/directions/#directions-api-errors
"""

from typing import Any

from unifykit._core.context import Operation
from unifykit._core.dialect import Dialect, LimitHeaders, json_body
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import InvalidRequestError, NotFoundError, UnexpectedResponseError, UnifyError

_BY_CODE: dict[str, type[UnifyError]] = {
    "NoMatch": NotFoundError,
    "NoRoute": NotFoundError,
    "NoSegment": NotFoundError,
    "NoTrips": NotFoundError,
    "NotImplemented": InvalidRequestError,
    "InvalidInput": InvalidRequestError,
    "ProfileNotFound": InvalidRequestError,
}


def _bucket(target: str) -> str:
    """Each service has a limit of its own: the first word of its path, two for searching."""
    parts = target.partition("?")[0].strip("/").split("/")
    return "/".join(parts[:2]) if parts[0] == "search" else parts[0]


DIALECT = Dialect(
    provider="mapbox",
    # https://docs.mapbox.com/api/overview/#rate-limits: Mapbox does not say how many are left
    limits=(LimitHeaders("x-rate-limit-limit", "", "x-rate-limit-reset"),),
    request_id=("x-request-id", "x-amz-cf-id"),
    bucket=_bucket,
    least_wait=1.0,
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what Mapbox, the network or a model raised."""
    reply = answered(op)
    if reply is None:
        return from_failure(op, error)
    body = json_body(lambda: reply.body)
    code = body.get("error_code") or body.get("code")
    named = code if isinstance(code, str) else None
    return from_reply(DIALECT, op, reply, _said(body, reply.status), code=named, kind=_BY_CODE.get(named or ""))


def unsuccessful(status: int, body: dict[str, Any]) -> UnifyError:
    """The error for a reply of 200 whose code is not ``Ok``."""
    code = str(body.get("code"))
    return _BY_CODE.get(code, UnexpectedResponseError)(_said(body, status), status=status, code=code)


def _said(body: dict[str, Any], status: int) -> str:
    text = body.get("message") or body.get("error") or f"Mapbox answered {status} without saying why"
    return f"{str(text).rstrip('.')}."
