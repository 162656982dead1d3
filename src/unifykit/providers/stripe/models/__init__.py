"""What Stripe's operations return."""

from .account import Account, Balance, Event, EventData, Funds, WebhookEndpoint
from .billing import (
    CancellationDetails,
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoiceLines,
    PauseCollection,
    Subscription,
    SubscriptionItem,
    SubscriptionItems,
)
from .catalogue import Price, Product, Recurring
from .checkout import CheckoutSession, PortalSession
from .payments import NextAction, PaymentError, PaymentIntent, Refund
from .people import (
    BillingDetails,
    Card,
    Customer,
    CustomerInvoiceSettings,
    PaymentMethod,
    PostalAddress,
    ShippingDetails,
)
from .thing import Deleted, Thing

__all__ = [
    "Account",
    "Balance",
    "BillingDetails",
    "CancellationDetails",
    "Card",
    "CheckoutSession",
    "Customer",
    "CustomerInvoiceSettings",
    "Deleted",
    "Event",
    "EventData",
    "Funds",
    "Invoice",
    "InvoiceItem",
    "InvoiceLine",
    "InvoiceLines",
    "NextAction",
    "PauseCollection",
    "PaymentError",
    "PaymentIntent",
    "PaymentMethod",
    "PortalSession",
    "PostalAddress",
    "Price",
    "Product",
    "Recurring",
    "Refund",
    "ShippingDetails",
    "Subscription",
    "SubscriptionItem",
    "SubscriptionItems",
    "Thing",
    "WebhookEndpoint",
]
