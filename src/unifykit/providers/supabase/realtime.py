"""Realtime: changes as they happen, messages between clients, and who is there."""

from typing import TYPE_CHECKING, Never, cast, overload

from unifykit._core.extras import extra
from unifykit._core.mode import Async, M, Sync
from unifykit.errors import InvalidRequestError, UnsupportedError
from unifykit.providers.supabase.channel import Channel
from unifykit.providers.supabase.errors import refused
from unifykit.providers.supabase.reception import Options
from unifykit.providers.supabase.resource import SupabaseResource

if TYPE_CHECKING:
    from unifykit._core.client import Client


class Realtime(SupabaseResource[M]):
    """`p.supabase.realtime`: changes as they happen."""

    @overload
    def channel(
        self: "Realtime[Async]", name: str, *, private: bool = False, receive_own: bool = False,
        acknowledge: bool = False, presence_key: str = "", backlog: int = 1000,
    ) -> Channel: ...  # fmt: skip
    @overload
    def channel(
        self: "Realtime[Sync]", name: str, *, private: bool = False, receive_own: bool = False,
        acknowledge: bool = False, presence_key: str = "", backlog: int = 1000,
    ) -> Never: ...  # fmt: skip
    def channel(
        self,
        name: str,
        *,
        private: bool = False,
        receive_own: bool = False,
        acknowledge: bool = False,
        presence_key: str = "",
        backlog: int = 1000,
    ) -> Channel:
        """A channel, which is not joined yet: say what it is for, then subscribe.

        https://supabase.com/docs/reference/python/subscribe

        Args:
            name: Its name, which all who meet there use.
            private: Whether the project's policies on ``realtime.messages`` decide who may join.
            receive_own: Whether this client's own broadcasts come back to it.
            acknowledge: Whether `broadcast` waits until the server says that it has the message.
            presence_key: Under which key this client is present; the server makes one up otherwise.
            backlog: How many messages may wait for a slow consumer. When more come, the oldest are dropped, and a
                `Missed` says how many.

        Raises:
            UnsupportedError: In sync mode.
        """
        if not self._client.is_async:
            raise UnsupportedError(
                f"channel {name!r}: realtime is async only, as in supabase-py: use AsyncPlatforms.",
                provider="supabase", operation="realtime.channel",
            )  # fmt: skip
        if not name or backlog < 1:
            raise InvalidRequestError(
                "channel(name, backlog=…) takes a name, and a number of messages from 1.",
                provider="supabase", operation="realtime.channel",
            )  # fmt: skip
        with extra("supabase", ("websockets",)):
            from unifykit._wires import endpoint, phoenix
        known, client = self._credentials, cast("Client[Async]", self._client)
        url = f"ws{known.url.rstrip('/').removeprefix('http')}/realtime/v1/websocket"
        wire = client.link.share(
            "realtime",
            lambda: phoenix.Realtime(endpoint.Endpoint(client, url, known.key, refused)),
        )
        return Channel(client, name, wire, Options(private, receive_own, acknowledge, presence_key), backlog)
