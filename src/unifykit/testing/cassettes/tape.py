"""The cassette itself: what it records, and what it plays."""

import os
import threading
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self, cast
from weakref import WeakSet

from unifykit import settings as models
from unifykit._core.clock import Clock
from unifykit._core.engine import Account, Engine
from unifykit._wires import tap
from unifykit._wires.clock import SYSTEM
from unifykit._wires.tap import Asked, Commands, Replies, Tap, Told
from unifykit.errors import InvalidRequestError
from unifykit.platforms import PROVIDERS
from unifykit.testing.cassettes import document, written
from unifykit.testing.cassettes.accounts import home_of, secrets_around, secrets_in_use, settings_of, shown
from unifykit.testing.cassettes.errors import CassetteError, NotRecordedError
from unifykit.testing.cassettes.matching import Matcher, likeness, renamed, title
from unifykit.testing.cassettes.redaction import Redactor
from unifykit.testing.cassettes.secrets import carried
from unifykit.testing.cassettes.written import Written

__all__ = ["Cassette", "Mode"]

Mode = Literal["replay", "record", "once"]

VARIABLE = "UNIFYKIT_CASSETTES"
_MODES = ("replay", "record", "once")
_SHOWN = 6


class Cassette:
    """Records what the platforms answer, or plays it, for as long as the block lasts.

    ```python
    with Cassette("tests/cassettes/issue.json"), Platforms() as p:
        p.github.issues.create("octo/hello", title="found by a test")
    ```

    Everything that this process asks of a platform in the block is on the cassette, whichever `Platforms` or
    `AsyncPlatforms` asks, and whenever that was made: operations and the SDKs' own clients, over HTTP and to Redis. A
    cassette recorded in sync mode plays in async mode, and the other way round. Each attempt is recorded by itself, so
    that faults and retries are played too; waits between them are those of the `Platforms` that plays (give it a
    `VirtualClock`).

    A request is answered by the first recorded one that is the same: method, address (the platform's own host is one
    wherever it is), query in any order, body by its content, and Redis commands by their parts. Ids, keys and times that
    are made anew for each run may differ in bodies and commands. Each answer is played once.

    No secret is written: credentials, cookies, signatures of addresses, and what goes by a secret's name are replaced.
    Before the file is written its bytes are searched for every configured secret, also in base64, percent-encoded,
    escaped, or in a token's claims; if one is found nothing is written. Secrets of fewer than 6 characters are not searched for.

    Args:
        path: The file, ``….json``.
        mode: ``"replay"`` never reaches the network; ``"record"`` always does, and writes the file anew; ``"once"``
            records if there is no such file yet. Where it is not given, the variable ``UNIFYKIT_CASSETTES`` says it,
            else it is ``"replay"``.
        secrets: Other texts that must never be written, beside the settings' and the environment's.
        ignore: Names of fields, query parameters and headers that are not compared.
        clock: Tells when an interaction was recorded.

    Raises:
        InvalidRequestError: There is no such mode, or the path is not that of a ``.json`` file.
        CassetteError: When the block is entered: there is no cassette to play, or it cannot be read.
        SecretInCassetteError: When the block is left: a secret would have been written.
        NotRecordedError: From whatever asks for what is not recorded; and when the block is left, if that was caught.

    Example:
        >>> import tempfile
        >>> from unifykit import Platforms
        >>> path = tempfile.mkdtemp() + "/me.json"
        >>> with Cassette(path, "record"):
        ...     recorded = p.github.me()
        >>> with Cassette(path, "replay") as tape, Platforms(**tape.settings()) as elsewhere:
        ...     elsewhere.github.me() == recorded, tape.unplayed
        (True, [])
    """

    def __init__(
        self, path: str | os.PathLike[str], mode: Mode | None = None, *,
        secrets: Iterable[str] = (), ignore: Iterable[str] = (), clock: Clock = SYSTEM,
    ) -> None:  # fmt: skip
        self.path: Path = Path(path)
        told = mode or os.environ.get(VARIABLE) or "replay"
        if told not in _MODES or self.path.suffix != ".json":
            raise InvalidRequestError(
                f"Cassette(path, mode) takes a .json file, and one of {', '.join(_MODES)}: {told!r} is none."
            )
        self._mode = told
        self._own = [("a text given as secret", secret) for secret in secrets]
        self._matcher = Matcher(ignore)
        self._clock = clock
        self._lock = threading.Lock()
        self._before: Tap | None = None
        self._running = False
        self._rewind()

    def _rewind(self) -> None:
        self._document: Written = {"platforms": {}, "interactions": []}
        self._kept: list[tuple[float, Asked | Commands, Told | Replies]] = []
        self._secrets: dict[tuple[str, str], None] = dict.fromkeys(self._own)
        self._platforms: dict[str, dict[str, str]] = {}
        self._accounts: WeakSet[Account] = WeakSet()
        self._played: set[int] = set()
        self._names: dict[str, str] = {}
        self._missed: NotRecordedError | None = None
        self._redactor: tuple[int, Redactor] | None = None

    def __repr__(self) -> str:
        return f"<Cassette {str(self.path)!r}, {self._mode}>"

    def __enter__(self) -> Self:
        if self._running:
            raise CassetteError("this cassette is running already: make another one.")
        self._rewind()
        self.recording: bool = self._mode == "record" or (self._mode == "once" and not self.path.exists())
        if not self.recording:
            self._document = document.read(self.path, _how_to_record())
        self._running = True
        self._before, tap.installed = tap.installed, self
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        tap.installed, self._running = self._before, False
        if kind is not None:
            return
        if self._missed is not None:
            raise self._missed
        if self.recording:
            self._write()

    @property
    def unplayed(self) -> list[str]:
        """What is recorded and was not asked for, a line each, in order."""
        recorded = self._document["interactions"]
        return [title(written) for index, written in enumerate(recorded) if index not in self._played]

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for `Platforms` and `AsyncPlatforms` under which the cassette plays where nothing is configured.

        They are the settings of the recorded accounts, without their secrets. While the cassette records there are none, so that
        those of the environment count.
        """
        recorded = self._document["platforms"]
        return {name: getattr(models, PROVIDERS[name][1]).make(values) for name, values in recorded.items()}

    # -- what the tap asks

    def ask(self, asked: Asked) -> Told | None:
        """See `unifykit._wires.tap`."""
        with self._lock:
            self._learn(asked.engine, asked.headers)
            if self.recording:
                return None
            platform, home = _platform(asked.engine), home_of(settings_of(asked.engine))
            request = written.request(asked, platform, home, self._hiding())
            return written.told(self._find({"platform": platform, "request": request}))

    def keep(self, asked: Asked, told: Told) -> None:
        """See `unifykit._wires.tap`."""
        self._kept.append((self._clock.wall(), asked, told))

    def command(self, asked: Commands) -> Replies | None:
        """See `unifykit._wires.tap`."""
        with self._lock:
            self._learn(asked.engine, [])
            if self.recording:
                return None
            commands = written.commands(asked, self._hiding())
            return written.answers(self._find({"platform": "redis", "commands": commands}))

    def keep_replies(self, asked: Commands, told: Replies) -> None:
        """See `unifykit._wires.tap`."""
        self._kept.append((self._clock.wall(), asked, told))

    def _learn(self, engine: Engine | None, headers: list[tuple[str, str]]) -> None:
        settings = settings_of(engine)
        if settings is not None and settings.provider not in self._platforms:
            self._platforms[settings.provider] = shown(settings)
        self._secrets.update(dict.fromkeys((*secrets_in_use(self._accounts), *carried(headers))))

    def _hiding(self) -> Redactor:
        known = self._redactor
        if known is None or known[0] != len(self._secrets):
            known = self._redactor = len(self._secrets), Redactor(secret for _, secret in self._secrets)
        return known[1]

    # -- playing

    def _find(self, asked: Written) -> Written:
        recorded = self._document["interactions"]
        back = {new: old for old, new in self._names.items()}
        known = renamed(asked, back)
        left = [index for index in range(len(recorded)) if index not in self._played]
        for index in left:
            if self._matcher.same(recorded[index], known):
                return self._play(index)
        for index in left:
            names = self._matcher.alike(recorded[index], asked, self._names)
            if names is not None:
                self._names = names
                return self._play(index)
        self._missed = self._missed or self._no_answer(asked)
        raise self._no_answer(asked)

    def _play(self, index: int) -> Written:
        self._played.add(index)
        return renamed(self._document["interactions"][index], self._names)

    def _no_answer(self, asked: Written) -> NotRecordedError:
        recorded = self._document["interactions"]
        text = f"nothing on {str(self.path)!r} answers {title(asked)}"
        nearest = max(range(len(recorded)), key=lambda index: likeness(recorded[index], asked), default=None)
        if nearest is not None and likeness(recorded[nearest], asked):
            found = self._matcher.differences(recorded[nearest], asked)
            why = "; ".join(found[:_SHOWN]) if found else "it was played already, as often as it was recorded"
            text += f". The nearest is interaction {nearest + 1}, {title(recorded[nearest])}: {why}"
        return NotRecordedError(f"{text}. To record it: {_how_to_record()}.", provider=asked["platform"])

    # -- recording

    def _write(self) -> None:
        self._secrets.update(dict.fromkeys((*secrets_in_use(self._accounts), *secrets_around())))
        hiding = self._hiding()
        interactions = [self._written(at, asked, told, hiding) for at, asked, told in self._kept]
        platforms = {name: self._platforms[name] for name in sorted(self._platforms)}
        document.write(self.path, interactions, platforms, self._secrets)

    @staticmethod
    def _written(at: float, asked: Asked | Commands, told: Told | Replies, hiding: Redactor) -> Written:
        moment = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if isinstance(asked, Commands):
            said = written.replies(cast("Replies", told), hiding)
            return {"platform": "redis", "at": moment, "commands": written.commands(asked, hiding), **said}
        platform, home = _platform(asked.engine), home_of(settings_of(asked.engine))
        request = written.request(asked, platform, home, hiding)
        return {
            "platform": platform,
            "at": moment,
            "request": request,
            **written.reply(cast("Told", told), platform, hiding),
        }


def _platform(engine: Engine | None) -> str:
    return "" if engine is None else engine.provider


def _how_to_record() -> str:
    return f'run it once with {VARIABLE}=record, or with Cassette(…, "record"), where the platforms can be reached'
