# pyright: reportUnknownMemberType=false, reportUnknownLambdaType=false
# The reason: redis-py leaves the replies of some commands unannotated.
"""Messages to whoever listens now.

https://redis.io/docs/latest/develop/interact/pubsub/
"""

from collections.abc import AsyncGenerator, Sequence
from typing import Any

from unifykit._core.context import allowed, current
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, UNSAFE, operation
from unifykit._core.stream import OPENED, streamed
from unifykit.errors import DeadlineExceededError, InvalidRequestError
from unifykit.providers.redis.codec import encode, text
from unifykit.providers.redis.errors import is_lost
from unifykit.providers.redis.models import Message
from unifykit.providers.redis.resource import RedisResource

_HEARTBEAT = 1.0


class Pubsub(RedisResource[M]):
    """`p.redis.pubsub`: a message reaches those who listen when it is published, and nobody else. See `streams` for more."""

    @operation(UNSAFE)
    async def publish(self, channel: str, data: Any) -> int:
        """Send a message; returns how many subscribers got it.

        https://redis.io/docs/latest/commands/publish/

        Args:
            channel: Where to.
            data: What JSON can hold.

        Example:
            >>> p.redis.pubsub.publish("news", {"title": "nobody listens"})
            0
        """
        if not channel:
            raise InvalidRequestError("the channel is empty: give it a name.")
        body = encode(data)
        return int(await self.ask(lambda r: r.publish(channel, body)))

    @streamed(SAFE, opens=True)
    async def subscribe(self, *channels: str, patterns: Sequence[str] = ()) -> AsyncGenerator[Message, None]:
        """Listen to channels, on a connection of its own, until the stream is closed.

        The subscription stands when the ``with`` block begins (without one, when the first item is asked for). A connection that breaks is made anew as the
        client's `retry` says; what was published meanwhile is lost.

        https://redis.io/docs/latest/commands/subscribe/

        Args:
            channels: Their names.
            patterns: Patterns of names, such as ``"news.*"``.

        Raises:
            ConnectionFailedError: The connection could not be made anew.

        Example:
            >>> def listen():
            ...     with p.redis.pubsub.subscribe("news") as messages:
            ...         for message in messages:
            ...             print(message.channel, message.data)
        """
        if not channels and not patterns:
            raise InvalidRequestError("subscribe() needs a channel or a pattern.")
        line = await self.ask(lambda r: _begin(r, channels, patterns))
        try:
            yield OPENED
            while True:
                try:
                    heard = await self._hear(line)
                except Exception as error:
                    if not is_lost(error):
                        raise
                    await self.ask(lambda _: line.hang_up())  # noqa: B023 -- called at once
                    line = await self.ask(lambda r: _begin(r, channels, patterns))
                    continue
                if heard is not None:
                    yield _message(heard)
        finally:
            await self.ask(lambda _: line.hang_up())

    async def _hear(self, line: Any) -> dict[str, Any] | None:
        """What came within a moment."""
        op = current.get()
        limit = None if op is None else op.sooner(allowed.get())
        if limit is not None and limit.at <= self.now():
            raise DeadlineExceededError(f"no message within {limit.seconds:.3g} s.", phase="attempt")
        return await self.ask(lambda _: line.heard(min(_HEARTBEAT, self.patience(_HEARTBEAT))))


def _begin(r: Any, channels: Sequence[str], patterns: Sequence[str]) -> Any:
    return r.subscription(channels, patterns)


def _message(heard: dict[str, Any]) -> Message:
    pattern = heard.get("pattern")
    return Message(
        channel=text(heard["channel"]), body=heard["data"], pattern=None if pattern is None else text(pattern)
    )
