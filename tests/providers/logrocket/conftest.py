"""LogRocket as the sandbox has it, seen through one harness."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.sandbox.conftest import serving

from unifykit.settings import LogRocketSettings
from unifykit.testing import VirtualClock

KEY = "sandbox:app:secret-of-the-sandbox"


def settings(url: str, key: str = KEY) -> LogRocketSettings:
    return LogRocketSettings(api_key=key, base_url=url)


class World:
    """One LogRocket: `w.do(lambda lr: lr.releases.create("1"))`."""

    def __init__(self, harness: Any, url: str, app: Any, clock: VirtualClock) -> None:
        self.harness, self.url, self.clock = harness, url, clock
        self.state = app.state.world

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.logrocket))


@pytest.fixture
def w(both: Any) -> Iterator[World]:
    from unifykit.sandbox.logrocket import create_app

    app, clock = create_app(), VirtualClock()
    with serving(app) as url:
        yield World(both(logrocket=settings(url), clock=clock), url, app, clock)
