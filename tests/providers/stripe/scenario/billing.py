"""The catalogue, subscriptions, invoices, the pages that Stripe hosts, and webhooks."""

import pytest
from tests.providers.stripe.scenario.table import step

from unifykit import InvalidRequestError, NotFoundError
from unifykit.providers.stripe import Money

ITEM = {"price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Mug"}}, "quantity": 3}

# -- the catalogue


@step("products.create")
def _(w):
    made = w.do(lambda s: s.products.create(name="Mug", description="Blue", metadata={"a": "1"}))
    assert (made.name, made.description, made.active, made.metadata) == ("Mug", "Blue", True, {"a": "1"})


@step("products.get")
def _(w):
    made = w.do(lambda s: s.products.create(name="Mug"))
    assert w.do(lambda s: s.products.get(made.id)) == made
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.products.get("prod_nothing"))


@step("products.update")
def _(w):
    made = w.do(lambda s: s.products.create(name="Mug"))
    assert w.do(lambda s: s.products.update(made.id, name="Cup", metadata={"a": "b"})).name == "Cup"
    assert w.do(lambda s: s.products.get(made.id)).metadata == {"a": "b"}


@step("products.archive")
def _(w):
    made = w.do(lambda s: s.products.create(name="Mug"))
    assert not w.do(lambda s: s.products.archive(made.id)).active


@step("products.list")
def _(w):
    kept = w.do(lambda s: s.products.create(name="Mug", active=True))
    gone = w.do(lambda s: s.products.create(name="Mug", active=False))
    active = {one.id for one in w.do(lambda s: s.products.list(active=True))}
    assert (kept.id in active, gone.id in active) == (True, False)


@step("products.list: all")
def _(w):
    made = w.do(lambda s: s.products.create(name="Mug"))
    assert made.id in {one.id for one in w.do(lambda s: s.products.list())}


@step("prices.create")
def _(w):
    product = w.do(lambda s: s.products.create(name="Mug")).id
    made = w.do(lambda s: s.prices.create(product=product, unit_amount=Money(1999, "eur"), nickname="once"))
    assert (str(made.money), made.product, made.type, made.active) == ("19.99 EUR", product, "one_time", True)
    assert made.nickname == "once"
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.prices.create(product="prod_nothing", unit_amount=1, currency="eur"))


@step("prices.create: its essence")
def _(w):
    product = w.do(lambda s: s.products.create(name="Mug")).id
    made = w.do(lambda s: s.prices.create(product=product, unit_amount=Money(1999, "eur")))
    assert (made.unit_amount, made.currency, made.product, made.active) == (1999, "eur", product, True)


@step("prices.create: recurring")
def _(w):
    price = w.price()
    found = w.do(lambda s: s.prices.get(price))
    assert (found.type, found.recurring.interval) == ("recurring", "month")


@step("prices.get")
def _(w):
    price = w.price(1999, None)
    assert w.do(lambda s: s.prices.get(price)).unit_amount == 1999


@step("prices.update")
def _(w):
    price = w.price(1999, None)
    assert w.do(lambda s: s.prices.update(price, nickname="long", metadata={"a": "b"})).nickname == "long"


@step("prices.archive")
def _(w):
    price = w.price(1999, None)
    assert not w.do(lambda s: s.prices.archive(price)).active


@step("prices.list")
def _(w):
    price, _ = w.price(1999, None), w.price(5, None)
    product = w.do(lambda s: s.prices.get(price)).product
    assert [one.id for one in w.do(lambda s: s.prices.list(product=product))] == [price]


# -- subscriptions


@step("subscriptions.create")
def _(w):
    payer, price = w.payer(), w.price()
    made = w.do(lambda s: s.subscriptions.create(customer=payer, items=[price]))
    assert (made.status, made.customer, made.items[0].price.id) == ("active", payer, price)
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.subscriptions.create(customer=payer, items=["price_nothing"]))


@step("subscriptions.get")
def _(w):
    payer, made = w.subscription()
    found = w.do(lambda s: s.subscriptions.get(made))
    assert (found.id, found.status, found.customer) == (made, "active", payer)
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.subscriptions.get("sub_nothing"))


