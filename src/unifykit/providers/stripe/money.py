"""Amounts of money as Stripe counts them: whole numbers of a currency's smallest unit."""

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Self

from unifykit.errors import InvalidRequestError

_ZERO = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
_THREE = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
_WHOLE = frozenset(["isk", "ugx"])  # written with two decimals, which must be zero
_LETTERS = 3


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency.

    https://docs.stripe.com/currencies#zero-decimal, https://docs.stripe.com/currencies#three-decimal

    Attributes:
        amount: In the currency's smallest unit: cents, or yen.
        currency: Three letters; kept in lower case, as Stripe writes it.

    Example:
        >>> from unifykit.providers.stripe import Money
        >>> str(Money(1999, "eur")), str(Money(500, "jpy")), str(Money(5120, "kwd"))
        ('19.99 EUR', '500 JPY', '5.120 KWD')
        >>> Money.from_decimal("19.99", "eur").amount
        1999
    """

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount, bool) or not isinstance(self.amount, int):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise InvalidRequestError(
                f"{self.amount!r} is no amount: give a whole number of the smallest unit, such as 1999 for 19.99 EUR, "
                "or use Money.from_decimal('19.99', 'eur')."
            )
        # Stripe also counts what is no currency of a state, such as usdc: what it sends is taken as it is.
        object.__setattr__(self, "currency", self.currency.lower())

    @classmethod
    def from_decimal(cls, value: Decimal | str | int, currency: str) -> Self:
        """Money from an amount as people write it.

        Args:
            value: In the currency's main unit, such as ``"19.99"``. A float is refused: it cannot hold 19.99.
            currency: Three letters.

        Raises:
            InvalidRequestError: It is no number, or finer than the currency's smallest unit.
        """
        if isinstance(value, float | bool):
            raise InvalidRequestError(
                f"{value!r} may not be what was meant: give a text or a Decimal, such as '19.99'."
            )
        code = currency_code(currency)
        try:
            exact = Decimal(value).scaleb(decimals(code))
        except InvalidOperation:
            raise InvalidRequestError(f"{value!r} is no number: give a text such as '19.99'.") from None
        if not exact.is_finite() or exact % _step(code):
            raise InvalidRequestError(f"{value!r} is finer than what can be charged in {code.upper()}.")
        return cls(int(exact), code)

    @property
    def decimal(self) -> Decimal:
        """The amount in the currency's main unit."""
        return Decimal(self.amount).scaleb(-decimals(self.currency))

    def __str__(self) -> str:
        return f"{self.decimal:.{decimals(self.currency)}f} {self.currency.upper()}"

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other).amount, self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other).amount, self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def _same(self, other: "Money") -> "Money":
        if other.currency != self.currency:
            raise InvalidRequestError(f"{self} and {other} are in different currencies.")
        return other


def decimals(currency: str) -> int:
    """How many decimals a currency has at Stripe."""
    return 0 if currency in _ZERO else 3 if currency in _THREE else 2


def currency_code(currency: str) -> str:
    """A currency's code in lower case."""
    code = currency.lower()
    if len(code) != _LETTERS or not (code.isascii() and code.isalpha()):
        raise InvalidRequestError(f"{currency!r} is no currency: give its three letters, such as 'eur'.")
    return code


def _step(currency: str) -> int:
    """What an amount must be a multiple of.

    https://docs.stripe.com/currencies#special-cases
    """
    return 100 if currency in _WHOLE else 10 if currency in _THREE else 1
