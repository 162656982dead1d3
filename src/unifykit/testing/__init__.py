"""Help for testing an application: time that passes without waiting."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unifykit.testing.clock import VirtualClock

_HOME = {
    "VirtualClock": "clock",
}

__all__ = [
    "VirtualClock",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'unifykit.testing' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"unifykit.testing.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
