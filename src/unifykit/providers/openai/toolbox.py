"""Running the functions that the model asks for."""

import inspect
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pydantic import BaseModel, TypeAdapter, ValidationError

from unifykit._core.context import current
from unifykit._core.mode import M
from unifykit._core.operation import Foreign
from unifykit.errors import InvalidRequestError
from unifykit.providers.openai.models import ToolCall
from unifykit.providers.openai.resource import OpenAIResource
from unifykit.providers.openai.schemas import Tool

_ANY: TypeAdapter[Any] = TypeAdapter(Any)


@dataclass(frozen=True, slots=True)
class ToolStep:
    """One call of a tool.

    Attributes:
        name: The tool.
        arguments: What the model gave it, as JSON.
        result: What the model was told.
        error: What the tool raised, if it did; the model was told so.
    """

    name: str
    arguments: str
    result: str
    error: Exception | None = None


class Toolbox(OpenAIResource[M], Generic[M]):
    """Resources whose operations call the caller's functions."""

    async def work(self, calls: Sequence[ToolCall], tools: Mapping[str, Tool]) -> list[ToolStep]:
        """Call the functions, one after the other. What one raises goes back to the model."""
        return [await self._step(one, tools.get(one.name)) for one in calls]

    async def _step(self, call: ToolCall, tool: Tool | None) -> ToolStep:
        if tool is None:
            return ToolStep(call.name, call.arguments, f"Error: there is no tool {call.name!r}.")
        try:
            arguments = tool.read(call.arguments)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
            return ToolStep(call.name, call.arguments, f"Error: the arguments are wrong: {faults}", error)
        try:
            result = await self._called(tool, arguments)
        except Exception as error:  # noqa: BLE001 -- whatever the caller's function raises, the model may mend it
            return ToolStep(call.name, call.arguments, f"Error: {type(error).__name__}: {error}", error)
        return ToolStep(call.name, call.arguments, told(result))

    async def _called(self, tool: Tool, arguments: dict[str, Any]) -> Any:
        """Call the caller's own function. The operation's promises are not its: requests in it are judged by themselves."""
        token = current.set(None)
        try:
            if not self._client.is_async:
                return _plain(tool, tool.function(**arguments))
            if inspect.iscoroutinefunction(tool.function):
                return await tool.function(**arguments)
            found = await self._client.link.in_thread(lambda: tool.function(**arguments))
            return await found if inspect.isawaitable(found) else found
        finally:
            current.reset(token)


def _plain(tool: Tool, found: Any) -> Any:
    if not inspect.isawaitable(found):
        return found
    if inspect.iscoroutine(found):
        found.close()
    wrong = f"the tool {tool.name} is async, but this client is not: use AsyncPlatforms, or a plain function."
    raise Foreign(InvalidRequestError(wrong))


def told(result: Any) -> str:
    """What the model is told: text as it is, all else as JSON."""
    if isinstance(result, str):
        return result
    if isinstance(result, BaseModel):
        return result.model_dump_json()
    try:
        return _ANY.dump_json(result).decode()
    except ValueError:
        return json.dumps(str(result))
