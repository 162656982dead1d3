"""Products and prices.

https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from unifykit._core.arguments import changes, choice, given, text
from unifykit._core.mode import M
from unifykit._core.operation import KEYED, SAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import Metadata, created, ident, names, noted, priced, whole
from unifykit.providers.stripe.models import Price, Product
from unifykit.providers.stripe.money import Money
from unifykit.providers.stripe.resource import Cursor, StripeResource

Interval = Literal["day", "week", "month", "year"]
TaxBehavior = Literal["inclusive", "exclusive", "unspecified"]
PriceType = Literal["one_time", "recurring"]


class Products(StripeResource[M]):
    """`p.stripe.products`: what is sold."""

    @operation(KEYED)
    async def create(
        self,
        *,
        name: str,
        description: str | None = None,
        active: bool | None = None,
        images: Sequence[str] | None = None,
        url: str | None = None,
        unit_label: str | None = None,
        statement_descriptor: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Product:
        """Make a product; what it costs is a price of its own, see `prices.create`.

        https://docs.stripe.com/api/products/create

        Args:
            name: What customers read.
            description: What customers read beneath it.
            active: Whether it can be bought; true by default.
            images: Addresses of up to 8 pictures.
            url: A page about it.
            unit_label: What one is called, such as ``"seat"``.
            statement_descriptor: What stands on the bank statement, 22 characters at most.
            metadata: Notes of your own.
            idempotency_key: A key of your own.

        Example:
            >>> p.stripe.products.create(name="Premium Plan", description="Access to all features").active
            True
        """
        fields = given(
            name=text(name, "name"),
            description=description,
            active=active,
            images=names(images, "images"),
            url=url,
            unit_label=unit_label,
            statement_descriptor=statement_descriptor,
            metadata=noted(metadata),
        )
        return Product.model_validate_json(await self.fetch("post", "/v1/products", fields, key=idempotency_key))

    @operation(SAFE)
    async def get(self, product_id: str) -> Product:
        """One product.

        https://docs.stripe.com/api/products/retrieve

        Args:
            product_id: Such as ``"prod_NWjs8kKbJWmuuc"``.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> p.stripe.products.get(product.id).name
            'Premium Plan'
        """
        return Product.model_validate_json(await self.fetch("get", f"/v1/products/{ident(product_id, 'product')}"))

    @operation(KEYED)
    async def update(
        self,
        product_id: str,
        *,
        name: str | None = None,
        description: str | None = None,
        active: bool | None = None,
        default_price: str | None = None,
        images: Sequence[str] | None = None,
        url: str | None = None,
        unit_label: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Product:
        """Change a product; an empty text clears a field.

        https://docs.stripe.com/api/products/update

        Args:
            product_id: Which.
            name: What customers read.
            description: What customers read beneath it.
            active: Whether it can be bought.
            default_price: The price that is shown first.
            images: Addresses of up to 8 pictures.
            url: A page about it.
            unit_label: What one is called.
            metadata: Keys to set; a key with an empty value is removed, the others stay.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> p.stripe.products.update(product.id, name="Gold Plan").name
            'Gold Plan'
        """
        fields = changes(
            name=name,
            description=description,
            active=active,
            default_price=default_price,
            images=names(images, "images"),
            url=url,
            unit_label=unit_label,
            metadata=noted(metadata),
        )
        path = f"/v1/products/{ident(product_id, 'product')}"
        return Product.model_validate_json(await self.fetch("post", path, fields, key=idempotency_key))

    @operation(KEYED)
    async def archive(self, product_id: str, *, idempotency_key: str | None = None) -> Product:
        """Take a product out of sale; subscriptions to it go on. `update(…, active=True)` brings it back.

        https://docs.stripe.com/products-prices/manage-prices#archive-product

        Args:
            product_id: Which.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> p.stripe.products.archive(product.id).active
            False
        """
        path = f"/v1/products/{ident(product_id, 'product')}"
        return Product.model_validate_json(await self.fetch("post", path, {"active": False}, key=idempotency_key))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        active: bool | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Product, Cursor]:
        """The products, newest first.

        https://docs.stripe.com/api/products/list

        Args:
            active: Only those in sale, or only those that are not.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> [found.name for found in p.stripe.products.list(active=True)]
            ['Premium Plan']
        """
        fields = given(active=active, created=created(since, until))
        return await self.fetch_page(Product, cursor, "/v1/products", fields)


class Prices(StripeResource[M]):
    """`p.stripe.prices`: what products cost, once or regularly."""

    @operation(KEYED)
    async def create(
        self,
        *,
        product: str,
        unit_amount: int | Money,
        currency: str | None = None,
        interval: Interval | None = None,
        interval_count: int | None = None,
        nickname: str | None = None,
        lookup_key: str | None = None,
        tax_behavior: TaxBehavior | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Price:
        """Make a price. What it costs can never be changed: archive it and make another.

        https://docs.stripe.com/api/prices/create

        Args:
            product: What is sold.
            unit_amount: What one costs, in the currency's smallest unit; or `Money`.
            currency: Three letters; not with `Money`.
            interval: How often it is due; a one-time price by default.
            interval_count: Every so many intervals.
            nickname: A note for yourself.
            lookup_key: A name by which your code finds it.
            tax_behavior: Whether it includes taxes.
            metadata: Notes of your own.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur", interval="month")
            >>> str(price.money), price.recurring.interval
            ('20.00 EUR', 'month')
        """
        if interval is None and interval_count is not None:
            raise InvalidRequestError("interval_count counts intervals: give interval='month' too.")
        cost = priced(unit_amount, currency, least=0)
        often = given(
            interval=choice(interval, Interval, "interval"),
            interval_count=whole(interval_count, "interval_count", least=1),
        )
        fields = given(
            product=text(product, "product"),
            unit_amount=cost["amount"],
            currency=cost["currency"],
            recurring=often or None,
            nickname=nickname,
            lookup_key=lookup_key,
            tax_behavior=choice(tax_behavior, TaxBehavior, "tax_behavior"),
            metadata=noted(metadata),
        )
        return Price.model_validate_json(await self.fetch("post", "/v1/prices", fields, key=idempotency_key))

    @operation(SAFE)
    async def get(self, price_id: str) -> Price:
        """One price.

        https://docs.stripe.com/api/prices/retrieve

        Args:
            price_id: Such as ``"price_1MoBy5LkdIwHu7ixZhnattbh"``.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur")
            >>> p.stripe.prices.get(price.id).type
            'one_time'
        """
        return Price.model_validate_json(await self.fetch("get", f"/v1/prices/{ident(price_id, 'price')}"))

    @operation(KEYED)
    async def update(
        self,
        price_id: str,
        *,
        active: bool | None = None,
        nickname: str | None = None,
        lookup_key: str | None = None,
        metadata: Metadata | None = None,
        idempotency_key: str | None = None,
    ) -> Price:
        """Change what is noted of a price; what it costs can never be changed.

        https://docs.stripe.com/api/prices/update

        Args:
            price_id: Which.
            active: Whether it can be bought.
            nickname: A note for yourself.
            lookup_key: A name by which your code finds it.
            metadata: Keys to set; a key with an empty value is removed, the others stay.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur")
            >>> p.stripe.prices.update(price.id, nickname="2026").nickname
            '2026'
        """
        fields = changes(active=active, nickname=nickname, lookup_key=lookup_key, metadata=noted(metadata))
        path = f"/v1/prices/{ident(price_id, 'price')}"
        return Price.model_validate_json(await self.fetch("post", path, fields, key=idempotency_key))

    @operation(KEYED)
    async def archive(self, price_id: str, *, idempotency_key: str | None = None) -> Price:
        """Take a price out of sale; subscriptions at it go on. `update(…, active=True)` brings it back.

        https://docs.stripe.com/products-prices/manage-prices#archive-price

        Args:
            price_id: Which.
            idempotency_key: A key of your own.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur")
            >>> p.stripe.prices.archive(price.id).active
            False
        """
        path = f"/v1/prices/{ident(price_id, 'price')}"
        return Price.model_validate_json(await self.fetch("post", path, {"active": False}, key=idempotency_key))

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        product: str | None = None,
        active: bool | None = None,
        currency: str | None = None,
        type: PriceType | None = None,  # noqa: A002 -- Stripe's word
        lookup_keys: Sequence[str] | None = None,
        since: datetime | None = None,
        until: datetime | None = None,
    ) -> Page[Price, Cursor]:
        """The prices, newest first.

        https://docs.stripe.com/api/prices/list

        Args:
            product: Only those of this product.
            active: Only those in sale, or only those that are not.
            currency: Only those in this currency.
            type: Only one-time or only recurring ones.
            lookup_keys: Only those with one of these names.
            since: Only those made at or after this moment.
            until: Only those made before this moment.

        Example:
            >>> product = p.stripe.products.create(name="Premium Plan")
            >>> price = p.stripe.prices.create(product=product.id, unit_amount=2000, currency="eur")
            >>> [found.unit_amount for found in p.stripe.prices.list(product=product.id)]
            [2000]
        """
        fields = given(
            product=product,
            active=active,
            currency=currency,
            type=choice(type, PriceType, "type"),
            lookup_keys=names(lookup_keys, "lookup_keys"),
            created=created(since, until),
        )
        return await self.fetch_page(Price, cursor, "/v1/prices", fields)
