"""Payments, and payments given back."""

from typing import Any

from pydantic import Field

from unifykit._core.model import Model
from unifykit.providers.stripe.money import Money

from .people import ShippingDetails
from .thing import Id, Instant, Thing


class PaymentError(Model):
    """Why the last attempt to pay failed.

    https://docs.stripe.com/error-codes
    """

    type: str | None = None
    code: str | None = None
    decline_code: str | None = None
    message: str | None = None
    param: str | None = None


class NextAction(Model):
    """What the customer must do. `type` names the field that has the details, such as redirect_to_url."""

    type: str
    redirect_to_url: dict[str, Any] | None = None


class PaymentIntent(Thing):
    """A payment.

    `status`: requires_payment_method, requires_confirmation, requires_action, processing, requires_capture, canceled,
    succeeded. `capture_method`: automatic, automatic_async, manual.

    https://docs.stripe.com/api/payment_intents/object
    """

    created: Instant | None = None
    amount: int
    currency: str
    status: str
    amount_capturable: int | None = None
    amount_received: int | None = None
    canceled_at: Instant | None = None
    cancellation_reason: str | None = None
    capture_method: str | None = None
    client_secret: str | None = None
    customer: Id | None = None
    description: str | None = None
    last_payment_error: PaymentError | None = None
    latest_charge: Id | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    next_action: NextAction | None = None
    payment_method: Id | None = None
    payment_method_types: tuple[str, ...] = ()
    receipt_email: str | None = None
    setup_future_usage: str | None = None
    shipping: ShippingDetails | None = None
    statement_descriptor: str | None = None

    @property
    def money(self) -> Money:
        """The amount in its currency."""
        return Money(self.amount, self.currency)


class Refund(Thing):
    """A payment given back, or a part of one. `status`: pending, requires_action, succeeded, failed, canceled.

    https://docs.stripe.com/api/refunds/object
    """

    created: Instant | None = None
    amount: int
    currency: str
    status: str | None = None
    charge: Id | None = None
    payment_intent: Id | None = None
    reason: str | None = None
    failure_reason: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def money(self) -> Money:
        """The amount in its currency."""
        return Money(self.amount, self.currency)
