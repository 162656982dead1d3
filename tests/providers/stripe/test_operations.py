"""What Stripe's operations do, in both modes, over a socket; every exchange is held against Stripe's description."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests.operations import described

from unifykit import InvalidRequestError, NotFoundError, PaymentDeclinedError
from unifykit.providers.stripe import Money, Stripe


def test_a_customer_from_beginning_to_end(w):
    made = w.do(
        lambda s: s.customers.create(
            email="ada@example.com",
            name="Ada",
            phone="+33 1",
            address={"line1": "1 rue", "city": "Paris", "country": "FR"},
            shipping={"name": "Ada", "address": {"line1": "2 rue"}},
            preferred_locales=["fr"],
            tax_exempt="none",
            metadata={"user_id": "123", "old": "x"},
        )
    )
    assert (made.email, made.address.city, made.shipping.address.line1) == ("ada@example.com", "Paris", "2 rue")
    assert made.created == w.clock.now
    changed = w.do(lambda s: s.customers.update(made.id, name="Ada L.", metadata={"old": "", "new": "y"}, balance=-500))
    assert (changed.name, changed.metadata, changed.balance) == ("Ada L.", {"user_id": "123", "new": "y"}, -500)
    assert w.do(lambda s: s.customers.get(made.id)) == changed
    assert w.do(lambda s: s.customers.delete(made.id)).deleted
    assert w.do(lambda s: s.customers.get(made.id)).deleted
    with pytest.raises(NotFoundError) as caught:
        w.do(lambda s: s.customers.update(made.id, name="x"))
    assert (caught.value.code, caught.value.status) == ("resource_missing", 404)


def test_an_empty_text_clears_a_field(w):
    made = w.do(lambda s: s.customers.create(name="Ada"))
    assert w.do(lambda s: s.customers.update(made.id, name="")).name is None


def test_lists_walk_every_page_once_and_resume(w):
    names = [f"c{number}" for number in range(205)]
    for name in names:
        w.do(lambda s, name=name: s.customers.create(name=name))
        w.clock.tick(seconds=1)
    found = w.do(lambda s: s.customers.list())
    assert [customer.name for customer in found] == names[::-1]
    asked = [path for method, path, _, _ in w.contract.sent if method == "GET"]
    assert len(asked) == 3
    middle = w.clock.now - timedelta(seconds=100)
    assert len(w.do(lambda s: s.customers.list(since=middle))) == 100
    assert len(w.do(lambda s: s.customers.list(until=middle))) == 105
    pager = w.harness.p.stripe.customers.list()
    first = w.do(lambda s: pager.first(120))
    rest = w.do(lambda s: s.customers.list().resume(pager.cursor))
    assert [customer.name for customer in [*first, *rest]] == names[::-1]


def test_search_walks_its_own_pages(w):
    for number in range(130):
        w.do(lambda s, number=number: s.customers.create(metadata={"half": str(number % 2)}, name=f"n{number}"))
    found = w.do(lambda s: s.customers.search("metadata['half']:'1'"))
    assert len(found) == len({customer.id for customer in found}) == 65
    assert len(w.do(lambda s: s.customers.search("name:'n1' OR name:'n2'"))) == 2
    assert len(w.do(lambda s: s.customers.search("name~'n12' AND -metadata['half']:'1'"))) == 6
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.customers.search("nonsense"))


def test_a_payment_is_confirmed_and_refunded_in_parts(w):
    payment = w.do(
        lambda s: s.payment_intents.create(amount=Money.from_decimal("20", "eur"), payment_method_types=["card"])
    )
    assert (payment.status, str(payment.money)) == ("requires_payment_method", "20.00 EUR")
    payment = w.do(
        lambda s: s.payment_intents.update(payment.id, amount=2500, description="Order 1", metadata={"a": "1"})
    )
    payment = w.do(lambda s: s.payment_intents.confirm(payment.id, payment_method="pm_card_visa"))
    assert (payment.status, payment.amount_received) == ("succeeded", 2500)
    assert w.do(lambda s: s.payment_intents.search("status:'succeeded' AND amount>2000")) == [payment]
    refund = w.do(lambda s: s.refunds.create(payment_intent=payment.id, amount=1000, reason="duplicate"))
    assert (refund.amount, refund.status, refund.payment_intent) == (1000, "succeeded", payment.id)
    with pytest.raises(InvalidRequestError, match="greater than unrefunded amount"):
        w.do(lambda s: s.refunds.create(payment_intent=payment.id, amount=1501))
    assert w.do(lambda s: s.refunds.get(refund.id)) == refund
    assert w.do(lambda s: s.refunds.create(payment_intent=payment.id)).amount == 1500
    with pytest.raises(InvalidRequestError) as caught:
        w.do(lambda s: s.refunds.create(payment_intent=payment.id))
    assert caught.value.code == "charge_already_refunded"
    assert [one.amount for one in w.do(lambda s: s.refunds.list(payment_intent=payment.id))] == [1500, 1000]
    assert w.do(lambda s: s.balance()).pending[0].amount == 0


def test_an_authorization_is_captured_in_part_or_released(w):
    payment = w.paid(capture_method="manual")
    assert (payment.status, payment.amount_capturable) == ("requires_capture", 2000)
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.payment_intents.capture(payment.id, amount=2001))
    taken = w.do(lambda s: s.payment_intents.capture(payment.id, amount=1500))
    assert (taken.status, taken.amount_received) == ("succeeded", 1500)
    with pytest.raises(InvalidRequestError, match="greater than unrefunded"):
        w.do(lambda s: s.refunds.create(payment_intent=payment.id, amount=1501))
    other = w.paid(capture_method="manual")
    assert w.do(lambda s: s.payment_intents.cancel(other.id, reason="abandoned")).status == "canceled"
    with pytest.raises(InvalidRequestError) as caught:
        w.do(lambda s: s.payment_intents.cancel(other.id))
    assert caught.value.code == "payment_intent_unexpected_state"


@pytest.mark.parametrize(
    ("card", "code", "decline"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", None),
    ],
)
def test_a_decline_says_why_and_the_payment_waits_for_another_card(w, card, code, decline):
    with pytest.raises(PaymentDeclinedError) as caught:
        w.paid(payment_method=card)
    assert (caught.value.code, caught.value.decline_code, caught.value.attempts) == (code, decline, 1)
    payment = w.do(lambda s: s.payment_intents.list())[0]
    assert (payment.status, payment.last_payment_error.code) == ("requires_payment_method", code)
    again = w.do(lambda s: s.payment_intents.confirm(payment.id, payment_method="pm_card_visa"))
    assert (again.status, again.last_payment_error) == ("succeeded", None)


@pytest.mark.parametrize(("outcome", "status"), [("complete", "succeeded"), ("fail", "requires_payment_method")])
def test_a_bank_that_asks_for_authentication(w, outcome, status):
    payment = w.paid(payment_method="pm_card_threeDSecure2Required", return_url="https://example.com/back")
    assert (payment.status, payment.next_action.type) == ("requires_action", "redirect_to_url")
    page = payment.next_action.redirect_to_url["url"]
    assert httpx.get(page, trust_env=False).status_code == 200
    back = httpx.post(page, data={"outcome": outcome}, trust_env=False)
    assert back.status_code == 303
    assert back.headers["location"].startswith("https://example.com/back?payment_intent=pi_")
    assert w.do(lambda s: s.payment_intents.get(payment.id)).status == status


def test_a_customer_who_is_not_there_cannot_authenticate(w):
    with pytest.raises(PaymentDeclinedError) as caught:
        w.paid(payment_method="pm_card_authenticationRequired", off_session=True)
    assert caught.value.code == "authentication_required"


def test_redirects_need_an_address_to_come_back_to(w):
    payment = w.do(lambda s: s.payment_intents.create(amount=2000, currency="eur"))
    with pytest.raises(InvalidRequestError, match="return_url"):
        w.do(lambda s: s.payment_intents.confirm(payment.id, payment_method="pm_card_visa"))
    other = w.do(lambda s: s.payment_intents.create(amount=2000, currency="eur", allow_redirects="never"))
    assert w.do(lambda s: s.payment_intents.confirm(other.id, payment_method="pm_card_visa")).status == "succeeded"


def test_a_subscription_changes_plan_pauses_renews_and_ends(w):
    customer, basic, gold = w.payer(), w.price(2000), w.price(5000)
    made = w.do(lambda s: s.subscriptions.create(customer=customer, items=[basic], metadata={"plan": "basic"}))
    assert (made.status, made.items[0].price.unit_amount) == ("active", 2000)
    assert w.do(lambda s: s.invoices.get(made.latest_invoice)).status == "paid"
    w.clock.tick(days=15)
    item = made.items[0].id
    changed = w.do(lambda s: s.subscriptions.update(made.id, items=[{"id": item, "price": gold}]))
    assert [one.price.unit_amount for one in changed.items] == [5000]
    pending = w.do(lambda s: s.invoice_items.list(customer=customer, pending=True))
    assert [one.proration for one in pending] == [True, True]
    assert -2000 < pending[1].amount < 0 < pending[0].amount < 5000
    w.clock.now = changed.current_period_end + timedelta(hours=1)
    renewed = w.do(lambda s: s.subscriptions.get(made.id))
    invoice = w.do(lambda s: s.invoices.get(renewed.latest_invoice))
    assert (invoice.status, invoice.subscription) == ("paid", made.id)
    assert invoice.total == 5000 + sum(one.amount for one in pending)
    paused = w.do(lambda s: s.subscriptions.pause(made.id, behavior="keep_as_draft"))
    assert (paused.status, paused.pause_collection.behavior) == ("active", "keep_as_draft")
    w.clock.now = renewed.current_period_end + timedelta(hours=1)
    drafts = w.do(lambda s: s.invoices.list(subscription=made.id, status="draft"))
    assert [one.total for one in drafts] == [5000]
    assert w.do(lambda s: s.subscriptions.resume(made.id)).pause_collection is None
    ended = w.do(lambda s: s.subscriptions.cancel(made.id, feedback="too_expensive", comment="Sorry"))
    assert (ended.status, ended.cancellation_details.feedback) == ("canceled", "too_expensive")
    with pytest.raises(NotFoundError):
        w.do(lambda s: s.subscriptions.cancel(made.id))
    assert w.do(lambda s: s.subscriptions.list(customer=customer)) == []
    assert [one.id for one in w.do(lambda s: s.subscriptions.list(customer=customer, status="ended"))] == [made.id]


def test_pausing_can_end_by_itself(w):
    plan = w.price()
    payer = w.payer()
    made = w.do(lambda s: s.subscriptions.create(customer=payer, items=[plan]))
    until = w.clock.now + timedelta(days=3)
    assert w.do(lambda s: s.subscriptions.pause(made.id, resumes_at=until)).pause_collection.resumes_at == until
    w.clock.tick(days=4)
    assert w.do(lambda s: s.subscriptions.get(made.id)).pause_collection is None


def test_a_trial_becomes_a_subscription_or_falls_behind(w):
    price = w.price()
    rich, poor = w.payer(), w.do(lambda s: s.customers.create()).id
    made = [
        w.do(lambda s, who=who: s.subscriptions.create(customer=who, items=[price], trial_period_days=14))
        for who in (rich, poor)
    ]
    assert [one.status for one in made] == ["trialing", "trialing"]
    assert made[0].trial_end - made[0].trial_start == timedelta(days=14)
    w.clock.tick(days=14)
    now = [w.do(lambda s, one=one: s.subscriptions.get(one.id)).status for one in made]
    assert now == ["active", "past_due"]
    cancels = w.do(
        lambda s: s.subscriptions.create(
            customer=poor, items=[{"price": price, "quantity": 2}], trial_period_days=7, missing_payment_method="cancel"
        )
    )
    w.clock.tick(days=7)
    assert w.do(lambda s: s.subscriptions.get(cancels.id)).status == "canceled"


def test_a_subscription_without_anything_to_charge_is_refused(w):
    plan = w.price()
    customer = w.do(lambda s: s.customers.create()).id
    with pytest.raises(NotFoundError, match="no attached payment source"):
        w.do(lambda s: s.subscriptions.create(customer=customer, items=[plan]))
    left = w.do(
        lambda s: s.subscriptions.create(customer=customer, items=[plan], payment_behavior="default_incomplete")
    )
    assert left.status == "incomplete"
    invoice = w.do(lambda s: s.invoices.pay(left.latest_invoice, payment_method="pm_card_visa"))
    assert invoice.status == "paid"
    assert w.do(lambda s: s.subscriptions.get(left.id)).status == "active"


def test_a_first_payment_that_fails(w):
    plan = w.price()
    customer = w.payer("pm_card_chargeCustomerFail")
    left = w.do(lambda s: s.subscriptions.create(customer=customer, items=[plan]))
    assert left.status == "incomplete"
    with pytest.raises(PaymentDeclinedError):
        w.do(lambda s: s.subscriptions.create(customer=customer, items=[plan], payment_behavior="error_if_incomplete"))
    w.clock.tick(hours=24)
    assert w.do(lambda s: s.subscriptions.get(left.id)).status == "incomplete_expired"


def test_the_catalogue_is_archived_and_found(w):
    payer = w.payer()
    product = w.do(lambda s: s.products.create(name="Mug", images=["https://example.com/m.png"], unit_label="mug"))
    price = w.do(
        lambda s: s.prices.create(
            product=product.id, unit_amount=Money(1999, "eur"), interval="year", interval_count=2, lookup_key="mug_2y"
        )
    )
    assert (str(price.money), price.recurring.interval_count) == ("19.99 EUR", 2)
    product = w.do(lambda s: s.products.update(product.id, default_price=price.id, metadata={"a": "b"}))
    assert product.default_price == price.id
    assert w.do(lambda s: s.products.get(product.id)) == product
    price = w.do(lambda s: s.prices.update(price.id, nickname="long"))
    assert w.do(lambda s: s.prices.get(price.id)) == price
    assert [one.id for one in w.do(lambda s: s.prices.list(lookup_keys=["mug_2y"], type="recurring"))] == [price.id]
    assert not w.do(lambda s: s.prices.archive(price.id)).active
    assert not w.do(lambda s: s.products.archive(product.id)).active
    assert w.do(lambda s: s.prices.list(active=True)) == w.do(lambda s: s.products.list(active=True)) == []
    with pytest.raises(InvalidRequestError, match="inactive"):
        w.do(lambda s: s.subscriptions.create(customer=payer, items=[price.id]))


def test_an_invoice_is_sent_and_paid_or_voided(w):
    customer, price = w.payer(), w.price(700, None)
    draft = w.do(
        lambda s: s.invoices.create(
            customer=customer, currency="eur", collection_method="send_invoice", days_until_due=30, description="March"
        )
    )
    w.do(lambda s: s.invoice_items.create(customer=customer, invoice=draft.id, amount=1500, currency="eur"))
    item = w.do(lambda s: s.invoice_items.create(customer=customer, invoice=draft.id, price=price, quantity=2))
    gone = w.do(lambda s: s.invoice_items.create(customer=customer, invoice=draft.id, amount=Money(-100, "eur")))
    assert item.amount == 1400
    assert w.do(lambda s: s.invoice_items.delete(gone.id)).deleted
    sent = w.do(lambda s: s.invoices.send(draft.id))
    assert (sent.status, sent.total, sent.number is not None) == ("open", 2900, True)
    assert {line.amount for line in sent.lines.data} == {1500, 1400}
    assert w.do(lambda s: s.invoices.pay(draft.id)).amount_paid == 2900
    with pytest.raises(InvalidRequestError, match="already paid"):
        w.do(lambda s: s.invoices.pay(draft.id))
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.invoice_items.delete(item.id))
    other = w.do(lambda s: s.invoices.create(customer=customer, currency="eur"))
    w.do(lambda s: s.invoice_items.create(customer=customer, invoice=other.id, amount=100, currency="eur"))
    assert w.do(lambda s: s.invoices.finalize(other.id)).status == "open"
    assert w.do(lambda s: s.invoices.void(other.id)).status == "void"
    assert len(w.do(lambda s: s.invoices.list(customer=customer))) == 2


def test_what_waits_is_taken_in_only_when_asked_for(w):
    customer = w.payer()
    w.do(lambda s: s.invoice_items.create(customer=customer, amount=1500, currency="eur"))
    assert w.do(lambda s: s.invoices.create(customer=customer, currency="eur")).total == 0
    taken = w.do(lambda s: s.invoices.create(customer=customer, currency="eur", pending_items="include"))
    assert taken.total == 1500
    assert w.do(lambda s: s.invoice_items.list(customer=customer, pending=True)) == []


def test_credit_is_used_before_a_card_is_charged(w):
    customer = w.payer()
    w.do(lambda s: s.customers.update(customer, balance=-1000))
    draft = w.do(lambda s: s.invoices.create(customer=customer, currency="eur"))
    w.do(lambda s: s.invoice_items.create(customer=customer, invoice=draft.id, amount=1500, currency="eur"))
    assert w.do(lambda s: s.invoices.pay(draft.id)).amount_paid == 500
    assert w.do(lambda s: s.customers.get(customer)).balance == 0


def test_checkout_is_paid_on_its_page(w):
    price = w.price()
    session = w.do(
        lambda s: s.checkout.create(
            mode="subscription",
            line_items=[{"price": price, "quantity": 1}],
            success_url="https://example.com/thanks?s={CHECKOUT_SESSION_ID}",
            customer_email="ada@example.com",
            trial_period_days=7,
            payment_metadata={"user": "1"},
        )
    )
    assert "Pay" in httpx.get(session.url, trust_env=False).text
    refused = httpx.post(session.url, data={"payment_method": "pm_card_chargeDeclined"}, trust_env=False)
    assert (refused.status_code, "declined" in refused.text) == (402, True)
    paid = httpx.post(session.url, data={"payment_method": "pm_card_visa", "name": "Ada"}, trust_env=False)
    assert paid.headers["location"] == f"https://example.com/thanks?s={session.id}"
    done = w.do(lambda s: s.checkout.get(session.id))
    assert (done.status, done.payment_status, done.url) == ("complete", "no_payment_required", None)
    subscription = w.do(lambda s: s.subscriptions.get(done.subscription))
    assert (subscription.status, subscription.metadata) == ("trialing", {"user": "1"})
    assert w.do(lambda s: s.customers.get(done.customer)).email == "ada@example.com"
    with pytest.raises(InvalidRequestError):
        w.do(lambda s: s.checkout.expire(session.id))


def test_a_single_payment_on_the_page_with_authentication(w):
    payer = w.payer()
    item = {"price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Mug <b>"}}, "quantity": 3}
    session = w.do(
        lambda s: s.checkout.create(
            mode="payment", line_items=[item], success_url="https://example.com/", customer=payer
        )
    )
    assert "Mug &lt;b&gt;" in httpx.get(session.url, trust_env=False).text
    asked = httpx.post(session.url, data={"payment_method": "pm_card_authenticationRequired"}, trust_env=False)
    assert w.do(lambda s: s.checkout.get(session.id)).status == "open"
    httpx.post(asked.headers["location"], trust_env=False)
    done = w.do(lambda s: s.checkout.get(session.id))
    assert (done.status, done.payment_status, str(done.money)) == ("complete", "paid", "27.00 EUR")
    assert w.do(lambda s: s.payment_intents.get(done.payment_intent)).amount_received == 2700


def test_a_session_expires(w):
    item = {"price": w.price(900, None), "quantity": 1}
    until = w.clock.now + timedelta(minutes=45)
    made = [
        w.do(
            lambda s, until=until: s.checkout.create(
                mode="payment", line_items=[item], success_url="https://example.com/", expires_at=until
            )
        )
        for _ in range(2)
    ]
    assert made[0].expires_at == until
    assert w.do(lambda s: s.checkout.expire(made[0].id)).status == "expired"
    w.clock.tick(hours=1)
    assert w.do(lambda s: s.checkout.get(made[1].id)).status == "expired"


def test_the_portal_lets_a_customer_leave(w):
    plan = w.price()
    customer = w.payer()
    made = w.do(lambda s: s.subscriptions.create(customer=customer, items=[plan]))
    session = w.do(lambda s: s.portal.create(customer=customer, return_url="https://example.com/account", locale="fr"))
    assert "Premium Plan" in httpx.get(session.url, trust_env=False).text
    back = httpx.post(session.url, data={"subscription": made.id, "action": "cancel"}, trust_env=False)
    assert back.headers["location"] == "https://example.com/account"
    leaving = w.do(lambda s: s.subscriptions.get(made.id))
    assert (leaving.status, leaving.cancel_at_period_end) == ("active", True)
    w.clock.now = leaving.current_period_end
    assert w.do(lambda s: s.subscriptions.get(made.id)).status == "canceled"


def test_payment_methods_belong_to_customers(w):
    customer = w.payer()
    (method,) = w.do(lambda s: s.payment_methods.list(customer=customer, type="card"))
    assert (method.card.brand, method.card.last4, method.customer) == ("visa", "4242", customer)
    assert w.do(lambda s: s.payment_methods.list(type="card")) == []
    assert w.do(lambda s: s.payment_methods.detach(method.id)).customer is None
    with pytest.raises(PaymentDeclinedError):
        w.do(lambda s: s.payment_methods.attach("pm_card_chargeDeclined", customer=customer))


def test_endpoints_and_events(w):
    endpoint = w.do(lambda s: s.webhook_endpoints.create(url="https://example.com/h", events=["invoice.paid"]))
    assert endpoint.secret.startswith("whsec_")
    assert endpoint.secret not in repr(endpoint)
    (listed,) = w.do(lambda s: s.webhook_endpoints.list())
    assert (listed.id, listed.secret) == (endpoint.id, None)
    assert w.do(lambda s: s.webhook_endpoints.delete(endpoint.id)).deleted
    payment = w.paid()
    (event,) = w.do(lambda s: s.events.list(types=["payment_intent.succeeded"]))
    assert event.subject == payment
    assert w.do(lambda s: s.events.get(event.id)) == event


def test_account_balance_and_check(w):
    w.paid()
    assert w.do(lambda s: s.account()).default_currency == "eur"
    assert [str(funds.money) for funds in w.do(lambda s: s.balance()).pending] == ["20.00 EUR"]
    report = w.do(lambda s: s.check())
    assert report.ok, str(report)
    assert [item.name for item in report.items] == [
        "account", "balance", "customers", "products", "payments", "payment methods"
    ]  # fmt: skip


def test_a_key_of_the_callers_makes_two_calls_one(w):
    first = w.do(lambda s: s.customers.create(name="Ada", idempotency_key="signup-1"))
    assert w.do(lambda s: s.customers.create(name="Ada", idempotency_key="signup-1")) == first
    with pytest.raises(Exception) as caught:
        w.do(lambda s: s.customers.create(name="Eve", idempotency_key="signup-1"))
    assert (type(caught.value).__name__, caught.value.code) == ("ConflictError", "idempotency_error")
    assert len(w.do(lambda s: s.customers.list())) == 1
    w.do(lambda s: s.customers.create(name="Ada"))
    w.do(lambda s: s.customers.create(name="Ada"))
    keys = [headers.get("idempotency-key") for method, _, headers, _ in w.contract.sent if method == "POST"]
    assert len(set(keys)) == 3
    assert all(keys)


def test_every_field_that_stripe_sent_is_in_raw_as_it_was(w):
    made = w.do(lambda s: s.customers.create(email="ada@example.com"))
    key = {"Authorization": "Bearer sk_test_sandbox"}
    sent = httpx.get(f"{w.base_url}/v1/customers/{made.id}", headers=key, trust_env=False).json()
    assert made.raw == sent


def test_moments_are_aware(w):
    assert w.do(lambda s: s.customers.create()).created.tzinfo is UTC
    with pytest.raises(InvalidRequestError, match="time zone"):
        w.do(lambda s: s.customers.list(since=datetime(2026, 1, 1)))


def test_every_operation_is_called_by_these_tests():
    text = "".join(Path(__file__).read_text(encoding="utf-8").split())
    assert [one.name for one in described(Stripe) if f"s.{one.name}(" not in text] == []
