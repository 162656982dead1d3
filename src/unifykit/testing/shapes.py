"""What an operation takes and gives, as its own signature says."""

import builtins
import functools
import importlib
import inspect
import pkgutil
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, Literal, TypeVar, Union, cast

from unifykit._core.check import Checkup
from unifykit._core.held import Held
from unifykit._core.operation import Described, Paged, Resource
from unifykit._core.poller import Poller
from unifykit._core.stream import Piece, Streamed
from unifykit.platforms import PROVIDERS


class AnswerError(AssertionError):
    """A double has no answer to a call, or was given one that its operation cannot give."""


Kind = Literal["value", "list", "stream", "block", "poller"]


@functools.cache
def operations(provider: str) -> Mapping[str, Described]:
    """Every operation of a provider by the name that errors, events and logs give it: ``"stripe.customers.get"``."""
    package = importlib.import_module(f"unifykit.providers.{provider}")
    found: dict[str, Described] = {}
    for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        for thing in vars(importlib.import_module(info.name)).values():
            if inspect.isclass(thing) and issubclass(thing, Resource):
                own = [value for value in vars(cast("type", thing)).values() if isinstance(value, Described)]
                found |= {f"{provider}.{one.name}": one for one in own if not isinstance(one, Checkup)}
    return found


def find(name: str) -> "Shape":
    """The operation of this name.

    Raises:
        AnswerError: There is none; the text names those that look like it.
    """
    provider = name.partition(".")[0]
    known: Mapping[str, Described] = operations(provider) if provider in PROVIDERS else {}
    if name in known:
        return Shape(name, known[name])
    near = get_close_matches(name, known or [f"{one}." for one in PROVIDERS], n=3, cutoff=0.5)
    hint = f" Did you mean {' or '.join(near)}?" if near else " A name is a platform's, a group's and an operation's."
    raise AnswerError(f"there is no operation {name!r}.{hint}")


class Shape:
    """One operation: how it is called, and what it gives.

    Attributes:
        name: Such as ``"stripe.customers.get"``.
        kind: What it gives: a value, a list, a stream, a `with` block, or a poller.
        gives: The type of the value, or of the items of a list or stream.
        final: The type of a stream's end value; None where it has none.
    """

    def __init__(self, name: str, described: Described) -> None:
        self.name = name
        self.gives: Any
        self.final: Any
        self.gives, self.final = _gives(described, _returned(name.partition(".")[0], described.body))
        self.kind: Kind = _kind(described, self.gives)
        if self.kind == "poller":
            self.gives = typing.get_args(self.gives)[0]
        self.signature: inspect.Signature = signature(described)

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Arguments by name; some may be missing.

        Raises:
            AnswerError: The operation takes no such arguments.
        """
        try:
            return dict(self.signature.bind_partial(*args, **kwargs).arguments)
        except TypeError as error:
            raise AnswerError(f"{self.name} is called otherwise: {error}. It is {self.told}.") from None

    def check(self, value: Any, wanted: Any = None) -> Any:
        """The value, which is what the operation gives.

        Raises:
            AnswerError: It is of another type.
        """
        hint = self.gives if wanted is None else wanted
        if not fits(value, hint):
            text = f"{self.name} gives {told(hint)}, not {value!r}."
            raise AnswerError(f"{text} Make one with sample(…), or build it." if _is_model(hint) else text)
        return value

    @property
    def told(self) -> str:
        """How it is called."""
        return f"{self.name}({', '.join(map(str, self.signature.parameters.values()))})"


def signature(described: Described) -> inspect.Signature:
    """The signature that callers see: without `self`, and a list's without its cursor."""
    found = inspect.signature(described.body)
    hidden = 2 if isinstance(described, Paged) else 1
    return found.replace(parameters=list(found.parameters.values())[hidden:])


def _kind(described: Described, gives: Any) -> Kind:
    if isinstance(described, Paged):
        return "list"
    if isinstance(described, Streamed):
        return "stream"
    if isinstance(described, Held):
        return "block"
    return "poller" if typing.get_origin(gives) is Poller else "value"


def _gives(described: Described, hint: Any) -> tuple[Any, Any]:
    """The type of a value or an item, and of a stream's end value."""
    if not isinstance(described, Paged | Streamed | Held) or hint is Any:
        return hint, None
    inner = typing.get_args(hint)[0]
    if typing.get_origin(inner) is Piece:
        item, final = typing.get_args(inner)
        return item, final
    return inner, None


def _returned(provider: str, body: Callable[..., Any]) -> Any:
    """A body's return annotation. It may have names that only type checkers import: the provider's own models."""
    plain: Any = inspect.unwrap(body)

    def alone() -> None: ...

    alone.__annotations__ = {"return": plain.__annotations__["return"]}
    try:
        return typing.get_type_hints(alone, plain.__globals__)["return"]
    except NameError:
        return typing.get_type_hints(alone, plain.__globals__, _models(provider))["return"]


@functools.cache
def _models(provider: str) -> dict[str, Any]:
    module = importlib.import_module(f"unifykit.providers.{provider}.models")
    public = [name for name in dir(module) if not name.startswith("_")]
    return {"builtins": builtins, **{name: getattr(module, name) for name in public}}


def fits(value: Any, hint: Any) -> bool:
    """Whether a value is of a type, as far as an annotation says."""
    if hint is Any or isinstance(hint, TypeVar):
        return True
    if hint is None or hint is type(None):
        return value is None
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is None:
        return isinstance(value, (int, float) if hint is float else hint) and not (hint is int and value is True)
    if origin is Literal:
        return value in args
    if origin in (Union, types.UnionType):
        return any(fits(value, arg) for arg in args)
    return isinstance(value, origin) and _parts_fit(value, origin, args)


def _parts_fit(value: Any, origin: type, args: tuple[Any, ...]) -> bool:
    if issubclass(origin, Mapping):
        return all(fits(key, args[0]) and fits(part, args[1]) for key, part in value.items())
    if origin is tuple and args[-1:] != (...,):
        return len(value) == len(args) and all(map(fits, value, args))
    return not issubclass(origin, Sequence) or all(fits(part, args[0]) for part in value)


def told(hint: Any) -> str:
    """A type as an author writes it."""
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin in (Union, types.UnionType):
        return " | ".join(map(told, args))
    if origin is None or origin is Literal:
        return "None" if hint is type(None) else getattr(hint, "__name__", str(hint).replace("typing.", ""))
    inner = ", ".join("..." if arg is ... else told(arg) for arg in args)
    return f"{origin.__name__}[{inner}]"


def _is_model(hint: Any) -> bool:
    return hasattr(hint, "model_fields")
