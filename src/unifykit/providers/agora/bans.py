"""Keeping users out, or silent.

https://docs.agora.io/en/api-reference/api-ref/rtc/create-rules
"""

from collections.abc import Sequence
from typing import Any

from unifykit._core.arguments import given
from unifykit._core.context import Operation, current
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.agora.arguments import (
    Privilege,
    address,
    ban_seconds,
    channel_name,
    numeric_uid,
    taken_away,
)
from unifykit.providers.agora.models import Ban
from unifykit.providers.agora.resource import AgoraResource

_PATH = "/dev/v1/kicking-rule"
_SKEW = 60.0
"""Seconds by which Agora's clock may differ from ours."""


class Bans(AgoraResource[M]):
    """`p.agora.bans`: who may not do what, and for how long."""

    @operation(UNSAFE)
    async def create(
        self, channel: str | None = None, *, uid: int | None = None, ip: str | None = None, seconds: int = 3600,
        privileges: Sequence[Privilege] = ("join_channel",),
    ) -> Ban:  # fmt: skip
        """Keep somebody from joining, or from publishing. At least one of `channel`, `uid` and `ip` says whom.

        Where Agora did not answer, its rules are read before the request is sent again: a ban that was made is found, not
        made twice.

        https://docs.agora.io/en/api-reference/api-ref/rtc/create-rules

        Args:
            channel: In which channel; in all of the app where it is not given.
            uid: Which user's number; all where it is not given.
            ip: From which address; from all where it is not given.
            seconds: For how long: 10 to 86,430; 0 throws out without a ban.
            privileges: What is taken away.

        Raises:
            DeadlineExceededError: Agora did not answer, and its rules could not be read; see `maybe_executed`.

        Example:
            >>> ban = p.agora.bans.create("lesson", uid=2, seconds=600, privileges=["publish_audio"])
            >>> ban.id in [one.id for one in p.agora.bans.list()]
            True
        """
        wanted = given(
            cname=None if channel is None else channel_name(channel),
            uid=None if uid is None else numeric_uid(uid),
            ip=address(ip),
        )
        if not wanted:
            raise InvalidRequestError("a ban of nobody in particular: give a channel, a uid or an ip.")
        wanted |= {"time_in_seconds": ban_seconds(seconds), "privileges": taken_away(privileges)}
        tries = self._client.link.engine.policy.retry.max_attempts
        while True:
            tries -= 1
            found = await self._try(wanted, last=tries <= 0)
            if found is not None:
                return found

    async def _try(self, wanted: dict[str, Any], *, last: bool) -> Ban | None:
        """The ban, or None if it certainly was not made and may be tried again."""
        began = self._client.link.clock.wall()
        try:
            body = await self.fetch("POST", _PATH, body={"appid": self.app_id, **wanted})
        except Exception:
            op = current.get()
            if op is None or not op.maybe_executed or not wanted["time_in_seconds"]:
                raise
            found = await self._made(op, wanted, began)
            if found is None and (last or op.maybe_executed):  # the rules could not be read
                raise
            return found
        return Ban.model_validate({**wanted, "id": body["id"], "ts": began + wanted["time_in_seconds"]})

    async def _made(self, op: Operation, wanted: dict[str, Any], began: float) -> Ban | None:
        """The ban among Agora's rules; where they cannot be read, the operation stands as it stood before."""
        last, outcome = op.last, op.outcome
        try:
            rules = await self._rules()
        except Exception:  # noqa: BLE001 -- whatever it is, the first failure is the one to tell
            op.last, op.outcome, op.maybe_executed = last, outcome, True
            return None
        op.last, op.outcome = last, outcome
        found = [rule for rule in rules if _same(rule, wanted, began)]
        return max(found, key=lambda rule: rule.id, default=None)

    @paged
    async def list(self, page: int | None) -> Page[Ban, int]:  # noqa: ARG002 -- there is only one
        """All rules that are in force. Agora gives them on one page, and may leave some out when its network is poor.

        https://docs.agora.io/en/api-reference/api-ref/rtc/get-rules

        Example:
            >>> p.agora.bans.list().collect()
            []
        """
        return Page(await self._rules())

    @operation(IDEMPOTENT)
    async def update(self, ban: int, *, minutes: int) -> Ban:
        """Change when a ban ends.

        https://docs.agora.io/en/api-reference/api-ref/rtc/update-rules

        Args:
            ban: Its id.
            minutes: For how long from now: 1 to 1,440.

        Raises:
            NotFoundError: There is no such ban, or it has ended.

        Example:
            >>> ban = p.agora.bans.create("lesson", uid=2)
            >>> p.agora.bans.update(ban.id, minutes=5).id == ban.id
            True
        """
        longest = 1440
        if not 1 <= minutes <= longest:
            raise InvalidRequestError(f"minutes={minutes}: give 1 to {longest}.")
        began = self._client.link.clock.wall()
        await self.fetch("PUT", _PATH, body={"appid": self.app_id, "id": ban, "time": minutes})
        return Ban.model_validate({"id": ban, "ts": began + minutes * 60})

    @operation(IDEMPOTENT)
    async def delete(self, ban: int) -> None:
        """End a ban.

        https://docs.agora.io/en/api-reference/api-ref/rtc/delete-rules

        Args:
            ban: Its id.

        Raises:
            NotFoundError: There is no such ban. With `maybe_executed`, an earlier attempt of this call may have ended it.

        Example:
            >>> p.agora.bans.delete(p.agora.bans.create("lesson", uid=2).id)
        """
        await self.fetch("DELETE", _PATH, body={"appid": self.app_id, "id": ban})

    async def _rules(self) -> Sequence[Ban]:
        body = await self.fetch("GET", _PATH, {"appid": self.app_id})
        return [Ban.model_validate(one) for one in body["rules"]]


def _same(rule: Ban, wanted: dict[str, Any], began: float) -> bool:
    """Whether a rule is the one that was wanted, and not an older one that ends sooner."""
    whom = (rule.channel or None, rule.uid or None, rule.ip or None)
    lasts = rule.expires_at is not None and rule.expires_at.timestamp() >= began + wanted["time_in_seconds"] - _SKEW
    return (
        whom == (wanted.get("cname"), wanted.get("uid"), wanted.get("ip"))
        and sorted(rule.privileges) == wanted["privileges"]
        and lasts
    )
