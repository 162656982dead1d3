"""Every request that our operations send is as the platform's own OpenAPI description wants it, says a validator that others wrote.

Requests that the counterpart refused are left out: some steps ask for what cannot be. tests/contracts holds the same requests
against the same descriptions with a validator of ours; two that agree are better than one.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests import emulators
from tests.conformance import openai_steps
from tests.conformance.asked import Asked, Listening
from tests.operations import described
from tests.providers.github import conftest as github
from tests.providers.github import scenario as github_steps
from tests.providers.stripe import conftest as stripe
from tests.providers.stripe import scenario as stripe_steps
from tests.sandbox.conftest import serving

from unifykit.providers.openai import OpenAI
from unifykit.settings import OpenAISettings

DATA = Path(__file__).parent.parent / "data"
BRACKETS = [
    f"--validator-{where}-{what}-format=brackets" for where in ("query", "form") for what in ("array", "object")
]

# What Steady has against requests that are right, as a pattern, with the reason.
ACCEPTED = {
    r"github GET /repos/[^/]+/[^/]+/contents: E2001 .*": "the root of contents: GitHub's description wants a path, docs.github.com lets it be empty",
    r"stripe GET /v1/events: E3014 query\.types\[0\] .*": "stripe-python numbers the items of arrays, which Stripe reads as it reads []",
    r"openai POST /images/edits: E3007 body Missing required property: image": "several images go as image[], as docs and openai-python have it",
}


_PART = b'--b\r\nContent-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
_IMAGES = (
    b"".join(_PART % pair for pair in ((b"image[]", b"a"), (b"image[]", b"b"), (b"prompt", b"Both"))) + b"--b--\r\n"
)


class Platform:
    """A sandbox, what it was asked, and a validator with the platform's description."""

    def __init__(self, name: str, stack: ExitStack) -> None:
        self.name = name
        self.listening = Listening(_app(name))
        self.url = stack.enter_context(serving(self.listening))
        options = BRACKETS if name == "stripe" else []
        steady = stack.enter_context(emulators.steady(DATA / f"{name}-openapi.json.gz", *options))
        self.validator = stack.enter_context(httpx.Client(base_url=steady, trust_env=False, timeout=30))
        self.held: dict[Asked, set[str]] = {}

    def faults(self, asked: Asked) -> set[str]:
        """What the validator has against a request."""
        if asked not in self.held:
            self.held[asked] = self._ask(asked)
        return self.held[asked]

    def _ask(self, asked: Asked) -> set[str]:
        target = _target(self.name, asked)
        headers = {"content-type": asked.kind} if asked.kind else {}
        # The reply itself is not waited for: it is made up, and a stream of it takes its time.
        with self.validator.stream(asked.method, target, content=asked.body, headers=headers) as reply:
            verdict = emulators.Verdict.of(reply.headers)
        if verdict.valid:
            return set()
        where = f"{self.name} {asked.method} {verdict.template or target.partition('?')[0]}"
        return {f"{where}: {fault}" for fault in verdict.faults} or {f"{where}: no reason"}


def _app(name: str) -> Any:
    from unifykit.sandbox.github import create_app as github_app
    from unifykit.sandbox.openai import create_app as openai_app
    from unifykit.sandbox.stripe import create_app as stripe_app

    return {"github": github_app, "openai": openai_app, "stripe": stripe_app}[name]()


@pytest.fixture(scope="module")
def platforms() -> Iterator[Callable[[str], Platform]]:
    with ExitStack() as stack:
        yield cache(lambda name: Platform(name, stack))


def _target(platform: str, asked: Asked) -> str:
    """The target as the validator can read it."""
    if platform == "openai":
        return asked.target.removeprefix("/v1")
    if platform == "stripe":
        return asked.target
    bare, mark, query = re.sub(r"^/repositories/\d+", "/repos/owner/repo", asked.target).partition("?")
    found = re.fullmatch(r"(/repos/[^/]+/[^/]+/(?:contents|branches|compare|commits|git/refs)/)(.+)", bare)
    # Where GitHub's placeholders hold slashes, OpenAPI's cannot.
    return f"{found[1]}{found[2].replace('/', '%2F')}{mark}{query}" if found else f"{bare}{mark}{query}"


