"""Every operation of Stripe's client, found by walking its classes."""

import functools
from typing import Any, get_type_hints

from unifykit._core.operation import Resource
from unifykit.providers.stripe import Stripe


def groups() -> dict[str, type[Resource[Any]]]:
    """The client's groups of operations by attribute."""
    found = {}
    for name, value in vars(Stripe).items():
        if isinstance(value, functools.cached_property):
            kind = get_type_hints(value.func)["return"]
            found[name] = getattr(kind, "__origin__", kind)
    return found


def described() -> list[Any]:
    """The descriptors of all operations."""
    classes = [Stripe, *groups().values()]
    return [value for cls in classes for value in vars(cls).values() if hasattr(value, "safety")]
