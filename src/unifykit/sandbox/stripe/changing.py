"""Changes of a subscription's items.

https://docs.stripe.com/billing/subscriptions/change
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing, recurring
from .catalogue import make_price, recurring_of
from .errors import invalid, missing_param

if TYPE_CHECKING:
    from .call import Call
    from .forms import Fields
    from .state import World

Json = dict[str, Any]
ITEM = "price price_data quantity metadata"


def price_of(world: World, item: Fields) -> Json:
    """The price an item names, or one made for it."""
    data = item.group("price_data", "currency product recurring unit_amount unit_amount_decimal tax_behavior")
    if data is None:
        return world.named("price", item.need("price"), item.param("price"))
    if recurring_of(data) is None:
        raise missing_param(data.param("recurring"))
    product = world.named("product", data.need("product"), data.param("product"))
    return world.add({**make_price(world, data, product), "active": True})


def change_items(call: Call, subscription: Json, wanted: list[Fields]) -> None:
    """Change, add and drop items."""
    world, items = call.world, recurring.items_of(subscription)
    behavior = call.fields.choice("proration_behavior", "always_invoice create_prorations none") or "create_prorations"
    old = [(item["price"], item["quantity"]) for item in items]
    made: list[tuple[Json | None, Json | None, int, Json]] = []
    for given in wanted:
        known = given.text("id")
        item = world.named("subscription_item", known, given.param("id")) if known else None
        if item is not None and item["subscription"] != subscription["id"]:
            raise invalid(f"Subscription item {known} does not belong to this subscription.", param=given.param("id"))
        if item is not None and given.boolean("deleted"):
            made.append((item, None, 0, {}))
            continue
        price = (
            item["price"]
            if item is not None and "price" not in given and "price_data" not in given
            else price_of(world, given)
        )
        quantity = given.integer("quantity", least=0)
        kept = item["quantity"] if item is not None else 1
        made.append(
            (item, price, kept if quantity is None else quantity, given.metadata(item["metadata"] if item else None))
        )
    staying = [one["price"] for one in items if all(one is not item for item, _, _, _ in made)]
    recurring.check_prices(
        [(price, "items") for price in (*staying, *(price for _, price, _, _ in made if price is not None))]
    )
    if not staying and all(price is None for _, price, _, _ in made):
        raise invalid("A subscription must have at least one active item.", param="items")
    period = recurring.period_of(subscription)
    for item, price, quantity, metadata in made:
        if item is None:
            assert price is not None
            recurring.make_item_of(world, subscription, price, quantity, metadata, period)
        elif price is None:
            items.remove(item)
            world.remove(item)
        else:
            item |= {"price": price, "quantity": quantity, "metadata": metadata}
    new = [(item["price"], item["quantity"]) for item in items]
    if behavior == "none" or subscription["status"] == "trialing" or old == new:
        return
    gone, come = [one for one in old if one not in new], [one for one in new if one not in old]
    recurring.prorate(world, subscription, gone, come)
    if behavior == "always_invoice":
        invoice_pending(world, subscription)


def invoice_pending(world: World, subscription: Json) -> None:
    """Bill at once for what was prorated."""
    customer = world.kind("customer")[subscription["customer"]]
    reason = "subscription_update"
    invoice = billing.make_invoice(world, customer, subscription["currency"], subscription=subscription, reason=reason)
    for item in world.kind("invoiceitem").values():
        if item["invoice"] is None and billing.subscription_of(item) == subscription["id"]:
            billing.take_item(world, invoice, item)
    billing.total(world, invoice)
    world.emit("invoice.created", invoice)
    subscription["latest_invoice"] = invoice["id"]
    if recurring.charge_for(world, subscription, invoice) is not None:
        subscription["status"] = "past_due"
