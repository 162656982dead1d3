"""The cassette itself: what it records, and what it plays."""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from unifykit import settings as models
from unifykit._core.clock import Clock
from unifykit._wires import tap
from unifykit._wires.clock import SYSTEM
from unifykit.errors import InvalidRequestError
from unifykit.platforms import PROVIDERS
from unifykit.testing.cassettes import document
from unifykit.testing.cassettes.errors import CassetteError
from unifykit.testing.cassettes.matching import Matcher
from unifykit.testing.cassettes.reel import Reel

if TYPE_CHECKING:
    from unifykit._wires.tap import Tap
    from unifykit.testing.cassettes.written import Written

__all__ = ["Cassette", "Mode"]

Mode = Literal["replay", "record", "once"]

VARIABLE = "UNIFYKIT_CASSETTES"
_MODES = ("replay", "record", "once")


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
        >>> from unifykit.testing import Cassette
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
        self._before: Tap | None = None
        self._reel: Reel | None = None
        self._settings: Written = {}
        self._running = False

    def __repr__(self) -> str:
        return f"<Cassette {str(self.path)!r}, {self._mode}>"

    def __enter__(self) -> Self:
        if self._running:
            raise CassetteError("this cassette is running already: make another one.")
        self.recording: bool = self._mode == "record" or (self._mode == "once" and not self.path.exists())
        recorded = None if self.recording else document.read(self.path, _how_to_record())
        self._settings = {} if recorded is None else recorded["platforms"]
        self._reel = Reel(self.path, recorded, self._matcher, self._clock, self._own, _how_to_record())
        self._running = True
        self._before, tap.installed = tap.installed, self._reel
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        tap.installed, self._before, self._running = self._before, None, False
        reel = self._reel
        if kind is not None or reel is None:
            return
        if reel.missed is not None:
            raise reel.missed
        if self.recording:
            reel.write()

    @property
    def unplayed(self) -> list[str]:
        """What is recorded and was not asked for, a line each, in order."""
        return [] if self._reel is None else self._reel.unplayed

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for `Platforms` and `AsyncPlatforms` under which the cassette plays where nothing is configured.

        They are the settings of the recorded accounts, without their secrets. While the cassette records there are none, so that
        those of the environment count.
        """
        return {name: getattr(models, PROVIDERS[name][1]).make(values) for name, values in self._settings.items()}


def _how_to_record() -> str:
    return f'run it once with {VARIABLE}=record, or with Cassette(…, "record"), where the platforms can be reached'
