"""Payment methods: made of test cards, attached to customers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .cards import BY_NUMBER, CARDS, Card
from .errors import Refusal, invalid, no_such, not_implemented

if TYPE_CHECKING:
    from .state import World

Json = dict[str, Any]
_TEST_NAME = "pm_card_"


def method_for(world: World, given: str, param: str) -> Json:
    """The payment method of this id; a test name such as `pm_card_visa` makes a new one."""
    if given in world.kind("payment_method"):
        return world.kind("payment_method")[given]
    if not given.startswith(_TEST_NAME):
        raise no_such("PaymentMethod", given, param=param)
    card = CARDS.get(given.removeprefix(_TEST_NAME))
    if card is None:  # it may well be one of Stripe's
        raise not_implemented(f"the test card {given}", param=param)
    return make_method(world, card)


def make_method(world: World, card: Card, *, month: int = 12, year: int = 2034) -> Json:
    """Make a payment method of a card."""
    checks = {"address_line1_check": None, "address_postal_code_check": None, "cvc_check": None}
    return world.add({
        "id": world.new_id("payment_method"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": no_billing_details(),
        "card": {
            "brand": card.brand,
            "checks": checks,
            "country": "US",
            "display_brand": "american_express" if card.brand == "amex" else card.brand,
            "exp_month": month,
            "exp_year": year,
            "fingerprint": world.scramble(card.number, 16),
            "funding": "debit" if card is CARDS["visa_debit"] else "credit",
            "generated_from": None,
            "last4": card.last4,
            "networks": {"available": [card.brand], "preferred": None},
            "regulated_status": "unregulated",
            "three_d_secure_usage": {"supported": True},
            "wallet": None,
        },
        "created": world.now,
        "customer": None,
        "customer_account": None,
        "livemode": False,
        "metadata": {},
        "type": "card",
    })  # fmt: skip


def no_billing_details() -> Json:
    """What is known of a payer of whom nothing is."""
    address = dict.fromkeys(("city", "country", "line1", "line2", "postal_code", "state"))
    return {"address": address, "email": None, "name": None, "phone": None, "tax_id": None}


def card_of(world: World, method: Json) -> Card:
    """The test card a payment method was made of."""
    fingerprint = method["card"]["fingerprint"]
    return next(card for card in CARDS.values() if world.scramble(card.number, 16) == fingerprint)


def card_numbered(number: str, param: str) -> Card:
    """The test card of this number."""
    digits = number.replace(" ", "")
    card = BY_NUMBER.get(digits)
    if card is None and _valid(digits):
        raise not_implemented(f"the test card {digits}", param=param)
    if card is None:
        raise Refusal(402, "Your card number is incorrect.", kind="card_error", code="incorrect_number", param=param)
    return card


def _valid(digits: str) -> bool:
    """Whether it is a card's number: the last digit checks the others (Luhn)."""
    if not digits.isascii() or not digits.isdigit() or not 12 <= len(digits) <= 19:  # noqa: PLR2004 -- as ISO 7812 says
        return False
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in digits[-2::-2])
    return (sum(doubled) + sum(int(digit) for digit in digits[::-2])) % 10 == 0


def attach(world: World, method: Json, customer: Json) -> Json:
    """Give a customer a payment method, unless its bank refuses."""
    if method["customer"] not in (None, customer["id"]):
        raise invalid(
            "The payment method you provided has already been attached to a customer.",
            code="payment_method_unexpected_state",
        )
    card = card_of(world, method)
    if card.code is not None and card.at_attach:
        raise Refusal(402, card.message, kind="card_error", code=card.code, decline_code=card.decline_code)
    method["customer"] = customer["id"]
    world.emit("payment_method.attached", method)
    return method
