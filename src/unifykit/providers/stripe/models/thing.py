"""What every object of Stripe's has."""

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from unifykit._core.model import Model
from unifykit.providers.stripe.money import Money


def _moment(value: Any) -> Any:
    return datetime.fromtimestamp(value, UTC) if isinstance(value, int) and not isinstance(value, bool) else value


def id_of(value: Any) -> Any:
    """The id of what may have been expanded."""
    return value.get("id") if isinstance(value, dict) else value  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


Instant = Annotated[
    datetime, BeforeValidator(_moment), PlainSerializer(lambda moment: int(moment.timestamp()), when_used="json")
]
"""An aware moment, of epoch seconds."""

Id = Annotated[str, BeforeValidator(id_of)]
"""The id of another object; of one that was expanded, its id."""


class Thing(Model):
    """An object with an id; `object` says which kind it is.

    `raw` has every field under Stripe's name, those that the model does not name too.
    """

    id: str
    object: str
    livemode: bool | None = None


class Deleted(Thing):
    """What is left of something deleted.

    https://docs.stripe.com/api/customers/delete
    """

    deleted: bool = True


def money(amount: int | None, currency: str | None) -> Money | None:
    """An amount that may be missing."""
    return None if amount is None or currency is None else Money(amount, currency)
