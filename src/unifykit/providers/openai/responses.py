"""Responses.

https://platform.openai.com/docs/api-reference/responses
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation
from unifykit._core.stream import Delta, Final, Streaming, streamed
from unifykit.errors import UnexpectedResponseError
from unifykit.providers.openai.arguments import Picture, at_least, filled, given, place, within
from unifykit.providers.openai.errors import fault_in_stream
from unifykit.providers.openai.messages import choice, response_items, response_tools
from unifykit.providers.openai.models import R, ResponseReply
from unifykit.providers.openai.resource import OpenAIResource, nonsense
from unifykit.providers.openai.schemas import ToolLike, output_format, read_answer

PATH = "/responses"
_ENDS = ("response.completed", "response.incomplete")


class Responses(OpenAIResource[M]):
    """`p.openai.responses`: a model answers, and OpenAI keeps what was said.

    Making a response is unsafe, as for `chat`: see there.
    """

    @operation(UNSAFE)
    async def create(
        self, model: str, input: str | Sequence[Mapping[str, Any]], *, instructions: str | None = None,  # noqa: A002
        images: Sequence[Picture] = (), previous: str | None = None, conversation: str | None = None,
        tools: Sequence[ToolLike] | None = None, tool_choice: str | None = None,
        response_model: type[R] | None = None, store: bool | None = None, max_tokens: int | None = None,
        temperature: float | None = None, top_p: float | None = None, reasoning_effort: str | None = None,
        metadata: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None,
    ) -> ResponseReply[R]:  # fmt: skip
        """Ask a model.

        https://platform.openai.com/docs/api-reference/responses/create

        Args:
            model: The model's name.
            input: What the user says, or items as the API takes them.
            instructions: What the model is told beforehand; not kept for later responses.
            images: Pictures that go with what the user said last: URLs, paths or bytes.
            previous: The id of the response that this one follows.
            conversation: The id of the conversation that this one belongs to.
            tools: Python functions or definitions that the model may call; it is yours to call them.
            tool_choice: ``"auto"``, ``"none"``, ``"required"``, or the name of the tool that must be called.
            response_model: A pydantic model, dataclass or TypedDict that the answer must fit; see `parsed` of the reply.
            store: Whether OpenAI keeps the response, 30 days; it does unless told not to.
            max_tokens: The most that may be made, reasoning included; 16 or more.
            temperature: 0 to 2.
            top_p: 0 to 1.
            reasoning_effort: Such as ``"low"``.
            metadata: Up to 16 texts that are kept with the response.
            extra: Further parameters, as the API names them.

        Raises:
            UnexpectedResponseError: The answer does not fit `response_model`: it was refused (code ``refusal``), cut
                (``length``), or is wrong (``invalid_answer``).

        Example:
            >>> first = p.openai.responses.create("gpt-5-mini", "Hello")
            >>> p.openai.responses.create("gpt-5-mini", "My name is Ada", previous=first.id).text
            'You said: My name is Ada'
        """
        fields = {
            "instructions": instructions, "previous_response_id": previous, "conversation": conversation,
            "tools": response_tools(tools), "tool_choice": choice(tool_choice, nested=False), "store": store,
            "max_output_tokens": at_least("max_tokens", max_tokens, 16),
            "temperature": within("temperature", temperature, 0, 2),
            "top_p": within("top_p", top_p, 0, 1), "metadata": metadata,
            "reasoning": None if reasoning_effort is None else {"effort": reasoning_effort},
        }  # fmt: skip
        body = response_body(model, response_items(input, images), response_model, fields, extra)
        reply: ResponseReply[Any] = ResponseReply[Any].model_validate_json(await self.fetch("post", PATH, body))
        return self._finished(reply, model, response_model)

    @streamed(UNSAFE)
    async def stream(
        self, model: str, input: str | Sequence[Mapping[str, Any]], *, instructions: str | None = None,  # noqa: A002
        images: Sequence[Picture] = (), previous: str | None = None, conversation: str | None = None,
        tools: Sequence[ToolLike] | None = None, tool_choice: str | None = None,
        response_model: type[R] | None = None, store: bool | None = None, max_tokens: int | None = None,
        temperature: float | None = None, top_p: float | None = None, reasoning_effort: str | None = None,
        metadata: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Streaming[str, ResponseReply[R]]:  # fmt: skip
        """Ask a model, and read the answer as it is made. At its end, `final` is the whole reply.

        https://platform.openai.com/docs/api-reference/responses-streaming

        Args:
            model: The model's name.
            input: See `create`, as all that follows.
            instructions: See `create`.
            images: See `create`.
            previous: See `create`.
            conversation: See `create`.
            tools: See `create`.
            tool_choice: See `create`.
            response_model: See `create`.
            store: See `create`.
            max_tokens: See `create`.
            temperature: See `create`.
            top_p: See `create`.
            reasoning_effort: See `create`.
            metadata: See `create`.
            extra: See `create`.

        Raises:
            ConnectionFailedError: The stream was cut; the text says how much had arrived.

        Example:
            >>> with p.openai.responses.stream("gpt-5-mini", "Tell me a story") as stream:
            ...     text = "".join(stream)
            >>> text == stream.final.text
            True
        """
        fields = {
            "instructions": instructions, "previous_response_id": previous, "conversation": conversation,
            "tools": response_tools(tools), "tool_choice": choice(tool_choice, nested=False), "store": store,
            "max_output_tokens": at_least("max_tokens", max_tokens, 16),
            "temperature": within("temperature", temperature, 0, 2),
            "top_p": within("top_p", top_p, 0, 1), "metadata": metadata, "stream": True,
            "reasoning": None if reasoning_effort is None else {"effort": reasoning_effort},
        }  # fmt: skip
        body = response_body(model, response_items(input, images), response_model, fields, extra)
        chunks = await self.open(PATH, body)
        try:
            end: dict[str, Any] | None = None
            while end is None and (data := await self.next_event(chunks)) is not None:
                event = _event(data)
                if event["type"] == "response.output_text.delta":
                    yield Delta(str(event["delta"]))
                end = event["response"] if event["type"] in _ENDS else None
            if end is None:
                raise chunks.arrived.cut(" without its end")
            reply: ResponseReply[Any] = ResponseReply[Any].model_validate(end)
            yield Final(self._finished(reply, model, response_model))
        finally:
            await self.shut(chunks)

    @operation(SAFE)
    async def get(self, id: str) -> ResponseReply:  # noqa: A002
        """A response that OpenAI keeps.

        https://platform.openai.com/docs/api-reference/responses/get

        Args:
            id: Its id.

        Raises:
            NotFoundError: It was deleted, has expired, or was not stored.

        Example:
            >>> made = p.openai.responses.create("gpt-5-mini", "Hello")
            >>> p.openai.responses.get(made.id).text
            'Hello!'
        """
        return ResponseReply.model_validate_json(await self.fetch("get", place(f"{PATH}/{{}}", id)))

    @operation(IDEMPOTENT)
    async def delete(self, id: str) -> None:  # noqa: A002
        """Delete a response.

        https://platform.openai.com/docs/api-reference/responses/delete

        Args:
            id: Its id.

        Example:
            >>> made = p.openai.responses.create("gpt-5-mini", "Hello")
            >>> p.openai.responses.delete(made.id)
        """
        await self.fetch("delete", place(f"{PATH}/{{}}", id))

    def _finished(self, reply: ResponseReply[R], model: str, response_model: type[R] | None) -> ResponseReply[R]:
        self.count(model, reply.usage)
        if response_model is not None:
            reply.keep(None if reply.tool_calls else _answer(reply, response_model))
        return reply


def response_body(
    model: str, items: Any, response_model: Any, fields: Mapping[str, Any], extra: Mapping[str, Any] | None
) -> dict[str, Any]:
    """What is sent for a response."""
    body = given({"model": filled("model", model), "input": items, **fields}, extra)
    if response_model is not None:
        body["text"] = {**body.get("text", {}), "format": {"type": "json_schema", **output_format(response_model)}}
    return body


def _answer(reply: ResponseReply[Any], response_model: Any) -> Any:
    if reply.refusal is not None:
        raise UnexpectedResponseError(f"the model refused: {reply.refusal.rstrip('.')}.", code="refusal")
    if reply.status == "incomplete":
        raise UnexpectedResponseError("the answer was cut before its end: give more max_tokens.", code="length")
    return read_answer(response_model, reply.text)


def _event(data: bytes) -> dict[str, Any]:
    try:
        event: Any = json.loads(data)
        kind = event["type"]
    except (ValueError, KeyError, TypeError) as error:
        raise nonsense(f"an event of the stream makes no sense ({type(error).__name__}).") from error
    if kind == "error":
        raise fault_in_stream(event.get("error") or event)
    if kind == "response.failed":
        raise fault_in_stream(event["response"].get("error") or {})
    found: dict[str, Any] = event
    return found
