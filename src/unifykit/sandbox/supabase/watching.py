"""Who is told of a change, and what of it: filters, the columns and rows that a role may see.

The rules are those of Supabase's own: https://github.com/supabase/walrus
"""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from .line import DatabaseError, Line, Lines
from .replication import PUBLICATION, Change, Values

_OPERATORS = {
    "eq": "=", "neq": "<>", "lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "like": "~~", "ilike": "~~*", "match": "~",
    "imatch": "~*", "isdistinct": "is distinct from",
}  # fmt: skip
_IS = ("null", "true", "false", "unknown")
_TEXT = ("like", "ilike", "match", "imatch")
_FILTER = re.compile(r"([^=,]+)=(not\.)?([a-z]+)\.(\([^()]*\)|[^,]*)(?:,|$)")

_FACTS = """
select c.relrowsecurity, array_to_json(array(select a.attname from pg_index i, unnest(i.indkey) k
        join pg_attribute a on a.attrelid = c.oid and a.attnum = k where i.indrelid = c.oid and i.indisprimary)),
    (select json_object_agg(r, array(select a.attname from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
        and not a.attisdropped and has_column_privilege(r, c.oid, a.attname, 'select'))) from unnest($2::text[]) r),
    (select json_object_agg(t.oid, json_build_array(format_type(t.oid, null), t.typname))
        from pg_attribute a join pg_type t on t.oid = a.atttypid where a.attrelid = c.oid)
from pg_class c where c.oid = $1::oid
"""
_PUBLISHED = f"""
select tablename from pg_publication_tables
where pubname = '{PUBLICATION}' and schemaname = $1 and ($2 = '*' or tablename = $2)
"""
_COLUMNS = """
select array_to_json(array(select attname from pg_attribute
    where attrelid = to_regclass(format('%I.%I', $1::text, $2::text)) and attnum > 0 and not attisdropped)),
    pg_current_wal_insert_lsn() - '0/0'::pg_lsn
"""


class BadBindingError(Exception):
    """What was asked for cannot be watched; the text says why."""


@dataclass(frozen=True)
class Condition:
    """One of a filter's conditions, such as ``id=gt.5``."""

    column: str
    operator: str
    value: str
    negated: bool


@dataclass
class Binding:
    """What one subscription of a channel wants to be told.

    Attributes:
        number: Its id.
        asked: As the client asked for it.
        since: The place in the log from which on.
    """

    number: int
    asked: dict[str, Any]
    conditions: list[Condition]
    since: int = 0

    @classmethod
    def of(cls, number: int, asked: dict[str, Any]) -> "Binding":
        """Read what a client asks for."""
        return cls(number, asked, _conditions(str(asked.get("filter") or "")))

    @property
    def select(self) -> tuple[str, ...]:
        """The columns that it wants; all if none are named."""
        return tuple(self.asked.get("select") or ())

    def wants(self, change: Change) -> bool:
        """Whether table, event and time are right."""
        relation, asked = change.relation, self.asked
        return (
            change.place >= self.since
            and asked.get("event", "*") in ("*", change.action)
            and asked.get("schema", "public") in ("*", relation.schema)
            and asked.get("table", "*") in ("*", relation.table)
        )


@dataclass
class Watcher:
    """One channel that watches tables: in whose name, and what."""

    claims: dict[str, Any]
    bindings: list[Binding]

    @property
    def role(self) -> str:
        """The role in the database."""
        return str(self.claims.get("role", "anon"))


@dataclass(frozen=True)
class Told:
    """What one watcher is told: the change's data, and the ids of the bindings that asked for it."""

    data: dict[str, Any]
    numbers: list[int]


@dataclass(frozen=True)
class _Facts:
    """What the database knows of a change's table."""

    guarded: bool
    primary: list[str]
    seen_by: dict[str, list[str]]
    types: dict[str, str] = field(default_factory=dict[str, str])
    names: dict[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True)
class _Rows:
    """A change, its rows as JSON values."""

    facts: _Facts
    change: Change
    record: dict[str, Any]
    old: dict[str, Any]


