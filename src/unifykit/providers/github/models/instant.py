"""Moments, always aware."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator


def _in_utc(moment: datetime) -> datetime:
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_in_utc)]
"""An aware moment. Push events send epoch seconds, some old payloads leave the zone out: UTC is meant."""
