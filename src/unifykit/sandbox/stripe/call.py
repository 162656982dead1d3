"""One request as the handlers see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .forms import Fields
    from .state import World

Json = dict[str, Any]


@dataclass
class Call:
    """One request."""

    world: World
    method: str
    path: str
    ids: Mapping[str, str]
    fields: Fields
    base_url: str

    @property
    def now(self) -> int:
        """The moment of the request, in epoch seconds."""
        return self.world.now

    def target(self, kind: str) -> Json:
        """The object that the path names, or 404."""
        return self.world.find(kind, self.ids["id"])

    def named(self, kind: str, name: str) -> Json | None:
        """The object that a parameter names; None where it is absent."""
        given = self.fields.text(name)
        return None if given is None else self.world.named(kind, given, self.fields.param(name))
