"""Help for testing an application: doubles, samples of results, time that passes without waiting, fixtures for pytest."""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from unifykit.testing.answers import Call, Prepared
    from unifykit.testing.cassettes import Cassette, CassetteError, NotRecordedError, SecretInCassetteError
    from unifykit.testing.clock import VirtualClock
    from unifykit.testing.fakes import AsyncFakePlatforms, FakePlatforms
    from unifykit.testing.samples import sample
    from unifykit.testing.shapes import AnswerError

_HOME = {
    "AnswerError": "shapes",
    "AsyncFakePlatforms": "fakes",
    "Call": "answers",
    "Cassette": "cassettes",
    "CassetteError": "cassettes",
    "FakePlatforms": "fakes",
    "NotRecordedError": "cassettes",
    "Prepared": "answers",
    "SecretInCassetteError": "cassettes",
    "VirtualClock": "clock",
    "sample": "samples",
}

__all__ = [
    "AnswerError",
    "AsyncFakePlatforms",
    "Call",
    "Cassette",
    "CassetteError",
    "FakePlatforms",
    "NotRecordedError",
    "Prepared",
    "SecretInCassetteError",
    "VirtualClock",
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
