"""The Stripe sandbox behaves like Stripe: driven over a socket by stripe-python alone and by plain HTTP."""

import json
import queue
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import httpx
import pytest
import stripe
from tests.contracts.stripe import ContractError, find_operation, validate_exchange

from unifykit.sandbox.stripe import create_app

from .conftest import serving

KEY = "sk_test_sandbox"


@pytest.fixture
def url(clock):
    with serving(create_app(clock=clock)) as address:
        yield address


class Contract:
    """Validates each exchange as it passes."""

    def __init__(self):
        self.seen = set()

    def __call__(self, response):
        response.read()
        request, parts = response.request, urlsplit(str(response.request.url))
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        if parts.path.startswith("/v1/"):
            template = validate_exchange(
                request.method, path, response.status_code, request.read().decode(), response.json()
            )
            self.seen.add((request.method, template))


@pytest.fixture
def contract():
    return Contract()


@pytest.fixture
def http(url, contract):
    headers = {"Authorization": f"Bearer {KEY}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, event_hooks={"response": [contract]}) as client:
        yield client


@pytest.fixture
def sdk(url, monkeypatch):
    """The SDK as its own documentation uses it, without a line of ours."""
    monkeypatch.setattr(stripe, "api_key", KEY)
    monkeypatch.setattr(stripe, "api_base", url)
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    monkeypatch.setattr(stripe, "default_http_client", None)
    yield stripe
    if stripe.default_http_client is not None:
        stripe.default_http_client.close()


@pytest.fixture
def payer(sdk):
    customer = sdk.Customer.create(email="ada@example.com", payment_method="pm_card_visa")
    method = sdk.PaymentMethod.list(customer=customer.id, type="card").data[0]
    return sdk.Customer.modify(customer.id, invoice_settings={"default_payment_method": method.id})


@pytest.fixture
def price(sdk):
    product = sdk.Product.create(name="Premium Plan", description="Access to all features")
    return sdk.Price.create(product=product.id, unit_amount=2000, currency="eur", recurring={"interval": "month"})


# The reference document's own calls


def test_stripe_complet(sdk):
    account = sdk.Account.retrieve()
    assert account.id is not None
    payment = sdk.PaymentIntent.create(amount=100, currency="eur", payment_method_types=["card"])
    assert payment.id is not None
    assert sdk.Customer.list(limit=3).data == []
    assert sdk.Product.list(limit=3).data == []
    assert sdk.Balance.retrieve().object == "balance"
    assert sdk.PaymentMethod.list(type="card", limit=3).data == []


def test_customers_of_the_document(sdk):
    customer = sdk.Customer.create(email="customer@example.com", name="John Doe", metadata={"user_id": "123"})
    assert sdk.Customer.retrieve(customer.id).name == "John Doe"
    assert sdk.Customer.modify(customer.id, email="new@example.com").email == "new@example.com"
    assert [one.id for one in sdk.Customer.list(limit=10)] == [customer.id]
    assert sdk.Customer.search(query="email:'new@example.com'").data[0].id == customer.id
    assert sdk.Customer.delete(customer.id).deleted
    assert sdk.Customer.retrieve(customer.id).deleted


def test_payment_intents_of_the_document(sdk, payer):
    fields = {"customer": payer.id, "payment_method_types": ["card"], "metadata": {"order_id": "123"}}
    payment = sdk.PaymentIntent.create(amount=2000, currency="eur", **fields)
    payment = sdk.PaymentIntent.modify(payment.id, payment_method=payer.invoice_settings.default_payment_method)
    assert sdk.PaymentIntent.confirm(payment.id).status == "succeeded"
    held = sdk.PaymentIntent.create(
        amount=2000, currency="eur", capture_method="manual", payment_method="pm_card_visa", confirm=True, **fields
    )
    assert sdk.PaymentIntent.capture(held.id).status == "succeeded"
    other = sdk.PaymentIntent.create(amount=2000, currency="eur", **fields)
    assert sdk.PaymentIntent.cancel(other.id).status == "canceled"
    assert sdk.PaymentIntent.retrieve(payment.id, expand=["latest_charge"]).latest_charge.paid
    assert sdk.Refund.create(payment_intent=payment.id, amount=1000).amount == 1000
    assert sdk.Refund.create(payment_intent=payment.id).amount == 1000
    assert len(sdk.Refund.list(limit=10).data) == 2


def test_subscriptions_of_the_document(sdk, payer, price):
    other = sdk.Price.create(product=price.product, unit_amount=5000, currency="eur", recurring={"interval": "month"})
    made = sdk.Subscription.create(customer=payer.id, items=[{"price": price.id}], trial_period_days=14)
    assert made.status == "trialing"
    item = made["items"].data[0]
    changed = sdk.Subscription.modify(made.id, items=[{"id": item.id, "price": other.id}])
    assert changed["items"].data[0].price.id == other.id
    paused = sdk.Subscription.modify(made.id, pause_collection={"behavior": "void"})
    assert paused.pause_collection.behavior == "void"
    assert sdk.Subscription.modify(made.id, pause_collection="").pause_collection is None
    assert len(sdk.Subscription.list(customer=payer.id).data) == 1
    assert sdk.Subscription.delete(made.id).status == "canceled"


def test_invoices_of_the_document(sdk, payer):
    # Since API version 2022-08-01 an item waits unless it names its invoice.
    invoice = sdk.Invoice.create(customer=payer.id, auto_advance=True)
    sdk.InvoiceItem.create(
        customer=payer.id, invoice=invoice.id, amount=1500, currency="usd", description="Consulting services"
    )
    assert sdk.Invoice.finalize_invoice(invoice.id).status == "open"
    assert sdk.Invoice.pay(invoice.id).status == "paid"
    with pytest.raises(stripe.InvalidRequestError, match="send_invoice"):
        sdk.Invoice.send_invoice(invoice.id)
    mailed = sdk.Invoice.create(customer=payer.id, collection_method="send_invoice", days_until_due=30)
    assert sdk.Invoice.send_invoice(mailed.id).status == "paid"  # it is an invoice of nothing


def test_catalogue_of_the_document(sdk, price):
    assert [one.name for one in sdk.Product.list()] == ["Premium Plan"]
    assert not sdk.Product.modify(price.product, active=False).active


# Keys, versions, errors


def test_a_key_is_needed_and_must_be_known(http, url):
    none = httpx.get(f"{url}/v1/account", trust_env=False)
    assert (none.status_code, none.json()["error"]["type"]) == (401, "invalid_request_error")
    wrong = httpx.get(f"{url}/v1/account", headers={"Authorization": "Bearer sk_test_4eC39HqLyjWDarj"}, trust_env=False)
    assert wrong.status_code == 401
    assert wrong.json()["error"]["message"].startswith("Invalid API Key provided: sk_test")
    assert "4eC39HqLyj" not in wrong.text
    assert httpx.get(f"{url}/v1/account", auth=(KEY, ""), trust_env=False).status_code == 200


def test_each_account_has_objects_of_its_own(clock):
    keys = {"sk_test_a": "acct_a", "sk_test_b": "acct_b"}
    with serving(create_app(keys=keys, clock=clock)) as address:
        first, second = (stripe.StripeClient(key, base_addresses={"api": address}) for key in keys)
        made = first.v1.customers.create({"name": "Ada"})
        assert (first.v1.accounts.retrieve_current().id, len(second.v1.customers.list().data)) == ("acct_a", 0)
        with pytest.raises(stripe.InvalidRequestError):
            second.v1.customers.retrieve(made.id)


def test_the_version_is_echoed_and_every_reply_has_an_id(http):
    default = http.get("/v1/account")
    assert default.headers["stripe-version"] == "2026-05-27.dahlia"
    newer = http.get("/v1/account", headers={"Stripe-Version": "2026-10-28.endive"})
    assert newer.headers["stripe-version"] == "2026-10-28.endive"
    assert default.headers["request-id"] != newer.headers["request-id"]
    assert http.get("/v1/account", headers={"Stripe-Version": "latest"}).status_code == 400


def test_what_is_not_there_is_said_openly(url):
    with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {KEY}"}, trust_env=False) as client:
        unknown = client.get("/v1/disputes")
        assert unknown.status_code == 501
        assert unknown.json()["error"]["message"] == "unifykit sandbox: GET /v1/disputes is not implemented."
        part = client.post("/v1/customers", data={"cash_balance[settings][reconciliation_mode]": "manual"})
        assert (part.status_code, part.json()["error"]["param"]) == (501, "cash_balance")
        nested = client.post(
            "/v1/products", data={"name": "x", "default_price_data[currency_options][usd][unit_amount]": 1}
        )
        assert nested.json()["error"]["param"] == "default_price_data[currency_options]"
        assert client.get("/v1/customers?colour=red").status_code == 501
        assert client.get("/elsewhere").status_code == 404


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/payment_intents", {"currency": "eur"}, "parameter_missing", "amount"),
        ("/v1/payment_intents", {"amount": "x", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "-1", "currency": "eur"}, "parameter_invalid_integer", "amount"),
        ("/v1/payment_intents", {"amount": "10", "currency": "eur"}, "amount_too_small", "amount"),
        ("/v1/payment_intents", {"amount": "100000000", "currency": "eur"}, "amount_too_large", "amount"),
        ("/v1/payment_intents", {"amount": "2000", "currency": "euro"}, None, "currency"),
        ("/v1/payment_intents", {"amount": "2000", "currency": "eur", "customer": "cus_no"}, "resource_missing", "customer"),
        ("/v1/payment_intents", {"amount": "2000", "currency": "eur", "payment_method": "pm_no"}, "resource_missing", "payment_method"),
        ("/v1/payment_intents", {"amount[a]": "1", "currency": "eur"}, None, "amount"),
        ("/v1/subscriptions", {"customer": "cus_no"}, "resource_missing", "customer"),
        ("/v1/prices", {"currency": "eur", "unit_amount": "1"}, None, "product"),
        ("/v1/products", {}, "parameter_missing", "name"),
        ("/v1/refunds", {}, "parameter_missing", "payment_intent"),
        ("/v1/webhook_endpoints", {"url": "nowhere", "enabled_events[]": "*"}, "url_invalid", "url"),
        ("/v1/checkout/sessions", {"mode": "payment"}, "parameter_missing", "success_url"),
        ("/v1/customers", {"metadata[a]": "x" * 501}, None, "metadata[a]"),
        ("/v1/customers", {"a]b": "x"}, None, "a]b"),
        ("/v1/customers", {"shipping[name]": "Ada"}, "parameter_missing", "shipping[address]"),
        ("/v1/customers", {"shipping[address][city]": "Paris"}, "parameter_missing", "shipping[name]"),
        ("/v1/prices", {"currency": "eur", "unit_amount": "1", "product": ""}, None, "product"),
    ],
)  # fmt: skip
def test_refusals_name_the_parameter(http, path, form, code, param):
    refused = http.post(path, data=form)
    error = refused.json()["error"]
    assert (refused.status_code, error.get("code"), error["param"]) == (400, code, param)


