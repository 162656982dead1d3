"""Subscriptions.

https://docs.stripe.com/api/subscriptions
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal, TypedDict

from unifykit._core.arguments import changes, choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, KEYED, SAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, created, epoch, ident, noted, whole
from unifykit.providers.stripe.models import Subscription
from unifykit.providers.stripe.resource import Cursor, StripeResource

PaymentBehavior = Literal["allow_incomplete", "default_incomplete", "error_if_incomplete", "pending_if_incomplete"]
CollectionMethod = Literal["charge_automatically", "send_invoice"]
ProrationBehavior = Literal["always_invoice", "create_prorations", "none"]
PauseBehavior = Literal["keep_as_draft", "mark_uncollectible", "void"]
MissingPaymentMethod = Literal["cancel", "create_invoice", "pause"]
Status = Literal[
    "active", "past_due", "unpaid", "canceled", "incomplete", "incomplete_expired", "trialing", "paused", "all", "ended"
]  # fmt: skip
Feedback = Literal[
    "customer_service", "low_quality", "missing_features", "other", "switched_service", "too_complex", "too_expensive", "unused"
]  # fmt: skip


class Item(TypedDict, total=False):
    """What is subscribed to: a price and how many. To change an item, give its `id`; to drop it, `deleted` too."""

    id: str
    price: str
    quantity: int
    deleted: bool
    metadata: Mapping[str, str]


class Subscriptions(StripeResource[M]):
    """`p.stripe.subscriptions`: customers who pay regularly."""

    @operation(KEYED)
    async def create(
        self,
        *,
        customer: str,
        items: Sequence[str | Item],
        trial_period_days: int | None = None,
        trial_end: datetime | None = None,
        missing_payment_method: MissingPaymentMethod | None = None,
        default_payment_method: str | None = None,
        payment_behavior: PaymentBehavior | None = None,
        collection_method: CollectionMethod | None = None,
        days_until_due: int | None = None,
        cancel_at_period_end: bool | None = None,
        description: str | None = None,
        off_session: bool | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Subscribe a customer; without a trial the first invoice is charged at once.

        https://docs.stripe.com/api/subscriptions/create

        Args:
            customer: Who subscribes.
            items: Ids of recurring prices, or an `Item` for each.
            trial_period_days: Days for nothing.
            trial_end: The end of the time for nothing, instead of a number of days.
            missing_payment_method: What becomes of it if there is nothing to charge when the trial ends.
            default_payment_method: What is charged; by default the customer's.
            payment_behavior: What becomes of it if the first payment fails. ``"default_incomplete"`` leaves the payment to
                the customer in the browser.
            collection_method: ``"send_invoice"`` has the customer pay by mail.
            days_until_due: Days to pay a sent invoice.
            cancel_at_period_end: Do not renew it.
            description: What customers read.
            off_session: The customer is not there to authenticate.
            metadata: Notes of your own.
            idempotency_key: A key of your own: a second call with the same key and arguments gives the same subscription.

        Raises:
            NotFoundError: The customer or a price is not there; or there is nothing to charge.
            PaymentDeclinedError: The bank refused, under ``"error_if_incomplete"``.

        Example:
            >>> customer = p.stripe.customers.create(email="ada@example.com")
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur", interval="month")
            >>> subscription = p.stripe.subscriptions.create(customer=customer.id, items=[price.id], trial_period_days=14)
            >>> subscription.status, subscription.items[0].price.id == price.id
            ('trialing', True)
        """
        end = choice(missing_payment_method, MissingPaymentMethod, "missing_payment_method")
        fields = given(
            customer=text(customer, "customer"),
            items=_items(items),
            trial_period_days=whole(trial_period_days, "trial_period_days", least=1),
            trial_end=epoch(trial_end, "trial_end"),
            trial_settings=None if end is None else {"end_behavior": {"missing_payment_method": end}},
            default_payment_method=default_payment_method,
            payment_behavior=choice(payment_behavior, PaymentBehavior, "payment_behavior"),
            collection_method=choice(collection_method, CollectionMethod, "collection_method"),
            days_until_due=whole(days_until_due, "days_until_due"),
            cancel_at_period_end=cancel_at_period_end,
            description=description,
            off_session=off_session,
            metadata=noted(metadata),
        )
        body = await self.fetch("post", "/v1/subscriptions", fields, key=idempotency_key)
        return Subscription.model_validate_json(body)

    @operation(SAFE)
    async def get(self, subscription_id: str) -> Subscription:
        """One subscription, also one that has ended.

        https://docs.stripe.com/api/subscriptions/retrieve

        Args:
            subscription_id: Such as ``"sub_1MowQVLkdIwHu7ixeRlqHVzs"``.

        Example:
            >>> p.stripe.subscriptions.get("sub_none")
            Traceback (most recent call last):
            unifykit.errors.NotFoundError: stripe.subscriptions.get: No such subscription: 'sub_none'. (...
        """
        return Subscription.model_validate_json(await self.fetch("get", _path(subscription_id)))

    @operation(KEYED)
    async def update(
        self,
        subscription_id: str,
        *,
        items: Sequence[str | Item] | None = None,
        proration_behavior: ProrationBehavior | None = None,
        payment_behavior: PaymentBehavior | None = None,
        default_payment_method: str | None = None,
        cancel_at_period_end: bool | None = None,
        trial_end: datetime | Literal["now"] | None = None,
        collection_method: CollectionMethod | None = None,
        days_until_due: int | None = None,
        description: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Change a subscription. An item given without its `id` is added to those that there are.

        https://docs.stripe.com/api/subscriptions/update

        Args:
            subscription_id: Which.
            items: ``[{"id": "si_…", "price": "price_…"}]`` changes the plan.
            proration_behavior: Whether the rest of the period is settled, and when; on the next invoice by default.
            payment_behavior: What becomes of the change if its payment fails.
            default_payment_method: What is charged.
            cancel_at_period_end: Do not renew it; or with False, renew it after all.
            trial_end: The end of the time for nothing; ``"now"`` ends it.
            collection_method: Whether invoices are charged or sent.
            days_until_due: Days to pay a sent invoice.
            description: What customers read.
            metadata: Keys to set; a key with an empty value is removed, the others stay.
            idempotency_key: A key of your own.

        Raises:
            InvalidRequestError: It has ended, or the prices do not go together.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> product = p.stripe.products.create(name="Plan")
            >>> basic, gold = [
            ...     p.stripe.prices.create(product=product.id, unit_amount=amount, currency="eur", interval="month")
            ...     for amount in (1000, 3000)
            ... ]
            >>> subscription = p.stripe.subscriptions.create(customer=customer.id, items=[basic.id], trial_period_days=14)
            >>> item = subscription.items[0]
            >>> changed = p.stripe.subscriptions.update(subscription.id, items=[{"id": item.id, "price": gold.id}])
            >>> [str(item.price.money) for item in changed.items]
            ['30.00 EUR']
        """
        fields = changes(
            items=None if items is None else _items(items),
            proration_behavior=choice(proration_behavior, ProrationBehavior, "proration_behavior"),
            payment_behavior=choice(payment_behavior, PaymentBehavior, "payment_behavior"),
            default_payment_method=default_payment_method,
            cancel_at_period_end=cancel_at_period_end,
            trial_end="now" if trial_end == "now" else epoch(trial_end, "trial_end"),
            collection_method=choice(collection_method, CollectionMethod, "collection_method"),
            days_until_due=whole(days_until_due, "days_until_due"),
            description=description,
            metadata=noted(metadata),
        )
        body = await self.fetch("post", _path(subscription_id), fields, key=idempotency_key)
        return Subscription.model_validate_json(body)

    @operation(IDEMPOTENT)
    async def cancel(
        self,
        subscription_id: str,
        *,
        invoice_now: bool | None = None,
        prorate: bool | None = None,
        comment: str | None = None,
        feedback: Feedback | None = None,
    ) -> Subscription:
        """End a subscription at once. To let it run to the end of its period, `update(…, cancel_at_period_end=True)`.

        https://docs.stripe.com/api/subscriptions/cancel

        Args:
            subscription_id: Which.
            invoice_now: Bill what was used and prorated.
            prorate: Credit what will not be used of the period.
            comment: What the customer said.
            feedback: Why the customer leaves.

        Raises:
            NotFoundError: There is no such subscription, or it has ended. With `maybe_executed`, an earlier attempt of
                this call may have ended it: see with `get`.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> product = p.stripe.products.create(name="Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=1000, currency="eur", interval="month")
            >>> subscription = p.stripe.subscriptions.create(customer=customer.id, items=[price.id], trial_period_days=14)
            >>> p.stripe.subscriptions.cancel(subscription.id, feedback="too_expensive").status
            'canceled'
        """
        details = given(comment=comment, feedback=choice(feedback, Feedback, "feedback"))
        fields = given(invoice_now=invoice_now, prorate=prorate, cancellation_details=details or None)
        return Subscription.model_validate_json(await self.fetch("delete", _path(subscription_id), fields))

    @operation(KEYED)
    async def pause(
        self,
        subscription_id: str,
        *,
        behavior: PauseBehavior = "void",
        resumes_at: datetime | None = None,
        idempotency_key: str | None = None,
    ) -> Subscription:
        """Stop collecting payments; the subscription itself goes on and keeps its status.

        https://docs.stripe.com/billing/subscriptions/pause-payment

        Args:
            subscription_id: Which.
            behavior: What becomes of invoices meanwhile: void, kept as drafts for later, or marked uncollectible.
            resumes_at: When to collect again; not until `resume` by default.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> product = p.stripe.products.create(name="Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=1000, currency="eur", interval="month")
            >>> subscription = p.stripe.subscriptions.create(customer=customer.id, items=[price.id], trial_period_days=14)
            >>> p.stripe.subscriptions.pause(subscription.id, behavior="keep_as_draft").pause_collection.behavior
            'keep_as_draft'
        """
        pause = given(behavior=choice(behavior, PauseBehavior, "behavior"), resumes_at=epoch(resumes_at, "resumes_at"))
        body = await self.fetch("post", _path(subscription_id), {"pause_collection": pause}, key=idempotency_key)
        return Subscription.model_validate_json(body)

    @operation(KEYED)
    async def resume(self, subscription_id: str, *, idempotency_key: str | None = None) -> Subscription:
        """Collect payments again after `pause`.

        https://docs.stripe.com/billing/subscriptions/pause-payment#unpausing

        Args:
            subscription_id: Which.
            idempotency_key: A key of your own.

        Example:
            >>> customer = p.stripe.customers.create()
            >>> product = p.stripe.products.create(name="Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=1000, currency="eur", interval="month")
            >>> subscription = p.stripe.subscriptions.create(customer=customer.id, items=[price.id], trial_period_days=14)
            >>> paused = p.stripe.subscriptions.pause(subscription.id)
            >>> p.stripe.subscriptions.resume(subscription.id).pause_collection is None
            True
        """
        # An empty text unsets; a missing value would not be sent at all.
        body = await self.fetch("post", _path(subscription_id), {"pause_collection": ""}, key=idempotency_key)
        return Subscription.model_validate_json(body)

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        customer: str | None = None,
        price: str | None = None,
        status: Status | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Subscription, Cursor]:
        """The subscriptions, newest first; those that were canceled only with a `status` that asks for them.

        https://docs.stripe.com/api/subscriptions/list

        Args:
            customer: Only theirs.
            price: Only those to this price.
            status: Only those in this state; ``"all"``, or ``"ended"`` for what is over.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> p.stripe.subscriptions.list(status="all").collect()
            []
        """
        fields = given(
            customer=customer,
            price=price,
            status=choice(status, Status, "status"),
            created=created(since, until),
        )
        return await self.fetch_page(Subscription, cursor, "/v1/subscriptions", fields)


def _path(subscription_id: str) -> str:
    return f"/v1/subscriptions/{ident(subscription_id, 'subscription')}"


def _items(items: Sequence[str | Item]) -> Sequence[Mapping[str, Any]]:
    if isinstance(items, str) or not items:
        raise InvalidRequestError("items takes at least one price: give ['price_…'] or [{'price': 'price_…'}].")
    return [{"price": item} if isinstance(item, str) else item for item in items]
