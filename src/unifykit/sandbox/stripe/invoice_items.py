"""Items that wait for an invoice, or stand on one.

https://docs.stripe.com/api/invoiceitems
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing
from .errors import invalid, missing_param
from .paging import PAGING, page_of
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call
    from .state import World

Json = dict[str, Any]
routes: Routes = Routes()


def make_item(
    world: World, customer: str, *, amount: int, currency: str, quantity: int, period: Json, price: Json | None,
    description: str | None, subscription: str | None = None,
) -> Json:  # fmt: skip
    """Make an item that waits for an invoice; one of a subscription is a proration."""
    parent = None
    if subscription is not None:
        parent = {"subscription_details": {"subscription": subscription}, "type": "subscription_details"}
    return world.add({
        "id": world.new_id("invoiceitem"),
        "object": "invoiceitem",
        "amount": amount,
        "currency": currency,
        "customer": customer,
        "date": world.now,
        "description": description,
        "discountable": subscription is None,
        "discounts": [],
        "invoice": None,
        "livemode": False,
        "metadata": {},
        "net_amount": amount,
        "parent": parent,
        "period": period,
        "pricing": None if price is None else billing.pricing_of(price),
        "proration": subscription is not None,
        "quantity": quantity,
        "quantity_decimal": str(quantity),
        "tax_rates": [],
        "test_clock": None,
    })  # fmt: skip


@routes(
    "POST",
    "/v1/invoiceitems",
    "customer amount currency description discountable invoice metadata period pricing quantity",
)
def create(call: Call) -> Json:
    """Make an item."""
    fields, world = call.fields, call.world
    customer, invoice = call.named("customer", "customer"), call.named("invoice", "invoice")
    if customer is None:
        raise missing_param("customer")
    if invoice is not None and invoice["customer"] != customer["id"]:
        raise invalid("The invoice belongs to another customer.", param="invoice")
    if invoice is not None and invoice["status"] != "draft":
        said = "You can't add invoice items to an invoice that is no longer a draft."
        raise invalid(said, param="invoice", code="invoice_not_editable")
    amount, currency, quantity, price = _cost(call)
    if invoice is not None and invoice["currency"] != currency:
        raise invalid(f"The item is in {currency}, the invoice in {invoice['currency']}.", param="currency")
    span = fields.group("period", "start end")
    period = {"start": call.now, "end": call.now}
    if span is not None:
        period = {name: span.integer(name) or call.now for name in ("start", "end")}
    metadata = fields.metadata()
    item = make_item(
        world, customer["id"], amount=amount, currency=currency, quantity=quantity, period=period, price=price,
        description=fields.text("description"),
    )  # fmt: skip
    item["metadata"] = metadata
    fields.copy_to(item, booleans="discountable")
    if invoice is not None:
        billing.take_item(world, invoice, item)
        billing.total(world, invoice)
    world.emit("invoiceitem.created", item)
    return item


def _cost(call: Call) -> tuple[int, str, int, Json | None]:
    fields = call.fields
    pricing, amount = fields.group("pricing", "price"), fields.integer("amount")
    quantity = fields.integer("quantity", least=0)
    if pricing is not None and amount is not None:
        raise invalid("You may only specify one of these parameters: amount, pricing.", param="amount")
    if pricing is not None:
        price = call.world.named("price", pricing.need("price"), pricing.param("price"))
        if price["type"] != "one_time":
            said = "The price specified is set to `type=recurring` but this field only accepts prices with `type=one_time`."
            raise invalid(said, param=pricing.param("price"))
        many = 1 if quantity is None else quantity
        return billing.cost_of(price, many), price["currency"], many, price
    if amount is None:
        raise missing_param("amount")
    if quantity is not None:
        raise invalid("`quantity` cannot be given with `amount`.", param="quantity")
    return amount, fields.need("currency").lower(), 1, None


@routes("GET", "/v1/invoiceitems", f"{PAGING} created customer invoice pending")
def index(call: Call) -> Json:
    """List items."""
    fields, pending = call.fields, call.fields.boolean("pending")
    wanted = {name: fields.text(name) for name in ("customer", "invoice")}
    found = [{**one, "created": one["date"]} for one in call.world.kind("invoiceitem").values()]
    found = [one for one in found if pending in (None, one["invoice"] is None)]
    page = page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])
    return {**page, "data": [call.world.kind("invoiceitem")[one["id"]] for one in page["data"]]}


@routes("GET", "/v1/invoiceitems/{id}")
def read(call: Call) -> Json:
    """One item."""
    return call.target("invoiceitem")


@routes("DELETE", "/v1/invoiceitems/{id}")
def delete(call: Call) -> Json:
    """Delete an item that no final invoice has."""
    world, item = call.world, call.target("invoiceitem")
    invoice = world.kind("invoice").get(str(item["invoice"]))
    if invoice is not None and invoice["status"] != "draft":
        raise invalid("This invoice item is on an invoice that is no longer editable.", code="invoice_not_editable")
    if invoice is not None:
        lines = world.lines[invoice["id"]]
        lines[:] = [line for line in lines if _item_of(line) != item["id"]]
        billing.total(world, invoice)
    world.emit("invoiceitem.deleted", item)
    return world.remove(item)


def _item_of(line: Json) -> str | None:
    details: Json | None = line["parent"]["invoice_item_details"]
    return details["invoice_item"] if details else None
