"""Subscriptions and invoices."""

from datetime import datetime
from typing import Any

from pydantic import Field

from unifykit._core.model import Model
from unifykit.providers.stripe.money import Money

from .catalogue import Price
from .thing import Id, Instant, Thing, id_of


class SubscriptionItem(Thing):
    """One price of a subscription.

    https://docs.stripe.com/api/subscription_items/object
    """

    created: Instant | None = None
    price: Price
    quantity: int | None = None
    subscription: Id | None = None
    current_period_start: Instant | None = None
    current_period_end: Instant | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])


class SubscriptionItems(Model):
    """The first items of a subscription; rarely there are more."""

    data: tuple[SubscriptionItem, ...] = ()
    has_more: bool = False


class PauseCollection(Model):
    """How invoices are set aside while a subscription is paused. `behavior`: keep_as_draft, mark_uncollectible, void."""

    behavior: str
    resumes_at: Instant | None = None


class CancellationDetails(Model):
    """Why a customer left."""

    comment: str | None = None
    feedback: str | None = None
    reason: str | None = None


class Subscription(Thing):
    """A subscription.

    `status`: incomplete, incomplete_expired, trialing, active, past_due, canceled, unpaid, paused. One whose payments
    are paused by `pause_collection` keeps its status.

    https://docs.stripe.com/api/subscriptions/object
    """

    created: Instant | None = None
    status: str
    customer: Id
    currency: str | None = None
    item_list: SubscriptionItems = Field(alias="items")
    latest_invoice: Id | None = None
    default_payment_method: Id | None = None
    description: str | None = None
    cancel_at: Instant | None = None
    cancel_at_period_end: bool = False
    canceled_at: Instant | None = None
    cancellation_details: CancellationDetails | None = None
    collection_method: str | None = None
    days_until_due: int | None = None
    start_date: Instant | None = None
    ended_at: Instant | None = None
    billing_cycle_anchor: Instant | None = None
    pause_collection: PauseCollection | None = None
    trial_start: Instant | None = None
    trial_end: Instant | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])

    @property
    def items(self) -> tuple[SubscriptionItem, ...]:
        """What is subscribed to."""
        return self.item_list.data

    @property
    def current_period_end(self) -> datetime | None:
        """When the running period ends: the nearest end of an item's."""
        ends = [item.current_period_end for item in self.items if item.current_period_end is not None]
        return min(ends, default=None)


class InvoiceLine(Thing):
    """A line of an invoice.

    https://docs.stripe.com/api/invoices/line_item
    """

    amount: int
    currency: str
    description: str | None = None
    quantity: int | None = None
    invoice: Id | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])

    @property
    def money(self) -> Money:
        """The amount in its currency."""
        return Money(self.amount, self.currency)


class InvoiceLines(Model):
    """The first lines of an invoice."""

    data: tuple[InvoiceLine, ...] = ()
    has_more: bool = False


class Invoice(Thing):
    """An invoice. `status`: draft, open, paid, uncollectible, void. A preview has no id.

    https://docs.stripe.com/api/invoices/object
    """

    created: Instant | None = None
    status: str | None = None
    number: str | None = None
    customer: Id | None = None
    customer_email: str | None = None
    customer_name: str | None = None
    currency: str
    total: int
    subtotal: int | None = None
    amount_due: int | None = None
    amount_paid: int | None = None
    amount_remaining: int | None = None
    attempt_count: int | None = None
    auto_advance: bool | None = None
    billing_reason: str | None = None
    collection_method: str | None = None
    default_payment_method: Id | None = None
    description: str | None = None
    due_date: Instant | None = None
    hosted_invoice_url: str | None = None
    invoice_pdf: str | None = None
    lines: InvoiceLines = Field(default_factory=InvoiceLines)
    metadata: dict[str, str] | None = None
    parent: dict[str, Any] | None = None
    period_start: Instant | None = None
    period_end: Instant | None = None

    @property
    def money(self) -> Money:
        """The total in its currency."""
        return Money(self.total, self.currency)

    @property
    def subscription(self) -> str | None:
        """The subscription it is for."""
        details: dict[str, Any] = (self.parent or {}).get("subscription_details") or {}
        found: Any = details.get("subscription")
        return None if found is None else str(id_of(found))


class InvoiceItem(Thing):
    """Something that waits for an invoice, or stands on one.

    https://docs.stripe.com/api/invoiceitems/object
    """

    amount: int
    currency: str
    customer: Id | None = None
    date: Instant | None = None
    description: str | None = None
    invoice: Id | None = None
    proration: bool | None = None
    quantity: int | None = None
    metadata: dict[str, str] | None = None

    @property
    def money(self) -> Money:
        """The amount in its currency."""
        return Money(self.amount, self.currency)
