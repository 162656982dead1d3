"""Rows as `/rest/v1` answers them."""

import json
from collections.abc import Mapping

from .call import Reply
from .line import Line
from .query import Tree
from .refusals import Refusal, rest
from .wish import Wish

MOST_ROWS = 1000
"""The most rows that a read gives at once, as a new project has it."""


def aggregated(rows: str, wish: Wish) -> str:
    """What turns rows into the body, as one column."""
    if wish.csv:
        header = f"(select string_agg(k, ',') from (select json_object_keys(r) as k from (select row_to_json(x) as r from ({rows}) as x limit 1) as y) as z)"
        return f"coalesce({header} || E'\\n' || string_agg(substring(r::text, 2, length(r::text) - 2), E'\\n'), '')"
    return f"coalesce(json_agg({'json_strip_nulls(to_json(r))' if wish.stripped else 'r'}), '[]')::text"


def shaped(found: str, count: int, wish: Wish, *, lone: bool = False) -> bytes:
    """The body: an array, or the one object."""
    if wish.singular and count != 1:
        raise rest(
            406, "PGRST116", "Cannot coerce the result to a single JSON object", f"The result contains {count} rows"
        )
    if wish.csv or not (wish.singular or lone):
        return found.encode()
    return found.strip()[1:-1].strip().encode() or b"null"


async def planned(line: Line, sql: str, values: list[str | None], wish: Wish) -> Reply:
    """The plan of a statement.

    https://docs.postgrest.org/en/stable/references/observability.html#execution-plan
    """
    told = [row[0] or "" for row in await line.run(wish.explained(sql), *values)]
    return Reply("\n".join(told).encode(), 200, {}, wish.media.content_type)


def range_status(tree: Tree, count: int, total: int | None) -> int:
    """206 for a part of the rows."""
    if total is None:
        return 200
    if tree.offset > total:
        raise out_of_bounds(tree.offset, total)
    return 206 if count < total else 200


def out_of_bounds(offset: int, total: int) -> Refusal:
    """The range begins where no rows are."""
    return rest(416, "PGRST103", "Requested range not satisfiable",
                f"An offset of {offset} was requested, but there are only {total} rows.")  # fmt: skip


def content_range(offset: int, count: int, total: int | None) -> dict[str, str]:
    """Which rows these are, of how many."""
    span = f"{offset}-{offset + count - 1}" if count else "*"
    return {"Content-Range": f"{span}/{'*' if total is None else total}"}


def over_limit(count: int, wish: Wish) -> None:
    """Refuse a change of more rows than the caller wants changed."""
    if wish.most is not None and count > wish.most:
        raise rest(400, "PGRST124", "Query result exceeds max-affected preference constraint",
                   f"The query affects {count} rows")  # fmt: skip


async def with_own(line: Line, reply: Reply) -> Reply:
    """The reply with the status and the headers that the database's functions have set.

    https://docs.postgrest.org/en/stable/references/transactions.html#response-headers
    """
    said = await line.run("select current_setting('response.status', true), current_setting('response.headers', true)")
    status, headers = said[0]
    if not (status or headers):
        return reply
    if status and not status.isdigit():
        raise rest(500, "PGRST112", "response.status guc must be a valid status code")
    return Reply(
        reply.body, int(status) if status else reply.status, {**reply.headers, **_own(headers)}, reply.content_type
    )


def _own(text: str | None) -> Mapping[str, str]:
    if not text:
        return {}
    try:
        pairs = [(str(name), value) for one in json.loads(text) for name, value in one.items()]
    except (ValueError, AttributeError, TypeError):
        raise _bad_headers() from None
    if not all(isinstance(value, str) for _, value in pairs):
        raise _bad_headers()
    return {name: str(value) for name, value in pairs}


def _bad_headers() -> Refusal:
    text = "response.headers guc must be a JSON array composed of objects with a single key and a string value"
    return rest(500, "PGRST111", text)
