"""A shop's price list: prices cached among all processes, computed once, orders taken once, and callers held to a rate.

    python examples/redis_cache.py

Settings come from the environment: REDIS_URL, or what `unifykit sandbox up` prints. `--async` runs the twin.
"""

import asyncio
import sys
from decimal import Decimal

from pydantic import BaseModel

from unifykit import AsyncPlatforms, Platforms, deadline


class Price(BaseModel):
    """What something costs."""

    article: str
    amount: Decimal


def look_up(article: str) -> Price:
    """Stand in for a slow computation."""
    print(f"looking up {article}")
    return Price(article=article, amount=Decimal("12.50"))


def shop() -> None:
    """Take an order twice; it is delivered once."""
    with Platforms() as p, deadline(30):
        prices = p.redis.cache.namespace("prices")
        for _ in range(2):  # the second time nothing is looked up, in whichever process
            price = prices.get_or_set("lamp", lambda: look_up("lamp"), ttl=300, into=Price)
        print(f"{price.article}: {price.amount}")

        for _ in range(2):  # a customer who clicks twice
            print(p.redis.idempotency.once("order-1", lambda: "delivered", ttl=3600))

        with p.redis.locks.acquire("stock", ttl=30) as lock:
            print(f"alone with the stock, fence {lock.fence > 0}")

        allowed = [p.redis.rate_limits.hit("customer-7", limit=3, period=60).allowed for _ in range(4)]
        print(f"allowed: {allowed}")


async def shop_async() -> None:
    """Do the same, awaited; ten callers at once share one computation."""

    async def look_up_async() -> Price:
        return look_up("lamp")

    async with AsyncPlatforms() as p:
        with deadline(30):
            prices = p.redis.cache.namespace("prices-async")
            found = await asyncio.gather(
                *(prices.get_or_set("lamp", look_up_async, ttl=300, into=Price) for _ in range(10))
            )
            print(f"{len(found)} callers, {len({price.amount for price in found})} price")
            async with p.redis.locks.acquire("stock", ttl=30) as lock:
                await lock.extend(ttl=60)
            print("done")


def main(arguments: list[str]) -> int:
    """Run one of them."""
    asyncio.run(shop_async()) if "--async" in arguments else shop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
