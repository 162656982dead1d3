"""Help for testing an application: time that passes without waiting."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unifykit.testing.answers import Call, When
    from unifykit.testing.clock import VirtualClock
    from unifykit.testing.fakes import AsyncFakePlatforms, FakePlatforms
    from unifykit.testing.samples import sample
    from unifykit.testing.shapes import AnswerError

_HOME = {
    "AnswerError": "shapes",
    "AsyncFakePlatforms": "fakes",
    "Call": "answers",
    "FakePlatforms": "fakes",
    "VirtualClock": "clock",
    "When": "answers",
    "sample": "samples",
}

__all__ = [
    "AnswerError",
    "AsyncFakePlatforms",
    "Call",
    "FakePlatforms",
    "VirtualClock",
    "When",
    "sample",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'unifykit.testing' has no attribute {name!r}")
    found = getattr(importlib.import_module(f"unifykit.testing.{_HOME[name]}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
