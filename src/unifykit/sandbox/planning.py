"""When a fault happens: which requests it is for, how often, and what it is."""

import math
import random
import re
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TypedDict

from unifykit.errors import InvalidRequestError


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as far as a fault may be chosen by it.

    Attributes:
        method: Such as ``"POST"``; for Redis the command.
        path: Its path as it was sent, without the query; for Redis the first key.
        query: The query as it was sent.
        headers: Its headers, in small letters.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])


class When(TypedDict, total=False):
    """Which requests a fault is for. It counts those that arrive from now on and fit `operation`.

    Attributes:
        operation: A method and a path, such as ``"POST /v1/customers"``, ``"GET /repos/{owner}/{repo}"`` or
            ``"* /v1/*"``; a method alone; for Redis a command and a key; or a callable that is given `Asked`.
        after: How many are left alone first.
        every: Every how manieth after those; each one by default.
        times: How often at most, None for ever; by default once, and for ever where `every` is given.
    """

    operation: str | Callable[[Asked], bool]
    after: int
    every: int
    times: int | None


@dataclass(frozen=True, slots=True)
class Status:
    """Answer with an error, and execute nothing."""

    status: int
    headers: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Drop:
    """Execute, then reset the connection."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection, and execute nothing."""


@dataclass(frozen=True, slots=True)
class Slow:
    """Take time; what comes after still happens."""

    seconds: float
    drip: bool


@dataclass(frozen=True, slots=True)
class Truncate:
    """Execute, then break off in the middle of the reply."""


@dataclass(frozen=True, slots=True)
class Redirect:
    """Send the client elsewhere, and execute nothing."""

    to: str
    status: int


