"""`Platforms` and `AsyncPlatforms`: one lazy attribute a provider. Nothing is imported or built before it is used."""

import functools
import importlib
import os
import random as randomness
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Self, TypeVar, cast, overload

from unifykit._core.mode import Async, M, Sync
from unifykit._core.policy import Breaker, Policy, RateLimit, Retry
from unifykit.errors import ConfigurationError

if TYPE_CHECKING:
    from unifykit import settings
    from unifykit._core.check import CheckSummary
    from unifykit._core.client import Client
    from unifykit._core.clock import Clock
    from unifykit.events import Observer
    from unifykit.providers.agora import Agora
    from unifykit.providers.github import GitHub
    from unifykit.providers.gitlab import GitLab
    from unifykit.providers.logrocket import LogRocket
    from unifykit.providers.mapbox import Mapbox
    from unifykit.providers.openai import OpenAI
    from unifykit.providers.redis import Redis
    from unifykit.providers.stripe import Stripe
    from unifykit.providers.supabase import Supabase
    from unifykit.sandbox import Sandbox
    from unifykit.sandbox.opening import AsyncOpened, Opened

__all__ = ["PROVIDERS", "AsyncPlatforms", "Platforms"]

PROVIDERS: dict[str, tuple[str, str]] = {
    "agora": ("Agora", "AgoraSettings"),
    "github": ("GitHub", "GitHubSettings"),
    "gitlab": ("GitLab", "GitLabSettings"),
    "logrocket": ("LogRocket", "LogRocketSettings"),
    "mapbox": ("Mapbox", "MapboxSettings"),
    "openai": ("OpenAI", "OpenAISettings"),
    "redis": ("Redis", "RedisSettings"),
    "stripe": ("Stripe", "StripeSettings"),
    "supabase": ("Supabase", "SupabaseSettings"),
}
"""The providers: name, client class, settings class."""


_O = TypeVar("_O")


