"""Edge Functions."""

from collections.abc import Mapping
from typing import Any, Literal

from unifykit._core.mode import M
from unifykit._core.operation import UNSAFE, operation
from unifykit.providers.supabase.models import FunctionReply
from unifykit.providers.supabase.resource import SupabaseResource, segment

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
        sent = dict(headers or {})
        if isinstance(body, str | bytes):
            kind = "text/plain" if isinstance(body, str) else "application/octet-stream"
            if not any(header.lower() == "content-type" for header in sent):
                sent["Content-Type"] = kind
            reply = await self.fetch(method, path, headers=sent, content=body)
        else:
            reply = await self.fetch(method, path, headers=sent, body=body)
        return FunctionReply(reply.status_code, dict(reply.headers), reply.content)
