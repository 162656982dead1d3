"""One request as the handlers see it, and what they answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import parse_qsl

from .errors import Refusal, forbidden, not_found, parameter, unauthorized

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .state import Project, User, World

_Kind = TypeVar("_Kind")
_TRUE = ("true", "t", "yes", "y", "1", "on")
_FALSE = ("false", "f", "no", "n", "0", "off")


@dataclass
class Reply:
    """What goes back: JSON, raw bytes, or nothing."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    content_type: str = "application/json"


def no_content(status: int = 204) -> Reply:
    """Answer without a body."""
    return Reply(status=status, raw=b"")


@dataclass
class Call:
    """One request."""

    world: World
    method: str
    path: str
    base: str
    storage_url: str
    places: Mapping[str, str]
    query_string: str
    content: bytes
    content_type: str
    viewer: User | None

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.world.clock()

    @property
    def user(self) -> User:
        """The caller, who must have shown a token."""
        if self.viewer is None:
            raise unauthorized()
        return self.viewer

    @cached_property
    def query(self) -> list[tuple[str, str]]:
        """The query's pairs in their order."""
        return parse_qsl(self.query_string, keep_blank_values=True)

    @cached_property
    def given(self) -> dict[str, Any]:
        """All parameters: GitLab takes them from the query and the body alike. `name[]` collects a list."""
        found: dict[str, Any] = {}
        for name, value in [*self.query, *self._form]:
            if name.endswith("[]"):
                found.setdefault(name[:-2], []).append(value)
            else:
                found[name] = value
        return {**found, **self._json}

    @cached_property
    def _form(self) -> list[tuple[str, str]]:
        is_form = self.content_type.startswith("application/x-www-form-urlencoded")
        return parse_qsl(self.content.decode(), keep_blank_values=True) if is_form else []

    @cached_property
    def _json(self) -> dict[str, Any]:
        if self._form or not self.content.strip():
            return {}
        try:
            value = json.loads(self.content)
        except ValueError:
            raise Refusal(400, "The request body is not valid JSON", key="error") from None
        if not isinstance(value, dict):
            raise parameter("The request body must be an object")
        return cast("dict[str, Any]", value)

    @cached_property
    def project(self) -> Project:
        """The project of the path, or 404: what one may not see is not there."""
        found = self.world.project(self.places["id"])
        if found is None or not found.visible_to(self.viewer):
            raise not_found("Project")
        return found

    def project_for(self, level: int) -> Project:
        """Give the project if the caller has this role, and it is not archived."""
        project = self.project
        if project.level_of(self.user) < level or project.archived:
            raise forbidden()
        return project

    def number(self, place: str) -> int:
        """Read a number of the path."""
        if not self.places[place].isdigit():
            raise parameter(f"{place} is invalid")
        return int(self.places[place])

    def text(self, name: str) -> str | None:
        """Read an optional text; None when absent or null."""
        value = self.given.get(name)
        if isinstance(value, dict | list):
            raise parameter(f"{name} is invalid")
        return None if value is None else str(value)

    def need(self, *names: str) -> list[str]:
        """Read texts the operation cannot do without."""
        missing = [f"{name} is missing" for name in names if self.given.get(name) is None]
        empty = [f"{name} is empty" for name in names if self.given.get(name) == ""]
        if missing or empty:
            raise parameter(", ".join(missing + empty))
        return [self.text(name) or "" for name in names]

    def flag(self, name: str) -> bool | None:
        """Read an optional boolean, in any of the ways GitLab understands."""
        value = self.given.get(name)
        if value is None or isinstance(value, bool):
            return value
        text = str(value).lower()
        if text not in (*_TRUE, *_FALSE):
            raise parameter(f"{name} is invalid")
        return text in _TRUE

    def integer(self, name: str) -> int | None:
        """Read an optional whole number."""
        value = self.text(name)
        if value is None or value == "":
            return None
        try:
            return int(value)
        except ValueError:
            raise parameter(f"{name} is invalid") from None

    def listed(self, name: str) -> list[Any]:
        """Read an optional list, which is empty when absent."""
        value = cast("list[Any] | None", self._typed(name, list))
        return value or []

    def _typed(self, name: str, kind: type[_Kind]) -> _Kind | None:
        value = self.given.get(name)
        if value is not None and not isinstance(value, kind):
            raise parameter(f"{name} is invalid")
        return value

    def names(self, name: str) -> list[str] | None:
        """Read an optional list of texts, which may come in one text with commas; None when absent."""
        value = self.given.get(name)
        if value is None:
            return None
        parts = self.listed(name) if isinstance(value, list) else str(value).split(",")
        return [str(part).strip() for part in parts if str(part).strip()]

    def people(self, name: str) -> list[User] | None:
        """Read an optional list of people's ids; 0 stands for nobody, unknown ids are passed over as GitLab does."""
        ids = self.names(name)
        if ids is None:
            return None
        if any(not one.lstrip("-").isdigit() for one in ids):
            raise parameter(f"{name} is invalid")
        found = (self.world.user(int(one)) for one in dict.fromkeys(ids))
        return [user for user in found if user is not None]

    def choice(self, name: str, allowed: Sequence[str]) -> str | None:
        """Read an optional parameter that has a fixed set of values."""
        value = self.text(name)
        if value is not None and value not in allowed:
            raise parameter(f"{name} does not have a valid value")
        return value

    def moment(self, name: str) -> datetime | None:
        """Read an optional moment."""
        text = self.text(name)
        if text is None:
            return None
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            raise parameter(f"{name} is invalid") from None
        return found if found.tzinfo else found.replace(tzinfo=self.now.tzinfo)
