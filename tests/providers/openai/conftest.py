"""The server that OpenAI's operations run against: our sandbox, each exchange held against OpenAI's own description."""

from contextlib import contextmanager

import pytest
from tests import inference
from tests.sandbox.conftest import serving
from tests.sandbox.openai_contract import Contract

from unifykit.settings import OpenAISettings


def pytest_collection_modifyitems(config, items):
    if inference.directory() is not None:
        return
    left_out = [item for item in items if item.get_closest_marker("inference")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("inference")]


_CHOSEN = {}


@pytest.fixture(params=["sync", "async", "async over aiohttp"])
def mode(request, monkeypatch):
    """Each mode in turn, and each transport of the async one."""
    name, _, transport = request.param.partition(" over ")
    if transport:
        monkeypatch.setitem(_CHOSEN, "transport", transport)
    return name


def settings(url, key="sk-sandbox"):
    return OpenAISettings(api_key=key, base_url=f"{url}/v1", **_CHOSEN)


@contextmanager
def sandbox_server(**options):
    from unifykit.sandbox.openai import create_app

    contract = Contract(create_app(**options))
    with serving(contract) as url:
        yield url, contract


@pytest.fixture(scope="module")
def sandbox():
    with sandbox_server() as served:
        yield served


class World:
    """One OpenAI, seen through one harness: `w.do(lambda p: p.openai.models.list())`."""

    def __init__(self, harness, url):
        self.harness, self.url, self.is_async = harness, url, harness.is_async

    def do(self, call):
        return self.harness.run(call)

    def read(self, call):
        """A stream's items, and the stream."""
        kept = []

        def keep(p):
            kept.append(call(p))
            return kept[0]

        return self.harness.take(keep, 10**9), kept[0]


@pytest.fixture
def world(both, sandbox):
    """Our sandbox; at the end, every exchange must have been as OpenAI describes it."""
    url, contract = sandbox
    contract.faults, contract.checked = [], 0
    yield World(both(openai=settings(url)), url)
    assert contract.faults == []
    assert contract.checked


@pytest.fixture
def at(both):
    """A harness at an address: `at(server.url)`."""
    return lambda url, **options: World(both(openai=settings(url), **options), url)
