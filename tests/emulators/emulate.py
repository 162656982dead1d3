"""GitHub and Stripe as npm `emulate` plays them.

The version is pinned: the npm tag `latest` is an unrelated package of the same name. Deno confines it to its own port, to reading
its own folders, and to a nearly empty environment.
"""

import json
import secrets
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.emulators.processes import deno, environment, npm_cache, prepared, running

EMULATE = "npm:emulate@0.12.2"


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


def prepare(where: Path) -> None:
    """Bring the emulator (npm) into `where`."""
    npm_cache(where, EMULATE)


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
        EmulatorError: Not prepared, or it did not start.
    """
    token, other = secrets.token_hex(16), secrets.token_hex(16)
    seed = _seed(
        {token: "octocat", other: "hubot"},
        github={
            "users": [{"login": "octocat", "name": "The Octocat", "email": "octocat@localhost"}, {"login": "hubot"}],
            "orgs": [{"login": "octo-org", "members": [{"login": "octocat", "role": "admin"}]}],
            "repos": list(repos),
        },
    )
    with _started("github", seed, "/rate_limit", where, deliver_to) as (url, pid):
        yield Emulator(url, pid, "octocat", token, "hubot", other)


@contextmanager
def stripe(where: Path | None = None, *, deliver_to: Sequence[str] = ()) -> Generator[Emulator, None, None]:
    """Run an emulated Stripe without data, and stop it at the end; any key is good, and none is too.

    Raises:
        EmulatorError: Not prepared, or it did not start.
    """
    token = f"sk_test_{secrets.token_hex(12)}"
    with _started("stripe", _seed({token: "admin"}), "/v1/customers", where, deliver_to) as (url, pid):
        yield Emulator(url, pid, "admin", token)


def _seed(tokens: Mapping[str, str], **service: Any) -> dict[str, Any]:
    """The emulator's configuration: `tokens` from token to login, and what the service begins with."""
    scopes = ["repo", "user", "admin:org", "admin:repo_hook"]
    return {"tokens": {token: {"login": login, "scopes": scopes} for token, login in tokens.items()}, **service}


@contextmanager
def _started(
    service: str, seed: dict[str, Any], answers: str, where: Path | None, deliver_to: Sequence[str]
) -> Generator[tuple[str, int], None, None]:
    home = prepared(where)

    def command(port: int, folder: Path) -> list[str]:
        (folder / "seed.json").write_text(json.dumps(seed), "utf-8")
        return _command(home, folder, f"127.0.0.1:{port}", service, deliver_to)

    token = next(iter(seed["tokens"]))
    headers = {"Authorization": f"Bearer {token}"}
    with running(command, answers=answers, headers=headers, env=environment(home)) as found:
        yield found


def _command(home: Path, folder: Path, here: str, service: str, deliver_to: Sequence[str]) -> list[str]:
    permissions = [
        "--cached-only",
        "--no-prompt",
        "--no-config",
        f"--allow-net={','.join((here, *deliver_to))}",
        f"--allow-read={home / 'cache'},{folder}",
        "--allow-env",  # of the nearly empty environment that it gets
        "--allow-sys",
    ]
    host, _, port = here.partition(":")
    options = ["--service", service, "--seed", str(folder / "seed.json"), "--base-url", f"http://{here}"]
    return [str(deno(home)), "run", *permissions, EMULATE, "start", "--host", host, "--port", port, *options]
