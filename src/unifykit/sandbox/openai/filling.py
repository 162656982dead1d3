"""Values that satisfy a JSON schema, taken from a text where it has something that fits."""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, cast

Schema = dict[str, Any]

_QUOTED = re.compile(r'["«“]\s*(.+?)\s*["»”]')
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_WORD = re.compile(r"[^\W\d_]+")
_FORMATS = {
    "date-time": "2026-01-02T03:04:05Z", "date": "2026-01-02", "time": "03:04:05Z", "email": "ada@example.com",
    "uuid": "00000000-0000-4000-8000-000000000000", "uri": "https://example.com/", "ipv4": "127.0.0.1", "ipv6": "::1",
    "hostname": "example.com", "duration": "P1D",
}  # fmt: skip


def first_number(schema: Schema, number: float) -> float:
    """The number nearest to this one that the schema allows."""
    whole = schema.get("type") == "integer"
    least = schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1 if "exclusiveMinimum" in schema else None)
    most = schema.get("maximum", schema.get("exclusiveMaximum", 0) - 1 if "exclusiveMaximum" in schema else None)
    number = number if least is None else max(number, least)
    number = number if most is None else min(number, most)
    step = schema.get("multipleOf")
    if step:
        number = -(-number // step) * step
    return int(number) if whole else number


@dataclass
class Filler:
    """Fills one schema from one text; what is used up is not used again.

    Args:
        text: What was asked.
        root: The schema in which references are looked up.
    """

    text: str
    root: Schema
    _words: list[str] = field(default_factory=list[str])
    _numbers: list[str] = field(default_factory=list[str])

    def __post_init__(self) -> None:
        words = _WORD.findall(self.text)
        # A name is a word with a capital that does not merely begin the sentence.
        names = [word for word in words[1:] if word[0].isupper()]
        self._words = [*_QUOTED.findall(self.text), *names]
        self._numbers = _NUMBER.findall(self.text)

    def fill(self, schema: Schema) -> Any:
        """A value for the schema."""
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self._one_of(schema["enum"])
        for name in ("anyOf", "oneOf"):
            if name in schema:
                return self.fill(schema[name][0])
        kind = schema.get("type")
        return self._typed(kind[0] if isinstance(kind, list) else kind, schema)

    def _resolved(self, schema: Schema) -> Schema:
        while "$ref" in schema:
            node: Any = self.root
            for part in schema["$ref"].removeprefix("#").strip("/").split("/"):
                node = node[part] if part else node
            schema = {**node, **{name: value for name, value in schema.items() if name != "$ref"}}
        if len(schema.get("allOf", ())) == 1:
            schema = {**self._resolved(schema["allOf"][0]), **schema}
        return schema

    def _typed(self, kind: object, schema: Schema) -> Any:
        if kind == "object" or "properties" in schema:
            return self._object(schema)
        if kind == "array":
            return [self.fill(schema.get("items", {})) for _ in range(max(1, schema.get("minItems", 1)))]
        if kind in ("integer", "number"):
            number = float(self._numbers.pop(0)) if self._numbers else 1
            return first_number(schema, number)
        if kind == "boolean":
            return True
        return None if kind == "null" else self._string(schema)

    def _object(self, schema: Schema) -> dict[str, Any]:
        known = cast("dict[str, Schema]", schema.get("properties", {}))
        wanted = schema.get("required", list(known))
        return {name: self.fill(known.get(name, {})) for name in known if name in wanted}

    def _string(self, schema: Schema) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        value = self._words.pop(0) if self._words else (_WORD.findall(self.text) or ["sandbox"])[-1]
        value = value.ljust(schema.get("minLength", 0), "x")
        return value[: schema.get("maxLength", len(value))]

    def _one_of(self, values: list[Any]) -> Any:
        lowered = self.text.lower()
        return next((one for one in values if isinstance(one, str) and one.lower() in lowered), values[0])
