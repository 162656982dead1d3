"""From the tree of a request to one statement. Names are always quoted, values are always parameters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .catalog import Catalog, Link, Table
from .line import literal_array
from .query import Column, Embed, Field, Filter, Logic, Order, Tree, listed, split, unquoted
from .refusals import Refusal, rest
from .schema import EXPOSED

if TYPE_CHECKING:
    from collections.abc import Callable

_PLAIN = {
    "eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<=", "like": "like", "ilike": "ilike",
    "match": "~", "imatch": "~*", "cs": "@>", "cd": "<@", "ov": "&&", "sl": "<<", "sr": ">>", "nxr": "&<",
    "nxl": "&>", "adj": "-|-", "isdistinct": "is distinct from",
}  # fmt: skip
_SEARCHES = {
    "fts": "to_tsquery",
    "plfts": "plainto_tsquery",
    "phfts": "phraseto_tsquery",
    "wfts": "websearch_to_tsquery",
}
_WORDS = {"null": "null", "true": "true", "false": "false", "unknown": "unknown", "not_null": "not null"}
_SPELLINGS = {
    "bigint", "boolean", "char", "character", "character varying", "dec", "decimal", "double precision", "float", "int",
    "integer", "numeric", "real", "smallint", "time with time zone", "time without time zone",
    "timestamp with time zone", "timestamp without time zone", "varchar",
}  # fmt: skip
_EACH = {"eq", "like", "ilike", "gt", "gte", "lt", "lte", "match", "imatch"}


def name(text: str) -> str:
    """A quoted identifier."""
    if not text.strip("\0"):
        raise rest(400, "PGRST100", "failed to parse: a name is empty", "unexpected input")
    return '"' + text.replace('"', '""').replace("\0", "") + '"'


def full(table: str) -> str:
    """A table's full name."""
    return f"{name(EXPOSED)}.{name(table)}"


@dataclass
class Source:
    """Where rows come from: the SQL after `from`, its alias, and the table whose columns they have, if any."""

    sql: str
    alias: str
    table: Table | None


