"""Responses.

https://platform.openai.com/docs/api-reference/responses
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

from itertools import count as counting
from typing import TYPE_CHECKING, Any

from .brain import Answer, Question, Tool, answer
from .chat import check_schema
from .conversations import find_conversation
from .errors import invalid, missing, not_found, not_implemented
from .items import check_answered, last_question, message, read_items, weight
from .models import named
from .routing import Json, Reply, Routes
from .state import StoredResponse
from .tokens import count, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from .call import Call

routes: Routes = Routes()

_HOSTED = ("code_interpreter", "web_search", "file_search", "image_generation")
_LEAST_OUTPUT = 16
_NOT_HERE = ("background", "prompt", "include", "context_management", "moderation", "top_logprobs")


@routes(
    "POST",
    "/responses",
    "model input instructions previous_response_id conversation store stream stream_options tools tool_choice text metadata "
    "max_output_tokens max_tool_calls parallel_tool_calls temperature top_p reasoning truncation user service_tier "
    "safety_identifier prompt_cache_key prompt_cache_retention prompt_cache_options " + " ".join(_NOT_HERE),
    costs=True,
)
def create(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/responses/create."""
    model = named(call, "chat")
    _check(call)
    if call.body.get("input") is None and call.body.get("conversation") is None:
        raise missing("input")
    inputs, history = read_items(call, call.body.get("input") or [], "input"), _history(call)
    known = [*history, *inputs]
    check_answered(known)
    text, images, results = last_question(known)
    schema, any_json = _format(call)
    question = Question(
        text, images, results, _tools(call), _choice(call), call.body.get("parallel_tool_calls") is not False, schema, any_json
    )  # fmt: skip
    output, cut = _output(call, answer(question))
    response = _response(call, model, output, _usage(call, known, output), cut=cut)
    _keep(call, response, inputs, known, output)
    tokens = response["usage"]["total_tokens"]
    if call.get("stream", bool):
        return Reply(events=_events(response), tokens=tokens)
    return Reply(response, tokens=tokens)


def _check(call: Call) -> None:
    for name in _NOT_HERE:
        if call.body.get(name) not in (None, False, []):
            raise not_implemented(f"the parameter {name} of responses", param=name)
    call.between("temperature", 0, 2)
    call.between("top_p", 0, 1)
    most = call.get("max_output_tokens", int)
    if most is not None and most < _LEAST_OUTPUT:
        said = f"Invalid 'max_output_tokens': integer below minimum value. Expected a value >= {_LEAST_OUTPUT}, but got {most} instead."
        raise invalid(said, param="max_output_tokens", code="integer_below_min_value")
    if call.body.get("previous_response_id") and call.body.get("conversation"):
        raise invalid("Mutually exclusive parameters: 'previous_response_id' and 'conversation'.", code="mutually_exclusive_parameters")  # fmt: skip


def _history(call: Call) -> list[Json]:
    previous = call.get("previous_response_id", str)
    if previous is not None:
        found = call.world.responses.get(previous)
        if found is None:
            said = f"Previous response with id '{previous}' not found."
            raise invalid(said, param="previous_response_id", code="previous_response_not_found")
        return [*found.history]
    conversation = _conversation(call)
    return [] if conversation is None else [*find_conversation(call, conversation).items]


def _conversation(call: Call) -> str | None:
    given: Any = call.body.get("conversation")
    found: str | None = given["id"] if isinstance(given, dict) else given
    return found


def _tools(call: Call) -> list[Tool]:
    found: list[Tool] = []
    given: list[Any] = call.get("tools", list) or []
    for index, tool in enumerate(given):
        kind = tool.get("type")
        if kind == "function":
            found.append(Tool(tool["name"], tool.get("description") or "", tool.get("parameters") or {}))
        elif kind not in _HOSTED:
            raise not_implemented(f"tools of type {kind}", param=f"tools[{index}].type")
    return found


def _choice(call: Call) -> str:
    chosen: Any = call.body.get("tool_choice") or "auto"
    return chosen if isinstance(chosen, str) else str(chosen.get("name", "auto"))


def _format(call: Call) -> tuple[Json | None, bool]:
    text: Any = call.get("text", dict) or {}
    form = text.get("format") or {"type": "text"}
    if form["type"] == "json_schema":
        if not form.get("name"):
            raise missing("text.format.name")
        return check_schema(form.get("schema"), strict=bool(form.get("strict"))), False
    return None, form["type"] == "json_object"


def _output(call: Call, answered: Answer) -> tuple[list[Json], bool]:
    """The items of an answer, and whether it had to be cut."""
    if answered.calls:
        calls = [
            {
                "id": call.world.new_id("fc"), "type": "function_call", "status": "completed",
                "call_id": call.world.new_id("call"), "name": name, "arguments": arguments,
            }
            for name, arguments in answered.calls
        ]  # fmt: skip
        return calls, False
    parts, most = pieces(answered.text), call.get("max_output_tokens", int)
    cut = most is not None and len(parts) > most
    content = [{"type": "output_text", "text": "".join(parts[:most]), "annotations": [], "logprobs": []}]
    said = message(call, "assistant", content)
    return [{**said, "status": "incomplete" if cut else "completed"}], cut