class _Local(Generic[_O]):
    """`Platforms.sandbox(...)` begins a sandbox, and `p.sandbox` is the one that `p` is on.

    The sandbox is another layer, above this one: it is looked up when it is first asked for.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, p: None, kind: type) -> type[_O]: ...
    @overload
    def __get__(self, p: "_Facade[Any]", kind: type) -> "Sandbox": ...
    def __get__(self, p: "_Facade[Any] | None", kind: type) -> "type[_O] | Sandbox":
        """The class that begins one, or the one that there is."""
        if p is None:
            opening: type[_O] = getattr(importlib.import_module("unifykit.sandbox.opening"), self._name)
            return opening
        found: Sandbox | None = p.__dict__.get("_sandbox")
        if found is None:
            raise ConfigurationError("this object is on no sandbox: Platforms.sandbox() makes one that is.")
        return found


class _Facade(Generic[M]):
    """What both facades share.

    Args:
        agora, github, gitlab, logrocket, mapbox, openai, redis, stripe, supabase: Settings of a provider, or settings by account name
            (``"default"`` is the one that the attribute itself gives). Read from the environment where not given.
        retry: When to try again.
        rate_limit: How fast to go: one for every provider, or by provider name.
        breaker: When to leave a failing account alone.
        timeout: Seconds for a whole operation, waits included; None for no limit beyond `deadline` blocks.
        attempt_timeout: Seconds for one attempt; 30 where it is not given, 600 for OpenAI, whose replies may take that long.
        observers: Callables that are told every event, see `unifykit.events`.
        env_file: A ``.env`` file to read beside the environment; none is read unless it is named.
        clock: Time, for tests.
        random: Numbers from 0 to 1 for the backoff's jitter, for tests.
    """

    _is_async: ClassVar[bool]

    def __init__(
        self,
        *,
        agora: "settings.AgoraSettings | Mapping[str, settings.AgoraSettings] | None" = None,
        github: "settings.GitHubSettings | Mapping[str, settings.GitHubSettings] | None" = None,
        gitlab: "settings.GitLabSettings | Mapping[str, settings.GitLabSettings] | None" = None,
        logrocket: "settings.LogRocketSettings | Mapping[str, settings.LogRocketSettings] | None" = None,
        mapbox: "settings.MapboxSettings | Mapping[str, settings.MapboxSettings] | None" = None,
        openai: "settings.OpenAISettings | Mapping[str, settings.OpenAISettings] | None" = None,
        redis: "settings.RedisSettings | Mapping[str, settings.RedisSettings] | None" = None,
        stripe: "settings.StripeSettings | Mapping[str, settings.StripeSettings] | None" = None,
        supabase: "settings.SupabaseSettings | Mapping[str, settings.SupabaseSettings] | None" = None,
        retry: Retry | None = None,
        rate_limit: RateLimit | Mapping[str, RateLimit] | None = None,
        breaker: Breaker | None = None,
        timeout: float | None = None,
        attempt_timeout: float | None = None,
        observers: "Iterable[Observer]" = (),
        env_file: str | os.PathLike[str] | None = None,
        clock: "Clock | None" = None,
        random: Callable[[], float] = randomness.random,
    ) -> None:
        given = {
            "agora": agora,
            "github": github,
            "gitlab": gitlab,
            "logrocket": logrocket,
            "mapbox": mapbox,
            "openai": openai,
            "redis": redis,
            "stripe": stripe,
            "supabase": supabase,
        }
        self._given: dict[str, Any] = {name: value for name, value in given.items() if value is not None}
        self._rate_limit = rate_limit
        self._policy = Policy(retry=retry or Retry(), breaker=breaker or Breaker(), timeout=timeout)
        self._attempt_timeout = attempt_timeout
        self._observers = tuple(observers)
        self._env_file = env_file
        self._clock = clock
        self._random = random
        self._clients: dict[tuple[str, str], Any] = {}

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {', '.join(sorted(PROVIDERS))}>"

    def __reduce__(self) -> Any:
        raise TypeError(
            f"{type(self).__name__} holds credentials and connections: build it anew instead of pickling it"
        )

    @property
    def agora(self) -> "Agora[M]":
        """Agora (extra ``agora`` for tokens of version 006, none for the rest)."""
        return cast("Agora[M]", self._client("agora"))

    @property
    def github(self) -> "GitHub[M]":
        """GitHub (extra ``github``)."""
        return cast("GitHub[M]", self._client("github"))

    @property
    def gitlab(self) -> "GitLab[M]":
        """GitLab (extra ``gitlab``)."""
        return cast("GitLab[M]", self._client("gitlab"))

    @property
    def logrocket(self) -> "LogRocket[M]":
        """LogRocket."""
        return cast("LogRocket[M]", self._client("logrocket"))

    @property
    def mapbox(self) -> "Mapbox[M]":
        """Mapbox."""
        return cast("Mapbox[M]", self._client("mapbox"))

    @property
    def openai(self) -> "OpenAI[M]":
        """OpenAI (extra ``openai``)."""
        return cast("OpenAI[M]", self._client("openai"))

    @property
    def redis(self) -> "Redis[M]":
        """Redis or Valkey (extra ``redis``)."""
        return cast("Redis[M]", self._client("redis"))

    @property
    def stripe(self) -> "Stripe[M]":
        """Stripe (extra ``stripe``)."""
        return cast("Stripe[M]", self._client("stripe"))

    @property
    def supabase(self) -> "Supabase[M]":
        """Supabase (extra ``supabase``)."""
        return cast("Supabase[M]", self._client("supabase"))

    def _client(self, provider: str, account: str = "default") -> Any:
        found = self._clients.get((provider, account))
        return found or self._clients.setdefault((provider, account), self._make(provider, account))

    def _make(self, provider: str, account: str) -> "Client[M]":
        from unifykit._wires.link import link

        settings = self._settings(provider, account)
        module = importlib.import_module(f"unifykit.providers.{provider}")
        client: type[Client[M]] = getattr(module, PROVIDERS[provider][0])
        made = link(
            provider,
            settings=settings,
            policy=self._policy_for(provider, client),
            is_async=self._is_async,
            clock=self._clock,
            random=self._random,
            observers=self._observers,
            sibling=lambda other: self._client(provider, other),
        )
        return client(made)

    def _settings(self, provider: str, account: str) -> Any:
        given = self._given.get(provider)
        if isinstance(given, Mapping):
            accounts = cast("Mapping[str, Any]", given)
            if account in accounts:
                return accounts[account]
        elif given is not None and account == "default":
            return given
        from unifykit import settings

        model: type[settings.ProviderSettings] = getattr(settings, PROVIDERS[provider][1])
        environment = os.environ if self._env_file is None else settings.environment(self._env_file)
        return model.read(environment, None if account == "default" else account)

    def _to_check(self) -> dict[str, Callable[[], Any] | None]:
        """What makes each client that `check` asks, by its label; None for a provider that is not configured."""
        found: dict[str, Callable[[], Any] | None] = {}
        for provider in PROVIDERS:
            given = self._given.get(provider)
            accounts = cast("Mapping[str, Any]", given) if isinstance(given, Mapping) else ("default",)
            for account in accounts:
                label = provider if account == "default" else f"{provider}[{account}]"
                configured = given is not None or self._mentioned(provider)
                found[label] = functools.partial(self._client, provider, account) if configured else None
        return found

    def _mentioned(self, provider: str) -> bool:
        from unifykit import settings

        model: type[settings.ProviderSettings] = getattr(settings, PROVIDERS[provider][1])
        environment = settings.environment(self._env_file)
        return any(model.find(field, environment) for field in model.required)

    def _policy_for(self, provider: str, client: "type[Client[M]]") -> Policy:
        limit = self._rate_limit
        if isinstance(limit, Mapping):
            unknown = set(limit) - set(PROVIDERS)
            if unknown:
                raise ConfigurationError(f"rate_limit names no such provider: {', '.join(sorted(unknown))}.")
            limit = limit.get(provider)
        given = self._attempt_timeout
        timeout = client.attempt_timeout if given is None else given
        return replace(self._policy, limit=limit or client.pace, attempt_timeout=timeout)


class Platforms(_Facade[Sync]):
    """Every service behind one object; operations return their results. Safe to share among threads and across forks.

    ```python
    from unifykit import Platforms

    with Platforms() as p:
        repo = p.github.repos.get("octo/hello")
    ```
    """

    _is_async = False
    sandbox: "ClassVar[_Local[Opened]]" = _Local("Opened")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def check(self) -> "CheckSummary":
        """Ask every part of every configured platform one harmless question, all platforms at once.

        Nothing is written, and no platform's failure is raised: it is in the report.
        """
        from unifykit._core.check import check_all

        return check_all(self._to_check())

    def close(self) -> None:
        """Close every idle connection. The object stays usable: a later call opens new ones."""
        for client in list(self._clients.values()):
            client.link.close()


class AsyncPlatforms(_Facade[Async]):
    """Every service behind one object; operations are awaited. Safe to share among tasks, event loops and threads.

    ```python
    from unifykit import AsyncPlatforms

    async with AsyncPlatforms() as p:
        repo = await p.github.repos.get("octo/hello")
    ```
    """

    _is_async = True
    sandbox: "ClassVar[_Local[AsyncOpened]]" = _Local("AsyncOpened")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        await self.aclose()

    async def check(self) -> "CheckSummary":
        """Ask every part of every configured platform one harmless question. See `Platforms.check`."""
        from unifykit._core.check import acheck_all

        return await acheck_all(self._to_check())

    async def aclose(self) -> None:
        """Close the idle connections of the running event loop. The object stays usable."""
        for client in list(self._clients.values()):
            await client.link.aclose()