@step("subscriptions.get: its invoice is paid")
def _(w):
    _, made = w.subscription()
    latest = w.do(lambda s: s.subscriptions.get(made)).latest_invoice
    invoice = w.do(lambda s: s.invoices.get(latest))
    assert (invoice.status, invoice.total, invoice.amount_paid) == ("paid", 2000, 2000)


@step("subscriptions.update")
def _(w):
    _, made = w.subscription()
    assert w.do(lambda s: s.subscriptions.update(made, metadata={"a": "b"})).metadata == {"a": "b"}


@step("subscriptions.update: at the period's end")
def _(w):
    _, made = w.subscription()
    changed = w.do(lambda s: s.subscriptions.update(made, cancel_at_period_end=True))
    assert (changed.status, changed.cancel_at_period_end) == ("active", True)


@step("subscriptions.cancel")
def _(w):
    payer, made = w.subscription()
    ended = w.do(lambda s: s.subscriptions.cancel(made))
    assert (ended.status, ended.ended_at is None) == ("canceled", False)
    assert w.do(lambda s: s.subscriptions.list(customer=payer)) == []


@step("subscriptions.cancel: why")
def _(w):
    _, made = w.subscription()
    ended = w.do(lambda s: s.subscriptions.cancel(made, feedback="too_expensive"))
    assert ended.cancellation_details.feedback == "too_expensive"


@step("subscriptions.pause")
def _(w):
    _, made = w.subscription()
    assert w.do(lambda s: s.subscriptions.pause(made)).pause_collection.behavior == "void"


@step("subscriptions.resume")
def _(w):
    _, made = w.subscription()
    w.do(lambda s: s.subscriptions.pause(made))
    assert w.do(lambda s: s.subscriptions.resume(made)).pause_collection is None


@step("subscriptions.list")
def _(w):
    (payer, made), _ = w.subscription(), w.subscription()
    assert [one.id for one in w.do(lambda s: s.subscriptions.list(customer=payer))] == [made]
    w.do(lambda s: s.subscriptions.cancel(made))
    assert [one.id for one in w.do(lambda s: s.subscriptions.list(customer=payer, status="canceled"))] == [made]


# -- invoices


@step("invoices.create")
def _(w):
    payer = w.payer()
    w.do(lambda s: s.invoice_items.create(customer=payer, amount=1500, currency="eur", description="Hours"))
    fields = {"customer": payer, "currency": "eur", "description": "March"}
    made = w.do(lambda s: s.invoices.create(pending_items="include", **fields))
    assert (made.status, made.total, made.customer, made.description) == ("draft", 1500, payer, "March")
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.invoices.create(customer="cus_nobody"))


@step("invoices.create: nothing pending")
def _(w):
    payer = w.payer()
    w.do(lambda s: s.invoice_items.create(customer=payer, amount=1500, currency="eur"))
    assert w.do(lambda s: s.invoices.create(customer=payer, currency="eur")).total == 0


@step("invoices.get")
def _(w):
    made = w.invoice()
    assert w.do(lambda s: s.invoices.get(made)).total == 1500
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.invoices.get("in_nothing"))


@step("invoices.pay")
def _(w):
    made = w.invoice()
    assert w.do(lambda s: s.invoices.pay(made)).status == "paid"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.invoices.pay(made))


@step("invoices.pay: what came in")
def _(w):
    made = w.invoice()
    paid = w.do(lambda s: s.invoices.pay(made))
    assert (paid.amount_paid, paid.amount_remaining) == (1500, 0)


@step("invoices.finalize")
def _(w):
    made = w.invoice()
    assert w.do(lambda s: s.invoices.finalize(made)).status == "open"


@step("invoices.send")
def _(w):
    made = w.invoice(collection_method="send_invoice", days_until_due=30)
    assert w.do(lambda s: s.invoices.send(made)).status == "open"


@step("invoices.void")
def _(w):
    made = w.invoice()
    w.do(lambda s: s.invoices.finalize(made))
    assert w.do(lambda s: s.invoices.void(made)).status == "void"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.invoices.pay(made))


