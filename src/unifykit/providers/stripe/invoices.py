"""Invoices and their items.

https://docs.stripe.com/api/invoices, https://docs.stripe.com/api/invoiceitems
"""

from datetime import datetime
from typing import Literal

from unifykit._core.arguments import choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, KEYED, SAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, created, epoch, ident, noted, priced, whole
from unifykit.providers.stripe.models import Deleted, Invoice, InvoiceItem
from unifykit.providers.stripe.money import Money, currency_code
from unifykit.providers.stripe.resource import Cursor, StripeResource

CollectionMethod = Literal["charge_automatically", "send_invoice"]
PendingItems = Literal["exclude", "include"]
Status = Literal["draft", "open", "paid", "uncollectible", "void"]


class Invoices(StripeResource[M]):
    """`p.stripe.invoices`: what customers owe."""

    @operation(KEYED)
    async def create(
        self,
        *,
        customer: str,
        auto_advance: bool | None = None,
        collection_method: CollectionMethod | None = None,
        days_until_due: int | None = None,
        due_date: datetime | None = None,
        currency: str | None = None,
        pending_items: PendingItems | None = None,
        default_payment_method: str | None = None,
        description: str | None = None,
        footer: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Invoice:
        """Make a draft. Put items on it with `invoice_items.create(invoice=…)`.

        https://docs.stripe.com/api/invoices/create

        Args:
            customer: Who owes.
            auto_advance: Let Stripe finalize it after an hour and collect it.
            collection_method: Whether it is charged or sent.
            days_until_due: Days to pay a sent invoice.
            due_date: The last day to pay a sent invoice, instead of a number of days.
            currency: Three letters; the customer's by default.
            pending_items: ``"include"`` takes in the customer's items that wait; they are left alone by default.
            default_payment_method: What is charged.
            description: What stands on it.
            footer: What stands at its end.
            metadata: Notes of your own.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> p.stripe.invoices.create(customer=customer.id, currency="eur").status
            'draft'
        """
        fields = given(
            customer=text(customer, "customer"),
            auto_advance=auto_advance,
            collection_method=choice(collection_method, CollectionMethod, "collection_method"),
            days_until_due=whole(days_until_due, "days_until_due"),
            due_date=epoch(due_date, "due_date"),
            currency=None if currency is None else currency_code(currency),
            pending_invoice_items_behavior=choice(pending_items, PendingItems, "pending_items"),
            default_payment_method=default_payment_method,
            description=description,
            footer=footer,
            metadata=noted(metadata),
        )
        return Invoice.model_validate_json(await self.fetch("post", "/v1/invoices", fields, key=idempotency_key))

    @operation(SAFE)
    async def get(self, invoice_id: str) -> Invoice:
        """One invoice.

        https://docs.stripe.com/api/invoices/retrieve

        Args:
            invoice_id: Such as ``"in_1MtHbELkdIwHu7ixl4OzzPMv"``.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> invoice = p.stripe.invoices.create(customer=customer.id, currency="eur")
            >>> str(p.stripe.invoices.get(invoice.id).money)
            '0.00 EUR'
        """
        return Invoice.model_validate_json(await self.fetch("get", _path(invoice_id)))

    @operation(KEYED)
    async def finalize(
        self, invoice_id: str, *, auto_advance: bool | None = None, idempotency_key: str | None = None
    ) -> Invoice:
        """Make a draft final: it gets its number and can be paid. One of nothing is paid at once.

        https://docs.stripe.com/api/invoices/finalize

        Args:
            invoice_id: A draft.
            auto_advance: Let Stripe collect it.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> invoice = p.stripe.invoices.create(customer=customer.id, currency="eur")
            >>> item = p.stripe.invoice_items.create(
            ...     customer=customer.id, invoice=invoice.id, amount=1500, currency="eur", description="Consulting"
            ... )
            >>> p.stripe.invoices.finalize(invoice.id).status
            'open'
        """
        path, fields = f"{_path(invoice_id)}/finalize", given(auto_advance=auto_advance)
        return Invoice.model_validate_json(await self.fetch("post", path, fields, key=idempotency_key))

    @operation(KEYED)
    async def pay(
        self,
        invoice_id: str,
        *,
        payment_method: str | None = None,
        off_session: bool | None = None,
        paid_out_of_band: bool | None = None,
        idempotency_key: str | None = None,
    ) -> Invoice:
        """Charge an invoice now; a draft is finalized first.

        https://docs.stripe.com/api/invoices/pay

        Args:
            invoice_id: Which.
            payment_method: What to charge; by default the invoice's, or the customer's.
            off_session: The customer is not there to authenticate.
            paid_out_of_band: It was paid outside of Stripe: only mark it.
            idempotency_key: A key of your own.

        Raises:
            PaymentDeclinedError: The bank refused, or the customer must authenticate.
            InvalidRequestError: It is paid or void.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> invoice = p.stripe.invoices.create(customer=customer.id, currency="eur")
            >>> item = p.stripe.invoice_items.create(
            ...     customer=customer.id, invoice=invoice.id, amount=1500, currency="eur"
            ... )
            >>> p.stripe.invoices.pay(invoice.id, payment_method="pm_card_visa").status
            'paid'
        """
        fields = given(payment_method=payment_method, off_session=off_session, paid_out_of_band=paid_out_of_band)
        body = await self.fetch("post", f"{_path(invoice_id)}/pay", fields, key=idempotency_key)
        return Invoice.model_validate_json(body)

    @operation(KEYED)
    async def send(self, invoice_id: str, *, idempotency_key: str | None = None) -> Invoice:
        """Mail an invoice to its customer; a draft is finalized first. In test mode no mail goes out.

        https://docs.stripe.com/api/invoices/send

        Args:
            invoice_id: One whose collection_method is send_invoice.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> invoice = p.stripe.invoices.create(
            ...     customer=customer.id, currency="eur", collection_method="send_invoice", days_until_due=30
            ... )
            >>> item = p.stripe.invoice_items.create(
            ...     customer=customer.id, invoice=invoice.id, amount=1500, currency="eur"
            ... )
            >>> p.stripe.invoices.send(invoice.id).status
            'open'
        """
        path = f"{_path(invoice_id)}/send"
        return Invoice.model_validate_json(await self.fetch("post", path, key=idempotency_key))

    @operation(KEYED)
    async def void(self, invoice_id: str, *, idempotency_key: str | None = None) -> Invoice:
        """Make a final invoice void, for good; it stays in the books.

        https://docs.stripe.com/api/invoices/void

        Args:
            invoice_id: One that is open or uncollectible.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> invoice = p.stripe.invoices.create(customer=customer.id, currency="eur")
            >>> item = p.stripe.invoice_items.create(
            ...     customer=customer.id, invoice=invoice.id, amount=1500, currency="eur"
            ... )
            >>> invoice = p.stripe.invoices.finalize(invoice.id)
            >>> p.stripe.invoices.void(invoice.id).status
            'void'
        """
        path = f"{_path(invoice_id)}/void"
        return Invoice.model_validate_json(await self.fetch("post", path, key=idempotency_key))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        customer: str | None = None,
        subscription: str | None = None,
        status: Status | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Invoice, Cursor]:
        """The invoices, newest first.

        https://docs.stripe.com/api/invoices/list

        Args:
            customer: Only theirs.
            subscription: Only those of this subscription.
            status: Only those in this state.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> invoice = p.stripe.invoices.create(customer=customer.id, currency="eur")
            >>> [found.id == invoice.id for found in p.stripe.invoices.list(status="draft")]
            [True]
        """
        fields = given(
            customer=customer,
            subscription=subscription,
            status=choice(status, Status, "status"),
            created=created(since, until),
        )
        return await self.fetch_page(Invoice, cursor, "/v1/invoices", fields)


