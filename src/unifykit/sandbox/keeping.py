"""What the counterparts remember, as bytes: pickles that hold the sandbox's own records and nothing else.

A pickle can name any function there is; what is read back here may name the records, so that a file from elsewhere
starts nothing.
"""

import dataclasses
import functools
import importlib
import io
import itertools
import pickle
import types
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any, cast

from unifykit.errors import ConfigurationError

_OURS = "unifykit.sandbox."
_FOREIGN = "this is not a state that this version of the sandbox kept"
_KNOWN: dict[tuple[str, str], Any] = {
    (known.__module__, known.__qualname__): known
    for known in (
        datetime, date, timedelta, timezone, functools.partial, itertools.count,
        set, frozenset, bytearray, dict,
    )
}  # fmt: skip
_CONFIGURED = frozenset({"clock", "pace", "queries", "writes", "quota", "account", "organization", "request"})
"""What a new app has already, and keeps: its clock, its limits, its name."""


def kept(worlds: Iterable[Any]) -> bytes:
    """What these records hold, as bytes."""
    held = [{name: value for name, value in _fields(world).items() if name not in _CONFIGURED} for world in worlds]
    return dumped(held)


def give_back(worlds: Iterable[Any], data: bytes) -> None:
    """Put what `kept` gave into the records of a new app.

    Raises:
        ConfigurationError: It is not that, or another version's.
    """
    try:
        held = loaded(data)
        pairs = list(zip(worlds, held, strict=True))
        wrong = [fields.keys() for world, fields in pairs if set(_fields(world)) - _CONFIGURED != set(fields)]
    except Exception as error:
        raise ConfigurationError(f"{_FOREIGN} ({type(error).__name__}: {error}).") from error
    if wrong:
        raise ConfigurationError(f"{_FOREIGN}: it has {', '.join(sorted(wrong[0]))}.")
    for world, fields in pairs:
        _fields(world).update(fields)


def _fields(world: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", vars(world))


def dumped(value: Any) -> bytes:
    """A value as bytes."""
    into = io.BytesIO()
    pickler = pickle.Pickler(into, protocol=5)
    pickler.dispatch_table = {itertools.count: _counted, types.MappingProxyType: _mapped}
    pickler.dump(value)
    return into.getvalue()


def loaded(data: bytes) -> Any:
    """The value that `dumped` was given."""
    return _Reader(io.BytesIO(data)).load()


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """A record of ours, or one of the few other types that records hold."""
        known = _KNOWN.get((module, name))
        if known is not None:
            return known
        if module.startswith(_OURS) and "." not in name:
            found = getattr(importlib.import_module(module), name)
            ours: bool = getattr(found, "__module__", "") == module
            if ours and (dataclasses.is_dataclass(found) or getattr(found, "__kept__", False)):
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is no record of the sandbox")


def _counted(series: "itertools.count[int]") -> tuple[Any, tuple[int, ...]]:
    # Python 3.14 no longer pickles it by itself; what it says of itself is count(5).
    return itertools.count, (int(repr(series)[6:-1].split(",")[0]),)


def _mapped(mapping: "types.MappingProxyType[Any, Any]") -> tuple[Any, tuple[Mapping[Any, Any]]]:
    return dict, (dict(mapping),)