async def checked(lines: Lines, binding: Binding) -> None:
    """Refuse a binding that can never be told of anything, and begin it at the present place in the log."""
    schema, table = str(binding.asked.get("schema", "public")), str(binding.asked.get("table") or "*")
    async with lines.transaction() as line:
        published = await line.run(_PUBLISHED, schema, table)
        found = (await line.run(_COLUMNS, schema, table))[0]
    columns: list[str] = json.loads(found[0] or "[]")
    if table != "*" and not published:
        raise BadBindingError(
            "Unable to subscribe to changes with given parameters. Please check Realtime is enabled for the given "
            f"connect parameters: [event: {binding.asked.get('event')}, schema: {schema}, table: {table}]"
        )
    for condition in binding.conditions:
        if condition.column not in columns:
            raise BadBindingError(f"invalid column for filter {condition.column}")
    binding.since = int(found[1] or 0)


async def told(lines: Lines, change: Change, watchers: Sequence[Watcher]) -> list[list[Told]]:
    """What each watcher is told of a change, in their order."""
    wanted = [[one for one in watcher.bindings if one.wants(change)] for watcher in watchers]
    if not any(wanted):
        return [[] for _ in watchers]
    async with lines.transaction() as line:
        roles = {watcher.role for watcher in watchers}
        facts = await _facts(line, change, roles)
        record, old = await _converted(line, facts, change.record), await _converted(line, facts, change.old)
        rows = _Rows(facts, change, record, old)
        passed = await _passed(line, facts, change, [one for some in wanted for one in some])
    shown: dict[str, bool] = {}
    found: list[list[Told]] = []
    for watcher, bindings in zip(watchers, wanted, strict=True):
        bindings = [one for one in bindings if one.number in passed]  # noqa: PLW2901 -- those that are left
        if not bindings or not await _visible(lines, facts, change, watcher, shown):
            found.append([])
            continue
        found.append(_data(rows, watcher.role, bindings))
    return found


def _conditions(text: str) -> list[Condition]:
    found, place = list[Condition](), 0
    while place < len(text):
        match = _FILTER.match(text, place)
        if match is None or match[3] not in (*_OPERATORS, "in", "is"):
            raise BadBindingError(f"Error parsing `filter` params: {text!r}")
        if match[3] == "is" and match[4] not in _IS:
            raise BadBindingError(f"Error parsing `filter` params: {text!r}")
        found.append(Condition(match[1], match[3], match[4], bool(match[2])))
        place = match.end()
    return found


async def _facts(line: Line, change: Change, roles: Iterable[str]) -> _Facts:
    known = "{" + ",".join(roles) + "}"
    rows = await line.run(_FACTS, str(change.relation.oid), known)
    if not rows:
        return _Facts(True, [], {})
    guarded, primary, seen, types = rows[0]
    said: dict[str, list[str]] = json.loads(types or "{}")
    of = {name: said[str(oid)] for name, oid in change.relation.types.items() if str(oid) in said}
    return _Facts(
        guarded == "t", json.loads(primary or "[]"), json.loads(seen or "{}"), {name: two[0] for name, two in of.items()},
        {name: two[1] for name, two in of.items()},
    )  # fmt: skip


async def _converted(line: Line, facts: _Facts, row: Values) -> dict[str, Any]:
    """A row's values as JSON, which the database makes of their text."""
    names = [name for name in row if name in facts.types]
    if not names:
        return {}
    columns = ", ".join(f"${place}::{facts.types[name]} as {_quoted(name)}" for place, name in enumerate(names, 1))
    found = await line.run(f"select to_jsonb(r)::text from (select {columns}) r", *(row[name] for name in names))
    made: dict[str, Any] = json.loads(found[0][0] or "{}")
    return made


