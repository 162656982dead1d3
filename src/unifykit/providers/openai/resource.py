"""What OpenAI's resources share: exchanges, streams, parts of one operation at once, the count of tokens."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from unifykit._core.client import Dual
from unifykit._core.context import Operation, current
from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.outcome import Safety
from unifykit._core.tally import Tally
from unifykit._core.together import Step, atogether, together
from unifykit.errors import UnexpectedResponseError, UnifyError
from unifykit.paging import Page

if TYPE_CHECKING:
    from unifykit._wires.openai import AsyncChunks, Files, WiredAsyncOpenAI  # noqa: F401 -- in a string below
    from unifykit.providers.openai.models import Usage

T = TypeVar("T")
K = TypeVar("K", bound=Model)

_TALLY = "usage"


class Listed(Model, Generic[K]):
    """A page as OpenAI gives it."""

    data: list[K]
    has_more: bool = False


class OpenAIResource(Dual[M, "WiredAsyncOpenAI"], Generic[M]):
    """Operations over openai-python's requests; models from the bytes of the replies."""

    async def fetch(
        self, method: str, path: str, body: Any = None, *,
        query: Mapping[str, Any] | None = None, files: "Files | None" = None,
    ) -> bytes:  # fmt: skip
        """One exchange; returns the reply's body."""
        return await self.ask(lambda o: o.fetch(method, path, body, query, files))

    async def open(self, path: str, body: Any) -> "AsyncChunks":
        """A POST whose reply is read as it arrives; it must be closed by `shut`."""
        return await self.ask(lambda o: o.open(path, body))

    async def next_event(self, chunks: "AsyncChunks") -> bytes | None:
        """The next event of a reply; None at the end."""
        return await self.ask(lambda _: chunks.event())

    async def next_piece(self, chunks: "AsyncChunks") -> bytes | None:
        """The next bytes of a reply; None at the end."""
        return await self.ask(lambda _: chunks.piece())

    async def shut(self, chunks: "AsyncChunks") -> None:
        """Free the reply's connection."""
        await self.ask(lambda _: chunks.close())

    async def fetch_page(
        self, model: type[K], cursor: str | None, path: str, query: Mapping[str, Any], size: int
    ) -> Page[K, str]:
        """One page of a list.

        https://platform.openai.com/docs/api-reference/pagination
        """
        asked = {"limit": size, **query, "after": cursor}
        body = await self.fetch("get", path, query={name: value for name, value in asked.items() if value is not None})
        page = Listed[model].model_validate_json(body)  # type: ignore[valid-type]
        then = [str(getattr(page.data[-1], "id", ""))] if page.has_more and page.data else []
        return Page(page.data, then)

    # -- several exchanges of one operation

    async def at_once(self, steps: Sequence[Step[T]], limit: int) -> list[T]:
        """The results of several exchanges in their order, at most `limit` at once."""
        op = current.get()
        assert op is not None
        parts = [replace(op, last=None, outcome=None, attempts=0) for _ in steps]
        made: list[Step[T]] = [_Part(self, part, step) for part, step in zip(parts, steps, strict=True)]
        try:
            return await atogether(made, limit) if self._client.is_async else together(made, limit)
        finally:
            op.attempts += sum(part.attempts for part in parts)
            op.waited += sum(part.waited for part in parts)

    # -- tokens

    @property
    def tally(self) -> Tally:
        """The account's sums."""
        return self._client.link.share(_TALLY, Tally)

    def count(self, model: str, usage: "Usage") -> None:
        """Add to what `p.openai.usage` tells."""
        self.tally.add(model, (usage.input_tokens, usage.output_tokens, usage.cached_tokens))


class _Part(Generic[T]):
    """One of several exchanges: its replies are told from those of the others when one of them fails."""

    def __init__(self, resource: OpenAIResource[Any], part: Operation, step: Step[T]) -> None:
        self._resource, self._part, self._step = resource, part, step

    async def __call__(self) -> T:
        token = current.set(self._part)
        try:
            return await self._step()
        except UnifyError:
            raise
        except Exception as error:
            raise self._told(error) from error
        finally:
            current.reset(token)

    def _told(self, error: Exception) -> UnifyError:
        part = self._part
        uniform = self._resource._client.translate(error, part)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        uniform.attempts = part.attempts
        uniform.maybe_executed = uniform.maybe_executed or part.maybe_executed
        uniform.phase = uniform.phase or part.phase
        if uniform.retry_after is None and uniform.retryable:
            uniform.retry_after = part.retry_after
        return uniform


def nonsense(text: str) -> UnifyError:
    """The error for a reply of 2xx that is not what the API promises; what it cost has been spent."""
    op = current.get()
    return UnexpectedResponseError(text, maybe_executed=op is not None and op.safety is Safety.UNSAFE)
