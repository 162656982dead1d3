"""Doubles in both modes, for a test that must not reach the network."""

import socket

import pytest
from tests.conftest import Harness

from unifykit.testing import AsyncFakePlatforms, FakePlatforms


class Fakes(Harness):
    """A harness over a double."""

    def __init__(self, mode, **options):
        super().__init__(mode)
        self.p = self.fake = AsyncFakePlatforms(**options) if self.is_async else FakePlatforms(**options)


@pytest.fixture
def fakes(mode, monkeypatch):
    monkeypatch.setattr(socket.socket, "connect", lambda *_: pytest.fail("a double went to the network"))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("a double asked for an address"))
    harness = Fakes(mode)
    yield harness
    harness.close()


@pytest.fixture
def fake(fakes):
    return fakes.fake
