"""One write, one effect: a fifth of the requests fails in every way, and every keyed write still happens exactly once."""

import json
import random
import socket
import struct

import pytest
from tests.providers.stripe.conftest import settings
from tests.sandbox.conftest import serving

from unifykit import Breaker, NotFoundError, Retry
from unifykit.sandbox.stripe import create_app
from unifykit.testing import VirtualClock

WAYS = ("503", "reset before", "reset after", "truncated")
WRITES = 150


class Faults:
    """An ASGI app in front of another: fails at random, before or after the request was executed."""

    def __init__(self, app, rate, seed=7):
        self.app = app
        self.rate = rate
        self.random = random.Random(seed)
        self.met = dict.fromkeys(WAYS, 0)

    async def __call__(self, scope, receive, send):
        way = self.random.choice(WAYS) if self.random.random() < self.rate else None
        if way is None or scope["method"] == "GET":
            await self.app(scope, receive, send)
            return
        self.met[way] += 1
        if way == "503":
            while (await receive()).get("more_body"):
                pass
            body = json.dumps({"error": {"type": "api_error", "message": "Down."}}).encode()
            await send(
                {"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"%d" % len(body))]}
            )
            await send({"type": "http.response.body", "body": body})
            return
        if way == "reset before":
            while (await receive()).get("more_body"):
                pass
            cut(send)
            return

        async def say(message):
            if message["type"] == "http.response.start" and way == "truncated":
                await send(message)
                return
            if message["type"] == "http.response.body":
                if way == "truncated":
                    await send({**message, "body": message["body"][:20], "more_body": True})
                cut(send)

        await self.app(scope, receive, say)


def cut(send):
    """Reset the connection that an ASGI server answers on."""
    transport = send.__self__.transport
    linger = struct.pack("ii", 1, 0)
    transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    transport.abort()


@pytest.fixture
def faulty(both):
    faults = Faults(create_app(), 0.2)
    with serving(faults) as url:
        # A virtual clock for the waits, and a breaker that stays out of it: the subject is what is sent again.
        yield (
            faults,
            both(
                stripe=settings(url),
                clock=VirtualClock(),
                retry=Retry(max_attempts=8, budget=100_000),
                breaker=Breaker(minimum=100_000),
            ),
        )


def test_keyed_writes_all_succeed_and_none_twice(faulty):
    faults, h = faulty
    made = [h.run(lambda p, number=number: p.stripe.customers.create(name=f"n{number}")).id for number in range(WRITES)]
    assert len(set(made)) == WRITES
    assert min(faults.met.values()) > 0, faults.met
    assert sum(faults.met.values()) > WRITES / 10
    names = [customer.name for customer in h.run(lambda p: p.stripe.customers.list())]
    assert names == [f"n{number}" for number in reversed(range(WRITES))]


def test_money_moves_once(faulty):
    _, h = faulty
    for _ in range(25):
        payment = h.run(
            lambda p: p.stripe.payment_intents.create(
                amount=2000, currency="eur", payment_method_types=["card"], payment_method="pm_card_visa", confirm=True
            )
        )
        h.run(lambda p, payment=payment: p.stripe.refunds.create(payment_intent=payment.id, amount=500))
    assert h.run(lambda p: p.stripe.balance()).pending[0].amount == 25 * 1500
    assert len(h.run(lambda p: p.stripe.refunds.list())) == 25


def test_a_delete_that_was_lost_says_that_it_may_have_happened(both):
    class LosesTheFirst(Faults):
        async def __call__(self, scope, receive, send):
            if scope["method"] == "DELETE" and not self.met["reset after"]:
                self.met["reset after"] = 1

                async def say(message):
                    if message["type"] == "http.response.body":
                        cut(send)

                await self.app(scope, receive, say)
                return
            await self.app(scope, receive, send)

    with serving(LosesTheFirst(create_app(), 0)) as url:
        h = both(stripe=settings(url), clock=VirtualClock())
        customer = h.run(lambda p: p.stripe.customers.create())
        with pytest.raises(NotFoundError) as caught:
            h.run(lambda p: p.stripe.customers.delete(customer.id))
        assert caught.value.maybe_executed
        assert h.run(lambda p: p.stripe.customers.get(customer.id)).deleted
