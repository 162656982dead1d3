"""What happens when somebody pays on the page of a checkout session.

https://docs.stripe.com/payments/checkout/how-checkout-works
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing
from .customers import blank_customer
from .errors import Refusal
from .invoice_items import make_item
from .paying import charge, make_intent
from .subscriptions import blank, open_subscription
from .wallet import make_method

if TYPE_CHECKING:
    from .cards import Card
    from .state import World

Json = dict[str, Any]
_DAY = 86_400


def pay(world: World, session: Json, card: Card, *, email: str, name: str, base_url: str) -> Refusal | None:
    """Pay; returns why it could not be. With a card that asks for authentication the session stays open until that is done."""
    method = make_method(world, card)
    method["billing_details"] = {**method["billing_details"], "email": email, "name": name}
    session["customer_details"] = _details(email, name)
    way = _pay_once if session["mode"] == "payment" else _subscribe
    return way(world, session, card, method, base_url)


def _details(email: str, name: str) -> Json:
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {
        "address": address, "business_name": None, "email": email, "individual_name": None, "name": name, "phone": None,
        "tax_exempt": "none", "tax_ids": [],
    }  # fmt: skip


def _customer(world: World, session: Json) -> Json | None:
    if session["customer"] is not None:
        return world.kind("customer").get(session["customer"])
    if session["customer_creation"] != "always":
        return None
    details = session["customer_details"]
    customer = world.add({**blank_customer(world), "email": details["email"], "name": details["name"]})
    session["customer"] = customer["id"]
    world.emit("customer.created", customer)
    return customer


def _pay_once(world: World, session: Json, card: Card, method: Json, base_url: str) -> Refusal | None:
    intent = world.kind("payment_intent").get(str(session["payment_intent"]))
    if intent is None:
        intent = make_intent(world, session["amount_total"], session["currency"])
        intent |= world.plans[session["id"]]
        world.emit("payment_intent.created", intent)
    intent["payment_method"] = method["id"]
    session["payment_intent"] = intent["id"]
    if card.asks:
        _wait(world, session, intent, base_url)
        return None
    refusal = charge(world, intent)
    if refusal is None:
        complete(world, session)
    return refusal


def _wait(world: World, session: Json, intent: Json, base_url: str) -> None:
    world.waiting[intent["id"]] = session["id"]
    world.secrets[intent["id"]] = session["success_url"]
    charge(world, intent, base_url=base_url)


def _subscribe(world: World, session: Json, card: Card, method: Json, base_url: str) -> Refusal | None:
    if card.code is not None:
        return Refusal(402, card.message, kind="card_error", code=card.code, decline_code=card.decline_code)
    customer = _customer(world, session)
    assert customer is not None
    method["customer"] = customer["id"]
    invoice = _invoice(world, session, customer, method)
    session |= {"invoice": invoice["id"]}
    if invoice["status"] == "paid":
        complete(world, session)
        return None
    intent = billing.intent_for(world, invoice)
    intent["payment_method"] = method["id"]
    if card.asks:
        _wait(world, session, intent, base_url)
        return None
    refusal = charge(world, intent)
    assert refusal is None
    billing.paid_by(world, intent)
    complete(world, session)
    return None


def _invoice(world: World, session: Json, customer: Json, method: Json) -> Json:
    """The first invoice; a second try, after an authentication that failed, pays the same."""
    known = world.kind("invoice").get(str(session["invoice"]))
    if known is not None:
        return known
    plan = dict(world.plans[session["id"]])
    days = plan.pop("_trial_days", None)
    lines = world.lines[session["id"]]
    subscription = {**blank(world, customer["id"], session["currency"]), **plan, "default_payment_method": method["id"]}
    for line in lines:
        if line["price"]["type"] == "one_time":
            make_item(
                world, customer["id"], amount=line["amount_total"], currency=line["currency"], quantity=line["quantity"],
                period={"start": world.now, "end": world.now}, price=line["price"], description=line["description"],
            )  # fmt: skip
    wanted: list[tuple[Json, int, Json]] = [
        (line["price"], line["quantity"], {}) for line in lines if line["price"]["type"] == "recurring"
    ]
    until = None if days is None else world.now + days * _DAY
    open_subscription(world, subscription, wanted, until, "default_incomplete")
    session["subscription"] = subscription["id"]
    return world.kind("invoice")[subscription["latest_invoice"]]


def complete(world: World, session: Json) -> None:
    """The session has done its work."""
    customer = _customer(world, session)
    intent = world.kind("payment_intent").get(str(session["payment_intent"]))
    if intent is not None and customer is not None:
        intent["customer"] = customer["id"]
    free = session["amount_total"] == 0
    if session["mode"] == "subscription":
        free = world.kind("subscription")[session["subscription"]]["status"] == "trialing" or free
    paid = "unpaid" if intent is not None and intent["status"] == "requires_capture" else "paid"
    session |= {"status": "complete", "url": None, "payment_status": "no_payment_required" if free else paid}
    world.emit("checkout.session.completed", session)


def authenticated(world: World, intent: Json) -> Json | None:
    """The customer has proven who they are: the payment goes on. Returns the session it was made in, if any."""
    refusal = charge(world, intent, authenticated=True)
    assert refusal is None
    billing.paid_by(world, intent)
    session = world.kind("checkout.session").get(world.waiting.pop(intent["id"], ""))
    if session is not None and session["status"] == "open":
        complete(world, session)
    return session
