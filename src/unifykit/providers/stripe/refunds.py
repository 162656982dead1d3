"""Refunds.

https://docs.stripe.com/api/refunds
"""

from datetime import datetime
from typing import Literal

from unifykit._core.arguments import choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import KEYED, SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, created, ident, noted, part
from unifykit.providers.stripe.models import Refund
from unifykit.providers.stripe.money import Money
from unifykit.providers.stripe.resource import Cursor, StripeResource

RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]


class Refunds(StripeResource[M]):
    """`p.stripe.refunds`: money given back."""

    @operation(KEYED)
    async def create(
        self,
        *,
        payment_intent: str,
        amount: int | Money | None = None,
        reason: RefundReason | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Refund:
        """Give back a payment, whole or in part; parts may be given back until nothing is left.

        https://docs.stripe.com/api/refunds/create

        Args:
            payment_intent: A payment that succeeded.
            amount: How much, in the smallest unit; all that is left by default.
            reason: Why.
            metadata: Notes of your own.
            idempotency_key: A key of your own: a second call with the same key and arguments gives the same refund.

        Raises:
            InvalidRequestError: More than is left; with the code charge_already_refunded if nothing is.

        Example:
            >>> payment = p.stripe.payment_intents.create(
            ...     amount=2000, currency="eur", payment_method_types=["card"], payment_method="pm_card_visa", confirm=True
            ... )
            >>> str(p.stripe.refunds.create(payment_intent=payment.id, amount=500).money)
            '5.00 EUR'
            >>> str(p.stripe.refunds.create(payment_intent=payment.id).money)
            '15.00 EUR'
        """
        fields = given(
            payment_intent=text(payment_intent, "payment_intent"),
            amount=part(amount, "amount"),
            reason=choice(reason, RefundReason, "reason"),
            metadata=noted(metadata),
        )
        return Refund.model_validate_json(await self.fetch("post", "/v1/refunds", fields, key=idempotency_key))

    @operation(SAFE)
    async def get(self, refund_id: str) -> Refund:
        """One refund.

        https://docs.stripe.com/api/refunds/retrieve

        Args:
            refund_id: Such as ``"re_1Nispe2eZvKYlo2Cd31jOCgZ"``.

        Example:
            >>> payment = p.stripe.payment_intents.create(
            ...     amount=2000, currency="eur", payment_method_types=["card"], payment_method="pm_card_visa", confirm=True
            ... )
            >>> refund = p.stripe.refunds.create(payment_intent=payment.id)
            >>> p.stripe.refunds.get(refund.id).status
            'succeeded'
        """
        return Refund.model_validate_json(await self.fetch("get", f"/v1/refunds/{ident(refund_id, 'refund')}"))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        payment_intent: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Refund, Cursor]:
        """The refunds, newest first.

        https://docs.stripe.com/api/refunds/list

        Args:
            payment_intent: Only those of this payment.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> p.stripe.refunds.list().collect()
            []
        """
        fields = given(payment_intent=payment_intent, created=created(since, until))
        return await self.fetch_page(Refund, cursor, "/v1/refunds", fields)
