"""Distances on a sphere, and lines on it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Point = tuple[float, float]
"""Longitude and latitude, in degrees."""

RADIUS = 6_371_008.8
_CORNERS = 32


def metres(here: Point, there: Point) -> float:
    """The length of the great circle between two points (haversine)."""
    (west, south), (east, north) = (tuple(map(math.radians, at)) for at in (here, there))
    half = math.sin((north - south) / 2) ** 2 + math.cos(south) * math.cos(north) * math.sin((east - west) / 2) ** 2
    return 2 * RADIUS * math.asin(min(1.0, math.sqrt(half)))


def circle(center: Point, radius: float) -> list[list[float]]:
    """A closed ring of points that lie `radius` metres from the center."""
    lon, lat = (math.radians(degrees) for degrees in center)
    far, ring = radius / RADIUS, list[list[float]]()
    for corner in range(_CORNERS):
        way = 2 * math.pi * corner / _CORNERS
        north = math.asin(math.sin(lat) * math.cos(far) + math.cos(lat) * math.sin(far) * math.cos(way))
        east = lon + math.atan2(
            math.sin(way) * math.sin(far) * math.cos(lat), math.cos(far) - math.sin(lat) * math.sin(north)
        )
        ring.append([round(math.degrees(east), 6), round(math.degrees(north), 6)])
    return [*ring, ring[0]]


def along(points: Sequence[Point], digits: int = 5) -> str:
    """The points as an encoded polyline.

    https://developers.google.com/maps/documentation/utilities/polylinealgorithm
    """
    written, last = "", (0, 0)
    for lon, lat in points:
        now = round(lat * 10**digits), round(lon * 10**digits)
        written += _number(now[0] - last[0]) + _number(now[1] - last[1])
        last = now
    return written


def _number(value: int) -> str:
    rest, written = ~(value << 1) if value < 0 else value << 1, ""
    while rest >= 0x20:  # noqa: PLR2004 -- five bits a character
        written += chr((0x20 | (rest & 0x1F)) + 63)
        rest >>= 5
    return written + chr(rest + 63)
