"""Writing tables."""

import json
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from .answers import aggregated, over_limit, planned, shaped, with_own
from .bodies import rows_of
from .call import Call, Reply
from .catalog import Table
from .line import Line
from .query import Filter, Tree, parse, split, unquoted
from .reading import opened, table_of
from .refusals import rest
from .statement import CHANGED, Builder, Source
from .ways import full, name
from .wish import Wish


@dataclass
class _Write:
    """A statement that changes rows, and what is to be said of them."""

    call: Call
    table: Table
    tree: Tree
    wish: Wish
    make: Builder
    sql: str = ""
    alias: str | None = None
    merges: bool = False


def _begun(call: Call, wanted: str, wish: Wish) -> _Write:
    catalog = call.project.catalog
    return _Write(call, table_of(catalog, wanted), parse(call.pairs), wish, Builder(catalog))


async def inserted(call: Call, wanted: str, wish: Wish) -> Reply:
    """New rows, or changed ones where the caller wants duplicates resolved so."""
    rows = rows_of(call)
    async with opened(call, wish) as line:
        write = _begun(call, wanted, wish)
        write.sql = _insertion(write, rows)
        write.merges = wish.preferences.get("resolution") == "merge-duplicates" and not write.table.is_view
        reply, made = await _written(write, line)
        if wish.planned:
            return reply
        keyed = write.table.primary or "on_conflict" in call.argument
        applied = wish.applied("missing", "return", *(("resolution",) if keyed else ()))
        merged = write.merges and not made
        return await with_own(line, replace(reply, status=200 if merged else 201, headers={**reply.headers, **applied}))


def _insertion(write: _Write, rows: list[dict[str, Any]]) -> str:
    columns = _columns(write.call, write.table, rows)
    target = full(write.table.name)
    if not rows:
        return f"insert into {target} select * from {target} where false"
    if not columns:
        return f"insert into {target} default values"
    names = ", ".join(map(name, columns))
    place = write.make.value(json.dumps(rows))
    row = f"jsonb_populate_record(null::{target}, {_defaults(write, columns)} || e.value) as r"
    values = ", ".join(f"r.{name(column)}" for column in columns)
    sql = f"insert into {target} ({names}) select {values} from jsonb_array_elements({place}::jsonb) as e(value), {row}"
    return sql + _on_conflict(write, columns)


def _defaults(write: _Write, columns: list[str]) -> str:
    """What stands for a column that a row leaves out: null, or its default where the caller asks for it."""
    if write.wish.preferences.get("missing") != "default":
        return "'{}'::jsonb"
    known = write.table.defaults
    pairs = ", ".join(f"{_literal(column)}, {known[column]}" for column in columns if column in known)
    return f"jsonb_build_object({pairs})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _columns(call: Call, table: Table, rows: list[dict[str, Any]]) -> list[str]:
    said = call.argument.get("columns")
    found = [unquoted(part) for part in split(said)] if said else list(rows[0]) if rows else []
    if not said and any(set(row) != set(found) for row in rows):
        raise rest(400, "PGRST102", "All object keys must match")
    for column in found:
        if column not in table.types:
            raise rest(400, "PGRST204", f"Could not find the '{column}' column of '{table.name}' in the schema cache")
    return found


def _on_conflict(write: _Write, columns: list[str]) -> str:
    said, resolution = write.call.argument.get("on_conflict"), write.wish.preferences.get("resolution")
    keys = [unquoted(part) for part in split(said)] if said else write.table.primary
    if resolution is None or not keys:
        return ""
    target = f" on conflict ({', '.join(map(name, keys))}) do"
    if resolution == "ignore-duplicates":
        return f"{target} nothing"
    return f"{target} update set " + ", ".join(f"{name(column)} = excluded.{name(column)}" for column in columns)


async def updated(call: Call, wanted: str, wish: Wish) -> Reply:
    """Changed rows."""
    rows = rows_of(call)
    if len(rows) != 1:
        raise rest(400, "PGRST102", "Empty or invalid json")
    async with opened(call, wish) as line:
        write = _begun(call, wanted, wish)
        source = Source(full(wanted), write.make.alias(), write.table)
        write.sql, write.alias = _change(write, source, rows[0]), source.alias
        reply, _ = await _written(write, line)
        return await with_own(line, _applied(reply, wish, "missing", "return", "max-affected"))


def _change(write: _Write, source: Source, row: dict[str, Any]) -> str:
    target, columns = full(write.table.name), _columns(write.call, write.table, [row])
    if not columns:
        return f"update {target} as {source.alias} set {name(next(iter(write.table.types)))} = null where false"
    sets = ", ".join(f"{name(column)} = r.{name(column)}" for column in columns)
    place = write.make.value(json.dumps(row))
    given = f"jsonb_populate_record(null::{target}, {_defaults(write, columns)} || {place}::jsonb) as r"
    conditions = _guarded(write, source, "UPDATE")
    return f"update {target} as {source.alias} set {sets} from {given} where {conditions}"


