"""What Mapbox's operations do, in both modes, over a socket."""

import struct
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from tests.loopback import Loopback, Reply, Reset
from tests.providers.mapbox.conftest import settings
from tests.providers.mapbox.test_models import REPLIES

from unifykit import (
    AuthenticationError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    UnexpectedResponseError,
)
from unifykit.sandbox.mapbox import ACCESS_TOKEN
from unifykit.testing import VirtualClock

EIFFEL, NOTRE_DAME, ARC = (2.2945, 48.8584), (2.3499, 48.853), (2.295, 48.8738)


def test_places(w):
    found = w.do(lambda m: m.geocode.forward("tour of nothing"))
    assert found.first is None
    assert w.do(lambda m: m.geocode.forward("e", limit=2)).features[0].name == "Eiffel Tower"
    assert w.do(lambda m: m.geocode.forward(address={"place": "louvre"})).first.lonlat == (2.3364, 48.8611)
    assert w.do(lambda m: m.geocode.reverse(*ARC)).first.name == "Arc de Triomphe"
    batch = w.do(lambda m: m.geocode.batch(["Louvre", EIFFEL, {"q": "notre"}, "nowhere"]))
    assert [places.first and places.first.name for places in batch] == ["Louvre", "Eiffel Tower", "Notre-Dame", None]


def test_ways(w):
    found = w.do(lambda m: m.directions.get([EIFFEL, NOTRE_DAME, ARC], profile="walking"))
    [route] = found.routes
    assert route.distance == pytest.approx(4104 + 4631, rel=0.01)  # great circles
    assert route.duration == pytest.approx(route.distance / 1.4, rel=0.01)
    assert [tuple(at) for at in route.__geo_interface__["geometry"]["coordinates"]] == [EIFFEL, NOTRE_DAME, ARC]
    assert found.__geo_interface__["type"] == "FeatureCollection"
    assert found.waypoints[1].location == NOTRE_DAME


def test_a_table_of_ways(w):
    whole = w.do(lambda m: m.directions.matrix([EIFFEL, NOTRE_DAME, ARC], distances=True))
    assert len(whole.durations) == len(whole.durations[0]) == 3
    assert whole.distances[0][1] == whole.distances[1][0] == pytest.approx(4104, rel=0.01)
    part = w.do(lambda m: m.directions.matrix([EIFFEL, NOTRE_DAME, ARC], sources=[0], destinations=[1, 2]))
    assert part.durations == [whole.durations[0][1:]]
    assert part.distances is None


def test_how_far_one_gets(w):
    area = w.do(lambda m: m.directions.isochrone(EIFFEL, minutes=[5, 10], profile="cycling"))
    assert [one.properties["contour"] for one in area.features] == [10, 5]
    assert area.features[0].geometry["coordinates"][0][0] == area.features[0].geometry["coordinates"][0][-1]
    lines = w.do(lambda m: m.directions.isochrone(EIFFEL, meters=[500], polygons=False))
    assert lines.features[0].geometry["type"] == "LineString"


def test_the_shortest_trip(w):
    trip = w.do(lambda m: m.directions.optimize([EIFFEL, NOTRE_DAME, ARC]))
    assert [stop.waypoint_index for stop in trip.waypoints] == [0, 2, 1]
    assert len(trip.trips[0].legs) == 3
    fixed = w.do(lambda m: m.directions.optimize([EIFFEL, ARC, NOTRE_DAME], roundtrip=False, fixed_ends=True))
    assert len(fixed.trips[0].legs) == 2


def test_the_roads_under_a_trace(w):
    found = w.do(lambda m: m.directions.match([EIFFEL, ARC], tidy=True))
    assert found.matchings[0].confidence == 1.0


@pytest.mark.parametrize(
    ("points", "code"), [([(2.0, 48.0), (151.0, -33.0)], "NoRoute"), ([(2.0, 89.0), (3.0, 89.0)], "NoSegment")]
)
def test_no_way_is_not_found_although_the_status_is_200(w, points, code):
    with pytest.raises(NotFoundError) as caught:
        w.do(lambda m: m.directions.get(points))
    assert (caught.value.status, caught.value.code) == (200, code)