def test_arrays_may_be_numbered_or_bare(http):
    for names in (("payment_method_types[]",), ("payment_method_types[0]",)):
        made = http.post("/v1/payment_intents", data={"amount": "2000", "currency": "eur", names[0]: "card"})
        assert made.json()["payment_method_types"] == ["card"]


# Idempotency


def test_a_key_replays_what_was_answered(http):
    headers = {"Idempotency-Key": "k1"}
    first = http.post("/v1/customers", data={"name": "Ada"}, headers=headers)
    again = http.post("/v1/customers", data={"name": "Ada"}, headers=headers)
    assert (again.content, again.status_code) == (first.content, 200)
    assert again.headers["idempotent-replayed"] == "true"
    assert again.headers["original-request"] == first.headers["request-id"]
    assert "idempotent-replayed" not in first.headers
    other = http.post("/v1/customers", data={"name": "Eve"}, headers=headers)
    assert (other.status_code, other.json()["error"]["type"]) == (400, "idempotency_error")
    elsewhere = http.post("/v1/products", data={"name": "Ada"}, headers=headers)
    assert elsewhere.json()["error"]["type"] == "idempotency_error"
    assert len(http.get("/v1/customers").json()["data"]) == 1


def test_a_decline_is_replayed_and_a_refusal_is_not(http):
    form = {"amount": "2000", "currency": "eur", "payment_method_types[]": "card", "confirm": "true"}
    declined = [
        http.post("/v1/payment_intents", data={**form, "payment_method": "pm_card_chargeDeclined"}, headers={"Idempotency-Key": "d"})
        for _ in range(2)
    ]  # fmt: skip
    assert [one.status_code for one in declined] == [402, 402]
    assert declined[1].headers["idempotent-replayed"] == "true"
    assert http.post("/v1/products", data={}, headers={"Idempotency-Key": "r"}).status_code == 400
    assert http.post("/v1/products", data={"name": "Mug"}, headers={"Idempotency-Key": "r"}).status_code == 200


