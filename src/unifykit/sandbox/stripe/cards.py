"""Stripe's test cards and what their banks say.

https://docs.stripe.com/testing
"""

from __future__ import annotations

from dataclasses import dataclass

_DECLINED = "Your card was declined."


@dataclass(frozen=True)
class Card:
    """One test card.

    Attributes:
        number: Its number.
        brand: Its network.
        code: The error's code when it is charged, if it is refused.
        decline_code: What the bank gives as the reason.
        message: What Stripe says then.
        at_attach: Whether it is refused already when it is attached to a customer.
        asks: Whether the bank asks the customer to authenticate.
    """

    number: str
    brand: str = "visa"
    code: str | None = None
    decline_code: str | None = None
    message: str = ""
    at_attach: bool = True
    asks: bool = False

    @property
    def last4(self) -> str:
        """The last four digits."""
        return self.number[-4:]


def _declined(number: str, decline_code: str, message: str = _DECLINED) -> Card:
    return Card(number, code="card_declined", decline_code=decline_code, message=message)


CARDS: dict[str, Card] = {
    "visa": Card("4242424242424242"),
    "visa_debit": Card("4000056655665556"),
    "mastercard": Card("5555555555554444", "mastercard"),
    "amex": Card("378282246310005", "amex"),
    "chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "chargeDeclinedInsufficientFunds": _declined(
        "4000000000009995", "insufficient_funds", "Your card has insufficient funds."
    ),
    "visa_chargeDeclined": _declined("4000000000000002", "generic_decline"),
    "visa_chargeDeclinedInsufficientFunds": _declined(
        "4000000000009995", "insufficient_funds", "Your card has insufficient funds."
    ),
    "visa_chargeDeclinedLostCard": _declined("4000000000009987", "lost_card"),
    "visa_chargeDeclinedStolenCard": _declined("4000000000009979", "stolen_card"),
    "chargeDeclinedExpiredCard": Card("4000000000000069", code="expired_card", message="Your card has expired."),
    "chargeDeclinedIncorrectCvc": Card(
        "4000000000000127", code="incorrect_cvc", message="Your card's security code is incorrect."
    ),
    "chargeDeclinedProcessingError": Card(
        "4000000000000119",
        code="processing_error",
        message="An error occurred while processing your card. Try again in a little bit.",
    ),
    "chargeCustomerFail": Card(
        "4000000000000341", code="card_declined", decline_code="generic_decline", message=_DECLINED, at_attach=False
    ),
    "authenticationRequired": Card("4000002500003155", asks=True),
    "threeDSecure2Required": Card("4000000000003220", asks=True),
}
"""The cards by what follows `pm_card_` and `tok_` in the names that stand for them."""

BY_NUMBER = {card.number: card for card in CARDS.values()}
