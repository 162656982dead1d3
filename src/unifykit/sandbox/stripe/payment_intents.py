"""Payment intents.

https://docs.stripe.com/api/payment_intents
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cards import CARDS
from .customers import shipping_of
from .errors import Refusal, invalid, missing_param, not_implemented, unexpected_state
from .paging import PAGING, page_of, search
from .paying import charge, make_intent
from .routing import Routes
from .wallet import attach, make_method, method_for

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_TEXTS = "description receipt_email statement_descriptor statement_descriptor_suffix transfer_group"
_CHANGES = f"{_TEXTS} amount currency customer metadata payment_method payment_method_types setup_future_usage shipping"
_CONFIRMS = "payment_method payment_method_data off_session return_url receipt_email setup_future_usage error_on_requires_action"
_CREATES = f"{_CHANGES} {_CONFIRMS} automatic_payment_methods capture_method confirm confirmation_method"
_SEARCHED = "amount created currency customer metadata status"
# https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts
_LEAST = {
    "usd": 50,
    "eur": 50,
    "aud": 50,
    "cad": 50,
    "chf": 50,
    "jpy": 50,
    "gbp": 30,
    "nok": 300,
    "sek": 300,
    "dkk": 250,
}
_MOST = 99_999_999
_CANCELABLE = ("requires_payment_method", "requires_capture", "requires_confirmation", "requires_action", "processing")
_CONFIRMABLE = ("requires_payment_method", "requires_confirmation", "requires_action")
_REASONS = "duplicate fraudulent requested_by_customer abandoned"


def amount_of(call: Call, currency: str) -> int:
    """The amount of a payment, within what can be charged."""
    amount = call.fields.integer("amount", least=1)
    if amount is None:
        raise missing_param("amount")
    if amount < _LEAST.get(currency, 1):
        said = f"Amount must be at least {_LEAST[currency]} in the smallest unit of {currency}."
        raise invalid(said, param="amount", code="amount_too_small")
    if amount > _MOST:
        raise invalid("Amount must be no more than 999,999.99", param="amount", code="amount_too_large")
    return amount


def currency_of(call: Call) -> str:
    """The currency, which is three letters."""
    currency = call.fields.need("currency").lower()
    if len(currency) != 3 or not (currency.isascii() and currency.isalpha()):  # noqa: PLR2004
        said = f"Invalid currency: {currency}. Stripe currently supports these currencies: usd, eur, gbp, jpy, …"
        raise invalid(said, param="currency")
    return currency


@routes("POST", "/v1/payment_intents", _CREATES)
def create(call: Call) -> Json:
    """Make a payment intent, and confirm it if that is wanted."""
    fields = call.fields
    currency = currency_of(call)
    amount = amount_of(call, currency)
    capture = fields.choice("capture_method", "automatic automatic_async manual") or "automatic_async"
    confirmation = fields.choice("confirmation_method", "automatic manual") or "automatic"
    automatic = _automatic(call)
    kinds = _kinds(call)
    customer, metadata = call.named("customer", "customer"), fields.metadata()
    confirm = fields.boolean("confirm") or False
    if not confirm and any(name in fields for name in ("off_session", "return_url", "error_on_requires_action")):
        raise invalid("You can only pass this parameter if you're confirming this PaymentIntent.", param="confirm")
    future, shipping = fields.choice("setup_future_usage", "off_session on_session"), shipping_of(fields)
    method = _method(call)
    intent = make_intent(call.world, amount, currency)
    intent |= {
        "automatic_payment_methods": automatic, "capture_method": capture, "confirmation_method": confirmation,
        "customer": customer["id"] if customer else None, "metadata": metadata, "payment_method_types": kinds,
        "setup_future_usage": future, "shipping": shipping,
    }  # fmt: skip
    fields.copy_to(intent, texts=_TEXTS)
    if method is not None:
        intent |= {"payment_method": method["id"], "status": "requires_confirmation"}
    call.world.emit("payment_intent.created", intent)
    return _confirmed(call, intent) if confirm else intent


def _automatic(call: Call) -> Json | None:
    given = call.fields.group("automatic_payment_methods", "enabled allow_redirects")
    if "payment_method_types" in call.fields and given is not None:
        said = "You may only specify one of these parameters: automatic_payment_methods, payment_method_types."
        raise invalid(said, param="payment_method_types")
    if "payment_method_types" in call.fields or (given is not None and given.boolean("enabled") is False):
        return None
    redirects = (given.choice("allow_redirects", "always never") if given else None) or "always"
    return {"allow_redirects": redirects, "enabled": True}


def _kinds(call: Call) -> list[str]:
    kinds = call.fields.texts("payment_method_types") or ["card"]
    for kind in kinds:
        if kind != "card":
            raise not_implemented(f"the payment method {kind}", param="payment_method_types")
    return kinds


def _method(call: Call) -> Json | None:
    given, data = (
        call.fields.text("payment_method"),
        call.fields.group("payment_method_data", "type card billing_details"),
    )
    if data is not None:
        card = data.group("card", "token")
        token = card.need("token") if card is not None else ""
        if token.removeprefix("tok_") not in CARDS:
            raise not_implemented("payment_method_data other than a test token", param="payment_method_data")
        return make_method(call.world, CARDS[token.removeprefix("tok_")])
    return None if given is None else method_for(call.world, given, "payment_method")


@routes("GET", "/v1/payment_intents", f"{PAGING} created customer")
def index(call: Call) -> Json:
    """List payment intents."""
    customer = call.fields.text("customer")
    found = call.world.kind("payment_intent").values()
    return page_of(call, [one for one in found if customer in (None, one["customer"])])


@routes("GET", "/v1/payment_intents/search", "query limit page")
def find(call: Call) -> Json:
    """Search payment intents."""
    return search(call, call.world.kind("payment_intent").values(), _SEARCHED)


@routes("GET", "/v1/payment_intents/{id}", "client_secret")
def read(call: Call) -> Json:
    """One payment intent."""
    return call.target("payment_intent")


@routes("POST", "/v1/payment_intents/{id}", _CHANGES)
def update(call: Call) -> Json:
    """Change a payment intent; of one that is under way only what does not matter to the payment."""
    intent, fields = call.target("payment_intent"), call.fields
    fixed = [name for name in ("amount", "currency", "customer", "payment_method") if name in fields]
    if fixed and intent["status"] not in _CONFIRMABLE:
        said = f"This PaymentIntent's {fixed[0]} could not be updated because it has a status of {intent['status']}."
        raise unexpected_state(said, intent)
    currency = currency_of(call) if "currency" in fields else intent["currency"]
    changes: Json = {"metadata": fields.metadata(intent["metadata"]), "currency": currency}
    if "amount" in fields:
        changes["amount"] = amount_of(call, currency)
    if "customer" in fields:
        customer = call.named("customer", "customer")
        changes["customer"] = customer["id"] if customer else None
    method = _method(call)
    if method is not None:
        changes |= {"payment_method": method["id"], "status": "requires_confirmation"}
    if "payment_method_types" in fields:
        changes["payment_method_types"] = _kinds(call)
    if "shipping" in fields:
        changes["shipping"] = shipping_of(fields)
    intent |= changes
    fields.copy_to(intent, texts=f"{_TEXTS} setup_future_usage")
    return intent


@routes("POST", "/v1/payment_intents/{id}/confirm", _CONFIRMS)
def confirm_one(call: Call) -> Json:
    """Try to pay."""
    intent = call.target("payment_intent")
    if intent["status"] not in _CONFIRMABLE:
        why = (
            "already succeeded after being previously confirmed"
            if intent["status"] == "succeeded"
            else (f"a status of {intent['status']}")
        )
        raise unexpected_state(f"You cannot confirm this PaymentIntent because it has {why}.", intent)
    method = _method(call)
    if method is not None:
        intent["payment_method"] = method["id"]
    call.fields.copy_to(intent, texts="receipt_email setup_future_usage")
    return _confirmed(call, intent)


def _confirmed(call: Call, intent: Json) -> Json:
    if intent["payment_method"] is None:
        said = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can either update the "
            "PaymentIntent with a payment method and then confirm it again, or confirm it again directly with a "
            "payment method or ConfirmationToken."
        )
        raise unexpected_state(said, intent)
    automatic = intent["automatic_payment_methods"]
    comes_back = call.fields.text("return_url")
    if comes_back is not None:
        call.world.secrets[intent["id"]] = comes_back
    if automatic and automatic["allow_redirects"] == "always" and intent["id"] not in call.world.secrets:
        said = (
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. Because some of these "
            "payment methods might redirect your customer off of your page, you must provide a `return_url`. If you don't "
            "want to accept redirect-based payment methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents and Payment Intents."
        )
        raise Refusal(400, said, payment_intent=intent)
    off_session = call.fields.text("off_session") not in (None, "false")
    used = intent["payment_method"]
    refusal = charge(call.world, intent, base_url=call.base_url, off_session=off_session)
    if refusal is not None:
        raise refusal
    if intent["status"] == "requires_action" and call.fields.boolean("error_on_requires_action"):
        intent |= {"status": "requires_payment_method", "next_action": None}
        said = "This payment required an authentication action to complete, but `error_on_requires_action` was set."
        raise Refusal(402, said, kind="card_error", code="authentication_required", payment_intent=intent)
    owner = call.world.kind("customer").get(str(intent["customer"]))
    method = call.world.kind("payment_method")[used]
    if intent["setup_future_usage"] and owner is not None and method["customer"] is None:
        attach(call.world, method, owner)
    return intent


@routes("POST", "/v1/payment_intents/{id}/capture", "amount_to_capture metadata")
def capture(call: Call) -> Json:
    """Take what was authorized, or a part of it; the rest is released."""
    intent = call.target("payment_intent")
    if intent["status"] != "requires_capture":
        said = (
            "This PaymentIntent could not be captured because it has a status of "
            f"{intent['status']}. Only a PaymentIntent with one of the following statuses may be captured: requires_capture."
        )
        raise unexpected_state(said, intent)
    amount = call.fields.integer("amount_to_capture", least=1) or intent["amount_capturable"]
    if amount > intent["amount_capturable"]:
        said = f"The amount to capture ({amount}) is greater than the amount that can be captured ({intent['amount_capturable']})."
        raise invalid(said, param="amount_to_capture", code="amount_too_large")
    made = call.world.kind("charge")[intent["latest_charge"]]
    made |= {"captured": True, "amount_captured": amount, "amount_refunded": made["amount"] - amount}
    metadata = call.fields.metadata(intent["metadata"])
    intent |= {"status": "succeeded", "amount_received": amount, "amount_capturable": 0, "metadata": metadata}
    call.world.emit("charge.captured", made)
    call.world.emit("payment_intent.succeeded", intent)
    return intent


@routes("POST", "/v1/payment_intents/{id}/cancel", "cancellation_reason")
def cancel(call: Call) -> Json:
    """Give up on it; what was authorized is released."""
    intent = call.target("payment_intent")
    reason = call.fields.choice("cancellation_reason", _REASONS)
    if intent["status"] not in _CANCELABLE:
        said = (
            f"You cannot cancel this PaymentIntent because it has a status of {intent['status']}. Only a PaymentIntent with "
            f"one of the following statuses may be canceled: {', '.join(_CANCELABLE)}."
        )
        raise unexpected_state(said, intent)
    if intent["status"] == "requires_capture":
        made = call.world.kind("charge")[intent["latest_charge"]]
        made |= {"refunded": True, "amount_refunded": made["amount"]}
    intent |= {
        "status": "canceled", "canceled_at": call.now, "cancellation_reason": reason, "amount_capturable": 0, "next_action": None
    }  # fmt: skip
    call.world.emit("payment_intent.canceled", intent)
    return intent
