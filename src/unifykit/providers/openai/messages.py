"""What is said to a model, in the two forms that OpenAI takes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from unifykit.errors import InvalidRequestError
from unifykit.providers.openai.arguments import Picture, picture_url
from unifykit.providers.openai.models import ChatReply
from unifykit.providers.openai.schemas import Tool, ToolLike, tool_of

Message = Mapping[str, Any] | ChatReply[Any]
"""A message: ``{"role": "user", "content": "…"}``, or an earlier reply."""

Messages = str | Sequence[Message]
"""A conversation, or what the user says."""

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")


def chat_messages(messages: Messages, system: str | None, images: Sequence[Picture]) -> list[dict[str, Any]]:
    """Messages as chat completions take them."""
    given: Sequence[Message] = [{"role": "user", "content": messages}] if isinstance(messages, str) else messages
    found = [_chat_message(one) for one in given]
    if not found or (isinstance(messages, str) and not messages.strip() and not images):
        raise InvalidRequestError("there are no messages: say something.")
    if system is not None:
        found.insert(0, {"role": "system", "content": system})
    if images:
        parts = [{"type": "image_url", "image_url": {"url": picture_url(one)}} for one in images]
        _attach(found, parts, "text")
    return found


def _chat_message(message: Message) -> dict[str, Any]:
    if isinstance(message, ChatReply):
        return reply_message(message)
    if message.get("role") not in _ROLES:
        raise InvalidRequestError(f"a message has the role {message.get('role')!r}: give one of {', '.join(_ROLES)}.")
    return dict(message)


def reply_message(reply: ChatReply[Any]) -> dict[str, Any]:
    """A reply as a message of the conversation that goes on."""
    said: dict[str, Any] = {"role": "assistant", "content": reply.message.content}
    calls = [
        {"id": one.id, "type": "function", "function": {"name": one.name, "arguments": one.arguments}}
        for one in reply.tool_calls
    ]
    return {**said, "tool_calls": calls} if calls else said


def _attach(messages: list[dict[str, Any]], parts: list[dict[str, Any]], text: str) -> None:
    """Add pictures to what the user said last."""
    last = next((one for one in reversed(messages) if one["role"] == "user"), None)
    if last is None:
        raise InvalidRequestError("images= belong to a message of the user, and there is none.")
    content: Any = last.get("content") or []
    said = [{"type": text, "text": content}] if isinstance(content, str) else list(content)
    last["content"] = [*said, *parts]


def response_items(text: str | Sequence[Mapping[str, Any]], images: Sequence[Picture]) -> str | list[dict[str, Any]]:
    """Input as responses take it."""
    if isinstance(text, str) and not images:
        if not text.strip():
            raise InvalidRequestError("the input is empty: say something.")
        return text
    items = [{"role": "user", "content": text}] if isinstance(text, str) else [dict(one) for one in text]
    if images:
        parts = [{"type": "input_image", "detail": "auto", "image_url": picture_url(one)} for one in images]
        _attach([one for one in items if "role" in one], parts, "input_text")
    return items


# -- tools, in both forms


def chat_tools(tools: Sequence[ToolLike] | None) -> list[dict[str, Any]] | None:
    """Tools as chat completions take them: below ``function``."""
    return _each(tools, lambda tool: {"type": "function", "function": tool.definition}, nested=True)


def response_tools(tools: Sequence[ToolLike] | None) -> list[dict[str, Any]] | None:
    """Tools as responses take them: flat."""
    return _each(tools, lambda tool: {"type": "function", "strict": False, **tool.definition}, nested=False)


def _each(
    tools: Sequence[ToolLike] | None, define: Callable[[Tool], dict[str, Any]], *, nested: bool
) -> list[dict[str, Any]] | None:
    if not tools:
        return None
    return [define(tool_of(one)) if callable(one) else _given(one, nested=nested) for one in tools]


def _given(definition: Mapping[str, Any], *, nested: bool) -> dict[str, Any]:
    """A definition in the form that is due; bare ones, as `functions=` once took them, are functions."""
    inner = definition.get("function", definition)
    if definition.get("type", "function") != "function":
        return dict(definition)
    bare = {name: value for name, value in inner.items() if name != "type"}
    return {"type": "function", "function": bare} if nested else {"type": "function", "strict": False, **bare}


def choice(wanted: str | None, *, nested: bool) -> Any:
    """Which tool must be called: ``"auto"``, ``"none"``, ``"required"``, or a tool's name."""
    if wanted in (None, "auto", "none", "required"):
        return wanted
    return {"type": "function", "function": {"name": wanted}} if nested else {"type": "function", "name": wanted}