class InvoiceItems(StripeResource[M]):
    """`p.stripe.invoice_items`: what stands on invoices, or waits for one."""

    @operation(KEYED)
    async def create(
        self,
        *,
        customer: str,
        amount: int | Money | None = None,
        currency: str | None = None,
        price: str | None = None,
        quantity: int | None = None,
        invoice: str | None = None,
        description: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> InvoiceItem:
        """Make an item: of an amount, or of a price and how many.

        https://docs.stripe.com/api/invoiceitems/create

        Args:
            customer: Who owes it.
            amount: In the currency's smallest unit, negative for a credit; or `Money`.
            currency: Three letters; not with `Money` or `price`.
            price: A one-time price, instead of an amount.
            quantity: How many at that price.
            invoice: A draft to put it on; it waits for the customer's next one by default.
            description: What stands on the invoice.
            metadata: Notes of your own.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> item = p.stripe.invoice_items.create(
            ...     customer=customer.id, amount=1500, currency="eur", description="Consulting services"
            ... )
            >>> str(item.money)
            '15.00 EUR'
        """
        if (amount is None) == (price is None):
            raise InvalidRequestError("an item has an amount or a price: give one of the two.")
        cost = {"pricing": {"price": price}} if amount is None else priced(amount, currency, least=None)
        fields = given(
            customer=text(customer, "customer"),
            **cost,
            quantity=whole(quantity, "quantity"),
            invoice=invoice,
            description=description,
            metadata=noted(metadata),
        )
        body = await self.fetch("post", "/v1/invoiceitems", fields, key=idempotency_key)
        return InvoiceItem.model_validate_json(body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        customer: str | None = None,
        invoice: str | None = None,
        pending: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[InvoiceItem, Cursor]:
        """The items, newest first.

        https://docs.stripe.com/api/invoiceitems/list

        Args:
            customer: Only theirs.
            invoice: Only those on this invoice.
            pending: Only those that wait for an invoice, or only those on one.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> item = p.stripe.invoice_items.create(customer=customer.id, amount=1500, currency="eur")
            >>> [found.amount for found in p.stripe.invoice_items.list(pending=True)]
            [1500]
        """
        fields = given(customer=customer, invoice=invoice, pending=pending, created=created(since, until))
        return await self.fetch_page(InvoiceItem, cursor, "/v1/invoiceitems", fields)

    @operation(IDEMPOTENT)
    async def delete(self, invoice_item_id: str) -> Deleted:
        """Delete an item that waits, or that stands on a draft.

        https://docs.stripe.com/api/invoiceitems/delete

        Args:
            invoice_item_id: Such as ``"ii_1MtGUtLkdIwHu7ixBYwjAM00"``.

        Raises:
            InvalidRequestError: It is on a final invoice.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> item = p.stripe.invoice_items.create(customer=customer.id, amount=1500, currency="eur")
            >>> p.stripe.invoice_items.delete(item.id).deleted
            True
        """
        path = f"/v1/invoiceitems/{ident(invoice_item_id, 'invoice item')}"
        return Deleted.model_validate_json(await self.fetch("delete", path))


def _path(invoice_id: str) -> str:
    return f"/v1/invoices/{ident(invoice_id, 'invoice')}"
