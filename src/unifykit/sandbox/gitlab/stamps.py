"""Moments, spans of time and addresses as GitLab writes them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

_HOUR = 3600
# https://docs.gitlab.com/user/project/time_tracking/#available-time-units: days of 8 hours, weeks of 5 days, months of 4 weeks
_UNITS = {"mo": 160 * _HOUR, "w": 40 * _HOUR, "d": 8 * _HOUR, "h": _HOUR, "m": 60, "s": 1}
_SPAN = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(mo|w|d|h|m|s)\s*", re.IGNORECASE)


def stamp(moment: datetime) -> str:
    """Write a moment, in UTC to the millisecond, for example 2024-01-02T03:04:05.000Z."""
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def stamp_or_none(moment: datetime | None) -> str | None:
    """Write a moment that may not have come yet."""
    return None if moment is None else stamp(moment)


def seconds_of(text: str) -> int | None:
    """Read a span such as "1d 2h" or "-30m"; None when it is none."""
    sign = -1 if text.strip().startswith("-") else 1
    spans = text.strip().removeprefix("-")
    found = list(_SPAN.finditer(spans))
    if not found or "".join(span[0] for span in found) != spans:
        return None
    return sign * int(sum(float(span[1]) * _UNITS[span[2].lower()] for span in found))


def human(seconds: int) -> str | None:
    """Write a span as people read it, without months as GitLab does; None for nothing."""
    words: list[str] = []
    for unit in ("w", "d", "h", "m", "s"):
        count, seconds = divmod(seconds, _UNITS[unit])
        if count:
            words.append(f"{count}{unit}")
    return " ".join(words) or None
