"""The receivers of `examples/webhooks`, each a server of its own, to which the sandbox's Stripe and GitHub really deliver."""

import hashlib
import hmac
import os
import secrets
import socket
import subprocess
import sys
import time

import httpx
import pytest
from tests.blocks import ROOT

from unifykit.sandbox import Sandbox

_FOLDER = ROOT / "examples" / "webhooks"
_SERVERS = {
    "flask": ["-m", "flask", "--app", str(_FOLDER / "flask_receiver.py"), "run", "--port", "{port}"],
    "fastapi": ["-m", "uvicorn", "--app-dir", str(_FOLDER), "fastapi_receiver:app", "--port", "{port}"],
}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def until(done, seconds=20):
    """Wait for what another process does."""
    end = time.monotonic() + seconds
    while not (found := done()):
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.05)
    return found


def answers(url):
    try:
        return httpx.get(url).status_code == 404
    except httpx.TransportError:
        return False


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(only=["github", "stripe", "redis"]) as running:
        yield running


@pytest.fixture(params=sorted(_SERVERS))
def receiver(request, sandbox, tmp_path):
    """A running receiver: its address and its log."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", tmp_path / "log"
    with sandbox.platforms() as p:
        endpoint = p.stripe.webhook_endpoints.create(url=f"{url}/hooks/stripe", events=["customer.created"])
    told = {"STRIPE_WEBHOOK_SECRET": f"whsec_old {endpoint.secret}", "GITHUB_WEBHOOK_SECRET": "for-this-hook"}
    command = [sys.executable, *(part.format(port=port) for part in _SERVERS[request.param])]
    environment = {**os.environ, **sandbox.environment(), **told}
    with (
        log.open("wb") as out,
        subprocess.Popen(command, env=environment, stdout=out, stderr=out, cwd=tmp_path) as server,
    ):
        try:
            until(lambda: answers(url) or server.poll() is not None)
            yield url, log
        finally:
            server.terminate()
    with sandbox.platforms() as p:
        p.stripe.webhook_endpoints.delete(endpoint.id)


def test_a_delivery_of_each_sender_is_handled(receiver, sandbox):
    url, log = receiver
    with sandbox.platforms() as p:
        p.stripe.customers.create(email="ada@example.com")
        hook = p.github.hooks.create(
            "octocat/hello-world", url=f"{url}/hooks/github", events=["push"], secret="for-this-hook"
        )
        p.github.hooks.ping("octocat/hello-world", hook.id)
    until(lambda: "stripe says customer.created (evt_" in log.read_text())
    until(lambda: "github says ping" in log.read_text())


def test_what_is_delivered_again_is_handled_once(receiver):
    url, log = receiver
    body = b'{"zen": "Design for failure."}'
    signature = hmac.new(b"for-this-hook", body, hashlib.sha256).hexdigest()
    message = secrets.token_hex(8)
    headers = {"X-Hub-Signature-256": f"sha256={signature}", "X-GitHub-Event": "ping", "X-GitHub-Delivery": message}

    answers = [httpx.post(f"{url}/hooks/github", content=body, headers=headers).status_code for _ in range(3)]

    assert answers == [204, 204, 204]
    assert log.read_text().count(f"({message})") == 1


def test_what_is_not_signed_is_refused(receiver):
    url, log = receiver
    assert httpx.post(f"{url}/hooks/stripe", content=b"{}").status_code == 400
    assert httpx.post(f"{url}/hooks/openai", content=b"{}").status_code == 404
    assert "says" not in log.read_text()