class Builder:
    """Builds one statement, collecting the values that go with it."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.values: list[str | None] = []
        self._aliases = 0
        self._keys_of_json: dict[str, str] = {}

    def value(self, value: str | None) -> str:
        """A place for a value."""
        self.values.append(value)
        return f"${len(self.values)}"

    def alias(self) -> str:
        """A name that nothing else has."""
        self._aliases += 1
        return name(f"unifykit_{self._aliases}")

    def rows(self, tree: Tree, source: Source, joined: str = "", *, whole: bool = False) -> str:
        """`select … from … where … order … limit …` for a tree. `whole` leaves order and limit out."""
        parts = [self._embedded(embed, source) for embed in tree.embeds]
        outputs = self._outputs(tree, source, parts)
        conditions = [joined] if joined else []
        conditions += [f"{part.alias}.n > 0" for part in parts if part.embed.inner]
        conditions += [self._condition(one, source, parts) for one in tree.where]
        lines = [f"select {outputs} from {source.sql} as {source.alias}", *(part.sql for part in parts)]
        if conditions:
            lines.append("where " + " and ".join(conditions))
        grouped = [one for one in tree.fields if not one.aggregate]
        if any(one.aggregate for one in tree.fields) and grouped:
            lines.append("group by " + ", ".join(self._column(one.column, source) for one in grouped))
        if not whole:
            lines += self._arrangement(tree, source, parts)
        return " ".join(lines)

    def conditions(self, tree: Tree, source: Source) -> str:
        """The tree's conditions on the table itself, joined."""
        return " and ".join(self._condition(one, source, []) for one in tree.where)

    def _arrangement(self, tree: Tree, source: Source, parts: "list[_Part]") -> list[str]:
        lines: list[str] = []
        if tree.order:
            lines.append("order by " + ", ".join(self._term(term, source, parts) for term in tree.order))
        if tree.limit is not None:
            lines.append(f"limit {tree.limit}")
        if tree.offset:
            lines.append(f"offset {tree.offset}")
        return lines

    def _outputs(self, tree: Tree, source: Source, parts: "list[_Part]") -> str:
        found = [self._output(one, source) for one in tree.fields]
        for part in parts:
            if part.embed.spread:
                found += [f"{part.alias}.j->0->{self._text(key)} as {name(key)}" for key in self._keys(part)]
            elif part.shown:
                one = "->0" if part.single else ""
                found.append(f"{part.alias}.j{one} as {name(part.embed.key)}")
        return ", ".join(found)  # nothing selected is a row without columns

    def _keys(self, part: "_Part") -> list[str]:
        if not part.single:
            raise rest(400, "PGRST119", "A spread operation on this resource is not possible",
                       f"'{part.embed.name}' is not a to-one relationship")  # fmt: skip
        keys: list[str] = []
        for one in part.embed.tree.fields:
            if one.column.name == "*" and not one.aggregate:
                keys += list(part.table.types)
            else:
                keys.append(_label(one))
        return keys + [embed.key for embed in part.embed.tree.embeds]

    def _output(self, one: Field, source: Source) -> str:
        if one.column.name == "*" and not one.aggregate:
            return f"{source.alias}.*"
        sql = "*" if one.column.name == "*" else self._column(one.column, source)
        if one.cast:
            sql = f"({sql})::{_type(one.cast)}"  # the parser let words only through
        if one.aggregate:
            sql = f"{one.aggregate}({sql})"
        if one.aggregate_cast:
            sql = f"({sql})::{_type(one.aggregate_cast)}"
        return f"{sql} as {name(_label(one))}"

    def _column(self, column: Column, source: Source) -> str:
        sql = f"{source.alias}.{name(column.name)}"
        if column.steps and source.table and source.table.types.get(column.name) not in ("json", "jsonb"):
            sql = f"to_jsonb({sql})"
        for arrow, key in column.steps:
            place = f"({key})" if key.lstrip("-").isdigit() and len(key) < 9 else self._text(key)  # noqa: PLR2004 -- fits an int
            sql = f"({sql}{arrow}{place})"
        return sql

    def _text(self, key: str) -> str:
        """A key of JSON; the same key has the same place, so that grouping sees one expression."""
        place = self._keys_of_json.get(key) or self._keys_of_json.setdefault(key, self.value(key))
        return f"{place}::text"

    def _term(self, term: Order, source: Source, parts: "list[_Part]") -> str:
        if term.relation is None:
            sql = self._column(term.column, source)
        else:
            part = next((one for one in parts if one.embed.key == term.relation and one.single), None)
            if part is None:
                raise rest(400, "PGRST118", f"A related order on '{term.relation}' is not possible",
                           f"'{term.relation}' is not a to-one relationship of this request")  # fmt: skip
            sql = f"nullif(({part.alias}.j->0->{self._text(term.column.name)})::jsonb, 'null'::jsonb)"
        return sql + (" desc" if term.descending else " asc") + (f" nulls {term.nulls}" if term.nulls else "")

    # -- conditions

    def _condition(self, one: Filter | Logic, source: Source, parts: "list[_Part]") -> str:
        if isinstance(one, Logic):
            joined = f" {one.kind} ".join(self._condition(part, source, parts) for part in one.parts)
            return f"not ({joined})" if one.negated else f"({joined})"
        sql = self._on_embed(one, parts) or self._compared(one, source)
        return f"not ({sql})" if one.negated else f"({sql})"

    @staticmethod
    def _on_embed(one: Filter, parts: "list[_Part]") -> str | None:
        part = next((part for part in parts if part.embed.key == one.column.name), None)
        if part is None or one.operator != "is":
            return None
        return f"{part.alias}.n {'>' if one.value == 'not_null' else '='} 0"

    def _compared(self, one: Filter, source: Source) -> str:
        sql = self._column(one.column, source)
        if one.operator in _SEARCHES:
            return self._searched(one, sql, source)
        if one.operator == "is":
            if one.value.lower() not in _WORDS:
                raise _failed(f"is.{one.value}")
            return f"{sql} is {_WORDS[one.value.lower()]}"
        if one.operator == "in":
            return f"{sql} = any({self.value(literal_array(listed(one.value)))})"
        if one.operator not in _PLAIN:
            raise _failed(f"{one.operator}.{one.value}")
        wild: Callable[[str], str] = (lambda text: text.replace("*", "%")) if "like" in one.operator else str
        if one.argument is None:
            return f"{sql} {_PLAIN[one.operator]} {self.value(wild(one.value))}"
        if one.argument not in ("any", "all") or one.operator not in _EACH:
            raise _failed(f"{one.operator}({one.argument})")
        items = [wild(unquoted(item)) for item in split(one.value.removeprefix("{").removesuffix("}"))]
        return f"{sql} {_PLAIN[one.operator]} {one.argument}({self.value(literal_array(items))})"

    def _searched(self, one: Filter, sql: str, source: Source) -> str:
        if one.argument is not None and (
            not one.argument or one.argument.isdigit()
        ):  # a number would be an object's id
            raise _failed(f"{one.operator}({one.argument})")
        config = f"{self.value(one.argument)}::regconfig, " if one.argument else ""
        known = source.table.types.get(one.column.name) if source.table else None
        if known != "tsvector" or one.column.steps:
            sql = f"to_tsvector({config}{sql})"
        return f"{sql} @@ {_SEARCHES[one.operator]}({config}{self.value(one.value)})"

    # -- related tables

    def _embedded(self, embed: Embed, source: Source) -> "_Part":
        if source.table is None:
            raise _unrelated("the result", embed.name)
        way = find_way(self.catalog, source.table.name, embed)
        table = self.catalog.tables[way.target]
        inner = Source(full(table.name), self.alias(), table)
        condition = way.joined(source.alias, inner.alias)
        inner_rows = self.rows(embed.tree, inner, condition)
        shown = bool(embed.tree.fields or embed.tree.embeds)
        outer, item = self.alias(), self.alias()
        one = f"select coalesce(json_agg({item}), '[]') as j, count(*) as n from ({inner_rows}) as {item}"
        return _Part(embed, outer, f"left join lateral ({one}) as {outer} on true", way.single, shown, table)


