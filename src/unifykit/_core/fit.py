"""Whether what a caller gave is of the type that the signature asks for.

A wrong value is not always noticed on its way: a platform is asked for the text of an object, or a test for a missing
method says nothing about the argument. What a body says of its own arguments is more to the point, and goes first.
"""

import functools
import inspect
import math
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, is_typeddict

from unifykit.errors import InvalidRequestError

Rule = tuple[frozenset[type], Any, Any]
"""The types that fit without a further look, the annotation, and the default."""

_TOLD = {str: "a text", int: "a whole number", float: "a finite number", bool: "True or False", bytes: "bytes", datetime: "a datetime", date: "a date"}  # fmt: skip
_AT_SIGHT = {str: str, int: int, bool: bool, bytes: bytes, datetime: datetime, type(None): type(None)}
_UNIONS = (Union, types.UnionType)


def rules(body: Callable[..., Any], skip: int) -> dict[str, Rule]:
    """What each parameter takes, in order, without the first `skip`; what an annotation does not say is left out of it."""
    scope = getattr(body, "__globals__", {})
    parameters = list(inspect.signature(body).parameters.values())[skip:]
    return {_name(one): _rule(_resolved(one.annotation, scope), one.default) for one in parameters}


def _name(parameter: inspect.Parameter) -> str:
    return f"*{parameter.name}" if parameter.kind is parameter.VAR_POSITIONAL else parameter.name


def misfit(rules: Mapping[str, Rule], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> InvalidRequestError | None:
    """The error for the first argument that is of no type that its parameter takes, or None."""
    for name, value in (*(_named(rules, args) if args else ()), *kwargs.items()):
        found = rules.get(name)
        if found is None or type(value) in found[0] or value is found[2] or _fits(value, found[1]):
            continue
        return InvalidRequestError(f"{name.lstrip('*')} is {_shown(value, found[1])}: give {_told(found[1])}.")
    return None


def _named(rules: Mapping[str, Rule], args: tuple[Any, ...]) -> Iterator[tuple[str, Any]]:
    names, name = iter(rules), ""
    for value in args:
        name = name if name.startswith("*") else next(names, "")
        yield name, value


def _rule(hint: Any, default: Any) -> Rule:
    return _at_sight(hint), hint, default


@functools.cache
def _at_sight(hint: Any) -> frozenset[type]:
    found: set[type] = {_AT_SIGHT[arm] for arm in _arms(hint) if arm in _AT_SIGHT}
    if any(get_origin(arm) is Mapping and get_args(arm)[-1] is Any for arm in _arms(hint)):
        found.add(dict)
    return frozenset(found)


def _resolved(hint: Any, scope: dict[str, Any]) -> Any:
    if not isinstance(hint, str):
        return hint
    with suppress(Exception):  # a name that only the type checker knows
        return eval(hint, scope)  # noqa: S307  # our own annotation
    return Any


def _fits(value: Any, hint: Any) -> bool:
    origin = get_origin(hint)
    if origin in _UNIONS:
        return any(_fits(value, arm) for arm in get_args(hint))
    if origin is Literal:
        return any(type(value) is type(word) and value == word for word in get_args(hint))
    if hint is float:
        return _finite(value)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return _contains(value, hint, origin) if origin is not None else _is(value, hint)


def _finite(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    with suppress(OverflowError):  # a whole number larger than any float
        return math.isfinite(value)
    return False


def _contains(value: Any, hint: Any, origin: Any) -> bool:
    given = value  # whose type no look at it narrows
    if origin is type:
        return isinstance(value, type) or get_origin(value) is not None or hasattr(value, "__value__")
    if not isinstance(origin, type):
        return True
    if issubclass(origin, Mapping):
        return isinstance(value, Mapping) and _all_fit(given.values(), get_args(hint)[-1])
    if not issubclass(origin, Iterable):
        return isinstance(value, origin)
    return _holds(value, cast("Any", origin), get_args(hint))


def _holds(value: Any, origin: type, hints: tuple[Any, ...]) -> bool:
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        return False
    if not isinstance(value, list | tuple | set | frozenset):
        return True  # to look at what a generator makes would use it up
    elements = cast("Collection[Any]", value)
    if issubclass(origin, tuple) and ... not in hints:
        return len(elements) == len(hints) and all(map(_fits, elements, hints))
    return _all_fit(elements, hints[0])


def _all_fit(values: Iterable[Any], hint: Any) -> bool:
    known = _at_sight(hint)
    return hint is Any or all(type(one) in known or _fits(one, hint) for one in values)


def _is(value: Any, hint: Any) -> bool:
    if is_typeddict(hint):
        return isinstance(value, Mapping)
    if hint is None:
        return value is None
    if not isinstance(hint, type) or hint is inspect.Parameter.empty or hint.__module__ == "typing":
        return True
    with suppress(TypeError):  # a protocol that cannot be asked
        return isinstance(value, hint)
    return True


def _shown(value: Any, hint: Any) -> str:
    """What is wrong with it, without what may be a secret."""
    kind = cast("Any", type(value))
    if kind is float and float in _arms(hint):
        return repr(value)
    if kind is str and any(get_origin(arm) is Literal for arm in _arms(hint)):
        return repr(value[:80])
    if kind in (list, tuple, set, frozenset, dict) and any(map(get_origin, _arms(hint))):
        return f"a {kind.__name__} of something else"
    return "None" if value is None else f"of type {kind.__name__}"


def _arms(hint: Any) -> tuple[Any, ...]:
    return get_args(hint) if get_origin(hint) in _UNIONS else (hint,)


def _told(hint: Any) -> str:
    return " or ".join(dict.fromkeys(_words(arm) for arm in _arms(hint) if arm is not type(None)))


def _words(hint: Any) -> str:
    origin = get_origin(hint)
    if origin is Literal:
        return f"one of {', '.join(map(repr, get_args(hint)))}"
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return "a mapping"
    if isinstance(origin, type) and issubclass(origin, Iterable) and get_args(hint):
        return f"a list of {_plural(get_args(hint)[0])}"
    return _TOLD.get(hint) or f"a {getattr(cast('Any', origin or hint), '__name__', hint)}"


def _plural(hint: Any) -> str:
    known = {str: "texts", int: "whole numbers", float: "finite numbers"}
    return known.get(hint) or ("values" if isinstance(hint, TypeVar) else _words(hint).removeprefix("a "))
