"""Invoices: made, totalled, finalized, paid.

https://docs.stripe.com/invoicing/overview#invoice-statuses
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import Refusal, invalid
from .paging import embedded
from .paying import charge, make_intent

if TYPE_CHECKING:
    from .state import World

Json = dict[str, Any]
_NULL = (
    "account_country account_name account_tax_ids application automatically_finalizes_at billing_reason custom_fields "
    "customer_account customer_address customer_email customer_name customer_phone customer_shipping customer_tax_exempt "
    "default_payment_method default_source description due_date effective_at ending_balance footer from_invoice "
    "hosted_invoice_url invoice_pdf last_finalization_error latest_revision next_payment_attempt number on_behalf_of "
    "parent receipt_number rendering shipping_cost shipping_details statement_descriptor subtotal_excluding_tax "
    "test_clock total_excluding_tax total_pretax_credit_amounts webhooks_delivered_at"
)
_ZERO = (
    "amount_due amount_overpaid amount_paid amount_paid_off_stripe amount_remaining amount_shipping attempt_count "
    "post_payment_credit_notes_amount pre_payment_credit_notes_amount starting_balance subtotal total"
)
_DAY = 86_400
_HOUR = 3_600
NO_METHOD = (
    "This customer has no attached payment source or default payment method. Please consider adding a default payment "
    "method. For more information, visit https://stripe.com/docs/billing/payment-methods/setting#payment-method-priority."
)


def make_invoice(
    world: World, customer: Json, currency: str, *, subscription: Json | None = None, reason: str = "manual"
) -> Json:
    """Make a draft without lines."""
    number = world.new_id("invoice")
    invoice: Json = {
        "id": number,
        "object": "invoice",
        **dict.fromkeys(_NULL.split()),
        **dict.fromkeys(_ZERO.split(), 0),
        "attempted": False,
        "auto_advance": False,
        "automatic_tax": {
            "disabled_reason": None,
            "enabled": False,
            "liability": None,
            "provider": None,
            "status": None,
        },
        "billing_reason": reason,
        "collection_method": subscription["collection_method"] if subscription else "charge_automatically",
        "created": world.now,
        "currency": currency,
        "customer": customer["id"],
        "customer_address": customer["address"],
        "customer_email": customer["email"],
        "customer_name": customer["name"],
        "customer_phone": customer["phone"],
        "customer_shipping": customer["shipping"],
        "customer_tax_exempt": customer["tax_exempt"],
        "customer_tax_ids": [],
        "default_tax_rates": [],
        "discounts": [],
        "issuer": {"type": "self"},
        "lines": {},
        "livemode": False,
        "metadata": {},
        "payment_settings": {"default_mandate": None, "payment_method_options": None, "payment_method_types": None},
        "period_end": world.now,
        "period_start": world.now,
        "status": "draft",
        "status_transitions": dict.fromkeys(("finalized_at", "marked_uncollectible_at", "paid_at", "voided_at")),
        "total_discount_amounts": [],
        "total_taxes": [],
    }
    if subscription is not None:
        details = {"metadata": dict(subscription["metadata"]), "subscription": subscription["id"]}
        invoice["parent"] = {"quote_details": None, "subscription_details": details, "type": "subscription_details"}
        invoice["default_payment_method"] = subscription["default_payment_method"]
        if subscription["days_until_due"] is not None:
            invoice["due_date"] = world.now + subscription["days_until_due"] * _DAY
    world.lines[number] = []
    total(world, invoice)
    return world.add(invoice)


def total(world: World, invoice: Json) -> None:
    """Sum the lines."""
    lines = world.lines[invoice["id"]]
    invoice["lines"] = embedded(list(reversed(lines)), f"/v1/invoices/{invoice['id']}/lines")
    amount = sum(line["amount"] for line in lines)
    due = max(0, amount)
    invoice |= {
        "subtotal": amount, "subtotal_excluding_tax": amount, "total": amount, "total_excluding_tax": amount,
        "amount_due": due, "amount_remaining": due - invoice["amount_paid"],
    }  # fmt: skip


def add_line(
    world: World, invoice: Json, *, amount: int, period: Json, quantity: int | None, parent: Json, **more: Any
) -> Json:
    """Add a line to a draft; totals are not yet made."""
    line: Json = {
        "id": world.new_id("line_item"),
        "object": "line_item",
        "amount": amount,
        "currency": invoice["currency"],
        "description": None,
        "discount_amounts": [],
        "discountable": True,
        "discounts": [],
        "invoice": invoice["id"],
        "livemode": False,
        "metadata": {},
        "parent": parent,
        "period": period,
        "pretax_credit_amounts": [],
        "pricing": None,
        "quantity": quantity,
        "quantity_decimal": None if quantity is None else str(quantity),
        "subscription": None,
        "subtotal": amount,
        "taxes": [],
        **more,
    }
    world.lines[invoice["id"]].append(line)
    return line


def pricing_of(price: Json) -> Json:
    """How a line says what it is priced by."""
    details = {"price": price["id"], "product": price["product"]}
    return {"price_details": details, "type": "price_details", "unit_amount_decimal": price["unit_amount_decimal"]}


def cost_of(price: Json, quantity: int) -> int:
    """What so many cost; fractions of the smallest unit are rounded half up."""
    from decimal import ROUND_HALF_UP, Decimal

    return int((Decimal(price["unit_amount_decimal"]) * quantity).quantize(Decimal(1), ROUND_HALF_UP))


def take_item(world: World, invoice: Json, item: Json) -> None:
    """Move a pending item onto an invoice."""
    item["invoice"] = invoice["id"]
    subscription = subscription_of(item)
    details = {
        "invoice_item": item["id"], "proration": item["proration"], "proration_details": {"credited_items": None},
        "subscription": subscription,
    }  # fmt: skip
    parent = {"invoice_item_details": details, "subscription_item_details": None, "type": "invoice_item_details"}
    add_line(
        world, invoice, amount=item["amount"], period=item["period"], quantity=item["quantity"], parent=parent,
        description=item["description"], discountable=item["discountable"], metadata=dict(item["metadata"]),
        pricing=item["pricing"],
    )  # fmt: skip


def finalize(world: World, invoice: Json) -> None:
    """Make a draft final: it gets its number and can be paid."""
    if invoice["status"] != "draft":
        said = (
            f"This invoice is already finalized, you can't re-finalize a non-draft invoice. It is {invoice['status']}."
        )
        raise invalid(said, code="invoice_not_editable")
    customer = world.named("customer", invoice["customer"], "customer")
    invoice["number"] = f"{customer['invoice_prefix']}-{customer['next_invoice_sequence']:04d}"
    customer["next_invoice_sequence"] += 1
    customer["currency"] = customer["currency"] or invoice["currency"]
    before = customer["balance"]
    # A negative balance is the customer's credit, a positive one their debt: both meet the invoice here.
    due, customer["balance"] = max(0, before + invoice["total"]), min(0, before + invoice["total"])
    invoice |= {
        "amount_due": due, "amount_remaining": due, "starting_balance": before, "ending_balance": customer["balance"],
        "status": "open", "effective_at": world.now, "automatically_finalizes_at": None,
    }  # fmt: skip
    invoice["status_transitions"] = {**invoice["status_transitions"], "finalized_at": world.now}
    world.emit("invoice.finalized", invoice)
    if invoice["amount_due"] == 0:
        mark_paid(world, invoice)


def intent_for(world: World, invoice: Json) -> Json:
    """The payment intent of a final invoice, made when it is first needed."""
    for payment in world.kind("invoice_payment").values():
        if payment["invoice"] == invoice["id"] and payment["status"] == "open":
            return world.kind("payment_intent")[payment["payment"]["payment_intent"]]
    intent = make_intent(world, invoice["amount_due"], invoice["currency"])
    intent |= {"customer": invoice["customer"], "description": f"Payment for Invoice {invoice['number']}"}
    intent |= {"automatic_payment_methods": None, "setup_future_usage": "off_session" if invoice["parent"] else None}
    world.emit("payment_intent.created", intent)
    world.add({
        "id": world.new_id("invoice_payment"),
        "object": "invoice_payment",
        "amount_paid": None,
        "amount_requested": invoice["amount_due"],
        "created": world.now,
        "currency": invoice["currency"],
        "invoice": invoice["id"],
        "is_default": True,
        "livemode": False,
        "payment": {"payment_intent": intent["id"], "type": "payment_intent"},
        "status": "open",
        "status_transitions": {"canceled_at": None, "paid_at": None},
    })  # fmt: skip
    return intent


def default_method(world: World, customer: Json, *things: Json) -> str | None:
    """The payment method that is charged without being named."""
    for thing in things:
        if thing["default_payment_method"]:
            return str(thing["default_payment_method"])
    found: str | None = customer["invoice_settings"]["default_payment_method"]
    return found if found in world.kind("payment_method") else None


def settle(world: World, invoice: Json, method: str | None, *, off_session: bool = True) -> Refusal | None:
    """Try to pay a final invoice; returns why it could not be."""
    if method is None:
        return invalid(NO_METHOD, code="resource_missing")
    intent = intent_for(world, invoice)
    intent["payment_method"] = method
    invoice |= {"attempted": True, "attempt_count": invoice["attempt_count"] + 1}
    refusal = charge(world, intent, off_session=off_session)
    if refusal is None and intent["status"] == "succeeded":
        paid_by(world, intent)
        return None
    event = "invoice.payment_action_required" if refusal is None else "invoice.payment_failed"
    world.emit(event, invoice)
    return refusal or Refusal(
        402,
        "This payment requires additional user action before it can be completed successfully.",
        kind="card_error",
        code="invoice_payment_intent_requires_action",
    )


def paid_by(world: World, intent: Json) -> None:
    """If a payment that succeeded was an invoice's, the invoice is paid."""
    for payment in world.kind("invoice_payment").values():
        if payment["payment"]["payment_intent"] == intent["id"] and payment["status"] == "open":
            payment |= {"status": "paid", "amount_paid": intent["amount_received"]}
            payment["status_transitions"] = {"canceled_at": None, "paid_at": world.now}
            invoice = world.kind("invoice")[payment["invoice"]]
            invoice["amount_paid"] = invoice["amount_due"]
            mark_paid(world, invoice)
            return


