"""Payment methods.

https://docs.stripe.com/api/payment_methods
"""

from unifykit._core.arguments import given, text
from unifykit._core.mode import M
from unifykit._core.operation import KEYED, operation, paged
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import ident
from unifykit.providers.stripe.models import PaymentMethod
from unifykit.providers.stripe.resource import Cursor, StripeResource


class PaymentMethods(StripeResource[M]):
    """`p.stripe.payment_methods`: the cards and accounts of customers."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        customer: str | None = None,
        type: str | None = None,  # noqa: A002 -- Stripe's word
    ) -> Page[PaymentMethod, Cursor]:
        """The payment methods of a customer, newest first.

        https://docs.stripe.com/api/payment_methods/list

        Args:
            customer: Whose.
            type: Only those of a kind, such as ``"card"``.

        Example:
            >>> customer = p.stripe.customers.create(payment_method="pm_card_visa")
            >>> [method.card.last4 for method in p.stripe.payment_methods.list(customer=customer.id, type="card")]
            ['4242']
        """
        return await self.fetch_page(PaymentMethod, cursor, "/v1/payment_methods", given(customer=customer, type=type))

    @operation(KEYED)
    async def attach(
        self, payment_method_id: str, *, customer: str, idempotency_key: str | None = None
    ) -> PaymentMethod:
        """Give a customer a payment method, for later payments.

        https://docs.stripe.com/api/payment_methods/attach

        Args:
            payment_method_id: What the browser made; in tests a name such as ``"pm_card_visa"``.
            customer: Whose it shall be.
            idempotency_key: A key of your own.

        Raises:
            PaymentDeclinedError: The bank refuses it.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> p.stripe.payment_methods.attach("pm_card_visa", customer=customer.id).card.brand
            'visa'
        """
        path = f"/v1/payment_methods/{ident(payment_method_id, 'payment method')}/attach"
        body = await self.fetch("post", path, {"customer": text(customer, "customer")}, key=idempotency_key)
        return PaymentMethod.model_validate_json(body)

    @operation(KEYED)
    async def detach(self, payment_method_id: str, *, idempotency_key: str | None = None) -> PaymentMethod:
        """Take a payment method from its customer; it can never be used again.

        https://docs.stripe.com/api/payment_methods/detach

        Args:
            payment_method_id: Which.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> method = p.stripe.payment_methods.attach("pm_card_visa", customer=customer.id)
            >>> p.stripe.payment_methods.detach(method.id).customer is None
            True
        """
        path = f"/v1/payment_methods/{ident(payment_method_id, 'payment method')}/detach"
        return PaymentMethod.model_validate_json(await self.fetch("post", path, key=idempotency_key))
