"""Payment methods.

https://docs.stripe.com/api/payment_methods
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cards import CARDS
from .customers import address_of
from .errors import invalid, missing_param, not_implemented
from .paging import PAGING, page_of
from .routing import Routes
from .wallet import attach, card_numbered, make_method, method_for

if TYPE_CHECKING:
    from .call import Call
    from .forms import Fields

Json = dict[str, Any]
routes: Routes = Routes()


@routes("POST", "/v1/payment_methods", "type card billing_details metadata")
def create(call: Call) -> Json:
    """Make a payment method of a test card's number or token."""
    kind = call.fields.need("type")
    if kind != "card":
        raise not_implemented(f"the payment method {kind}", param="type")
    given = call.fields.group("card", "number exp_month exp_year cvc token")
    if given is None:
        raise missing_param("card")
    token = given.text("token")
    if token is not None:
        card = CARDS.get(token.removeprefix("tok_"))
        if card is None:
            raise invalid(f"No such token: '{token}'", param="card[token]", code="resource_missing")
        method = make_method(call.world, card)
    else:
        card = card_numbered(given.need("number"), given.param("number"))
        month, year = given.integer("exp_month", least=1), given.integer("exp_year", least=1)
        if month is None or year is None:
            raise missing_param(given.param("exp_month" if month is None else "exp_year"))
        method = make_method(call.world, card, month=month, year=year)
    _write(call.fields, method)
    return method


@routes("GET", "/v1/payment_methods", f"{PAGING} type customer")
def index(call: Call) -> Json:
    """The payment methods of a customer; those that belong to none are not listed."""
    customer, kind = call.named("customer", "customer"), call.fields.text("type")
    found = call.world.kind("payment_method").values()
    mine = [one for one in found if customer is not None and one["customer"] == customer["id"]]
    return page_of(call, [one for one in mine if kind in (None, one["type"])])


@routes("GET", "/v1/payment_methods/{id}")
def read(call: Call) -> Json:
    """One payment method."""
    return call.target("payment_method")


@routes("POST", "/v1/payment_methods/{id}", "billing_details metadata")
def update(call: Call) -> Json:
    """Change a payment method that belongs to a customer."""
    method = call.target("payment_method")
    if method["customer"] is None:
        said = "You must save this PaymentMethod to a customer before you can update it."
        raise invalid(said, code="payment_method_unexpected_state")
    _write(call.fields, method)
    call.world.emit("payment_method.updated", method)
    return method


@routes("POST", "/v1/payment_methods/{id}/attach", "customer")
def attach_one(call: Call) -> Json:
    """Give it to a customer."""
    customer = call.world.named("customer", call.fields.need("customer"), "customer")
    known = call.ids["id"] in call.world.kind("payment_method") or call.ids["id"].startswith("pm_card_")
    method = method_for(call.world, call.ids["id"], "payment_method") if known else call.target("payment_method")
    return attach(call.world, method, customer)


@routes("POST", "/v1/payment_methods/{id}/detach")
def detach(call: Call) -> Json:
    """Take it from its customer."""
    method = call.target("payment_method")
    owner = call.world.kind("customer").get(str(method["customer"]))
    if owner is None:
        said = "The payment method you provided is not attached to a customer so detachment is impossible."
        raise invalid(said, code="payment_method_unexpected_state")
    if owner["invoice_settings"]["default_payment_method"] == method["id"]:
        owner["invoice_settings"] = {**owner["invoice_settings"], "default_payment_method": None}
    method["customer"] = None
    call.world.emit("payment_method.detached", method, {"customer": owner["id"]})
    return method


def _write(fields: Fields, method: Json) -> None:
    method["metadata"] = fields.metadata(method["metadata"])
    details = fields.group("billing_details", "address email name phone")
    if details is not None:
        made = dict(method["billing_details"])
        details.copy_to(made, texts="email name phone")
        if "address" in details:
            made["address"] = address_of(details)
        method["billing_details"] = made
