"""What type checkers know of realtime. Checked by mypy and pyright, never run."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from typing import Never, assert_type

from unifykit import AsyncPlatforms, Platforms
from unifykit.providers.supabase.channel import Channel
from unifykit.providers.supabase.models import Broadcast, Missed, PostgresChange, Presence


def on_change(change: PostgresChange) -> None:
    assert_type(change.event, str)


async def on_shout(message: Broadcast) -> None:
    assert_type(message.event, str)


async def async_mode(p: AsyncPlatforms) -> None:
    room = p.supabase.realtime.channel("room", backlog=10)
    assert_type(room, Channel)
    assert_type(room.on_postgres_changes("*", table="t", callback=on_change), Channel)
    assert_type(room.on_broadcast("shout", on_shout).on_presence(), Channel)
    room.on_broadcast("shout", on_change)  # type: ignore[arg-type]
    room.on_postgres_changes("insert")  # type: ignore[arg-type]
    assert_type(await room.subscribe(), Channel)
    assert_type(await room.broadcast("shout", {"a": 1}), None)
    async with room as same:
        assert_type(same, Channel)
    async for item in room:
        assert_type(item, PostgresChange | Broadcast | Presence | Missed)
        if isinstance(item, Missed):
            assert_type(item.count, int | None)


def sync_mode(p: Platforms) -> Never:
    """There is none."""
    p.supabase.realtime.channel("room")
