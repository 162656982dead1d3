"""The launcher: starts counterparts of the platforms in this process, and leaves nothing behind."""

import os
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict

from unifykit.errors import InvalidRequestError
from unifykit.platforms import PROVIDERS, AsyncPlatforms, Platforms
from unifykit.sandbox.accounts import Accounts
from unifykit.sandbox.counterparts import COUNTERPARTS, Counterpart

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from unifykit import Breaker, RateLimit, Retry
    from unifykit._core.clock import Clock
    from unifykit.events import Observer
    from unifykit.sandbox.faults import Faults
    from unifykit.settings import ProviderSettings

__all__ = ["COUNTERPARTS", "Sandbox"]


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

    def faults(self, platform: str) -> "Faults":
        """What goes wrong at a platform, to be planned and counted.

        ```python
        sandbox.faults("stripe").status(503, every=5).commit_then_drop(after=3, operation="POST /v1/customers")
        ```

        Args:
            platform: Such as ``"github"``.

        Raises:
            InvalidRequestError: The platform does not run here.
        """
        part = self._parts.get(platform)
        if part is None:
            raise InvalidRequestError(f"this sandbox does not run {platform!r}: it runs {', '.join(self._parts)}.")
        return part.faults

    def _made(self, name: str) -> dict[str, Any]:
        if name not in self._parts:
            return {}
        return {account: _model(name).make(values) for account, values in self._parts[name].accounts.items()}


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
