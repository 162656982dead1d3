"""The Mapbox client: what it is built of, and pictures of maps."""

import functools
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from unifykit._core.check import Probe, checkup
from unifykit._core.client import Client, Native
from unifykit._core.context import Operation
from unifykit._core.mode import Async, M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import UnexpectedResponseError, UnifyError
from unifykit.providers.mapbox.arguments import Point
from unifykit.providers.mapbox.directions import Directions
from unifykit.providers.mapbox.errors import DIALECT, translate
from unifykit.providers.mapbox.geocode import Geocode
from unifykit.providers.mapbox.maps import Tilequery, overlay, picture_path, place_of
from unifykit.providers.mapbox.models import Image
from unifykit.providers.mapbox.resource import MapboxResource
from unifykit.providers.mapbox.tokens import Tokens

if TYPE_CHECKING:
    import httpx


class Mapbox(Client[M], MapboxResource[M]):
    """Mapbox under one access token: `p.mapbox`.

    https://docs.mapbox.com/api

    `native` is an httpx client behind the same pipeline. The token travels in the query, and is put there below all that
    logs, repeats or keeps addresses.
    """

    provider = "mapbox"
    packages: ClassVar[tuple[str, ...]] = ("httpx",)
    dialect = DIALECT

    native: "Native[httpx.Client, httpx.AsyncClient]" = Native()

    def build_native(self) -> Any:
        """An httpx client on our wire."""
        from unifykit._wires.rest import rest_client

        settings = self.link.settings
        token = settings.access_token.get_secret_value()
        return rest_client(self.link, DIALECT, base_url=settings.base_url, query=("access_token", token))

    def translate(self, error: Exception, op: Operation) -> UnifyError:
        """The uniform error for what Mapbox, the network or a model raised."""
        return translate(error, op)

    @operation(SAFE)
    async def static_map(
        self, center: Point | None = None, *, zoom: float | None = None, bearing: float = 0.0, pitch: float = 0.0,
        bbox: tuple[float, float, float, float] | None = None, width: int = 600, height: int = 400,
        style: str = "mapbox/streets-v12", pins: Sequence[Point] = (), geojson: Any = None, retina: bool = False,
    ) -> Image:  # fmt: skip
        r"""A picture of a map; a notebook shows it.

        https://docs.mapbox.com/api/maps/static-images

        Args:
            center: Longitude and latitude; where neither this nor `bbox` is given, all that lies over the map is shown.
            zoom: 0 (the earth) to 22; 12 where it is not given.
            bearing: Where up is, in degrees from the north.
            pitch: How far the map is tilted, in degrees.
            bbox: West, south, east, north.
            width: Of the picture, 1 to 1,280.
            height: Of the picture, 1 to 1,280.
            style: Owner and id of a style.
            pins: Points to mark.
            geojson: GeoJSON to draw, or anything that has a `__geo_interface__`.
            retina: Twice the pixels.

        Raises:
            NotFoundError: There is no such style.

        Example:
            >>> picture = p.mapbox.static_map((2.2945, 48.8584), zoom=14, width=64, height=32)
            >>> picture.content_type, picture.content[:4]
            ('image/png', b'\x89PNG')
        """
        overlays = overlay(pins, geojson)
        place = place_of(center, zoom, bearing, pitch, bbox, overlays)
        reply = await self.send("GET", picture_path(style, overlays, place, width, height, retina=retina))
        kind = reply.headers.get("content-type", "").partition(";")[0]
        if not kind.startswith("image/"):
            raise UnexpectedResponseError(f"the reply is not what the API promises: {kind or 'nothing'}, no picture.")
        return Image(content=reply.content, content_type=kind)

    @checkup
    def check(self) -> Sequence[Probe["Mapbox[Async]"]]:
        """Ask whether the token is valid, and for a place and a way.

        Only reads. Nothing is raised: what fails is in the report.

        Example:
            >>> p.mapbox.check().ok
            True
        """
        return _PROBES

    @functools.cached_property
    def geocode(self) -> Geocode[M]:
        """Places by name, and names of places."""
        return Geocode(self)

    @functools.cached_property
    def directions(self) -> Directions[M]:
        """Ways from here to there."""
        return Directions(self)

    @functools.cached_property
    def tilequery(self) -> Tilequery[M]:
        """What a tileset knows of a place."""
        return Tilequery(self)

    @functools.cached_property
    def tokens(self) -> Tokens[M]:
        """Access tokens."""
        return Tokens(self)


_HERE, _THERE = (2.2945, 48.8584), (2.3499, 48.853)
_PROBES: Sequence[Probe[Mapbox[Async]]] = (
    Probe("token", lambda mapbox: mapbox.tokens.verify(), lambda found: found.code),
    Probe("geocoding", lambda mapbox: mapbox.geocode.reverse(*_HERE), lambda found: f"{len(found.features)} places"),
    Probe(
        "directions",
        lambda mapbox: mapbox.directions.get([_HERE, _THERE], overview="simplified"),
        lambda found: f"{found.routes[0].distance:.0f} m",
    ),
)
