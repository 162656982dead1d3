"""Where the servers are kept, how packages come there, and how one is started on a free port and stopped."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx

DENO = "deno==2.9.8"
DIRECTORY_VARIABLE = "UNIFYKIT_EMULATORS"
STARTS = 3  # another process may take the port between finding it and listening on it
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class EmulatorError(Exception):
    """The server is not prepared, or did not start."""


def directory() -> Path | None:
    """Where `prepare` put the servers, or None when nothing is there."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    return Path(named).resolve() if named and deno(Path(named)).is_file() else None


def prepared(where: Path | None) -> Path:
    """The folder that `prepare` filled: `where`, or the one that the environment names."""
    home = (where or directory() or Path("/nowhere")).resolve()
    if not deno(home).is_file():
        raise EmulatorError(
            f"no emulator: run `python -m tests.emulators prepare DIR` and set {DIRECTORY_VARIABLE}=DIR"
        )
    return home


def prepare(where: Path) -> None:
    """Bring deno (PyPI) into `where`, without touching anything else."""
    if not deno(where).is_file():
        pip_install(Path(sys.executable), DENO, "--no-deps", "--upgrade", "--target", str(where / "deno"))


def pip_install(python: Path, *arguments: str) -> None:
    """Install from PyPI with this interpreter's pip."""
    subprocess.run(
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], check=True
    )


def npm_cache(where: Path, package: str) -> None:
    """Bring an npm package, such as "npm:emulate@0.12.2", with all that it needs on this platform."""
    command = [str(deno(where)), "cache", "--quiet", "--no-config", package]
    subprocess.run(command, check=True, cwd=where, env={**os.environ, **environment(where)})


def npm_file(where: Path, path: str) -> Path:
    """A file of a package that `npm_cache` brought, such as "emulate/0.12.2/package.json"."""
    found = next(iter((where / "cache" / "npm").glob(f"*/{path}")), None)
    if found is None:
        raise EmulatorError(f"{path} is not in {where}: run `python -m tests.emulators prepare {where}`")
    return found


def deno(where: Path) -> Path:
    """The deno of a prepared folder."""
    return where / "deno" / "bin" / ("deno.exe" if sys.platform == "win32" else "deno")


def environment(where: Path) -> dict[str, str]:
    """Deno's own."""
    return {"DENO_DIR": str(where / "cache"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}


@contextmanager
def running(
    command: Callable[[int, Path], list[str]],
    *,
    answers: str,
    headers: Mapping[str, str] = {},
    env: Mapping[str, str] = {},
) -> Generator[tuple[str, int], None, None]:
    """Run a server in a folder and a nearly empty environment of its own; gives its address and its process's id.

    Args:
        command: What to start, from the free port of 127.0.0.1 and the folder.
        answers: A path that answers 2xx as soon as the server is ready.
        headers: Sent along with that question.
        env: Variables besides `HOME` and `PATH`.

    Raises:
        EmulatorError: It ended or stayed silent for 30 seconds, thrice; the message holds what it wrote.
    """
    with tempfile.TemporaryDirectory(prefix="emulator-") as folder:
        process, url = _start(command, Path(folder), answers, headers, env)
        try:
            yield url, process.pid
        finally:
            _stop(process)


def _start(
    command: Callable[[int, Path], list[str]],
    folder: Path,
    answers: str,
    headers: Mapping[str, str],
    env: Mapping[str, str],
) -> tuple[subprocess.Popen[bytes], str]:
    log = folder / "log"
    for _ in range(STARTS):
        port = _free_port()
        with log.open("wb") as written:
            process = subprocess.Popen(
                command(port, folder),
                cwd=folder,
                env={"HOME": str(folder), "PATH": os.defpath, **env},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            if _answers(process, f"http://127.0.0.1:{port}", answers, headers):
                return process, f"http://127.0.0.1:{port}"
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    raise EmulatorError(f"the server did not start:\n{log.read_text('utf-8', 'replace')}")


def _answers(process: subprocess.Popen[bytes], url: str, path: str, headers: Mapping[str, str]) -> bool:
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=1.0) as client:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                return client.get(path).is_success and process.poll() is None
            except httpx.TransportError:
                time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
