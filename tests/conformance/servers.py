"""The counterparts that a script runs on: ours, and those of others by the script that they are held against."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from tests import emulators
from tests.conformance import github, stripe
from tests.conformance.script import Seen, Server, Step, run
from tests.contracts.github import validate_exchange as github_exchange
from tests.contracts.stripe import validate_exchange as stripe_exchange
from tests.emulators.localstripe import KEY
from tests.sandbox.conftest import serving

SCRIPTS: dict[str, list[Step]] = {"github": github.STEPS, "stripe": stripe.STEPS}
PAIRS = [("github", "emulate"), ("stripe", "emulate"), ("stripe", "localstripe")]


def replies(platform: str, server: str) -> dict[str, Seen]:
    """What a server says to the platform's script; `server` is "ours" or one of `PAIRS`."""
    with _running(platform, server) as found:
        return run(found, SCRIPTS[platform], form=platform == "stripe")


def check(platform: str, seen: Seen) -> None:
    """Hold an exchange against the platform's official description.

    Raises:
        AssertionError: It is not as described.
    """
    if platform == "stripe":
        stripe_exchange(seen.method, seen.target, seen.status, seen.sent, seen.body)
        return
    asked = json.loads(seen.sent) if seen.sent else None
    kind = seen.headers.get("content-type", "")
    github_exchange(seen.method, seen.target, seen.status, asked, seen.body, kind, closed=True)


@contextmanager
def _running(platform: str, server: str) -> Generator[Server, None, None]:
    if server == "ours":
        from unifykit.sandbox.github import create_app as github_app
        from unifykit.sandbox.stripe import create_app as stripe_app

        with serving((github_app if platform == "github" else stripe_app)()) as url:
            first = "sandbox-token" if platform == "github" else "sk_test_sandbox"
            yield Server(url, _credentials(first, "sandbox-reviewer"))
    elif server == "localstripe":
        with emulators.localstripe() as url:
            yield Server(url, _credentials(KEY, ""))
    else:
        with (emulators.github if platform == "github" else emulators.stripe)() as running:
            yield Server(running.url, _credentials(running.token, running.other_token))


def _credentials(first: str, other: str) -> dict[str, Any]:
    tokens = {"first": first, "other": other, "stranger": "nonsense"}
    return {who: {"Authorization": f"Bearer {token}"} for who, token in tokens.items() if token}
