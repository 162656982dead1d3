"""A stateful counterpart of the Stripe API for development and tests.

Its replies have the shape of API version 2026-05-27.dahlia. Payments with Stripe's test cards succeed, are declined or ask
for authentication as Stripe's documentation says; time moves subscriptions on. Whatever the counterpart does not have, it
answers with 501 and says so.

https://docs.stripe.com/api
"""

from __future__ import annotations

from .app import DEFAULT_KEYS, create_app

__all__ = ["DEFAULT_KEYS", "create_app"]
