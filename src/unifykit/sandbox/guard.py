"""Server processes that end when this one does, however it ends, with their files.

A shell of its own stands between: it waits for the end of a pipe that only this process holds. `kill -9`, a crash and an
interrupt between two lines of Python all close it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, NamedTuple

_ENDS_WITHIN = 15.0
_SETTLED = 60.0
_PREFIX = "unifykit-"
# Folder, name, the signal that ends the server, then its command. The inner shell tells when the server ends by itself;
# a signal interrupts `wait`, so it is asked again for as long as there is something to wait for.
_SCRIPT = """
trap : HUP INT TERM QUIT
PATH=${PATH:+$PATH:}/usr/bin:/bin
home=$0 name=$1 end=$2; shift 2
(
    trap : HUP INT TERM QUIT
    "$@" </dev/null >/dev/null 2>>"$home/log" & server=$!
    echo $server >"$home/$name.pid"
    wait $server; status=$?
    while kill -0 $server 2>/dev/null; do wait $server; status=$?; done
    echo $status >"$home/$name.ended"
) & inner=$!
read -r word
while [ ! -s "$home/$name.pid" ] && kill -0 $inner 2>/dev/null; do sleep 0.01; done
read -r server <"$home/$name.pid"
kill -s "$end" "$server" 2>/dev/null
while kill -0 $inner 2>/dev/null; do wait $inner; done
[ "$word" = keep ] || rm -rf "$home"
"""


class Owner(NamedTuple):
    """Under whose name a process runs; by default under our own."""

    user: int | None = None
    group: int | None = None
    groups: list[int] | None = None


class Guarded:
    """A running server process.

    Args:
        home: Its folder, removed when it ends.
        name: What its files in the folder are called.
        command: The server and its arguments.
        end: The signal that ends it.
        owner: Under whose name it runs.
        environment: Its environment; our own by default.
    """

    def __init__(
        self, home: Path, name: str, command: Sequence[str], *, end: str = "TERM", owner: Owner = Owner(),  # noqa: B008 -- immutable
        environment: dict[str, str] | None = None,
    ) -> None:  # fmt: skip
        self._home, self._name = home, name
        self._process: subprocess.Popen[bytes] = subprocess.Popen(  # noqa: S603 -- the command is our own
            ["/bin/sh", "-c", _SCRIPT, str(home), name, end, *command], stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=home, process_group=0, env=environment,
            user=owner.user, group=owner.group, extra_groups=owner.groups,
        )  # fmt: skip

    @property
    def status(self) -> int | None:
        """The exit status of the server, once it has ended by itself."""
        with contextlib.suppress(OSError, ValueError):
            return int((self._home / f"{self._name}.ended").read_text())
        return self._process.poll()

    @property
    def pid(self) -> int:
        """The server's process id."""
        return int((self._home / f"{self._name}.pid").read_text())

    @property
    def words(self) -> str:
        """The last of what it wrote."""
        with contextlib.suppress(OSError):
            return (self._home / "log").read_text(errors="replace")[-500:].strip() or "it wrote nothing."
        return "it wrote nothing."

    def wait(self, seconds: float) -> int | None:
        """Wait until the server ends by itself; gives its exit status, None if it still runs."""
        until = time.monotonic() + seconds
        while self.status is None and time.monotonic() < until:
            time.sleep(0.005)
        return self.status

    def close(self, *, keep: bool = False) -> None:
        """End it, wait until it is gone, and remove its folder unless that is kept."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError, ValueError):  # it has ended, or was closed before
            self._process.stdin.write(b"keep\n" if keep else b"\n")
            self._process.stdin.close()
        try:
            self._process.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if not keep:
            shutil.rmtree(self._home, ignore_errors=True)


class Folder:
    """A folder of one's own for temporary files, and the lock that says that its owner lives.

    Making one removes those whose owner ended together with the shell that would have removed them.

    Args:
        name: What it is for.
        parent: Where to make it.

    Attributes:
        path: Where it is.
    """

    def __init__(self, name: str, parent: Path | None = None) -> None:
        where = parent or Path(tempfile.gettempdir())
        _sweep(where, name)
        while (made := _made(where, name)) is None:
            pass  # another process swept it before it was locked
        self.path: Path = made[0]
        self._lock: IO[bytes] = made[1]

    def close(self) -> None:
        """Remove it."""
        self._lock.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _made(where: Path, name: str) -> tuple[Path, IO[bytes]] | None:
    """A new folder and its lock; None if another process took it for one that was left behind."""
    path = Path(tempfile.mkdtemp(prefix=f"{_PREFIX}{name}-", dir=where))
    with contextlib.suppress(FileNotFoundError):
        lock = (path / "lock").open("wb")
        if locked(lock) and (path / "lock").exists():
            return path, lock
        lock.close()
    return None


def _sweep(where: Path, name: str) -> None:
    for folder in where.glob(f"{_PREFIX}{name}-*"):
        with contextlib.suppress(OSError):
            if folder.stat().st_mtime < time.time() - _SETTLED:
                folder.rmdir()  # another account may empty its folder, but not always remove it
        with contextlib.suppress(OSError), (folder / "lock").open("r+b") as lock:
            if locked(lock):
                shutil.rmtree(folder, ignore_errors=True)


def locked(file: IO[Any]) -> bool:
    """Take the lock on a file, which is held until it is closed. False where another has it."""
    if sys.platform == "win32":
        import msvcrt

        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
