"""Who is where."""

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.agora.arguments import channel_name, numeric_uid
from unifykit.providers.agora.models import Channel, ChannelUsers, UserStatus
from unifykit.providers.agora.resource import AgoraResource

_MOST = 500


class Channels(AgoraResource[M]):
    """`p.agora.channels`: what goes on now."""

    @paged
    async def list(self, page: int | None, *, per_page: int = 100) -> Page[Channel, int]:
        """The app's channels. Those that begin or end meanwhile may be missing, or come twice.

        https://docs.agora.io/en/api-reference/api-ref/rtc/query-channel-list

        Args:
            per_page: How many a request brings, at most 500.

        Example:
            >>> [channel.name for channel in p.agora.channels.list()]
            ['lesson', 'stage']
        """
        if not 1 <= per_page <= _MOST:
            raise InvalidRequestError(f"per_page={per_page}: give 1 to {_MOST}.")
        number = page or 0
        path = self.path("dev", "v1", "channel", self.app_id)
        data = (await self.fetch("GET", path, {"page_no": number, "page_size": per_page}))["data"]
        found = [Channel.model_validate(one) for one in data["channels"]]
        total = int(data["total_size"])
        return Page(found, range(number + 1, -(-total // per_page)), total)

    @operation(SAFE)
    async def users(self, channel: str, *, hosts_only: bool = False) -> ChannelUsers:
        """Who is in a channel.

        https://docs.agora.io/en/api-reference/api-ref/rtc/query-user-list

        Args:
            channel: The channel.
            hosts_only: Leave the audience of a broadcast out.

        Example:
            >>> p.agora.channels.users("lesson").users
            [1, 2]
            >>> p.agora.channels.users("nowhere").exists
            False
        """
        parts = ["dev", "v1", "channel", "user", self.app_id, channel_name(channel)]
        body = await self.fetch("GET", self.path(*parts, *(["hosts_only"] if hosts_only else [])))
        return ChannelUsers.model_validate(body["data"])

    @operation(SAFE)
    async def user_status(self, channel: str, uid: int) -> UserStatus:
        """What a user does in a channel.

        https://docs.agora.io/en/api-reference/api-ref/rtc/query-user-status

        Args:
            channel: The channel.
            uid: The user's number; Agora knows no names here.

        Example:
            >>> p.agora.channels.user_status("lesson", 1).in_channel
            True
        """
        path = self.path(
            "dev", "v1", "channel", "user", "property", self.app_id, str(numeric_uid(uid)), channel_name(channel)
        )
        return UserStatus.model_validate((await self.fetch("GET", path))["data"])
