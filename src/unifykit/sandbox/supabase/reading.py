"""Reading tables, and the rows that functions return."""

import json
import re
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

from .answers import MOST_ROWS, aggregated, content_range, over_limit, planned, range_status, shaped, with_own
from .call import Call, Reply
from .catalog import Catalog, Function, Table
from .line import Line
from .query import Tree, parse
from .refusals import rest
from .schema import EXPOSED
from .statement import CALLED, Builder, Source
from .ways import full
from .wish import Wish

_ITEMS = re.compile(r"(\d+)-(\d*)")
_OFFSET = re.compile(r"([+-]?)(\d\d)(:\d\d)?")

Sourcing = Callable[[Builder], Source]
"""Makes where rows come from, with the values that go with it."""


def table_of(catalog: Catalog, wanted: str) -> Table:
    """The table or view of this name."""
    found = catalog.tables.get(wanted)
    if found is None:
        raise rest(404, "PGRST205", f"Could not find the table '{EXPOSED}.{wanted}' in the schema cache")
    return found


@asynccontextmanager
async def opened(call: Call, wish: Wish) -> AsyncGenerator[Line, None]:
    """The caller's transaction, in the time zone that he prefers."""
    async with call.database() as line:
        if zone := wish.preferences.get("timezone"):
            await line.run("select set_config('timezone', $1, true)", _zone(zone))
        yield line


def _zone(said: str) -> str:
    """An offset means east of Greenwich here, and west of it where PostgreSQL reads a zone."""
    found = _OFFSET.fullmatch(said)
    if found is None:
        return said
    hours = found[2] + (found[3] or ":00")
    return f"<{'-' if found[1] == '-' else '+'}{hours}>{'+' if found[1] == '-' else '-'}{hours}"


async def selected(call: Call, wanted: str, wish: Wish) -> Reply:
    """Rows of a table."""
    tree = ranged(call, parse(call.pairs))
    async with opened(call, wish) as line:
        table = table_of(call.project.catalog, wanted)
        return await fetched(call, line, tree, lambda make: Source(full(table.name), make.alias(), table), wish)


def ranged(call: Call, tree: Tree) -> Tree:
    """With the `Range` header, which says the same as limit and offset, and the most rows that the project gives."""
    found = _ITEMS.fullmatch(call.headers.get("range", "").removeprefix("items="))
    if found is not None and call.method in ("GET", "HEAD"):
        tree = _narrowed(tree, int(found[1]), int(found[2]) if found[2] else None)
    return capped(tree)


def _narrowed(tree: Tree, first: int, last: int | None) -> Tree:
    if last is not None and last < first:
        raise rest(
            416, "PGRST103", "Requested range not satisfiable",
            "The lower boundary must be lower than or equal to the upper boundary in the Range header.",
        )  # fmt: skip
    limits = [limit for limit in (tree.limit, None if last is None else last - first + 1) if limit is not None]
    return replace(tree, offset=tree.offset or first, limit=min(limits, default=None))


def capped(tree: Tree) -> Tree:
    """With no more rows than the project gives at once, in related tables too."""
    limit = MOST_ROWS if tree.limit is None else min(tree.limit, MOST_ROWS)
    return replace(tree, limit=limit, embeds=[replace(embed, tree=capped(embed.tree)) for embed in tree.embeds])


async def fetched(
    call: Call, line: Line, tree: Tree, source: Sourcing, wish: Wish, *, lone: bool = False, by: Function | None = None
) -> Reply:
    """The rows of a tree; `by` is the function that gives them, if one does."""
    make = Builder(call.project.catalog)
    given, first, counted = source(make), "", "null"
    once = by is not None and by.volatile == "v"
    if once:  # what it does, it does once
        first = f"{CALLED} as materialized (select * from {given.sql} as {given.alias}), "
        given = replace(given, sql=CALLED)
        counted = f"(select count(*) from ({make.rows(tree, given, whole=True)}) as c)"
    rows = make.rows(tree, given)
    sql = f"with {first}rows as ({rows}) select {aggregated('select * from rows', wish)}, count(*), {counted} from rows as r"
    if wish.planned:
        return await planned(line, sql, make.values, wish)
    found, shown, all_ = (await line.run(sql, *make.values))[0]
    count = int(shown or 0)
    if by is not None:
        over_limit(count, wish)
    total = await _total(call, line, tree, source, wish) if not once else int(all_ or 0) if wish.count else None
    headers = {**content_range(tree.offset, count, total), **wish.applied(*(("max-affected",) if by else ()))}
    body = shaped(found or "", count, wish, lone=lone)
    return await with_own(line, Reply(body, range_status(tree, count, total), headers, wish.media.content_type))


async def _total(call: Call, line: Line, tree: Tree, source: Sourcing, wish: Wish) -> int | None:
    if wish.count is None:
        return None
    make = Builder(call.project.catalog)
    rows = make.rows(tree, source(make), whole=True)
    guess = await _guessed(line, rows, make) if wish.count != "exact" else 0
    if wish.count == "planned" or guess > MOST_ROWS:
        return guess
    counted = await line.run(f"select count(*) from (select 1 from ({rows}) as x) as y", *make.values)
    return int(counted[0][0] or 0)


async def _guessed(line: Line, rows: str, make: Builder) -> int:
    plan = await line.run(f"explain (format json) {rows}", *make.values)
    return int(json.loads("\n".join(row[0] or "" for row in plan) or "[]")[0]["Plan"]["Plan Rows"])
