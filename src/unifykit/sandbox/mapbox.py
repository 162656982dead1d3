"""A counterpart of Mapbox's web services. Its geometry is computed, not surveyed: ways are straight lines between the points.

Distances are great circles on a sphere, durations follow from one speed for each profile, isochrones are circles, trips go
to the nearest point left. The shapes of the replies are those of replies recorded from Mapbox. A few places of Paris can be
found by name. Tokens are kept. What it does not have, it answers with 501 and says so.

https://docs.mapbox.com/api
"""

from __future__ import annotations

import base64
import itertools
import math
import struct
import time
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.routing import Route

from .earth import Point, along, circle, metres
from .small import Call, Json, Pace, Refusal, Reply, Routes, heard, said

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request
    from starlette.responses import Response

USER = "sandbox"
_PAYLOAD = base64.urlsafe_b64encode(b'{"u":"sandbox","a":"cl00sandbox"}').decode().rstrip("=")
ACCESS_TOKEN = f"sk.{_PAYLOAD}.0123456789abcdefghijkl"

_PLACES: dict[str, Point] = {
    "Eiffel Tower": (2.2945, 48.8584),
    "Notre-Dame": (2.3499, 48.853),
    "Arc de Triomphe": (2.295, 48.8738),
    "Louvre": (2.3364, 48.8611),
}
_SPEEDS = {"driving": 10.0, "driving-traffic": 8.0, "cycling": 5.0, "walking": 1.4}
_FARTHEST, _NORTHMOST, _NEAR = 5_000_000.0, 84.0, 500.0
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
_STYLES = frozenset(("streets-v12", "outdoors-v12", "light-v11", "dark-v11", "satellite-v9", "satellite-streets-v12"))


@dataclass
class World:
    """What the user has."""

    clock: Callable[[], float]
    pace: Pace
    tokens: dict[str, Json] = field(default_factory=dict[str, Json])
    made: int = 0


def create_app(
    *, access_token: str = ACCESS_TOKEN, clock: Callable[[], float] = time.time, requests: int = 1000
) -> Starlette:
    """Make a counterpart of Mapbox's web services whose tokens live as long as the app.

    Args:
        access_token: The token that is there from the beginning.
        clock: What tells the time, in epoch seconds.
        requests: How many of one service a second holds.
    """
    world = World(clock, Pace(requests))
    world.tokens["cl00sandbox"] = _token(world, "cl00sandbox", access_token, "Default public token", ["styles:read"])
    routes = _routes(world)

    async def endpoint(request: Request) -> Response:
        call = await heard(request)
        headers = {"x-rate-limit-interval": "60", "x-rate-limit-limit": str(world.pace.most)}
        headers["x-rate-limit-reset"] = str(math.ceil(clock() + 1))
        try:
            _admit(world, call)
            reply = routes.answer(call, lambda text: Reply({"message": text}, 501))
        except Refusal as refusal:
            reply = Reply(refusal.body, refusal.status, refusal.headers)
        return said(Reply(reply.body, reply.status, {**headers, **reply.headers}, reply.content_type))

    app = Starlette(routes=[Route("/{rest:path}", endpoint, methods=_METHODS)])
    app.state.world = world
    app.state.worlds = [world]
    app.state.routes = routes.known
    return app


def _admit(world: World, call: Call) -> None:
    given = call.query.get("access_token")
    if call.method == "GET" and call.path == "/tokens/v2":
        return
    if given is None:
        raise Refusal(401, {"message": "Not Authorized - No Token", "error_code": "NO_TOKEN"})
    if all(token["token"] != given for token in world.tokens.values()):
        raise Refusal(401, {"message": "Not Authorized - Invalid Token", "error_code": "INVALID_TOKEN"})
    if not world.pace.admits(call.path.split("/")[1], world.clock()):
        raise Refusal(429, {"message": "Too Many Requests"})


