"""What Agora's resources share: one request, held against what Agora calls success."""

from typing import Any

from unifykit._core.context import current
from unifykit._core.dialect import json_body
from unifykit._core.mode import M
from unifykit._core.rest import Rest
from unifykit.errors import UnexpectedResponseError
from unifykit.providers.agora.errors import unsuccessful

_WRITE_WEIGHT = 2
"""Queries may come twice as fast as the rest: 20 and 10 a second.

https://docs.agora.io/en/api-reference/api-ref/rtc
"""

_OK = 200


class AgoraResource(Rest[M]):
    """Operations over Agora's REST API."""

    async def fetch(
        self, method: str, path: str, params: dict[str, Any] | None = None, body: Any = None
    ) -> dict[str, Any]:
        """One request; returns the reply, which is a success in Agora's own words too."""
        op, client = current.get(), self._client
        if op is not None and client.link.engine.policy.limit == type(client).pace:
            op.weight = 1 if path.startswith("/dev/v1/channel") else _WRITE_WEIGHT
        parts: Any = {} if body is None else {"json": body}
        reply = await self.send(method, path, params, **parts)
        found = json_body(lambda: reply.content)
        if not found:
            raise UnexpectedResponseError(
                "the reply is not what the API promises: no JSON object.", status=reply.status_code
            )
        if not _succeeded(reply.status_code, found):
            raise unsuccessful(reply.status_code, found)
        return found

    def model(self, kind: Any, body: dict[str, Any]) -> Any:
        """A result of what Agora sent."""
        return kind.model_validate(body)

    @property
    def app_id(self) -> str:
        """The app's id."""
        return str(self._client.link.settings.app_id)


def _succeeded(status: int, body: dict[str, Any]) -> bool:
    """Recordings say no with a code, channels with `success`, bans with `status`."""
    said = body.get("status", "success") == "success" or not isinstance(body.get("status"), str)
    return status == _OK and not body.get("code") and body.get("success", True) is not False and said
