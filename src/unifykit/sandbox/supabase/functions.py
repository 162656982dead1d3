"""`/functions/v1`: Python callables that stand in for Edge Functions.

https://supabase.com/docs/guides/functions
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, cast

from .call import Call, Reply, in_thread
from .refusals import Refusal, unknown


@dataclass(frozen=True)
class FunctionRequest:
    """What a function is called with.

    Attributes:
        method: Such as ``"POST"``.
        headers: Their names in lower case.
        query: The query string.
        body: The body as it came.
        claims: What the caller's token says.
    """

    method: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: bytes
    claims: Mapping[str, Any]

    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


Registered = Callable[[FunctionRequest], Any]
"""Answers with JSON values, text or bytes, alone or as `(status, body)`."""


async def answer(call: Call) -> Reply:
    """Answer one request to `/functions/v1`."""
    name, _, deeper = call.path.removeprefix("/functions/v1").strip("/").partition("/")
    if not name or deeper:
        raise unknown(call.method, call.path)
    function = call.project.functions.get(name)
    if function is None:
        raise Refusal(404, {"code": "NOT_FOUND", "message": "Requested function was not found"})
    request = FunctionRequest(call.method, call.headers, call.argument, call.content, call.claims)
    try:
        said = await in_thread(lambda: function(request))
    except Exception as error:
        text = f"Function failed ({type(error).__name__}: {error})"
        raise Refusal(500, {"code": "WORKER_ERROR", "message": text}) from error
    status, body = cast("tuple[int, Any]", said) if isinstance(said, tuple) else (200, said)
    if isinstance(body, bytes):
        return Reply(body, status, content_type="application/octet-stream")
    if isinstance(body, str):
        return Reply(body.encode(), status, content_type="text/plain; charset=utf-8")
    return Reply(json.dumps(body).encode(), status)
