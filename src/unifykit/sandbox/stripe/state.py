"""What one account holds: objects in the very shape in which Stripe sends them, events, and keys of past requests."""

from __future__ import annotations

import hashlib
from copy import deepcopy
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from .errors import no_such

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

Json = dict[str, Any]
VERSION = "2026-05-27.dahlia"

PREFIXES = {
    "customer": "cus",
    "payment_method": "pm",
    "payment_intent": "pi",
    "charge": "ch",
    "refund": "re",
    "product": "prod",
    "price": "price",
    "subscription": "sub",
    "subscription_item": "si",
    "invoice": "in",
    "invoiceitem": "ii",
    "line_item": "il",
    "invoice_payment": "inpay",
    "checkout.session": "cs_test",
    "item": "li",
    "billing_portal.session": "bps",
    "billing_portal.configuration": "bpc",
    "webhook_endpoint": "we",
    "event": "evt",
}
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_SAID = {"payment_method": "PaymentMethod", "invoiceitem": "invoiceitem", "checkout.session": "checkout.session"}


@dataclass
class Delivery:
    """An event on its way to one endpoint."""

    url: str
    secret: str
    event: Json


@dataclass
class Kept:
    """What was answered to a request with an idempotency key; no status while it still runs."""

    fingerprint: str
    request_id: str
    status: int | None = None
    body: bytes = b""


@dataclass
class World:
    """One account."""

    account: str
    clock: Callable[[], datetime]
    objects: dict[str, dict[str, Json]] = field(default_factory=dict[str, dict[str, Json]])
    deleted: dict[str, str] = field(default_factory=dict[str, str])
    lines: dict[str, list[Json]] = field(default_factory=dict[str, list[Json]])
    plans: dict[str, Json] = field(default_factory=dict[str, Json])
    waiting: dict[str, str] = field(default_factory=dict[str, str])
    secrets: dict[str, str] = field(default_factory=dict[str, str])
    keys: dict[str, Kept] = field(default_factory=dict[str, Kept])
    outbox: list[Delivery] = field(default_factory=list[Delivery])
    request: Json = field(default_factory=lambda: {"id": None, "idempotency_key": None})
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    @property
    def now(self) -> int:
        """The moment, in epoch seconds."""
        return int(self.clock().timestamp())

    def scramble(self, seed: str, length: int) -> str:
        """Letters and digits that look random and are the same in every run."""
        number = int.from_bytes(hashlib.sha512(f"{self.account}/{seed}".encode()).digest(), "big")
        text = ""
        while len(text) < length:
            number, digit = divmod(number, len(_ALPHABET))
            text += _ALPHABET[digit]
        return text

    def new_id(self, kind: str) -> str:
        """An id for something new."""
        long = kind == "checkout.session"
        text = self.scramble(f"{kind}/{next(self._numbers)}", 58 if long else 24)
        return f"{PREFIXES[kind]}_{'a1' if long else ''}{text}"

    def kind(self, name: str) -> dict[str, Json]:
        """Everything of one kind, by id, oldest first."""
        return self.objects.setdefault(name, {})

    def add(self, thing: Json) -> Json:
        """Keep an object."""
        self.kind(thing["object"])[thing["id"]] = thing
        return thing

    def find(self, kind: str, given: str, *, param: str = "id", status: int = 404) -> Json:
        """The object of this id, or Stripe's refusal."""
        found = self.kind(kind).get(given)
        if found is None:
            raise no_such(_SAID.get(kind, kind), given, param=param, status=status)
        return found

    def named(self, kind: str, given: str, param: str) -> Json:
        """The object that a parameter names."""
        return self.find(kind, given, param=param, status=400)

    def remove(self, thing: Json) -> Json:
        """Delete an object; returns what Stripe says then."""
        del self.kind(thing["object"])[thing["id"]]
        self.deleted[thing["id"]] = thing["object"]
        return {"id": thing["id"], "object": thing["object"], "deleted": True}

    def emit(self, name: str, thing: Json, previous: Json | None = None) -> None:
        """Write an event down, and queue it for the endpoints that want it."""
        from .webhooks import is_loopback

        data: Json = {"object": deepcopy(thing)}
        if previous is not None:
            data["previous_attributes"] = deepcopy(previous)
        wanting = [
            endpoint
            for endpoint in self.kind("webhook_endpoint").values()
            if endpoint["status"] == "enabled" and {name, "*"} & set(endpoint["enabled_events"])
        ]
        event = self.add({
            "id": self.new_id("event"),
            "object": "event",
            "api_version": VERSION,
            "created": self.now,
            "data": data,
            "livemode": False,
            "pending_webhooks": len(wanting),
            "request": dict(self.request),
            "type": name,
        })  # fmt: skip
        for endpoint in wanting:
            if is_loopback(endpoint["url"]):
                self.outbox.append(Delivery(endpoint["url"], self.secrets[endpoint["id"]], event))
