"""Chat completions.

https://platform.openai.com/docs/api-reference/chat/create
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from .brain import Answer, Question, Tool, ToolResult, answer
from .errors import Refusal, invalid, invalid_value, missing, not_implemented
from .models import named, usage_of
from .routing import Json, Reply, Routes
from .tokens import count, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .call import Call

routes: Routes = Routes()

_ROLES = ("system", "developer", "user", "assistant", "tool", "function")
_CONTEXT = 400_000
_IMAGE_TOKENS = 85
_PER_MESSAGE = 3
_MOST_CHOICES = 8
_NOT_HERE = ("audio", "modalities", "prediction", "web_search_options", "logprobs", "top_logprobs", "moderation")


@dataclass(frozen=True)
class Choice:
    """One of the answers, cut where it had to be."""

    text: str | None
    calls: Sequence[Json]
    why: str
    tokens: int


@routes(
    "POST",
    "/chat/completions",
    "model messages tools tool_choice functions function_call response_format stream stream_options n stop max_tokens "
    "max_completion_tokens temperature top_p presence_penalty frequency_penalty seed user logit_bias metadata store "
    "parallel_tool_calls service_tier reasoning_effort verbosity safety_identifier prompt_cache_key "
    "prompt_cache_retention prompt_cache_options " + " ".join(_NOT_HERE),
    costs=True,
)
def complete(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/chat/create."""
    model = named(call, "chat")
    _check(call)
    messages = _messages(call)
    prompt = sum(map(_weight, messages)) + _PER_MESSAGE
    if prompt > _CONTEXT:
        said = f"This model's maximum context length is {_CONTEXT} tokens. However, your messages resulted in {prompt} tokens. Please reduce the length of the messages."
        raise invalid(said, param="messages", code="context_length_exceeded")
    answered = answer(_question(call, messages))
    choices = [_choice(call, answered) for _ in range(call.get("n", int) or 1)]
    usage = usage_of(prompt, sum(choice.tokens for choice in choices))
    head = {"id": call.world.new_id("chatcmpl", "-"), "created": call.now, "model": model, "service_tier": "default"}
    if call.get("stream", bool):
        return Reply(events=_chunks(call, head, choices, usage), done=True, tokens=usage["total_tokens"])
    body = {**head, "object": "chat.completion", "choices": [_full(call, *one) for one in enumerate(choices)]}
    return Reply({**body, "usage": usage, "system_fingerprint": "fp_sandbox"}, tokens=usage["total_tokens"])


def _check(call: Call) -> None:
    for name in _NOT_HERE:
        if call.body.get(name) not in (None, False):
            raise not_implemented(f"the parameter {name} of chat completions", param=name)
    if call.get("store", bool):
        raise not_implemented("storing chat completions", param="store")
    call.between("temperature", 0, 2)
    call.between("top_p", 0, 1)
    call.between("presence_penalty", -2, 2)
    call.between("frequency_penalty", -2, 2)
    call.between("n", 1, _MOST_CHOICES)
    if "stream_options" in call.body and call.body["stream_options"] is not None and not call.get("stream", bool):
        raise invalid(
            "The 'stream_options' parameter is only allowed when 'stream' is enabled.", param="stream_options"
        )
    if call.body.get("max_tokens") is not None and call.body.get("max_completion_tokens") is not None:
        raise invalid("Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", param="max_tokens")  # fmt: skip


# -- what was asked


def _messages(call: Call) -> list[Json]:
    messages = call.get("messages", list)
    if messages is None:
        raise missing("messages")
    if not messages:
        said = (
            "Invalid 'messages': empty array. Expected an array with minimum length 1, but got an empty array instead."
        )
        raise invalid(said, param="messages", code="empty_array")
    for index, message in enumerate(messages):
        _check_message(f"messages[{index}]", message)
    _check_order(messages)
    return messages


def _check_message(where: str, message: Any) -> None:
    if not isinstance(message, dict):
        raise invalid(f"Invalid type for '{where}': expected an object.", param=where, code="invalid_type")
    given = cast("Json", message)
    if "role" not in given:
        raise missing(f"{where}.role")
    if given["role"] not in _ROLES:
        told = ", ".join(f"'{role}'" for role in _ROLES)
        raise invalid_value(f"{where}.role", f"Invalid value: '{given['role']}'. Supported values are: {told}.")
    content = given.get("content")
    if content is None and given["role"] != "assistant":
        raise invalid("Invalid value for 'content': expected a string, got null.", param=f"{where}.content")
    if isinstance(content, list):
        for place, part in enumerate(content):
            _check_part(f"{where}.content[{place}]", part)


