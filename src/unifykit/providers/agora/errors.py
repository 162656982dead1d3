"""Agora's way of saying no, which may come as a success.

https://docs.agora.io/en/cloud-recording/reference/common-errors
"""

from typing import Any

from unifykit._core.context import Operation
from unifykit._core.dialect import Body, Dialect, json_body
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import ConflictError, UnavailableError, UnexpectedResponseError, UnifyError

STARTED, UNFINISHED = 7, 65
"""Codes of replies of 2xx: the recording runs already; the request is not completed, try again with the same parameters."""

_TASK_CONFLICT, _OVERLOADED = 53, 406
_BY_CODE: dict[object, type[UnifyError]] = {_TASK_CONFLICT: ConflictError, _OVERLOADED: UnavailableError}
_BAD_REQUEST = 400


def _verdict(status: int, _: Headers, body: Body) -> Kind | None:
    """An overloaded service answers 400 and has done nothing: that passes."""
    if status == _BAD_REQUEST and json_body(body).get("code") == _OVERLOADED:
        return Kind.THROTTLED
    return None


DIALECT = Dialect(
    provider="agora",
    request_id=("x-request-id", "x-resource-id"),
    verdict=_verdict,
    least_wait=1.0,  # its limits are counted by the second, and it gives no hint
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what Agora, the network or a model raised."""
    reply = answered(op)
    if reply is None:
        return from_failure(op, error)
    body = json_body(lambda: reply.body)
    code = body.get("code")
    kind = _BY_CODE.get(code) if reply.status == _BAD_REQUEST else None
    return from_reply(
        DIALECT, op, reply, _said(body, reply.status), code=None if code is None else str(code), kind=kind
    )


def _said(body: dict[str, Any], status: int) -> str:
    text = body.get("message") or body.get("reason") or f"Agora answered {status} without saying why"
    return f"{str(text).rstrip('.')}."


def unsuccessful(status: int, body: dict[str, Any]) -> UnifyError:
    """The error for a reply of 2xx that says it is no success."""
    code = body.get("code")
    facts: dict[str, Any] = {"status": status, "code": None if code is None else str(code)}
    if code == STARTED:
        return ConflictError("a recording of this resource runs already.", **facts)
    if code == UNFINISHED:
        return UnavailableError("the request is not completed; the same again may complete it.", **facts)
    return UnexpectedResponseError(f"a reply of {status} that is no success: {_said(body, status)}", **facts)
