"""What Redis's operations give back."""

import functools
import json
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from unifykit._core.model import Model


class Session(Model):
    """A user's session.

    Attributes:
        id: The secret that a cookie carries; not shown when the session is printed.
        user: Whose it is, if that was said.
        data: What was stored.
        created_at: When it began, by the server's clock.
        expires_at: When it ends if nobody uses it before.
    """

    id: str = Field(repr=False)
    user: str | None
    data: dict[str, Any]
    created_at: datetime
    expires_at: datetime


class RateLimitHit(Model):
    """What a rate limit said to one hit.

    Attributes:
        allowed: Whether it may go on; a hit that may not is not counted.
        limit: Hits in a period.
        remaining: Hits left now.
        retry_after: Seconds until the same hit would be allowed; 0 if it is.
        reset_after: Seconds until the whole limit is free again.
    """

    allowed: bool
    limit: int
    remaining: int
    retry_after: float
    reset_after: float


def _read(body: bytes) -> Any:
    """JSON where it is JSON, else text."""
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")


class Message(Model):
    """A message from a channel.

    Attributes:
        channel: Where it was published.
        body: Its bytes.
        pattern: The pattern that matched, for a subscription to patterns.
    """

    channel: str
    body: bytes
    pattern: str | None = None

    @functools.cached_property
    def data(self) -> Any:
        """The body as JSON, or as text where it is none."""
        return _read(self.body)


class Entry(Model):
    """An entry of a stream.

    Attributes:
        id: Its id, ``"<milliseconds>-<number>"``.
        fields: Its fields' bytes.
        delivered: How often a consumer group has handed it out; 0 if that is not known.
    """

    id: str
    fields: dict[str, bytes]
    delivered: int = 0

    @functools.cached_property
    def data(self) -> dict[str, Any]:
        """The fields as JSON, or as text where they are none."""
        return {name: _read(body) for name, body in self.fields.items()}


class Pending(Model):
    """An entry that a consumer has not acknowledged.

    Attributes:
        id: The entry's id.
        consumer: Who has it.
        idle: Seconds since it was handed out.
        delivered: How often it was handed out.
    """

    id: str
    consumer: str
    idle: float
    delivered: int


class ServerInfo(Model):
    """What a server says of itself; `raw` has the rest of ``INFO``.

    Attributes:
        server: What it is.
        version: Its version.
        mode: ``"standalone"``, ``"cluster"`` or ``"sentinel"``.
        role: ``"master"`` or ``"slave"``, in Redis's words.
        uptime: Seconds since it started.
        clients: Connections to it.
        used_memory: Bytes in use.
        max_memory: Bytes it may use; 0 for no limit.
    """

    server: Literal["redis", "valkey"]
    version: str
    mode: str
    role: str
    uptime: int
    clients: int
    used_memory: int
    max_memory: int

    def __repr_args__(self) -> Any:
        """The fields that have names here; the rest of ``INFO`` fills a screen."""
        return [(name, getattr(self, name)) for name in type(self).model_fields]