def _check_part(where: str, part: Any) -> None:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind == "image_url":
        check_image(part["image_url"].get("url", ""), where)
    elif kind in ("input_audio", "file"):
        raise not_implemented(f"content of type {kind}", param=where)
    elif kind not in ("text", "refusal"):
        told = "'text', 'image_url', 'input_audio', 'refusal', 'audio', and 'file'"
        raise invalid_value(where, f"Invalid value: '{kind}'. Supported values are: {told}.")


def check_image(url: str, where: str) -> None:
    """Refuse an image that is no address and holds no picture."""
    if url.startswith(("https://", "http://")):
        return
    head, _, data = url.partition(",")
    try:
        content = base64.b64decode(data, validate=True)
    except binascii.Error:
        content = b""
    known = content.startswith((b"\x89PNG", b"\xff\xd8", b"GIF8")) or content[8:12] == b"WEBP"
    if not head.startswith("data:image/") or not known:
        said = "You uploaded an unsupported image. Please make sure your image has of one the following formats: ['png', 'jpeg', 'gif', 'webp']."
        raise invalid(
            said, param=where, code="invalid_image_format" if head.startswith("data:") else "invalid_image_url"
        )


def _check_order(messages: list[Json]) -> None:
    """Every call of a function is answered, and only calls are."""
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        if message["role"] == "tool":
            if message.get("tool_call_id") not in open_calls:
                said = "Invalid parameter: messages with role 'tool' must be a response to a preceeding message with 'tool_calls'."
                raise invalid(said, param=f"messages.[{index}].role")
            open_calls.remove(message["tool_call_id"])
            continue
        if open_calls:
            raise _unanswered(open_calls)
        open_calls = [one["id"] for one in message.get("tool_calls") or []]
    if open_calls:
        raise _unanswered(open_calls)


def _unanswered(ids: list[str]) -> Refusal:
    said = (
        "An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The "
        f"following tool_call_ids did not have response messages: {', '.join(ids)}"
    )
    return invalid(said, param="messages")


def _weight(message: Json) -> int:
    calls = "".join(one["function"]["name"] + one["function"]["arguments"] for one in message.get("tool_calls") or [])
    text, images = spoken(message.get("content"))
    return _PER_MESSAGE + count(text) + count(calls) + _IMAGE_TOKENS * images


def spoken(content: Any) -> tuple[str, int]:
    """The text of a message and how many images it has."""
    if not isinstance(content, list):
        return str(content or ""), 0
    parts = content
    text = "\n".join(str(part.get("text", "")) for part in parts if part.get("text"))
    return text, sum(str(part.get("type", "")).endswith(("image_url", "image")) for part in parts)


def _question(call: Call, messages: list[Json]) -> Question:
    last = next((index for index in reversed(range(len(messages))) if messages[index]["role"] == "user"), -1)
    text, images = spoken(messages[last].get("content")) if last >= 0 else spoken(messages[-1].get("content"))
    later = messages[last + 1 :] if last >= 0 else []
    results = [ToolResult(spoken(one.get("content"))[0]) for one in later if one["role"] in ("tool", "function")]
    schema, any_json = _format(call, messages)
    return Question(
        text, images, results, _tools(call), _tool_choice(call), call.body.get("parallel_tool_calls") is not False, schema, any_json
    )  # fmt: skip


def _tools(call: Call) -> list[Tool]:
    given: list[Any] = call.get("functions", list) or []
    for index, tool in enumerate(call.get("tools", list) or []):
        if tool.get("type") != "function":
            raise not_implemented(f"tools of type {tool.get('type')}", param=f"tools[{index}].type")
        if not isinstance(tool.get("function", {}).get("name"), str):
            raise missing(f"tools[{index}].function.name")
        given.append(tool["function"])
    return [Tool(one["name"], one.get("description") or "", one.get("parameters") or {}) for one in given]


def _tool_choice(call: Call) -> str:
    chosen = call.body.get("tool_choice") or call.body.get("function_call") or "auto"
    if isinstance(chosen, str):
        return chosen
    return str(cast("Json", chosen).get("function", cast("Json", chosen)).get("name", "auto"))


def _format(call: Call, messages: list[Json]) -> tuple[dict[str, Any] | None, bool]:
    form: Any = call.get("response_format", dict) or {}
    kind = form.get("type", "text")
    if kind == "json_schema":
        schema = form.get("json_schema", {}).get("schema")
        if not isinstance(form.get("json_schema", {}).get("name"), str):
            raise missing("response_format.json_schema.name")
        return check_schema(schema, strict=bool(form["json_schema"].get("strict"))), False
    if kind == "json_object" and "json" not in json.dumps(messages).lower():
        said = "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'."
        raise invalid(said, param="messages")
    return None, kind == "json_object"


