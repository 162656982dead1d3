"""Items of responses and conversations: messages, calls of functions and what they gave.

https://platform.openai.com/docs/api-reference/responses/object
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from .brain import ToolResult
from .chat import check_image, spoken
from .errors import invalid, invalid_value, missing, not_implemented
from .tokens import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call
    from .routing import Json

_ROLES = ("user", "assistant", "system", "developer")
_PER_ITEM, _IMAGE_TOKENS = 3, 85


def read_items(call: Call, given: Any, where: str) -> list[Json]:
    """The items of a request, with ids and in full."""
    if isinstance(given, str):
        return [message(call, "user", [{"type": "input_text", "text": given}])]
    if not isinstance(given, list):
        raise invalid(f"Invalid type for '{where}': expected a string or an array.", param=where, code="invalid_type")
    return [_item(call, one, f"{where}[{index}]") for index, one in enumerate(given)]


def message(call: Call, role: str, content: list[Json]) -> Json:
    """A message as it is stored."""
    return {"id": call.world.new_id("msg"), "type": "message", "status": "completed", "role": role, "content": content}


def _item(call: Call, given: Any, where: str) -> Json:
    if not isinstance(given, dict):
        raise invalid(f"Invalid type for '{where}': expected an object.", param=where, code="invalid_type")
    item = cast("Json", given)
    kind = item.get("type", "message")
    if kind == "message":
        return _message(call, item, where)
    if kind == "function_call_output":
        if "call_id" not in item:
            raise missing(f"{where}.call_id")
        return {**item, "id": call.world.new_id("fco"), "status": "completed"}
    if kind == "function_call":
        return {**item, "id": item.get("id") or call.world.new_id("fc"), "status": "completed"}
    raise not_implemented(f"an item of type {kind}", param=where)


def _message(call: Call, item: Json, where: str) -> Json:
    role = item.get("role")
    if role not in _ROLES:
        told = "', '".join(_ROLES)
        raise invalid_value(f"{where}.role", f"Invalid value: '{role}'. Supported values are: '{told}'.")
    content = item.get("content")
    if isinstance(content, str):
        return message(call, role, [_text(role, content)])
    if not isinstance(content, list):
        raise missing(f"{where}.content")
    parts = [_part(one, f"{where}.content[{place}]") for place, one in enumerate(content)]
    return message(call, role, parts)


def _text(role: str, text: str) -> Json:
    if role == "assistant":
        return {"type": "output_text", "text": text, "annotations": [], "logprobs": []}
    return {"type": "input_text", "text": text}


def _part(part: Json, where: str) -> Json:
    kind = part.get("type")
    if kind == "input_image":
        check_image(str(part.get("image_url") or ""), where)
        return {"detail": "auto", **part}
    if kind == "output_text":
        return {"annotations": [], "logprobs": [], **part}
    if kind != "input_text":
        raise not_implemented(f"content of type {kind}", param=where)
    return part


def weight(items: Sequence[Json]) -> int:
    """How many tokens items have."""
    total = 0
    for item in items:
        text, images = spoken(item.get("content"))
        said = f"{item.get('name', '')}{item.get('arguments', '')}{item.get('output', '')}"
        total += _PER_ITEM + count(text) + count(said) + images * _IMAGE_TOKENS
    return total


def last_question(items: Sequence[Json]) -> tuple[str, int, list[ToolResult]]:
    """What the user said last, how many images came with it, and what functions gave since."""
    users = [index for index, item in enumerate(items) if item.get("role") == "user"]
    last = users[-1] if users else -1
    text, images = spoken(items[last].get("content")) if items else ("", 0)
    later = items[last + 1 :] if users else []
    return text, images, [ToolResult(str(one["output"])) for one in later if one["type"] == "function_call_output"]


def check_answered(items: Sequence[Json]) -> None:
    """Every call of a function has its output, and every output its call."""
    called = [item["call_id"] for item in items if item["type"] == "function_call"]
    given = [item["call_id"] for item in items if item["type"] == "function_call_output"]
    for call_id in called:
        if call_id not in given:
            raise invalid(f"No tool output found for function call {call_id}.", param="input")
    for call_id in given:
        if call_id not in called:
            raise invalid(f"No tool call found for function call output with call_id {call_id}.", param="input")
