"""Events on their way to endpoints: really sent, signed, when the receiver is this machine.

https://docs.stripe.com/webhooks#verify-events
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx

if TYPE_CHECKING:
    from .state import Delivery, World

_TIMEOUT_SECONDS = 10


def is_loopback(url: str) -> bool:
    """Whether an address is this machine; nothing else is ever sent to."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def signature(secret: str, timestamp: int, body: bytes) -> str:
    """The value of `Stripe-Signature`."""
    mac = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={mac}"


async def send_all(world: World) -> None:
    """Send what is queued, in order."""
    queued, world.outbox[:] = list(world.outbox), []
    # Proxies from the environment have no business with loopback.
    async with httpx.AsyncClient(timeout=_TIMEOUT_SECONDS, trust_env=False) as client:
        for delivery in queued:
            await _send(client, world, delivery)


async def _send(client: httpx.AsyncClient, world: World, delivery: Delivery) -> None:
    body = json.dumps(delivery.event, indent=2).encode()
    headers = {
        "Accept": "*/*; q=0.5, application/xml",
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(delivery.secret, world.now, body),
        "User-Agent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)",
    }
    try:
        reply = await client.post(delivery.url, content=body, headers=headers)
    except httpx.HTTPError:
        return  # stays pending, as with an endpoint that does not answer
    if reply.is_success:
        delivery.event["pending_webhooks"] -= 1
