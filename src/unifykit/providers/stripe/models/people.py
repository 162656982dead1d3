"""Customers and how they pay."""

from pydantic import Field

from unifykit._core.model import Model

from .thing import Id, Instant, Thing


class PostalAddress(Model):
    """An address."""

    line1: str | None = None
    line2: str | None = None
    city: str | None = None
    postal_code: str | None = None
    state: str | None = None
    country: str | None = None


class ShippingDetails(Model):
    """Where something is shipped to."""

    name: str | None = None
    phone: str | None = None
    address: PostalAddress | None = None
    carrier: str | None = None
    tracking_number: str | None = None


class CustomerInvoiceSettings(Model):
    """What a customer's invoices begin with."""

    default_payment_method: Id | None = None
    footer: str | None = None


class Customer(Thing):
    """A customer. `deleted` is true of one of whom only the id is left.

    https://docs.stripe.com/api/customers/object
    """

    created: Instant | None = None
    email: str | None = None
    name: str | None = None
    phone: str | None = None
    description: str | None = None
    address: PostalAddress | None = None
    shipping: ShippingDetails | None = None
    balance: int | None = None
    currency: str | None = None
    delinquent: bool | None = None
    invoice_prefix: str | None = None
    invoice_settings: CustomerInvoiceSettings | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    preferred_locales: tuple[str, ...] | None = None
    tax_exempt: str | None = None
    deleted: bool = False


class BillingDetails(Model):
    """Who pays."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: PostalAddress | None = None


class Card(Model):
    """A card, as far as it may be known. `funding`: credit, debit, prepaid, unknown."""

    brand: str | None = None
    last4: str | None = None
    exp_month: int | None = None
    exp_year: int | None = None
    funding: str | None = None
    country: str | None = None
    fingerprint: str | None = None


class PaymentMethod(Thing):
    """A way to pay. `type`: card, sepa_debit, paypal and many more; the field of that name has its details.

    https://docs.stripe.com/api/payment_methods/object
    """

    created: Instant | None = None
    type: str
    customer: Id | None = None
    card: Card | None = None
    billing_details: BillingDetails | None = None
    metadata: dict[str, str] | None = None
