"""One TLS context for all stacks, loaded when first used; proxies by the environment's variables, on every stack."""

import base64
import contextlib
import os
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from tests.loopback import Loopback, Reply, refused_port
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit._wires import aiohttp as aiohttp_wire
from unifykit._wires import httpx as httpx_wire
from unifykit._wires import tls
from unifykit._wires import urllib3 as urllib3_wire
from unifykit._wires.proxies import proxy_for
from unifykit.events import AttemptEvent
from unifykit.testing import VirtualClock

BODY = Reply(body={"id": 1, "object": "customer", "users": [], "aud": ""})

NAME = "service.test"
"""A name that only the proxy can resolve: this machine's own addresses are never asked for through a proxy."""

one_of_each = pytest.mark.parametrize(
    "native", [n for n in NATIVES if not n.name.startswith(("auth", "storage", "functions"))], ids=lambda n: n.name
)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def server_context(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", NAME).configure_cert(context)
    return context


@pytest.fixture
def fresh_context(monkeypatch: pytest.MonkeyPatch) -> None:
    """A context that has loaded nothing yet, in place of the process's."""
    context = tls._make()
    for module in (httpx_wire, urllib3_wire, aiohttp_wire):
        monkeypatch.setattr(module, "CONTEXT", context)


def trust(authority: trustme.CA, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    authority.cert_pem.write_to_path(path / "ca.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(path / "ca.pem"))


class Proxy:
    """A forward proxy on 127.0.0.1: CONNECT, and whole URLs for plain HTTP. Every name leads to 127.0.0.1."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.auth: list[str | None] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads = [threading.Thread(target=self._accept)]
        self._open: list[socket.socket] = []
        self._threads[0].start()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._listener.getsockname()[1]}"

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(client)
            self._threads.append(threading.Thread(target=self._serve, args=(client,)))
            self._threads[-1].start()

    def _serve(self, client: socket.socket) -> None:
        with client:
            head = b""
            while b"\r\n\r\n" not in head:
                chunk = client.recv(65536)
                if not chunk:
                    return
                head += chunk
            line, *headers = head.split(b"\r\n\r\n")[0].decode().split("\r\n")
            method, target, _ = line.split(" ")
            self.asked.append(f"{method} {target}")
            named = {h.partition(":")[0].lower(): h.partition(":")[2].strip() for h in headers}
            self.auth.append(named.get("proxy-authorization"))
            port = (target if method == "CONNECT" else target.split("/")[2]).split(":")[1]
            with socket.create_connection(("127.0.0.1", int(port))) as upstream:
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                else:
                    upstream.sendall(head)
                self._relay(client, upstream)

    @staticmethod
    def _relay(one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                for ready in select.select([one, other], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    (other if ready is one else one).sendall(data)


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    made = Proxy()
    yield made
    made.close()


def read(native: Native, url: str, **options: Any) -> None:
    """The read; only that it came counts."""
    use(native, url, native.read, **options)


@one_of_each
def test_a_certificate_of_a_given_authority_is_trusted(  # noqa: PLR0917 -- fixtures
    native: Native, authority: trustme.CA, server_context: ssl.SSLContext, fresh_context: None,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trust(authority, tmp_path, monkeypatch)
    with Loopback([BODY], server_context) as server:
        read(native, server.url)
        assert len(server.seen) == 1


@one_of_each
def test_a_certificate_of_another_authority_is_final(
    native: Native, server_context: ssl.SSLContext, fresh_context: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trust(trustme.CA(), tmp_path, monkeypatch)
    attempts: list[AttemptEvent] = []
    observe = lambda event: attempts.append(event) if isinstance(event, AttemptEvent) else None
    with Loopback([BODY], server_context) as server:
        for call in (native.read, native.write):
            with pytest.raises(Exception, match=r"(?i)certificate|connection error"):
                use(native, server.url, call, observers=[observe])
        assert server.seen == []
    assert [event.error for event in attempts] == ["tls", "tls"]


def test_a_typed_operation_calls_it_a_failed_connection(
    both: Any, server_context: ssl.SSLContext, fresh_context: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from unifykit.errors import ConnectionFailedError

    trust(trustme.CA(), tmp_path, monkeypatch)
    with Loopback([BODY], server_context) as server:
        h = both(**settings_for(server.url))
        with pytest.raises(ConnectionFailedError, match=r"(?i)certificate") as caught:
            h.run(lambda p: p.github.repos.get("o/r"))
    assert caught.value.attempts == 1
    assert not caught.value.maybe_executed


@one_of_each
def test_a_name_that_the_certificate_does_not_bear_is_refused(
    native: Native, authority: trustme.CA, fresh_context: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    trust(authority, tmp_path, monkeypatch)
    with Loopback([BODY], context) as server:
        with pytest.raises(Exception):
            use(native, server.url, native.read)
        assert server.seen == []


def test_all_stacks_share_one_context_and_building_loads_nothing() -> None:
    script = """
import asyncio, ssl, sys
sys.path.insert(0, ".")
sys.modules["aiohttp"] = None  # makes contexts when it is imported, and openai imports it wherever it is installed
from tests.wires.natives import settings_for
from unifykit import AsyncPlatforms, Platforms
made = []
kept = ssl.SSLContext.__new__
ssl.SSLContext.__new__ = lambda cls, *a, **k: made.append(cls.__name__) or kept(cls, *a, **k)
p = Platforms(**settings_for("http://127.0.0.1:9"))
p.github.native, p.gitlab.native, p.stripe.native, p.openai.native, p.supabase.native
p.supabase.native.storage, p.supabase.native.functions, p.supabase.native.postgrest
from unifykit._wires.tls import CONTEXT
assert made == ["LazyContext"], made
assert not CONTEXT._loaded
assert CONTEXT.cert_store_stats()["x509_ca"] == 0
assert all(not getattr(pools, "_managers", None) for c in p._clients.values() for pools in c.link.shared.values())
"""
    subprocess.run([sys.executable, "-c", script], check=True, env={**os.environ, "PYTHONWARNINGS": "error"})


@one_of_each
def test_https_goes_through_the_proxys_tunnel(  # noqa: PLR0917 -- fixtures
    native: Native, proxy: Proxy, authority: trustme.CA, server_context: ssl.SSLContext, fresh_context: None,
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    trust(authority, tmp_path, monkeypatch)
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:p%40ss@{proxy.address}")
    with Loopback([BODY], server_context) as server:
        read(native, f"https://{NAME}:{server.port}")
        assert len(server.seen) == 1
        assert "proxy-authorization" not in server.seen[0].headers
        assert proxy.asked == [f"CONNECT {NAME}:{server.port}"]
        assert proxy.auth == [f"Basic {base64.b64encode(b'user:p@ss').decode()}"]


@one_of_each
def test_plain_http_is_given_to_the_proxy(native: Native, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://user:p%40ss@{proxy.address}")
    with Loopback([BODY]) as server:
        read(native, f"http://{NAME}:{server.port}")
        assert len(server.seen) == 1
        assert server.seen[0].headers["host"] == f"{NAME}:{server.port}"
        assert [asked.split("/")[2] for asked in proxy.asked] == [f"{NAME}:{server.port}"]
        assert proxy.auth == [f"Basic {base64.b64encode(b'user:p@ss').decode()}"]


@one_of_each
def test_a_proxy_that_refuses_is_tried_again_as_nothing_was_sent(
    native: Native, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts: list[AttemptEvent] = []
    observe = lambda event: attempts.append(event) if isinstance(event, AttemptEvent) else None
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{refused_port()}")
    with pytest.raises(Exception):
        use(native, f"https://{NAME}", native.write, observers=[observe], clock=VirtualClock())
    assert [event.error for event in attempts] == ["connect"] * 3


@one_of_each
def test_this_machine_is_asked_directly(native: Native, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://{proxy.address}")
    with Loopback([BODY]) as server:
        read(native, server.url)
        assert len(server.seen) == 1
    assert proxy.asked == []


def test_no_proxy_is_obeyed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", f"other.test,.{NAME}")
    assert proxy_for("https", "api.test") == "http://proxy.test:3128"
    assert proxy_for("https", f"api.{NAME}") is None
    assert proxy_for("https", "other.test") is None
    assert proxy_for("http", "api.test") is None


def test_ambient_variables_do_not_lead_openai_elsewhere(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_ORG_ID", "OPENAI_PROJECT_ID", "OPENAI_ADMIN_KEY", "OPENAI_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, "ambient")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:1/v1")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "Authorization: Bearer ambient\nX-Ambient: ambient")
    native = next(n for n in NATIVES if n.name == f"openai-{mode}")
    with Loopback([Reply(body={"id": "m"})]) as server:
        for call in (native.read, lambda openai: native.read(openai.with_options(timeout=5))):
            use(native, server.url, call)
        assert len(server.seen) == 2
        assert "ambient" not in str([seen.headers for seen in server.seen])
        assert all(seen.headers["authorization"] == "Bearer sk_test_token" for seen in server.seen)


def test_stripe_writes_no_telemetry_id(mode: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    native = next(n for n in NATIVES if n.name == f"stripe-{mode}")
    with Loopback([Reply(body={"id": "cus_1", "object": "customer"}, headers={"Request-Id": "req_1"})]) as server:
        use(native, server.url, native.read)
        use(native, server.url, native.read)
        assert "x-stripe-client-telemetry" not in server.seen[1].headers
    assert list(tmp_path.iterdir()) == []


def test_a_cut_tls_connection_counts_as_sent(
    authority: trustme.CA,
    server_context: ssl.SSLContext,
    fresh_context: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Only a certificate's fault proves that nothing was sent."""
    from unifykit._core.outcome import Kind

    for error in (ssl.SSLEOFError(8, "EOF occurred"), ssl.SSLError(1, "bad record mac")):
        outcome = urllib3_wire.blame(urllib3_wire.SSLError(error))
        assert outcome is not None
        assert (outcome.kind, outcome.executed) == (Kind.TRANSIENT, True)
