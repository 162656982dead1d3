"""Asking every part of a platform one harmless question: `p.github.check()`, and `p.check()` for all platforms at once."""

import inspect
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape
from types import MethodType
from typing import Any, Concatenate, Generic, ParamSpec, Self, overload

from typing_extensions import TypeVar

from unifykit._core.mode import Async, Sync, finish
from unifykit._core.operation import Described, Resource
from unifykit._core.outcome import Safety
from unifykit.errors import ConfigurationError, UnifyError

P = ParamSpec("P")
S = TypeVar("S", bound=Resource[Any])
C = TypeVar("C", default=Any)
T = TypeVar("T", default=Any)

Cells = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One question and what came of it.

    Attributes:
        name: What was asked for, such as ``"repositories"``.
        ok: Whether it answered.
        detail: What it answered, or the error.
        seconds: How long it took.
    """

    name: str
    ok: bool
    detail: str
    seconds: float

    @property
    def cells(self) -> Cells:
        """The item as a row of the table."""
        return self.name, "ok" if self.ok else "FAILED", f"{self.seconds:.2f} s", " ".join(self.detail.split())


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What one platform answered. Print it, or show it in a notebook.

    Attributes:
        provider: The platform, with the account's name where it is not the default one: ``"github"``, ``"github[bot]"``.
        items: The questions, in the order in which they were asked.
        note: Why nothing was asked, if nothing was.
    """

    provider: str
    items: tuple[CheckItem, ...]
    note: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything that was asked answered; False where nothing was asked."""
        return bool(self.items) and all(item.ok for item in self.items)

    def __getitem__(self, name: str) -> CheckItem:
        """The item of this name."""
        return next(item for item in self.items if item.name == name)

    def __str__(self) -> str:
        return "\n".join([self._title, *_aligned([item.cells for item in self.items])])

    def _repr_html_(self) -> str:
        return self.html

    @property
    def html(self) -> str:
        """The report as a table in HTML."""
        rows = "".join(f"<tr>{_html_cells(item.cells)}</tr>" for item in self.items)
        return f"<table><caption>{escape(self._title)}</caption><tbody>{rows}</tbody></table>"

    @property
    def _title(self) -> str:
        return f"{self.provider}: {self.note or ('ok' if self.ok else 'FAILED')}"


@dataclass(frozen=True, slots=True)
class CheckSummary:
    """What all platforms answered. Print it, or show it in a notebook.

    Attributes:
        reports: One a platform; what is not configured has no items and a note that says so.
    """

    reports: tuple[CheckReport, ...]

    @property
    def ok(self) -> bool:
        """Whether at least one platform is configured and every one of those answered everything."""
        asked = [report for report in self.reports if report.items]
        return bool(asked) and all(report.ok for report in asked)

    def __iter__(self) -> Iterator[CheckReport]:
        return iter(self.reports)

    def __getitem__(self, provider: str) -> CheckReport:
        """The report of this platform."""
        return next(report for report in self.reports if report.provider == provider)

    def __str__(self) -> str:
        return "\n".join(str(report) for report in self.reports)

    def _repr_html_(self) -> str:
        return "".join(report.html for report in self.reports)


def _aligned(rows: Sequence[Cells]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(3)] if rows else []
    lines = (
        (name.ljust(widths[0]), verdict.ljust(widths[1]), seconds.rjust(widths[2]), detail)
        for name, verdict, seconds, detail in rows
    )
    return ["  " + "  ".join(line).rstrip() for line in lines]


def _html_cells(cells: Cells) -> str:
    return "".join(f"<td>{escape(cell)}</td>" for cell in cells)


@dataclass(frozen=True, slots=True)
class Probe(Generic[C, T]):
    """One question to a platform. `C` is the client in async mode, against which the call is typed.

    Attributes:
        name: What is asked for.
        call: The operation; in sync mode it answers at once. It must only read.
        detail: What to say about its answer.
    """

    name: str
    call: Callable[[C], Awaitable[T]]
    detail: Callable[[T], str]


async def examine(client: Any, probes: Iterable[Probe[Any]]) -> CheckReport:
    """Ask one question after the other. An operation that fails becomes a failed item; nothing is raised."""
    return CheckReport(client.provider, tuple([await _ask(client, probe) for probe in probes]))


async def _ask(client: Any, probe: Probe[Any]) -> CheckItem:
    now: Callable[[], float] = client.link.clock.now
    began = now()
    try:
        answer: Any = probe.call(client)
        answer = await answer if inspect.isawaitable(answer) else answer
    except UnifyError as error:
        return CheckItem(probe.name, False, f"{type(error).__name__}: {error}", now() - began)
    return CheckItem(probe.name, True, probe.detail(answer), now() - began)


class Checkup(Described, Generic[P]):
    """A client's `check`: each question is an operation of its own, so the check itself needs no deadline and never fails."""

    @overload
    def __get__(self, obj: None, owner: type) -> Self: ...
    @overload
    def __get__(self, obj: Resource[Sync], owner: type) -> Callable[P, CheckReport]: ...
    @overload
    def __get__(self, obj: Resource[Async], owner: type) -> Callable[P, Coroutine[Any, Any, CheckReport]]: ...
    def __get__(self, obj: Resource[Any] | None, owner: type) -> Any:
        return self if obj is None else MethodType(self._examine, obj)

    def _examine(self, client: Any, *args: Any, **kwargs: Any) -> Any:
        work = examine(client, self.body(client, *args, **kwargs))
        return work if client.is_async else finish(work)


def checkup(body: Callable[Concatenate[S, P], Sequence[Probe[Any]]]) -> Checkup[P]:
    """Make a method that lists a client's questions its `check` in both modes.

    ```python
    @checkup
    def check(self) -> Sequence[Probe["Redis[Async]"]]:
        return [Probe("ping", lambda redis: redis.ping(), lambda seconds: f"{seconds:.3f} s")]
    ```
    """
    return Checkup(Safety.SAFE, body)


# -- all platforms at once

Accounts = Mapping[str, Callable[[], Any] | None]
"""What makes the client of each account to check, by its label; None for a platform that is not configured."""


def check_all(accounts: Accounts) -> CheckSummary:
    """Check every platform, each in a thread of its own."""
    from concurrent.futures import ThreadPoolExecutor
    from contextvars import copy_context

    with ThreadPoolExecutor(max(1, len(accounts)), "unifykit-check") as threads:
        waiting = [threads.submit(copy_context().run, _check, label, make) for label, make in accounts.items()]
        return CheckSummary(tuple(done.result() for done in waiting))


async def acheck_all(accounts: Accounts) -> CheckSummary:
    """Check every platform, each in a task of its own."""
    import asyncio

    return CheckSummary(tuple(await asyncio.gather(*(_acheck(label, make) for label, make in accounts.items()))))


def _check(label: str, make: Callable[[], Any] | None) -> CheckReport:
    client = _opened(label, make)
    return client if isinstance(client, CheckReport) else replace(client.check(), provider=label)


async def _acheck(label: str, make: Callable[[], Any] | None) -> CheckReport:
    client = _opened(label, make)
    return client if isinstance(client, CheckReport) else replace(await client.check(), provider=label)


def _opened(label: str, make: Callable[[], Any] | None) -> Any:
    """The client of an account, or the report that says why there is none."""
    if make is None:
        return CheckReport(label, (), "not configured")
    try:
        client = make()
    except ConfigurationError as error:
        return CheckReport(label, (CheckItem("settings", False, f"{type(error).__name__}: {error}", 0.0),))
    return client if hasattr(client, "check") else CheckReport(label, (), "has nothing to check")