def mark_paid(world: World, invoice: Json) -> None:
    """An invoice is paid; the subscription that waited for it goes on."""
    invoice |= {
        "status": "paid",
        "amount_remaining": 0,
        "attempted": True,
        "auto_advance": False,
        "next_payment_attempt": None,
    }
    invoice["status_transitions"] = {**invoice["status_transitions"], "paid_at": world.now}
    world.emit("invoice.paid", invoice)
    world.emit("invoice.payment_succeeded", invoice)
    subscription = world.kind("subscription").get(subscription_of(invoice) or "")
    if subscription is not None and subscription["status"] in ("incomplete", "past_due", "unpaid"):
        before = subscription["status"]
        subscription["status"] = "active"
        world.emit("customer.subscription.updated", subscription, {"status": before})


def subscription_of(thing: Json) -> str | None:
    """The subscription an invoice or an item is for."""
    parent: Json | None = thing["parent"]
    found: Json | None = parent and parent["subscription_details"]
    return found["subscription"] if found else None


def void(world: World, invoice: Json) -> None:
    """Make an invoice as if it had never been; it stays in the books."""
    _close(world, invoice, "void", "voided_at")
    world.emit("invoice.voided", invoice)


def mark_uncollectible(world: World, invoice: Json) -> None:
    """Give up on an invoice's payment."""
    _close(world, invoice, "uncollectible", "marked_uncollectible_at")
    world.emit("invoice.marked_uncollectible", invoice)


def _close(world: World, invoice: Json, status: str, moment: str) -> None:
    invoice |= {"status": status, "auto_advance": False}
    invoice["status_transitions"] = {**invoice["status_transitions"], moment: world.now}
    for payment in world.kind("invoice_payment").values():
        if payment["invoice"] == invoice["id"] and payment["status"] == "open":
            payment["status"] = "canceled"


def end_subscription(world: World, subscription: Json, details: Json | None = None) -> None:
    """End a subscription at once."""
    if subscription["status"] in ("canceled", "incomplete_expired"):
        return
    subscription |= {
        "status": "canceled",
        "ended_at": world.now,
        "canceled_at": subscription["canceled_at"] or world.now,
    }
    subscription["cancellation_details"] = {
        **subscription["cancellation_details"], "reason": "cancellation_requested", **(details or {})
    }  # fmt: skip
    for invoice in world.kind("invoice").values():
        if subscription_of(invoice) == subscription["id"] and invoice["status"] == "draft":
            invoice["auto_advance"] = False
    world.emit("customer.subscription.deleted", subscription)
