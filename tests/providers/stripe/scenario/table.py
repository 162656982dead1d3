"""The steps by name."""

from collections.abc import Callable
from typing import Any

STEPS: dict[str, Callable[[Any], None]] = {}


def step(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    """Put a step into the table. What follows a colon tells the steps of one operation from each other."""

    def keep(body: Callable[[Any], None]) -> Callable[[Any], None]:
        STEPS[name] = body
        return body

    return keep
