"""What type checkers make of the testing kit: mypy and pyright read this, nothing runs it."""

from typing import assert_type

from unifykit import AsyncPlatforms, Platforms
from unifykit.providers.stripe.models import Customer
from unifykit.testing import AsyncFakePlatforms, Call, FakePlatforms, Prepared, sample


def application(p: Platforms) -> str | None:
    return p.stripe.customers.get("cus_1").email


async def async_application(p: AsyncPlatforms) -> str | None:
    return (await p.stripe.customers.get("cus_1")).email


async def doubles_are_the_real_types() -> None:
    fake, async_fake = FakePlatforms(), AsyncFakePlatforms()
    assert_type(application(fake), str | None)
    assert_type(await async_application(async_fake), str | None)
    assert_type(fake.stripe.customers.get("cus_1"), Customer)
    assert_type(await async_fake.stripe.customers.get("cus_1"), Customer)
    assert_type(fake.when("stripe.customers.get", "cus_1").returns(sample(Customer)), Prepared)
    assert_type(fake.when(fake.stripe.customers.get), Prepared)
    assert_type(fake.calls("stripe.customers.get"), list[Call])
    assert_type(sample(Customer, email="ada@example.com"), Customer)
