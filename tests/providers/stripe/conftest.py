"""The server that Stripe's operations run against: our sandbox, every exchange held against Stripe's own description."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from tests.contracts.stripe import ContractError, validate_exchange
from tests.sandbox.conftest import Clock, serving

from unifykit.settings import StripeSettings


class Contract:
    """An ASGI app around another: holds every exchange against Stripe's own description."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.faults: list[str] = []
        self.seen: set[tuple[str, str]] = set()
        self.sent: list[tuple[str, str, dict[str, str], str]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/v1/"):
            await self.app(scope, receive, send)
            return
        asked, answered, start = bytearray(), bytearray(), {}

        async def hear() -> Any:
            message = await receive()
            asked.extend(message.get("body", b""))
            return message

        async def say(message: Any) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            answered.extend(message.get("body", b""))
            await send(message)

        await self.app(scope, hear, say)
        self._check(scope, asked.decode(), start["status"], bytes(answered))

    def _check(self, scope: Any, asked: str, status: int, answered: bytes) -> None:
        query = scope["query_string"].decode()
        path = scope["raw_path"].decode() + (f"?{query}" if query else "")
        headers = {name.decode().lower(): value.decode() for name, value in scope["headers"]}
        self.sent.append((scope["method"], path, headers, asked))
        try:
            template = validate_exchange(scope["method"], path, status, asked, json.loads(answered))
            self.seen.add((scope["method"], template))
        except ContractError as fault:
            self.faults.append(str(fault))


class World:
    """One Stripe, seen through one harness: `w.do(lambda s: s.account())`."""

    def __init__(self, harness: Any, base_url: str, contract: Contract, clock: Clock) -> None:
        self.harness = harness
        self.base_url = base_url
        self.contract = contract
        self.clock = clock

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.stripe))

    def payer(self, card: str = "pm_card_visa") -> str:
        """The id of a new customer who can be charged."""
        customer = self.do(lambda s: s.customers.create(email="ada@example.com"))
        method = self.do(lambda s: s.payment_methods.attach(card, customer=customer.id))
        self.do(lambda s: s.customers.update(customer.id, default_payment_method=method.id))
        return str(customer.id)

    def price(self, amount: int = 2000, interval: str | None = "month") -> str:
        """The id of a new price."""
        product = self.do(lambda s: s.products.create(name="Premium Plan"))
        return str(
            self.do(
                lambda s: s.prices.create(product=product.id, unit_amount=amount, currency="eur", interval=interval)
            ).id
        )

    def paid(self, amount: int = 2000, **more: Any) -> Any:
        """A payment that has succeeded, unless the arguments say otherwise."""
        fields = {"payment_method": "pm_card_visa", "confirm": True, "payment_method_types": ["card"], **more}
        return self.do(lambda s: s.payment_intents.create(amount=amount, currency="eur", **fields))


def settings(url: str, key: str = "sk_test_sandbox") -> StripeSettings:
    return StripeSettings(secret_key=key, base_url=url)


@contextmanager
def sandbox_server(clock: Clock | None = None) -> Iterator[tuple[str, Contract]]:
    from unifykit.sandbox.stripe import create_app

    contract = Contract(create_app(clock=clock) if clock else create_app())
    with serving(contract) as url:
        yield url, contract


@pytest.fixture
def w(both: Any) -> Iterator[World]:
    clock = Clock()
    with sandbox_server(clock) as (url, contract):
        yield World(both(stripe=settings(url)), url, contract, clock)
    assert contract.faults == []
