"""PostgREST's query language, read into a tree.

https://docs.postgrest.org/en/stable/references/api/tables_views.html
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from .refusals import Refusal, rest

_RESERVED = {"select", "order", "limit", "offset", "on_conflict", "columns"}
_LOGIC = re.compile(r"(?:(?P<path>.+?)\.)??(?P<negated>not\.)?(?P<kind>and|or)")
_JSON_STEP = re.compile(r"(->>|->)")
_OPERATION = re.compile(r"(?P<negated>not\.)?(?P<name>[a-z]+)(?:\((?P<argument>[^)]*)\))?\.(?P<value>.*)", re.DOTALL)
_AGGREGATES = {"count", "sum", "avg", "min", "max"}
_CAST = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]*(\[\])?")


@dataclass(frozen=True)
class Column:
    """A column, and the way into its JSON: `data->a->>b` has the steps `("->", "a")` and `("->>", "b")`."""

    name: str
    steps: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Field:
    """One thing that is selected."""

    column: Column
    alias: str | None = None
    cast: str | None = None
    aggregate: str | None = None
    aggregate_cast: str | None = None


@dataclass
class Embed:
    """A related table that is selected within."""

    name: str
    alias: str | None
    hint: str | None
    inner: bool
    spread: bool
    tree: "Tree"

    @property
    def key(self) -> str:
        """The name under which it appears, and under which filters find it."""
        return self.alias or self.name


@dataclass(frozen=True)
class Filter:
    """One condition."""

    column: Column
    operator: str
    value: str
    negated: bool = False
    argument: str | None = None


@dataclass(frozen=True)
class Logic:
    """Several conditions joined."""

    kind: str
    parts: tuple["Filter | Logic", ...]
    negated: bool = False


@dataclass(frozen=True)
class Order:
    """One term of an order; `relation` names an embedded table whose column it is."""

    column: Column
    descending: bool
    nulls: str | None
    relation: str | None = None


@dataclass
class Tree:
    """What is asked of one table, and of those embedded in it."""

    fields: list[Field] = field(default_factory=list[Field])
    embeds: list[Embed] = field(default_factory=list[Embed])
    where: list[Filter | Logic] = field(default_factory=list[Filter | Logic])
    order: list[Order] = field(default_factory=list[Order])
    limit: int | None = None
    offset: int = 0

    def within(self, path: list[str]) -> "Tree":
        """The tree of an embedded table."""
        tree = self
        for name in path:
            found = next((embed for embed in tree.embeds if embed.key == name), None)
            if found is None:
                raise not_embedded(name)
            tree = found.tree
        return tree


def parse(pairs: Iterable[tuple[str, str]], *, skip: Iterable[str] = ()) -> Tree:
    """Read a query string's pairs; `skip` names arguments that are not conditions."""
    given = [(name, value) for name, value in pairs if name not in set(skip)]
    selects = [value for name, value in given if name == "select"]
    tree = _selection(selects[-1] if selects else "*")
    for name, value in given:
        path, last = _place(name)
        if last in ("order", "limit", "offset"):
            _arrange(tree.within(path), last, value)
        elif name not in _RESERVED:
            _filter(tree, name, value)
    return tree


def split(text: str, by: str = ",") -> list[str]:
    """Split at the top level: not within brackets nor quotes."""
    parts: list[str] = []
    depth, start, quoted, place = 0, 0, False, 0
    while place < len(text):
        letter = text[place]
        if quoted:
            place += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "({":
            depth += 1
        elif letter in ")}":
            depth -= 1
        elif letter == by and not depth:
            parts.append(text[start:place])
            start = place + 1
        place += 1
    if depth or quoted:
        raise _malformed(text)
    return [*parts, text[start:]]


def unquoted(text: str) -> str:
    """A value, without the quotes that it may wear."""
    if len(text) > 1 and text[0] == text[-1] == '"':
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    return text


def listed(value: str) -> list[str]:
    """The items of `(a,"b,c")`."""
    if not (value.startswith("(") and value.endswith(")")):
        raise _malformed(value)
    inner = value[1:-1]
    return [unquoted(item) for item in split(inner)] if inner else []


def _place(name: str) -> tuple[list[str], str]:
    *path, last = split(name, ".")
    return [unquoted(part) for part in path], last


def _arrange(tree: Tree, what: str, value: str) -> None:
    if what == "order":
        tree.order = [_order(term) for term in split(value) if term]
        return
    if not re.fullmatch(r"-?\d{1,18}", value):
        raise _malformed(value)
    if int(value) < 0:
        raise rest(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            f"{what.capitalize()} should be greater than or equal to zero.",
        )
    if what == "limit":
        tree.limit = int(value)
    else:
        tree.offset = int(value)


