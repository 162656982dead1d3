"""The servers that Stripe's operations run against: our sandbox, every exchange held against Stripe's own description, and
the two that others wrote, where they are prepared."""

import itertools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from tests import emulators
from tests.contracts.stripe import ContractError, validate_exchange
from tests.emulators.localstripe import KEY
from tests.sandbox.conftest import Clock, serving

from unifykit.settings import StripeSettings

_numbers = itertools.count(1)


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
            if message["type"] == "http.response.body" and not message.get("more_body"):
                # before the client has it, and its test looks at what was sent
                self._check(scope, asked.decode(), start["status"], bytes(answered))
            await send(message)

        await self.app(scope, hear, say)

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


class Steps:
    """One Stripe, seen through one harness: `w.do(lambda s: s.account())`."""

    def __init__(self, harness: Any, base_url: str) -> None:
        self.harness = harness
        self.base_url = base_url

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.stripe))

    def now(self) -> datetime:
        """What the server takes for the time."""
        return datetime.now(UTC)

    def name(self) -> str:
        """A name that nobody has taken."""
        return f"name{next(_numbers)}"

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

    def intent(self, **more: Any) -> Any:
        """A payment by card that waits."""
        return self.do(
            lambda s: s.payment_intents.create(amount=100, currency="eur", payment_method_types=["card"], **more)
        )

    def subscription(self) -> tuple[str, str]:
        """The id of a new customer and of an active subscription of theirs, to 20 euros a month."""
        payer, price = self.payer(), self.price()
        return payer, str(self.do(lambda s: s.subscriptions.create(customer=payer, items=[price])).id)

    def invoice(self, **more: Any) -> str:
        """The id of a new draft over 15 euros."""
        payer = self.payer()
        self.do(lambda s: s.invoice_items.create(customer=payer, amount=1500, currency="eur"))
        fields = {"customer": payer, "currency": "eur", "pending_items": "include", **more}
        return str(self.do(lambda s: s.invoices.create(**fields)).id)

    def session(self) -> str:
        """The id of an open checkout."""
        items = [{"price": self.price(900, None), "quantity": 1}]
        made = self.do(
            lambda s: s.checkout.create(mode="payment", line_items=items, success_url="https://example.com/")
        )
        return str(made.id)


class World(Steps):
    """Our sandbox: its exchanges, and a clock of its own."""

    def __init__(self, harness: Any, base_url: str, contract: Contract, clock: Clock) -> None:
        super().__init__(harness, base_url)
        self.contract = contract
        self.clock = clock

    def now(self) -> datetime:
        return self.clock.now


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


@pytest.fixture(scope="module")
def shared() -> Iterator[tuple[str, Contract]]:
    """One sandbox for the steps of a module, on the true time."""
    with sandbox_server() as served:
        yield served


@pytest.fixture
def steps(both: Any, shared: tuple[str, Contract]) -> Iterator[Steps]:
    url, contract = shared
    yield Steps(both(stripe=settings(url)), url)
    assert contract.faults == []


@pytest.fixture(scope="module")
def emulator() -> Iterator[emulators.Emulator]:
    with emulators.stripe() as running:
        yield running


@pytest.fixture
def emulated(both: Any, emulator: emulators.Emulator) -> Steps:
    return Steps(both(stripe=settings(emulator.url, emulator.token)), emulator.url)


class Plans(Steps):
    """localstripe, which has plans and no prices: what a step needs to begin with is made in its own words."""

    def subscription(self, amount: int = 2000) -> tuple[str, str]:
        plan = {"amount": amount, "currency": "eur", "interval": "month", "product[name]": "Premium Plan"}
        payer = self.payer()
        made = self._post("/v1/plans", plan)
        return payer, self._post("/v1/subscriptions", {"customer": payer, "items[0][plan]": made})

    def invoice(self, **more: Any) -> str:
        payer, _ = self.subscription(1000)
        self.do(lambda s: s.invoice_items.create(customer=payer, amount=500, currency="eur"))
        return str(self.do(lambda s: s.invoices.create(customer=payer, **more)).id)

    def intent(self, **more: Any) -> Any:
        return self.do(lambda s: s.payment_intents.create(amount=100, currency="eur", **more))

    def paid(self, amount: int = 2000, **more: Any) -> Any:
        fields = {"payment_method": "pm_card_visa", "confirm": True, **more}
        return self.do(lambda s: s.payment_intents.create(amount=amount, currency="eur", **fields))

    def _post(self, path: str, form: dict[str, Any]) -> str:
        with httpx.Client(base_url=self.base_url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as http:
            return str(http.post(path, data=form).raise_for_status().json()["id"])


@pytest.fixture(scope="module")
def localstripe() -> Iterator[str]:
    with emulators.localstripe() as url:
        yield url


@pytest.fixture
def planned(both: Any, localstripe: str) -> Plans:
    return Plans(both(stripe=settings(localstripe, KEY)), localstripe)
