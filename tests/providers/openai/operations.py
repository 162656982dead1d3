"""Every operation of OpenAI's client, found by walking its classes."""

import functools
from typing import get_type_hints

from unifykit.providers.openai import OpenAI


def groups():
    """The client's groups of operations by attribute."""
    found = {}
    for name, value in vars(OpenAI).items():
        if isinstance(value, functools.cached_property):
            kind = get_type_hints(value.func)["return"]
            found[name] = getattr(kind, "__origin__", kind)
    return found


def described():
    """The descriptors of all operations."""
    return [value for cls in [OpenAI, *groups().values()] for value in vars(cls).values() if hasattr(value, "safety")]
