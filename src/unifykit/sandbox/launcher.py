"""The launcher: starts counterparts of the platforms in this process, and leaves nothing behind."""

import os
import threading
import weakref
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypedDict, cast

from unifykit.errors import InvalidRequestError
from unifykit.platforms import PROVIDERS, AsyncPlatforms, Platforms
from unifykit.sandbox.accounts import Accounts
from unifykit.sandbox.counterparts import COUNTERPARTS, Counterpart
from unifykit.sandbox.places import Place
from unifykit.sandbox.snapshots import Snapshot

if TYPE_CHECKING:
    from typing_extensions import Unpack

    from unifykit import Breaker, RateLimit, Retry
    from unifykit._core.clock import Clock
    from unifykit.events import Observer
    from unifykit.sandbox.faults import Faults
    from unifykit.sandbox.page import Page
    from unifykit.sandbox.persisting import Folder
    from unifykit.sandbox.supabase import SupabaseProject
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
        persist: A folder, made if it is not there: its state and its ports are used again, and the state is saved there
            at the end, and every two seconds where something changed. Of unifykit's own; one sandbox at a time.

    Raises:
        InvalidRequestError: There is no counterpart of that name.
        MissingExtraError: The extra ``sandbox`` is not installed; raised when the block is entered.
        ConfigurationError: The folder is another version's or in use; raised when the block is entered.
    """

    def __init__(self, *, only: Sequence[str] | None = None, persist: "str | os.PathLike[str] | None" = None) -> None:
        self._names = _known(COUNTERPARTS if only is None else only)
        self._persist = persist
        self._alone = threading.RLock()
        self._page: Page | None = None
        self._stack = ExitStack()
        self._parts: dict[str, Counterpart] = {}
        self._stop: Callable[[], Any] = _nothing

    def __repr__(self) -> str:
        return f"<Sandbox {', '.join(self._names)}>"

    def __enter__(self) -> Self:
        if self._parts:
            raise InvalidRequestError("this sandbox is running already: make another one.")
        stack = self._stack = ExitStack()
        # Also stops what runs when the interpreter ends without leaving the block.
        self._stop = weakref.finalize(self, _stop, stack, os.getpid())
        try:
            folder = self._folder(stack)
            self._start(folder, stack)
            if folder is not None:
                self._go_on(folder, stack)
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
        self._page = None

    def reset(self) -> None:
        """Forget everything that was done here, and go back to the state that a sandbox begins with."""
        with self._alone:
            for part in self._parts.values():
                part.reset()

    def snapshot(self) -> Snapshot:
        """What every counterpart holds now. Each is a moment of its own: nothing is half done in it."""
        with self._alone:
            return Snapshot({name: part.keep() for name, part in self._parts.items()})

    def restore(self, snapshot: Snapshot) -> None:
        """Go back to a moment; what was planned to go wrong is forgotten. What runs here and is not in it is reset.

        Raises:
            InvalidRequestError: It has platforms that do not run here.
            ConfigurationError: It is another version's.
        """
        other = [name for name in snapshot.parts if name not in self._parts]
        if other:
            raise InvalidRequestError(f"the snapshot has {', '.join(other)}, and here run {', '.join(self._parts)}.")
        with self._alone:
            for name, part in self._parts.items():
                if name in snapshot.parts:
                    part.give_back(snapshot.parts[name])
                else:
                    part.reset()

    @property
    def url(self) -> str:
        """The address of a page that shows the sandbox: what it holds, what it was asked, and buttons to go back."""
        with self._alone:
            if not self._parts:
                raise InvalidRequestError("this sandbox does not run: its page is there within the block.")
            if self._page is None:
                from unifykit.sandbox.page import Page

                self._page = Page(self, self._parts)
                self._stack.callback(self._page.close)
            return self._page.url

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
        p = Platforms(**self.settings(), **options)
        p.__dict__["_sandbox"] = self
        return p

    def async_platforms(self, **options: "Unpack[Options]") -> AsyncPlatforms:
        """An `AsyncPlatforms` on this sandbox; takes the options of `AsyncPlatforms`."""
        p = AsyncPlatforms(**self.settings(), **options)
        p.__dict__["_sandbox"] = self
        return p

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
        return self._part(platform).faults

    @property
    def supabase(self) -> "SupabaseProject":
        """The Supabase project itself: its SQL, the mails it would have sent, its functions and hooks.

        ```python
        sandbox.supabase.sql("create table if not exists plans (name text primary key)")
        ```

        Raises:
            InvalidRequestError: Supabase does not run here.
        """
        project: SupabaseProject = cast("Any", self._part("supabase")).project
        return project

    def _part(self, platform: str) -> Counterpart:
        part = self._parts.get(platform)
        if part is None:
            raise InvalidRequestError(f"this sandbox does not run {platform!r}: it runs {', '.join(self._parts)}.")
        return part

    def _folder(self, stack: ExitStack) -> "Folder | None":
        if self._persist is None:
            return None
        from unifykit.sandbox.persisting import Folder

        folder = Folder(self._persist)
        stack.callback(folder.close)
        return folder

    def _start(self, folder: "Folder | None", stack: ExitStack) -> None:
        """Start the counterparts side by side; whatever comes, what has started will be stopped."""
        pool = ThreadPoolExecutor(len(self._names), "unifykit-sandbox-start")
        started = {name: pool.submit(COUNTERPARTS[name], **_place(folder, name)) for name in self._names}
        try:
            wait(started.values())
        finally:
            pool.shutdown()
            self._parts |= {name: one.result() for name, one in started.items() if one.exception() is None}
            for part in self._parts.values():
                stack.callback(part.close)
            for part in self._parts.values():  # all at once, before the first is waited for
                stack.callback(part.leave)
        for one in started.values():
            one.result()

    def _go_on(self, folder: "Folder", stack: ExitStack) -> None:
        from unifykit.sandbox.persisting import Keeper

        for name, data in folder.snapshot.parts.items():
            if name in self._parts:
                self._parts[name].give_back(data)
        keeper = Keeper(folder, dict(self._parts), self._alone)
        folder.begin(self.environment())
        stack.callback(keeper.close)
        keeper.start()

    def _made(self, name: str) -> dict[str, Any]:
        if name not in self._parts:
            return {}
        return {account: _model(name).make(values) for account, values in self._parts[name].accounts.items()}


def _place(folder: "Folder | None", name: str) -> dict[str, Any]:
    return {} if folder is None else {"place": folder.places.setdefault(name, Place())}


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
