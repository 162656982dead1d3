"""From the tree of a request to one statement. Names are always quoted, values are always parameters."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from .catalog import Catalog, Table
from .line import literal_array
from .query import Column, Embed, Field, Filter, Logic, Order, Tree, listed, not_embedded, split, unquoted
from .refusals import Refusal, rest
from .ways import find_way, full, name, unrelated

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
CHANGED, CALLED = "changed", "called"
"""The names under which the rows of a write, and of a function that changes things, are read."""

_EACH = {"eq", "like", "ilike", "gt", "gte", "lt", "lte", "match", "imatch"}


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
        grouped = any(one.aggregate for one in tree.fields) or any(part.hoisted for part in parts)
        outputs = [output for one in tree.fields for output in self._outputs(one, source, grouped=grouped)]
        outputs += [output for part in parts for output in self._lifted(part, grouped=grouped)]
        conditions = [joined] if joined else []
        conditions += [f"{part.alias}.n > 0" for part in parts if part.embed.inner]
        conditions += [self._condition(one, source, parts) for one in tree.where]
        shown = ", ".join(output.shown for output in outputs)  # nothing selected is a row without columns
        lines = [f"select {shown} from {source.sql} as {source.alias}", *(part.sql for part in parts)]
        if conditions:
            lines.append("where " + " and ".join(conditions))
        keys = [output.sql for output in outputs if not output.aggregate]
        if grouped and keys:
            lines.append("group by " + ", ".join(keys))
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

    def _outputs(self, one: Field, source: Source, *, grouped: bool) -> "list[_Output]":
        if one.column.name == "*" and not one.aggregate:
            if not grouped or source.table is None:
                return [_Output(f"{source.alias}.*", "")]
            return [_Output(f"{source.alias}.{name(column)}", column) for column in source.table.types]
        sql = "*" if one.column.name == "*" else self._column(one.column, source)
        if one.cast:
            sql = f"({sql})::{_type(one.cast)}"  # the parser let words only through
        return [_Output(_aggregated(one, sql), _label(one), bool(one.aggregate))]

    def _lifted(self, part: "_Part", *, grouped: bool) -> "list[_Output]":
        """What an embedded table adds to its parent's row; `json` cannot be grouped, `jsonb` can."""
        kind = "::jsonb" if grouped else ""
        if not part.embed.spread:
            one = "->0" if part.single else ""
            return [_Output(f"({part.alias}.j{one}){kind}", part.embed.key)] if part.shown else []
        found = [_Output(f"({part.lifted(self._text(key))}){kind}", key) for key in self._keys(part.embed, part.table)]
        return found + [self._hoisted(part, one, place) for place, one in enumerate(part.hoisted)]

    def _hoisted(self, part: "_Part", one: Field, place: int) -> "_Output":
        raw = f"{part.alias}.j->0"
        if one.column.name != "*":
            kind = _type(one.cast) if one.cast else part.table.types.get(one.column.name, "text")
            raw = f"({raw}->>{self._text(f'hoisted {place}')})::{kind}"
        return _Output(_aggregated(one, raw), _label(one), aggregate=True)

    def _keys(self, embed: Embed, table: Table) -> list[str]:
        keys: list[str] = []
        for one in embed.tree.fields:
            if one.column.name == "*" and not one.aggregate:
                keys += list(table.types)
            elif not one.aggregate:
                keys.append(_label(one))
        for inner in embed.tree.embeds:
            if not inner.spread:
                keys.append(inner.key)
            else:
                keys += self._keys(inner, self.catalog.tables[find_way(self.catalog, table.name, inner).target])
        return keys

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
            part = next((one for one in parts if one.embed.key == term.relation), None)
            if part is None:
                raise not_embedded(term.relation)
            if not part.single:
                raise rest(400, "PGRST118", f"A related order on '{term.relation}' is not possible",
                           f"'{source.table.name if source.table else 'the result'}' and '{term.relation}' do not form a many-to-one or one-to-one relationship")  # fmt: skip
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
        if part is None:
            return None
        if one.operator != "is" or one.value not in ("null", "not_null"):
            raise rest(400, "PGRST120", f"Bad operator on the '{one.column.name}' embedded resource",
                       "Only is null or not is null filters are allowed on embedded resources")  # fmt: skip
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
            raise unrelated("the result", embed.name)
        way = find_way(self.catalog, source.table.name, embed)
        table = self.catalog.tables[way.target]
        row = f"row({source.alias}.*)::{full(source.table.name)}" if source.sql in (CHANGED, CALLED) else source.alias
        inner = Source(way.rows(row), self.alias(), table)
        condition = "" if way.function else way.joined(source.alias, inner.alias)
        hoisted = _hoisted(embed) if way.single else ()
        inner_rows = self.rows(_unhoisted(embed.tree) if hoisted else _checked(embed), inner, condition)
        shown = bool(embed.tree.fields or embed.tree.embeds)
        outer, item = self.alias(), self.alias()
        one = f"select coalesce(json_agg({item}), '[]') as j, count(*) as n from ({inner_rows}) as {item}"
        return _Part(embed, outer, f"left join lateral ({one}) as {outer} on true", way.single, shown, table, hoisted)


@dataclass(frozen=True)
class _Output:
    sql: str
    key: str
    aggregate: bool = False

    @property
    def shown(self) -> str:
        return f"{self.sql} as {name(self.key)}" if self.key else self.sql


@dataclass(frozen=True)
class _Part:
    """An embedded table; `hoisted` are the aggregates that its parent takes, `lifted` one of its columns in the parent's row."""

    embed: Embed
    alias: str
    sql: str
    single: bool
    shown: bool
    table: Table
    hoisted: tuple[Field, ...]

    def lifted(self, key: str) -> str:
        if self.single:
            return f"{self.alias}.j->0->{key}"
        return f"select coalesce(json_agg(e->{key}), '[]') from json_array_elements({self.alias}.j) as e"


def _hoisted(embed: Embed) -> tuple[Field, ...]:
    """The aggregates within a spread row of another table are those of the parent."""
    return tuple(one for one in embed.tree.fields if one.aggregate) if embed.spread else ()


def _unhoisted(tree: Tree) -> Tree:
    kept = [one for one in tree.fields if not one.aggregate]
    raw = [one for one in tree.fields if one.aggregate]
    named = [replace(one, alias=f"hoisted {place}", aggregate=None) for place, one in enumerate(raw)]
    return replace(tree, fields=kept + [one for one in named if one.column.name != "*"])


def _checked(embed: Embed) -> Tree:
    if _hoisted(embed):
        raise rest(400, "PGRST127", "Feature not implemented",
                   "Aggregates are not implemented for one-to-many or many-to-many spreads.")  # fmt: skip
    return embed.tree


def _aggregated(one: Field, sql: str) -> str:
    if one.aggregate:
        sql = f"{one.aggregate}({sql})"
    return f"({sql})::{_type(one.aggregate_cast)}" if one.aggregate_cast else sql


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


def _failed(text: str) -> Refusal:
    return rest(400, "PGRST100", f'"failed to parse filter ({text})" (line 1, column 1)', "unknown operator or value")
