"""A third-party GitHub on this machine: npm `emulate`, run by PyPI `deno`, on 127.0.0.1 only.

    python -m tests.emulators prepare DIR    # once, needs the registries
    UNIFYKIT_EMULATORS=DIR pytest -m emulate

    with github() as server:
        httpx.get(f"{server.url}/user", headers=server.headers)

The emulator is pinned: the npm tag `latest` is an unrelated package of the same name. Deno confines it to its own port, to reading
its own folders, and to a nearly empty environment. docs/reference/emulate.md says what it answers to each operation.
"""

import argparse
import json
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

EMULATE = "npm:emulate@0.12.2"
DENO = "deno==2.9.8"
DIRECTORY_VARIABLE = "UNIFYKIT_EMULATORS"
STARTS = 3  # another process may take the port between finding it and listening on it
START_SECONDS = 30.0
STOP_SECONDS = 5.0


class EmulatorError(Exception):
    """The emulator is not prepared, or did not start."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator.

    Any other non-empty token counts as the first user's; no token at all is a 401 on writes and private data.
    """

    url: str
    pid: int
    login: str
    """The owner of `token`; `other_token` belongs to `other_login`."""
    token: str = field(repr=False)
    other_login: str = "hubot"
    other_token: str = field(default="", repr=False)

    @property
    def headers(self) -> dict[str, str]:
        """The credentials of `login`."""
        return {"Authorization": f"Bearer {self.token}"}

    @property
    def other_headers(self) -> dict[str, str]:
        """The credentials of `other_login`."""
        return {"Authorization": f"Bearer {self.other_token}"}


def directory() -> Path | None:
    """Where `prepare` put the emulator, or None when nothing is there."""
    named = os.environ.get(DIRECTORY_VARIABLE)
    return Path(named).resolve() if named and _deno(Path(named)).is_file() else None


def prepare(where: Path) -> None:
    """Bring deno (PyPI) and the emulator (npm) into `where`, without touching anything else. Safe to repeat."""
    where = where.resolve()
    if not _deno(where).is_file():
        pip = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--upgrade",
        ]
        subprocess.run([*pip, "--target", str(where / "deno"), DENO], check=True)
    environment = {**os.environ, **_environment(where)}
    subprocess.run(
        [str(_deno(where)), "cache", "--quiet", "--no-config", EMULATE], check=True, cwd=where, env=environment
    )


def _seed(tokens: Mapping[str, str], **github: Any) -> dict[str, Any]:
    """The emulator's configuration: `tokens` from token to login, and the users, organizations and repositories of `github`."""
    scopes = ["repo", "user", "admin:org", "admin:repo_hook"]
    return {"tokens": {token: {"login": login, "scopes": scopes} for token, login in tokens.items()}, "github": github}


@contextmanager
def github(
    where: Path | None = None,
    *,
    repos: Sequence[Mapping[str, Any]] = (),
    deliver_to: Sequence[str] = (),
) -> Generator[Emulator, None, None]:
    """Run an emulated GitHub with the users octocat and hubot and the organization octo-org, and stop it at the end.

    Args:
        where: The folder that `prepare` filled; `UNIFYKIT_EMULATORS` names it otherwise.
        repos: Repositories to begin with, such as `{"owner": "octocat", "name": "hello", "auto_init": True}`.
        deliver_to: Addresses ("127.0.0.1:8080") that its webhooks may reach. None by default.

    Raises:
        EmulatorError: Not prepared, or it ended or stayed silent for 30 seconds; the message holds what it wrote.
    """
    home = (where or directory() or Path("/nowhere")).resolve()
    if not _deno(home).is_file():
        raise EmulatorError(
            f"no emulator: run `python -m tests.emulators prepare DIR` and set {DIRECTORY_VARIABLE}=DIR"
        )
    token, other = secrets.token_hex(16), secrets.token_hex(16)
    configuration = _seed(
        {token: "octocat", other: "hubot"},
        users=[{"login": "octocat", "name": "The Octocat", "email": "octocat@localhost"}, {"login": "hubot"}],
        orgs=[{"login": "octo-org", "members": [{"login": "octocat", "role": "admin"}]}],
        repos=list(repos),
    )
    with tempfile.TemporaryDirectory(prefix="emulate-") as folder:
        (Path(folder) / "seed.json").write_text(json.dumps(configuration), "utf-8")
        process, url = _start(home, Path(folder), deliver_to)
        try:
            yield Emulator(url, process.pid, "octocat", token, "hubot", other)
        finally:
            _stop(process)


def _deno(where: Path) -> Path:
    return where / "deno" / "bin" / ("deno.exe" if sys.platform == "win32" else "deno")


def _environment(where: Path) -> dict[str, str]:
    return {"DENO_DIR": str(where / "cache"), "DENO_NO_UPDATE_CHECK": "1", "NO_COLOR": "1"}


def _command(home: Path, folder: Path, port: int, deliver_to: Sequence[str]) -> list[str]:
    here = f"127.0.0.1:{port}"
    permissions = [
        "--cached-only",
        "--no-prompt",
        "--no-config",
        f"--allow-net={','.join((here, *deliver_to))}",
        f"--allow-read={home / 'cache'},{folder}",
        "--allow-env",  # of the nearly empty environment that it gets
        "--allow-sys",
    ]
    options = ["--service", "github", "--seed", str(folder / "seed.json"), "--base-url", f"http://{here}"]
    return [
        str(_deno(home)),
        "run",
        *permissions,
        EMULATE,
        "start",
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        *options,
    ]


def _start(home: Path, folder: Path, deliver_to: Sequence[str]) -> tuple[subprocess.Popen[bytes], str]:
    log = folder / "log"
    for _ in range(STARTS):
        port = _free_port()
        with log.open("wb") as written:
            process = subprocess.Popen(
                _command(home, folder, port, deliver_to),
                cwd=folder,
                env={**_environment(home), "HOME": str(folder), "PATH": os.defpath},
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        try:
            if _answers(process, f"http://127.0.0.1:{port}"):
                return process, f"http://127.0.0.1:{port}"
        except BaseException:
            _stop(process)
            raise
        _stop(process)
    raise EmulatorError(f"the emulator did not start:\n{log.read_text('utf-8', 'replace')}")


def _answers(process: subprocess.Popen[bytes], url: str) -> bool:
    with httpx.Client(base_url=url, trust_env=False, timeout=1.0) as client:
        end = time.monotonic() + START_SECONDS
        while process.poll() is None and time.monotonic() < end:
            try:
                return client.get("/rate_limit").is_success and process.poll() is None
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


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.emulators", description="Bring the emulator for pytest -m emulate."
    )
    parser.add_argument("command", choices=["prepare"])
    parser.add_argument("directory", type=Path)
    chosen = parser.parse_args()
    chosen.directory.mkdir(parents=True, exist_ok=True)
    prepare(chosen.directory)


if __name__ == "__main__":
    main()
