"""What Stripe could not mean is refused before anything is sent."""

from datetime import datetime

import pytest
from tests.loopback import Loopback, Reply
from tests.providers.stripe.conftest import settings

from unifykit import InvalidRequestError
from unifykit.providers.stripe import Money

ITEM = [{"price": "price_1", "quantity": 1}]
CALLS = {
    "no id": lambda s: s.customers.get(""),
    "dots": lambda s: s.customers.get(".."),
    "float": lambda s: s.payment_intents.create(amount=20.5, currency="eur"),
    "zero": lambda s: s.payment_intents.create(amount=0, currency="eur"),
    "no currency": lambda s: s.payment_intents.create(amount=20),
    "long currency": lambda s: s.payment_intents.create(amount=20, currency="euro"),
    "two currencies": lambda s: s.payment_intents.create(amount=Money(20, "eur"), currency="usd"),
    "one type": lambda s: s.payment_intents.create(amount=20, currency="eur", payment_method_types="card"),
    "capture": lambda s: s.payment_intents.create(amount=20, currency="eur", capture_method="later"),
    "nothing": lambda s: s.customers.update("cus_1"),
    "metadata": lambda s: s.customers.create(metadata={"a": 1}),
    "long key": lambda s: s.customers.create(metadata={"a" * 41: "1"}),
    "bracket": lambda s: s.customers.create(metadata={"a[b]": "1"}),
    "long value": lambda s: s.customers.create(metadata={"a": "1" * 501}),
    "many": lambda s: s.customers.create(metadata={str(number): "" for number in range(51)}),
    "naive": lambda s: s.customers.list(since=datetime(2026, 1, 1)),
    "query": lambda s: s.customers.search(" "),
    "items": lambda s: s.subscriptions.create(customer="cus_1", items=[]),
    "one item": lambda s: s.subscriptions.create(customer="cus_1", items="price_1"),
    "days": lambda s: s.subscriptions.create(customer="cus_1", items=["price_1"], trial_period_days=0),
    "behavior": lambda s: s.subscriptions.pause("sub_1", behavior="forever"),
    "status": lambda s: s.subscriptions.list(status="gone"),
    "refund": lambda s: s.refunds.create(payment_intent=""),
    "reason": lambda s: s.refunds.create(payment_intent="pi_1", reason="because"),
    "both": lambda s: s.invoice_items.create(customer="cus_1", amount=1, currency="eur", price="price_1"),
    "neither": lambda s: s.invoice_items.create(customer="cus_1"),
    "count": lambda s: s.prices.create(product="prod_1", unit_amount=1, currency="eur", interval_count=2),
    "interval": lambda s: s.prices.create(product="prod_1", unit_amount=1, currency="eur", interval="decade"),
    "negative": lambda s: s.prices.create(product="prod_1", unit_amount=-1, currency="eur"),
    "mode": lambda s: s.checkout.create(mode="gift", line_items=ITEM, success_url="https://example.com"),
    "no items": lambda s: s.checkout.create(mode="payment", success_url="https://example.com"),
    "who": lambda s: s.checkout.create(
        mode="payment", line_items=ITEM, success_url="https://example.com", customer="c", customer_email="a@example.com"
    ),
    "trial": lambda s: s.checkout.create(
        mode="payment", line_items=ITEM, success_url="https://example.com", trial_period_days=3
    ),
    "events": lambda s: s.webhook_endpoints.create(url="https://example.com", events=[]),
    "long key of one's own": lambda s: s.customers.create(idempotency_key="k" * 256),
    "a key that no header can hold": lambda s: s.customers.create(idempotency_key="заказ-7"),
    "blank key of one's own": lambda s: s.customers.create(idempotency_key="  "),
    "everybody's payments": lambda s: s.payment_intents.list(customer=""),
    "everybody's subscriptions": lambda s: s.subscriptions.list(customer=" "),
    "empty key of one's own": lambda s: s.customers.create(idempotency_key=""),
}


@pytest.mark.parametrize("case", CALLS)
def test_refused_before_the_network(both, case):
    with Loopback([Reply(200, {})]) as server:
        h = both(stripe=settings(server.url))
        with pytest.raises(InvalidRequestError) as caught:
            h.run(lambda p: CALLS[case](p.stripe))
        assert server.seen == []
    assert caught.value.attempts == 0
    assert caught.value.operation


def test_ids_are_quoted(both):
    with Loopback([Reply(200, {"id": "x", "object": "product"})]) as server:
        both(stripe=settings(server.url)).run(lambda p: p.stripe.products.get("a/../b?c#d"))
        assert server.seen[0].path == "/v1/products/a%2F..%2Fb%3Fc%23d"
