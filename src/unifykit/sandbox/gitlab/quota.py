"""The allowance per minute, counted as GitLab.com counts it.

https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_SECONDS = 60


@dataclass(frozen=True)
class Limits:
    """How many requests a minute holds."""

    authenticated: int = 2000
    anonymous: int = 500


@dataclass
class Window:
    """One caller's count."""

    name: str
    limit: int
    reset: int
    used: int = 0

    @property
    def exhausted(self) -> bool:
        """Whether more was asked for than the window holds."""
        return self.used > self.limit

    def headers(self) -> dict[str, str]:
        """Give the headers every reply carries; the reset is in epoch seconds."""
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Name": self.name,
            "RateLimit-Observed": str(self.used),
            "RateLimit-Remaining": str(max(self.limit - self.used, 0)),
            "RateLimit-Reset": str(self.reset),
            "RateLimit-ResetTime": format_datetime(datetime.fromtimestamp(self.reset, UTC), usegmt=True),
        }


@dataclass
class Quota:
    """All callers' windows."""

    limits: Limits
    clock: Callable[[], datetime]
    _windows: dict[str, Window] = field(default_factory=dict[str, Window])

    def count(self, caller: str, *, anonymous: bool) -> Window:
        """Count one request; the window is a fresh one when the last has run out."""
        now = int(self.clock().timestamp())
        window = self._windows.get(caller)
        if window is None or now >= window.reset:
            kind = "unauthenticated" if anonymous else "authenticated"
            limit = self.limits.anonymous if anonymous else self.limits.authenticated
            window = Window(f"throttle_{kind}_api", limit, now - now % _SECONDS + _SECONDS)
            self._windows[caller] = window
        window.used += 1
        return window

    def wait(self, window: Window) -> int:
        """Give the whole seconds until the window ends."""
        return max(1, window.reset - int(self.clock().timestamp()))
