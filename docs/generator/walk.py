"""Every operation of every provider, found through the descriptors."""

import functools
import importlib
import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, get_args, get_origin, get_type_hints

from generator.source import Signature, signature
from unifykit._core.check import Checkup
from unifykit._core.client import Client
from unifykit._core.held import Held
from unifykit._core.operation import Bound, Described, Paged, Resource
from unifykit._core.stream import Streamed
from unifykit.platforms import PROVIDERS

_OWN = {"build_native", "translate"}


@dataclass(frozen=True)
class Operation:
    """One operation, or a plain method of a resource.

    Attributes:
        path: Where it is, such as ``"github.issues.create"``.
        what: Its descriptor, or the plain function.
        body: The function whose signature and docstring it has.
    """

    path: str
    what: Any
    body: Callable[..., Any]

    @property
    def safety(self) -> str:
        """What repeating it can do, in one word; empty for a plain method."""
        return self.what.safety.name.lower() if isinstance(self.what, Described) else ""

    @property
    def kind(self) -> str:
        """What it gives: ``"value"``, ``"pager"``, ``"stream"``, ``"with"``, or ``"plain"`` for a method without I/O of its own."""
        kinds = {Bound: "value", Checkup: "value", Paged: "pager", Streamed: "stream", Held: "with"}
        return next((kind for cls, kind in kinds.items() if isinstance(self.what, cls)), "plain")

    @property
    def signature(self) -> Signature:
        """As written; a pager's without its cursor."""
        found = signature(self.body)
        return Signature(found.parameters[1:], found.returns) if self.kind == "pager" else found

    @property
    def returns(self) -> tuple[str, str]:
        """What the caller gets in sync and in async mode, as Markdown."""
        told = self.signature.returns.replace("[M]", "").replace("builtins.", "")
        if isinstance(self.what, Checkup):
            return "`CheckReport`", "awaitable of `CheckReport`"
        if self.kind == "value":
            return f"`{told}`", f"awaitable of `{told}`"
        if self.kind == "plain":
            return f"`{told}`", f"`{told}`"
        item = _first(told)
        return {
            "pager": (f"`Pager[{item}]`", f"`AsyncPager[{item}]`"),
            "stream": (f"`Stream[{item}]`", f"`AsyncStream[{item}]`"),
            "with": (f"context manager of `{item}`", f"async context manager of `{item}`"),
        }[self.kind]


@dataclass(frozen=True)
class Group:
    """A resource and its operations, in the order in which they are written."""

    path: str
    cls: type
    operations: tuple[Operation, ...]


def client_class(provider: str) -> type[Client[Any]]:
    """The client class of a provider."""
    found: type[Client[Any]] = getattr(
        importlib.import_module(f"unifykit.providers.{provider}"), PROVIDERS[provider][0]
    )
    return found


@functools.cache
def groups(provider: str) -> tuple[Group, ...]:
    """The client and its resources, each with its operations; those without any are left out."""
    if not _is_there(provider):
        return ()
    found = tuple(_walk(provider, client_class(provider)))
    return tuple(group for group in found if group.operations)


def providers() -> list[str]:
    """The providers that have a client today."""
    return [name for name in sorted(PROVIDERS) if _is_there(name)]


def providers_with_operations() -> list[str]:
    """The providers that have operations today, beyond `check`."""
    return [name for name in providers() if any(op.safety for group in groups(name) for op in group.operations)]


def operations(provider: str) -> list[Operation]:
    """All operations of a provider that reach the platform: not its plain methods."""
    return [op for group in groups(provider) for op in group.operations if op.safety]


def _is_there(provider: str) -> bool:
    return (files("unifykit.providers") / provider / "__init__.py").is_file()


def _walk(path: str, cls: type) -> Iterator[Group]:
    yield Group(path, cls, tuple(_operations(path, cls)))
    for name, resource in [*_resources(cls), *_handed_out(cls)]:
        yield from _walk(f"{path}.{name}", resource)


def _operations(path: str, cls: type) -> Iterator[Operation]:
    for owner in reversed(cls.__mro__):
        if not _of_provider(owner):
            continue
        for name, value in vars(owner).items():
            if name.startswith("_"):
                continue
            if isinstance(value, Described):
                yield Operation(f"{path}.{name}", value, value.body)
            elif inspect.isfunction(value) and owner is cls and name not in _OWN:
                yield Operation(f"{path}.{name}", value, value)


def _of_provider(cls: type) -> bool:
    return cls.__module__.startswith("unifykit.providers.")


def _resources(cls: type) -> Iterator[tuple[str, type]]:
    for owner in reversed(cls.__mro__):
        for name, value in vars(owner).items() if _of_provider(owner) else ():
            getter = value.func if isinstance(value, functools.cached_property) else getattr(value, "fget", None)
            if getter is not None and not name.startswith("_"):
                yield from ((name, resource) for resource in _given_by(getter, cls) if not issubclass(resource, Client))


def _handed_out(cls: type) -> Iterator[tuple[str, type]]:
    """Resources that a method gives: `streams.group(…)`, or the lock of `with locks.acquire(…)`."""
    for operation in _operations("", cls):
        if operation.kind in ("plain", "with"):
            name = operation.path.rpartition(".")[2]
            yield from ((f"{name}(…)", resource) for resource in _made_by(operation.body) if resource is not cls)


def _given_by(getter: Callable[[Any], Any], cls: type) -> Iterator[type]:
    """The resource behind an attribute, imported by asking for it, as a caller does."""
    bare: Any = cls.__new__(cls)
    bare._client = bare  # noqa: SLF001 -- a client that is connected to nothing
    try:
        given = getter(bare)
    except AttributeError:  # it needs a connected client: its annotation says what it gives
        yield from _made_by(getter)
        return
    if isinstance(given, Resource):
        yield type(given)


def _made_by(function: Callable[..., Any]) -> Iterator[type]:
    """The resource that a function returns or yields, if it does."""
    try:
        told = get_type_hints(inspect.unwrap(function)).get("return")
    except NameError:  # a name that only type checkers import is no resource
        return
    for made in (told, *get_args(told)):
        resource = get_origin(made) or made
        if isinstance(resource, type) and issubclass(resource, Resource):
            yield resource
            return


def _first(text: str) -> str:
    """The first argument of a generic's text: ``Issue`` of ``Page[Issue, Cursor]``."""
    inner, depth = text.partition("[")[2][:-1], 0
    for position, letter in enumerate(inner):
        depth += (letter == "[") - (letter == "]")
        if letter == "," and depth == 0:
            return inner[:position]
    return inner
