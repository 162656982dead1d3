"""Lists by cursor, and search.

https://docs.stripe.com/api/pagination, https://docs.stripe.com/search#search-query-language
"""

from __future__ import annotations

import base64
import re
from operator import ge, gt, le, lt
from typing import TYPE_CHECKING, Any

from .errors import invalid, no_such

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .call import Call
    from .forms import Fields

Json = dict[str, Any]
PAGING = "limit starting_after ending_before"
_DEFAULT_SIZE, _LARGEST_SIZE = 10, 100
_BOUNDS: dict[str, Callable[[int, int], bool]] = {"gt": gt, "gte": ge, "lt": lt, "lte": le}
_CLAUSE = re.compile(
    r"""(?P<not>-)?(?P<field>[a-z_.0-9]+(?:\[(?:'[^']*'|"[^"]*")\])?)\s*(?P<how>:|~|>=|<=|>|<)\s*(?P<value>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|null|-?\d+)"""
)


def page_of(call: Call, things: Iterable[Json], *, url: str | None = None) -> Json:
    """The page that was asked for, newest first, given everything from the oldest on."""
    found = [thing for thing in things if _created(call.fields, thing)]
    found.reverse()
    size = _size(call.fields)
    after, before = call.fields.text("starting_after"), call.fields.text("ending_before")
    if after and before:
        raise invalid("Received both starting_after and ending_before parameters. Please pass in only one.")
    if before:
        end = _position(found, before, "ending_before")
        start = max(0, end - size)
        return _list(found[start:end], start > 0, url or call.path)
    start = _position(found, after, "starting_after") + 1 if after else 0
    return _list(found[start : start + size], start + size < len(found), url or call.path)


def _list(items: list[Json], more: bool, url: str) -> Json:
    return {"object": "list", "data": items, "has_more": more, "url": url}


def embedded(items: list[Json], url: str) -> Json:
    """A list within an object."""
    return _list(items[:_DEFAULT_SIZE], len(items) > _DEFAULT_SIZE, url)


def _size(fields: Fields) -> int:
    size = fields.integer("limit")
    if size is None:
        return _DEFAULT_SIZE
    if not 1 <= size <= _LARGEST_SIZE:
        said = "greater than or equal to 1" if size < 1 else f"less than or equal to {_LARGEST_SIZE}"
        raise invalid(f"This value must be {said}.", param="limit", code="parameter_invalid_integer")
    return size


def _position(things: list[Json], given: str, param: str) -> int:
    for number, thing in enumerate(things):
        if thing["id"] == given:
            return number
    kind = things[0]["object"] if things else "object"
    raise no_such(kind, given, param=param)


def _created(fields: Fields, thing: Json) -> bool:
    if "created" not in fields:
        return True
    if not fields.grouped("created"):
        return bool(thing["created"] == fields.integer("created"))
    bounds = fields.group("created", "gt gte lt lte")
    return bounds is None or all(
        compare(thing["created"], bounds.integer(name) or 0) for name, compare in _BOUNDS.items() if name in bounds
    )


# -- search


def search(call: Call, things: Iterable[Json], names: str) -> Json:
    """The page of a search, newest first."""
    matches = _query(call.fields.need("query"), names.split())
    found = [thing for thing in things if matches(thing)]
    found.reverse()
    size, start = _size(call.fields), _offset(call.fields.text("page"))
    more = start + size < len(found)
    return {
        "object": "search_result",
        "data": found[start : start + size],
        "has_more": more,
        "next_page": base64.urlsafe_b64encode(f"sandbox:{start + size}".encode()).decode() if more else None,
        "url": call.path,
    }


def _offset(page: str | None) -> int:
    if page is None:
        return 0
    try:
        text = base64.urlsafe_b64decode(page.encode()).decode()
        return int(text.removeprefix("sandbox:"))
    except ValueError:
        raise invalid("Invalid page token.", param="page") from None


def _query(text: str, names: list[str]) -> Callable[[Json], bool]:
    clauses: list[Callable[[Json], bool]] = []
    joints, rest = set[str](), text.strip()
    while True:
        clause = _CLAUSE.match(rest)
        if clause is None:
            raise invalid(f"We were unable to parse your search query: {text}", param="query")
        clauses.append(_clause(clause, names))
        rest = rest[clause.end() :].strip()
        if not rest:
            break
        joint = re.match(r"(AND|OR)\b", rest, re.IGNORECASE)
        joints.add(joint[1].upper() if joint else "AND")
        rest = rest[joint.end() :].strip() if joint else rest
    if len(joints) > 1:
        raise invalid("You cannot combine AND and OR in one search query.", param="query")
    combine = any if joints == {"OR"} else all
    return lambda thing: combine(clause(thing) for clause in clauses)


def _clause(found: re.Match[str], names: list[str]) -> Callable[[Json], bool]:
    field, key = found["field"], None
    if "[" in field:
        field, _, key = field.partition("[")
        key = key[1:-2]
    if field not in names or (key is not None) != (field == "metadata"):
        raise invalid(f"Field `{found['field']}` is an unsupported search field.", param="query")
    test = _test(found["how"], found["value"])

    def holds(thing: Json) -> bool:
        group: Json = (thing[field] or {}) if key is not None else thing
        return test(group.get(field if key is None else key)) != bool(found["not"])

    return holds


def _test(how: str, written: str) -> Callable[[Any], bool]:
    if written == "null":
        return lambda value: value is None
    wanted = re.sub(r"\\(.)", r"\1", written[1:-1]) if written[0] in "'\"" else written
    if how == ":":
        return lambda value: _said(value) == wanted.lower()
    if how == "~":
        return lambda value: wanted.lower() in _said(value)
    if not re.fullmatch(r"-?\d+", wanted):
        raise invalid(f"`{how}` compares with a number, not with {written}.", param="query")
    compare = {">": gt, ">=": ge, "<": lt, "<=": le}[how]
    return lambda value: isinstance(value, int) and bool(compare(value, int(wanted)))


def _said(value: Any) -> str:
    return str(value).lower() if value is not None else ""