@step("invoices.list")
def _(w):
    made, other = w.invoice(), w.invoice()
    payer = w.do(lambda s: s.invoices.get(made)).customer
    listed = [one.id for one in w.do(lambda s: s.invoices.list(customer=payer))]
    assert (made in listed, other in listed) == (True, False)


@step("invoices.list: by status")
def _(w):
    made = w.invoice()
    payer = w.do(lambda s: s.invoices.get(made)).customer
    assert w.do(lambda s: s.invoices.list(customer=payer, status="paid")) == []


@step("invoice_items.create")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    made = w.do(lambda s: s.invoice_items.create(customer=customer, amount=Money(-100, "eur"), description="Sorry"))
    assert (made.amount, made.currency, made.description, made.customer) == (-100, "eur", "Sorry", customer)


@step("invoice_items.list")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    made = w.do(lambda s: s.invoice_items.create(customer=customer, amount=1, currency="eur"))
    assert [one.id for one in w.do(lambda s: s.invoice_items.list(customer=customer))] == [made.id]


@step("invoice_items.delete")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    made = w.do(lambda s: s.invoice_items.create(customer=customer, amount=1, currency="eur"))
    assert w.do(lambda s: s.invoice_items.delete(made.id)).deleted
    assert w.do(lambda s: s.invoice_items.list(customer=customer)) == []


# -- pages that Stripe hosts


@step("checkout.create")
def _(w):
    customer, price = w.do(lambda s: s.customers.create()).id, w.price(900, None)
    made = w.do(
        lambda s: s.checkout.create(
            mode="payment",
            line_items=[{"price": price, "quantity": 2}],
            success_url="https://example.com/",
            customer=customer,
            metadata={"a": "b"},
        )
    )
    assert (made.mode, made.status, made.payment_status) == ("payment", "open", "unpaid")
    assert (made.customer, made.metadata, made.url.startswith("http")) == (customer, {"a": "b"}, True)


@step("checkout.create: amounts")
def _(w):
    made = w.do(lambda s: s.checkout.create(mode="payment", line_items=[ITEM], success_url="https://example.com/"))
    assert str(made.money) == "27.00 EUR"


@step("checkout.get")
def _(w):
    made = w.session()
    assert w.do(lambda s: s.checkout.get(made)).id == made
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.checkout.get("cs_nothing"))


@step("checkout.expire")
def _(w):
    made = w.session()
    assert w.do(lambda s: s.checkout.expire(made)).status == "expired"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.checkout.expire(made))


@step("portal.create")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    made = w.do(lambda s: s.portal.create(customer=customer, return_url="https://example.com/account"))
    assert made.url.startswith("http")


# -- webhooks


@step("webhook_endpoints.create")
def _(w):
    made = w.do(lambda s: s.webhook_endpoints.create(url="https://example.com/h", events=["invoice.paid"]))
    assert made.secret.startswith("whsec_")


@step("webhook_endpoints.list")
def _(w):
    made = w.do(lambda s: s.webhook_endpoints.create(url="https://example.com/h", events=["invoice.paid"]))
    assert made.id in {one.id for one in w.do(lambda s: s.webhook_endpoints.list())}


@step("webhook_endpoints.delete")
def _(w):
    made = w.do(lambda s: s.webhook_endpoints.create(url="https://example.com/h", events=["invoice.paid"]))
    assert w.do(lambda s: s.webhook_endpoints.delete(made.id)).deleted


@step("events.list")
def _(w):
    made = w.do(lambda s: s.customers.create())
    found = w.do(lambda s: s.events.list(types=["customer.created"]))
    assert made.id in {event.subject.id for event in found if event.type == "customer.created"}


@step("events.list: all")
def _(w):
    made = w.do(lambda s: s.customers.create())
    found = w.do(lambda s: s.events.list())
    assert made.id in {event.subject.id for event in found if event.type == "customer.created"}


@step("events.get")
def _(w):
    w.do(lambda s: s.customers.create())
    event = w.do(lambda s: s.events.list())[0]
    assert w.do(lambda s: s.events.get(event.id)) == event