def _routes(world: World) -> Routes:
    routes, search, ways, tokens = Routes(), Search(), Ways(), Tokens(world)
    routes.add("GET", "/search/geocode/v6/forward", search.forward)
    routes.add("GET", "/search/geocode/v6/reverse", search.reverse)
    routes.add("POST", "/search/geocode/v6/batch", search.batch)
    routes.add("GET", "/v4/{tilesets}/tilequery/{where}", search.tilequery)
    routes.add("GET", "/directions/v5/mapbox/{profile}/{points}", ways.directions)
    routes.add("GET", "/directions-matrix/v1/mapbox/{profile}/{points}", ways.matrix)
    routes.add("GET", "/isochrone/v1/mapbox/{profile}/{points}", ways.isochrone)
    routes.add("GET", "/optimized-trips/v1/mapbox/{profile}/{points}", ways.trips)
    routes.add("GET", "/matching/v5/mapbox/{profile}/{points}", ways.matching)
    routes.add("GET", "/styles/v1/{user}/{style}/static/{where}/{size}", picture)
    routes.add("GET", "/styles/v1/{user}/{style}/static/{overlay}/{where}/{size}", picture)
    routes.add("GET", "/tokens/v2", tokens.verify)
    routes.add("GET", "/tokens/v2/{user}", tokens.list)
    routes.add("POST", "/tokens/v2/{user}", tokens.create)
    routes.add("DELETE", "/tokens/v2/{user}/{id}", tokens.delete)
    return routes


class Search:
    """Places by name, and names of places."""

    def forward(self, call: Call) -> Reply:
        """By a text, or the parts of an address."""
        return Reply(self._found(call.query))

    def reverse(self, call: Call) -> Reply:
        """By a point."""
        return Reply(self._found(call.query))

    def batch(self, call: Call) -> Reply:
        """Many questions."""
        questions = call.json
        if not isinstance(questions, list) or not all(isinstance(one, dict) for one in questions):  # pyright: ignore[reportUnknownVariableType]
            raise Refusal(400, {"message": "The body is not a list of queries.", "error_code": "INVALID_BODY"})
        return Reply({"batch": [self._found(one) for one in questions]})  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]

    def tilequery(self, call: Call) -> Reply:
        """What is near."""
        here = _points(call.ids["where"].removesuffix(".json"))[0]
        radius, limit = float(call.query.get("radius", 0)), int(call.query.get("limit", 5))
        near = sorted((metres(here, there), name) for name, there in _PLACES.items())
        told = [
            {"type": "Feature", "geometry": _point(_PLACES[name]), "properties": {
                "name": name, "class": "landmark",
                "tilequery": {"distance": distance, "geometry": "point", "layer": "poi_label"}}}
            for distance, name in near if distance <= radius
        ]  # fmt: skip
        return Reply({"type": "FeatureCollection", "features": told[:limit]})

    def _found(self, asked: Any) -> Json:
        limit = int(asked.get("limit", 5))
        if "longitude" in asked and "latitude" in asked:
            here = float(asked["longitude"]), float(asked["latitude"])
            near = sorted((metres(here, at), name) for name, at in _PLACES.items())
            names = [name for distance, name in near if distance < _NEAR][:1]
        else:
            text = asked.get("q") or " ".join(asked.get(part, "") for part in ("street", "place"))
            if not text.strip():
                raise Refusal(400, {"message": "Query is required", "error_code": "INVALID_QUERY"})
            names = [name for name in _PLACES if text.strip().lower() in name.lower()]
        features = [_place(name) for name in names[:limit]]
        return {"type": "FeatureCollection", "features": features, "attribution": "NOTICE: a sandbox's few places."}