async def _passed(line: Line, facts: _Facts, change: Change, bindings: list[Binding]) -> set[int]:
    """The bindings whose filters let the change through; of a row that is gone the log knows the key."""
    row = change.old if change.action == "DELETE" else change.record
    found: set[int] = set()
    for binding in bindings:
        for condition in binding.conditions:
            if not await _holds(line, facts, row, condition):
                break
        else:
            found.add(binding.number)
    return found


async def _holds(line: Line, facts: _Facts, row: Values, condition: Condition) -> bool:
    name = condition.column
    if name not in row or name not in facts.types:
        return False
    kind = "text" if condition.operator in _TEXT else facts.types[name]
    mine, sign = f"$1::{facts.types[name]}::{kind}", _OPERATORS.get(condition.operator)
    values: list[str | None] = [row[name]]
    if condition.operator == "is":
        clause = f"{mine} is {condition.value}"
    elif condition.operator == "in":
        values += [part.strip().strip('"') for part in condition.value.strip("()").split(",")]
        clause = f"{mine} in ({', '.join(f'${place}::{kind}' for place in range(2, len(values) + 1))})"
    else:
        values.append(condition.value)
        clause = f"{mine} {sign} $2::{kind}"
    found = await line.run(f"select {'not ' if condition.negated else ''}({clause})", *values)
    return found[0][0] == "t"


async def _visible(lines: Lines, facts: _Facts, change: Change, watcher: Watcher, shown: dict[str, bool]) -> bool:
    """Whether the watcher's role may see the row, by the table's policies; of a row that is gone nobody can tell."""
    if not facts.guarded or change.action == "DELETE" or not facts.primary:
        return True
    claims = json.dumps(watcher.claims, sort_keys=True)
    if claims not in shown:
        shown[claims] = await _sees(lines, facts, change, watcher.role, claims)
    return shown[claims]


async def _sees(lines: Lines, facts: _Facts, change: Change, role: str, claims: str) -> bool:
    where = " and ".join(
        f"{_quoted(name)} = ${place}::{facts.types[name]}" for place, name in enumerate(facts.primary, 1)
    )
    table = f"{_quoted(change.relation.schema)}.{_quoted(change.relation.table)}"
    try:
        async with lines.transaction() as line:
            await line.run(
                "select set_config('search_path', 'public, extensions', true), set_config('request.jwt.claims', $1, true), set_config('role', $2, true)",
                claims, role,
            )  # fmt: skip
            found = await line.run(
                f"select exists (select 1 from {table} where {where})",
                *(change.record.get(name) for name in facts.primary),
            )
    except DatabaseError:
        return False
    return found[0][0] == "t"


def _data(rows: _Rows, role: str, bindings: list[Binding]) -> list[Told]:
    """What one watcher is told: one message for each choice of columns."""
    groups: dict[tuple[str, ...], list[int]] = {}
    for binding in bindings:
        groups.setdefault(binding.select, []).append(binding.number)
    return [Told(_one(rows, role, select), numbers) for select, numbers in groups.items()]


def _one(rows: _Rows, role: str, select: tuple[str, ...]) -> dict[str, Any]:
    facts, change, relation = rows.facts, rows.change, rows.change.relation
    data: dict[str, Any] = {
        "schema": relation.schema,
        "table": relation.table,
        "commit_timestamp": change.at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{change.at.microsecond // 1000:03}Z",
        "type": change.action,
        "columns": [],
        "errors": None,
    }
    may = [name for name in facts.seen_by.get(role, []) if not select or name in select]
    if not facts.primary:
        return {**data, "errors": ["Error 400: Bad Request, no primary key"]}
    if not set(facts.primary) <= set(facts.seen_by.get(role, [])):
        return {**data, "errors": ["Error 401: Unauthorized"]}
    data["columns"] = [{"name": name, "type": facts.names[name]} for name in relation.types if name in may]
    if change.action != "DELETE":
        data["record"] = {name: value for name, value in rows.record.items() if name in may}
    if change.action != "INSERT":
        kept = facts.primary if facts.guarded else may
        data["old_record"] = {name: value for name, value in rows.old.items() if name in kept}
    return data


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
