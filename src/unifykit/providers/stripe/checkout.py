"""Pages of Stripe's own: checkout and the customer portal.

https://docs.stripe.com/payments/checkout
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from unifykit._core.arguments import choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import KEYED, SAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.stripe.arguments import Metadata, epoch, ident, noted, whole
from unifykit.providers.stripe.models import CheckoutSession, PortalSession
from unifykit.providers.stripe.resource import StripeResource

Mode = Literal["payment", "subscription", "setup"]


class LineItem(TypedDict, total=False):
    """What is bought: a price's id and how many; or `price_data` for a price made on the spot.

    https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items
    """

    price: str
    quantity: int
    price_data: Mapping[str, Any]


class Checkout(StripeResource[M]):
    """`p.stripe.checkout`: the payment page."""

    @operation(KEYED)
    async def create(
        self,
        *,
        mode: Mode,
        line_items: Sequence[LineItem] | None = None,
        success_url: str,
        cancel_url: str | None = None,
        customer: str | None = None,
        customer_email: str | None = None,
        client_reference_id: str | None = None,
        trial_period_days: int | None = None,
        allow_promotion_codes: bool | None = None,
        expires_at: datetime | None = None,
        metadata: Metadata | None = None,
        payment_metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> CheckoutSession:
        """Open a payment page; send the customer to its `url`.

        https://docs.stripe.com/api/checkout/sessions/create

        Args:
            mode: A single payment, a subscription, or only keeping a payment method.
            line_items: What is bought; not with ``"setup"``.
            success_url: Where the customer goes then; ``{CHECKOUT_SESSION_ID}`` in it becomes the session's id.
            cancel_url: Where the customer goes back to.
            customer: Who buys; by default the page asks.
            customer_email: What the page shows as the address; not with `customer`.
            client_reference_id: An id of your own, such as a cart's.
            trial_period_days: Days for nothing, with ``"subscription"``.
            allow_promotion_codes: Show a field for codes.
            expires_at: When the page closes, 30 minutes to 24 hours from now; 24 hours by default.
            metadata: Notes of your own on the session.
            payment_metadata: Notes of your own on the payment or the subscription that comes of it.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur", interval="month")
            >>> session = p.stripe.checkout.create(
            ...     mode="subscription", line_items=[{"price": price.id, "quantity": 1}],
            ...     success_url="https://example.com/thanks?session={CHECKOUT_SESSION_ID}",
            ... )
            >>> session.status, session.payment_status, str(session.money)
            ('open', 'unpaid', '20.00 EUR')
        """
        if customer is not None and customer_email is not None:
            raise InvalidRequestError("a session is for a customer or for an address: give one of the two.")
        if trial_period_days is not None and mode != "subscription":
            raise InvalidRequestError("trial_period_days is for mode='subscription'.")
        notes = given(
            metadata=noted(payment_metadata), trial_period_days=whole(trial_period_days, "trial_period_days", least=1)
        )
        about = {"payment": "payment_intent_data", "subscription": "subscription_data", "setup": "setup_intent_data"}
        fields = given(
            mode=choice(mode, Mode, "mode"),
            line_items=_items(mode, line_items),
            success_url=text(success_url, "success_url"),
            cancel_url=cancel_url,
            customer=customer,
            customer_email=customer_email,
            client_reference_id=client_reference_id,
            allow_promotion_codes=allow_promotion_codes,
            expires_at=epoch(expires_at, "expires_at"),
            metadata=noted(metadata),
            **{about[mode]: notes or None},
        )
        body = await self.fetch("post", "/v1/checkout/sessions", fields, key=idempotency_key)
        return CheckoutSession.model_validate_json(body)

    @operation(SAFE)
    async def get(self, session_id: str) -> CheckoutSession:
        """One session, such as the one that `success_url` told. Only `payment_status` says whether it was paid.

        https://docs.stripe.com/api/checkout/sessions/retrieve

        Args:
            session_id: Such as ``"cs_test_a11YYufWQzNY63zpQ6QSNRQhkUpVph4WRmzW0zWJO2znZKdVujZ0N0S22u"``.

        Example:
            >>> p.stripe.checkout.get("cs_test_none")
            Traceback (most recent call last):
            unifykit.errors.NotFoundError: stripe.checkout.get: No such checkout.session: 'cs_test_none'. (...
        """
        return CheckoutSession.model_validate_json(await self.fetch("get", _path(session_id)))

    @operation(KEYED)
    async def expire(self, session_id: str, *, idempotency_key: str | None = None) -> CheckoutSession:
        """Close a payment page.

        https://docs.stripe.com/api/checkout/sessions/expire

        Args:
            session_id: One that is open.
            idempotency_key: A key of your own.

        Raises:
            InvalidRequestError: It is complete, or has expired.

        Example:
            >>> item = {"price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Mug"}}, "quantity": 1}
            >>> session = p.stripe.checkout.create(mode="payment", line_items=[item], success_url="https://example.com")
            >>> p.stripe.checkout.expire(session.id).status
            'expired'
        """
        body = await self.fetch("post", f"{_path(session_id)}/expire", key=idempotency_key)
        return CheckoutSession.model_validate_json(body)


class Portal(StripeResource[M]):
    """`p.stripe.portal`: the page where customers see to their subscriptions themselves."""

    @operation(KEYED)
    async def create(
        self,
        *,
        customer: str,
        return_url: str | None = None,
        locale: str | None = None,
        idempotency_key: str | None = None,
    ) -> PortalSession:
        """Open the portal for a customer; send them to its `url` at once, it is short-lived.

        https://docs.stripe.com/api/customer_portal/sessions/create

        Args:
            customer: Whose portal.
            return_url: Where they go back to.
            locale: The language, such as ``"fr"``; the browser's by default.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> p.stripe.portal.create(customer=customer.id, return_url="https://example.com/account").return_url
            'https://example.com/account'
        """
        fields = given(customer=text(customer, "customer"), return_url=return_url, locale=locale)
        body = await self.fetch("post", "/v1/billing_portal/sessions", fields, key=idempotency_key)
        return PortalSession.model_validate_json(body)


def _path(session_id: str) -> str:
    return f"/v1/checkout/sessions/{ident(session_id, 'checkout session')}"


def _items(mode: str, items: Sequence[LineItem] | None) -> list[LineItem] | None:
    if mode not in ("payment", "subscription", "setup"):
        raise InvalidRequestError(f"mode={mode!r} is unknown; Stripe knows 'payment', 'subscription', 'setup'.")
    if mode != "setup" and not items:
        raise InvalidRequestError("nothing is bought: give line_items=[{'price': 'price_…', 'quantity': 1}].")
    return list(items) if items else None
