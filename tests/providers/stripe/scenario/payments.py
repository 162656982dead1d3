"""The account, customers, payments and cards."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.providers.stripe.scenario.table import step

from unifykit import InvalidRequestError, NotFoundError, PaymentDeclinedError
from unifykit.providers.stripe import Money

# -- the account


@step("account")
def _(w):
    assert w.do(lambda s: s.account()).id.startswith("acct_")


@step("balance")
def _(w):
    w.paid()
    assert "eur" in {funds.currency for funds in w.do(lambda s: s.balance()).pending}


@step("check")
def _(w):
    report = w.do(lambda s: s.check())
    assert report.ok, str(report)


# -- customers


@step("customers.create")
def _(w):
    address = {"line1": "1 rue", "city": "Paris", "country": "FR"}
    made = w.do(
        lambda s: s.customers.create(
            email="ada@example.com", name="Ada", phone="+33 1", address=address, metadata={"user": "1"}
        )
    )
    assert (made.email, made.name, made.metadata) == ("ada@example.com", "Ada", {"user": "1"})
    assert (made.address.city, made.phone) == ("Paris", "+33 1")
    assert abs(made.created - w.now()) < timedelta(minutes=5)


@step("customers.create: its essence")
def _(w):
    made = w.do(lambda s: s.customers.create(email="ada@example.com", name="Ada", metadata={"user": "1"}))
    assert (made.email, made.name, made.metadata) == ("ada@example.com", "Ada", {"user": "1"})


@step("customers.create: the same key twice")
def _(w):
    key = w.name()
    made = [w.do(lambda s: s.customers.create(name="Ada", idempotency_key=key)) for _ in range(2)]
    assert made[0].id == made[1].id


@step("customers.get")
def _(w):
    made = w.do(lambda s: s.customers.create(name="Ada"))
    assert w.do(lambda s: s.customers.get(made.id)) == made
    with pytest.raises(NotFoundError) as caught:
        w.do(lambda s: s.customers.get("cus_nobody"))
    assert caught.value.status == 404


@step("customers.get: why not")
def _(w):
    with pytest.raises(NotFoundError, match="No such customer") as caught:
        w.do(lambda s: s.customers.get("cus_nobody"))
    assert caught.value.code == "resource_missing"


@step("customers.update")
def _(w):
    made = w.do(lambda s: s.customers.create(name="Ada", metadata={"old": "x"}))
    changed = w.do(lambda s: s.customers.update(made.id, name="Ada L.", metadata={"new": "y"}))
    assert (changed.name, changed.metadata) == ("Ada L.", {"old": "x", "new": "y"})
    assert w.do(lambda s: s.customers.get(made.id)).name == "Ada L."


@step("customers.update: balance")
def _(w):
    made = w.do(lambda s: s.customers.create())
    assert w.do(lambda s: s.customers.update(made.id, balance=-500)).balance == -500


@step("customers.delete")
def _(w):
    made = w.do(lambda s: s.customers.create())
    assert w.do(lambda s: s.customers.delete(made.id)).deleted
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.customers.update(made.id, name="x"))


@step("customers.delete: what is left")
def _(w):
    made = w.do(lambda s: s.customers.create())
    w.do(lambda s: s.customers.delete(made.id))
    assert w.do(lambda s: s.customers.get(made.id)).deleted


@step("customers.list")
def _(w):
    made = [w.do(lambda s: s.customers.create(email=f"{w.name()}@example.com")) for _ in range(3)]
    listed = [one.id for one in w.do(lambda s: s.customers.list())]
    assert {one.id for one in made} <= set(listed)
    assert [one.id for one in w.do(lambda s: s.customers.list(email=made[1].email))] == [made[1].id]


@step("customers.list: every page once")
def _(w):
    email = f"{w.name()}@example.com"
    made = {w.do(lambda s: s.customers.create(email=email)).id for _ in range(120)}
    listed = [one.id for one in w.do(lambda s: s.customers.list())]
    assert len(listed) == len(set(listed))
    assert made <= set(listed)


@step("customers.list: since")
def _(w):
    w.do(lambda s: s.customers.create())
    assert w.do(lambda s: s.customers.list(since=datetime(2999, 1, 1, tzinfo=UTC))) == []


@step("customers.search")
def _(w):
    name = w.name()
    made = w.do(lambda s: s.customers.create(name=name))
    assert [one.id for one in w.do(lambda s: s.customers.search(f"name:'{name}'"))] == [made.id]


# -- payments


@step("payment_intents.create")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=Money.from_decimal("20", "eur"), metadata={"order": "1"}))
    assert (made.status, str(made.money), made.metadata) == ("requires_payment_method", "20.00 EUR", {"order": "1"})
    held = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur", payment_method="pm_card_visa"))
    assert held.status == "requires_confirmation"
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.payment_intents.create(amount=100, currency="eur", customer="cus_nobody"))


@step("payment_intents.create: at once")
def _(w):
    assert w.paid().status == "succeeded"


@step("payment_intents.create: what came in")
def _(w):
    assert w.paid().amount_received == 2000


@step("payment_intents.create: declined")
def _(w):
    with pytest.raises(PaymentDeclinedError) as caught:
        w.paid(payment_method="pm_card_visa_chargeDeclined")
    assert (caught.value.code, caught.value.decline_code) == ("card_declined", "generic_decline")


@step("payment_intents.get")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur"))
    assert w.do(lambda s: s.payment_intents.get(made.id)) == made
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.payment_intents.get("pi_nothing"))


@step("payment_intents.update")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur", metadata={"a": "1"}))
    changed = w.do(lambda s: s.payment_intents.update(made.id, amount=250, metadata={"b": "2"}))
    assert (changed.amount, changed.metadata) == (250, {"a": "1", "b": "2"})


@step("payment_intents.update: its essence")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur"))
    w.do(lambda s: s.payment_intents.update(made.id, amount=250, metadata={"b": "2"}))
    found = w.do(lambda s: s.payment_intents.get(made.id))
    assert (found.amount, found.metadata) == (250, {"b": "2"})


@step("payment_intents.confirm")
def _(w):
    made = w.intent(payment_method="pm_card_visa")
    assert w.do(lambda s: s.payment_intents.confirm(made.id)).status == "succeeded"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.payment_intents.confirm(made.id))


@step("payment_intents.confirm: with a card")
def _(w):
    made = w.intent()
    assert w.do(lambda s: s.payment_intents.confirm(made.id, payment_method="pm_card_visa")).status == "succeeded"


@step("payment_intents.capture")
def _(w):
    held = w.paid(capture_method="manual")
    assert held.status == "requires_capture"
    taken = w.do(lambda s: s.payment_intents.capture(held.id, amount=1500))
    assert taken.status == "succeeded"


@step("payment_intents.cancel")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur"))
    assert w.do(lambda s: s.payment_intents.cancel(made.id)).status == "canceled"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.payment_intents.cancel(made.id))


@step("payment_intents.cancel: why")
def _(w):
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur"))
    assert w.do(lambda s: s.payment_intents.cancel(made.id, reason="abandoned")).status == "canceled"


@step("payment_intents.list")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    made = [w.do(lambda s: s.payment_intents.create(amount=100, currency="eur", customer=customer)) for _ in range(2)]
    w.do(lambda s: s.payment_intents.create(amount=300, currency="eur"))
    listed = [one.id for one in w.do(lambda s: s.payment_intents.list(customer=customer))]
    assert sorted(listed) == sorted(one.id for one in made)


@step("payment_intents.search")
def _(w):
    order = w.name()
    made = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur", metadata={"order": order}))
    assert [one.id for one in w.do(lambda s: s.payment_intents.search(f"metadata['order']:'{order}'"))] == [made.id]


@step("refunds.create")
def _(w):
    payment = w.paid()
    refund = w.do(lambda s: s.refunds.create(payment_intent=payment.id, amount=500, metadata={"a": "1"}))
    assert (refund.amount, refund.status, refund.payment_intent) == (500, "succeeded", payment.id)
    other = w.paid()
    assert w.do(lambda s: s.refunds.create(payment_intent=other.id)).amount == 2000
    unpaid = w.do(lambda s: s.payment_intents.create(amount=100, currency="eur"))
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.refunds.create(payment_intent=unpaid.id))


@step("refunds.create: more than was paid")
def _(w):
    payment = w.paid()
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.refunds.create(payment_intent=payment.id, amount=2001))


@step("refunds.create: why")
def _(w):
    payment = w.paid()
    refund = w.do(lambda s: s.refunds.create(payment_intent=payment.id, reason="duplicate"))
    assert refund.reason == "duplicate"


@step("refunds.get")
def _(w):
    payment = w.paid()
    refund = w.do(lambda s: s.refunds.create(payment_intent=payment.id))
    assert w.do(lambda s: s.refunds.get(refund.id)) == refund


@step("refunds.list")
def _(w):
    payment, other = w.paid(), w.paid()
    made = {w.do(lambda s, n=n: s.refunds.create(payment_intent=payment.id, amount=n)).id for n in (100, 200)}
    w.do(lambda s: s.refunds.create(payment_intent=other.id))
    assert {one.id for one in w.do(lambda s: s.refunds.list(payment_intent=payment.id))} == made


# -- cards


@step("payment_methods.attach")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    method = w.do(lambda s: s.payment_methods.attach("pm_card_visa", customer=customer))
    assert (method.customer, method.card.brand, method.card.last4) == (customer, "visa", "4242")
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.payment_methods.attach("pm_card_visa", customer="cus_nobody"))


@step("payment_methods.list")
def _(w):
    customer = w.payer()
    (method,) = w.do(lambda s: s.payment_methods.list(customer=customer, type="card"))
    assert (method.customer, method.card.last4) == (customer, "4242")


@step("payment_methods.list: none")
def _(w):
    customer = w.do(lambda s: s.customers.create()).id
    assert w.do(lambda s: s.payment_methods.list(customer=customer, type="card")) == []


@step("payment_methods.detach")
def _(w):
    customer = w.payer()
    (method,) = w.do(lambda s: s.payment_methods.list(customer=customer, type="card"))
    assert w.do(lambda s: s.payment_methods.detach(method.id)).customer is None
    assert w.do(lambda s: s.payment_methods.list(customer=customer, type="card")) == []
