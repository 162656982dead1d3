"""Refunds.

https://docs.stripe.com/api/refunds
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import invalid, missing_param
from .paging import PAGING, page_of
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_NULL = "balance_transaction receipt_number source_transfer_reversal transfer_reversal"


@routes("POST", "/v1/refunds", "payment_intent charge amount reason metadata")
def create(call: Call) -> Json:
    """Give back a payment, whole or in part."""
    charge = _charge(call)
    reason = call.fields.choice("reason", "duplicate fraudulent requested_by_customer")
    left = charge["amount_captured"] - _refunded(call, charge)
    if left <= 0:
        raise invalid(f"Charge {charge['id']} has already been refunded.", code="charge_already_refunded")
    amount = call.fields.integer("amount", least=1) or left
    if amount > left:
        said = f"Refund amount ({amount} {charge['currency']}) is greater than unrefunded amount on charge ({left} {charge['currency']})"
        raise invalid(said, param="amount")
    refund = call.world.add({
        "id": call.world.new_id("refund"),
        "object": "refund",
        **dict.fromkeys(_NULL.split()),
        "amount": amount,
        "charge": charge["id"],
        "created": call.now,
        "currency": charge["currency"],
        "destination_details": {
            "card": {"reference_status": "pending", "reference_type": "acquirer_reference_number", "type": "refund"},
            "type": "card",
        },
        "metadata": call.fields.metadata(),
        "payment_intent": charge["payment_intent"],
        "reason": reason,
        "status": "succeeded",
    })  # fmt: skip
    charge["amount_refunded"] += amount
    charge["refunded"] = amount == left
    call.world.emit("refund.created", refund)
    call.world.emit("charge.refunded", charge)
    return refund


def _charge(call: Call) -> Json:
    intent, charge = call.named("payment_intent", "payment_intent"), call.named("charge", "charge")
    if intent is None and charge is None:
        raise missing_param("payment_intent")
    if intent is not None:
        if intent["status"] != "succeeded":
            said = f"This PaymentIntent ({intent['id']}) does not have a successful charge to refund."
            raise invalid(said, param="payment_intent")
        return call.world.kind("charge")[intent["latest_charge"]]
    assert charge is not None
    if not charge["captured"]:
        raise invalid(f"Charge {charge['id']} has not been captured.", param="charge")
    return charge


def _refunded(call: Call, charge: Json) -> int:
    made = call.world.kind("refund").values()
    return sum(one["amount"] for one in made if one["charge"] == charge["id"] and one["status"] == "succeeded")


@routes("GET", "/v1/refunds", f"{PAGING} created charge payment_intent")
def index(call: Call) -> Json:
    """List refunds."""
    wanted = {name: call.fields.text(name) for name in ("charge", "payment_intent")}
    found = call.world.kind("refund").values()
    return page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])


@routes("GET", "/v1/charges/{id}/refunds", PAGING)
def of_charge(call: Call) -> Json:
    """The refunds of a charge."""
    charge = call.target("charge")
    return page_of(call, [one for one in call.world.kind("refund").values() if one["charge"] == charge["id"]])


@routes("GET", "/v1/refunds/{id}")
def read(call: Call) -> Json:
    """One refund."""
    return call.target("refund")


@routes("POST", "/v1/refunds/{id}", "metadata")
def update(call: Call) -> Json:
    """Change what is noted of a refund."""
    refund = call.target("refund")
    refund["metadata"] = call.fields.metadata(refund["metadata"])
    call.world.emit("refund.updated", refund)
    return refund