@dataclass(frozen=True)
class _Part:
    embed: Embed
    alias: str
    sql: str
    single: bool
    shown: bool
    table: Table


@dataclass(frozen=True)
class Way:
    """How rows of one table find those of another."""

    target: str
    single: bool
    pairs: tuple[tuple[str, str], ...]
    cardinality: str
    using: str
    junction: tuple[Link, Link] | None = None

    def joined(self, parent: str, child: str) -> str:
        """The condition that relates them."""
        if self.junction is None:
            return " and ".join(f"{child}.{name(b)} = {parent}.{name(a)}" for a, b in self.pairs)
        here, there = self.junction
        near = zip(here.source_columns, here.target_columns, strict=True)
        far = zip(there.source_columns, there.target_columns, strict=True)
        both = [f"j.{name(a)} = {parent}.{name(b)}" for a, b in near]
        both += [f"j.{name(a)} = {child}.{name(b)}" for a, b in far]
        return f"exists (select 1 from {full(here.source)} as j where {' and '.join(both)})"


def find_way(catalog: Catalog, parent: str, embed: Embed) -> Way:
    """The one way from a table to the one embedded in it.

    https://docs.postgrest.org/en/stable/references/api/resource_embedding.html
    """
    found = [way for way in _ways(catalog, parent, embed.name) if embed.hint is None or embed.hint in way.using.split()]
    if not found:
        raise _unrelated(parent, embed.name)
    if len(found) > 1:
        details = [
            {"cardinality": way.cardinality, "embedding": f"{parent} with {way.target}", "relationship": way.using}
            for way in found
        ]
        hints = ", ".join(f"'{embed.name}!{way.using.split()[0]}'" for way in found)
        raise rest(300, "PGRST201", f"Could not embed because more than one relationship was found for '{parent}' and '{embed.name}'",
                   details, f"Try changing '{embed.name}' to one of the following: {hints}. Find the desired relationship in the 'details' key.")  # fmt: skip
    return found[0]


def _ways(catalog: Catalog, parent: str, wanted: str) -> list[Way]:
    found: list[Way] = []
    for link in catalog.links:
        pairs = tuple(zip(link.source_columns, link.target_columns, strict=True))
        names = " ".join([link.name, *link.source_columns])
        if link.source == parent and wanted in (link.target, link.name, *link.source_columns):
            found.append(Way(link.target, True, pairs, "many-to-one", f"{names} {link.target}"))
        if link.target == parent and wanted in (link.source, link.name):
            keys = [sorted(key) for key in catalog.tables[link.source].keys]
            single = sorted(link.source_columns) in keys
            back = tuple((b, a) for a, b in pairs)
            kind = "one-to-one" if single else "one-to-many"
            found.append(Way(link.source, single, back, kind, f"{names} {link.source}"))
    return found + _through(catalog, parent, wanted)


def _through(catalog: Catalog, parent: str, wanted: str) -> list[Way]:
    found: list[Way] = []
    for here in catalog.links:
        key = set(catalog.tables[here.source].primary)
        for there in catalog.links:
            both = {*here.source_columns, *there.source_columns}
            if here is there or here.source != there.source or here.target != parent or there.target != wanted:
                continue
            if both <= key:
                found.append(
                    Way(wanted, False, (), "many-to-many", f"{here.source} {here.name} {there.name}", (here, there))
                )
    return found


def _label(one: Field) -> str:
    if one.alias:
        return one.alias
    if one.aggregate:
        return one.aggregate
    keys = [key for _, key in one.column.steps if not key.lstrip("-").isdigit()]
    return keys[-1] if keys else one.column.name


def _type(said: str) -> str:
    """A type's name: SQL's own spellings as they are, all else quoted."""
    plain, array = said.removesuffix("[]"), "[]" if said.endswith("[]") else ""
    return (plain if plain.lower() in _SPELLINGS else name(plain)) + array


def _unrelated(parent: str, wanted: str) -> Refusal:
    return rest(400, "PGRST200", f"Could not find a relationship between '{parent}' and '{wanted}' in the schema cache",
                f"Searched for a foreign key relationship between '{parent}' and '{wanted}' in the schema '{EXPOSED}', but no matches were found.")  # fmt: skip


def _failed(text: str) -> Refusal:
    return rest(400, "PGRST100", f'"failed to parse filter ({text})" (line 1, column 1)', "unknown operator or value")
