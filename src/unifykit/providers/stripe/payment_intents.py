"""Payment intents.

https://docs.stripe.com/api/payment_intents
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from unifykit._core.arguments import changes, choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import KEYED, SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, Shipping, created, ident, names, noted, part, priced
from unifykit.providers.stripe.models import PaymentIntent
from unifykit.providers.stripe.money import Money
from unifykit.providers.stripe.resource import Cursor, StripeResource

CaptureMethod = Literal["automatic", "automatic_async", "manual"]
FutureUsage = Literal["off_session", "on_session"]
CancellationReason = Literal["duplicate", "fraudulent", "requested_by_customer", "abandoned"]
Redirects = Literal["always", "never"]


class PaymentIntents(StripeResource[M]):
    """`p.stripe.payment_intents`: payments, from the wish to the money."""

    @operation(KEYED)
    async def create(
        self,
        *,
        amount: int | Money,
        currency: str | None = None,
        customer: str | None = None,
        payment_method: str | None = None,
        payment_method_types: Sequence[str] | None = None,
        allow_redirects: Redirects | None = None,
        confirm: bool | None = None,
        off_session: bool | None = None,
        return_url: str | None = None,
        capture_method: CaptureMethod | None = None,
        setup_future_usage: FutureUsage | None = None,
        description: str | None = None,
        receipt_email: str | None = None,
        shipping: Shipping | None = None,
        statement_descriptor: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Make a payment, and with `confirm` try to charge it at once.

        https://docs.stripe.com/api/payment_intents/create

        Args:
            amount: In the currency's smallest unit, such as cents; or `Money`.
            currency: Three letters; not with `Money`.
            customer: Whose payment it is.
            payment_method: What to pay with.
            payment_method_types: The ways to pay, such as ``["card"]``; by default those enabled in the Dashboard.
            allow_redirects: ``"never"`` leaves out ways to pay that send the customer elsewhere, so that no `return_url`
                is needed. Not with `payment_method_types`.
            confirm: Charge at once.
            off_session: The customer is not there to authenticate. Only with `confirm`.
            return_url: Where the customer comes back to after authenticating. Only with `confirm`.
            capture_method: ``"manual"`` authorizes only; `capture` takes the money.
            setup_future_usage: Keep the payment method for later payments.
            description: What it is for.
            receipt_email: Where the receipt goes.
            shipping: Where to ship to.
            statement_descriptor: What stands on the bank statement, 22 characters at most.
            metadata: Notes of your own.
            idempotency_key: A key of your own: a second call with the same key and arguments gives the same payment.

        Raises:
            PaymentDeclinedError: The bank refused; `decline_code` says why, as far as it may be told.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur", payment_method_types=["card"])
            >>> str(payment.money), payment.status
            ('20.00 EUR', 'requires_payment_method')
        """
        automatic = None
        if allow_redirects is not None:
            automatic = {"enabled": True, "allow_redirects": choice(allow_redirects, Redirects, "allow_redirects")}
        fields = given(
            **priced(amount, currency),
            customer=customer,
            payment_method=payment_method,
            payment_method_types=names(payment_method_types, "payment_method_types"),
            automatic_payment_methods=automatic,
            confirm=confirm,
            off_session=off_session,
            return_url=return_url,
            capture_method=choice(capture_method, CaptureMethod, "capture_method"),
            setup_future_usage=choice(setup_future_usage, FutureUsage, "setup_future_usage"),
            description=description,
            receipt_email=receipt_email,
            shipping=shipping,
            statement_descriptor=statement_descriptor,
            metadata=noted(metadata),
        )
        body = await self.fetch("post", "/v1/payment_intents", fields, key=idempotency_key)
        return PaymentIntent.model_validate_json(body)

    @operation(SAFE)
    async def get(self, payment_intent_id: str) -> PaymentIntent:
        """One payment.

        https://docs.stripe.com/api/payment_intents/retrieve

        Args:
            payment_intent_id: Such as ``"pi_3MtwBwLkdIwHu7ix28a3tqPa"``.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur")
            >>> p.stripe.payment_intents.get(payment.id) == payment
            True
        """
        return PaymentIntent.model_validate_json(await self.fetch("get", _path(payment_intent_id)))

    @operation(KEYED)
    async def update(
        self,
        payment_intent_id: str,
        *,
        amount: int | Money | None = None,
        currency: str | None = None,
        customer: str | None = None,
        payment_method: str | None = None,
        description: str | None = None,
        receipt_email: str | None = None,
        shipping: Shipping | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Change a payment that is not yet under way.

        https://docs.stripe.com/api/payment_intents/update

        Args:
            payment_intent_id: Which.
            amount: In the currency's smallest unit; or `Money`.
            currency: Three letters.
            customer: Whose payment it is.
            payment_method: What to pay with.
            description: What it is for.
            receipt_email: Where the receipt goes.
            shipping: Where to ship to.
            metadata: Keys to set; a key with an empty value is removed, the others stay.
            idempotency_key: A key of your own.

        Raises:
            InvalidRequestError: The payment is under way or over; code payment_intent_unexpected_state.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur")
            >>> p.stripe.payment_intents.update(payment.id, amount=2500).amount
            2500
        """
        money = priced(amount, currency) if isinstance(amount, Money) else {"amount": part(amount, "amount")}
        fields = changes(
            **{"currency": currency, **money},
            customer=customer,
            payment_method=payment_method,
            description=description,
            receipt_email=receipt_email,
            shipping=shipping,
            metadata=noted(metadata),
        )
        body = await self.fetch("post", _path(payment_intent_id), fields, key=idempotency_key)
        return PaymentIntent.model_validate_json(body)

    @operation(KEYED)
    async def confirm(
        self,
        payment_intent_id: str,
        *,
        payment_method: str | None = None,
        return_url: str | None = None,
        off_session: bool | None = None,
        receipt_email: str | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Try to charge. With the status requires_action, `next_action` says where the customer must authenticate.

        https://docs.stripe.com/api/payment_intents/confirm

        Args:
            payment_intent_id: Which.
            payment_method: What to pay with, if it has none yet.
            return_url: Where the customer comes back to after authenticating.
            off_session: The customer is not there to authenticate.
            receipt_email: Where the receipt goes.
            idempotency_key: A key of your own.

        Raises:
            PaymentDeclinedError: The bank refused; `decline_code` says why, as far as it may be told.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur", payment_method_types=["card"])
            >>> p.stripe.payment_intents.confirm(payment.id, payment_method="pm_card_visa").status
            'succeeded'
        """
        fields = given(
            payment_method=payment_method, return_url=return_url, off_session=off_session, receipt_email=receipt_email
        )
        body = await self.fetch("post", f"{_path(payment_intent_id)}/confirm", fields, key=idempotency_key)
        return PaymentIntent.model_validate_json(body)

    @operation(KEYED)
    async def capture(
        self,
        payment_intent_id: str,
        *,
        amount: int | Money | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Take what was authorized, or a part of it; the rest is released.

        https://docs.stripe.com/api/payment_intents/capture

        Args:
            payment_intent_id: One with the status requires_capture.
            amount: How much, in the smallest unit; all of it by default.
            metadata: Keys to set.
            idempotency_key: A key of your own.

        Raises:
            InvalidRequestError: There is nothing to capture, or less.

        Example:
            >>> payment = p.stripe.payment_intents.create(
            ...     amount=2000, currency="eur", payment_method_types=["card"], capture_method="manual",
            ...     payment_method="pm_card_visa", confirm=True,
            ... )
            >>> p.stripe.payment_intents.capture(payment.id, amount=1500).amount_received
            1500
        """
        fields = given(amount_to_capture=part(amount, "amount"), metadata=noted(metadata))
        body = await self.fetch("post", f"{_path(payment_intent_id)}/capture", fields, key=idempotency_key)
        return PaymentIntent.model_validate_json(body)

    @operation(KEYED)
    async def cancel(
        self,
        payment_intent_id: str,
        *,
        reason: CancellationReason | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentIntent:
        """Give up on a payment; what was authorized is released.

        https://docs.stripe.com/api/payment_intents/cancel

        Args:
            payment_intent_id: One that has neither succeeded nor been canceled.
            reason: Why.
            idempotency_key: A key of your own.

        Raises:
            InvalidRequestError: It is over; code payment_intent_unexpected_state. Give money back with `refunds.create`.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur")
            >>> p.stripe.payment_intents.cancel(payment.id, reason="abandoned").status
            'canceled'
        """
        fields = given(cancellation_reason=choice(reason, CancellationReason, "reason"))
        body = await self.fetch("post", f"{_path(payment_intent_id)}/cancel", fields, key=idempotency_key)
        return PaymentIntent.model_validate_json(body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        customer: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[PaymentIntent, Cursor]:
        """The payments, newest first.

        https://docs.stripe.com/api/payment_intents/list

        Args:
            customer: Only theirs.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur")
            >>> p.stripe.payment_intents.list().first()[0].id == payment.id
            True
        """
        fields = given(customer=customer, created=created(since, until))
        return await self.fetch_page(PaymentIntent, cursor, "/v1/payment_intents", fields)

    @paged
    async def search(self, cursor: Cursor | None, query: str) -> Page[PaymentIntent, Cursor]:
        """Payments that match a query. What was just written may take a minute to be found.

        https://docs.stripe.com/search#search-query-language

        Args:
            query: Such as ``"status:'succeeded' AND metadata['order_id']:'123'"``.

        Example:
            >>> payment = p.stripe.payment_intents.create(amount=2000, currency="eur", metadata={"order_id": "123"})
            >>> [found.amount for found in p.stripe.payment_intents.search("metadata['order_id']:'123'")]
            [2000]
        """
        return await self.fetch_found(PaymentIntent, cursor, "/v1/payment_intents/search", text(query, "query"))


def _path(payment_intent_id: str) -> str:
    return f"/v1/payment_intents/{ident(payment_intent_id, 'payment intent')}"