def test_pictures(w, tmp_path):
    picture = w.do(lambda m: m.static_map(EIFFEL, zoom=14, width=30, height=20, retina=True, pins=[ARC]))
    assert struct.unpack(">II", picture.content[16:24]) == (60, 40)
    assert picture._repr_png_() == picture.content
    assert picture._repr_jpeg_() is None
    assert "PNG" not in repr(picture)
    assert picture.save(tmp_path / "map.png").read_bytes() == picture.content
    route = w.do(lambda m: m.directions.get([EIFFEL, ARC])).routes[0]
    assert w.do(lambda m: m.static_map(geojson=route, width=10, height=10)).content_type == "image/png"
    assert w.do(lambda m: m.static_map(bbox=(2.2, 48.8, 2.4, 48.9), width=10, height=10)).content_type == "image/png"
    with pytest.raises(NotFoundError, match="Style not found"):
        w.do(lambda m: m.static_map(EIFFEL, style="mapbox/none"))


def test_what_is_near(w):
    near = w.do(lambda m: m.tilequery.get(*EIFFEL, radius=2000, limit=2))
    assert [one.properties["name"] for one in near.features] == ["Eiffel Tower", "Arc de Triomphe"]
    assert w.do(lambda m: m.tilequery.get(0.0, 0.0, radius=10)).features == []


def test_tokens_from_beginning_to_end(w, both):
    made = w.do(lambda m: m.tokens.create(["styles:read"], note="web", allowed_urls=["https://example.com"]))
    assert made.allowed_urls == ["https://example.com"]
    assert made.token.get_secret_value() not in repr(made) + str(made.raw)
    others = [w.do(lambda m: m.tokens.create(["fonts:read"])) for _ in range(3)]
    listed = w.do(lambda m: m.tokens.list(per_page=2))
    assert len(listed) == len({token.id for token in listed}) == 5
    public = both(mapbox=settings(w.url, made.token.get_secret_value()))
    assert public.run(lambda p: p.mapbox.geocode.forward("louvre")).first
    with pytest.raises(PermissionDeniedError):
        public.run(lambda p: p.mapbox.tokens.create(["styles:read"]))
    w.do(lambda m: m.tokens.delete(made.id))
    with pytest.raises(AuthenticationError) as caught:
        public.run(lambda p: p.mapbox.geocode.forward("louvre"))
    assert caught.value.code == "INVALID_TOKEN"
    with pytest.raises(NotFoundError):
        w.do(lambda m: m.tokens.delete(made.id))
    assert len(w.do(lambda m: m.tokens.list())) == 1 + len(others)
    temporary = w.do(lambda m: m.tokens.create(["styles:read"], expires_in=60))
    assert temporary.token.get_secret_value().startswith("tk.")
    assert temporary.id is None


def test_a_token_that_is_none_is_told_with_a_200(w, both):
    assert w.do(lambda m: m.tokens.verify()).code == "TokenValid"
    with pytest.raises(AuthenticationError) as caught:
        both(mapbox=settings(w.url, "pk.wrong.token")).run(lambda p: p.mapbox.tokens.verify())
    assert caught.value.code == "TokenInvalid"


def test_whose_the_token_is_must_be_known(both):
    h = both(mapbox=settings("http://127.0.0.1:9", "sk.opaque"))
    with pytest.raises(InvalidRequestError, match="user="):
        h.run(lambda p: p.mapbox.tokens.list())


def test_check(w, both):
    assert [item.name for item in w.do(lambda m: m.check()).items] == ["token", "geocoding", "directions"]
    assert w.do(lambda m: m.check()).ok
    assert not both(mapbox=settings(w.url, "pk.wrong.token")).run(lambda p: p.mapbox.check()).ok


def test_an_unknown_request_names_itself(w):
    reply = w.do(lambda m: m.native.get("/uploads/v1/x"))
    assert reply.status_code == 501
    assert reply.json() == {"message": "unifykit sandbox: GET /uploads/v1/x is not implemented."}


def test_the_allowance_is_told_as_far_as_mapbox_tells_it(w):
    w.do(lambda m: m.geocode.forward("louvre"))
    told = w.harness.p.mapbox.quota
    assert list(told) == ["search/geocode"]
    assert (told["search/geocode"].limit, told["search/geocode"].remaining) == (1000, None)