class Ways:
    """Ways from here to there."""

    def directions(self, call: Call) -> Reply:
        """Through the points in their order."""
        profile, points = self._asked(call, 2, 25)
        if any(metres(here, there) > _FARTHEST for here, there in itertools.pairwise(points)):
            return Reply({"code": "NoRoute", "message": "No route found", "routes": []})
        told = {"routes": [_route(call, profile, points)], "waypoints": [_waypoint(at) for at in points]}
        return Reply({**told, "code": "Ok", "uuid": "sandbox"})

    def matrix(self, call: Call) -> Reply:
        """From each to each."""
        profile, points = self._asked(call, 2, 25)
        rows, columns = self._chosen(call, "sources", points), self._chosen(call, "destinations", points)
        far = [[metres(here, there) for there in columns] for here in rows]
        told: Json = {
            "code": "Ok",
            "sources": [_waypoint(at) for at in rows],
            "destinations": [_waypoint(at) for at in columns],
        }
        wanted = call.query.get("annotations", "duration").split(",")
        if "duration" in wanted:
            told["durations"] = [[round(one / _SPEEDS[profile], 1) for one in row] for row in far]
        if "distance" in wanted:
            told["distances"] = [[round(one, 1) for one in row] for row in far]
        return Reply(told)

    def isochrone(self, call: Call) -> Reply:
        """Circles, the widest first."""
        profile, [here] = self._asked(call, 1, 1)
        times, ways = call.query.get("contours_minutes"), call.query.get("contours_meters")
        if (times is None) == (ways is None):
            raise Refusal(422, {"code": "InvalidInput", "message": "Give contours_minutes or contours_meters."})
        unit = 1.0 if times is None else _SPEEDS[profile] * 60
        kind = "Polygon" if call.query.get("polygons") == "true" else "LineString"
        found: list[Json] = []
        for contour in sorted((int(text) for text in (times or ways or "").split(",")), reverse=True):
            ring = circle(here, contour * unit)
            shape = {"type": kind, "coordinates": [ring] if kind == "Polygon" else ring}
            known = {"contour": contour, "metric": "time" if times else "distance", "color": "#bf4040", "opacity": 0.33}
            found.append({"type": "Feature", "geometry": shape, "properties": known})
        return Reply({"type": "FeatureCollection", "features": found})

    def trips(self, call: Call) -> Reply:
        """To the nearest point left, beginning at the first."""
        profile, points = self._asked(call, 2, 12)
        left = list(range(1, len(points)))
        last = [left.pop()] if call.query.get("destination") == "last" else []
        order = [0]
        while left:
            left.sort(key=lambda index: metres(points[order[-1]], points[index]))
            order.append(left.pop(0))
        order += last
        stops = [points[index] for index in order] + ([points[0]] if call.query.get("roundtrip") != "false" else [])
        places = [
            {**_waypoint(at), "waypoint_index": order.index(number), "trips_index": 0}
            for number, at in enumerate(points)
        ]
        return Reply({"code": "Ok", "waypoints": places, "trips": [_route(call, profile, stops)]})

    def matching(self, call: Call) -> Reply:
        """The trace itself: every point lies on a road here."""
        profile, points = self._asked(call, 2, 100)
        told = [{**_waypoint(at), "waypoint_index": number, "matchings_index": 0} for number, at in enumerate(points)]
        return Reply(
            {"code": "Ok", "matchings": [{**_route(call, profile, points), "confidence": 1.0}], "tracepoints": told}
        )

    def _asked(self, call: Call, least: int, most: int) -> tuple[str, list[Point]]:
        profile, points = call.ids["profile"], _points(call.ids["points"])
        if profile not in _SPEEDS:
            raise Refusal(404, {"code": "ProfileNotFound", "message": "Needs to be a valid profile."})
        if not least <= len(points) <= most:
            raise Refusal(422, {"code": "InvalidInput", "message": f"Give {least} to {most} coordinates."})
        if any(abs(lat) > _NORTHMOST for _, lat in points):
            raise Refusal(
                200, {"code": "NoSegment", "message": "Could not find a matching segment for input coordinates"}
            )
        return profile, points

    @staticmethod
    def _chosen(call: Call, what: str, points: list[Point]) -> list[Point]:
        text = call.query.get(what, "all")
        return points if text == "all" else [points[int(number)] for number in text.split(";")]


