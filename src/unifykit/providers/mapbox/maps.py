"""Pictures of maps, and what is on them.

https://docs.mapbox.com/api/maps
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import quote

from unifykit._core.arguments import segment
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.mapbox.arguments import Point, between, box, listed, one_of, point
from unifykit.providers.mapbox.models import FeatureCollection
from unifykit.providers.mapbox.resource import MapboxResource

_WIDEST, _MOST_FOUND, _DEEPEST, _LONGEST = 1280, 50, 22, 8192


class Tilequery(MapboxResource[M]):
    """`p.mapbox.tilequery`: what a tileset knows of a place."""

    @operation(SAFE)
    async def get(
        self, lon: float, lat: float, *, tilesets: Sequence[str] = ("mapbox.mapbox-streets-v8",),
        radius: int | None = None, limit: int | None = None, dedupe: bool | None = None,
        geometry: Literal["polygon", "linestring", "point"] | None = None, layers: Sequence[str] | None = None,
    ) -> FeatureCollection:  # fmt: skip
        """What is at or near a point, the nearest first.

        https://docs.mapbox.com/api/maps/tilequery

        Args:
            lon: Longitude in degrees.
            lat: Latitude in degrees.
            tilesets: Where to look.
            radius: How far around, in metres.
            limit: How many at most: 1 to 50.
            dedupe: Whether the same thing of several tiles is told once.
            geometry: Only things of this form.
            layers: Only these layers.

        Example:
            >>> near = p.mapbox.tilequery.get(2.2945, 48.8584, radius=200)
            >>> near.features[0].properties["name"]
            'Eiffel Tower'
        """
        names = ",".join(segment(name, "tileset") for name in tilesets)
        if not names or isinstance(tilesets, str):
            raise InvalidRequestError("tilesets takes a list of at least one tileset.")
        query = {
            "radius": between(radius, 0, 10_000_000, "radius"), "limit": between(limit, 1, _MOST_FOUND, "limit"),
            "dedupe": dedupe, "layers": listed(layers, "layers"),
            "geometry": geometry and one_of(geometry, ("polygon", "linestring", "point"), "geometry"),
        }  # fmt: skip
        return await self.fetch(FeatureCollection, f"/v4/{names}/tilequery/{point(lon, lat)}.json", query)


def picture_path(style: str, overlays: Sequence[str], place: str, width: int, height: int, *, retina: bool) -> str:
    """The path of a picture.

    https://docs.mapbox.com/api/maps/static-images
    """
    between(width, 1, _WIDEST, "width")
    between(height, 1, _WIDEST, "height")
    owner, _, name = style.partition("/")
    above = f"{','.join(overlays)}/" if overlays else ""
    path = f"/styles/v1/{segment(owner, 'style')}/{segment(name, 'style')}/static/{above}{place}/{width}x{height}"
    if len(path) > _LONGEST:
        raise InvalidRequestError(f"what lies over the map makes an address of more than {_LONGEST} characters.")
    return path + ("@2x" if retina else "")


def place_of(  # noqa: PLR0917 -- the parts of one address
    center: Point | None, zoom: float | None, bearing: float, pitch: float,
    bbox: tuple[float, float, float, float] | None, overlays: Sequence[str],
) -> str:  # fmt: skip
    """What part of the earth a picture shows: around a point, a box, or all that lies over the map."""
    if center is not None and bbox is not None:
        raise InvalidRequestError("give either center or bbox.")
    if bbox is not None:
        return quote(f"[{box(bbox)}]", safe="[],")
    if center is None:
        if not overlays:
            raise InvalidRequestError("which part of the earth? Give center, bbox, pins or geojson.")
        return "auto"
    deep = 12.0 if zoom is None else zoom
    if not 0 <= deep <= _DEEPEST:
        raise InvalidRequestError(f"zoom={zoom}: give 0 to {_DEEPEST}.")
    return f"{point(*center)},{deep:g},{bearing:g},{pitch:g}"


def overlay(pins: Sequence[Point], geojson: Any) -> list[str]:
    """What lies over the map."""
    found = [f"pin-s({point(*pin)})" for pin in pins]
    if geojson is not None:
        shape: Any = getattr(geojson, "__geo_interface__", geojson)
        found.append(f"geojson({quote(_written(shape), safe='')})")
    return found


def _written(shape: Any) -> str:
    try:
        if isinstance(shape, Mapping) and "type" in shape:
            return json.dumps(shape, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError):  # what JSON cannot hold: an object, a NaN
        pass
    raise InvalidRequestError(
        "geojson is none: give {'type': 'Point', 'coordinates': [lon, lat]}, or what has such a form."
    )
