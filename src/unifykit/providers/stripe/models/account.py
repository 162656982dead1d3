"""The account, what it holds, and what it tells."""

from typing import Any

from pydantic import Field

from unifykit._core.model import Model
from unifykit.providers.stripe.money import Money

from .billing import Invoice, InvoiceItem, Subscription
from .catalogue import Price, Product
from .checkout import CheckoutSession
from .payments import PaymentIntent, Refund
from .people import Customer, PaymentMethod
from .thing import Instant, Thing


class Account(Thing):
    """An account.

    https://docs.stripe.com/api/accounts/object
    """

    created: Instant | None = None
    country: str | None = None
    default_currency: str | None = None
    email: str | None = None
    charges_enabled: bool | None = None
    payouts_enabled: bool | None = None
    details_submitted: bool | None = None
    type: str | None = None
    business_profile: dict[str, Any] | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])


class Funds(Model):
    """An amount of a balance."""

    amount: int
    currency: str
    source_types: dict[str, int] = Field(default_factory=dict[str, int])

    @property
    def money(self) -> Money:
        """The amount in its currency."""
        return Money(self.amount, self.currency)


class Balance(Model):
    """What the account holds: `available` now, and `pending` on its way.

    https://docs.stripe.com/api/balance
    """

    object: str
    livemode: bool | None = None
    available: tuple[Funds, ...]
    pending: tuple[Funds, ...]


class WebhookEndpoint(Thing):
    """Where events are sent. `secret` is told only when it is made. `status`: enabled, disabled.

    https://docs.stripe.com/api/webhook_endpoints/object
    """

    created: Instant | None = None
    url: str
    status: str
    enabled_events: tuple[str, ...] = ()
    secret: str | None = None
    description: str | None = None
    api_version: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])

    def __repr_args__(self) -> Any:
        """Every field but the secret."""
        return [pair for pair in super().__repr_args__() if pair[0] != "secret"]


_KINDS: dict[str, type[Thing] | type[Balance]] = {
    "balance": Balance,
    "checkout.session": CheckoutSession,
    "customer": Customer,
    "invoice": Invoice,
    "invoiceitem": InvoiceItem,
    "payment_intent": PaymentIntent,
    "payment_method": PaymentMethod,
    "price": Price,
    "product": Product,
    "refund": Refund,
    "subscription": Subscription,
}


class EventData(Model):
    """What an event is about, as it was then; `previous_attributes` has what an update changed."""

    object: dict[str, Any]
    previous_attributes: dict[str, Any] | None = None


class Event(Thing):
    """Something that happened. `type` says what, such as invoice.paid.

    Of a delivery that `unifykit.webhooks.verify` has proven to be Stripe's: ``Event.model_validate(delivery.data)``.

    https://docs.stripe.com/api/events/object
    """

    created: Instant | None = None
    type: str
    data: EventData
    api_version: str | None = None
    pending_webhooks: int | None = None

    @property
    def subject(self) -> Thing | Balance:
        """What it is about, as a model: a `Customer`, an `Invoice`, …; a plain `Thing` where there is no model of the kind.

        Of what Stripe tells about, only a `Balance` has no id.

        Raises:
            ValueError: It does not have the shape of its kind, as with an endpoint of a very old API version.
        """
        kind = _KINDS.get(str(self.data.object.get("object")), Thing)
        return kind.model_validate(self.data.object)
