"""Amounts in the smallest unit, in every kind of currency."""

from decimal import Decimal

import pytest

from unifykit import InvalidRequestError
from unifykit.providers.stripe import Money


@pytest.mark.parametrize(
    ("value", "currency", "amount", "text"),
    [
        ("19.99", "eur", 1999, "19.99 EUR"),
        ("0.05", "USD", 5, "0.05 USD"),
        ("-1.50", "gbp", -150, "-1.50 GBP"),
        (7, "chf", 700, "7.00 CHF"),
        ("500", "jpy", 500, "500 JPY"),
        ("1000", "xof", 1000, "1000 XOF"),
        ("5.12", "kwd", 5120, "5.120 KWD"),
        (Decimal("1.230"), "bhd", 1230, "1.230 BHD"),
        ("5", "ugx", 500, "5.00 UGX"),
        ("10", "isk", 1000, "10.00 ISK"),
        ("123456789012345678.90", "eur", 12345678901234567890, "123456789012345678.90 EUR"),
    ],
)
def test_there_and_back(value, currency, amount, text):
    money = Money.from_decimal(value, currency)
    assert (money.amount, str(money)) == (amount, text)
    assert Money.from_decimal(money.decimal, currency) == money


@pytest.mark.parametrize(
    ("value", "currency"),
    [
        ("1.999", "eur"), ("0.5", "jpy"), ("5.124", "kwd"), ("5.5", "ugx"), ("abc", "eur"), ("NaN", "eur"),
        ("Infinity", "eur"), (1.5, "eur"), (True, "eur"), ("1", "euro"), ("1", "€"), ("", "eur"),
    ],
)  # fmt: skip
def test_what_cannot_be_charged_is_refused(value, currency):
    with pytest.raises(InvalidRequestError):
        Money.from_decimal(value, currency)


@pytest.mark.parametrize("amount", [1.5, "5", None, True])
def test_amounts_are_whole_numbers(amount):
    with pytest.raises(InvalidRequestError):
        Money(amount, "eur")


def test_what_stripe_counts_without_a_state_is_taken_as_it_is():
    assert str(Money(150, "USDC")) == "1.50 USDC"


def test_sums_stay_in_one_currency():
    assert Money(5, "eur") + Money(7, "EUR") - Money(2, "eur") == Money(10, "eur")
    assert Money(5, "eur") * 3 == -Money(-15, "eur")
    with pytest.raises(InvalidRequestError):
        Money(5, "eur") + Money(5, "usd")
