"""Products and prices."""

from pydantic import Field

from unifykit._core.model import Model
from unifykit.providers.stripe.money import Money

from .thing import Id, Instant, Thing, money


class Product(Thing):
    """Something that is sold.

    https://docs.stripe.com/api/products/object
    """

    created: Instant | None = None
    updated: Instant | None = None
    name: str | None = None
    active: bool | None = None
    default_price: Id | None = None
    description: str | None = None
    images: tuple[str, ...] = ()
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    shippable: bool | None = None
    statement_descriptor: str | None = None
    unit_label: str | None = None
    url: str | None = None


class Recurring(Model):
    """How often a price is due: every `interval_count` days, weeks, months or years."""

    interval: str
    interval_count: int = 1
    usage_type: str | None = None


class Price(Thing):
    """What a product costs. `type`: one_time, recurring. `unit_amount` is None where it has fractions: see `unit_amount_decimal`.

    https://docs.stripe.com/api/prices/object
    """

    created: Instant | None = None
    active: bool | None = None
    currency: str | None = None
    product: Id | None = None
    type: str | None = None
    unit_amount: int | None = None
    unit_amount_decimal: str | None = None
    recurring: Recurring | None = None
    nickname: str | None = None
    lookup_key: str | None = None
    metadata: dict[str, str] = Field(default_factory=dict[str, str])
    tax_behavior: str | None = None
    billing_scheme: str | None = None

    @property
    def money(self) -> Money | None:
        """What one unit costs."""
        return money(self.unit_amount, self.currency)
