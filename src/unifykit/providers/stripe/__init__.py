"""Stripe over stripe-python (extra ``stripe``).

https://docs.stripe.com/api
"""

from unifykit.providers.stripe.client import Stripe

__all__ = ["Stripe"]
