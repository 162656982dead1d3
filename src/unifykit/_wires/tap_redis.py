# pyright: reportUnknownMemberType=false, reportUnknownParameterType=false, reportMissingParameterType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportPrivateUsage=false
# pyright: reportIncompatibleMethodOverride=false, reportIncompatibleVariableOverride=false
# The reason: redis-py leaves its connections and pools unannotated.
"""What stands at the tap, under redis-py: connections that only connect if what they send is to go to the network.

A connection's handshake, with its password, happens below and does not pass here.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import redis
import redis.asyncio
import redis.connection
from redis._parsers.base import BaseParser
from redis.exceptions import ResponseError

from unifykit._wires.redis_attempt import running
from unifykit._wires.tap import Commands, Replies, SaidNo, Tap, asking, failure

_OPTIONS = ("protocol", "legacy_responses", "encoding", "encoding_errors", "decode_responses", "retry",
            "maint_notifications_config", "driver_info")  # fmt: skip
_END = "the recording of this connection ends here"


def commands_of(packed: Iterable[Any] | Any) -> list[list[bytes]]:
    """The commands in what a client sends.

    https://redis.io/docs/latest/develop/reference/protocol-spec/#sending-commands-to-a-redis-server
    """
    parts = [packed] if isinstance(packed, str | bytes) else packed
    rest = b"".join(part.encode() if isinstance(part, str) else bytes(part) for part in parts)
    found: list[list[bytes]] = []
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        command: list[bytes] = []
        for _ in range(int(head[1:])):
            size, _, rest = rest.partition(b"\r\n")
            end = int(size[1:])
            command.append(rest[:end])
            rest = rest[end + 2 :]
        found.append(command)
    return found


class _Tapped:
    """What both modes share: what was asked last, and what it was told."""

    tapped = True
    _tap: Tap
    _inner: Any = None
    _told: Replies
    _left: deque[Any] | None = None
    """What is left to be played; None while the network is asked."""

    def _ask(self, packed: Any) -> Commands | None:
        """Ask the tap; what is to go to the network, or None."""
        asked = Commands(commands_of(packed), asking())
        told = self._tap.command(asked)
        if told is None:
            self._left, self._told = None, Replies()
            return asked
        self._left, self._told = deque(told.values), told
        if told.failure is not None and not told.failure.sent:
            raise _error(told)
        _sent()
        return None

    def _next(self) -> Any:
        assert self._left is not None
        if not self._left:
            raise _error(self._told)
        value = _live(self._left.popleft())
        if isinstance(value, Exception):
            raise value
        return value

    def _heard(self, value: Any) -> Any:
        self._told.values.append(_plain(value))
        return value

    def _failed(self, error: BaseException) -> None:
        if isinstance(error, ResponseError) or getattr(error, "status_code", None):
            self._told.values.append(_plain(error))
            return
        attempt = running.get()
        late = isinstance(error, redis.TimeoutError | asyncio.CancelledError)
        sent = attempt is None or attempt.sent
        kind = ("timeout" if late else "broken") if sent else "connect"
        kind = "pool" if isinstance(error, redis.MaxConnectionsError) else kind
        self._told.failure = failure(kind, error, late=late, sent=sent)


def _sent() -> None:
    attempt = running.get()
    if attempt is not None:
        attempt.sent = True


def _plain(value: Any) -> Any:
    """A reply that nobody changes any more."""
    if isinstance(value, Exception):
        code = getattr(value, "status_code", None)
        return SaidNo(f"{code} {value}" if code else str(value))
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(part) for part in value]
    if isinstance(value, dict):
        return {_plain(key): _plain(part) for key, part in value.items()}
    return value


def _live(value: Any) -> Any:
    """A reply as redis-py's parser gives it."""
    if isinstance(value, SaidNo):
        return BaseParser.parse_error(value.text)  # type: ignore[no-untyped-call]
    if isinstance(value, list):
        return [_live(part) for part in value]
    return {key: _live(part) for key, part in value.items()} if isinstance(value, dict) else value


