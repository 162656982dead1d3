"""Valid results with few fields given: a vendor's model may require dozens."""

import dataclasses
import inspect
import types
import typing
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar, Union
from uuid import UUID

from pydantic import BaseModel, SecretStr, ValidationError
from typing_extensions import is_typeddict

from unifykit.errors import InvalidRequestError
from unifykit.testing.shapes import told

__all__ = ["sample"]

T = TypeVar("T")

_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)

_PLAIN: Mapping[Any, Any] = {
    bool: False, int: 1, float: 1.0, bytes: b"", Decimal: Decimal(1), datetime: _MOMENT, date: _MOMENT.date(),
    timedelta: timedelta(seconds=1), SecretStr: SecretStr("secret"), Path: Path("sample"), UUID: UUID(int=1),
    Any: None, object: None, type(None): None,
}  # fmt: skip

_EMPTY: Mapping[Any, Any] = {
    Sequence: (), Collection: (), Iterable: (), tuple: (), list: [], Mapping: {}, dict: {}, set: set(),
    frozenset: frozenset(),
}  # fmt: skip

_TEXTS: Mapping[str, str] = {
    "email": "ada@example.com", "url": "https://example.com/", "uri": "https://example.com/", "sha": "1" * 40,
    "currency": "eur", "date": "2026-01-01", "at": "2026-01-01T00:00:00Z",
}  # fmt: skip
"""Texts by the last word of the field's name."""


def sample(model: type[T], /, **fields: Any) -> T:
    """A valid instance of a result: the fields that are given, and plausible values for those that are required beside them.

    Args:
        model: A model or dataclass, such as ``Customer`` of `unifykit.providers.stripe.models`.
        fields: Its fields, by the names that the instance has; a dict for a nested model has the fields of that which matter.

    Raises:
        InvalidRequestError: It has no such field, a value does not fit, or a required field of it must be given.

    Example:
        >>> from unifykit.providers.stripe.models import Customer
        >>> from unifykit.testing import sample
        >>> customer = sample(Customer, email="ada@example.com")
        >>> customer.email, customer.id
        ('ada@example.com', 'customer_1')
    """
    known = dict(_fields(model))
    unknown = sorted(set(fields) - set(known))
    if unknown:
        raise InvalidRequestError(f"{model.__name__} has no field {', '.join(unknown)}: it has {', '.join(known)}.")
    values = {
        name: _value(hint, name, model) for name, (hint, needed) in known.items() if needed and name not in fields
    }
    return _made(model, {**values, **{name: _filled(known[name][0], value) for name, value in fields.items()}})


def _made(model: type[T], values: dict[str, Any]) -> T:
    try:
        return (
            model.model_validate(values, by_alias=True, by_name=True)
            if issubclass(model, BaseModel)
            else model(**values)
        )
    except ValidationError as error:
        places = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise InvalidRequestError(f"sample({model.__name__}) needs other values of: {', '.join(places)}.") from error


def _fields(model: Any) -> Iterator[tuple[str, tuple[Any, bool]]]:
    """The fields' types, and whether an instance must have them."""
    if issubclass(model, BaseModel):
        for name, info in model.model_fields.items():
            told = info.annotation if not info.metadata else Annotated[info.annotation, *info.metadata]
            yield name, (told, info.is_required())
    elif dataclasses.is_dataclass(model):
        hints = typing.get_type_hints(model)
        for field in dataclasses.fields(model):
            missing = field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
            yield field.name, (hints[field.name], missing and field.init)
    else:
        raise InvalidRequestError(f"sample(…) makes models and dataclasses; build {model!r} yourself.")


def _value(hint: Any, name: str, owner: Any) -> Any:
    """A value of a type, under this name in its owner."""
    if hint is str:
        return _text(name, owner)
    if hint in _PLAIN:
        return _PLAIN[hint]
    if inspect.isclass(hint) and typing.get_origin(hint) is None:
        return _of_class(hint, name)
    return _generic(hint, name, owner)


def _of_class(hint: Any, name: str) -> Any:
    if issubclass(hint, Enum):
        return next(iter(hint))
    if is_typeddict(hint):
        return {key: _value(kind, key, hint) for key, kind in typing.get_type_hints(hint).items()}
    if _is_record(hint):
        return sample(hint)
    if any(issubclass(hint, kind) for kind in _EMPTY):
        return hint()
    raise _unknown(hint, name)


def _unknown(hint: Any, name: str) -> InvalidRequestError:
    return InvalidRequestError(f"sample(…) makes no {told(hint)}: give {name}=….")


def _is_record(hint: Any) -> bool:
    return inspect.isclass(hint) and (issubclass(hint, BaseModel) or dataclasses.is_dataclass(hint))


def _generic(hint: Any, name: str, owner: Any) -> Any:
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, TypeVar):
        return None
    if _is_record(origin):
        return sample(origin)
    if origin is Annotated:
        return _within(args[0], args[1:], name, owner)
    if origin in (Literal, Union, types.UnionType):
        return _one_of(origin, args, name, owner)
    if origin is tuple and args[-1:] != (...,):
        return tuple(_value(arg, name, owner) for arg in args)
    if origin not in _EMPTY:
        raise _unknown(hint, name)
    return _EMPTY[origin]


def _one_of(origin: Any, args: tuple[Any, ...], name: str, owner: Any) -> Any:
    if origin is Literal:
        return args[0]
    return None if type(None) in args else _value(args[0], name, owner)


def _within(hint: Any, limits: Sequence[Any], name: str, owner: Any) -> Any:
    """A value of a type that must have some items."""
    least = max([0, *(getattr(limit, "min_length", 0) for limit in limits)])
    found = _value(hint, name, owner)
    if not least or isinstance(found, str):
        return found
    return [_value(typing.get_args(hint)[0], name, owner)] * least


def _filled(hint: Any, value: Any) -> Any:
    """A value with every dict in it that stands for a model made one."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        return _filled(args[0], value)
    if origin in (Union, types.UnionType):
        return _filled(next((arg for arg in args if _is_record(arg) or typing.get_args(arg)), None), value)
    kind: Any = value.__class__
    if kind in (list, tuple) and args and inspect.isclass(origin) and issubclass(origin, Sequence):
        return [_filled(args[0], item) for item in value]
    made = origin or hint
    return sample(made, **value) if kind is dict and _is_record(made) else value


def _text(name: str, owner: Any) -> str:
    word = name.rpartition("_")[2]
    return f"{owner.__name__.lower()}_1" if word == "id" else _TEXTS.get(word, name)
