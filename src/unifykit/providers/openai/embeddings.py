"""Embeddings.

https://platform.openai.com/docs/api-reference/embeddings
"""

from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, operation
from unifykit.errors import InvalidRequestError
from unifykit.paging import progress_bar
from unifykit.providers.openai.arguments import filled, given
from unifykit.providers.openai.models import Embedding, EmbeddingList, EmbeddingsReply, Usage
from unifykit.providers.openai.resource import OpenAIResource, nonsense

_MOST_ITEMS, _MOST_TOKENS = 2048, 300_000
"""What one request may hold.

https://platform.openai.com/docs/api-reference/embeddings/create
"""

_MOST_AT_ONCE = 64


class Embeddings(OpenAIResource[M]):
    """`p.openai.embeddings`: texts as vectors.

    The same text gives the same vector, and nothing is kept, so these operations are idempotent: a request whose reply
    was lost is sent again. What OpenAI had computed may be billed twice.
    """

    @operation(IDEMPOTENT)
    async def create(self, model: str, text: str, *, dimensions: int | None = None) -> Embedding:
        """One text as a vector.

        https://platform.openai.com/docs/api-reference/embeddings/create

        Args:
            model: The model's name.
            text: The text.
            dimensions: How many coordinates the vector has, where the model lets one choose.

        Example:
            >>> p.openai.embeddings.create("text-embedding-3-small", "a cat", dimensions=8).to_numpy().shape
            (8,)
        """
        _check(model, [text], dimensions)
        reply = await self._embedded(model, [text], dimensions)
        return Embedding(vector=reply.vectors[0], model=reply.model, usage=reply.usage)

    @operation(IDEMPOTENT)
    async def batch(
        self, model: str, texts: Iterable[str], *, dimensions: int | None = None, concurrency: int = 8,
        progress: bool = False,
    ) -> EmbeddingList:  # fmt: skip
        """Any number of texts as vectors, in their order.

        The texts are split into requests of at most 2,048 items and 300,000 tokens, several of which go at once.

        https://platform.openai.com/docs/api-reference/embeddings/create

        Args:
            model: The model's name.
            texts: The texts.
            dimensions: How many coordinates each vector has, where the model lets one choose.
            concurrency: How many requests go at once, 1 to 64.
            progress: Whether to draw a bar (extra ``notebook``).

        Raises:
            InvalidRequestError: A text is empty; the error names its place.

        Example:
            >>> vectors = p.openai.embeddings.batch("text-embedding-3-small", ["Texte 1", "Texte 2", "Texte 3"])
            >>> len(vectors), vectors.to_numpy().shape, vectors.usage.input_tokens
            (3, (3, 1536), 6)
        """
        if not 1 <= concurrency <= _MOST_AT_ONCE:
            raise InvalidRequestError(f"concurrency={concurrency}: give a number from 1 to {_MOST_AT_ONCE}.")
        wanted = list(texts)
        _check(model, wanted, dimensions)
        parts = split(wanted)
        with progress_bar("openai.embeddings.batch", progress) as update:
            steps = [partial(self._part, model, part, dimensions, update) for part in parts]
            replies = await self.at_once(steps, concurrency) if steps else []
        return EmbeddingList(
            vectors=[vector for reply in replies for vector in reply.vectors],
            model=replies[0].model if replies else model,
            usage=sum((reply.usage for reply in replies), Usage()),
        )

    async def _embedded(self, model: str, texts: Sequence[str], dimensions: int | None) -> EmbeddingsReply:
        """The vectors of as many texts as one request may hold."""
        body = given({"model": model, "input": list(texts), "dimensions": dimensions, "encoding_format": "base64"})
        reply = EmbeddingsReply.model_validate_json(await self.fetch("post", "/embeddings", body))
        if len(reply.vectors) != len(texts):
            raise nonsense(f"{len(reply.vectors)} vectors came for {len(texts)} texts.")
        self.count(model, reply.usage)
        return reply

    async def _part(self, model: str, part: Sequence[str], dimensions: int | None, update: Any) -> EmbeddingsReply:
        reply = await self._embedded(model, part, dimensions)
        update(len(part))
        return reply


def _check(model: str, texts: Sequence[str], dimensions: int | None) -> None:
    filled("model", model)
    if dimensions is not None and dimensions < 1:
        raise InvalidRequestError(f"dimensions={dimensions}: give 1 or more.")
    empty = next((place for place, text in enumerate(texts) if not text), None)
    if empty is not None:
        raise InvalidRequestError(f"text {empty} is empty: OpenAI refuses empty texts, leave it out.")


def split(texts: Sequence[str]) -> list[list[str]]:
    """Texts in parts that one request may hold. A token is at least one byte, so bytes never count too few tokens."""
    parts: list[list[str]] = []
    size = 0
    for text in texts:
        weight = len(text.encode("utf-8", "surrogatepass"))
        if not parts or len(parts[-1]) >= _MOST_ITEMS or size + weight > _MOST_TOKENS:
            parts.append([])
            size = 0
        parts[-1].append(text)
        size += weight
    return parts
