"""Customers.

https://docs.stripe.com/api/customers
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from unifykit._core.arguments import changes, choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, KEYED, SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Address, Metadata, Shipping, created, ident, names, noted, whole
from unifykit.providers.stripe.models import Customer, Deleted
from unifykit.providers.stripe.resource import Cursor, StripeResource

TaxExempt = Literal["none", "exempt", "reverse"]


class Customers(StripeResource[M]):
    """`p.stripe.customers`: those who pay."""

    @operation(KEYED)
    async def create(
        self,
        *,
        email: str | None = None,
        name: str | None = None,
        phone: str | None = None,
        description: str | None = None,
        address: Address | None = None,
        shipping: Shipping | None = None,
        payment_method: str | None = None,
        preferred_locales: Sequence[str] | None = None,
        tax_exempt: TaxExempt | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Make a customer. Stripe allows any number with the same email.

        https://docs.stripe.com/api/customers/create

        Args:
            email: Their address; not verified.
            name: Their name.
            phone: Their telephone number.
            description: A note for yourself.
            address: Where they are.
            shipping: Where to ship to.
            payment_method: A payment method to attach.
            preferred_locales: Languages for mails and pages, best first, such as ``"fr"``.
            tax_exempt: Whether taxes are due.
            metadata: Notes of your own.
            idempotency_key: A key of your own: a second call with the same key and arguments gives the same customer.

        Raises:
            PaymentDeclinedError: The bank refuses the payment method.

        Example:
            >>> p.stripe.customers.create(email="ada@example.com", metadata={"user_id": "123"}).email
            'ada@example.com'
        """
        fields = given(
            email=email,
            name=name,
            phone=phone,
            description=description,
            address=address,
            shipping=shipping,
            payment_method=payment_method,
            preferred_locales=names(preferred_locales, "preferred_locales"),
            tax_exempt=choice(tax_exempt, TaxExempt, "tax_exempt"),
            metadata=noted(metadata),
        )
        return Customer.model_validate_json(await self.fetch("post", "/v1/customers", fields, key=idempotency_key))

    @operation(SAFE)
    async def get(self, customer_id: str) -> Customer:
        """One customer; of one who was deleted, `deleted` is true and little else is left.

        https://docs.stripe.com/api/customers/retrieve

        Args:
            customer_id: Such as ``"cus_NffrFeUfNV2Hib"``.

        Example:
            >>> customer = p.stripe.customers.create(name="Ada")
            >>> p.stripe.customers.get(customer.id).name
            'Ada'
        """
        path = f"/v1/customers/{ident(customer_id, 'customer')}"
        return Customer.model_validate_json(await self.fetch("get", path))

    @operation(KEYED)
    async def update(
        self,
        customer_id: str,
        *,
        email: str | None = None,
        name: str | None = None,
        phone: str | None = None,
        description: str | None = None,
        address: Address | None = None,
        shipping: Shipping | None = None,
        balance: int | None = None,
        default_payment_method: str | None = None,
        preferred_locales: Sequence[str] | None = None,
        tax_exempt: TaxExempt | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Customer:
        """Change a customer; an empty text clears a field.

        https://docs.stripe.com/api/customers/update

        Args:
            customer_id: Whom to change.
            email: Their address.
            name: Their name.
            phone: Their telephone number.
            description: A note for yourself.
            address: Where they are.
            shipping: Where to ship to.
            balance: In the smallest unit; negative is credit, positive is debt, met by the next invoice.
            default_payment_method: What subscriptions and invoices charge.
            preferred_locales: Languages for mails and pages, best first.
            tax_exempt: Whether taxes are due.
            metadata: Keys to set; a key with an empty value is removed, the others stay.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> p.stripe.customers.update(customer.id, email="lovelace@example.com").email
            'lovelace@example.com'
        """
        settings = None if default_payment_method is None else {"default_payment_method": default_payment_method}
        fields = changes(
            email=email,
            name=name,
            phone=phone,
            description=description,
            address=address,
            shipping=shipping,
            balance=whole(balance, "balance", least=None),
            invoice_settings=settings,
            preferred_locales=names(preferred_locales, "preferred_locales"),
            tax_exempt=choice(tax_exempt, TaxExempt, "tax_exempt"),
            metadata=noted(metadata),
        )
        path = f"/v1/customers/{ident(customer_id, 'customer')}"
        return Customer.model_validate_json(await self.fetch("post", path, fields, key=idempotency_key))

    @operation(IDEMPOTENT)
    async def delete(self, customer_id: str) -> Deleted:
        """Delete a customer for good; their subscriptions end at once.

        https://docs.stripe.com/api/customers/delete

        Args:
            customer_id: Whom to delete.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> p.stripe.customers.delete(customer.id).deleted
            True
        """
        path = f"/v1/customers/{ident(customer_id, 'customer')}"
        return Deleted.model_validate_json(await self.fetch("delete", path))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        email: str | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Customer, Cursor]:
        """The customers, newest first.

        https://docs.stripe.com/api/customers/list

        Args:
            email: Only those with exactly this address; case matters.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> for name in ("Ada", "Grace"):
            ...     made = p.stripe.customers.create(name=name)
            >>> [customer.name for customer in p.stripe.customers.list()]
            ['Grace', 'Ada']
        """
        return await self.fetch_page(
            Customer, cursor, "/v1/customers", given(email=email, created=created(since, until))
        )

    @paged
    async def search(self, cursor: Cursor | None, query: str) -> Page[Customer, Cursor]:
        """Customers that match a query. What was just written may take a minute to be found.

        https://docs.stripe.com/search#search-query-language

        Args:
            query: Such as ``"email:'ada@example.com' AND metadata['plan']:'pro'"``.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> p.stripe.customers.search("email:'ada@example.com'").first()[0] == customer
            True
        """
        return await self.fetch_found(Customer, cursor, "/v1/customers/search", text(query, "query"))
