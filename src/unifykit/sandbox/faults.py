"""Faults on demand: what goes wrong at a platform, at which requests, and how often."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Self, Unpack

from unifykit.errors import InvalidRequestError
from unifykit.sandbox.planning import (
    NAMES,
    Asked,
    Board,
    Drop,
    Fault,
    Malformed,
    Mix,
    Plan,
    Redirect,
    Reset,
    Slow,
    Status,
    Truncate,
    When,
    Window,
    refused,
    seconds_of,
    whole,
)  # fmt: skip

__all__ = ["Asked", "Faults", "Ways", "When"]

_ERRORS = range(400, 600)
_REDIRECTS = (301, 302, 303, 307, 308)


class Ways:
    """What can go wrong. Each of these plans one fault, and gives back the same object, to plan the next.

    A request meets the first planned fault that is for it, and no other: two that are planned for one request each hit
    the first and the second. Only `slow` and a `rate_limit` that still admits leave it to the faults planned later.
    Each takes `operation`, `after`, `every` and `times`, as `When` says.
    """

    def __init__(self, platform: str, possible: frozenset[str], *, mixed: bool = False) -> None:
        self._platform, self._possible, self._mixed = platform, possible, mixed

    def __repr__(self) -> str:
        return f"<Faults of {self._platform}{', at random' if self._mixed else ''}>"

    def status(
        self,
        status: int,
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        **when: Unpack[When],
    ) -> Self:
        """Answer with an error in the platform's own shape; the request is not executed.

        Args:
            status: The HTTP status, 400 to 599.
            retry_after: Seconds for the reply's ``Retry-After``.
            headers: Other headers of the reply.
            when: Which requests, see `When`.

        Raises:
            InvalidRequestError: A number makes no sense, or the platform speaks no HTTP.

        Example:
            >>> sandbox.faults("stripe").status(503, operation="POST /v1/customers")
            <Faults of stripe>
            >>> p.stripe.customers.create(email="a@b.c").email, dict(sandbox.faults("stripe").seen)
            ('a@b.c', {'status': 1})
        """
        if status not in _ERRORS:
            raise refused("status", "an HTTP status of 400 to 599", status)
        if retry_after is not None:
            seconds_of("retry_after", retry_after)
        hint = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
        return self._plan(Status(status, {**hint, **(headers or {})}), when)

    def commit_then_drop(self, **when: Unpack[When]) -> Self:
        """Execute the request, whose effects stay, then reset the connection before the reply.

        Example:
            >>> sandbox.faults("stripe").commit_then_drop(operation="POST")
            <Faults of stripe>
            >>> p.stripe.customers.create().name  # sent twice, with one key
            >>> len(p.stripe.customers.list().collect())
            1
        """
        return self._plan(Drop(), when)

    def reset(self, **when: Unpack[When]) -> Self:
        """Reset the connection when the request has arrived; it is not executed.

        Example:
            >>> sandbox.faults("github").reset(times=2)
            <Faults of github>
            >>> p.github.me().login, sandbox.faults("github").seen["reset"]
            ('octocat', 2)
        """
        return self._plan(Reset(), when)

    def slow(self, seconds: float, *, drip: bool = False, **when: Unpack[When]) -> Self:
        """Execute the request, and let the reply wait. Faults planned later still see the request, and happen late.

        Args:
            seconds: How long; real time, also under a virtual clock.
            drip: Send the reply's body little by little over that time, instead of waiting before it.
            when: Which requests, see `When`.

        Example:
            >>> sandbox.faults("github").slow(0.1).status(503)  # late, and an error
            <Faults of github>
            >>> p.github.me().login
            'octocat'
        """
        if drip and "status" not in self._possible:
            raise self._impossible("slow(drip=True)")
        return self._plan(Slow(seconds_of("seconds", seconds), drip), when)

    def truncate(self, **when: Unpack[When]) -> Self:
        """Execute the request, and break off in the middle of the reply, whose length is told as it was.

        Example:
            >>> sandbox.faults("openai").truncate()
            <Faults of openai>
            >>> len(p.openai.models.list().collect()) > 0
            True
        """
        return self._plan(Truncate(), when)

    def rate_limit(
        self,
        limit: int,
        *,
        period: float | None = None,
        clock: Callable[[], float] = time.time,
        operation: str | Callable[[Asked], bool] = "*",
    ) -> Self:
        """Count requests from now on, and refuse what is more than the limit, as the platform itself says that.

        Args:
            limit: Requests in a period, which begins with the first one. Replies tell what is left of them, where the
                platform's do.
            period: Seconds; the platform's own by default.
            clock: What tells the time, in epoch seconds, such as the `wall` of a virtual clock.
            operation: What is counted, see `When`.

        Example:
            >>> sandbox.faults("gitlab").rate_limit(1, period=1)
            <Faults of gitlab>
            >>> [p.gitlab.me().username for _ in range(2)]  # the second one waits
            ['tanuki', 'tanuki']
        """
        if "rate_limit" not in self._possible:
            raise self._impossible("rate_limit")
        from unifykit.sandbox.voices import VOICES

        length = VOICES[self._platform].period if period is None else seconds_of("period", period)
        window = Window(whole("limit", limit, 1), length, clock)
        return self._plan(window, {"operation": operation, "times": None})

    def redirect_to(self, to: str, *, status: int = 307, **when: Unpack[When]) -> Self:
        """Redirect the request instead of executing it.

        Args:
            to: A host, for the same address there, or a whole URL.
            status: 301, 302, 303, 307 or 308; 307 keeps method and body.
            when: Which requests, see `When`.

        Example:
            >>> sandbox.faults("gitlab").redirect_to("gitlab.example")
            <Faults of gitlab>
        """
        if not to.strip("/ ") or status not in _REDIRECTS:
            raise refused("redirect_to", "a host or URL, and status=301, 302, 303, 307 or 308", (to, status))
        return self._plan(Redirect(to, status), when)

    def malformed_json(self, **when: Unpack[When]) -> Self:
        """Execute the request, and answer with the first half of the JSON as if it were whole.

        Example:
            >>> sandbox.faults("stripe").malformed_json()
            <Faults of stripe>
            >>> try: p.stripe.balance()
            ... except UnexpectedResponseError as error: print(error.status)
            200
        """
        return self._plan(Malformed(), when)

    def _plan(self, fault: "Fault | Window", when: When) -> Self:
        name = "rate_limit" if isinstance(fault, Window) else NAMES[type(fault)]
        if name not in self._possible:
            raise self._impossible(name)
        self._keep(Plan(fault, when, forever=self._mixed))
        return self

    def _keep(self, plan: Plan) -> None:
        raise NotImplementedError

    def _impossible(self, name: str) -> InvalidRequestError:
        has = ", ".join(sorted(self._possible))
        return InvalidRequestError(
            f"{self._platform} speaks no HTTP, so there is no {name} for it: it has {has}.", provider=self._platform
        )


class Faults(Ways):
    """What goes wrong at one platform of a sandbox; `Sandbox.faults` gives it."""

    def __init__(self, platform: str, board: Board, possible: frozenset[str] = frozenset(NAMES.values())) -> None:
        super().__init__(platform, possible)
        self._board = board

    @property
    def seen(self) -> Counter[str]:
        """How often each way came true since the sandbox began or was reset, such as ``{"status": 3, "reset": 1}``."""
        return self._board.seen

    def randomly(self, share: float, *, seed: int = 0) -> Ways:
        """Let a share of the requests go wrong, at random; the same ones for the same seed and order of requests.

        Args:
            share: Of the requests, above 0 and up to 1.
            seed: Of the random numbers.

        Returns:
            The ways to plan what shall go wrong: each that is planned there comes as often as the others, for ever.

        Example:
            >>> sandbox.faults("stripe").randomly(0.3, seed=3).status(503).commit_then_drop()
            <Faults of stripe, at random>
            >>> made = [p.stripe.customers.create().id for _ in range(10)]
            >>> len(set(made)), len(p.stripe.customers.list().collect())
            (10, 10)
        """
        if not 0 < share <= 1:
            raise refused("share", "above 0 and at most 1", share)
        mix = Mix(share, seed)
        self._board.keep(mix)
        return _Mixed(self._platform, self._possible, mix)

    def clear(self) -> None:
        """Plan nothing any more; `seen` stays."""
        self._board.clear()

    def _keep(self, plan: Plan) -> None:
        self._board.keep(plan)


class _Mixed(Ways):
    def __init__(self, platform: str, possible: frozenset[str], mix: Mix) -> None:
        super().__init__(platform, possible, mixed=True)
        self._mix = mix

    def _keep(self, plan: Plan) -> None:
        self._mix.plans.append(plan)
