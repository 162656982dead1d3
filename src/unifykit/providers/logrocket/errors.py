"""LogRocket's way of saying no: JSON under one of two names, or a plain text."""

from unifykit._core.context import Operation
from unifykit._core.dialect import Dialect, json_body
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import ConnectionFailedError, UnifyError

_LONGEST = 200

DIALECT = Dialect(provider="logrocket")


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what LogRocket, its storage, the network or a model raised."""
    reply = answered(op)
    if reply is not None:
        return from_reply(DIALECT, op, reply, _said(reply.body, reply.status))
    import httpx

    outcome = op.outcome
    if isinstance(error, httpx.TransportError) and outcome is not None and outcome.status is not None:
        return ConnectionFailedError(f"the reply was cut off ({type(error).__name__}).", status=outcome.status)
    return from_failure(op, error)


def _said(body: bytes, status: int) -> str:
    told = json_body(lambda: body)
    text = told.get("error") or told.get("message")
    if (
        not text and not told and not body.lstrip().startswith(b"<")
    ):  # a page, or a storage's XML, says nothing to people
        text = body.decode("utf-8", "replace").strip()[:_LONGEST]
    return f"{str(text or f'LogRocket answered {status} without saying why').rstrip('.')}."