def _order(term: str) -> Order:
    name, *words = split(term, ".")
    nulls = next((word.removeprefix("nulls") for word in words if word in ("nullsfirst", "nullslast")), None)
    if any(word not in ("asc", "desc", "nullsfirst", "nullslast") for word in words):
        raise _malformed(term)
    relation = None
    if "(" in name and name.endswith(")"):
        relation, _, name = name[:-1].partition("(")
    return Order(column(name), "desc" in words, nulls, relation)


def _filter(tree: Tree, name: str, value: str) -> None:
    logic = _LOGIC.fullmatch(name)
    if logic:
        path = [unquoted(part) for part in split(logic["path"], ".")] if logic["path"] else []
        parts = tuple(_condition(part) for part in split(_bracketed(value)))
        tree.within(path).where.append(Logic(logic["kind"], parts, bool(logic["negated"])))
        return
    head, arrow, rest_ = name.partition("->")
    path, last = _place(head)
    tree.within(path).where.append(_operation(column(last + arrow + rest_), value, quoted=False))


def _bracketed(value: str) -> str:
    if not (value.startswith("(") and value.endswith(")")):
        raise _malformed(value)
    return value[1:-1]


def _condition(text: str) -> Filter | Logic:
    found = re.fullmatch(r"(not\.)?(and|or)(\(.*\))", text, re.DOTALL)
    if found:
        return Logic(found[2], tuple(_condition(part) for part in split(_bracketed(found[3]))), bool(found[1]))
    name, *words = split(text, ".")
    if not words:
        raise _malformed(text)
    return _operation(column(name), ".".join(words), quoted=True)


def _operation(of: Column, value: str, *, quoted: bool) -> Filter:
    found = _OPERATION.fullmatch(value)
    if found is None:
        raise _malformed(value)
    said = unquoted(found["value"]) if quoted else found["value"]
    return Filter(of, found["name"], said, bool(found["negated"]), found["argument"])


def column(text: str) -> Column:
    """Read `name`, `"a name"` or `name->key->>key`."""
    parts = _JSON_STEP.split(text)
    if not parts[0]:
        raise _malformed(text)
    steps = tuple((parts[index], unquoted(parts[index + 1])) for index in range(1, len(parts), 2))
    return Column(unquoted(parts[0]), steps)


def _selection(text: str) -> Tree:
    tree = Tree()
    for item in split(text.strip()) if text.strip() else []:
        embed = _embed(item.strip())
        if embed is not None:
            tree.embeds.append(embed)
        else:
            tree.fields.append(_field(item.strip()))
    return tree


def _embed(item: str) -> Embed | None:
    found = re.fullmatch(r"(\.\.\.)?(?:(\"[^\"]+\"|[^:\"(]+):)?(\"[^\"]+\"|[^:\"(.]+)\((.*)\)", item, re.DOTALL)
    if found is None or found[3] in _AGGREGATES:
        return None
    name, *hints = found[3].split("!")
    inner, left = "inner" in hints, "left" in hints
    hints = [hint for hint in hints if hint not in ("inner", "left")]
    if len(hints) > 1 or (inner and left):
        raise _malformed(item)
    alias = unquoted(found[2]) if found[2] else None
    return Embed(unquoted(name), alias, hints[0] if hints else None, inner, bool(found[1]), _selection(found[4]))


def _field(item: str) -> Field:
    if not item:
        raise _malformed(item)
    alias, rest_ = _aliased(item)
    if rest_ in ("count()", "count"):
        return Field(Column("*"), alias, None, "count")
    found = re.fullmatch(r"(.+?)(?:::([^.:]+))?(?:\.(sum|avg|min|max|count)\(\)(?:::(.+))?)?", rest_)
    if found is None:
        raise _malformed(item)
    for cast in (found[2], found[4]):
        if cast is not None and not _CAST.fullmatch(cast):
            raise _malformed(item)
    return Field(column(found[1]), alias, found[2], found[3], found[4])


def _aliased(item: str) -> tuple[str | None, str]:
    found = re.fullmatch(r"(\"[^\"]+\"|[^:\"]+):(?!:)(.+)", item)
    if found is None or found[1].endswith(":"):
        return None, item
    return unquoted(found[1]), found[2]


def not_embedded(name: str) -> Refusal:
    """A condition or an order on what was not selected."""
    return rest(400, "PGRST108", f"'{name}' is not an embedded resource in this request",
                hint=f"Verify that '{name}' is included in the 'select' query parameter.")  # fmt: skip


def _malformed(text: str) -> Refusal:
    return rest(400, "PGRST100", f'"failed to parse ({text})" (line 1, column 1)', "unexpected input")
