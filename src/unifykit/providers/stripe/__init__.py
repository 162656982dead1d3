"""Stripe over stripe-python (extra ``stripe``).

https://docs.stripe.com/api
"""

from unifykit.providers.stripe.client import Stripe
from unifykit.providers.stripe.models import (
    Account,
    Balance,
    CheckoutSession,
    Customer,
    Event,
    Invoice,
    InvoiceItem,
    PaymentIntent,
    PaymentMethod,
    PortalSession,
    Price,
    Product,
    Refund,
    Subscription,
    SubscriptionItem,
    WebhookEndpoint,
)
from unifykit.providers.stripe.money import Money

__all__ = [
    "Account",
    "Balance",
    "CheckoutSession",
    "Customer",
    "Event",
    "Invoice",
    "InvoiceItem",
    "Money",
    "PaymentIntent",
    "PaymentMethod",
    "PortalSession",
    "Price",
    "Product",
    "Refund",
    "Stripe",
    "Subscription",
    "SubscriptionItem",
    "WebhookEndpoint",
]
