"""What Agora's operations give."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from unifykit._core.model import Model


def _moment(value: Any) -> Any:
    return value or None  # an empty text, and 0


Instant = Annotated[datetime | None, BeforeValidator(_moment)]
"""An aware moment, of a text or of epoch seconds."""

_NO_STREAMS: Sequence[int] = ()


class Channel(Model):
    """A channel with somebody in it.

    https://docs.agora.io/en/api-reference/api-ref/rtc/query-channel-list
    """

    name: str = Field(alias="channel_name")
    user_count: int


class ChannelUsers(Model):
    """Who is in a channel. A channel that does not exist has nobody in it.

    Attributes:
        exists: Whether the channel exists.
        mode: 1 for communication, 2 for live broadcasting.
        users: Those of a communication.
        broadcasters: The hosts of a broadcast.
        audience: The audience of a broadcast, the first 10,000 of it.
        audience_total: How many the audience are.
    """

    exists: bool = Field(alias="channel_exist")
    mode: int | None = None
    total: int | None = None
    users: Sequence[int] = _NO_STREAMS
    broadcasters: Sequence[int] = _NO_STREAMS
    audience: Sequence[int] = _NO_STREAMS
    audience_total: int | None = None


class UserStatus(Model):
    """What one user does in a channel.

    Attributes:
        role: 0 unknown, 1 in a communication, 2 a host, 3 of the audience.
    """

    in_channel: bool
    uid: int | None = None
    joined: Instant = Field(default=None, alias="join")
    platform: int | None = None
    role: int | None = None


class Ban(Model):
    """A rule that keeps somebody from doing something.

    Attributes:
        channel: In which channel; None for every one.
        uid: Which user; None for all.
        ip: From which address; None for all.
        expires_at: When it ends.
    """

    id: int
    channel: str | None = Field(default=None, alias="cname")
    uid: int | None = None
    ip: str | None = None
    privileges: Sequence[str] = ()
    expires_at: Instant = Field(default=None, alias="ts")
    created_at: Instant = Field(default=None, alias="createAt")
    updated_at: Instant = Field(default=None, alias="updateAt")


class Recording(Model):
    """A recording that was started; keep it, every later question needs all of it."""

    resource_id: str = Field(alias="resourceId")
    sid: str
    channel: str = Field(alias="cname")
    uid: str
    mode: str = "mix"


class RecordingState(IntEnum):
    """What a recording does.

    https://docs.agora.io/en/api-reference/api-ref/cloud-recording/query
    """

    IDLE = 0
    READY = 1
    STARTING = 2
    STARTED = 3
    RECORDING = 4
    STREAMING = 5
    WRITING = 6
    UPLOADING = 7
    STOPPED = 8
    ABNORMAL = 20


class RecordingStatus(Model):
    """What a recording has done so far.

    Attributes:
        response: Agora's own details, which differ with the mode: files, upload, errors.
    """

    resource_id: str = Field(alias="resourceId")
    sid: str
    response: Mapping[str, Any] = Field(default_factory=dict[str, Any], alias="serverResponse")

    @property
    def state(self) -> RecordingState | int | None:
        """What it does; a number that is not known here stays a number."""
        found = self.response.get("status")
        if not isinstance(found, int):
            return None
        return RecordingState(found) if found in RecordingState.__members__.values() else found

    @property
    def files(self) -> Sequence[Mapping[str, Any]]:
        """The files as far as they are known; empty where Agora names only one list for all."""
        found = self.response.get("fileList")
        return found if isinstance(found, list) else ()  # pyright: ignore[reportUnknownVariableType]
