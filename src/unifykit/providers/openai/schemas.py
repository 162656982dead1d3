"""JSON schemas of the caller's models and functions, and values read by them.

https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
"""

import functools
import inspect
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

from pydantic import BaseModel, ConfigDict, Field, PydanticUserError, TypeAdapter, ValidationError, create_model

from unifykit.errors import InvalidRequestError, UnexpectedResponseError

Schema = dict[str, Any]

ToolLike = Callable[..., Any] | Mapping[str, Any]
"""A tool: a Python function with type hints, or its definition as OpenAI takes it."""

_NAME = re.compile(r"[^a-zA-Z0-9_-]")
_ARGUMENT = re.compile(r"^ {2,}(\w+)(?: \([^)]*\))?: (.+)$", re.MULTILINE)


# -- structured output


@functools.lru_cache(maxsize=256)
def _adapter(kind: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(kind)
    except PydanticUserError as error:
        raise InvalidRequestError(f"response_model={kind!r} is not a type that pydantic can read ({error}).") from error


@functools.lru_cache(maxsize=256)
def _strict_text(kind: Any) -> str:
    schema = _adapter(kind).json_schema()
    if "$ref" in schema:  # of a model that holds itself; OpenAI wants the object itself at the root
        schema = {**schema["$defs"][schema["$ref"].rpartition("/")[2]], "$defs": schema["$defs"]}
    if schema.get("type") != "object":
        raise InvalidRequestError("response_model must be a pydantic model, a dataclass or a TypedDict: OpenAI answers in objects.")  # fmt: skip
    return json.dumps(_closed(schema))


def output_format(kind: Any) -> Schema:
    """The format of an answer that fits a model: its name and a schema that OpenAI can enforce."""
    name = _NAME.sub("_", getattr(kind, "__name__", "answer"))[:64]
    return {"name": name, "schema": json.loads(_strict_text(kind)), "strict": True}


def _closed(node: Any) -> Any:
    """A schema whose objects are closed and whose properties are all required."""
    if isinstance(node, list):
        return [_closed(one) for one in node]  # pyright: ignore[reportUnknownVariableType]
    if not isinstance(node, dict):
        return node
    schema = cast("Schema", node)
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}  # what stands beside a reference is not allowed
    made = {"anyOf" if name == "oneOf" else name: _below(name, value) for name, value in schema.items()}
    made.pop("default", None)
    made.pop("discriminator", None)
    if schema.get("type") == "object":
        if "properties" not in schema and schema.get("additionalProperties") is not False:
            raise InvalidRequestError(
                "response_model has a field of free keys (a dict): OpenAI cannot promise those; use a list of pairs."
            )
        made |= {"properties": made.get("properties", {}), "required": list(schema.get("properties", ()))}
        made["additionalProperties"] = False
    return made


def _below(name: str, value: Any) -> Any:
    if name in ("properties", "$defs"):
        return {key: _closed(one) for key, one in value.items()}
    return value if name in ("enum", "const", "required", "default", "examples") else _closed(value)


def read_answer(kind: Any, text: str) -> Any:
    """An answer as the model that was asked for."""
    try:
        return _adapter(kind).validate_json(text)
    except ValidationError as error:
        raise UnexpectedResponseError(
            f"the answer is no {getattr(kind, '__name__', kind)}: {error.error_count()} faults, the first: "
            f"{error.errors(include_input=False, include_url=False)[0]['msg']}.",
            code="invalid_answer",
        ) from error


# -- tools


@dataclass(frozen=True, slots=True)
class Tool:
    """A Python function as the model sees it.

    Attributes:
        name: Its name.
        description: The first paragraph of its docstring.
        function: The function.
        arguments: A model of its arguments.
    """

    name: str
    description: str
    function: Callable[..., Any]
    arguments: type[BaseModel]

    @property
    def definition(self) -> Schema:
        """What OpenAI is told."""
        schema = self.arguments.model_json_schema()
        schema.pop("title", None)
        told = {"name": self.name, "parameters": schema}
        return {**told, "description": self.description} if self.description else told

    def read(self, arguments: str) -> dict[str, Any]:
        """The arguments that the model wrote, as the function takes them."""
        found = self.arguments.model_validate_json(arguments or "{}")
        return {name: getattr(found, name) for name in type(found).model_fields}


def tool_of(function: Callable[..., Any]) -> Tool:
    """A function as a tool.

    Raises:
        InvalidRequestError: It has arguments that JSON cannot give by name.
    """
    name = getattr(function, "__name__", type(function).__name__)
    if _NAME.search(name) or name == "<lambda>":
        raise InvalidRequestError(f"a tool needs a name of letters, digits, _ and -, not {name!r}: define a function.")
    text = inspect.getdoc(function) or ""
    told = dict(_ARGUMENT.findall(text.partition("Args:")[2]))
    parameters = inspect.signature(function).parameters.values()
    try:
        fields = {one.name: _field(name, one, function, told) for one in parameters}
        arguments = create_model(name, __config__=ConfigDict(extra="forbid"), **cast("Any", fields))
        arguments.model_json_schema()
    except (PydanticUserError, NameError) as error:
        raise InvalidRequestError(f"the arguments of {name} have no JSON schema ({error}).") from error
    return Tool(name, " ".join(text.partition("\n\n")[0].split()), function, arguments)


def _field(name: str, parameter: inspect.Parameter, function: Any, told: Mapping[str, str]) -> tuple[Any, Any]:
    if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise InvalidRequestError(f"{name}({parameter}): a tool's arguments must have names.")
    hints = get_type_hints(function if inspect.isroutine(function) else type(function).__call__, include_extras=True)
    if parameter.name not in hints:
        raise InvalidRequestError(f"{name}({parameter.name}) has no type hint: the model would not know what to give.")
    default = ... if parameter.default is parameter.empty else parameter.default
    return hints[parameter.name], Field(default, description=told.get(parameter.name))


def tools_by_name(tools: Sequence[ToolLike]) -> dict[str, Tool]:
    """The functions among the tools."""
    found = [tool_of(one) for one in tools if callable(one)]
    made = {one.name: one for one in found}
    if len(made) < len(found):
        raise InvalidRequestError("two tools have the same name.")
    return made
