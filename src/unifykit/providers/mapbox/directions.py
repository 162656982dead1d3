"""Ways from here to there.

https://docs.mapbox.com/api/navigation
"""

from collections.abc import Sequence
from typing import Any, Literal

from unifykit._core.arguments import given
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.mapbox.arguments import Point, Profile, listed, profile_of, route
from unifykit.providers.mapbox.models import Directions as Found
from unifykit.providers.mapbox.models import FeatureCollection, Matching, Matrix, Trips
from unifykit.providers.mapbox.resource import MapboxResource

_MOST, _MOST_TRAFFIC, _MOST_STOPS, _MOST_TRACE = 25, 10, 12, 100
_CONTOURS, _LONGEST, _FARTHEST = 4, 60, 100_000
_GEOJSON = {"geometries": "geojson"}

Overview = Literal["full", "simplified", "false"]


class Directions(MapboxResource[M]):
    """`p.mapbox.directions`: a way, a table of ways, and how far one gets."""

    @operation(SAFE)
    async def get(
        self, points: Sequence[Point], *, profile: Profile = "driving", alternatives: bool | None = None,
        steps: bool | None = None, overview: Overview = "full", annotations: Sequence[str] | None = None,
        language: str | None = None,
    ) -> Found:  # fmt: skip
        """The way through points in their order.

        https://docs.mapbox.com/api/navigation/directions

        Args:
            points: 2 to 25 points, each longitude and latitude.
            profile: How one moves.
            alternatives: Whether other ways are wanted too.
            steps: Whether every turn is wanted.
            overview: How exact the geometry is.
            annotations: What to tell of each part, such as ``["distance", "speed"]``.
            language: Of the instructions.

        Raises:
            NotFoundError: There is no way, or a point is far from any road.

        Example:
            >>> found = p.mapbox.directions.get([(2.2945, 48.8584), (2.3499, 48.853)])
            >>> round(found.routes[0].distance, -2), found.routes[0].__geo_interface__["geometry"]["type"]
            (4100.0, 'LineString')
        """
        path = self._path("directions/v5", profile, route(points, least=2, most=_MOST))
        asked = given(alternatives=_word(alternatives), steps=_word(steps), language=language)
        query = {**_GEOJSON, "overview": overview, "annotations": listed(annotations, "annotations"), **asked}
        return await self.navigate(Found, path, query)

    @operation(SAFE)
    async def matrix(
        self, points: Sequence[Point], *, profile: Profile = "driving", sources: Sequence[int] | None = None,
        destinations: Sequence[int] | None = None, distances: bool = False,
    ) -> Matrix:  # fmt: skip
        """Times, and distances if wanted, between points.

        https://docs.mapbox.com/api/navigation/matrix

        Args:
            points: 2 to 25 points, 10 with ``driving-traffic``.
            profile: How one moves.
            sources: The positions in `points` of those from which; all where it is not given.
            destinations: The positions of those to which.
            distances: Whether distances are wanted too.

        Raises:
            NotFoundError: A point is far from any road.

        Example:
            >>> table = p.mapbox.directions.matrix([(2.2945, 48.8584), (2.3499, 48.853)], distances=True)
            >>> table.durations[0][0], len(table.distances)
            (0.0, 2)
        """
        most = _MOST_TRAFFIC if profile == "driving-traffic" else _MOST
        path = self._path("directions-matrix/v1", profile, route(points, least=2, most=most))
        query = {
            "annotations": "duration,distance" if distances else "duration",
            "sources": _positions(sources, len(points)),
            "destinations": _positions(destinations, len(points)),
        }
        return await self.navigate(Matrix, path, query)

    @operation(SAFE)
    async def isochrone(
        self, point: Point, *, minutes: Sequence[int] | None = None, meters: Sequence[int] | None = None,
        profile: Profile = "driving", polygons: bool = True,
    ) -> FeatureCollection:  # fmt: skip
        """How far one gets in a time, or on a distance.

        https://docs.mapbox.com/api/navigation/isochrone

        Args:
            point: From where: longitude and latitude in degrees.
            minutes: Up to four, from the shortest to the longest, at most 60; either these or `meters`.
            meters: Up to four, at most 100,000.
            profile: How one moves.
            polygons: Areas, or only their borders.

        Example:
            >>> area = p.mapbox.directions.isochrone((2.2945, 48.8584), minutes=[5, 10])
            >>> [feature.properties["contour"] for feature in area.features]
            [10, 5]
        """
        if (minutes is None) == (meters is None):
            raise InvalidRequestError("how far? Give either minutes or meters.")
        times, ways = _contours(minutes, _LONGEST, "minutes"), _contours(meters, _FARTHEST, "meters")
        query = {"contours_minutes": times, "contours_meters": ways, "polygons": _word(polygons)}
        path = self._path("isochrone/v1", profile, route([point], least=1, most=1))
        return await self.navigate(FeatureCollection, path, query)

    @operation(SAFE)
    async def optimize(
        self, points: Sequence[Point], *, profile: Profile = "driving", roundtrip: bool = True,
        fixed_ends: bool = False,
    ) -> Trips:  # fmt: skip
        """The shortest trip through points, in the order that suits it.

        https://docs.mapbox.com/api/navigation/optimization-v1

        Args:
            points: 2 to 12 points.
            profile: How one moves.
            roundtrip: Whether to come back to the first.
            fixed_ends: Begin at the first and end at the last.

        Raises:
            NotFoundError: There is no such trip.

        Example:
            >>> stops = [(2.2945, 48.8584), (2.3499, 48.853), (2.2950, 48.8738)]
            >>> sorted(stop.waypoint_index for stop in p.mapbox.directions.optimize(stops).waypoints)
            [0, 1, 2]
        """
        if not roundtrip and not fixed_ends:
            raise InvalidRequestError("Mapbox finds no one-way trip with open ends: give fixed_ends=True.")
        path = self._path("optimized-trips/v1", profile, route(points, least=2, most=_MOST_STOPS))
        ends = {"source": "first", "destination": "last"} if fixed_ends else {}
        return await self.navigate(Trips, path, {**_GEOJSON, "overview": "full", "roundtrip": _word(roundtrip), **ends})

    @operation(SAFE)
    async def match(self, points: Sequence[Point], *, profile: Profile = "driving", tidy: bool = False) -> Matching:
        """The roads under a trace.

        https://docs.mapbox.com/api/navigation/map-matching

        Args:
            points: 2 to 100 points in the order in which they were recorded.
            profile: How one moved.
            tidy: Whether to drop what is noise.

        Raises:
            NotFoundError: No road fits.

        Example:
            >>> len(p.mapbox.directions.match([(2.2945, 48.8584), (2.2950, 48.8590)]).tracepoints)
            2
        """
        path = self._path("matching/v5", profile, route(points, least=2, most=_MOST_TRACE))
        return await self.navigate(Matching, path, {**_GEOJSON, "overview": "full", "tidy": _word(tidy)})

    def _path(self, service: str, profile: str, where: str) -> str:
        return f"/{service}/mapbox/{profile_of(profile)}/{where}"


def _word(value: bool | None) -> str | None:
    return None if value is None else str(value).lower()


def _positions(values: Sequence[int] | None, count: int) -> str | None:
    if values is None:
        return None
    if not values or not all(0 <= value < count for value in values):
        raise InvalidRequestError(f"positions lie between 0 and {count - 1}.")
    return ";".join(str(value) for value in values)


def _contours(values: Sequence[int] | None, most: int, what: str) -> str | None:
    if values is None:
        return None
    found: Any = list(values)
    if not 1 <= len(found) <= _CONTOURS or found != sorted(set(found)) or not 1 <= found[0] <= found[-1] <= most:
        raise InvalidRequestError(f"{what}={found}: give 1 to {_CONTOURS} rising numbers of 1 to {most}.")
    return listed(found, what)
