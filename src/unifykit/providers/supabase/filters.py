"""Conditions on rows, as PostgREST reads them.

https://docs.postgrest.org/en/stable/references/api/tables_views.html#operators
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from datetime import timedelta
from numbers import Number
from typing import Any, Generic, Literal, Self
from uuid import UUID

from unifykit._core.mode import M
from unifykit.errors import InvalidRequestError
from unifykit.providers.supabase.resource import SupabaseResource

Search = Literal["plain", "phrase", "web_search"]
"""How a search's text is read; without one it is PostgreSQL's own syntax: ``'cat' & 'dog'``."""

_SEARCHES = {None: "fts", "plain": "plfts", "phrase": "phfts", "web_search": "wfts"}
_PLAIN = re.compile(r"[^,()\"\\{}\s]+")


def text(value: Any, what: str = "a value") -> str:
    """A value as it stands in a condition."""
    if value is None:
        raise InvalidRequestError(f"{what} cannot be None: nothing equals null. Use is_(column, None).")
    if isinstance(value, bool):
        return "true" if value else "false"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())
    if not isinstance(value, str | Number | UUID | timedelta):
        raise InvalidRequestError(
            f"{what} is of type {type(value).__name__}: give a text, a number, a date or a UUID; for arrays and JSON there is contains()."
        )
    return str(value)


def _quoted(value: Any) -> str:
    said = text(value, "an item")
    if _PLAIN.fullmatch(said) and said.lower() != "null":
        return said
    escaped = said.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _several(value: Any) -> str:
    """An array, a JSON object, or a range as PostgreSQL writes it."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping):
        return json.dumps(value)
    if isinstance(value, Iterable):
        return "{" + ",".join(map(_quoted, value)) + "}"  # pyright: ignore[reportUnknownArgumentType] -- items are anything
    raise InvalidRequestError("give a list for an array column, a dict for a JSON column, or a range as text: '[1,5)'.")


class Filtered(SupabaseResource[M], Generic[M]):
    """What all statements share that say which rows they mean. Each call gives a new statement; none is changed."""

    def __init__(self, parent: SupabaseResource[M], table: str) -> None:
        super().__init__(parent._client)
        self._table = table
        self._params: tuple[tuple[str, str], ...] = ()
        self._negated = False

    def __repr__(self) -> str:
        return f"<supabase.{type(self).__name__.lower()} {self._table}>"

    def _with(self, *params: tuple[str, str], **changes: Any) -> Self:
        other = copy(self)
        other._params = (*self._params, *params)
        other._negated = False
        for name, value in changes.items():
            setattr(other, f"_{name}", value)
        return other

    def filter(self, column: str, operator: str, value: str) -> Self:
        """Any operator of PostgREST, with its value as PostgREST writes it.

        Args:
            column: The column, of an embedded table too: ``"author.name"``; ``"data->>key"`` for one within JSON.
            operator: Such as ``"eq"``.
            value: What follows the operator and the dot.
        """
        if type(column) is not str or not column.strip():
            raise InvalidRequestError("a condition needs the name of a column.")
        return self._with((column, f"{'not.' if self._negated else ''}{operator}.{value}"))

    @property
    def not_(self) -> Self:
        """The opposite of the next condition: ``.not_.is_("age", None)``."""
        other = self._with()
        other._negated = not self._negated
        return other

    def eq(self, column: str, value: Any) -> Self:
        """Equal."""
        return self.filter(column, "eq", text(value))

    def neq(self, column: str, value: Any) -> Self:
        """Not equal; null is neither."""
        return self.filter(column, "neq", text(value))

    def gt(self, column: str, value: Any) -> Self:
        """Greater."""
        return self.filter(column, "gt", text(value))

    def gte(self, column: str, value: Any) -> Self:
        """Greater or equal."""
        return self.filter(column, "gte", text(value))

    def lt(self, column: str, value: Any) -> Self:
        """Less."""
        return self.filter(column, "lt", text(value))

    def lte(self, column: str, value: Any) -> Self:
        """Less or equal."""
        return self.filter(column, "lte", text(value))

    def like(self, column: str, pattern: str) -> Self:
        """Matches a pattern, in which ``%`` is any text."""
        return self.filter(column, "like", text(pattern))

    def ilike(self, column: str, pattern: str) -> Self:
        """Matches a pattern, whatever the case."""
        return self.filter(column, "ilike", text(pattern))

    def is_(self, column: str, value: bool | None) -> Self:
        """Is null, true or false."""
        return self.filter(column, "is", "null" if value is None else text(value))

    def in_(self, column: str, values: Iterable[Any]) -> Self:
        """One of these."""
        if isinstance(values, str | bytes) or not isinstance(values, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequestError("in_(column, values) wants a list of values, not a text.")
        return self.filter(column, "in", f"({','.join(_quoted(value) for value in values)})")

    def contains(self, column: str, value: Sequence[Any] | Mapping[str, Any] | str) -> Self:
        """An array, JSON or range that contains all of these."""
        return self.filter(column, "cs", _several(value))

    def contained_by(self, column: str, value: Sequence[Any] | Mapping[str, Any] | str) -> Self:
        """An array, JSON or range all of which is in these."""
        return self.filter(column, "cd", _several(value))

    def overlaps(self, column: str, value: Sequence[Any] | str) -> Self:
        """An array or range that shares something with these."""
        return self.filter(column, "ov", _several(value))

    def match(self, values: Mapping[str, Any]) -> Self:
        """Every column equals its value."""
        found = self
        for column, value in values.items():
            found = found.eq(column, value)
        return found

    def or_(self, conditions: str, *, table: str | None = None) -> Self:
        """At least one condition holds; conditions as PostgREST writes them.

        Args:
            conditions: Such as ``"age.gt.40,and(name.eq.Ada,age.not.is.null)"``. What comes from others does not belong
                here unquoted: ``name.eq."…"`` with backslashes before quotes and backslashes.
            table: The embedded table that they are about.
        """
        if not conditions:
            raise InvalidRequestError("or_ needs at least one condition, such as 'age.gt.40'.")
        key = f"{table}." if table else ""
        return self._with((f"{key}{'not.' if self._negated else ''}or", f"({conditions})"))

    def text_search(self, column: str, query: str, *, config: str | None = None, type: Search | None = None) -> Self:  # noqa: A002 -- Supabase's word
        """Full-text search.

        https://supabase.com/docs/guides/database/full-text-search

        Args:
            column: A text or tsvector column.
            query: What to look for.
            config: The language, such as ``"english"``.
            type: How the query is read.
        """
        if type not in _SEARCHES:
            raise InvalidRequestError(f"text_search(type=…) is plain, phrase or web_search, not {type!r}.")
        return self.filter(column, _SEARCHES[type] + (f"({config})" if config else ""), text(query))
