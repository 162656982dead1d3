"""What a counterpart holds, for people: how many of what, and the last of them in a word each."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from unifykit.sandbox import keyspace

Shown = tuple[int, list[str]]

_LAST = 5
_HIDDEN = frozenset(
    {"clock", "tokens", "job_tokens", "pace", "queries", "writes", "quota", "request", "outbox", "secrets", "keys"}
)
_NAMES = ("full_name", "full_path", "path", "login", "username", "title", "name", "email", "filename", "object", "id")
_COUNTING = """
    select string_agg(format('select %L as name, count(*)::text from %I.%I',
        table_schema || '.' || table_name, table_schema, table_name), ' union all ') || ' order by 1'
    from information_schema.tables
    where table_type = 'BASE TABLE' and table_schema in ('public', 'auth', 'storage')
"""


def told(worlds: Iterable[Any]) -> dict[str, Shown]:
    """What an app's records hold: every collection of theirs."""
    found: dict[str, Shown] = {}
    for world in worlds:
        found |= dict(_collections(cast("dict[str, Any]", vars(world))))
    return found


def tables(project: Any) -> dict[str, Shown]:
    """The tables of a Supabase project, and its mails."""
    rows: list[list[str | None]] = project.sql(project.sql(_COUNTING)[0][0])
    found: dict[str, Shown] = {str(name): (int(count or 0), []) for name, count in rows}
    mails: list[dict[str, str]] = project.mails
    return {**found, "mails": (len(mails), [mail.get("to", "") for mail in mails[-_LAST:]])}


def keys(port: int) -> dict[str, Shown]:
    """The databases of a Redis server."""
    found: dict[str, Shown] = {f"database {number}": (size, []) for number, size in keyspace.count(port).items()}
    if "database 0" in found:
        some = [f"{key} ({kind})" for key, kind in keyspace.some(port, _LAST)]
        found["database 0"] = found["database 0"][0], some
    return found


def _collections(fields: Mapping[str, Any]) -> Iterator[tuple[str, Shown]]:
    for name, value in fields.items():
        if name in _HIDDEN or name.startswith("_"):
            continue
        if name == "objects":  # Stripe's, by kind
            for kind, things in cast("dict[str, dict[str, Any]]", value).items():
                yield kind, (len(things), _last(things))
        elif isinstance(value, dict | list):
            yield name, (len(cast("Any", value)), _last(cast("Any", value)))


def _last(things: dict[Any, Any] | list[Any]) -> list[str]:
    pairs = list(things.items()) if isinstance(things, dict) else [("", one) for one in things]
    return [_word(key, one) for key, one in pairs[-_LAST:]]


def _word(key: Any, thing: Any) -> str:
    fields = cast("dict[str, Any]", thing if isinstance(thing, dict) else getattr(thing, "fields", None) or {})
    for name in _NAMES:
        value: Any = fields.get(name, getattr(cast("Any", thing), name, None))
        if isinstance(value, str | int) and value != "" and not isinstance(value, bool):
            return f"{key}: {value}" if key and str(key) != str(value) else str(value)
    return str(key) or type(cast("Any", thing)).__name__
