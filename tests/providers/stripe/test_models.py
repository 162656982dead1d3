"""The models take what Stripe publishes as examples of its objects, and give every field back."""

import gzip
import json
from pathlib import Path

import pytest

from unifykit.providers.stripe import models

FIXTURES = json.loads(gzip.decompress((Path(__file__).parents[2] / "data" / "stripe-fixtures.json.gz").read_bytes()))
KINDS = {
    "account": models.Account,
    "balance": models.Balance,
    "billing_portal.session": models.PortalSession,
    "checkout.session": models.CheckoutSession,
    "customer": models.Customer,
    "deleted_customer": models.Customer,
    "deleted_invoiceitem": models.Deleted,
    "deleted_webhook_endpoint": models.Deleted,
    "event": models.Event,
    "invoice": models.Invoice,
    "invoiceitem": models.InvoiceItem,
    "line_item": models.InvoiceLine,
    "payment_intent": models.PaymentIntent,
    "payment_method": models.PaymentMethod,
    "price": models.Price,
    "product": models.Product,
    "refund": models.Refund,
    "subscription": models.Subscription,
    "subscription_item": models.SubscriptionItem,
    "webhook_endpoint": models.WebhookEndpoint,
}


@pytest.mark.parametrize("name", KINDS)
def test_what_stripe_publishes(name):
    sent = FIXTURES[name]
    assert KINDS[name].model_validate_json(json.dumps(sent)).raw == sent


@pytest.mark.parametrize("name", [name for name, kind in KINDS.items() if "status" in kind.model_fields])
def test_words_that_stripe_invents_later_do_not_matter(name):
    made = KINDS[name].model_validate({**FIXTURES[name], "status": "brand_new", "brand_new": {"a": [1]}})
    assert made.status == "brand_new"
    assert made.raw["brand_new"] == {"a": [1]}


def test_what_was_expanded_is_still_an_id():
    intent = {**FIXTURES["payment_intent"], "customer": FIXTURES["customer"]}
    assert models.PaymentIntent.model_validate(intent).customer == FIXTURES["customer"]["id"]


@pytest.mark.parametrize("name", [name for name in KINDS if name in models.account._KINDS])
def test_an_events_subject_is_a_model(name):
    event = {**FIXTURES["event"], "data": {"object": FIXTURES[name]}}
    assert type(models.Event.model_validate(event).subject) is KINDS[name]


def test_a_kind_without_a_model_is_a_thing():
    assert type(models.Event.model_validate(FIXTURES["event"]).subject) is models.Thing


def test_an_event_of_the_balance_which_has_no_id():
    event = {**FIXTURES["event"], "type": "balance.available", "data": {"object": FIXTURES["balance"]}}
    assert type(models.Event.model_validate(event).subject) is models.Balance


def test_models_are_frozen():
    customer = models.Customer.model_validate(FIXTURES["customer"])
    with pytest.raises(ValueError, match="frozen"):
        customer.email = "x"


def test_a_proven_delivery_becomes_a_typed_event():
    import hashlib
    import hmac

    from unifykit.webhooks import verify

    body = json.dumps({**FIXTURES["event"], "type": "invoice.paid", "data": {"object": FIXTURES["invoice"]}}).encode()
    mac = hmac.new(b"whsec_1", b"1700000000." + body, hashlib.sha256).hexdigest()
    delivery = verify("stripe", {"Stripe-Signature": f"t=1700000000,v1={mac}"}, body, "whsec_1", now=1_700_000_000)
    event = models.Event.model_validate(delivery.data)
    assert (event.type, type(event.subject)) == ("invoice.paid", models.Invoice)
    assert str(event.subject.money) == "10.00 USD"
