"""What Mapbox's operations give. What has a place on earth has a `__geo_interface__` too.

https://gist.github.com/sgillies/2217756
"""

import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from unifykit._core.model import Model
from unifykit.errors import UnsupportedError

Json = Mapping[str, Any]
_EMPTY: Json = {}


class Feature(Model):
    """Something with a place on earth and properties."""

    type: str = "Feature"
    id: str | int | None = None
    geometry: Json | None = None
    properties: Json = _EMPTY

    @property
    def lonlat(self) -> tuple[float, float] | None:
        """Longitude and latitude, of a point."""
        if self.geometry is None or self.geometry.get("type") != "Point":
            return None
        lon, lat = self.geometry["coordinates"][:2]
        return float(lon), float(lat)

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return self.raw


class FeatureCollection(Model):
    """Several features.

    Attributes:
        attribution: What must be shown beside them.
    """

    type: str = "FeatureCollection"
    features: Sequence[Feature] = ()
    attribution: str | None = None

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return self.raw


class Place(Feature):
    """A place that geocoding found."""

    @property
    def name(self) -> str | None:
        """What it is called."""
        found: str | None = self.properties.get("name") or self._extra("text")
        return found

    @property
    def full_address(self) -> str | None:
        """Its whole address."""
        told: str | None = self.properties.get("full_address") or self.properties.get("place_formatted")
        return told or self._extra("place_name")

    @property
    def kind(self) -> str | None:
        """What kind of place it is, such as ``"address"``."""
        return self.properties.get("feature_type")

    def _extra(self, name: str) -> str | None:
        found: str | None = (self.model_extra or {}).get(name)
        return found


class Places(Model):
    """What geocoding found for one question, the best first."""

    type: str = "FeatureCollection"
    features: Sequence[Place] = ()
    attribution: str | None = None

    @property
    def first(self) -> Place | None:
        """The best; None where nothing was found."""
        return self.features[0] if self.features else None

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return self.raw


class Batch(Model):
    """What geocoding found for many questions, in their order."""

    batch: Sequence[Places]


class Waypoint(Model):
    """A point, moved to the road that is next to it.

    Attributes:
        location: Longitude and latitude.
        distance: How far it was moved, in metres.
    """

    location: tuple[float, float]
    name: str = ""
    distance: float | None = None
    waypoint_index: int | None = None
    trips_index: int | None = None


class Leg(Model):
    """A route between two of its points. `distance` is in metres, `duration` in seconds."""

    distance: float
    duration: float
    summary: str = ""
    steps: Sequence[Json] = ()
    annotation: Json | None = None


class Route(Model):
    """A way through all points. `distance` is in metres, `duration` in seconds.

    Attributes:
        geometry: GeoJSON, as our requests ask for.
    """

    distance: float
    duration: float
    geometry: Json | str | None = None
    legs: Sequence[Leg] = ()
    weight: float | None = None
    weight_name: str | None = None
    confidence: float | None = None

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        if isinstance(self.geometry, str):
            raise UnsupportedError("this route's geometry is an encoded polyline, not GeoJSON.", provider="mapbox")
        known = {"distance": self.distance, "duration": self.duration}
        return {"type": "Feature", "geometry": self.geometry, "properties": known}


class Directions(Model):
    """Routes through points, the best first."""

    code: str
    routes: Sequence[Route] = ()
    waypoints: Sequence[Waypoint] = ()
    uuid: str | None = None

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return _collection(self.routes)


class Trips(Model):
    """Round trips through points in the best order, which `waypoints` tells."""

    code: str
    trips: Sequence[Route] = ()
    waypoints: Sequence[Waypoint] = ()

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return _collection(self.trips)


class Matching(Model):
    """A trace, moved to the roads under it. A point that belongs to none has no tracepoint."""

    code: str
    matchings: Sequence[Route] = ()
    tracepoints: Sequence[Waypoint | None] = ()

    @property
    def __geo_interface__(self) -> dict[str, Any]:
        return _collection(self.matchings)


class Matrix(Model):
    """Times and distances from each source to each destination; None where there is no way.

    Attributes:
        durations: In seconds.
        distances: In metres, where they were asked for.
    """

    code: str
    durations: Sequence[Sequence[float | None]] | None = None
    distances: Sequence[Sequence[float | None]] | None = None
    sources: Sequence[Waypoint] = ()
    destinations: Sequence[Waypoint] = ()


class Token(Model):
    """An access token. Its value is shown nowhere; a secret token's is told once, when it is made."""

    id: str | None = None
    usage: str | None = None
    note: str | None = None
    scopes: Sequence[str] = ()
    allowed_urls: Sequence[str] | None = Field(default=None, alias="allowedUrls")
    client: str | None = None
    default: bool | None = None
    created: datetime | None = None
    modified: datetime | None = None
    token: SecretStr | None = None


class TokenStatus(Model):
    """What Mapbox thinks of the token in use.

    Attributes:
        code: ``"TokenValid"``, or why it is not.
    """

    code: str
    token: Json | None = None


class Image(BaseModel):
    """A picture; a notebook shows it.

    Attributes:
        content: Its bytes.
        content_type: Such as ``"image/png"``.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True)

    content: bytes = Field(repr=False)
    content_type: str

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write it to a file; returns where."""
        Path(path).write_bytes(self.content)
        return Path(path)

    def _repr_png_(self) -> bytes | None:
        return self.content if self.content_type == "image/png" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.content if self.content_type == "image/jpeg" else None


def _collection(routes: Sequence[Route]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": [route.__geo_interface__ for route in routes]}
