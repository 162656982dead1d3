"""Pages of plain classes: what is written in the class, rendered."""

import dataclasses
import functools
import inspect
from collections.abc import Iterator
from enum import Enum
from typing import Any

from generator.docstrings import markdown
from generator.source import fields, signature
from unifykit import deadline as deadline_block
from unifykit import events as event_module
from unifykit import otel
from unifykit._core import check, client, outcome, policy, quota, stream
from unifykit._core.operation import Described
from unifykit._core.poller import Poller
from unifykit.paging import AsyncPager, Page, Pager
from unifykit.platforms import AsyncPlatforms, Platforms
from unifykit.sandbox import Faults, Sandbox, When
from unifykit.testing import (
    AnswerError,
    AsyncFakePlatforms,
    Call,
    Cassette,
    FakePlatforms,
    Prepared,
    VirtualClock,
    cassettes,
    sample,
)

_HIDDEN = {
    "begin", "succeeded", "failed", "cut_off", "within_deadline", "build_native", "translate", "built",
    "ask", "pause", "matches", "next",
}  # fmt: skip


def platforms() -> str:
    """`Platforms`, `AsyncPlatforms`, what every client has, `deadline`, and the report of `check`."""
    head = "# Platforms\n\nWhat an application holds. Nothing is imported, read or opened before it is used."
    sections = [_facade(), class_(AsyncPlatforms), _client(), class_(deadline_block)]
    sections += [class_(cls) for cls in (check.CheckSummary, check.CheckReport, check.CheckItem)]
    return "\n\n".join([head, *sections])


def policies() -> str:
    """What a user may set, and what the provider's allowance looks like."""
    head = (
        "# Policies\n\nPlain frozen data: given to `Platforms`, or to one client through `with_options`. "
        "All durations are seconds.\nWhat they do is in [retries](../how-to/retries.md) and [rate limits](../how-to/rate-limits.md)."
    )
    found = (policy.Retry, policy.RateLimit, policy.Breaker, quota.RateLimitState, outcome.Safety)
    return "\n\n".join([head, *(class_(cls) for cls in found)])


def paging() -> str:
    """The pagers, the streams, and the poller."""
    head = "# Paging\n\nWhat operations give that takes more than one reply. How to use lists is in [pagers](../how-to/pagers.md)."
    found = (Pager, AsyncPager, Page, stream.Stream, stream.AsyncStream, Poller)
    return "\n\n".join([head, *(class_(cls) for cls in found)])


def events() -> str:
    """The events, and the observer for OpenTelemetry."""
    head = f"# Events\n\n{markdown(event_module)}"
    named = [getattr(event_module, name) for name in ("StartEvent", "AttemptEvent", "WaitEvent", "OutcomeEvent")]
    return "\n\n".join([head, *(class_(cls) for cls in named), class_(otel.OpenTelemetry)])


def testing() -> str:
    """The sandbox, the doubles and the virtual clock."""
    head = "# Testing\n\nHow to use it is in [testing](../how-to/testing.md)."
    return "\n\n".join(
        [head, class_(Sandbox), class_(Faults), class_(When), *_doubles(), class_(VirtualClock), *_cassettes()]
    )


def _cassettes() -> list[str]:
    raised = (cassettes.CassetteError, cassettes.NotRecordedError, cassettes.SecretInCassetteError)
    return [class_(cls) for cls in (Cassette, *raised)]


def _doubles() -> list[str]:
    samples = f"## sample\n\n```text\n{signature(sample).call('sample')} -> T\n```\n\n{markdown(sample)}"
    return [*(class_(cls) for cls in (FakePlatforms, AsyncFakePlatforms, Prepared, Call, AnswerError)), samples]


def _facade() -> str:
    base = Platforms.__mro__[1]
    made = signature(vars(base)["__init__"]).call("Platforms")
    arguments = markdown(base).partition("\n\n")[2]
    parts = ["## Platforms", f"```text\n{made}\n```", markdown(Platforms), arguments]
    return "\n\n".join([*parts, *_members(Platforms, "Platforms")])


def _client() -> str:
    told = (
        "## Client\n\nWhat `p.github`, `p.redis` and the others have in common, beside their operations.\n\n"
        "#### client.native\n\n"
        + markdown(client.Native)
        + "\n\n#### client[account]\n\n"
        + markdown(client.Client.__getitem__)
    )
    return "\n\n".join([told, *_members(client.Client, "client")])


def class_(cls: type[Any]) -> str:
    """A class: how it is made, its docstring, its methods and properties."""
    parts = [f"## {cls.__name__}"]
    made = _made(cls)
    if made:
        parts.append(f"```text\n{made}\n```")
    parts.append(_enum(cls) if issubclass(cls, Enum) else markdown(cls))
    return "\n\n".join([*parts, *_members(cls, cls.__name__)])


def _enum(cls: type[Enum]) -> str:
    notes = {
        "SAFE": "reads",
        "IDEMPOTENT": "a second time changes nothing",
        "KEYED": "one idempotency key on every attempt",
        "UNSAFE": "may happen twice",
    }
    return f"{markdown(cls)}\n\n" + "\n".join(f"- `{item.name}`: {notes[item.name]}" for item in cls)


def _made(cls: type) -> str:
    if dataclasses.is_dataclass(cls):
        told = [
            f"{field.name}: {field.kind}" + (f" = {field.default}" if field.default else "") for field in fields(cls)
        ]
        return f"{cls.__name__}(\n" + "".join(f"    {line},\n" for line in told) + ")"
    own = vars(cls).get("__init__")
    internal = cls in (Pager, AsyncPager, stream.Stream, stream.AsyncStream, Poller, Prepared)
    return signature(own).call(cls.__name__) if inspect.isfunction(own) and not internal else ""


def _members(cls: type, owner: str) -> Iterator[str]:
    seen: set[str] = set()
    for base in cls.__mro__:
        for name, value in vars(base).items() if base.__module__.startswith("unifykit.") else ():
            if name.startswith("_") or name in seen or name in _HIDDEN or not _told(value):
                continue
            seen.add(name)
            if issubclass(cls, Platforms | AsyncPlatforms) and isinstance(value, property):
                continue  # the providers: they have pages of their own
            yield _member(f"{owner}.{name}", value)


def _told(value: Any) -> bool:
    return inspect.isfunction(value) or isinstance(value, property | functools.cached_property | Described)


def _member(path: str, value: Any) -> str:
    if isinstance(value, property):
        return f"#### {path}\n\n{markdown(value)}"
    told = signature(value.body if isinstance(value, Described) else value)
    called = f"{told.call(path.rpartition('.')[2])}" + (f" -> {told.returns}" if told.returns else "")
    return f"#### {path}()\n\n```text\n{called}\n```\n\n{markdown(value)}"
