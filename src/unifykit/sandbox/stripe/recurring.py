"""Subscriptions: their periods, their invoices, and how one follows the other.

https://docs.stripe.com/billing/subscriptions/overview#subscription-lifecycle
"""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from . import billing
from .errors import Refusal, invalid
from .invoice_items import make_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .state import World

Json = dict[str, Any]
_MONTHS = {"month": 1, "year": 12}
_DAYS = {"day": 1, "week": 7}
_DECEMBER = 12


def later(start: int, interval: str, count: int, anchor: int) -> int:
    """The end of a period; months end on the anchor's day, or on their own last day if they are shorter."""
    moment = datetime.fromtimestamp(start, UTC)
    if interval in _DAYS:
        return int((moment + timedelta(days=_DAYS[interval] * count)).timestamp())
    months = moment.year * _DECEMBER + moment.month - 1 + _MONTHS[interval] * count
    year, month = divmod(months, _DECEMBER)
    day = min(datetime.fromtimestamp(anchor, UTC).day, calendar.monthrange(year, month + 1)[1])
    return int(moment.replace(year=year, month=month + 1, day=day).timestamp())


def items_of(subscription: Json) -> list[Json]:
    """The items of a subscription."""
    found: list[Json] = subscription["items"]["data"]
    return found


def make_item_of(  # noqa: PLR0917 - the parts of an item in their order
    world: World, subscription: Json, price: Json, quantity: int, metadata: Json, period: tuple[int, int]
) -> Json:
    """Add an item."""
    item = world.add({
        "id": f"si_{world.new_id('subscription_item')[3:17]}",
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": world.now,
        "current_period_end": period[1],
        "current_period_start": period[0],
        "discounts": [],
        "metadata": metadata,
        "price": price,
        "quantity": quantity,
        "subscription": subscription["id"],
        "tax_rates": [],
    })  # fmt: skip
    items_of(subscription).append(item)
    return item


def set_period(subscription: Json, start: int, end: int) -> None:
    """Write the period that is running."""
    for item in items_of(subscription):
        item |= {"current_period_start": start, "current_period_end": end}


def period_of(subscription: Json) -> tuple[int, int]:
    """The period that is running."""
    first = items_of(subscription)[0]
    return first["current_period_start"], first["current_period_end"]


def next_end(subscription: Json, start: int) -> int:
    """When a period that starts then ends."""
    every = items_of(subscription)[0]["price"]["recurring"]
    return later(start, every["interval"], every["interval_count"], subscription["billing_cycle_anchor"])


def bill(world: World, subscription: Json, reason: str) -> Json:
    """The draft for the period that is running, what was pending included."""
    customer = world.kind("customer")[subscription["customer"]]
    invoice = billing.make_invoice(world, customer, subscription["currency"], subscription=subscription, reason=reason)
    start, end = period_of(subscription)
    trial = subscription["status"] == "trialing"
    for item in items_of(subscription):
        _line(world, invoice, subscription, item, {"start": start, "end": end}, trial=trial)
    for pending in world.kind("invoiceitem").values():
        same = pending["customer"] == customer["id"] and pending["currency"] == subscription["currency"]
        if same and pending["invoice"] is None and not trial:
            billing.take_item(world, invoice, pending)
    billing.total(world, invoice)
    subscription["latest_invoice"] = invoice["id"]
    world.emit("invoice.created", invoice)
    return invoice


def _line(world: World, invoice: Json, subscription: Json, item: Json, period: Json, *, trial: bool) -> None:
    price = item["price"]
    product = world.kind("product")[price["product"]]["name"]
    cost = 0 if trial else billing.cost_of(price, item["quantity"])
    details = {
        "invoice_item": None, "proration": False, "proration_details": {"credited_items": None},
        "subscription": subscription["id"], "subscription_item": item["id"],
    }  # fmt: skip
    parent = {"invoice_item_details": None, "subscription_item_details": details, "type": "subscription_item_details"}
    said = (
        f"Trial period for {product}"
        if trial
        else f"{item['quantity']} x {product} (per {price['recurring']['interval']})"
    )
    billing.add_line(
        world, invoice, amount=cost, period=period, quantity=item["quantity"], parent=parent, description=said,
        pricing=billing.pricing_of(price), subscription=subscription["id"],
    )  # fmt: skip


def charge_for(world: World, subscription: Json, invoice: Json) -> Refusal | None:
    """Finalize an invoice, and charge it if it is not one to be sent."""
    billing.finalize(world, invoice)
    if invoice["status"] == "paid" or invoice["collection_method"] == "send_invoice":
        return None
    customer = world.kind("customer")[invoice["customer"]]
    return billing.settle(world, invoice, billing.default_method(world, customer, invoice, subscription))


