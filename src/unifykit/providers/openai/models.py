"""What OpenAI's operations give back."""

import base64
import binascii
import functools
import json
from array import array
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Generic, cast

from pydantic import Field, PrivateAttr, model_validator
from typing_extensions import TypeVar

from unifykit._core.model import Model
from unifykit.errors import InvalidRequestError, MissingExtraError, UnexpectedResponseError

if TYPE_CHECKING:
    import numpy as np

R = TypeVar("R", default=None)


class Usage(Model):
    """Tokens.

    Attributes:
        input_tokens: What was sent.
        output_tokens: What was made, reasoning included.
        cached_tokens: What was sent and found in the provider's cache; part of `input_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0

    @property
    def total_tokens(self) -> int:
        """What was sent and made."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_tokens=self.cached_tokens + other.cached_tokens,
        )


def usage_of(counted: Mapping[str, Any] | None) -> Usage:
    """Tokens as any of OpenAI's endpoints counts them."""
    told = counted or {}
    details: Mapping[str, Any] = told.get("prompt_tokens_details") or told.get("input_tokens_details") or {}
    return Usage.model_construct(
        input_tokens=told.get("prompt_tokens") or told.get("input_tokens") or 0,
        output_tokens=told.get("completion_tokens") or told.get("output_tokens") or 0,
        cached_tokens=details.get("cached_tokens") or 0,
    )


class _Counted(Model):
    counted: dict[str, Any] | None = Field(default=None, alias="usage", repr=False)

    @property
    def usage(self) -> Usage:
        """The tokens; zeros where the provider does not count."""
        return usage_of(self.counted)


