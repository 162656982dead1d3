"""Edge Functions."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from unifykit._core.mode import M
from unifykit._core.operation import UNSAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.supabase.models import FunctionReply
from unifykit.providers.supabase.resource import SupabaseResource, segment

_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t\x20-\x7e]*")

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]


class Functions(SupabaseResource[M]):
    """`p.supabase.functions`: code of yours that runs at Supabase."""

    @operation(UNSAFE)
    async def invoke(
        self, name: str, *, body: Any = None, headers: Mapping[str, str] | None = None, method: Method = "POST"
    ) -> FunctionReply:
        """Call a function.

        https://supabase.com/docs/reference/python/functions-invoke

        Args:
            name: Its name.
            body: Bytes and text go as they are, all else as JSON.
            headers: More headers.
            method: The HTTP method; a GET is tried again when it fails, nothing else is.

        Raises:
            NotFoundError: There is no such function.
            ServerError: The function failed.

        Example:
            >>> p.supabase.functions.invoke("hello", body={"name": "Ada"}).json()
            {'message': 'Hello Ada'}
        """
        path = f"/functions/v1/{segment(name, 'a function')}"
        sent = _sendable(headers or {})
        if isinstance(body, str | bytes):
            kind = "text/plain" if isinstance(body, str) else "application/octet-stream"
            if not any(header.lower() == "content-type" for header in sent):
                sent["Content-Type"] = kind
            content = body.encode() if isinstance(body, str) else body
            reply = await self.fetch(method, path, headers=sent, content=content)
        else:
            reply = await self.fetch(method, path, headers=sent, body=body)
        return FunctionReply(reply.status_code, dict(reply.headers), reply.content)


def _sendable(headers: Mapping[str, str]) -> dict[str, str]:
    """https://www.rfc-editor.org/rfc/rfc9110#name-field-values."""
    for name, value in headers.items():
        if not (_NAME.fullmatch(name) and _VALUE.fullmatch(value)):
            raise InvalidRequestError(f"the header {name!r} has a name or a value that HTTP cannot carry.")
    return dict(headers)
