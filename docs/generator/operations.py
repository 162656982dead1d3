"""A provider's page: every operation with its exact signature, what it gives in each mode, and its models."""

import importlib
import importlib.util
import inspect
import re
from collections.abc import Collection, Iterator
from types import ModuleType, UnionType
from typing import Literal, Union, get_origin

from pydantic import BaseModel

from generator.docstrings import markdown
from generator.source import fields
from generator.walk import Group, Operation, client_class, groups, operations
from unifykit.platforms import PROVIDERS

_SAFETY = "../how-to/retries.md#what-is-sent-again"


def page(provider: str) -> str:
    """The whole page."""
    models = list(_models(provider))
    names = {cls.__name__ for cls in models}
    parts = [_head(provider), *(_group(group, names) for group in groups(provider))]
    aliases = _aliases(provider)
    if aliases:
        parts.append("## Types\n\n" + "\n".join(f"- `{name}` is `{told}`" for name, told in aliases.items()))
    if models:
        parts.append("## Models\n\nFrozen. What the provider sent and the model does not name is in `raw`.")
        parts += [_model(cls) for cls in models]
    return "\n\n".join(parts)


def _head(provider: str) -> str:
    name, settings = PROVIDERS[provider]
    count = len(operations(provider))
    return (
        f"# {name}\n\n{markdown(client_class(provider))}\n\n"
        f"Extra: `pip install 'unifykit[{provider}]'`. Settings: [`{settings}`](settings.md#{settings.lower()}). "
        f"{count} operations. What every client has beside them (`native`, `quota`, `with_options`, accounts) is in\n"
        f"[platforms](platforms.md#client)."
    )


def _group(group: Group, models: Collection[str]) -> str:
    title = "On the client" if "." not in group.path else f"p.{group.path}"
    told = "" if "." not in group.path else f"\n\n{markdown(group.cls)}"
    return f"## {title}{told}\n\n" + "\n\n".join(_operation(op, models) for op in group.operations)


def _operation(op: Operation, models: Collection[str]) -> str:
    called = f"```text\n{op.signature.call(op.path.rpartition('.')[2])}\n```"
    return "\n\n".join([f"### p.{op.path}", called, _gives(op, models), markdown(op.body)])


def _gives(op: Operation, models: Collection[str]) -> str:
    sync, awaited = op.returns
    if op.kind == "plain":
        return f"Gives {sync}. A plain method, the same in both modes."
    named = [name for name in re.findall(r"\w+", sync) if name in models]
    links = "".join(f" · model: [{name}](#{name.lower()})" for name in named)
    return f"Sync: {sync} · async: {awaited} · [{op.safety}]({_SAFETY}){links}"


def _aliases(provider: str) -> dict[str, str]:
    """The names in signatures that stand for something longer."""
    found: dict[str, set[str]] = {}
    for op in operations(provider):
        for name in re.findall(r"[A-Z]\w+", " ".join(op.signature.parameters)):
            value = inspect.unwrap(op.body).__globals__.get(name)
            if get_origin(value) in (Literal, UnionType, Union):
                told = re.sub(r"\b(?:typing|datetime)\.", "", repr(value)).replace("'", '"')
                found.setdefault(name, set()).add(told)
    return {name: "` or `".join(sorted(told)) for name, told in sorted(found.items())}


def _models(provider: str) -> Iterator[type[BaseModel]]:
    module = f"unifykit.providers.{provider}.models"
    if importlib.util.find_spec(module) is None:
        return
    loaded = importlib.import_module(module)
    for name in sorted(_public(loaded)):
        cls = getattr(loaded, name)
        if inspect.isclass(cls) and issubclass(cls, BaseModel) and cls.__module__.startswith(module):
            yield cls


def _public(module: ModuleType) -> list[str]:
    return getattr(module, "__all__", None) or [name for name in vars(module) if not name.startswith("_")]


def _model(cls: type[BaseModel]) -> str:
    inherited = ", ".join(f"`{base.__name__}`" for base in cls.__bases__ if base.__module__ == cls.__module__)
    told = f"\n\nAlso has the fields of {inherited}." if inherited else ""
    rows = "\n".join(f"- `{field.name}: {field.kind}`" for field in fields(cls))
    return f"### {cls.__name__}\n\n{markdown(cls)}{told}" + (f"\n\n{rows}" if rows else "")
