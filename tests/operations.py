"""Every operation of a client, found by walking its groups; they are imported when they are asked for, as for a caller."""

import functools
from typing import Any

from unifykit._core.client import Client
from unifykit._core.operation import Resource


def groups(client: type[Client[Any]]) -> dict[str, type[Resource[Any]]]:
    """The client's groups of operations by attribute."""
    bare: Any = client.__new__(client)
    names = [name for name, value in vars(client).items() if isinstance(value, functools.cached_property)]
    found = {name: getattr(bare, name) for name in names}
    return {name: type(group) for name, group in found.items() if isinstance(group, Resource)}


def described(client: type[Client[Any]]) -> list[Any]:
    """The descriptors of all operations."""
    classes = [client, *groups(client).values()]
    return [value for cls in classes for value in vars(cls).values() if hasattr(value, "safety")]
