"""Every operation's exchanges, held against GitLab's own description; see tests/contracts/gitlab.py."""

import pytest
from tests.conftest import Harness
from tests.contracts.gitlab import ContractError, validate_exchange
from tests.providers.gitlab.conftest import World, accounts, sandbox_server
from tests.providers.gitlab.scenario import STEPS


@pytest.mark.parametrize("name", list(STEPS))
def test_operation(name, tmp_path):
    with sandbox_server(checked=True) as server:
        harness = Harness("sync", gitlab=accounts(server.url))
        world = World(harness, server)
        world.folder = tmp_path
        try:
            STEPS[name](world)
        finally:
            harness.close()
    assert server.contract.checked
    assert server.contract.faults == []


@pytest.mark.parametrize(
    ("method", "target", "body", "fault"),
    [
        ("GET", "/api/v4/nowhere", b"", "describes no"),
        ("GET", "/api/v4/projects?shiny=1", b"", "does not know"),
        ("GET", "/api/v4/projects?owned=True", b"", "is no boolean"),
        ("POST", "/api/v4/projects", b'{"colour": "red"}', "does not know"),
        ("POST", "/api/v4/projects/1/issues", b'{"title": "x", "labels": "a"}', "is no array"),
        ("POST", "/api/v4/projects/1/star", b'{"a": 1}', "does not expect"),
    ],
)
def test_the_checker_finds(method, target, body, fault):
    with pytest.raises(ContractError, match=fault):
        validate_exchange(method, target, 200, body, b"")
