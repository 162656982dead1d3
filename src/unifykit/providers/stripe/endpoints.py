"""Webhook endpoints and events.

https://docs.stripe.com/webhooks
"""

from collections.abc import Sequence
from datetime import datetime

from unifykit._core.arguments import given, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, KEYED, SAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, created, ident, names, noted
from unifykit.providers.stripe.models import Deleted, Event, WebhookEndpoint
from unifykit.providers.stripe.resource import Cursor, StripeResource


class WebhookEndpoints(StripeResource[M]):
    """`p.stripe.webhook_endpoints`: where events are sent. `unifykit.webhooks.verify` checks what arrives there."""

    @operation(KEYED)
    async def create(
        self,
        *,
        url: str,
        events: Sequence[str],
        description: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> WebhookEndpoint:
        """Have events sent to an address. Keep `secret`: it is told only now, and proves that a delivery is Stripe's.

        https://docs.stripe.com/api/webhook_endpoints/create

        Args:
            url: Where to.
            events: Which, such as ``["invoice.paid", "customer.subscription.deleted"]``; ``["*"]`` for all.
            description: A note for yourself.
            metadata: Notes of your own.
            idempotency_key: A key of your own.

        Example:
            >>> endpoint = p.stripe.webhook_endpoints.create(url="https://example.com/stripe", events=["invoice.paid"])
            >>> endpoint.secret.startswith("whsec_")
            True
        """
        wanted = names(events, "events")
        if not wanted:
            raise InvalidRequestError("events is empty: name some, or give ['*'] for all.")
        fields = given(url=text(url, "url"), enabled_events=wanted, description=description, metadata=noted(metadata))
        body = await self.fetch("post", "/v1/webhook_endpoints", fields, key=idempotency_key)
        return WebhookEndpoint.model_validate_json(body)

    @paged
    async def list(self, cursor: Cursor | None) -> Page[WebhookEndpoint, Cursor]:
        """The endpoints, newest first, without their secrets.

        https://docs.stripe.com/api/webhook_endpoints/list

        Example:
            >>> endpoint = p.stripe.webhook_endpoints.create(url="https://example.com/stripe", events=["*"])
            >>> [found.url for found in p.stripe.webhook_endpoints.list()]
            ['https://example.com/stripe']
        """
        return await self.fetch_page(WebhookEndpoint, cursor, "/v1/webhook_endpoints")

    @operation(IDEMPOTENT)
    async def delete(self, webhook_endpoint_id: str) -> Deleted:
        """Send nothing there any more.

        https://docs.stripe.com/api/webhook_endpoints/delete

        Args:
            webhook_endpoint_id: Such as ``"we_1Mr5jULkdIwHu7ix1ibLTM0x"``.

        Example:
            >>> endpoint = p.stripe.webhook_endpoints.create(url="https://example.com/stripe", events=["*"])
            >>> p.stripe.webhook_endpoints.delete(endpoint.id).deleted
            True
        """
        path = f"/v1/webhook_endpoints/{ident(webhook_endpoint_id, 'webhook endpoint')}"
        return Deleted.model_validate_json(await self.fetch("delete", path))


class Events(StripeResource[M]):
    """`p.stripe.events`: what happened in the last 30 days."""

    @operation(SAFE)
    async def get(self, event_id: str) -> Event:
        """One event.

        https://docs.stripe.com/api/events/retrieve

        Args:
            event_id: Such as ``"evt_1NG8Du2eZvKYlo2CUI79vXWy"``.

        Example:
            >>> customer = p.stripe.customers.create(name="Ada")
            >>> event = p.stripe.events.list().first()[0]
            >>> p.stripe.events.get(event.id).subject.name
            'Ada'
        """
        return Event.model_validate_json(await self.fetch("get", f"/v1/events/{ident(event_id, 'event')}"))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        types: Sequence[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Event, Cursor]:
        """The events, newest first.

        https://docs.stripe.com/api/events/list

        Args:
            types: Only these, such as ``["invoice.paid"]``; up to 20.
            since: Only those at or after this moment.
            until: Only those before this moment.

        Example:
            >>> customer = p.stripe.customers.create(name="Ada")
            >>> [event.subject.name for event in p.stripe.events.list(types=["customer.created"])]
            ['Ada']
        """
        fields = given(types=names(types, "types"), created=created(since, until))
        return await self.fetch_page(Event, cursor, "/v1/events", fields)
