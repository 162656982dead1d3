"""Puts together what a client stands on."""

from collections.abc import Callable, Iterable
from typing import Any

from unifykit._core.client import Link
from unifykit._core.clock import Clock
from unifykit._core.engine import Account, Engine
from unifykit._core.observe import fan_out
from unifykit._core.policy import Policy
from unifykit._wires import tap
from unifykit._wires.clock import SYSTEM
from unifykit._wires.fork import AfterFork
from unifykit._wires.threads import Threads
from unifykit.events import Observer


def link(
    provider: str,
    *,
    settings: Any,
    policy: Policy,
    is_async: bool,
    clock: Clock | None,
    random: Callable[[], float],
    observers: Iterable[Observer],
    sibling: Callable[[str], Any],
) -> Link:
    """The link of one account's client."""
    account = Account(policy)
    tap.accounts[account] = settings
    watching = getattr(clock, "observe", None)  # a virtual clock stands still while a request is under way
    engine = Engine(provider, policy, account, random, fan_out([*observers, watching] if watching else observers))
    return Link(
        settings=settings, engine=engine, clock=clock or SYSTEM, is_async=is_async,
        in_thread=Threads().run, sibling=sibling,
        shared={AfterFork: AfterFork(account.renew)},
    )  # fmt: skip
