"""Webhook messages: written down for every hook, really sent when the receiver is this machine.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
import uuid
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

import httpx

from .render_accounts import simple_user
from .render_repos import minimal_repo
from .state import Delivery, Hook

if TYPE_CHECKING:
    from .call import Call
    from .state import Repository, World

_TIMEOUT_SECONDS = 10


def announce(call: Call, repo: Repository, event: str, payload: dict[str, Any]) -> None:
    """Tell every active hook that subscribes to the event.

    Args:
        call: The request that caused it.
        repo: Where it happened.
        event: The event's name, such as issues.
        payload: The message without repository and sender.
    """
    for hook in repo.hooks.values():
        if hook.active and (event in hook.events or "*" in hook.events):
            deliver(call, repo, hook, event, payload)


def deliver(call: Call, repo: Repository, hook: Hook, event: str, payload: dict[str, Any]) -> None:
    """Write a message down and queue it for sending.

    Args:
        call: The request that caused it.
        repo: Where it happened.
        hook: Who is told.
        event: The event's name.
        payload: The message without repository and sender.
    """
    number = call.world.next_id("delivery", 12345678)
    full = {
        **payload,
        "repository": minimal_repo(call, repo),
        "sender": simple_user(call.links, call.user),
    }
    guid = str(uuid.uuid5(uuid.NAMESPACE_URL, f"delivery/{number}"))
    delivery = Delivery(number, guid, event, payload.get("action"), full, {}, call.now)
    delivery.headers = _headers(hook, delivery)
    hook.deliveries.insert(0, delivery)
    if is_loopback(str(hook.config["url"])):
        call.world.outbox.append((hook, delivery))
    else:
        delivery.status, delivery.status_code = "unifykit sandbox: recorded, not sent", 0


def is_loopback(url: str) -> bool:
    """Tell whether an address is this machine; nothing else is ever sent to.

    Args:
        url: The hook's address.

    Returns:
        True for localhost and the loopback ranges.
    """
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def encoded(hook: Hook, delivery: Delivery) -> bytes:
    """Give the bytes that are signed and sent.

    Args:
        hook: For the content type it wants.
        delivery: The message.

    Returns:
        JSON, or a form with the JSON in `payload`.
    """
    text = json.dumps(delivery.payload, separators=(",", ":"))
    return text.encode() if hook.config["content_type"] == "json" else urlencode({"payload": text}).encode()


def _headers(hook: Hook, delivery: Delivery) -> dict[str, str]:
    kind = "json" if hook.config["content_type"] == "json" else "x-www-form-urlencoded"
    headers = {
        "Accept": "*/*",
        "Content-Type": f"application/{kind}",
        "User-Agent": "GitHub-Hookshot/sandbox",
        "X-GitHub-Delivery": delivery.guid,
        "X-GitHub-Event": delivery.event,
        "X-GitHub-Hook-ID": str(hook.id),
    }
    secret = hook.config.get("secret")
    if secret:
        # https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
        body = encoded(hook, delivery)
        for name, algorithm in (("X-Hub-Signature", "sha1"), ("X-Hub-Signature-256", "sha256")):
            digest = hmac.new(str(secret).encode(), body, getattr(hashlib, algorithm)).hexdigest()
            headers[name] = f"{algorithm}={digest}"
    return headers


async def send_all(world: World) -> None:
    """Send what is queued, in order.

    Args:
        world: Whose outbox is emptied.
    """
    queued, world.outbox[:] = list(world.outbox), []
    # Proxies from the environment have no business with loopback.
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        for hook, delivery in queued:
            await _send(client, hook, delivery)


async def _send(client: httpx.AsyncClient, hook: Hook, delivery: Delivery) -> None:
    try:
        reply = await client.post(str(hook.config["url"]), content=encoded(hook, delivery), headers=delivery.headers)
    except httpx.HTTPError as error:
        delivery.status, delivery.status_code = f"failed to connect to host: {type(error).__name__}", 502
        return
    delivery.status = "OK" if reply.is_success else "Invalid HTTP Response: " + str(reply.status_code)
    delivery.status_code = reply.status_code
    delivery.response_headers, delivery.response_body = dict(reply.headers), reply.text
