"""What a caller of `/rest/v1` sends: JSON, a form, or lines of text.

https://docs.postgrest.org/en/stable/references/api/resource_representation.html#request-body
"""

import csv
import io
import json
from typing import Any, cast
from urllib.parse import parse_qsl

from .call import Call
from .refusals import rest


def kind_of(call: Call) -> str:
    """The media type of the body."""
    return call.headers.get("content-type", "application/json").partition(";")[0].strip().lower()


def body_of(call: Call) -> Any:
    """The body, as JSON has it."""
    kind = kind_of(call)
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(call.content.decode(), keep_blank_values=True))
    if kind == "text/csv":
        return _lines(call.content.decode())
    if kind not in ("application/json", ""):
        raise rest(415, "PGRST102", f"Content-Type not acceptable: {kind}")
    try:
        return json.loads(call.content or b"{}")
    except ValueError:
        raise rest(400, "PGRST102", "Empty or invalid json") from None


def rows_of(call: Call) -> list[dict[str, Any]]:
    """The rows that the body holds."""
    said = body_of(call)
    rows: list[Any] = said if isinstance(said, list) else [said]  # pyright: ignore[reportUnknownVariableType] -- JSON
    if not all(isinstance(row, dict) for row in rows):
        raise rest(400, "PGRST102", "Empty or invalid json")
    return cast("list[dict[str, Any]]", rows)


def _lines(text: str) -> list[dict[str, str | None]]:
    """`NULL` is null, and nothing is an empty text."""
    names, *lines = [*csv.reader(io.StringIO(text))] or [[]]
    if any(len(line) != len(names) for line in lines):
        raise rest(400, "PGRST102", "All lines must have same number of fields")
    return [
        {name: None if value == "NULL" else value for name, value in zip(names, line, strict=True)} for line in lines
    ]