@pytest.mark.parametrize(
    "call",
    [
        lambda m: m.geocode.forward(),
        lambda m: m.geocode.forward("x", address={"place": "y"}),
        lambda m: m.geocode.forward(address={"planet": "y"}),
        lambda m: m.geocode.forward(" "),
        lambda m: m.geocode.forward("a;b"),
        lambda m: m.geocode.forward("x", limit=11),
        lambda m: m.geocode.forward("x", country="fr"),
        lambda m: m.geocode.forward("x", bbox=(0, 2, 1, 1)),
        lambda m: m.geocode.reverse(48.8, 222.0),
        lambda m: m.geocode.reverse(float("nan"), 1.0),
        lambda m: m.geocode.reverse(1.0, 2.0, limit=2),
        lambda m: m.geocode.batch([]),
        lambda m: m.geocode.batch("Louvre"),
        lambda m: m.directions.get([EIFFEL]),
        lambda m: m.directions.get([EIFFEL] * 26),
        lambda m: m.directions.get([EIFFEL, ARC], profile="flying"),
        lambda m: m.directions.matrix([EIFFEL] * 11, profile="driving-traffic"),
        lambda m: m.directions.matrix([EIFFEL, ARC], sources=[2]),
        lambda m: m.directions.isochrone(EIFFEL),
        lambda m: m.directions.isochrone(EIFFEL, minutes=[10, 5]),
        lambda m: m.directions.isochrone(EIFFEL, minutes=[61]),
        lambda m: m.directions.optimize([EIFFEL] * 13),
        lambda m: m.directions.optimize([EIFFEL, ARC], roundtrip=False),
        lambda m: m.static_map(),
        lambda m: m.static_map(EIFFEL, bbox=(0, 0, 1, 1)),
        lambda m: m.static_map(EIFFEL, width=1281),
        lambda m: m.static_map(EIFFEL, zoom=23),
        lambda m: m.static_map(EIFFEL, style="mapbox"),
        lambda m: m.static_map(pins=[EIFFEL] * 1000),
        lambda m: m.static_map(geojson="Paris"),
        lambda m: m.static_map(geojson={"type": "Point", "coordinates": [float("nan"), 1]}),
        lambda m: m.static_map(geojson={"type": "Point", "coordinates": object()}),
        lambda m: m.tilequery.get(*EIFFEL, limit=51),
        lambda m: m.tilequery.get(*EIFFEL, tilesets="mapbox.x"),
        lambda m: m.tokens.create([]),
        lambda m: m.tokens.create("styles:read"),
        lambda m: m.tokens.create(["styles:read"], expires_in=3601),
        lambda m: m.tokens.create(["styles:read"], expires_in=60, note="x"),
        lambda m: m.tokens.list(per_page=101),
        lambda m: m.tokens.delete(".."),
    ],
)
def test_what_makes_no_sense_is_not_sent(call, both):
    with Loopback() as server:
        with pytest.raises(InvalidRequestError):
            both(mapbox=settings(server.url)).run(lambda p: call(p.mapbox))
        assert server.seen == []


RECORDED = REPLIES["services-geocoding__v6_error_message"]
ANSWERS = [
    (Reply(401, RECORDED), AuthenticationError, "INVALID_TOKEN", 1),
    (Reply(401, {"message": "Not Authorized - No Token"}), AuthenticationError, None, 1),
    (Reply(403, {"message": "Forbidden"}), PermissionDeniedError, None, 1),
    (Reply(404, {"message": "Not Found"}), NotFoundError, None, 1),
    (Reply(404, {"code": "ProfileNotFound", "message": "x"}), InvalidRequestError, "ProfileNotFound", 1),
    (Reply(422, {"code": "InvalidInput", "message": "x"}), InvalidRequestError, "InvalidInput", 1),
    (Reply(429, {"message": "Too Many Requests"}), RateLimitedError, None, 3),
    (Reply(500, b"<html>"), ServerError, None, 3),
    (Reply(200, REPLIES["services-directions__directions_v5_no_route"]), NotFoundError, "NoRoute", 1),
    (Reply(200, {"code": "NoSegment", "message": "x"}), NotFoundError, "NoSegment", 1),
    (Reply(200, {"code": "Odd"}), UnexpectedResponseError, "Odd", 1),
    (Reply(200, b"<html>"), UnexpectedResponseError, None, 1),
    (Reply(200, {"message": "hello"}), UnexpectedResponseError, None, 1),
    (Reply(307, b"", {"Location": "/elsewhere"}), UnexpectedResponseError, None, 1),
]


