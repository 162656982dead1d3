"""What a channel hears: which messages are for whom, and who is present."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar, cast

from unifykit.errors import InvalidRequestError, UnexpectedResponseError, UnifyError
from unifykit.providers.supabase.models import Broadcast, Happening, Missed, PostgresChange, Presence

if TYPE_CHECKING:
    from pydantic import SecretStr

    from unifykit._wires.backlog import Backlog

T = TypeVar("T")
Payload = dict[str, Any]
Callback = Callable[[T], object]
"""Called with each item; what it returns is awaited if it can be."""

Call = tuple[Callback[Any], Happening]


@dataclass
class Watch:
    """One wish to be told of changes of a table."""

    asked: dict[str, str]
    callback: Callback[PostgresChange] | None
    number: int | None = None


@dataclass
class Options:
    """How a channel is joined."""

    private: bool = False
    receive_own: bool = False
    acknowledge: bool = False
    presence_key: str = ""


@dataclass
class Reception:
    """The wishes of one channel, and where what comes is put.

    Attributes:
        items: What waits for `async for`.
        calls: What waits for callbacks.
    """

    options: Options
    token: "SecretStr | None"
    items: "Backlog[Happening]"
    calls: "Backlog[Call]" = field(init=False)
    watches: list[Watch] = field(default_factory=list[Watch])
    broadcasts: list[tuple[str, Callback[Broadcast] | None]] = field(
        default_factory=list[tuple[str, Callback[Broadcast] | None]]
    )
    presences: list[Callback[Presence] | None] = field(default_factory=list[Callback[Presence] | None])
    misses: list[Callback[Missed]] = field(default_factory=list[Callback[Missed]])
    state: dict[str, dict[str, Payload]] = field(default_factory=dict[str, dict[str, Payload]])

    @property
    def iterated(self) -> bool:
        """Whether something is to come in `async for`."""
        callbacks = [one.callback for one in self.watches] + [one for _, one in self.broadcasts] + self.presences
        return None in callbacks

    @property
    def called(self) -> bool:
        """Whether there are callbacks."""
        callbacks = [one.callback for one in self.watches] + [one for _, one in self.broadcasts] + self.presences
        return bool(self.misses) or any(one is not None for one in callbacks)

    def asks(self) -> Payload:
        """What to join with."""
        wishes = self.options
        config = {
            "broadcast": {"ack": wishes.acknowledge, "self": wishes.receive_own},
            "presence": {"key": wishes.presence_key, "enabled": bool(self.presences)},
            "postgres_changes": [one.asked for one in self.watches],
            "private": wishes.private,
        }
        return {"config": config, **({} if self.token is None else {"access_token": self.token.get_secret_value()})}

    def joined(self, response: Payload) -> bool:
        """It is joined; the database says in a message of its own when it listens."""
        numbered = cast("list[Payload]", response.get("postgres_changes") or [])
        if len(numbered) != len(self.watches):
            raise UnexpectedResponseError("the server did not take over what the channel is to be told of.")
        for watch, known in zip(self.watches, numbered, strict=True):
            watch.number = known.get("id")
        return bool(self.watches)

    def rejoined(self) -> None:
        """What happened meanwhile is not told."""
        self._give(Missed(why="reconnected"), [*self.misses, *([None] if self.iterated else [])])

    def heard(self, event: str, payload: Payload) -> None:
        """Put a message where it belongs."""
        if event == "postgres_changes":
            self._changed(payload)
        elif event == "broadcast":
            self._told(payload)
        elif event == "presence_state":
            self._present(payload)
        elif event == "presence_diff":
            self._came_and_went(_metas(payload.get("joins")), _metas(payload.get("leaves")))

    def ended(self, error: UnifyError | None) -> None:
        """Nothing comes any more."""
        if error is None:
            self.calls.drop()
            self.items.drop()
        self.calls.end()
        self.items.end(error)

    def lost_calls(self, count: int) -> Call:
        """What stands for calls that never come."""
        return self._miss, Missed(why="slow", count=count)

    def _miss(self, what: Missed) -> None:
        for callback in reversed(self.misses):
            self.calls.put_first((callback, what))

    def _give(self, item: Happening, callbacks: "list[Callback[Any] | None]") -> None:
        for callback in callbacks:
            if callback is not None:
                self.calls.put((callback, item))
        if None in callbacks:
            self.items.put(item)

    def _changed(self, payload: Payload) -> None:
        numbers = cast("list[int]", payload.get("ids") or [])
        change = PostgresChange.model_validate(payload["data"])
        self._give(change, [one.callback for one in self.watches if one.number in numbers])

    def _told(self, payload: Payload) -> None:
        message = Broadcast.model_validate(payload)
        name = message.event.lower()  # as the SDK compares them
        self._give(message, [callback for event, callback in self.broadcasts if event.lower() in ("*", name)])

    def _present(self, payload: Payload) -> None:
        now, before = _metas(payload), self.state
        joins = {key: _without(metas, before.get(key, {})) for key, metas in now.items()}
        leaves = {key: _without(metas, now.get(key, {})) for key, metas in before.items()}
        self._came_and_went(joins, leaves)

    def _came_and_went(self, joins: dict[str, dict[str, Payload]], leaves: dict[str, dict[str, Payload]]) -> None:
        for key, metas in joins.items():
            self.state.setdefault(key, {}).update(metas)
            self._say("join", key, metas)
        for key, metas in leaves.items():
            here = self.state.get(key, {})
            gone = {ref: here.pop(ref) for ref in metas if ref in here}
            if not here:
                self.state.pop(key, None)
            self._say("leave", key, gone)
        self._give(Presence(event="sync"), self.presences)

    def _say(self, event: str, key: str, metas: dict[str, Payload]) -> None:
        if metas:
            self._give(Presence(event=event, key=key, presences=list(metas.values())), self.presences)


async def call(what: Call) -> None:
    """Call a callback."""
    callback, item = what
    found = callback(item)
    if inspect.isawaitable(found):
        await found


def _metas(payload: Any) -> dict[str, dict[str, Payload]]:
    """What is tracked, by key and by the server's reference for it."""
    given = cast("dict[str, Payload]", payload or {})
    return {key: {meta["phx_ref"]: meta for meta in one["metas"]} for key, one in given.items()}


def _without(metas: dict[str, Payload], others: dict[str, Payload]) -> dict[str, Payload]:
    return {ref: meta for ref, meta in metas.items() if ref not in others}


def checked_filter(table: str | None, filter: str | None) -> None:  # noqa: A002 -- the vendor's word
    """Refuse a filter that the server cannot read."""
    if filter is None:
        return
    if table is None:
        raise InvalidRequestError("a filter needs a table: on_postgres_changes(event, table=…, filter=…).")
    column, equals, rest = filter.partition("=")
    if not column or not equals or "." not in rest:
        raise InvalidRequestError(f"a filter is column=operator.value, such as 'room=eq.lobby', not {filter!r}.")
