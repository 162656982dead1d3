"""What callers give, refused before the network if Mapbox could not mean it."""

import math
from collections.abc import Sequence
from typing import Any, Literal, get_args

from unifykit.errors import InvalidRequestError

Point = tuple[float, float]
"""Longitude and latitude, in degrees, in this order."""

Profile = Literal["driving", "driving-traffic", "walking", "cycling"]


def point(lon: float, lat: float) -> str:
    """A point as Mapbox writes it."""
    for value, name, most in ((lon, "longitude", 180), (lat, "latitude", 90)):
        if isinstance(value, bool) or not math.isfinite(value) or abs(value) > most:
            raise InvalidRequestError(
                f"{value!r} is no {name}: give degrees, -{most} to {most}; longitude comes before latitude."
            )
    return f"{_number(lon)},{_number(lat)}"


def route(values: Sequence[Point], *, least: int, most: int) -> str:
    """Points as Mapbox writes them."""
    if not least <= len(values) <= most:
        raise InvalidRequestError(f"{len(values)} points: give {least} to {most}.")
    return ";".join(point(*value) for value in values)


def box(value: tuple[float, float, float, float] | None) -> str | None:
    """Two corners: west, south, east, north."""
    if value is None:
        return None
    west, south, east, north = value
    if south > north:
        raise InvalidRequestError("the box's south is north of its north: give west, south, east, north.")
    return f"{point(west, south)},{point(east, north)}"


def profile_of(value: str) -> str:
    """A way of moving."""
    return one_of(value, get_args(Profile), "profile")


def one_of(value: str, known: Sequence[str], what: str) -> str:
    """One of a few words."""
    if value not in known:
        raise InvalidRequestError(f"{what}={value!r}: give one of {', '.join(known)}.")
    return value


def between(value: int | None, least: int, most: int, what: str) -> int | None:
    """A whole number within bounds."""
    if value is not None and (isinstance(value, bool) or not least <= value <= most):
        raise InvalidRequestError(f"{what}={value!r}: give {least} to {most}.")
    return value


def listed(values: Sequence[Any] | None, what: str) -> str | None:
    """Several values with commas between them."""
    if isinstance(values, str):
        raise InvalidRequestError(f"{what} takes several values: give [{values!r}].")
    return ",".join(str(value) for value in values) if values else None


def _number(value: float) -> str:
    """At most seven decimals, a centimetre, and no exponent."""
    return f"{round(value, 7) + 0.0:.7f}".rstrip("0").rstrip(".")