def start(world: World, subscription: Json, behavior: str) -> None:
    """Bill for the first period.

    https://docs.stripe.com/billing/subscriptions/overview#payment-behavior
    """
    invoice = bill(world, subscription, "subscription_create")
    if subscription["status"] == "trialing":
        billing.finalize(world, invoice)
    elif subscription["collection_method"] == "send_invoice":
        invoice["auto_advance"] = True
    elif behavior == "default_incomplete":
        subscription["status"] = "incomplete"
        billing.finalize(world, invoice)
        if invoice["status"] != "paid":
            billing.intent_for(world, invoice)
    else:
        # Until it is paid for; the payment itself makes it active.
        subscription["status"] = "incomplete"
        refusal = charge_for(world, subscription, invoice)
        if refusal is not None and behavior == "error_if_incomplete":
            world.remove(subscription)
            raise refusal
        if invoice["status"] == "paid":
            subscription["status"] = "active"
    world.emit("customer.subscription.created", subscription)


def renew(world: World, subscription: Json) -> None:
    """Go on to the next period: end, or bill for it."""
    _, end = period_of(subscription)
    if subscription["cancel_at_period_end"]:
        billing.end_subscription(world, subscription)
        return
    was = subscription["status"]
    set_period(subscription, end, next_end(subscription, end))
    if was == "trialing" and not _goes_on_after_trial(world, subscription):
        return
    if was == "trialing":
        subscription["status"] = "active"
    invoice = bill(world, subscription, "subscription_cycle")
    paused = subscription["pause_collection"]
    if paused is not None:
        _set_aside(world, invoice, paused["behavior"])
    elif charge_for(world, subscription, invoice) is not None or invoice["status"] == "open" != was:
        _fall_behind(subscription, invoice)
    world.emit("customer.subscription.updated", subscription, {"status": was} if was != subscription["status"] else {})


def _fall_behind(subscription: Json, invoice: Json) -> None:
    if invoice["collection_method"] == "charge_automatically":
        subscription["status"] = "past_due"


def _goes_on_after_trial(world: World, subscription: Json) -> bool:
    """https://docs.stripe.com/billing/subscriptions/trials#create-free-trials-without-payment"""  # noqa: D415 -- an address
    what = subscription["trial_settings"]["end_behavior"]["missing_payment_method"]
    customer = world.kind("customer")[subscription["customer"]]
    if what == "create_invoice" or billing.default_method(world, customer, subscription) is not None:
        return True
    if what == "cancel":
        billing.end_subscription(world, subscription)
    else:
        subscription["status"] = "paused"
        world.emit("customer.subscription.paused", subscription)
    return False


def _set_aside(world: World, invoice: Json, behavior: str) -> None:
    """https://docs.stripe.com/billing/subscriptions/pause-payment"""  # noqa: D415 -- an address
    if behavior == "keep_as_draft":
        invoice["auto_advance"] = False
        return
    billing.finalize(world, invoice)
    if invoice["status"] == "open":
        (billing.void if behavior == "void" else billing.mark_uncollectible)(world, invoice)


def prorate(world: World, subscription: Json, old: Sequence[tuple[Json, int]], new: Sequence[tuple[Json, int]]) -> None:
    """Credit what will not be used of the old items, and charge for what is left of the period of the new.

    https://docs.stripe.com/billing/subscriptions/prorations
    """
    begin, end = period_of(subscription)
    left = max(0, end - world.now) / max(1, end - begin)
    for sign, said, things in ((-1, "Unused time on", old), (1, "Remaining time on", new)):
        for price, quantity in things:
            product = world.kind("product")[price["product"]]["name"]
            amount = sign * round(billing.cost_of(price, quantity) * left)
            make_item(
                world, subscription["customer"], amount=amount, currency=subscription["currency"], quantity=quantity,
                period={"start": world.now, "end": end}, price=price, description=f"{said} {quantity} x {product}",
                subscription=subscription["id"],
            )  # fmt: skip


def check_prices(prices: Sequence[tuple[Json, str]]) -> None:
    """Refuse prices that cannot be billed together."""
    for price, param in prices:
        if price["type"] != "recurring":
            said = "The price specified is set to `type=one_time` but this field only accepts prices with `type=recurring`."
            raise invalid(said, param=param)
        if not price["active"]:
            raise invalid(
                f"The price specified is inactive. This field only accepts active prices: {price['id']}", param=param
            )
    every = {
        (price["currency"], price["recurring"]["interval"], price["recurring"]["interval_count"]) for price, _ in prices
    }
    if len(every) > 1:
        raise invalid("Currency and Interval fields must match across all prices on this subscription.", param="items")
