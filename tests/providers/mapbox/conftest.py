"""Mapbox as the sandbox has it, seen through one harness."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.sandbox.conftest import serving

from unifykit.sandbox.mapbox import ACCESS_TOKEN
from unifykit.settings import MapboxSettings
from unifykit.testing import VirtualClock


def settings(url: str, token: str = ACCESS_TOKEN) -> MapboxSettings:
    return MapboxSettings(access_token=token, base_url=url)


class World:
    """One Mapbox: `w.do(lambda m: m.geocode.forward("Paris"))`."""

    def __init__(self, harness: Any, url: str) -> None:
        self.harness, self.url = harness, url

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.mapbox))


@pytest.fixture
def w(both: Any) -> Iterator[World]:
    from unifykit.sandbox.mapbox import create_app

    with serving(create_app()) as url:
        yield World(both(mapbox=settings(url), clock=VirtualClock()), url)
