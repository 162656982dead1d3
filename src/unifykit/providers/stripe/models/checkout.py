"""Pages of Stripe's own: checkout and the customer portal."""

from typing import Any

from unifykit.providers.stripe.money import Money

from .thing import Id, Instant, Thing, money


class CheckoutSession(Thing):
    """A visit to the payment page.

    `status`: open, complete, expired. `payment_status`: paid, unpaid, no_payment_required. `mode`: payment, setup,
    subscription.

    https://docs.stripe.com/api/checkout/sessions/object
    """

    created: Instant | None = None
    mode: str
    url: str | None = None
    status: str | None = None
    payment_status: str
    amount_total: int | None = None
    amount_subtotal: int | None = None
    currency: str | None = None
    customer: Id | None = None
    customer_email: str | None = None
    customer_details: dict[str, Any] | None = None
    client_reference_id: str | None = None
    expires_at: Instant | None = None
    payment_intent: Id | None = None
    subscription: Id | None = None
    invoice: Id | None = None
    success_url: str | None = None
    cancel_url: str | None = None
    metadata: dict[str, str] | None = None

    @property
    def money(self) -> Money | None:
        """The total in its currency."""
        return money(self.amount_total, self.currency)


class PortalSession(Thing):
    """A visit to the customer portal.

    https://docs.stripe.com/api/customer_portal/sessions/object
    """

    created: Instant | None = None
    customer: Id
    url: str
    return_url: str | None = None
    configuration: Id | None = None
    locale: str | None = None
