"""Assistants and threads, over responses and conversations.

OpenAI shut its Assistants API down on August 26, 2026. An assistant is an object of ours now, a thread is a conversation,
a run is a response: https://platform.openai.com/docs/assistants/migration
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field

from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import UnexpectedResponseError
from unifykit.paging import Page
from unifykit.providers.openai.arguments import filled, given, place
from unifykit.providers.openai.messages import response_tools
from unifykit.providers.openai.models import ResponseReply
from unifykit.providers.openai.resource import OpenAIResource
from unifykit.providers.openai.responses import PATH, response_body
from unifykit.providers.openai.schemas import ToolLike, tools_by_name
from unifykit.providers.openai.toolbox import Toolbox

_CONVERSATIONS = "/conversations"
_PAGE = 100


@dataclass(frozen=True, slots=True)
class Assistant:
    """Who answers in a thread. Keep it where you like: OpenAI does not.

    Attributes:
        name: Its name, for you.
        instructions: What the model is told.
        model: The model's name.
        tools: Python functions, definitions, or hosted tools such as ``{"type": "web_search"}``.
    """

    name: str
    instructions: str
    model: str
    tools: Sequence[ToolLike] = field(default=(), repr=False)


class Thread(Model):
    """A conversation that OpenAI keeps.

    Attributes:
        id: Its id.
        metadata: Texts that are kept with it.
    """

    id: str
    metadata: dict[str, str] | None = None


class ThreadMessage(Model):
    """Something that was said in a thread.

    Attributes:
        id: Its id.
        role: ``"user"``, ``"assistant"``, ``"system"`` or ``"developer"``; None for what is no message.
        type: ``"message"``, or what else is in the thread, such as ``"function_call"``.
    """

    id: str = ""
    type: str = "message"
    role: str | None = None
    content: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]], repr=False)

    @property
    def text(self) -> str:
        """What was said."""
        return "".join(str(part.get("text") or "") for part in self.content)

    def __str__(self) -> str:
        return self.text


class _Items(Model):
    data: list[ThreadMessage] = Field(min_length=1)


class Assistants(OpenAIResource[M]):
    """`p.openai.assistants`: who answers in threads."""

    @operation(SAFE)
    async def create(self, *, name: str, instructions: str, model: str, tools: Sequence[ToolLike] = ()) -> Assistant:
        """Make an assistant. Nothing is sent: it is an object of yours.

        https://platform.openai.com/docs/assistants/migration

        Args:
            name: Its name, for you.
            instructions: What the model is told.
            model: The model's name.
            tools: Python functions that `threads.run` calls, definitions, or hosted tools such as
                ``{"type": "web_search"}``.

        Example:
            >>> tutor = p.openai.assistants.create(
            ...     name="Math Tutor", instructions="Tu es un tuteur de mathématiques.", model="gpt-5-mini"
            ... )
            >>> tutor.name
            'Math Tutor'
        """
        tools_by_name(tools)
        return Assistant(filled("name", name), instructions, filled("model", model), tuple(tools))


class Threads(Toolbox[M]):
    """`p.openai.threads`: conversations that OpenAI keeps."""

    @operation(UNSAFE)
    async def create(self, *, metadata: Mapping[str, str] | None = None) -> Thread:
        """Begin a thread.

        https://platform.openai.com/docs/api-reference/conversations/create

        Args:
            metadata: Up to 16 texts that are kept with it.

        Example:
            >>> p.openai.threads.create(metadata={"topic": "maths"}).metadata
            {'topic': 'maths'}
        """
        return Thread.model_validate_json(await self.fetch("post", _CONVERSATIONS, given({"metadata": metadata})))

    @operation(UNSAFE)
    async def add(
        self, thread: Thread | str, text: str, *, role: Literal["user", "assistant", "system", "developer"] = "user"
    ) -> ThreadMessage:
        """Say something in a thread.

        https://platform.openai.com/docs/api-reference/conversations/create-items

        Args:
            thread: The thread, or its id.
            text: What is said.
            role: Who says it.

        Example:
            >>> thread = p.openai.threads.create()
            >>> p.openai.threads.add(thread, "Résous x^2 + 2x + 1 = 0").role
            'user'
        """
        item = {"type": "message", "role": role, "content": filled("text", text)}
        path = place(f"{_CONVERSATIONS}/{{}}/items", _id(thread))
        return _Items.model_validate_json(await self.fetch("post", path, {"items": [item]})).data[0]

    @operation(UNSAFE)
    async def run(
        self, thread: Thread | str, assistant: Assistant, *, text: str | None = None, max_rounds: int = 10,
        extra: Mapping[str, Any] | None = None,
    ) -> ResponseReply:  # fmt: skip
        """Let an assistant answer in a thread; its Python functions are called as in `chat.run_tools`.

        https://platform.openai.com/docs/api-reference/responses/create

        Args:
            thread: The thread, or its id.
            assistant: Who answers.
            text: What the user says first, if something is to be added.
            max_rounds: How often the model may ask for tools.
            extra: Further parameters, as the API names them.

        Raises:
            UnexpectedResponseError: After `max_rounds` the model still asks for tools (code ``max_rounds``).

        Example:
            >>> tutor = p.openai.assistants.create(name="Tutor", instructions="Teach.", model="gpt-5-mini")
            >>> thread = p.openai.threads.create()
            >>> message = p.openai.threads.add(thread, "Résous x^2 + 2x + 1 = 0")
            >>> p.openai.threads.run(thread, tutor).text
            'You said: Résous x^2 + 2x + 1 = 0'
        """
        known = tools_by_name(assistant.tools)
        fields = {
            "instructions": assistant.instructions or None, "conversation": _id(thread),
            "tools": response_tools(assistant.tools),
        }  # fmt: skip
        items: Any = None if text is None else filled("text", text)
        for number in range(max_rounds + 1):
            body = response_body(assistant.model, items, None, fields, extra)
            reply: ResponseReply = ResponseReply.model_validate_json(await self.fetch("post", PATH, body))
            self.count(assistant.model, reply.usage)
            if not reply.tool_calls or not known:
                return reply
            if number < max_rounds:
                done = await self.work(reply.tool_calls, known)
                items = [
                    {"type": "function_call_output", "call_id": call.id, "output": step.result}
                    for call, step in zip(reply.tool_calls, done, strict=True)
                ]
        raise UnexpectedResponseError(f"the model still asks for tools after {max_rounds} rounds.", code="max_rounds")

    @paged
    async def messages(
        self, page: str | None, thread: Thread | str, *, order: Literal["asc", "desc"] = "asc"
    ) -> Page[ThreadMessage, str]:
        """What was said in a thread, the oldest first; calls of functions included.

        https://platform.openai.com/docs/api-reference/conversations/list-items

        Args:
            thread: The thread, or its id.
            order: ``"desc"`` for the newest first.

        Example:
            >>> thread = p.openai.threads.create()
            >>> message = p.openai.threads.add(thread, "Hello")
            >>> [message.text for message in p.openai.threads.messages(thread)]
            ['Hello']
        """
        path = place(f"{_CONVERSATIONS}/{{}}/items", _id(thread))
        return await self.fetch_page(ThreadMessage, page, path, {"order": order}, _PAGE)

    @operation(IDEMPOTENT)
    async def delete(self, thread: Thread | str) -> None:
        """Delete a thread; OpenAI keeps its items.

        https://platform.openai.com/docs/api-reference/conversations/delete

        Args:
            thread: The thread, or its id.

        Example:
            >>> p.openai.threads.delete(p.openai.threads.create())
        """
        await self.fetch("delete", place(f"{_CONVERSATIONS}/{{}}", _id(thread)))


def _id(thread: Thread | str) -> str:
    return thread if isinstance(thread, str) else thread.id
