import pytest

from unifykit.sandbox import Sandbox


@pytest.fixture(scope="session")
def running():
    with Sandbox(only=["supabase"]) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    """The sandbox in the state that it begins with."""
    running.reset()
    return running


@pytest.fixture
def here(sandbox, both):
    """A harness on the service key, over a socket."""
    return both(**sandbox.settings())