@dataclass(frozen=True, slots=True)
class Malformed:
    """Execute, then answer what is no JSON."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """How a request stands in its period: told in headers, and refused if there were too many.

    Attributes:
        used: Requests of this period, this one included.
        wait: Seconds until the next period.
        reset_at: When that is, in epoch seconds.
    """

    limit: int
    period: float
    used: int
    wait: float
    reset_at: float

    @property
    def refused(self) -> bool:
        """Whether this request is one too many."""
        return self.used > self.limit

    @property
    def remaining(self) -> int:
        """Requests left."""
        return max(0, self.limit - self.used)


Fault = Status | Drop | Reset | Slow | Truncate | Redirect | Malformed | Allowance
NAMES: Mapping[type[Fault], str] = {
    Status: "status", Drop: "commit_then_drop", Reset: "reset", Slow: "slow", Truncate: "truncate",
    Redirect: "redirect_to", Malformed: "malformed_json", Allowance: "rate_limit",
}  # fmt: skip
"""The way that plans each."""


class Plan:
    """One planned fault, and which requests it is for."""

    def __init__(self, fault: Fault | Callable[[], Allowance], when: When, *, forever: bool) -> None:
        self._fault = fault
        self._fits = _chooser(when.get("operation", "*"))
        self._after = whole("after", when.get("after", 0), 0)
        self._every = whole("every", when.get("every", 1), 1)
        times = when.get("times", None if forever or "every" in when else 1)
        self._left = math.inf if times is None else whole("times", times, 1)
        self._seen = 0
        operation = when.get("operation", "*")
        self._told = f"{NAMES.get(type(fault), 'rate_limit')}: {operation if isinstance(operation, str) else 'chosen'}"  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]

    def __str__(self) -> str:
        return f"{self._told}, {'for ever' if self._left == math.inf else f'{self._left:.0f} times more'}"

    def meets(self, asked: Asked) -> bool:
        """Count a request; whether this fault is for it."""
        if not self._fits(asked):
            return False
        self._seen += 1
        past = self._seen - self._after
        return past > 0 and past % self._every == 0 and self._left > 0

    def use(self) -> Fault:
        """The fault, once."""
        self._left -= 1
        return self._fault() if callable(self._fault) else self._fault


class Mix:
    """Planned faults of which a share of the requests meets one, each as often as the others."""

    def __init__(self, share: float, seed: int) -> None:
        self._told = f"{share:g} of the requests"
        self._share, self._random = share, random.Random(seed)  # noqa: S311 -- must be the same each time
        self.plans: list[Plan] = []
        self._chosen: Plan | None = None

    def __str__(self) -> str:
        return f"{self._told}: {'; '.join(str(plan) for plan in self.plans)}"

    def meets(self, asked: Asked) -> bool:
        """Count a request, and draw."""
        lot, choice = self._random.random(), self._random.random()
        fit = [plan for plan in self.plans if plan.meets(asked)]
        self._chosen = fit[int(choice * len(fit))] if fit and lot < self._share else None
        return self._chosen is not None

    def use(self) -> Fault:
        """The fault that was drawn."""
        assert self._chosen is not None
        return self._chosen.use()


class Window:
    """A count of requests that begins anew each period."""

    def __init__(self, limit: int, period: float, clock: Callable[[], float]) -> None:
        self._limit, self._period, self._clock = limit, period, clock
        self._used, self._ends = 0, -math.inf

    def __call__(self) -> Allowance:
        """Count one request."""
        now = self._clock()
        if now >= self._ends:
            self._used, self._ends = 0, now + self._period
        self._used += 1
        return Allowance(self._limit, self._period, self._used, self._ends - now, self._ends)


class Board:
    """All that is planned to go wrong at one platform, and how often it did."""

    def __init__(self) -> None:
        self._plans: list[Plan | Mix] = []
        self._counts: Counter[str] = Counter()
        self._lock = threading.Lock()

    @property
    def seen(self) -> Counter[str]:
        """How often each way came true."""
        with self._lock:
            return self._counts.copy()

    @property
    def planned(self) -> list[str]:
        """What is planned, for people."""
        with self._lock:
            return [str(plan) for plan in self._plans]

    def keep(self, plan: Plan | Mix) -> None:
        """Plan one more."""
        with self._lock:
            self._plans.append(plan)

    def clear(self) -> None:
        """Plan nothing any more."""
        with self._lock:
            self._plans.clear()

    def forget(self) -> None:
        """Plan nothing any more, and count from zero."""
        with self._lock:
            self._plans.clear()
            self._counts.clear()

    def take(self, asked: Asked) -> list[Fault]:
        """What this request meets, in order; at most the last of it ends the request."""
        found: list[Fault] = []
        ended = False
        with self._lock:
            for plan in self._plans:
                if plan.meets(asked) and not ended:
                    found.append(plan.use())
                    ended = _ends(found[-1])
            self._counts.update(NAMES[type(one)] for one in found if not isinstance(one, Allowance) or one.refused)
        return found


def _ends(fault: Fault) -> bool:
    return fault.refused if isinstance(fault, Allowance) else not isinstance(fault, Slow)


def _chooser(operation: str | Callable[[Asked], bool]) -> Callable[[Asked], bool]:
    if not isinstance(operation, str):
        return operation
    method, _, path = operation.strip().partition(" ")
    method = method.upper()
    if not method or method.startswith("/"):
        raise refused("operation", "a method and a path, such as 'POST /v1/customers' or '* /v1/*'", operation)
    parts = re.split(r"(\*|\{\w+\})", path.strip() or "*")
    wanted = re.compile("".join({"*": ".*", "{": "[^/]+"}.get(part[:1], re.escape(part)) for part in parts))
    return lambda asked: method in ("*", asked.method) and wanted.fullmatch(asked.path) is not None


def whole(name: str, number: int, least: int) -> int:
    """A number that counts something."""
    if number < least or number != int(number):
        raise refused(name, f"a whole number of {least} or more", number)
    return int(number)


def seconds_of(name: str, number: float) -> float:
    """A number of seconds."""
    if not 0 <= number < math.inf:
        raise refused(name, "a number of seconds", number)
    return number


def refused(name: str, wanted: str, given: object) -> InvalidRequestError:
    """The error for an argument that makes no sense."""
    return InvalidRequestError(f"{name} is {wanted}, not {given!r}.")
