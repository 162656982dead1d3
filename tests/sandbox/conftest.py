import socket
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn


class Clock:
    """Time that passes only when told to."""

    def __init__(self):
        self.now = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)

    def __call__(self):
        return self.now

    def tick(self, **delta):
        self.now += timedelta(**delta)


class _Server(uvicorn.Server):
    def __init__(self, config):
        super().__init__(config)
        self.ready = threading.Event()

    async def startup(self, sockets=None):
        await super().startup(sockets)
        self.ready.set()


@contextmanager
def serving(app):
    """Run an ASGI app on a free port of 127.0.0.1 and give its address."""
    # asyncio turns Nagle's wait off only where the protocol is named; with it, each reply takes 40 ms more.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listener:
        listener.bind(("127.0.0.1", 0))
        server = _Server(
            uvicorn.Config(
                app, log_config=None, lifespan="off", ws="none", access_log=False, timeout_graceful_shutdown=1
            )
        )
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        assert server.ready.wait(10)
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(10)
            assert not thread.is_alive()


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def github_url(clock):
    from unifykit.sandbox.github import create_app

    with serving(create_app(clock=clock)) as url:
        yield url


@pytest.fixture
def http(github_url):
    with httpx.Client(base_url=github_url, headers={"Authorization": "token sandbox-token"}, trust_env=False) as client:
        yield client


@pytest.fixture
def reviewer(github_url):
    with httpx.Client(
        base_url=github_url, headers={"Authorization": "Bearer sandbox-reviewer"}, trust_env=False
    ) as client:
        yield client


@pytest.fixture
def anonymous(github_url):
    with httpx.Client(base_url=github_url, trust_env=False) as client:
        yield client


@pytest.fixture(scope="module")
def documented():
    """A project with the tables of PostgREST's documentation."""
    from unifykit.sandbox.supabase import SupabaseProject

    project = SupabaseProject((Path(__file__).parent / "postgrest.sql").read_text())
    yield project
    project.close()


@pytest.fixture(scope="module")
def rest(documented):
    from unifykit.sandbox.serving import Serving

    serving = Serving(documented.app)
    url, headers = f"{serving.url}/rest/v1", {"apikey": documented.service_key}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        yield client
    serving.close()


@pytest.fixture
def fresh():
    """A project of one's own, for what changes rows."""
    from unifykit.sandbox.serving import Serving
    from unifykit.sandbox.supabase import SupabaseProject

    project = SupabaseProject((Path(__file__).parent / "postgrest.sql").read_text())
    serving = Serving(project.app)
    url, headers = f"{serving.url}/rest/v1", {"apikey": project.service_key}
    with httpx.Client(base_url=url, headers=headers, trust_env=False) as client:
        yield client
    serving.close()
    project.close()