def _error(told: Replies) -> Exception:
    found = told.failure
    if found is None:
        return redis.ConnectionError(_END)
    if found.kind == "pool":
        return redis.MaxConnectionsError(found.text)
    return redis.TimeoutError(found.text) if found.late else redis.ConnectionError(found.text)


def _options(pool: Any) -> dict[str, Any]:
    return {name: pool.connection_kwargs[name] for name in _OPTIONS if name in pool.connection_kwargs}


class TappedConnection(_Tapped, redis.connection.Connection):
    """A connection for threads."""

    def __init__(self, standing: Tap, pool: Any, borrow: Callable[[], Any], release: Callable[[Any], Any]) -> None:
        self._tap = standing
        self._borrow = borrow
        self._release = release
        super().__init__(**_options(pool))  # type: ignore[no-untyped-call]

    @property
    def is_connected(self) -> bool:
        return True

    def connect(self) -> None:
        """It connects when it sends."""

    def check_health(self) -> None:
        """The inner connection does."""

    def disconnect(self, *_: Any, **__: Any) -> None:
        if self._inner is not None:
            self._inner.disconnect()
        self.give_back()

    def give_back(self) -> None:
        """Give the inner connection back to its pool."""
        inner, self._inner, self._left = self._inner, None, deque()
        if inner is not None:
            self._release(inner)

    def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        asked = self._ask([*command] if not isinstance(command, str | bytes) else command)
        if asked is None:
            return
        try:
            self._inner = self._inner or self._borrow()
            self._inner.send_packed_command(command, check_health)
        except Exception as error:
            self._failed(error)
            raise
        finally:
            self._tap.keep_replies(asked, self._told)

    def can_read(self, timeout: float = 0) -> bool:
        if self._left is None:
            return bool(self._inner is not None and self._inner.can_read(timeout))
        if not self._left and timeout:
            time.sleep(timeout)
        return bool(self._left)

    def read_response(self, *given: Any, **named: Any) -> Any:
        if self._left is not None:
            return self._next()
        try:
            return self._heard(self._inner.read_response(*given, **named))
        except Exception as error:
            late = isinstance(error, redis.TimeoutError)
            if not (late and named.get("timeout")):  # the end of a subscriber's patience is no failure
                self._failed(error)
            raise


class AsyncTappedConnection(_Tapped, redis.asyncio.Connection):
    """A connection for an event loop."""

    def __init__(
        self, standing: Tap, pool: Any, borrow: Callable[[], Awaitable[Any]], release: Callable[[Any], Awaitable[Any]]
    ) -> None:
        self._tap = standing
        self._borrow = borrow
        self._release = release
        super().__init__(**_options(pool))

    @property
    def is_connected(self) -> bool:
        return True

    async def connect(self) -> None:
        """It connects when it sends."""

    async def check_health(self) -> None:
        """The inner connection does."""

    async def disconnect(self, *given: Any, **named: Any) -> None:
        if self._inner is not None:
            await self._inner.disconnect(*given, **named)
        await self.give_back()

    async def give_back(self) -> None:
        """Give the inner connection back to its pool."""
        inner, self._inner, self._left = self._inner, None, deque()
        if inner is not None:
            await self._release(inner)

    async def send_packed_command(self, command: Any, check_health: bool = True) -> None:
        asked = self._ask([*command] if not isinstance(command, str | bytes) else command)
        if asked is None:
            return
        try:
            self._inner = self._inner or await self._borrow()
            await self._inner.send_packed_command(command, check_health)
        except (Exception, asyncio.CancelledError) as error:
            self._failed(error)
            raise
        finally:
            self._tap.keep_replies(asked, self._told)

    async def read_response(self, *given: Any, **named: Any) -> Any:
        patience = named.get("timeout")
        if self._left is not None:
            if not self._left and isinstance(patience, int | float) and patience < float("inf"):
                await asyncio.sleep(patience)
                return None
            return self._next()
        try:
            value = await self._inner.read_response(*given, **named)
        except (Exception, asyncio.CancelledError) as error:
            late = isinstance(error, asyncio.CancelledError)
            if not (late and patience is not None):
                self._failed(error)
            raise
        return value if value is None and patience is not None else self._heard(value)
