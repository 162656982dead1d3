"""One request as the handlers see it."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from .errors import invalid, invalid_value, missing, wrong_type
from .multipart import Form, Upload, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .state import World

_Kind = TypeVar("_Kind")
_NAMES: dict[type, str] = {
    str: "a string", bool: "a boolean", int: "an integer", float: "a decimal", list: "an array", dict: "an object",
}  # fmt: skip
_LARGEST_PAGE = 10_000


@dataclass
class Call:
    """One request."""

    world: World
    method: str
    path: str
    ids: Mapping[str, str]
    query: Mapping[str, str]
    content: bytes
    content_type: str

    @property
    def now(self) -> int:
        """The moment of the request, in epoch seconds."""
        return self.world.now

    @property
    def is_form(self) -> bool:
        """Whether the body is a form rather than JSON."""
        return self.content_type.startswith("multipart/")

    @cached_property
    def form(self) -> Form:
        """The body as a form."""
        return parse(self.content_type, self.content)

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, which must be a JSON object; of a form, its texts."""
        if self.is_form:
            return {name: texts[-1] for name, texts in self.form.texts.items()}
        try:
            value = json.loads(self.content) if self.content.strip() else {}
        except ValueError:
            said = (
                "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP "
                "library correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
            )
            raise invalid(said) from None
        if not isinstance(value, dict):
            raise invalid("Invalid body: expected an object.")
        return cast("dict[str, Any]", value)

    def only(self, takes: frozenset[str]) -> None:
        """Refuse parameters that the operation does not know."""
        given = {**self.body, **(self.form.files if self.is_form else {})} if self.method == "POST" else self.query
        for name in given:
            if name not in takes:
                raise invalid(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")

    def get(self, name: str, kind: type[_Kind]) -> _Kind | None:
        """Read an optional parameter, of the right type."""
        value: Any = self.body.get(name)
        if value is None:
            return None
        if kind is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        # To JSON a boolean is no number, to Python it is.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise wrong_type(name, _NAMES[kind], value)
        found: _Kind = value
        return found

    def need(self, name: str) -> str:
        """Read a text that the operation cannot do without."""
        value = self.get(name, str)
        if value is None:
            raise missing(name)
        return value

    def between(self, name: str, least: float, most: float) -> float | None:
        """Read a number within bounds."""
        value = self.get(name, float)
        if value is not None and not least <= value <= most:
            side = f"greater than or equal to {least:g}" if value < least else f"less than or equal to {most:g}"
            which = "below_min" if value < least else "above_max"
            raise invalid(
                f"Invalid '{name}': decimal {which.replace('_', ' ')}imum value. Expected a value {side}, but got "
                f"{value:g} instead.",
                param=name,
                code=f"decimal_{which}_value",
            )
        return value

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Read a text that has a fixed set of values."""
        value = self.get(name, str)
        if value is None:
            return default
        if value not in allowed:
            told = ", ".join(f"'{one}'" for one in allowed)
            raise invalid_value(name, f"Invalid value: '{value}'. Supported values are: {told}.")
        return value

    def file(self, name: str) -> Upload:
        """The file that the operation cannot do without."""
        found = self.files(name)
        if not found:
            raise missing(name)
        return found[0]

    def files(self, name: str) -> list[Upload]:
        """The files of a name."""
        return self.form.files.get(name, [])

    def page(self, items: Sequence[dict[str, Any]], *, limit: int, order: str = "desc") -> dict[str, Any]:
        """One page of a list whose items are in order of age, as the query asks.

        https://platform.openai.com/docs/api-reference/pagination
        """
        size = self._limit(limit)
        ordered = list(items) if self.query.get("order", order) == "asc" else list(reversed(items))
        after = self.query.get("after")
        if after is not None:
            ids = [item["id"] for item in ordered]
            if after not in ids:
                raise invalid_value("after", f"Invalid 'after': there is no object with the id '{after}'.")
            ordered = ordered[ids.index(after) + 1 :]
        shown = ordered[:size]
        ends = {"first_id": shown[0]["id"], "last_id": shown[-1]["id"]} if shown else {"first_id": "", "last_id": ""}
        return {"object": "list", "data": shown, **ends, "has_more": len(ordered) > size}

    def _limit(self, default: int) -> int:
        text = self.query.get("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= _LARGEST_PAGE:
            raise invalid_value("limit", f"Invalid 'limit': '{text}' is not an integer from 1 to {_LARGEST_PAGE}.")
        return int(text)
