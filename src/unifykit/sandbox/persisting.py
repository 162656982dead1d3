"""A sandbox's folder: the state it ended in, and where it answered, so that it goes on there the next time."""

import json
import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from unifykit.errors import ConfigurationError
from unifykit.sandbox.counterparts import Counterpart
from unifykit.sandbox.guard import locked
from unifykit.sandbox.places import Place
from unifykit.sandbox.snapshots import MADE_BY, Snapshot, check, write

EVERY = 2.0
"""Seconds between two looks for changes: what a crash loses at most, beside the time that writing takes."""

_LOGGER = logging.getLogger("unifykit.sandbox")


class Folder:
    """A folder that one sandbox at a time writes to.

    Args:
        path: Where it is; it is made if it is not there.

    Raises:
        ConfigurationError: It is another version's, something else is in it, or a sandbox runs on it.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path)
        self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._about = self._path / "sandbox.json"
        self._state = self._path / "state.zip"
        if not self._about.exists() and any(entry.name != "lock" for entry in self._path.iterdir()):
            raise ConfigurationError(f"{self._path} is not a sandbox's folder, and not empty.")
        self._lock: IO[bytes] = (self._path / "lock").open("ab")
        if not locked(self._lock):
            self._lock.close()
            raise ConfigurationError(f"another sandbox runs on {self._path}.")
        try:
            self._open()
        except BaseException:
            self._lock.close()
            raise

    def _open(self) -> None:
        about: dict[str, Any] = _read(self._about) if self._about.exists() else {"made_by": MADE_BY}
        check(about.get("made_by"), str(self._path))
        self.places: dict[str, Place] = {name: Place(**place) for name, place in about.get("places", {}).items()}
        self.snapshot: Snapshot = Snapshot.load(self._state) if self._state.exists() else Snapshot({})

    def begin(self, environment: Mapping[str, str]) -> None:
        """Write down where the sandbox answers."""
        places = {name: asdict(place) for name, place in self.places.items()}
        self._write({"made_by": MADE_BY, "places": places, "environment": environment})

    def save(self, parts: Mapping[str, bytes]) -> None:
        """Write the state down; that of counterparts that do not run stays as it is."""
        self.snapshot = Snapshot({**self.snapshot.parts, **parts})
        self.snapshot.save(self._state)

    def close(self) -> None:
        """Let another sandbox use it."""
        about = _read(self._about) if self._about.exists() else {}
        if about.pop("environment", None) is not None:
            self._write(about)
        self._lock.close()

    def _write(self, about: Mapping[str, Any]) -> None:
        write(self._about, json.dumps(about, indent=2).encode())


class Keeper:
    """Saves the counterparts that have changed, every now and then and at the end."""

    def __init__(self, folder: Folder, parts: Mapping[str, Counterpart], alone: threading.RLock) -> None:
        self._folder, self._parts, self._alone = folder, parts, alone
        self._seen: dict[str, int] = {}
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="unifykit-sandbox-keeper", daemon=True)

    def start(self) -> None:
        """Begin to look for changes."""
        self._seen = {name: part.changes for name, part in self._parts.items()}
        self._thread.start()

    def close(self) -> None:
        """Save everything, and look for no more changes."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
        self._save(lambda _name, _changes: True)

    def _run(self) -> None:
        while not self._ended.wait(EVERY):
            try:
                self._save(lambda name, changes: self._seen.get(name) != changes)
            except Exception as error:  # noqa: BLE001 -- the next time may succeed, and the last one raises
                _LOGGER.warning("the sandbox's state could not be saved: %s", error)

    def _save(self, wanted: Callable[[str, int], bool]) -> None:
        with self._alone:
            seen = {name: part.changes for name, part in self._parts.items()}
            changed = {name: self._parts[name].keep() for name, changes in seen.items() if wanted(name, changes)}
            if any(self._folder.snapshot.parts.get(name) != data for name, data in changed.items()):
                self._folder.save(changed)
            self._seen = seen


def environment_of(path: str | os.PathLike[str]) -> dict[str, str]:
    """The variables that lead to the sandbox that runs on a folder.

    Raises:
        ConfigurationError: None runs there.
    """
    about = _read(Path(path) / "sandbox.json") if (Path(path) / "sandbox.json").exists() else {}
    found: dict[str, str] | None = about.get("environment")
    if found is None:
        raise ConfigurationError(f"no sandbox runs on {path}: unifykit sandbox up --persist {path}")
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ConfigurationError(f"{path} is not what a sandbox writes: {error}") from error
    return found