@pytest.mark.parametrize("form", [
    {"amount": "100", "currency": "eur", "payment_method_types[]": "card", "payment_method": "pm_card_unionpay"},
    {"amount": "100", "currency": "eur", "payment_method_types[]": "card", "payment_method": "pm_card_threeDSecureOptional"},
])  # fmt: skip
def test_a_test_card_that_is_not_here_is_not_denied(http, form):
    said = http.post("/v1/payment_intents", data=form)
    assert said.status_code == 501
    assert f"the test card {form['payment_method']} is not implemented" in said.json()["error"]["message"]


def test_a_card_number_that_is_not_here_is_told_from_one_that_is_none(http):
    card = {"type": "card", "card[exp_month]": "12", "card[exp_year]": "2034", "card[number]": "3566 0020 2036 0505"}
    assert http.post("/v1/payment_methods", data=card).status_code == 501
    for number in ("4242424242424241", "0", "4242-4242"):
        said = http.post("/v1/payment_methods", data={**card, "card[number]": number})
        assert (said.status_code, said.json()["error"]["code"]) == (402, "incorrect_number")


def test_two_at_once_with_one_key(clock):
    with serving(create_app(clock=clock, latency=0.5)) as address:
        done = queue.Queue()

        def create():
            headers = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "k"}
            done.put(httpx.post(f"{address}/v1/customers", data={"name": "Ada"}, headers=headers, trust_env=False))

        threads = [threading.Thread(target=create) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        replies = [done.get() for _ in threads]
    assert sorted(one.status_code for one in replies) == [200, 409]
    (refused,) = [one.json()["error"] for one in replies if one.status_code == 409]
    assert (refused["type"], refused["code"]) == ("idempotency_error", "idempotency_key_in_use")


# Lists and expansion


def test_pages_in_both_directions(sdk):
    made = [sdk.Customer.create(name=str(number)).id for number in range(25)][::-1]
    page = sdk.Customer.list()
    assert ([one.id for one in page.data], page.has_more) == (made[:10], True)
    assert [one.id for one in sdk.Customer.list(limit=7).auto_paging_iter()] == made
    back = sdk.Customer.list(limit=5, ending_before=made[8])
    assert ([one.id for one in back.data], back.has_more) == (made[3:8], True)
    assert not sdk.Customer.list(limit=5, ending_before=made[3]).has_more
    for wrong in (
        {"limit": 0},
        {"limit": 101},
        {"starting_after": "cus_no"},
        {"starting_after": made[0], "ending_before": made[1]},
    ):
        with pytest.raises(stripe.InvalidRequestError):
            sdk.Customer.list(**wrong)


def test_lists_filter_by_the_moment_of_creation(sdk, clock):
    moments = []
    for _ in range(4):
        moments.append(int(clock.now.timestamp()))
        sdk.Customer.create()
        clock.tick(seconds=10)
    for bounds, count in (
        ({"gt": moments[1]}, 2),
        ({"gte": moments[1]}, 3),
        ({"lt": moments[1]}, 1),
        ({"lte": moments[1], "gte": moments[1]}, 1),
        (moments[2], 1),
    ):
        assert len(sdk.Customer.list(created=bounds).data) == count


def test_expansion_goes_four_deep_and_no_further(sdk, payer, price):
    made = sdk.Subscription.create(
        customer=payer.id,
        items=[{"price": price.id}],
        expand=["latest_invoice.payments.data.payment", "customer", "items.data.price.product"],
    )
    assert made.customer.email == "ada@example.com"
    assert made.latest_invoice.payments.data[0].payment.payment_intent.startswith("pi_")
    assert made["items"].data[0].price.product.name == "Premium Plan"
    assert sdk.Subscription.retrieve(made.id).customer == payer.id
    listed = sdk.Subscription.list(expand=["data.customer"])
    assert listed.data[0].customer.email == "ada@example.com"
    for wrong in (
        "status",
        "nothing",
        "customer.email",
        "latest_invoice.customer.invoice_settings.default_payment_method.id",
    ):
        with pytest.raises(stripe.InvalidRequestError):
            sdk.Subscription.retrieve(made.id, expand=[wrong])


# Events


class Receiver(BaseHTTPRequestHandler):
    arrived: "queue.Queue"

    def do_POST(self):
        self.server.arrived.put((dict(self.headers), self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def receiver():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.arrived = queue.Queue()
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_events_are_really_sent_and_signed(sdk, receiver, clock):
    where = f"http://127.0.0.1:{receiver.server_port}/stripe"
    endpoint = sdk.WebhookEndpoint.create(url=where, enabled_events=["payment_intent.succeeded"])
    sdk.Customer.create(name="nobody asked for this event")
    fields = {"payment_method_types": ["card"], "payment_method": "pm_card_visa", "confirm": True}
    payment = sdk.PaymentIntent.create(amount=2000, currency="eur", **fields)
    headers, body = receiver.arrived.get(timeout=10)
    signature = headers["Stripe-Signature"]
    # The SDK compares with the machine's clock; what it must accept is the signature itself.
    assert stripe.WebhookSignature.verify_header(body.decode(), signature, endpoint.secret, tolerance=None)
    from unifykit.webhooks import verify

    event = verify("stripe", headers, body, endpoint.secret, now=clock.now.timestamp())
    assert (event.type, event.data["data"]["object"]["id"]) == ("payment_intent.succeeded", payment.id)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.WebhookSignature.verify_header(body.decode() + " ", signature, endpoint.secret, tolerance=None)
    assert receiver.arrived.empty()
    stored = sdk.Event.retrieve(event.id)
    assert stored.to_dict()["data"] == event.data["data"]


def test_nothing_is_sent_elsewhere(sdk):
    from unifykit.sandbox.stripe.webhooks import is_loopback

    sdk.WebhookEndpoint.create(url="https://example.com/stripe", enabled_events=["*"])
    sdk.Customer.create()
    assert sdk.Event.list().data[0].pending_webhooks == 1
    assert not any(
        map(is_loopback, ("https://example.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://"))
    )
    assert all(map(is_loopback, ("http://127.0.0.1:1", "http://localhost", "http://[::1]:8000/x", "http://127.9.9.9")))


def test_events_can_be_filtered(sdk, price):
    sdk.Customer.create()
    assert {one.type for one in sdk.Event.list(type="price.*")} == {"price.created"}
    kinds = [one.type for one in sdk.Event.list(types=["customer.created", "product.created"])]
    assert kinds == ["customer.created", "product.created"]


# Time


def test_months_end_on_their_own_last_day(sdk, payer, price, clock):
    clock.now = clock.now.replace(month=1, day=31)
    made = sdk.Subscription.create(customer=payer.id, items=[{"price": price.id}])
    ends = []
    for _ in range(3):
        end = sdk.Subscription.retrieve(made.id)["items"].data[0].current_period_end
        ends.append(end)
        clock.now = clock.now.fromtimestamp(end, clock.now.tzinfo)
    assert [clock.now.fromtimestamp(end, clock.now.tzinfo).strftime("%m-%d") for end in ends] == [
        "02-28",
        "03-31",
        "04-30",
    ]
    assert len(sdk.Invoice.list(subscription=made.id, status="paid").data) == 4


def test_years_pass_in_one_step(sdk, payer, price, clock):
    made = sdk.Subscription.create(customer=payer.id, items=[{"price": price.id}])
    clock.tick(days=365)
    found = sdk.Invoice.list(subscription=made.id, limit=100).data
    assert len(found) == 13
    assert {one.status for one in found} == {"paid"}


@pytest.mark.parametrize(
    ("behavior", "status"), [("void", "void"), ("mark_uncollectible", "uncollectible"), ("keep_as_draft", "draft")]
)
def test_what_becomes_of_invoices_while_paused(sdk, payer, price, clock, behavior, status):  # noqa: PLR0917 -- fixtures
    made = sdk.Subscription.create(customer=payer.id, items=[{"price": price.id}])
    sdk.Subscription.modify(made.id, pause_collection={"behavior": behavior})
    clock.tick(days=32)
    assert [one.status for one in sdk.Invoice.list(subscription=made.id)] == [status, "paid"]


def test_a_trial_that_pauses_can_be_resumed(sdk, price, clock):
    customer = sdk.Customer.create()
    made = sdk.Subscription.create(
        customer=customer.id,
        items=[{"price": price.id}],
        trial_period_days=3,
        trial_settings={"end_behavior": {"missing_payment_method": "pause"}},
    )
    clock.tick(days=3)
    assert sdk.Subscription.retrieve(made.id).status == "paused"
    sdk.PaymentMethod.attach("pm_card_visa", customer=customer.id)
    method = sdk.PaymentMethod.list(customer=customer.id).data[0].id
    sdk.Customer.modify(customer.id, invoice_settings={"default_payment_method": method})
    assert sdk.Subscription.resume(made.id, billing_cycle_anchor="now").status == "active"


def test_drafts_that_advance_are_finalized_after_an_hour(sdk, payer, clock):
    invoice = sdk.Invoice.create(customer=payer.id, auto_advance=True, currency="eur")
    sdk.InvoiceItem.create(customer=payer.id, invoice=invoice.id, amount=700, currency="eur")
    clock.tick(minutes=61)
    assert sdk.Invoice.retrieve(invoice.id).status == "paid"


def test_what_a_deleted_customer_leaves_behind(sdk, payer, price, clock):
    subscription = sdk.Subscription.create(customer=payer.id, items=[{"price": price.id}])
    draft = sdk.Invoice.create(customer=payer.id, auto_advance=True, currency="eur")
    sdk.Customer.delete(payer.id)
    assert sdk.Subscription.retrieve(subscription.id).status == "canceled"
    clock.tick(hours=2)
    assert sdk.Invoice.retrieve(draft.id).status == "draft"
    for call in (sdk.Invoice.finalize_invoice, sdk.Invoice.pay):
        with pytest.raises(stripe.InvalidRequestError, match="No such customer"):
            call(draft.id)


def test_a_product_keeps_a_name(sdk, price):
    with pytest.raises(stripe.InvalidRequestError):
        sdk.Product.modify(price.product, name="")


# The description


def test_the_whole_flow_is_as_stripe_describes(http, contract, clock):
    def post(path, **form):
        reply = http.post(path, data=form)
        assert reply.status_code == 200, reply.text
        return reply.json()

    customer = post("/v1/customers", email="ada@example.com", payment_method="pm_card_visa")["id"]
    method = http.get("/v1/payment_methods", params={"customer": customer}).json()["data"][0]["id"]
    post(f"/v1/customers/{customer}", **{"invoice_settings[default_payment_method]": method})
    product = post("/v1/products", name="Plan", **{
        "default_price_data[currency]": "eur", "default_price_data[unit_amount]": "900",
        "default_price_data[recurring][interval]": "month",
    })  # fmt: skip
    subscription = post("/v1/subscriptions", customer=customer, **{"items[0][price]": product["default_price"]})
    http.get(f"/v1/subscriptions/{subscription['id']}", params={"expand[]": "latest_invoice.payments"})
    clock.tick(days=40)
    for path in ("subscriptions", "invoices", "invoiceitems", "charges", "payment_intents", "events", "products", "prices",
                 "customers", "refunds", "invoice_payments", "checkout/sessions", "webhook_endpoints"):  # fmt: skip
        assert http.get(f"/v1/{path}", params={"limit": 100}).status_code == 200
    for path in ("customers", "charges", "invoices", "payment_intents", "prices", "products", "subscriptions"):
        assert http.get(f"/v1/{path}/search", params={"query": "created>0"}).json()["data"] is not None
    http.get("/v1/subscription_items", params={"subscription": subscription["id"]})
    http.get(f"/v1/customers/{customer}/subscriptions")
    http.get(f"/v1/customers/{customer}/payment_methods")
    assert (
        http.delete(f"/v1/subscriptions/{subscription['id']}?invoice_now=true&prorate=true").json()["status"]
        == "canceled"
    )
    charge = http.get("/v1/charges").json()["data"][0]["id"]
    post("/v1/refunds", charge=charge, amount="100")
    http.get(f"/v1/charges/{charge}", params={"expand[]": "refunds"})
    http.get(f"/v1/charges/{charge}/refunds")
    assert len(contract.seen) > 25


def test_the_contract_notices_what_is_wrong(http):
    good = http.get("/v1/account").json()
    for body in ({**good, "charges_enabled": "yes"}, {**good, "surprise": 1}, {"object": "account"}, []):
        with pytest.raises(ContractError):
            validate_exchange("GET", "/v1/account", 200, "", body)
    customer = http.post("/v1/customers", data={"name": "Ada"}).json()
    with pytest.raises(ContractError):
        validate_exchange("GET", f"/v1/customers/{customer['id']}", 200, "", {**customer, "created": None})
    for form in (
        "amount=20",
        "amount=x&currency=eur",
        "amount=20&currency=eur&surprise=1",
        "amount=20&currency=eur&capture_method=later",
    ):
        with pytest.raises(ContractError):
            validate_exchange("POST", "/v1/payment_intents", 200, form, {})
    with pytest.raises(ContractError):
        find_operation("GET", "/v1/nothing")


def test_every_operation_of_the_sandbox_is_one_that_stripe_describes():
    from unifykit.sandbox.stripe.app import _MODULES

    for module in _MODULES:
        for operation in module.routes.operations:
            template, described = find_operation(operation.method, operation.path.replace("{id}", "x"))
            assert template.count("{") == operation.path.count("{")
            known = {item["name"] for item in described.get("parameters", [])}
            body = described.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded", {})
            known |= set(body.get("schema", {}).get("properties", {}))
            assert set(operation.takes.split()) - known <= {"expand"}, f"{operation.method} {operation.path}"


def test_replies_are_json_with_a_length(http):
    reply = http.get("/v1/account")
    assert reply.headers["content-type"] == "application/json"
    assert json.loads(reply.content)["id"] == "acct_1SandboxUnifykit"
    assert timedelta(0) < reply.elapsed
