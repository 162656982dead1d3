"""What type checkers know of the platforms without an SDK, in both modes. Checked by mypy and pyright, never run."""

# pyright: strict, reportUnnecessaryTypeIgnoreComment=true

from datetime import datetime
from typing import Any, assert_type

from unifykit import AsyncPager, AsyncPlatforms, Pager, Platforms
from unifykit._core.mode import Async, Sync
from unifykit._core.poller import Poller
from unifykit._core.stream import AsyncStream, Stream
from unifykit.providers.agora.models import Ban
from unifykit.providers.logrocket.models import Export, HighlightsResult
from unifykit.providers.mapbox import Image


def sync_mode(p: Platforms, e: Export, t: datetime) -> None:
    """Operations return their results."""
    poller = p.logrocket.highlights.request(user_id="1", since=t, until=t)
    assert_type(poller, Poller[HighlightsResult, Sync])
    assert_type(poller.wait(), HighlightsResult)
    assert_type(poller.poll(), HighlightsResult | None)
    assert_type(p.logrocket.exports.list(), Pager[Export])
    assert_type(p.logrocket.exports.sessions(e), Stream[dict[str, Any]])
    assert_type(p.mapbox.static_map((1, 2)), Image)
    assert_type(p.agora.tokens.rtc("x"), str)
    assert_type(p.agora.bans.create(uid=1), Ban)


async def async_mode(p: AsyncPlatforms, e: Export, t: datetime) -> None:
    """Operations are awaited; a poller too is of the client's mode."""
    poller = await p.logrocket.highlights.request(user_id="1", since=t, until=t)
    assert_type(poller, Poller[HighlightsResult, Async])
    assert_type(await poller.wait(), HighlightsResult)
    assert_type(p.logrocket.exports.list(), AsyncPager[Export])
    assert_type(p.logrocket.exports.sessions(e), AsyncStream[dict[str, Any]])
    assert_type(await p.mapbox.static_map((1, 2)), Image)
    assert_type(p.agora.tokens.rtc("x"), str)
    assert_type(await p.agora.bans.create(uid=1), Ban)
