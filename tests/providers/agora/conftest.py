"""Agora's REST API as the sandbox has it, seen through one harness."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.sandbox.conftest import serving

from unifykit.settings import AgoraSettings
from unifykit.testing import VirtualClock

APP_ID = "970CA35de60c44645bbae8a215061b33"
CERTIFICATE = "5CFd2fd1755d40ecb72977518be15d3b"


def settings(url: str = "http://127.0.0.1:9", **more: Any) -> AgoraSettings:
    keys = {
        "app_id": APP_ID, "app_certificate": CERTIFICATE, "customer_id": "customer", "customer_secret": "customer-secret-77",
    }  # fmt: skip
    return AgoraSettings(**{**keys, "base_url": url, **more})


class World:
    """One Agora: `w.do(lambda a: a.bans.list())`."""

    def __init__(self, harness: Any, url: str, app: Any, clock: VirtualClock) -> None:
        self.harness, self.url, self.app, self.clock = harness, url, app, clock

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.agora))


@pytest.fixture
def w(both: Any) -> Iterator[World]:
    from unifykit.sandbox.agora import create_app

    clock = VirtualClock()
    app = create_app(app_id=APP_ID, customer=("customer", "customer-secret-77"), clock=clock.wall)
    with serving(app) as url:
        yield World(both(agora=settings(url), clock=clock), url, app, clock)
