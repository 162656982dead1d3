"""The OpenAI client: what it is built of."""

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.extras import extra
from unifykit._core.mode import Async, M
from unifykit.errors import UnifyError
from unifykit.providers.openai.errors import DIALECT, translate
from unifykit.providers.openai.resource import OpenAIResource

if TYPE_CHECKING:
    import openai

    from unifykit.providers.openai.assistants import Assistants, Threads
    from unifykit.providers.openai.audio import Audio
    from unifykit.providers.openai.catalogue import Models
    from unifykit.providers.openai.chat import Chat
    from unifykit.providers.openai.embeddings import Embeddings
    from unifykit.providers.openai.files import Files
    from unifykit.providers.openai.fine_tuning import FineTuning
    from unifykit.providers.openai.images import Images
    from unifykit.providers.openai.models import Usage
    from unifykit.providers.openai.responses import Responses

_CONNECT = 5.0
"""Seconds for a connection, as in the SDK: a reply may take minutes, a connection may not."""


# Groups and models are imported where they are first used: the native client needs none of them.
class OpenAI(Client[M], OpenAIResource[M]):
    """OpenAI, or a server that speaks its API, for one account: `p.openai`.

    https://platform.openai.com/docs/api-reference
    """

    provider = "openai"
    packages: ClassVar[tuple[str, ...]] = ("openai", "httpx2")
    dialect = DIALECT
    attempt_timeout: ClassVar[float] = 600.0

    native: "Native[openai.OpenAI, openai.AsyncOpenAI]" = Native()

    def build_native(self) -> "openai.OpenAI | openai.AsyncOpenAI":
        """openai-python's client on our wire."""
        import httpx2

        from unifykit._wires.fork import AfterFork
        from unifykit._wires.httpx import family
        from unifykit._wires.openai import WiredAsyncOpenAI, WiredOpenAI
        from unifykit._wires.origin import Home

        link, classes = self.link, family(httpx2)
        settings = link.settings
        home = Home(settings.base_url, DIALECT.trusted, secrets=(settings.api_key,))
        link.share("usage after a fork", lambda: AfterFork(self.tally.renew))
        kind, pools = (
            (classes.AsyncClient, classes.AsyncPools) if self.is_async else (classes.Client, classes.SyncPools)
        )
        if self.is_async and settings.transport == "aiohttp":
            pools = functools.partial(pools, _aiohttp())
        client = kind(
            link.engine,
            link.clock,
            DIALECT,
            home,
            link.share("httpx2", pools),
            timeout=httpx2.Timeout(None, connect=_CONNECT),
        )
        given: dict[str, Any] = {
            "api_key": settings.api_key.get_secret_value(),
            "base_url": settings.base_url,
            "organization": settings.organization,
            "project": settings.project,
            "http_client": client,
        }
        return WiredAsyncOpenAI(**given) if self.is_async else WiredOpenAI(**given)

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what openai-python, the network or a model raised."""
        return translate(error, op)

    @property
    def usage(self) -> "Mapping[str, Usage]":
        """Tokens of this account since the object was made, by the name under which each model was asked.

        What the native client used is not among them, nor are streams that were left early: OpenAI counts at the end.
        """
        from unifykit.providers.openai.models import Usage

        return {
            model: Usage(input_tokens=sent, output_tokens=made, cached_tokens=cached)
            for model, (sent, made, cached) in self.tally.sums().items()
        }

    @checkup
    def check(
        self, *, chat_model: str | None = None, embedding_model: str | None = None
    ) -> "Sequence[Probe[OpenAI[Async]]]":
        """Ask for the models, the files and the fine-tuning jobs; with a model's name, for an answer and a vector too.

        Nothing is raised: what fails is in the report. Without the names of models, asking costs nothing.

        Args:
            chat_model: A model to say hello to.
            embedding_model: A model to make a vector with.

        Example:
            >>> report = p.openai.check(chat_model="gpt-5-mini", embedding_model="text-embedding-3-small")
            >>> report.ok, len(report.items)
            (True, 5)
        """
        probes: list[Probe[OpenAI[Async]]] = [
            Probe("models", lambda ai: ai.models.list().collect(), lambda found: str(len(found))),
            Probe("files", lambda ai: ai.files.list().first(_SHOWN), _counted),
            Probe("fine-tuning jobs", lambda ai: ai.fine_tuning.list().first(_SHOWN), _counted),
        ]
        if chat_model is not None:
            probes.append(Probe("chat", lambda ai: ai.chat.complete(chat_model, "Say hello"), _said))
        if embedding_model is not None:
            probes.append(
                Probe(
                    "embeddings",
                    lambda ai: ai.embeddings.create(embedding_model, "Test"),
                    lambda one: f"{len(one)} numbers",
                )
            )
        return probes

    @functools.cached_property
    def chat(self) -> "Chat[M]":
        """A model answers a conversation."""
        from unifykit.providers.openai.chat import Chat

        return Chat(self)

    @functools.cached_property
    def responses(self) -> "Responses[M]":
        """A model answers, and OpenAI keeps what was said."""
        from unifykit.providers.openai.responses import Responses

        return Responses(self)

    @functools.cached_property
    def embeddings(self) -> "Embeddings[M]":
        """Texts as vectors."""
        from unifykit.providers.openai.embeddings import Embeddings

        return Embeddings(self)

    @functools.cached_property
    def images(self) -> "Images[M]":
        """A model makes pictures."""
        from unifykit.providers.openai.images import Images

        return Images(self)

    @functools.cached_property
    def audio(self) -> "Audio[M]":
        """Text to speech and back."""
        from unifykit.providers.openai.audio import Audio

        return Audio(self)

    @functools.cached_property
    def assistants(self) -> "Assistants[M]":
        """Who answers in threads."""
        from unifykit.providers.openai.assistants import Assistants

        return Assistants(self)

    @functools.cached_property
    def threads(self) -> "Threads[M]":
        """Conversations that OpenAI keeps."""
        from unifykit.providers.openai.assistants import Threads

        return Threads(self)

    @functools.cached_property
    def files(self) -> "Files[M]":
        """Files that models, batches and fine-tuning jobs read."""
        from unifykit.providers.openai.files import Files

        return Files(self)

    @functools.cached_property
    def fine_tuning(self) -> "FineTuning[M]":
        """Models that learn from your examples."""
        from unifykit.providers.openai.fine_tuning import FineTuning

        return FineTuning(self)

    @functools.cached_property
    def models(self) -> "Models[M]":
        """What the account may use."""
        from unifykit.providers.openai.catalogue import Models

        return Models(self)


def _aiohttp() -> Any:
    with extra("openai-aiohttp", ("aiohttp",)):
        from unifykit._wires.aiohttp import AiohttpTransport
    return AiohttpTransport


_SHOWN = 100


def _counted(items: Sequence[object]) -> str:
    return f"{len(items)} or more" if len(items) >= _SHOWN else str(len(items))


def _said(reply: Any) -> str:
    return str(reply.text)
