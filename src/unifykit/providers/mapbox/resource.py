"""What Mapbox's resources share: one request, held against what Mapbox calls success."""

from collections.abc import Mapping
from typing import Any, TypeVar

from unifykit._core.dialect import json_body
from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.rest import Rest
from unifykit.providers.mapbox.errors import unsuccessful

T = TypeVar("T", bound=Model)


class MapboxResource(Rest[M]):
    """Operations over Mapbox's web services."""

    async def fetch(self, kind: type[T], path: str, params: Mapping[str, Any] | None = None, *, body: Any = None) -> T:
        """One request; returns the reply as a model. A body makes it a POST."""
        if body is None:
            reply = await self.send("GET", path, params)
        else:
            reply = await self.send("POST", path, params, json=body)
        return kind.model_validate_json(reply.content)

    async def navigate(self, kind: type[T], path: str, params: Mapping[str, Any]) -> T:
        """One request to the navigation services, whose replies say whether they are a success."""
        reply = await self.send("GET", path, params)
        found = json_body(lambda: reply.content)
        if found.get("code", "Ok") != "Ok":
            raise unsuccessful(reply.status_code, found)
        return kind.model_validate_json(reply.content)
