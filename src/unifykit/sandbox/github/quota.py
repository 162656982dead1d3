"""The hourly allowance, counted as GitHub counts it.

https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime


@dataclass(frozen=True)
class Limits:
    """How many requests a window holds."""

    core: int = 5000
    search: int = 30
    anonymous: int = 60
    anonymous_search: int = 10

    def of(self, resource: str, *, anonymous: bool) -> int:
        """Give the size of one window.

        Args:
            resource: core or search.
            anonymous: Whether the caller sent no token.

        Returns:
            Requests per window.
        """
        if resource == "search":
            return self.anonymous_search if anonymous else self.search
        return self.anonymous if anonymous else self.core


@dataclass
class Window:
    """One caller's count for one resource."""

    resource: str
    limit: int
    reset: int
    used: int = 0

    @property
    def remaining(self) -> int:
        """What is left in the window."""
        return max(self.limit - self.used, 0)

    def headers(self) -> dict[str, str]:
        """Give the five headers every reply carries."""
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Used": str(self.used),
            "X-RateLimit-Reset": str(self.reset),
            "X-RateLimit-Resource": self.resource,
        }

    def body(self) -> dict[str, int | str]:
        """Give the entry of GET /rate_limit."""
        return {
            "limit": self.limit,
            "used": self.used,
            "remaining": self.remaining,
            "reset": self.reset,
            "resource": self.resource,
        }


@dataclass
class Quota:
    """All callers' windows."""

    limits: Limits
    clock: Callable[[], datetime]
    _windows: dict[tuple[str, str], Window] = field(default_factory=dict[tuple[str, str], Window])

    def window(self, caller: str, resource: str, *, anonymous: bool) -> Window:
        """Give the caller's window, a fresh one when the last has run out.

        Args:
            caller: What requests are counted by: the account, or the address without a token.
            resource: core or search.
            anonymous: Whether the caller sent no token.

        Returns:
            The window to count in.
        """
        now = int(self.clock().timestamp())
        window = self._windows.get((caller, resource))
        if window is None or now >= window.reset:
            length = 60 if resource == "search" else 3600
            limit = self.limits.of(resource, anonymous=anonymous)
            window = self._windows[caller, resource] = Window(resource, limit, now + length)
        return window
