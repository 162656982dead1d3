"""Stripe over stripe-python (extra ``stripe``).

https://docs.stripe.com/api
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from unifykit._core.lazy import lazily
from unifykit.providers.stripe.client import Stripe

if TYPE_CHECKING:
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

__getattr__: Callable[[str], Any] = lazily(
    __name__, {**dict.fromkeys(set(__all__) - {"Stripe", "Money"}, "models"), "Money": "money"}
)
