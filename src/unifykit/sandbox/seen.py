"""The requests that the counterparts have seen: the last of them, kept as they came and shown without credentials."""

import re
import threading
import time
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, quote_plus

_MOST = 500
_NAMED = re.compile(r"(?i)((?:^|[?&;])[^=&]*(?:token|key|secret|password|signature|code|auth)[^=&]*=)[^&]*")
_SHAPED = re.compile(
    r"(?:sk|pk|rk|whsec|ghp|gho|ghs|github_pat|glpat)[_-][\w-]{6,}|eyJ[\w-]+\.[\w-]+\.[\w-]+|[sp]k\.eyJ[\w.-]+"
)
_GONE = "[redacted]"


@dataclass(frozen=True, slots=True)
class Seen:
    """One request and what was answered.

    Attributes:
        at: When it came, in epoch seconds.
        platform: Whose counterpart saw it.
        method: Such as ``"GET"``.
        path: The path and the query, without credentials.
        status: The status of the reply; 0 where there was none.
        seconds: How long the reply took.
    """

    at: float
    platform: str
    method: str
    path: str
    status: int
    seconds: float


class Log:
    """The last requests of a counterpart.

    Attributes:
        total: How many there have been.
    """

    def __init__(self, platform: str) -> None:
        self._platform = platform
        self._last: deque[tuple[float, str, str, int, float]] = deque(maxlen=_MOST)
        self._lock = threading.Lock()
        self.total: int = 0

    def add(self, method: str, path: str, status: int, seconds: float) -> None:
        """Write a request down."""
        with self._lock:
            self._last.append((time.time() - seconds, method, path, status, seconds))
            self.total += 1

    def last(self, credentials: Iterable[str] = ()) -> list[Seen]:
        """The last requests, the oldest first; these credentials and what looks like one are not shown."""
        with self._lock:
            found = list(self._last)
        secret = sorted({form for one in credentials for form in (one, quote(one, ""), quote_plus(one))}, key=len)
        return [
            Seen(at, self._platform, method, _redacted(path, secret[::-1]), status, seconds)
            for at, method, path, status, seconds in found
        ]


class Watch:
    """What one request's reply says of itself, on its way out."""

    def __init__(self, send: Any) -> None:
        self._send = send
        self.status: int = 0

    async def __call__(self, message: Any) -> None:
        """Let a part of the reply pass."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
        await self._send(message)


def _redacted(path: str, credentials: Iterable[str]) -> str:
    for one in credentials:
        path = path.replace(one, _GONE)
    return _SHAPED.sub(_GONE, _NAMED.sub(rf"\1{_GONE}", path))
