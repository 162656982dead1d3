"""Recording what goes on in a channel, into storage of one's own.

https://docs.agora.io/en/api-reference/api-ref/cloud-recording
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from unifykit._core.arguments import given
from unifykit._core.context import current
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation
from unifykit.errors import InvalidRequestError, UnifyError
from unifykit.providers.agora.arguments import channel_name, numeric_uid
from unifykit.providers.agora.errors import UNFINISHED
from unifykit.providers.agora.models import Recording, RecordingStatus
from unifykit.providers.agora.resource import AgoraResource

Mode = Literal["individual", "mix", "web"]
Json = dict[str, Any]

_PAUSES = (3.0, 6.0, 9.0)
"""Seconds before a request that was not completed is sent again, as Agora advises."""


@dataclass(frozen=True, slots=True)
class Storage:
    """Where a recording is kept.

    https://docs.agora.io/en/cloud-recording/reference/region-vendor

    Args:
        vendor: Agora's number of the storage's vendor: 1 for Amazon S3, 6 for Google Cloud.
        region: Agora's number of the vendor's region.
        bucket: The bucket.
        access_key: The vendor's access key.
        secret_key: Its secret.
        prefix: Folders in the bucket, of letters and digits.
    """

    vendor: int
    region: int
    bucket: str
    access_key: str
    secret_key: str = field(repr=False)
    prefix: Sequence[str] = ()

    def fields(self) -> Json:
        """The storage as Agora reads it."""
        keys = {"accessKey": self.access_key, "secretKey": self.secret_key}
        prefix = {"fileNamePrefix": list(self.prefix)} if self.prefix else {}
        return {"vendor": self.vendor, "region": self.region, "bucket": self.bucket, **keys, **prefix}


class Recordings(AgoraResource[M]):
    """`p.agora.recordings`: from the start to the files."""

    @operation(UNSAFE)
    async def start(
        self, channel: str, *, uid: int, storage: Storage, token: str | None = None, mode: Mode = "mix",
        config: Mapping[str, Any] | None = None, files: Sequence[Literal["hls", "mp4"]] = ("hls",),
        page_url: str | None = None, hours: int = 24,
    ) -> Recording:  # fmt: skip
        """Begin to record: a resource is acquired, and a recording started with it.

        A request that Agora did not complete is sent again with the same resource, for which Agora starts no second
        recording, as often as the client's `retry` says.

        https://docs.agora.io/en/api-reference/api-ref/cloud-recording/start

        Args:
            channel: The channel.
            uid: The recorder's own number, which nobody else in the channel may have.
            storage: Where to.
            token: A token for the recorder's uid, where the app demands tokens.
            mode: All in one (``"mix"``), each apart, or a web page.
            config: Agora's ``recordingConfig``, such as ``{"maxIdleTime": 30}``.
            files: The kinds of files of ``"mix"``.
            page_url: The page to record in the mode ``"web"``.
            hours: For how long the recording can be asked about and stopped: 1 to 720.

        Raises:
            ConflictError: This recording runs already; with `maybe_executed`, an earlier attempt of this call started it.
            UnavailableError: Agora did not complete the request.

        Example:
            >>> from unifykit.providers.agora import Storage
            >>> bucket = Storage(vendor=1, region=0, bucket="lessons", access_key="AKIA", secret_key="secret")
            >>> recording = p.agora.recordings.start("lesson", uid=900, storage=bucket)
            >>> p.agora.recordings.query(recording).state.name
            'RECORDING'
        """
        _check(mode, page_url, hours)
        who: Json = {"cname": channel_name(channel), "uid": str(numeric_uid(uid))}
        scene = {"scene": 1 if mode == "web" else 0, "resourceExpiredHour": hours}
        acquired = await self._patiently(lambda: self._post("/acquire", {**who, "clientRequest": scene}))
        request = given(token=token, recordingConfig=dict(config) if config else None)
        request |= {"storageConfig": storage.fields(), **_outputs(mode, files, page_url)}
        resource = str(acquired["resourceId"])
        path = f"{self.path('resourceid', resource, 'mode', mode)}/start"
        begun = await self._patiently(lambda: self._post(path, {**who, "clientRequest": request}))
        return Recording.model_validate({**who, "resourceId": resource, "sid": begun["sid"], "mode": mode})

    @operation(SAFE)
    async def query(self, recording: Recording) -> RecordingStatus:
        """What a recording does.

        https://docs.agora.io/en/api-reference/api-ref/cloud-recording/query

        Args:
            recording: What `start` gave.

        Raises:
            NotFoundError: It has ended, or did not begin: Agora forgets a recording some minutes after its end.

        Example:
            >>> from unifykit.providers.agora import Storage
            >>> bucket = Storage(vendor=1, region=0, bucket="lessons", access_key="AKIA", secret_key="secret")
            >>> p.agora.recordings.query(p.agora.recordings.start("lesson", uid=900, storage=bucket)).state.value
            4
        """
        path = self._root + self._of(recording, "query")
        return RecordingStatus.model_validate(await self._patiently(lambda: self.fetch("GET", path)))

    @operation(IDEMPOTENT)
    async def update(
        self, recording: Recording, *, audio_uids: Sequence[int] | None = None, video_uids: Sequence[int] | None = None,
        on_hold: bool | None = None,
    ) -> RecordingStatus:  # fmt: skip
        """Change who is recorded, or pause the recording of a page.

        https://docs.agora.io/en/api-reference/api-ref/cloud-recording/update

        Args:
            recording: What `start` gave.
            audio_uids: Those who are heard from now on.
            video_uids: Those who are seen from now on.
            on_hold: Pause (True) or go on (False), in the mode ``"web"``.

        Raises:
            NotFoundError: The recording has ended.

        Example:
            >>> from unifykit.providers.agora import Storage
            >>> bucket = Storage(vendor=1, region=0, bucket="lessons", access_key="AKIA", secret_key="secret")
            >>> recording = p.agora.recordings.start("lesson", uid=900, storage=bucket)
            >>> p.agora.recordings.update(recording, audio_uids=[1]).sid == recording.sid
            True
        """
        heard, seen = _subscribed("audio", audio_uids), _subscribed("video", video_uids)
        held = {} if on_hold is None else {"webRecordingConfig": {"onhold": on_hold}}
        streams = {"streamSubscribe": {**heard, **seen}} if heard or seen else {}
        if not streams and not held:
            raise InvalidRequestError("nothing to change: give audio_uids, video_uids or on_hold.")
        body = _named(recording, {**streams, **held})
        path = self._of(recording, "update")
        return RecordingStatus.model_validate(await self._patiently(lambda: self._post(path, body)))

    @operation(IDEMPOTENT)
    async def stop(self, recording: Recording, *, wait: bool = True) -> RecordingStatus:
        """End a recording.

        https://docs.agora.io/en/api-reference/api-ref/cloud-recording/stop

        Args:
            recording: What `start` gave.
            wait: Answer when the files are uploaded, not at once.

        Raises:
            NotFoundError: It has ended. With `maybe_executed`, an earlier attempt of this call may have ended it.

        Example:
            >>> from unifykit.providers.agora import Storage
            >>> bucket = Storage(vendor=1, region=0, bucket="lessons", access_key="AKIA", secret_key="secret")
            >>> recording = p.agora.recordings.start("lesson", uid=900, storage=bucket)
            >>> p.agora.recordings.stop(recording).response["uploadingStatus"]
            'uploaded'
        """
        body = _named(recording, {"async_stop": not wait})
        path = self._of(recording, "stop")
        return RecordingStatus.model_validate(await self._patiently(lambda: self._post(path, body)))

    @property
    def _root(self) -> str:
        return f"{self.path('v1', 'apps', self.app_id)}/cloud_recording"

    def _of(self, recording: Recording, what: str) -> str:
        return self.path("resourceid", recording.resource_id, "sid", recording.sid, "mode", recording.mode, what)

    async def _post(self, path: str, body: Json) -> Json:
        return await self.fetch("POST", self._root + path, body=body)

    async def _patiently(self, step: Callable[[], Awaitable[Json]]) -> Json:
        """Send a request again, with the same parameters, where Agora did not complete it."""
        op = current.get()
        unsafe = False
        for pause in (*_PAUSES[: self._client.link.engine.policy.retry.max_attempts - 1], None):
            try:
                return await step()
            except Exception as error:
                unclear = op is not None and op.maybe_executed
                unfinished = isinstance(error, UnifyError) and error.code == str(UNFINISHED)
                if isinstance(error, UnifyError):
                    error.maybe_executed = error.maybe_executed or unsafe
                if pause is None or not (unclear or unfinished):
                    raise
                unsafe = unsafe or unclear
            await self.pause(pause)
        raise AssertionError  # the last round returns or raises


def _check(mode: str, page_url: str | None, hours: int) -> None:
    longest = 720
    if mode not in get_args(Mode):
        raise InvalidRequestError(f"mode={mode!r}: give one of {', '.join(get_args(Mode))}.")
    if (mode == "web") != (page_url is not None):
        raise InvalidRequestError("page_url goes with mode='web', and with no other.")
    if not 1 <= hours <= longest:
        raise InvalidRequestError(f"hours={hours}: give 1 to {longest}.")


def _outputs(mode: str, files: Sequence[str], page_url: str | None) -> Json:
    kinds = {"recordingFileConfig": {"avFileType": list(files)}} if mode != "individual" else {}
    if mode != "web":
        return kinds
    page = {"url": page_url, "audioProfile": 0, "videoWidth": 1280, "videoHeight": 720, "maxRecordingHour": 1}
    service = {"serviceName": "web_recorder_service", "errorHandlePolicy": "error_abort", "serviceParam": page}
    return {**kinds, "extensionServiceConfig": {"extensionServices": [service]}}


def _subscribed(kind: Literal["audio", "video"], uids: Sequence[int] | None) -> Json:
    if uids is None:
        return {}
    return {f"{kind}UidList": {f"subscribe{kind.title()}Uids": [str(numeric_uid(uid)) for uid in uids]}}


def _named(recording: Recording, request: Json) -> Json:
    return {"cname": recording.channel, "uid": recording.uid, "clientRequest": request}
