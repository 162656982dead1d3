"""Who may join a private channel, and who may speak there: the policies on `realtime.messages` decide.

https://supabase.com/docs/guides/realtime/authorization
"""

import json
from typing import Any, Never

from .line import DatabaseError, Line, Lines

_AS = """
select set_config('request.jwt.claims', $1, true), set_config('realtime.topic', $2, true),
    set_config('search_path', 'public, extensions', true), set_config('role', $3, true)
"""
_SAMPLE = "insert into realtime.messages (topic, extension, private) values ($1, $2, true)"
_READ = "select 1 from realtime.messages where topic = $1 and extension = $2"


class _UndoneError(Exception):
    """Takes a transaction back that only asked."""


async def may_read(lines: Lines, topic: str, claims: dict[str, Any]) -> bool:
    """Whether the caller sees a message of this topic, as one is tried."""
    found = False
    try:
        async with lines.transaction() as line:
            for extension in ("broadcast", "presence"):
                await line.run(_SAMPLE, topic, extension)
            await _become(line, topic, claims)
            for extension in ("broadcast", "presence"):
                found = found or bool(await line.run(_READ, topic, extension))
            _undo()
    except (_UndoneError, DatabaseError):
        return found


async def may_write(lines: Lines, topic: str, claims: dict[str, Any], extension: str) -> bool:
    """Whether the caller may add a message to this topic."""
    try:
        async with lines.transaction() as line:
            await _become(line, topic, claims)
            await line.run(_SAMPLE, topic, extension)
            _undo()
    except (_UndoneError, DatabaseError) as error:
        return isinstance(error, _UndoneError)


def _undo() -> Never:
    raise _UndoneError


async def _become(line: Line, topic: str, claims: dict[str, Any]) -> None:
    await line.run(_AS, json.dumps(claims), topic, str(claims.get("role", "anon")))
