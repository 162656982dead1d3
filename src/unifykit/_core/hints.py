"""Reading what providers say about waiting: every form, and nothing that is malformed."""

import math
import re
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

Headers = Mapping[str, str]
"""Reply headers; `get` ignores case."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)")
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_EPOCH = 1e9  # no provider resets in thirty years, so a larger number is an instant


def number(text: str | None) -> float | None:
    """A finite number of 0 or more, or None."""
    try:
        value = float(text) if text is not None and "_" not in text else -1.0
    except ValueError:
        return None
    return value if math.isfinite(value) and value >= 0 else None


def duration(text: str) -> float | None:
    """Seconds of a Go duration such as ``6m0s``, ``1h2m``, ``20ms``; None if it is not one."""
    if not text or _DURATION.sub("", text):
        return None
    seconds = sum(float(amount) * _UNITS[unit] for amount, unit in _DURATION.findall(text))
    return seconds if math.isfinite(seconds) else None


def http_date(text: str, wall: float) -> float | None:
    """Seconds from `wall` until an HTTP date, 0 if it is past; None if it is not one.

    https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats
    """
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if instant.tzinfo is None:  # the asctime form names no zone; all three are in UTC
        instant = instant.replace(tzinfo=UTC)
    return max(0.0, instant.timestamp() - wall)


def retry_after(headers: Headers, wall: float) -> float | None:
    """Seconds to wait, from ``Retry-After-Ms`` or either form of ``Retry-After``.

    https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
    """
    milliseconds = number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    text = headers.get("retry-after")
    if text is None:
        return None
    seconds = number(text)
    return seconds if seconds is not None else http_date(text, wall)


def reset_at(text: str | None, wall: float) -> float | None:
    """The instant of a reset in epoch seconds, from an epoch, a number of seconds, a Go duration or an HTTP date."""
    if text is None:
        return None
    value = number(text)
    if value is not None:
        return value if value >= _EPOCH else wall + value
    seconds = duration(text)
    if seconds is None:
        seconds = http_date(text, wall)
    return None if seconds is None else wall + seconds


def ietf_rate_limit(text: str, wall: float) -> tuple[int | None, float | None]:
    """The remaining requests and the reset of ``RateLimit: "default";r=50;t=30``.

    https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    parts = dict(part.strip().split("=", 1) for part in text.split(",", 1)[0].split(";")[1:] if "=" in part)
    remaining, seconds = number(parts.get("r")), number(parts.get("t"))
    return (None if remaining is None else int(remaining)), (None if seconds is None else wall + seconds)
