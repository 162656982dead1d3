"""Chat completions.

https://platform.openai.com/docs/api-reference/chat
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, cast

from unifykit._core.mode import M
from unifykit._core.operation import UNSAFE, operation
from unifykit._core.stream import Delta, Final, Streaming, streamed
from unifykit.errors import InvalidRequestError, UnexpectedResponseError
from unifykit.providers.openai.arguments import Picture, at_least, filled, given, within, written
from unifykit.providers.openai.errors import fault_in_stream
from unifykit.providers.openai.messages import Messages, chat_messages, chat_tools, choice, reply_message
from unifykit.providers.openai.models import ChatReply, R, Usage
from unifykit.providers.openai.resource import nonsense
from unifykit.providers.openai.schemas import ToolLike, output_format, read_answer, tools_by_name
from unifykit.providers.openai.toolbox import Toolbox, ToolStep

_PATH = "/chat/completions"
_DONE = b"[DONE]"


@dataclass(frozen=True, slots=True)
class ToolRun(Generic[R]):
    """How a conversation with tools went.

    Attributes:
        reply: The model's last word.
        messages: The whole conversation, the last word included: pass it on to go on.
        steps: The calls of tools, in order.
        usage: Tokens of all rounds.
    """

    reply: ChatReply[R]
    messages: list[dict[str, Any]]
    steps: list[ToolStep]
    usage: Usage

    @property
    def text(self) -> str:
        """The model's last word as text."""
        return self.reply.text

    @property
    def parsed(self) -> R:
        """The model's last word as the `response_model` that was asked for."""
        return self.reply.parsed

    def __str__(self) -> str:
        return self.reply.text