def _unexpected(faults: set[str]) -> list[str]:
    known = [re.compile(pattern) for pattern in ACCEPTED]
    return sorted(fault for fault in faults if not any(pattern.fullmatch(fault) for pattern in known))


def _world(platform: str, both: Any, url: str) -> Any:
    if platform == "github":
        second = github.settings(url, "sandbox-reviewer")
        return github.World(both(github={"default": github.settings(url), "other": second}), url)
    if platform == "stripe":
        return stripe.Steps(both(stripe=stripe.settings(url)), url)
    return openai_steps.World(both(openai=OpenAISettings(api_key="sk-sandbox", base_url=f"{url}/v1")))


TABLES = {"github": github_steps.STEPS, "stripe": stripe_steps.STEPS, "openai": openai_steps.STEPS}


@pytest.mark.emulate
@pytest.mark.parametrize(
    ("name", "row"),
    [pytest.param(name, row, id=f"{name}-{row}") for name, table in TABLES.items() for row in table],
)
def test_what_an_operation_asks(both, platforms, name, row):
    platform = platforms(name)
    platform.listening.asked.clear()
    TABLES[name][row](_world(name, both, platform.url))
    right = {asked for asked in platform.listening.asked if asked.status < 400}
    assert right or ":" in row  # those of a colon may ask only for what is refused
    assert _unexpected({fault for asked in right for fault in platform.faults(asked)}) == []


def test_every_operation_of_openai_has_a_step():
    assert {one.name for one in described(OpenAI)} - {"assistants.create"} == {
        name.partition(":")[0] for name in openai_steps.STEPS
    }


_FORM, _JSON = "application/x-www-form-urlencoded", "application/json"


@pytest.mark.emulate
@pytest.mark.parametrize(
    ("name", "method", "target", "kind", "wrong", "right"),
    [
        ("github", "POST", "/user/repos", _JSON, [b'{"name": 1}', b"{}"], b'{"name": "r"}'),
        ("stripe", "POST", "/v1/payment_intents", _FORM, [b"currency=eur", b"amount=x&currency=eur"], b"amount=1&currency=eur"),
        ("openai", "POST", "/v1/embeddings", _JSON, [b'{"model": "m"}', b'{"model": 1, "input": "x"}'], b'{"model": "m", "input": "x"}'),
    ],
)  # fmt: skip
def test_the_validator_sees_what_is_wrong(platforms, name, method, target, kind, wrong, right):  # noqa: PLR0917
    found = [platforms(name).faults(Asked(method, target, kind, body, 200)) for body in [*wrong, right]]
    assert [bool(faults) for faults in found] == [True] * len(wrong) + [False]


@pytest.mark.emulate
@pytest.mark.parametrize(
    ("name", "target"),
    [
        ("github", "/repos/o/r/issues?state=ajar"),
        ("github", "/nowhere"),
        ("stripe", "/v1/customers?limit=x"),
        ("stripe", "/v1/nowhere"),
        ("openai", "/v1/files?limit=x"),
        ("openai", "/v1/nowhere"),
    ],
)
def test_the_validator_sees_what_is_wrong_with_a_query(platforms, name, target):
    assert platforms(name).faults(Asked("GET", target, "", b"", 200))


@pytest.mark.emulate
@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("github", Asked("GET", "/repos/o/r/contents", "", b"", 200)),
        ("stripe", Asked("GET", "/v1/events?types[0]=invoice.paid", "", b"", 200)),
        ("openai", Asked("POST", "/v1/images/edits", "multipart/form-data; boundary=b", _IMAGES, 200)),
    ],
)
def test_each_exception_is_still_needed(platforms, name, asked):
    """A row of `ACCEPTED` that the validator no longer minds is to be taken out."""
    faults = platforms(name).faults(asked)
    assert len(faults) == 1
    assert [re.fullmatch(pattern, fault) is not None for pattern in ACCEPTED for fault in faults].count(True) == 1


def test_each_exception_has_its_test():
    assert len(ACCEPTED) == 3
