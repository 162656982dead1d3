"""What happens when a card is charged.

https://docs.stripe.com/payments/paymentintents/lifecycle
"""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

from .errors import Refusal
from .wallet import card_of, no_billing_details

if TYPE_CHECKING:
    from .cards import Card
    from .state import World

Json = dict[str, Any]
_NULL = (
    "application application_fee_amount automatic_payment_methods canceled_at cancellation_reason customer customer_account "
    "description excluded_payment_method_types last_payment_error latest_charge next_action on_behalf_of payment_method "
    "payment_method_configuration_details processing receipt_email review setup_future_usage shipping "
    "statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
_CHARGE_NULL = (
    "application application_fee application_fee_amount balance_transaction calculated_statement_descriptor customer "
    "description failure_balance_transaction failure_code failure_message on_behalf_of receipt_email receipt_number "
    "review shipping source_transfer statement_descriptor statement_descriptor_suffix transfer_data transfer_group"
)
_AUTHENTICATE = Refusal(
    402,
    "Your card was declined. This transaction requires authentication.",
    kind="card_error",
    code="authentication_required",
    decline_code="authentication_required",
)


def make_intent(world: World, amount: int, currency: str) -> Json:
    """Make a payment intent that waits for a payment method."""
    number = world.new_id("payment_intent")
    return world.add({
        "id": number,
        "object": "payment_intent",
        **dict.fromkeys(_NULL.split()),
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "capture_method": "automatic_async",
        "client_secret": f"{number}_secret_{world.scramble(number, 25)}",
        "confirmation_method": "automatic",
        "created": world.now,
        "currency": currency,
        "livemode": False,
        "metadata": {},
        "payment_method_options": {"card": {
            "installments": None, "mandate_options": None, "network": None, "request_three_d_secure": "automatic"
        }},
        "payment_method_types": ["card"],
        "status": "requires_payment_method",
    })  # fmt: skip


def charge(
    world: World, intent: Json, *, base_url: str = "", off_session: bool = False, authenticated: bool = False
) -> Refusal | None:
    """Try to pay an intent with its payment method; returns why it could not be paid."""
    card = card_of(world, world.kind("payment_method")[intent["payment_method"]])
    intent["last_payment_error"] = intent["next_action"] = None
    if card.asks and not authenticated:
        if off_session:
            return _refused(world, intent, card, _AUTHENTICATE)
        intent |= {"status": "requires_action", "next_action": _next_action(world, intent, base_url)}
        world.emit("payment_intent.requires_action", intent)
        return None
    if card.code is not None:
        said = Refusal(402, card.message, kind="card_error", code=card.code, decline_code=card.decline_code)
        return _refused(world, intent, card, said)
    _succeed(world, intent, card)
    return None


def authentication_failed(world: World, intent: Json) -> None:
    """The customer could not prove who they are."""
    said = "We are unable to authenticate your payment method. Please choose a different payment method and try again."
    error = Refusal(402, said, kind="card_error", code="payment_intent_authentication_failure")
    _give_up(world, intent, error)


def _next_action(world: World, intent: Json, base_url: str) -> Json:
    comes_back = world.secrets.get(intent["id"])
    if comes_back is not None:
        url = f"{base_url}/sandbox/authenticate/{intent['id']}"
        return {"type": "redirect_to_url", "redirect_to_url": {"return_url": comes_back, "url": url}}
    return {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}


def _succeed(world: World, intent: Json, card: Card) -> None:
    manual = intent["capture_method"] == "manual"
    made = _charge(world, intent, card, None)
    made |= {"captured": not manual, "amount_captured": 0 if manual else made["amount"]}
    intent["latest_charge"] = made["id"]
    if manual:
        intent |= {"status": "requires_capture", "amount_capturable": intent["amount"]}
        world.emit("charge.succeeded", made)
        world.emit("payment_intent.amount_capturable_updated", intent)
        return
    intent |= {"status": "succeeded", "amount_received": intent["amount"]}
    world.emit("charge.succeeded", made)
    world.emit("payment_intent.succeeded", intent)


def _refused(world: World, intent: Json, card: Card, error: Refusal) -> Refusal:
    made = _charge(world, intent, card, error)
    intent["latest_charge"] = made["id"]
    world.emit("charge.failed", made)
    error = Refusal(402, error.message, kind=error.kind, code=error.code, **error.more, charge=made["id"])
    _give_up(world, intent, error)
    error.more["payment_intent"] = deepcopy(intent)
    return error


def _give_up(world: World, intent: Json, error: Refusal) -> None:
    method = world.kind("payment_method")[intent["payment_method"]]
    intent["last_payment_error"] = {**error.body["error"], "payment_method": deepcopy(method)}
    intent |= {"status": "requires_payment_method", "payment_method": None, "next_action": None}
    world.emit("payment_intent.payment_failed", intent)


def _charge(world: World, intent: Json, card: Card, error: Refusal | None) -> Json:
    method = world.kind("payment_method")[intent["payment_method"]]
    number = world.new_id("charge")
    made: Json = {
        "id": number,
        "object": "charge",
        **dict.fromkeys(_CHARGE_NULL.split()),
        "amount": intent["amount"],
        "amount_captured": 0,
        "amount_refunded": 0,
        "billing_details": {**no_billing_details(), **method["billing_details"]},
        "captured": False,
        "created": world.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "fraud_details": {},
        "livemode": False,
        "metadata": dict(intent["metadata"]),
        "outcome": _outcome(error),
        "paid": error is None,
        "payment_intent": intent["id"],
        "payment_method": method["id"],
        "payment_method_details": {"card": _card_details(method, card, intent), "type": "card"},
        "receipt_email": intent["receipt_email"],
        "receipt_url": None,
        "refunded": False,
        "status": "succeeded" if error is None else "failed",
    }
    if error is not None:
        made |= {"failure_code": error.code, "failure_message": error.message}
    return world.add(made)


def _outcome(error: Refusal | None) -> Json:
    made: Json = dict.fromkeys(("advice_code", "network_advice_code", "network_decline_code", "reason"))
    if error is None:
        return made | {
            "network_status": "approved_by_network", "risk_level": "normal", "seller_message": "Payment complete.",
            "type": "authorized",
        }  # fmt: skip
    return made | {
        "network_status": "declined_by_network", "reason": error.more.get("decline_code") or error.code,
        "risk_level": "normal", "seller_message": "The bank did not return any further details with this decline.",
        "type": "issuer_declined",
    }  # fmt: skip


def _card_details(method: Json, card: Card, intent: Json) -> Json:
    shared = (
        "brand",
        "checks",
        "country",
        "exp_month",
        "exp_year",
        "fingerprint",
        "funding",
        "last4",
        "regulated_status",
        "wallet",
    )
    return {
        **{name: method["card"][name] for name in shared},
        "amount_authorized": intent["amount"],
        "authorization_code": None,
        "extended_authorization": {"status": "disabled"},
        "incremental_authorization": {"status": "unavailable"},
        "installments": None,
        "mandate": None,
        "multicapture": {"status": "unavailable"},
        "network": card.brand,
        "network_token": {"used": False},
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": intent["amount"], "status": "unavailable"},
        "three_d_secure": None,
    }