@dataclass
class Tokens:
    """Access tokens."""

    world: World

    def verify(self, call: Call) -> Reply:
        """Whether a token is valid; 200 whatever it is."""
        given = call.query.get("access_token", "")
        found = next((one for one in self.world.tokens.values() if one["token"] == given), None)
        if found is None:
            return Reply({"code": "TokenInvalid" if given else "TokenMalformed"})
        return Reply({"code": "TokenValid", "token": {"usage": given[:2], "user": USER, "authorization": found["id"]}})

    def list(self, call: Call) -> Reply:
        """A page of tokens; the secret of a secret one is not told again."""
        self._own(call)
        size, start = int(call.query.get("limit", 50)), call.query.get("start", "")
        ids = sorted(self.world.tokens)
        begin = ids.index(start) if start in ids else 0
        shown = [
            {name: value for name, value in self.world.tokens[one].items() if name != "token"}
            for one in ids[begin : begin + size]
        ]
        rest = ids[begin + size :]
        url = f"http://{call.headers['host']}{call.path}?limit={size}&start={rest[0] if rest else ''}"
        repeated = f"{url}&access_token={call.query['access_token']}"  # as Mapbox does
        return Reply(shown, headers={"link": f'<{repeated}>; rel="next"'} if rest else {})

    def create(self, call: Call) -> Reply:
        """Make a token."""
        self._own(call)
        scopes = call.fields.get("scopes")
        if not isinstance(scopes, list):
            raise Refusal(422, {"message": "scopes must be an array"})
        if not call.query["access_token"].startswith("sk."):
            raise Refusal(403, {"message": "Forbidden"})
        if "expires" in call.fields:
            return Reply({"token": f"tk.{_PAYLOAD}.{self._number():022d}"}, 201)
        number = f"cl{self._number():08d}"
        secret = any(not str(scope).endswith(":read") for scope in scopes)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
        value = f"{'sk' if secret else 'pk'}.{_PAYLOAD}.{number:0>22}"
        made = _token(self.world, number, value, call.fields.get("note", ""), scopes)  # pyright: ignore[reportUnknownArgumentType]
        if "allowedUrls" in call.fields:
            made["allowedUrls"] = call.fields["allowedUrls"]
        self.world.tokens[number] = made
        return Reply(made, 201)

    def delete(self, call: Call) -> Reply:
        """Make a token worthless."""
        self._own(call)
        if self.world.tokens.pop(call.ids["id"], None) is None:
            raise Refusal(404, {"message": "Not Found"})
        return Reply(b"", 204)

    def _own(self, call: Call) -> None:
        if call.ids["user"] != USER:
            raise Refusal(403, {"message": "Forbidden"})

    def _number(self) -> int:
        self.world.made += 1
        return self.world.made


def picture(call: Call) -> Reply:
    """A grey picture of the right size."""
    size, retina, _ = call.ids["size"].partition("@2x")
    width, _, height = size.partition("x")
    if call.ids["user"] != "mapbox" or call.ids["style"] not in _STYLES:
        raise Refusal(404, {"message": "Style not found"})
    if not (width.isdigit() and height.isdigit() and 1 <= int(width) <= 1280 and 1 <= int(height) <= 1280):  # noqa: PLR2004
        raise Refusal(422, {"message": "Width and height must be between 1-1280."})
    double = 2 if retina else 1
    return Reply(_png(int(width) * double, int(height) * double), content_type="image/png")


def _png(width: int, height: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\0" + b"\xcc" * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def _token(world: World, number: str, value: str, note: str, scopes: Any) -> Json:
    now = datetime.fromtimestamp(world.clock(), UTC).isoformat()
    return {
        "client": "api", "note": note, "usage": value[:2], "id": number, "default": number == "cl00sandbox", "scopes": scopes,
        "created": now, "modified": now, "token": value,
    }  # fmt: skip


def _points(text: str) -> list[Point]:
    try:
        found = [tuple(float(number) for number in one.split(",")) for one in unquote(text).split(";")]
        return [(lon, lat) for lon, lat in found]
    except ValueError:
        raise Refusal(422, {"code": "InvalidInput", "message": "Coordinate is invalid"}) from None


def _point(at: Point) -> Json:
    return {"type": "Point", "coordinates": list(at)}


def _waypoint(at: Point) -> Json:
    return {"name": "", "location": list(at), "distance": 0.0}


def _place(name: str) -> Json:
    lon, lat = _PLACES[name]
    number = base64.b64encode(f"urn:sandbox:{name}".encode()).decode().rstrip("=")
    known = {
        "mapbox_id": number, "feature_type": "address", "name": name, "place_formatted": "Paris, France",
        "full_address": f"{name}, Paris, France", "coordinates": {"longitude": lon, "latitude": lat}, "context": {},
    }  # fmt: skip
    return {"type": "Feature", "id": number, "geometry": _point((lon, lat)), "properties": known}


def _route(call: Call, profile: str, points: Sequence[Point]) -> Json:
    legs: list[Json] = []
    for here, there in itertools.pairwise(points):
        far = round(metres(here, there), 1)
        spent = round(far / _SPEEDS[profile], 1)
        legs.append({"distance": far, "duration": spent, "weight": spent, "summary": "", "steps": []})
    shape: Any = {"type": "LineString", "coordinates": [list(at) for at in points]}
    if call.query.get("geometries", "polyline") != "geojson":
        shape = along(points)
    total = {name: round(sum(leg[name] for leg in legs), 1) for name in ("distance", "duration", "weight")}
    return {**total, "geometry": shape, "legs": legs, "weight_name": "duration"}
