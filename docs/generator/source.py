"""Signatures and classes as they are written, read from the source: what a reader sees is what the author typed."""

import ast
import functools
import inspect
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

LINE = 96

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Signature:
    """A function's parameters and result, each as text.

    Attributes:
        parameters: Such as ``repo: str``, ``*``, ``title: str = ""``; without `self`.
        returns: The annotation of the result, or an empty text.
    """

    parameters: tuple[str, ...]
    returns: str

    def call(self, name: str, *, skip: int = 0) -> str:
        """How it is called: on one line where it fits, else one parameter a line."""
        parameters = self.parameters[skip:]
        short = f"{name}({', '.join(parameters)})"
        if len(short) <= LINE:
            return short
        return f"{name}(\n" + "".join(f"    {parameter},\n" for parameter in parameters) + ")"


def signature(function: Callable[..., Any]) -> Signature:
    """The signature of a function as its source has it."""
    text = textwrap.dedent(inspect.getsource(inspect.unwrap(function)))
    node = next(item for item in ast.walk(ast.parse(text)) if isinstance(item, Function))
    return _signature(node, text)


def _signature(node: Function, text: str) -> Signature:
    show = functools.partial(_show, text)
    arguments = node.args
    plain = [*arguments.posonlyargs, *arguments.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(arguments.defaults)) + list(arguments.defaults)
    parts = [_parameter(a, d, show) for a, d in zip(plain, defaults, strict=True) if a.arg not in ("self", "cls")]
    if arguments.vararg:
        parts.append("*" + _parameter(arguments.vararg, None, show))
    elif arguments.kwonlyargs:
        parts.append("*")
    parts += [_parameter(a, d, show) for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    if arguments.kwarg:
        parts.append("**" + _parameter(arguments.kwarg, None, show))
    return Signature(tuple(parts), _unquoted(show(node.returns)))


def _parameter(argument: ast.arg, default: ast.expr | None, show: Callable[[ast.expr | None], str]) -> str:
    kind = _unquoted(show(argument.annotation))
    named = f"{argument.arg}: {kind}" if kind else argument.arg
    if default is None:
        return named
    return f"{named} = {show(default)}" if kind else f"{named}={show(default)}"


def _show(text: str, node: ast.expr | None) -> str:
    if node is None:
        return ""
    segment = " ".join((ast.get_source_segment(text, node) or ast.unparse(node)).split())
    return segment.replace("( ", "(").replace(", )", ")").replace(" )", ")")


@dataclass(frozen=True)
class Attribute:
    """A field of a class: its name, annotation and default, each as text."""

    name: str
    kind: str
    default: str


def fields(cls: type) -> list[Attribute]:
    """The annotated names in a class's own body, without class variables and private names."""
    text = textwrap.dedent(inspect.getsource(cls))
    body = ast.parse(text).body[0]
    assert isinstance(body, ast.ClassDef)
    return [
        Attribute(node.target.id, _unquoted(_show(text, node.annotation)), _show(text, node.value))
        for node in body.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and not node.target.id.startswith("_")
        and not _show(text, node.annotation).startswith("ClassVar")
    ]


def _unquoted(annotation: str) -> str:
    return annotation.replace('"', "") if "Literal[" not in annotation else annotation
