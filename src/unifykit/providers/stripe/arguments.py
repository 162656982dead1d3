"""What callers give, refused before the network if Stripe could not mean it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, TypedDict
from urllib.parse import quote

from unifykit._core.arguments import given
from unifykit.errors import InvalidRequestError
from unifykit.providers.stripe.money import Money, currency_code

_MOST_KEYS, _LONGEST_KEY, _LONGEST_VALUE = 50, 40, 500
_LONGEST_IDEMPOTENCY_KEY = 255

Metadata = Mapping[str, str]
"""Notes of one's own. An empty value removes its key.

https://docs.stripe.com/api/metadata
"""


class Address(TypedDict, total=False):
    """An address. `country` has two letters."""

    line1: str
    line2: str
    city: str
    postal_code: str
    state: str
    country: str


class Shipping(TypedDict, total=False):
    """Where to ship to."""

    name: str
    phone: str
    address: Address
    carrier: str
    tracking_number: str


def ident(value: str, what: str) -> str:
    """An id as one segment of a path."""
    if not value or not value.strip() or value in (".", ".."):
        raise InvalidRequestError(f"{value!r} is no {what}: give its id.")
    return quote(value, safe="")


def names(values: Sequence[str] | None, what: str) -> list[str] | None:
    """Several texts; a bare string, which is a sequence of letters, is not meant."""
    if isinstance(values, str):
        raise InvalidRequestError(f"{what} takes several values: give [{values!r}].")
    return None if values is None else list(values)


def priced(amount: int | Money, currency: str | None, *, least: int | None = 1) -> dict[str, Any]:
    """Amount and currency, given as two or as `Money`."""
    if isinstance(amount, Money):
        if currency is not None and currency_code(currency) != amount.currency:
            raise InvalidRequestError(f"{amount} is not in {currency!r}: leave currency out.")
        money = Money(amount.amount, currency_code(amount.currency))
    elif currency is None:
        raise InvalidRequestError("the currency is missing: give currency='eur', or an amount of Money(1999, 'eur').")
    else:
        money = Money(amount, currency_code(currency))
    return {"amount": whole(money.amount, "amount", least=least), "currency": money.currency}


def part(amount: int | Money | None, what: str) -> int | None:
    """A part of a payment, whose currency Stripe knows."""
    return whole(amount.amount if isinstance(amount, Money) else amount, what, least=1)


def whole(value: int | None, what: str, *, least: int | None = 0) -> int | None:
    """A whole number, not below `least`."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int):  # pyright: ignore[reportUnnecessaryIsInstance]
        raise InvalidRequestError(
            f"{what}={value!r} is no whole number; amounts are counted in the currency's smallest unit."
        )
    if least is not None and value < least:
        raise InvalidRequestError(f"{what}={value} is too small: the least is {least}.")
    return value


def noted(metadata: Metadata | None) -> Metadata | None:
    """Metadata within Stripe's limits."""
    if metadata is None:
        return None
    if len(metadata) > _MOST_KEYS:
        raise InvalidRequestError(f"metadata has {len(metadata)} keys; Stripe keeps {_MOST_KEYS}.")
    for key, value in metadata.items():
        if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequestError(f"metadata[{key!r}] is {value!r}: Stripe keeps texts.")
        if not 1 <= len(key) <= _LONGEST_KEY or {"[", "]"} & set(key) or len(value) > _LONGEST_VALUE:
            raise InvalidRequestError(
                f"metadata[{key!r}] does not fit: a key has up to {_LONGEST_KEY} characters and no brackets, a value up to "
                f"{_LONGEST_VALUE}."
            )
    return dict(metadata)


def epoch(moment: datetime | None, what: str) -> int | None:
    """A moment as Stripe counts it; a naive one is refused because its zone is not known."""
    if moment is None:
        return None
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{what} has no time zone: give datetime(..., tzinfo=UTC).")
    return int(moment.timestamp())


def created(since: datetime | None, until: datetime | None) -> dict[str, int] | None:
    """The filter by the moment of creation."""
    return given(gte=epoch(since, "since"), lt=epoch(until, "until")) or None


def idempotency(key: str | None) -> str | None:
    """A key of the caller's own, which a second call with the same arguments, even of another process, may repeat."""
    if key is None:
        return None
    if not 1 <= len(key.strip()) <= _LONGEST_IDEMPOTENCY_KEY or not (key.isascii() and key.isprintable()):
        raise InvalidRequestError(
            f"an idempotency_key has 1 to {_LONGEST_IDEMPOTENCY_KEY} ASCII characters that can be seen: it is sent in a header."
        )
    return key


def filters(params: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a list is narrowed by: an empty id, which Stripe takes for none, would give everybody's."""
    for name, value in params.items():
        if isinstance(value, str) and not value.strip():
            raise InvalidRequestError(f"{name} is empty: give it a value, or leave it out.")
    return params