class Chat(Toolbox[M]):
    """`p.openai.chat`: a model answers a conversation.

    Each answer is made and billed anew, so these operations are unsafe: a request is sent again only where OpenAI
    certainly did not execute it (429, no connection), never after a 5xx or a lost reply.
    """

    @operation(UNSAFE)
    async def complete(
        self, model: str, messages: Messages, *, system: str | None = None, images: Sequence[Picture] = (),
        tools: Sequence[ToolLike] | None = None, tool_choice: str | None = None,
        response_model: type[R] | None = None, max_tokens: int | None = None, temperature: float | None = None,
        top_p: float | None = None, stop: str | Sequence[str] | None = None, seed: int | None = None,
        reasoning_effort: str | None = None, verbosity: str | None = None, parallel_tool_calls: bool | None = None,
        metadata: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None,
    ) -> ChatReply[R]:  # fmt: skip
        """Ask a model.

        https://platform.openai.com/docs/api-reference/chat/create

        Args:
            model: The model's name.
            messages: What the user says, or the whole conversation.
            system: What the model is told beforehand.
            images: Pictures that go with what the user said last: URLs, paths or bytes.
            tools: Python functions or definitions that the model may call; see `run_tools` to have them called.
            tool_choice: ``"auto"``, ``"none"``, ``"required"``, or the name of the tool that must be called.
            response_model: A pydantic model, dataclass or TypedDict that the answer must fit; see `parsed` of the reply.
            max_tokens: The most that may be made, reasoning included.
            temperature: 0 to 2.
            top_p: 0 to 1.
            stop: What ends the answer.
            seed: Asks for the same answer to the same question.
            reasoning_effort: Such as ``"low"``.
            verbosity: ``"low"``, ``"medium"`` or ``"high"``.
            parallel_tool_calls: Whether several tools may be called at once.
            metadata: Up to 16 texts that are kept with the answer.
            extra: Further parameters, as the API names them.

        Raises:
            QuotaExceededError: The account is out of credit.
            UnexpectedResponseError: The answer does not fit `response_model`: it was refused (code ``refusal``), cut
                (``length``), or is wrong (``invalid_answer``).

        Example:
            >>> reply = p.openai.chat.complete("gpt-5-mini", "Bonjour !")
            >>> reply.text, reply.usage.output_tokens
            ('Bonjour !', 3)
        """
        fields = {
            "max_completion_tokens": at_least("max_tokens", max_tokens, 1),
            "temperature": within("temperature", temperature, 0, 2),
            "top_p": within("top_p", top_p, 0, 1), "stop": written(stop), "seed": seed,
            "reasoning_effort": reasoning_effort, "verbosity": verbosity, "parallel_tool_calls": parallel_tool_calls,
            "metadata": metadata, "tools": chat_tools(tools), "tool_choice": choice(tool_choice, nested=True),
        }  # fmt: skip
        said = chat_messages(messages, system, images)
        return await self._complete(_body(model, said, response_model, fields, extra), response_model)

    @streamed(UNSAFE)
    async def stream(
        self, model: str, messages: Messages, *, system: str | None = None, images: Sequence[Picture] = (),
        tools: Sequence[ToolLike] | None = None, tool_choice: str | None = None,
        response_model: type[R] | None = None, max_tokens: int | None = None, temperature: float | None = None,
        top_p: float | None = None, stop: str | Sequence[str] | None = None, seed: int | None = None,
        reasoning_effort: str | None = None, verbosity: str | None = None, parallel_tool_calls: bool | None = None,
        metadata: Mapping[str, str] | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Streaming[str, ChatReply[R]]:  # fmt: skip
        """Ask a model, and read the answer as it is made. At its end, `final` is the whole reply.

        https://platform.openai.com/docs/api-reference/chat/streaming

        Args:
            model: The model's name.
            messages: What the user says, or the whole conversation.
            system: See `complete`, as all that follows.
            images: See `complete`.
            tools: See `complete`.
            tool_choice: See `complete`.
            response_model: See `complete`.
            max_tokens: See `complete`.
            temperature: See `complete`.
            top_p: See `complete`.
            stop: See `complete`.
            seed: See `complete`.
            reasoning_effort: See `complete`.
            verbosity: See `complete`.
            parallel_tool_calls: See `complete`.
            metadata: See `complete`.
            extra: See `complete`.

        Raises:
            ConnectionFailedError: The stream was cut; the text says how much had arrived.

        Example:
            >>> with p.openai.chat.stream("gpt-5-mini", "Raconte une histoire") as stream:
            ...     text = "".join(stream)
            >>> text == stream.final.text, stream.final.finish_reason
            (True, 'stop')
        """
        fields = {
            "max_completion_tokens": at_least("max_tokens", max_tokens, 1),
            "temperature": within("temperature", temperature, 0, 2),
            "top_p": within("top_p", top_p, 0, 1), "stop": written(stop), "seed": seed,
            "reasoning_effort": reasoning_effort, "verbosity": verbosity, "parallel_tool_calls": parallel_tool_calls,
            "metadata": metadata, "tools": chat_tools(tools), "tool_choice": choice(tool_choice, nested=True),
            "stream": True, "stream_options": {"include_usage": True},
        }  # fmt: skip
        said = chat_messages(messages, system, images)
        chunks = await self.open(_PATH, _body(model, said, response_model, fields, extra))
        try:
            heard = _Heard(model)
            while (event := await self.next_event(chunks)) is not None and event != _DONE:
                text = heard.take(event)
                if text:
                    yield Delta(text)
            if event is None and heard.reason is None:
                raise chunks.arrived.cut(" without its end")
            yield Final(self._finished(heard.reply(), model, response_model))
        finally:
            await self.shut(chunks)

    @operation(UNSAFE)
    async def run_tools(
        self, model: str, messages: Messages, tools: Sequence[ToolLike], *, system: str | None = None,
        images: Sequence[Picture] = (), tool_choice: str | None = None, response_model: type[R] | None = None,
        max_rounds: int = 10, max_tokens: int | None = None, temperature: float | None = None,
        parallel_tool_calls: bool | None = None, extra: Mapping[str, Any] | None = None,
    ) -> ToolRun[R]:  # fmt: skip
        """Ask a model, call the functions that it asks for, tell it what they gave, until it answers.

        A function's type hints become its schema, its docstring tells the model what it is for. What it raises goes back
        to the model. In async mode functions may be async; others run in a thread.

        https://platform.openai.com/docs/guides/function-calling

        Args:
            model: The model's name.
            messages: What the user says, or the whole conversation.
            tools: Python functions.
            system: What the model is told beforehand.
            images: Pictures that go with what the user said last.
            tool_choice: See `complete`; holds for the first round.
            response_model: What the last word must fit.
            max_rounds: How often the model may ask for tools.
            max_tokens: The most that may be made in each round.
            temperature: 0 to 2.
            parallel_tool_calls: Whether several tools may be called at once.
            extra: Further parameters, as the API names them.

        Raises:
            UnexpectedResponseError: After `max_rounds` the model still asks for tools (code ``max_rounds``).

        Example:
            >>> def get_weather(city: str) -> str:
            ...     return f"12 degrees in {city}"
            >>> p.openai.chat.run_tools("gpt-5-mini", "What is the weather in Oslo?", [get_weather]).text
            'The result is: 12 degrees in Oslo'
        """
        if max_rounds < 1:
            raise InvalidRequestError("max_rounds must be 1 or more.")
        known = tools_by_name(tools)
        fields = {
            "max_completion_tokens": at_least("max_tokens", max_tokens, 1),
            "temperature": within("temperature", temperature, 0, 2),
            "parallel_tool_calls": parallel_tool_calls, "tools": chat_tools(tools),
        }  # fmt: skip
        said, steps, usage = chat_messages(messages, system, images), list[ToolStep](), Usage()
        for number in range(max_rounds + 1):
            fields["tool_choice"] = choice(tool_choice, nested=True) if number == 0 else None
            reply = await self._complete(_body(model, said, response_model, fields, extra), response_model)
            said.append(reply_message(reply))
            usage += reply.usage
            if not reply.tool_calls:
                return ToolRun(reply, said, steps, usage)
            if number < max_rounds:
                done = await self.work(reply.tool_calls, known)
                steps += done
                said += [
                    {"role": "tool", "tool_call_id": call.id, "content": step.result}
                    for call, step in zip(reply.tool_calls, done, strict=True)
                ]
        raise UnexpectedResponseError(f"the model still asks for tools after {max_rounds} rounds.", code="max_rounds")

    async def _complete(self, body: dict[str, Any], response_model: type[R] | None) -> ChatReply[R]:
        reply: ChatReply[Any] = ChatReply[Any].model_validate_json(await self.fetch("post", _PATH, body))
        return self._finished(reply, body["model"], response_model)

    def _finished(self, reply: ChatReply[R], model: str, response_model: type[R] | None) -> ChatReply[R]:
        self.count(model, reply.usage)
        if response_model is not None:
            reply.keep(None if reply.tool_calls else _answer(reply, response_model))
        return reply


def _body(
    model: str, messages: list[dict[str, Any]], response_model: Any, fields: Mapping[str, Any],
    extra: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    body = given({"model": filled("model", model), "messages": messages, **fields}, extra)
    if response_model is not None:
        body["response_format"] = {"type": "json_schema", "json_schema": output_format(response_model)}
    return body


def _answer(reply: ChatReply[Any], response_model: Any) -> Any:
    if reply.refusal:
        raise UnexpectedResponseError(f"the model refused: {reply.refusal.rstrip('.')}.", code="refusal")
    if reply.finish_reason == "length":
        raise UnexpectedResponseError("the answer was cut before its end: give more max_tokens.", code="length")
    return read_answer(response_model, reply.text)


@dataclass(slots=True)
class _Heard:
    """A reply that is put together of its chunks.

    https://platform.openai.com/docs/api-reference/chat/streaming
    """

    model: str
    head: dict[str, Any] = field(default_factory=dict[str, Any])
    texts: list[str] = field(default_factory=list[str])
    refusals: list[str] = field(default_factory=list[str])
    calls: dict[int, dict[str, str]] = field(default_factory=dict[int, dict[str, str]])
    reason: str | None = None
    usage: dict[str, Any] | None = None

    def take(self, event: bytes) -> str:
        """Take in a chunk; returns the text that it adds."""
        try:
            chunk: Any = json.loads(event)
        except ValueError as error:
            raise nonsense(f"an event of the stream is not JSON ({error}).") from error
        if not isinstance(chunk, dict):
            raise nonsense("an event of the stream is no JSON object.")
        told = cast("dict[str, Any]", chunk)
        if told.get("error"):
            raise fault_in_stream(told["error"])
        self.head = self.head or told
        self.usage = told.get("usage") or self.usage
        parts: list[dict[str, Any]] = told.get("choices") or []
        return "".join([self._add(one) for one in parts if one.get("index", 0) == 0])

    def _add(self, part: dict[str, Any]) -> str:
        delta: dict[str, Any] = part.get("delta") or {}
        self.reason = part.get("finish_reason") or self.reason
        self.refusals.append(delta.get("refusal") or "")
        for one in delta.get("tool_calls") or ():
            call = self.calls.setdefault(one.get("index", 0), {"id": "", "name": "", "arguments": ""})
            call["id"] = one.get("id") or call["id"]
            function: dict[str, str | None] = one.get("function") or {}
            for name in ("name", "arguments"):
                call[name] += function.get(name) or ""
        text: str = delta.get("content") or ""
        self.texts.append(text)
        return text

    def reply(self) -> ChatReply[Any]:
        """The whole reply."""
        text, refusal = "".join(self.texts), "".join(self.refusals)
        message = {
            "role": "assistant", "content": text or (None if self.calls or refusal else ""), "refusal": refusal or None,
            "tool_calls": [call for _, call in sorted(self.calls.items())] or None,
        }  # fmt: skip
        told = {name: value for name, value in self.head.items() if name not in ("object", "choices", "usage")}
        head = {"id": "", "model": self.model, **told, "object": "chat.completion", "usage": self.usage}
        answer = {"index": 0, "message": message, "finish_reason": self.reason}
        return ChatReply[Any].model_validate({**head, "choices": [answer]})