async def deleted(call: Call, wanted: str, wish: Wish) -> Reply:
    """Rows that go."""
    async with opened(call, wish) as line:
        write = _begun(call, wanted, wish)
        source = Source(full(wanted), write.make.alias(), write.table)
        conditions = _guarded(write, source, "DELETE")
        write.sql, write.alias = f"delete from {full(wanted)} as {source.alias} where {conditions}", source.alias
        reply, _ = await _written(write, line)
        return await with_own(line, _applied(reply, wish, "return", "max-affected"))


def _guarded(write: _Write, source: Source, verb: str) -> str:
    """Supabase loads pg_safeupdate for the API: a change of every row must say so."""
    conditions = write.make.conditions(write.tree, source)
    if not conditions:
        raise rest(400, "21000", f"{verb} requires a WHERE clause")
    return conditions


async def put(call: Call, wanted: str, wish: Wish) -> Reply:
    """The one row of a key, new or changed.

    https://docs.postgrest.org/en/stable/references/api/tables_views.html#put
    """
    rows = rows_of(call)
    async with opened(call, wish) as line:
        write = _begun(call, wanted, replace(wish, preferences={**wish.preferences, "resolution": "merge-duplicates"}))
        _check_put(write, rows)
        write.sql, write.merges = _insertion(write, rows), True
        reply, made = await _written(write, line)
        if wish.planned:
            return reply
        status = 204 if wish.returning != "representation" else 201 if made else 200
        return await with_own(line, replace(reply, status=status, headers=wish.applied("return")))


def _check_put(write: _Write, rows: list[dict[str, Any]]) -> None:
    if any(key in write.call.argument for key in ("limit", "offset")):
        raise rest(400, "PGRST114", "limit/offset querystring parameters are not allowed for PUT")
    wanted = {
        one.column.name: one.value for one in write.tree.where if isinstance(one, Filter) and one.operator == "eq"
    }
    if set(wanted) != set(write.table.primary) or len(write.tree.where) != len(wanted) or not wanted:
        raise rest(405, "PGRST105", "Filters must include all and only primary key columns with 'eq' operators")
    if len(rows) != 1 or any(_spelled(rows[0].get(column)) != value for column, value in wanted.items()):
        raise rest(400, "PGRST115", "Payload values do not match URL in primary key column(s)")


def _spelled(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


async def _written(write: _Write, line: Line) -> tuple[Reply, int]:
    """The answer, and how many rows are new."""
    wish, table = write.wish, write.table
    shows = wish.returning == "representation" or wish.singular
    sees = shows or wish.returning == "headers-only"
    returning = f"{write.alias or full(table.name)}.*" if sees else "1"
    new = f"{'(xmax = 0)' if write.merges else 'true'} as {name('unifykit new')}"
    keys = ", ".join(f"{_literal(key)}, {CHANGED}.{name(key)}" for key in table.primary)
    located = f"(select json_build_object({keys})::text from {CHANGED} limit 1)" if sees and keys else "null"
    source = Source(CHANGED, write.make.alias(), table)
    rows = write.make.rows(replace(write.tree, where=[]), source) if shows else "select where false"
    body = aggregated("select * from shown", wish)
    counts = '(select count(*) from written), (select count(*) from written where "unifykit new")'
    columns = ", ".join(map(name, table.types)) if sees else "1"
    whole = (
        f"with written as ({write.sql} returning {returning}, {new}), {CHANGED} as (select {columns} from written), "
        f"shown as ({rows}) select {body}, {counts}, {located} from shown as r"
    )
    if wish.planned:
        return await planned(line, whole, write.make.values, wish), 0
    found, changed, made, key = (await line.run(whole, *write.make.values))[0]
    count = int(changed or 0)
    over_limit(count, wish if write.call.method in ("PATCH", "DELETE") else replace(wish, preferences={}))
    content = shaped(found or "", count, wish) if shows else None
    headers = _headers(write, count, key)
    return Reply(content, 200 if shows else 204, headers, wish.media.content_type), int(made or 0)


def _applied(reply: Reply, wish: Wish, *names: str) -> Reply:
    return replace(reply, headers={**reply.headers, **wish.applied(*names)})


def _headers(write: _Write, count: int, key: str | None) -> dict[str, str]:
    total = count if write.wish.count else "*"
    span = f"0-{count - 1}" if write.call.method == "PATCH" and count else "*"
    headers = {"Content-Range": f"{span}/{total}"}
    if key and write.call.method == "POST" and write.wish.returning == "headers-only":
        said = "&".join(f"{quote(column)}=eq.{quote(str(value))}" for column, value in json.loads(key).items())
        headers["Location"] = f"/{quote(write.table.name)}?{said}"
    return headers