@pytest.mark.parametrize(("reply", "kind", "code", "sent"), ANSWERS)
def test_what_each_reply_means(both, reply, kind, code, sent):
    with Loopback([reply]) as server:
        h = both(mapbox=settings(server.url), clock=VirtualClock())
        with pytest.raises(kind) as caught:
            h.run(lambda p: p.mapbox.directions.get([EIFFEL, ARC]))
        told = type(caught.value), caught.value.status, caught.value.code, len(server.seen)
        assert told == (kind, reply.status, code, sent)


def test_a_picture_that_is_none_is_an_error(both):
    with (
        Loopback([Reply(200, {"message": "hello"})]) as server,
        pytest.raises(UnexpectedResponseError, match="no picture"),
    ):
        both(mapbox=settings(server.url)).run(lambda p: p.mapbox.static_map(EIFFEL))


def test_a_limit_is_waited_for_until_its_reset(both):
    clock = VirtualClock()
    limits = {
        "X-Rate-Limit-Limit": "60",
        "X-Rate-Limit-Interval": "60",
        "X-Rate-Limit-Reset": str(int(clock.wall()) + 7),
    }
    places = Reply(body=REPLIES["services-geocoding__v6_response_empty"])
    with Loopback([Reply(429, {"message": "Too Many Requests"}, limits), places]) as server:
        h = both(mapbox=settings(server.url), clock=clock, random=lambda: 0.0)
        assert h.run(lambda p: p.mapbox.geocode.forward("x")).features == []
    assert clock.slept == [7.0]


def test_a_token_that_may_have_been_made_is_not_made_again(both):
    with Loopback([Reset()]) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            both(mapbox=settings(server.url), clock=VirtualClock()).run(
                lambda p: p.mapbox.tokens.create(["styles:read"])
            )
        assert caught.value.maybe_executed
        assert len(server.seen) == 1


def test_a_batch_is_repeated_because_it_only_reads(both):
    answer = Reply(body={"batch": [REPLIES["services-geocoding__v6_response_empty"]]})
    with Loopback([Reset(), answer]) as server:
        h = both(mapbox=settings(server.url), clock=VirtualClock())
        assert len(h.run(lambda p: p.mapbox.geocode.batch(["x"]))) == 1
        assert len(server.seen) == 2


def test_what_is_sent(both):
    with Loopback([Reply(200, b"\x89PNG", {"Content-Type": "image/png"})]) as server:
        h = both(mapbox=settings(server.url))
        shape = {"type": "Point", "coordinates": [1, 2]}
        h.run(lambda p: p.mapbox.static_map((1.5, -2e-9), zoom=3.25, pins=[(0, 0)], geojson=shape, style="me/my style"))
        [seen] = server.seen
        parts = urlsplit(seen.path)
        above = 'pin-s(0,0),geojson({"type":"Point","coordinates":[1,2]})'
        assert unquote(parts.path) == f"/styles/v1/me/my style/static/{above}/1.5,0,3.25,0,0/600x400"
        assert parse_qsl(parts.query) == [("access_token", ACCESS_TOKEN)]
        server.script([Reply(body={"code": "Ok"})])
        h.run(lambda p: p.mapbox.directions.get([EIFFEL, ARC], alternatives=True, steps=False))
        parts = urlsplit(server.seen[0].path)
        assert parts.path == "/directions/v5/mapbox/driving/2.2945,48.8584;2.295,48.8738"
        asked = {"geometries": "geojson", "overview": "full", "alternatives": "true", "steps": "false"}
        assert dict(parse_qsl(parts.query)) == {**asked, "access_token": ACCESS_TOKEN}