def _usage(call: Call, known: Sequence[Json], output: Sequence[Json]) -> Json:
    into = weight(known) + count(call.get("instructions", str) or "")
    out = sum(count(_written(item)) for item in output)
    return {
        "input_tokens": into, "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}, "output_tokens": out,
        "output_tokens_details": {"reasoning_tokens": 0}, "total_tokens": into + out,
    }  # fmt: skip


def _written(item: Json) -> str:
    said: str = item["content"][0]["text"] if item["type"] == "message" else item["name"] + item["arguments"]
    return said


def _response(call: Call, model: str, output: list[Json], usage: Json, *, cut: bool) -> Json:
    body = call.body
    conversation = _conversation(call)
    told: Json = {} if conversation is None else {"conversation": {"id": conversation}}
    tools: list[Json] = body.get("tools") or []
    return {
        "id": call.world.new_id("resp"), "object": "response", "created_at": call.now, "model": model,
        "status": "incomplete" if cut else "completed", "background": False, "error": None,
        "completed_at": None if cut else call.now,
        "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
        "instructions": body.get("instructions"), "max_output_tokens": body.get("max_output_tokens"),
        "max_tool_calls": None, "output": output, "parallel_tool_calls": body.get("parallel_tool_calls") is not False,
        "previous_response_id": body.get("previous_response_id"), "reasoning": {"effort": None, "summary": None},
        "service_tier": "default", "store": body.get("store") is not False,
        "temperature": body.get("temperature", 1.0), "top_p": body.get("top_p", 1.0),
        "text": {"format": (body.get("text") or {}).get("format") or {"type": "text"}},
        "tool_choice": body.get("tool_choice", "auto"),
        "tools": [{"strict": True, "description": None, **tool} if tool["type"] == "function" else tool for tool in tools],
        "truncation": "disabled", "usage": usage, "metadata": body.get("metadata") or {}, **told,
    }  # fmt: skip


def _keep(call: Call, response: Json, inputs: list[Json], known: list[Json], output: list[Json]) -> None:
    if call.body.get("store") is not False:
        call.world.responses[response["id"]] = StoredResponse(response, inputs, [*known, *output])
    conversation = _conversation(call)
    if conversation is not None:
        find_conversation(call, conversation).items.extend([*inputs, *output])


# -- what is kept


@routes("GET", "/responses/{id}", "include stream starting_after include_obfuscation")
def get(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/responses/get."""
    if call.query.get("stream") == "true":
        raise not_implemented("streaming a stored response", param="stream")
    return Reply(_find(call).fields)


@routes("DELETE", "/responses/{id}")
def delete(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/responses/delete."""
    found = _find(call)
    del call.world.responses[found.fields["id"]]
    return Reply({"id": found.fields["id"], "object": "response", "deleted": True})


@routes("GET", "/responses/{id}/input_items", "limit order after include")
def input_items(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/responses/input-items."""
    return Reply(call.page(_find(call).inputs, limit=20))


def _find(call: Call) -> StoredResponse:
    name = call.ids["id"]
    found = call.world.responses.get(name)
    if found is None:
        raise not_found(f"Response with id '{name}' not found.", param=None)
    return found


# -- events, https://platform.openai.com/docs/api-reference/responses-streaming


def _events(response: Json) -> Iterator[tuple[str, Json]]:
    numbers = counting()

    def event(kind: str, **fields: Any) -> tuple[str, Json]:
        return kind, {"type": kind, "sequence_number": next(numbers), **fields}

    begun = {**response, "status": "in_progress", "output": [], "usage": None, "completed_at": None}
    begun = {name: value for name, value in begun.items() if name != "usage"} | {"incomplete_details": None}
    yield event("response.created", response=begun)
    yield event("response.in_progress", response=begun)
    for index, item in enumerate(response["output"]):
        at = {"output_index": index}
        empty = {**item, "status": "in_progress", **({"content": []} if "content" in item else {"arguments": ""})}
        yield event("response.output_item.added", item=empty, **at)
        for kind, fields in _item_events(item):
            yield event(kind, item_id=item["id"], **at, **fields)
        yield event("response.output_item.done", item=item, **at)
    yield event(f"response.{response['status']}", response=response)


def _item_events(item: Json) -> Iterator[tuple[str, Json]]:
    if item["type"] == "function_call":
        for piece in pieces(item["arguments"]):
            yield "response.function_call_arguments.delta", {"delta": piece}
        yield "response.function_call_arguments.done", {"arguments": item["arguments"], "name": item["name"]}
        return
    part = item["content"][0]
    at = {"content_index": 0}
    yield "response.content_part.added", {**at, "part": {**part, "text": ""}}
    for piece in pieces(part["text"]):
        yield "response.output_text.delta", {**at, "delta": piece, "logprobs": []}
    yield "response.output_text.done", {**at, "text": part["text"], "logprobs": []}
    yield "response.content_part.done", {**at, "part": part}
