"""Which requests take a proxy."""

import pytest

from unifykit._wires.proxies import proxy_for


@pytest.fixture(autouse=True)
def _proxied(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "proxy.example:3128")
    monkeypatch.setenv("https_proxy", "http://user:secret@proxy.example:3129")
    monkeypatch.setenv("NO_PROXY", "internal.example")


def test_the_environment_names_the_proxy():
    assert proxy_for("http", "api.example.com") == "http://proxy.example:3128"
    assert proxy_for("https", "api.example.com") == "http://user:secret@proxy.example:3129"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.8.9.1", "::1", "[::1]", "localhost", "LOCALHOST", "internal.example"]
)
def test_this_machine_and_the_exceptions_are_reached_directly(host):
    assert proxy_for("http", host) is None
    assert proxy_for("https", host) is None


def test_a_name_that_only_looks_local_takes_the_proxy():
    assert proxy_for("http", "localhost.example.com") is not None
    assert proxy_for("http", "127.0.0.1.example.com") is not None
