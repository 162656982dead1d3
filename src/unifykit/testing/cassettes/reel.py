"""What stands at the tap while a cassette's block lasts."""

import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import cast
from weakref import WeakSet

from unifykit._core.clock import Clock
from unifykit._core.engine import Account, Engine
from unifykit._wires.tap import Asked, Commands, Replies, Told
from unifykit.testing.cassettes import document, written
from unifykit.testing.cassettes.accounts import home_of, secrets_around, secrets_in_use, settings_of, shown
from unifykit.testing.cassettes.errors import NotRecordedError
from unifykit.testing.cassettes.matching import Matcher, likeness, renamed, title
from unifykit.testing.cassettes.redaction import Redactor
from unifykit.testing.cassettes.secrets import carried
from unifykit.testing.cassettes.written import Written

_SHOWN = 6


class Reel:
    """Keeps what comes by, or plays what is recorded.

    Args:
        path: The cassette's file.
        recorded: Its content; None to record it.
        matcher: Compares requests.
        clock: Tells when an interaction was recorded.
        secrets: Texts that must never be written, with their labels.
        advice: How to record what is missing.

    Attributes:
        missed: The first request that had no answer.
    """

    def __init__(  # noqa: PLR0917 -- from one caller
        self, path: Path, recorded: Written | None, matcher: Matcher, clock: Clock, secrets: list[tuple[str, str]], advice: str
    ) -> None:  # fmt: skip
        self._path = path
        self._recording = recorded is None
        self._recorded: list[Written] = [] if recorded is None else recorded["interactions"]
        self._matcher = matcher
        self._clock = clock
        self._advice = advice
        self._lock = threading.Lock()
        self._kept: list[tuple[float, Asked | Commands, Told | Replies]] = []
        self._secrets: dict[tuple[str, str], None] = dict.fromkeys(secrets)
        self._accounts: WeakSet[Account] = WeakSet()
        self._platforms: dict[str, dict[str, str]] = {}
        self._played: set[int] = set()
        self._names: dict[str, str] = {}
        self._redactor: tuple[int, Redactor] | None = None
        self.missed: NotRecordedError | None = None

    @property
    def unplayed(self) -> list[str]:
        """What was not asked for."""
        return [title(written) for index, written in enumerate(self._recorded) if index not in self._played]

    def ask(self, asked: Asked) -> Told | None:
        """See `unifykit._wires.tap`."""
        with self._lock:
            self._learn(asked.engine, asked.headers)
            if self._recording:
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
            if self._recording:
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
        recorded = self._recorded
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
        self.missed = self.missed or self._no_answer(asked)
        raise self._no_answer(asked)

    def _play(self, index: int) -> Written:
        self._played.add(index)
        return renamed(self._recorded[index], self._names)

    def _no_answer(self, asked: Written) -> NotRecordedError:
        recorded = self._recorded
        text = f"nothing on {str(self._path)!r} answers {title(asked)}"
        nearest = max(range(len(recorded)), key=lambda index: likeness(recorded[index], asked), default=None)
        if nearest is not None and likeness(recorded[nearest], asked):
            found = self._matcher.differences(recorded[nearest], asked)
            why = "; ".join(found[:_SHOWN]) if found else "it was played already, as often as it was recorded"
            text += f". The nearest is interaction {nearest + 1}, {title(recorded[nearest])}: {why}"
        return NotRecordedError(f"{text}. To record it: {self._advice}.", provider=asked["platform"])

    # -- recording

    def write(self) -> None:
        """Write what was kept.

        Raises:
            SecretInCassetteError: A secret would have been written.
        """
        self._secrets.update(dict.fromkeys((*secrets_in_use(self._accounts), *secrets_around())))
        hiding = self._hiding()
        interactions = [self._written(at, asked, told, hiding) for at, asked, told in self._kept]
        platforms = {name: self._platforms[name] for name in sorted(self._platforms)}
        document.write(self._path, interactions, platforms, self._secrets)

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
