"""`/rest/v1`: tables and functions, in PostgREST's dialect.

https://docs.postgrest.org/en/stable/
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import quote, unquote

from .call import Call, Reply
from .catalog import Catalog, Function, Table
from .line import DatabaseError, Line
from .query import Tree, parse, split, unquoted
from .refusals import Refusal, rest, status_of, unknown
from .schema import EXPOSED
from .statement import Builder, Source, full, name

_SINGULAR = "application/vnd.pgrst.object+json"
_ARRAY = {"application/json", "application/vnd.pgrst.array+json", "*/*", "application/*", ""}
_ITEMS = re.compile(r"(\d+)-(\d*)")
_PREFERENCES = {
    "return", "count", "resolution", "missing", "tx", "handling", "timezone", "max-affected", "params"
}  # fmt: skip


@dataclass(frozen=True)
class Wish:
    """How the caller wants the answer."""

    singular: bool
    stripped: bool
    returning: str
    count: str | None
    resolution: str | None
    missing: str | None


async def answer(call: Call) -> Reply:
    """Answer one request to `/rest/v1`."""
    place = [unquote(part) for part in call.path.removeprefix("/rest/v1").strip("/").split("/")]
    try:
        wish = _wish(call)
        _profile(call)
        if place == [""] and call.method in ("GET", "HEAD"):
            return await _described(call)
        if len(place) == 2 and place[0] == "rpc" and call.method in ("GET", "HEAD", "POST"):  # noqa: PLR2004 -- rpc/name
            return await _called(call, place[1], wish)
        if len(place) == 1 and place[0] and call.method in _METHODS:
            return await _METHODS[call.method](call, place[0], wish)
    except DatabaseError as error:
        status = status_of(error.code, anonymous=call.role == "anon")
        raise rest(status, error.code, error.message, error.detail, error.hint) from error
    raise unknown(call.method, call.path)


def _wish(call: Call) -> Wish:
    accepted = [part.strip() for part in call.headers.get("accept", "").split(",")]
    media = [part.partition(";")[0] for part in accepted]
    if not any(part in _ARRAY or part == _SINGULAR for part in media):
        offered = ", ".join(accepted)
        raise rest(406, "PGRST107", f"None of these media types are available: {offered}")
    preferred = [part.strip() for part in call.headers.get("prefer", "").split(",") if part.strip()]
    said = {part.partition("=")[0]: part.partition("=")[2] for part in preferred}
    wrong = [part for part in preferred if part.partition("=")[0] not in _PREFERENCES]
    if wrong and said.get("handling") == "strict":
        raise rest(
            400,
            "PGRST122",
            "Invalid preferences given with handling=strict",
            f"Invalid preferences: {', '.join(wrong)}",
        )
    return Wish(
        media[0] == _SINGULAR, "nulls=stripped" in accepted[0], said.get("return", "minimal"), said.get("count"),
        said.get("resolution"), said.get("missing"),
    )  # fmt: skip


def _profile(call: Call) -> None:
    header = "accept-profile" if call.method in ("GET", "HEAD") else "content-profile"
    wanted = call.headers.get(header, EXPOSED)
    if wanted != EXPOSED:
        raise rest(
            406, "PGRST106", f"Invalid schema: {wanted}", hint=f"Only the following schemas are exposed: {EXPOSED}"
        )


def _table(catalog: Catalog, wanted: str) -> Table:
    found = catalog.tables.get(wanted)
    if found is None:
        raise rest(404, "PGRST205", f"Could not find the table '{EXPOSED}.{wanted}' in the schema cache")
    return found


def _of(table: Table) -> Callable[[Builder], Source]:
    return lambda make: Source(full(table.name), make.alias(), table)


def _ranged(call: Call, tree: Tree) -> Tree:
    """The `Range` header says the same as limit and offset."""
    found = _ITEMS.fullmatch(call.headers.get("range", "").removeprefix("items="))
    if found is None or call.method not in ("GET", "HEAD"):
        return tree
    first, last = int(found[1]), int(found[2]) if found[2] else None
    if last is not None and last < first:
        raise rest(
            416,
            "PGRST103",
            "Requested range not satisfiable",
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        )
    limit = None if last is None else last - first + 1
    if tree.limit is not None:
        limit = tree.limit if limit is None else min(limit, tree.limit)
    return replace(tree, offset=tree.offset or first, limit=limit)


# -- reading


async def _selected(call: Call, wanted: str, wish: Wish) -> Reply:
    tree = _ranged(call, parse(call.pairs))
    async with call.database() as line:
        catalog = call.project.catalog
        table = _table(catalog, wanted)
        return await _fetched(call, line, tree, _of(table), wish)


async def _fetched(
    call: Call, line: Line, tree: Tree, source: Callable[[Builder], Source], wish: Wish, *, lone: bool = False
) -> Reply:
    make = Builder(call.project.catalog)
    rows = make.rows(tree, source(make))
    one = "json_strip_nulls(to_json(r))" if wish.stripped else "r"
    sql = f"with rows as ({rows}) select coalesce(json_agg({one}), '[]')::text, count(*) from rows as r"
    found, shown = (await line.run(sql, *make.values))[0]
    total = await _total(call, line, tree, source, wish)
    count = int(shown or 0)
    status = _range_status(tree, count, total)
    body = _shaped(found or "[]", count, wish, lone=lone)
    headers = {"Content-Range": _content_range(tree.offset, count, total)}
    return Reply(body, status, headers, _content_type(wish))


async def _total(call: Call, line: Line, tree: Tree, source: Callable[[Builder], Source], wish: Wish) -> int | None:
    if wish.count not in ("exact", "planned", "estimated"):
        return None
    make = Builder(call.project.catalog)
    rows = make.rows(tree, source(make), whole=True)
    if wish.count == "planned":
        plan = await line.run(f"explain (format json) {rows}", *make.values)
        return int(json.loads(plan[0][0] or "[]")[0]["Plan"]["Plan Rows"])
    counted = await line.run(f"select count(*) from (select 1 from ({rows}) as x) as y", *make.values)
    return int(counted[0][0] or 0)


def _range_status(tree: Tree, count: int, total: int | None) -> int:
    if total is None:
        return 200
    if tree.offset > total:
        raise rest(416, "PGRST103", "Requested range not satisfiable",
                   f"An offset of {tree.offset} was requested, but there are only {total} rows.")  # fmt: skip
    return 206 if count < total else 200


def _content_range(offset: int, count: int, total: int | None) -> str:
    span = f"{offset}-{offset + count - 1}" if count else "*"
    return f"{span}/{'*' if total is None else total}"


def _content_type(wish: Wish) -> str:
    return f"{_SINGULAR}; charset=utf-8" if wish.singular else "application/json; charset=utf-8"


def _shaped(found: str, count: int, wish: Wish, *, lone: bool = False) -> bytes:
    if wish.singular and count != 1:
        raise rest(
            406, "PGRST116", "Cannot coerce the result to a single JSON object", f"The result contains {count} rows"
        )
    if not (wish.singular or lone):
        return found.encode()
    return found.strip()[1:-1].strip().encode() or b"null"


async def _described(call: Call) -> Reply:
    async with call.database():
        catalog = call.project.catalog
    names = [*catalog.tables, *(f"rpc/{one.name}" for one in catalog.functions)]
    about = {"title": "standard public schema", "version": "sandbox"}
    return Reply({"swagger": "2.0", "info": about, "basePath": "/", "paths": {f"/{one}": {} for one in names}})


# -- writing


async def _inserted(call: Call, wanted: str, wish: Wish) -> Reply:
    tree, rows = parse(call.pairs), _body(call)
    async with call.database() as line:
        table = _table(call.project.catalog, wanted)
        make = Builder(call.project.catalog)
        sql = _insertion(make, call, table, rows, wish)
        return await _written(call, line, make, sql, table, tree, wish)


def _insertion(make: Builder, call: Call, table: Table, rows: Any, wish: Wish) -> str:
    many: list[Any] = rows if isinstance(rows, list) else [rows]  # pyright: ignore[reportUnknownVariableType] -- JSON
    columns = _columns(call, table, many)
    target = full(table.name)
    if not many:
        return f"insert into {target} select * from {target} where false"
    if not columns:
        return f"insert into {target} default values"
    names = ", ".join(map(name, columns))
    place = make.value(json.dumps(many))
    row = f"jsonb_populate_record(null::{target}, {_defaults(table, columns, wish)} || e.value) as r"
    values = ", ".join(f"r.{name(column)}" for column in columns)
    sql = f"insert into {target} ({names}) select {values} from jsonb_array_elements({place}::jsonb) as e(value), {row}"
    return sql + _on_conflict(call, table, columns, wish)


def _defaults(table: Table, columns: list[str], wish: Wish) -> str:
    """What stands for a column that a row leaves out: null, or its default where the caller asks for it."""
    if wish.missing != "default":
        return "'{}'::jsonb"
    pairs = ", ".join(f"{_literal(column)}, {table.defaults[column]}" for column in columns if column in table.defaults)
    return f"jsonb_build_object({pairs})"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _columns(call: Call, table: Table, rows: list[Any]) -> list[str]:
    if not all(isinstance(row, dict) for row in rows):
        raise rest(400, "PGRST102", "Empty or invalid json")
    said = call.argument.get("columns")
    found = [unquoted(part) for part in split(said)] if said else list(rows[0]) if rows else []
    if not said and any(set(row) != set(found) for row in rows):
        raise rest(400, "PGRST102", "All object keys must match")
    for column in found:
        if column not in table.types:
            raise rest(400, "PGRST204", f"Could not find the '{column}' column of '{table.name}' in the schema cache")
    return found


def _on_conflict(call: Call, table: Table, columns: list[str], wish: Wish) -> str:
    said = call.argument.get("on_conflict")
    keys = [unquoted(part) for part in split(said)] if said else table.primary
    if wish.resolution not in ("merge-duplicates", "ignore-duplicates") or not keys:
        return ""
    target = f" on conflict ({', '.join(map(name, keys))}) do"
    if wish.resolution == "ignore-duplicates":
        return f"{target} nothing"
    return f"{target} update set " + ", ".join(f"{name(column)} = excluded.{name(column)}" for column in columns)


async def _updated(call: Call, wanted: str, wish: Wish) -> Reply:
    tree, said = parse(call.pairs), _body(call)
    rows: list[Any] = said if isinstance(said, list) else [said]  # pyright: ignore[reportUnknownVariableType] -- JSON
    row: Any = rows[0] if len(rows) == 1 else None
    if not isinstance(row, dict):
        raise rest(400, "PGRST102", "Empty or invalid json")
    async with call.database() as line:
        table = _table(call.project.catalog, wanted)
        make = Builder(call.project.catalog)
        source = Source(full(wanted), make.alias(), table)
        columns = _columns(call, table, [row])
        sets = ", ".join(f"{name(column)} = r.{name(column)}" for column in columns)
        given = f"json_populate_record(null::{full(wanted)}, {make.value(json.dumps(row))}::json) as r"
        conditions = _guarded(make, tree, source, "UPDATE")
        sql = f"update {full(wanted)} as {source.alias} set {sets} from {given} where {conditions}"
        if not columns:
            sql = f"update {full(wanted)} as {source.alias} set {name(next(iter(table.types)))} = null where false"
        return await _written(call, line, make, sql, table, tree, wish, source.alias)


async def _deleted(call: Call, wanted: str, wish: Wish) -> Reply:
    tree = parse(call.pairs)
    async with call.database() as line:
        table = _table(call.project.catalog, wanted)
        make = Builder(call.project.catalog)
        source = Source(full(wanted), make.alias(), table)
        sql = f"delete from {full(wanted)} as {source.alias} where {_guarded(make, tree, source, 'DELETE')}"
        return await _written(call, line, make, sql, table, tree, wish, source.alias)


def _guarded(make: Builder, tree: Tree, source: Source, verb: str) -> str:
    """Supabase loads pg_safeupdate for the API: a change of every row must say so."""
    conditions = make.conditions(tree, source)
    if not conditions:
        raise rest(400, "21000", f"{verb} requires a WHERE clause")
    return conditions


async def _written(  # noqa: PLR0917 -- what a write is made of
    call: Call, line: Line, make: Builder, sql: str, table: Table, tree: Tree, wish: Wish, alias: str | None = None
) -> Reply:
    shows = wish.returning == "representation" or wish.singular
    returning = f"{alias or full(table.name)}.*" if shows or wish.returning == "headers-only" else "1"
    keys = ", ".join(f"{_literal(key)}, changed.{name(key)}" for key in table.primary)
    located = f"(select json_build_object({keys})::text from changed limit 1)" if returning != "1" and keys else "null"
    rows = "select where false"
    if shows:
        rows = make.rows(replace(tree, where=[]), Source("changed", make.alias(), table))
    answered = f"coalesce(json_agg(r), '[]')::text, (select count(*) from changed), {located}"
    whole = f"with changed as ({sql} returning {returning}) select {answered} from ({rows}) as r"
    found, changed, key = (await line.run(whole, *make.values))[0]
    count = int(changed or 0)
    headers = {"Content-Range": f"*/{count if wish.count else '*'}"}
    body = _shaped(found or "[]", count, wish) if shows else None
    if call.method == "POST":
        if key and wish.returning == "headers-only":
            said = "&".join(f"{quote(column)}=eq.{quote(str(value))}" for column, value in json.loads(key).items())
            headers["Location"] = f"/{quote(table.name)}?{said}"
        return Reply(body, 201, headers, _content_type(wish))
    return Reply(body, 200 if shows else 204, headers, _content_type(wish))


def _body(call: Call) -> Any:
    try:
        return json.loads(call.content or b"{}")
    except ValueError:
        raise rest(400, "PGRST102", "Empty or invalid json") from None


_METHODS = {"GET": _selected, "HEAD": _selected, "POST": _inserted, "PATCH": _updated, "DELETE": _deleted}


# -- functions


async def _called(call: Call, wanted: str, wish: Wish) -> Reply:
    posted = call.method == "POST"
    given: Any = _body(call) if posted else call.argument
    async with call.database() as line:
        function = _chosen(call.project.catalog, wanted, given, exact=posted)
        skip = () if posted else tuple(function.arguments)
        tree = _ranged(call, parse(call.pairs, skip=skip))
        if not function.rows:
            return await _scalar(call, line, function, given, wish)
        relation = call.project.catalog.tables.get(function.relation or "")

        def source(make: Builder) -> Source:
            return Source(_invocation(make, function, given, posted=posted), make.alias(), relation)

        return await _fetched(call, line, tree, source, wish, lone=not function.many)


async def _scalar(call: Call, line: Line, function: Function, given: Any, wish: Wish) -> Reply:
    make = Builder(call.project.catalog)
    invocation = _invocation(make, function, given, posted=call.method == "POST")
    result = "coalesce(json_agg(v), '[]')::text, count(*)" if function.many else "to_json(v)::text, 1"
    found, count = (await line.run(f"select {result} from {invocation} as v", *make.values))[0]
    if function.returns == "void":
        return Reply(None, 204, {"Content-Range": "*/*"})
    body = (found or "null").encode()
    if wish.singular and function.many:
        body = _shaped(found or "[]", int(count or 0), wish)
    return Reply(body, 200, {"Content-Range": _content_range(0, int(count or 0), None)})


def _invocation(make: Builder, function: Function, given: Any, *, posted: bool) -> str:
    if list(function.arguments) == [""]:
        return f"{full(function.name)}({make.value(json.dumps(given))}::{function.arguments['']})"
    if not posted:
        said = [
            f"{name(one)} => {make.value(given[one])}::{kind}"
            for one, kind in function.arguments.items()
            if one in given
        ]
        return f"{full(function.name)}({', '.join(said)})"
    said = [one for one in function.arguments if one in given]
    body = make.value(json.dumps(given)) if said else ""
    parts = (
        f"{name(one)} => (select a.{name(one)} from json_to_record({body}::json) as a({name(one)} {function.arguments[one]}))"
        for one in said
    )
    return f"{full(function.name)}({', '.join(parts)})"


def _chosen(catalog: Catalog, wanted: str, given: Any, *, exact: bool) -> Function:
    """The function of this name whose arguments these are."""
    named = [one for one in catalog.functions if one.name == wanted]
    names = set(cast("dict[str, Any]", given)) if isinstance(given, dict) else set[str]()
    for one in named:
        wanted_names = names if exact else names & set(one.arguments)
        if set(one.needed) <= wanted_names <= set(one.arguments):
            return one
    lone = [one for one in named if list(one.arguments) == [""]]
    if lone and exact:
        return lone[0]
    raise _no_function(catalog, wanted, names)


def _no_function(catalog: Catalog, wanted: str, names: set[str]) -> Refusal:
    said = (
        f"with parameter{'s' if len(names) > 1 else ''} {', '.join(sorted(names))}" if names else "without parameters"
    )
    close = [one for one in catalog.functions if one.name == wanted]
    hint = (
        f"Perhaps you meant to call the function {EXPOSED}.{wanted}({', '.join(close[0].arguments)})" if close else None
    )
    return rest(404, "PGRST202", f"Could not find the function {EXPOSED}.{wanted} {said} in the schema cache",
                f"Searched for the function {EXPOSED}.{wanted} {said}, but no matches were found in the schema cache.", hint)  # fmt: skip