class ToolCall(Model):
    """A function that the model wants to be called.

    Attributes:
        id: What the result is handed in under.
        name: The function.
        arguments: Its arguments as JSON, as the model wrote them: they may be malformed.
    """

    id: str
    name: str
    arguments: str

    @model_validator(mode="before")
    @classmethod
    def _flat(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        sent = cast("dict[str, Any]", value)
        return (
            {**sent, **sent["function"]} if "function" in sent else {**sent, "id": sent.get("call_id", sent.get("id"))}
        )

    def parsed(self) -> dict[str, Any]:
        """The arguments.

        Raises:
            UnexpectedResponseError: The model wrote no JSON object.
        """
        try:
            found: Any = json.loads(self.arguments or "{}")
        except ValueError as error:
            raise UnexpectedResponseError(f"the model's arguments for {self.name} are not JSON ({error}).") from error
        if not isinstance(found, dict):
            raise UnexpectedResponseError(f"the model's arguments for {self.name} are no JSON object.")
        return found  # pyright: ignore[reportUnknownVariableType]


class _Parsed(_Counted, Generic[R]):
    _parsed: Any = PrivateAttr(default=None)
    _wanted: bool = PrivateAttr(default=False)

    @property
    def parsed(self) -> R:
        """The reply as the `response_model` that was asked for; None if none was.

        Raises:
            InvalidRequestError: The model called tools instead of answering.
        """
        if self._wanted and self._parsed is None:
            raise InvalidRequestError("the reply has no parsed value: the model called tools, see `tool_calls`.")
        found: R = self._parsed
        return found

    def keep(self, value: Any) -> None:
        """Keep the value that was asked for, or None if the model called tools instead."""
        self._parsed, self._wanted = value, True


class ChatMessage(Model):
    """What the model said.

    Attributes:
        content: The text, if it said one.
        refusal: Why it would not answer, if it would not.
        tool_calls: The functions that it wants to be called.
    """

    role: str = "assistant"
    content: str | None = None
    refusal: str | None = None
    tool_calls: list[ToolCall] | None = None


class Choice(Model):
    """One of the answers.

    Attributes:
        finish_reason: ``"stop"``, ``"length"`` (cut), ``"tool_calls"``, ``"content_filter"``, or what may come.
    """

    index: int = 0
    message: ChatMessage
    finish_reason: str | None = None


class ChatReply(_Parsed[R], Generic[R]):
    """A chat completion. Print it, or pass it back among the messages.

    https://platform.openai.com/docs/api-reference/chat/object
    """

    id: str
    model: str
    created: int = 0
    choices: list[Choice] = Field(min_length=1)

    def __str__(self) -> str:
        return self.text

    @property
    def message(self) -> ChatMessage:
        """What the model said."""
        return self.choices[0].message

    @property
    def text(self) -> str:
        """What the model said, as text; empty where it called tools."""
        return self.message.content or ""

    @property
    def refusal(self) -> str | None:
        """Why the model would not answer, if it would not."""
        return self.message.refusal

    @property
    def tool_calls(self) -> Sequence[ToolCall]:
        """The functions that the model wants to be called."""
        return tuple(self.message.tool_calls or ())

    @property
    def finish_reason(self) -> str | None:
        """Why the answer ends: see `Choice`."""
        return self.choices[0].finish_reason


class ResponseReply(_Parsed[R], Generic[R]):
    """A response.

    https://platform.openai.com/docs/api-reference/responses/object

    Attributes:
        id: What a later response is told it follows, by ``previous=``.
        status: ``"completed"``, ``"incomplete"``, ``"failed"``, ``"in_progress"``, ``"queued"``, ``"cancelled"``.
        output: The items that the model made, as OpenAI gives them.
    """

    id: str
    model: str
    status: str = "completed"
    created_at: float = 0
    output: list[dict[str, Any]]

    def __str__(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """What the model said, as text; empty where it called tools."""
        return "".join(part.get("text", "") for part in self._parts if part.get("type") == "output_text")

    @property
    def refusal(self) -> str | None:
        """Why the model would not answer, if it would not."""
        said = [part.get("refusal", "") for part in self._parts if part.get("type") == "refusal"]
        return "".join(said) if said else None

    @property
    def tool_calls(self) -> Sequence[ToolCall]:
        """The functions that the model wants to be called."""
        return tuple(ToolCall.model_validate(item) for item in self.output if item.get("type") == "function_call")

    @property
    def _parts(self) -> list[dict[str, Any]]:
        return [part for item in self.output if item.get("type") == "message" for part in item.get("content", ())]


# -- embeddings


class Embedding(Model):
    """A text as a vector.

    Attributes:
        vector: Its coordinates.
        model: What made it.
        usage: Tokens of the text.
    """

    vector: list[float] = Field(repr=False)
    model: str
    usage: Usage

    def __len__(self) -> int:
        return len(self.vector)

    def to_numpy(self) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """The vector as a numpy array of 32-bit floats (extra ``notebook``)."""
        made: np.ndarray[Any, np.dtype[np.float32]] = _numpy().array(self.vector, dtype="float32")
        return made


class EmbeddingList(Model):
    """Texts as vectors, in the order of the texts.

    Attributes:
        vectors: One for each text.
        model: What made them.
        usage: Tokens of all texts.
    """

    vectors: list[list[float]] = Field(repr=False)
    model: str
    usage: Usage

    def __len__(self) -> int:
        return len(self.vectors)

    def __getitem__(self, index: int) -> list[float]:
        return self.vectors[index]

    def to_numpy(self) -> "np.ndarray[Any, np.dtype[np.float32]]":
        """The vectors as the rows of a numpy array of 32-bit floats (extra ``notebook``)."""
        made: np.ndarray[Any, np.dtype[np.float32]] = _numpy().array(self.vectors, dtype="float32")
        return made


def _numpy() -> Any:
    try:
        import numpy as np
    except ModuleNotFoundError as error:
        text = "numpy arrays need numpy, which is not installed: pip install 'unifykit[notebook]'"
        raise MissingExtraError(text) from error
    return np


class EmbeddingsReply(_Counted):
    """Embeddings as they are sent: each a list of numbers, or the bytes of 32-bit floats in base64."""

    model: str
    data: list[dict[str, Any]]

    @functools.cached_property
    def vectors(self) -> list[list[float]]:
        """The vectors, in the order of the texts."""
        ordered = sorted(self.data, key=lambda item: item["index"])
        return [_unpacked(item["embedding"]) for item in ordered]


def _unpacked(sent: Any) -> list[float]:
    if isinstance(sent, list):  # servers that only speak OpenAI's API may not know the other form
        return sent  # pyright: ignore[reportUnknownVariableType]
    try:
        numbers = array("f", base64.b64decode(sent, validate=True))
    except binascii.Error as error:
        raise UnexpectedResponseError("an embedding is not in base64.") from error
    return numbers.tolist()


# -- files, models, fine-tuning


class StoredFile(Model):
    """A file at OpenAI.

    Attributes:
        id: Its id.
        filename: Its name.
        size: Bytes.
        purpose: What it is for, such as ``"fine-tune"``.
        created_at: When it was uploaded.
        expires_at: When it will be deleted, if it will.
    """

    id: str
    filename: str
    size: int = Field(alias="bytes")
    purpose: str
    created_at: datetime
    expires_at: datetime | None = None


class ModelInfo(Model):
    """A model.

    Attributes:
        id: Its name.
        owned_by: Who made it.
        created: When.
        shutdown_date: The day on which it will be switched off, if that is known.
    """

    id: str
    owned_by: str = ""
    created: datetime = datetime.fromtimestamp(0, UTC)
    shutdown_date: date | None = None


class FineTuningJob(Model):
    """A fine-tuning job.

    Attributes:
        id: Its id.
        model: What is tuned.
        status: ``"validating_files"``, ``"queued"``, ``"running"``, ``"succeeded"``, ``"failed"``, ``"cancelled"``.
        fine_tuned_model: The new model, when the job has succeeded.
        training_file: The id of the file it learns from.
        trained_tokens: Tokens that are billed, when it is done.
        created_at: When it was made.
        finished_at: When it ended.
    """

    id: str
    model: str
    status: str
    training_file: str
    fine_tuned_model: str | None = None
    trained_tokens: int | None = None
    created_at: datetime
    finished_at: datetime | None = None

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("succeeded", "failed", "cancelled")


class FineTuningEvent(Model):
    """Something that happened to a fine-tuning job."""

    id: str
    created_at: datetime
    level: str
    message: str
