"""Where something may stand between the wires and the network, such as a recorder in a test. Knows no stack.

Every exchange of every wire passes here if something stands here, each attempt of the engine by itself. What an
attempt asks and what it is told are the same words for all stacks and for both modes.
"""

import re
import zlib
from collections.abc import Awaitable, Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Generator

    from unifykit._core.engine import Account, Engine

R = TypeVar("R")

_UNSEEN = frozenset(("keep-alive", "proxy-connection", "te", "trailer", "upgrade"))
_ADDRESS = re.compile(r" (?:object )?at 0x[0-9a-f]+")


@dataclass(slots=True)
class Asked:
    """An HTTP request as it goes out, credentials and all."""

    method: str
    url: str
    headers: list[tuple[str, str]]
    body: bytes
    engine: "Engine | None" = None


@dataclass(slots=True)
class Commands:
    """Redis commands that go out together."""

    commands: list[list[bytes]]
    engine: "Engine | None" = None


@dataclass(slots=True)
class Failure:
    """How an exchange failed.

    Attributes:
        kind: ``"connect"``, ``"timeout"``, ``"broken"``, ``"tls"`` or ``"pool"``.
        late: True if it ran out of its time.
        text: What the stack said.
        sent: False if nothing of the request can have left.
    """

    kind: str
    late: bool
    text: str
    sent: bool = True


@dataclass(slots=True)
class Told:
    """An HTTP reply. It fills while the reply is read; a failure comes after what was read before it.

    Attributes:
        chunks: The body, decoded.
    """

    status: int = 0
    reason: str = ""
    headers: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    chunks: list[bytes] = field(default_factory=list[bytes])
    failure: Failure | None = None


@dataclass(slots=True)
class Replies:
    """What Redis replied, value by value; an error that it said is one of them."""

    values: list[Any] = field(default_factory=list[Any])
    failure: Failure | None = None


@dataclass(slots=True)
class SaidNo:
    """An error as a Redis server says it."""

    text: str


class Tap(Protocol):
    """What may stand here."""

    def ask(self, asked: Asked) -> Told | None:
        """What the request is told instead of going to the network; None if it is to go there."""
        ...

    def keep(self, asked: Asked, told: Told) -> None:
        """The network was asked this and told that; called once, before the body is there."""
        ...

    def command(self, asked: Commands) -> Replies | None:
        """See `ask`."""
        ...

    def keep_replies(self, asked: Commands, told: Replies) -> None:
        """See `keep`."""
        ...


installed: Tap | None = None
"""What stands here, for the whole process."""

accounts: "WeakKeyDictionary[Account, Any]" = WeakKeyDictionary()
"""The settings of every account that is in use."""

_engine: "ContextVar[Engine | None]" = ContextVar("unifykit_tapped", default=None)


def asking() -> "Engine | None":
    """The engine that drives the attempt that runs here."""
    return _engine.get()


def under(engine: "Engine", send: Callable[[float], R]) -> Callable[[float], R]:
    """The same way to send, which tells who sends."""

    def attempt(timeout: float) -> R:
        with _told(engine):
            return send(timeout)

    return attempt


def aunder(engine: "Engine", send: Callable[[float], Awaitable[R]]) -> Callable[[float], Awaitable[R]]:
    """See `under`."""

    async def attempt(timeout: float) -> R:  # noqa: ASYNC109 -- the engine's
        with _told(engine):
            return await send(timeout)

    return attempt


@contextmanager
def _told(engine: "Engine") -> "Generator[None]":
    token = _engine.set(engine)
    try:
        yield
    finally:
        _engine.reset(token)


def plainly(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """A request's headers, which ask for a body that needs no decoding."""
    kept = [(name, value) for name, value in headers if name.lower() != "accept-encoding"]
    return [*kept, ("accept-encoding", "identity")]


class Decoder:
    """Takes a reply's content coding away, as far as it is one that can be: others stay, and their header with them.

    https://www.rfc-editor.org/rfc/rfc9110#name-content-codings
    """

    def __init__(self, told: Told) -> None:
        coding = ",".join(value for name, value in told.headers if name.lower() == "content-encoding").strip().lower()
        self._decode: Any = None
        if coding in ("gzip", "x-gzip", "deflate"):
            self._decode = zlib.decompressobj(zlib.MAX_WBITS | 32)
            dropped = ("content-encoding", "content-length")
            told.headers[:] = [(name, value) for name, value in told.headers if name.lower() not in dropped]
        told.headers[:] = [(name, value) for name, value in told.headers if name.lower() not in _UNSEEN]

    def feed(self, chunk: bytes) -> bytes:
        """The decoded bytes that are ready."""
        if self._decode is None:
            return chunk
        try:
            return bytes(self._decode.decompress(chunk))
        except zlib.error as error:
            raise ValueError(f"the reply's body is not what its Content-Encoding says: {error}") from None


def failure(kind: str | None, error: BaseException, *, late: bool, sent: bool = True) -> Failure:
    """What a stack's failure is called; its text names no object of this process."""
    return Failure(kind or "broken", late, _ADDRESS.sub("", str(error)), sent)