def check_schema(schema: Any, *, strict: bool) -> dict[str, Any]:
    """A schema for structured output; where it is strict, every object must be closed and every property required.

    https://platform.openai.com/docs/guides/structured-outputs#supported-schemas
    """
    if not isinstance(schema, dict):
        raise missing("response_format.json_schema.schema")
    if strict:
        _check_strict(cast("Json", schema), ())
    return cast("dict[str, Any]", schema)


def _check_strict(node: Any, path: tuple[str, ...]) -> None:
    if isinstance(node, list):
        for one in node:
            _check_strict(one, path)
    if not isinstance(node, dict):
        return
    schema = cast("Json", node)
    if schema.get("type") == "object" or "properties" in schema:
        where = f"In context={path}, "
        if schema.get("additionalProperties") is not False:
            raise _bad_schema(f"{where}'additionalProperties' is required to be supplied and to be false.")
        missing_ones = set(schema.get("properties", {})) - set(schema.get("required", ()))
        if missing_ones:
            told = f"'required' is required to be supplied and to be an array including every key in properties. Missing '{min(missing_ones)}'."
            raise _bad_schema(where + told)
    for name, value in schema.items():
        _check_strict(value, (*path, name))


def _bad_schema(said: str) -> Refusal:
    return invalid(f"Invalid schema for response_format: {said}", param="response_format", code="invalid_schema")


# -- what is answered


def _choice(call: Call, answered: Answer) -> Choice:
    if answered.calls:
        calls = [
            {"id": call.world.new_id("call"), "type": "function", "function": {"name": name, "arguments": arguments}}
            for name, arguments in answered.calls
        ]
        tokens = sum(count(name + arguments) for name, arguments in answered.calls)
        return Choice(None, calls, "function_call" if call.body.get("functions") else "tool_calls", tokens)
    stops = call.body.get("stop") or []
    text = cut_at(answered.text, [stops] if isinstance(stops, str) else stops)
    most = call.get("max_completion_tokens", int) or call.get("max_tokens", int)
    parts = pieces(text)
    if most is not None and len(parts) > most:
        return Choice("".join(parts[:most]), [], "length", most)
    return Choice(text, [], "stop", len(parts))


def cut_at(text: str, stops: Sequence[str]) -> str:
    """A text up to the first of the sequences that end it."""
    return text[: min([text.find(stop) for stop in stops if stop in text], default=len(text))]


def _full(call: Call, index: int, choice: Choice) -> Json:
    message: Json = {"role": "assistant", "content": choice.text, "refusal": None, "annotations": []}
    if choice.calls and call.body.get("functions"):
        message["function_call"] = choice.calls[0]["function"]
    elif choice.calls:
        message["tool_calls"] = list(choice.calls)
    return {"index": index, "message": message, "logprobs": None, "finish_reason": choice.why}


def _chunks(call: Call, head: Json, choices: Sequence[Choice], usage: Json) -> Iterator[tuple[str, Json]]:
    head = {**head, "object": "chat.completion.chunk", "system_fingerprint": "fp_sandbox"}
    options = call.get("stream_options", dict) or {}
    wants_usage = bool(options.get("include_usage"))
    told: Json = {"usage": None} if wants_usage else {}
    for index, choice in enumerate(choices):
        for delta in _deltas(call, choice):
            part = {"index": index, "delta": delta, "logprobs": None, "finish_reason": None}
            yield "", {**head, "choices": [part], **told}
        end = {"index": index, "delta": {}, "logprobs": None, "finish_reason": choice.why}
        yield "", {**head, "choices": [end], **told}
    if wants_usage:
        yield "", {**head, "choices": [], "usage": usage}


def _deltas(call: Call, choice: Choice) -> Iterator[Json]:
    yield {"role": "assistant", "content": None if choice.calls else "", "refusal": None}
    for piece in pieces(choice.text or ""):
        yield {"content": piece}
    for index, one in enumerate(choice.calls):
        name, arguments = one["function"]["name"], one["function"]["arguments"]
        if call.body.get("functions"):
            yield {"function_call": {"name": name, "arguments": arguments}}
            continue
        yield {"tool_calls": [{**one, "index": index, "function": {"name": name, "arguments": ""}}]}
        for piece in pieces(arguments):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}
