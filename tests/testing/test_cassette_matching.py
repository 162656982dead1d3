"""Which recorded interaction answers which request."""

import json

import pytest

from unifykit._wires import tap
from unifykit._wires.tap import Asked, Commands, Replies, Told
from unifykit.testing import Cassette, NotRecordedError
from unifykit.testing.cassettes import bodies
from unifykit.testing.cassettes.redaction import Redactor

JSON = [("Content-Type", "application/json")]


def asked(url="https://api.example.com/a", body=b"", headers=(), method="POST"):
    return Asked(method, url, [*headers], body)


def multipart(edge, content=b"x"):
    body = (
        f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'.encode()
        + content
        + f"\r\n--{edge}--\r\n".encode()
    )
    return asked(body=body, headers=[("Content-Type", f"multipart/form-data; boundary={edge}")])


@pytest.fixture
def tape(tmp_path):
    """Records some requests, each told its number, and then plays."""

    def make(*recorded, **options):
        path = tmp_path / "a.json"
        with Cassette(path, "record"):
            for number, request in enumerate(recorded):
                tap.installed.keep(request, Told(200, "OK", [], [str(number).encode()]))
        return Cassette(path, "replay", **options)

    return make


def number_of(request):
    told = tap.installed.ask(request)
    return int(b"".join(told.chunks))


SAME = {
    "the query's order": (asked("https://a.b/x?p=1&q=2"), asked("https://a.b/x?q=2&p=1")),
    "the host's case and default port": (asked("https://A.b/x"), asked("https://a.B/x")),
    "needless quoting": (asked("https://a.b/x%7Ey%2fz"), asked("https://a.b/x~y%2Fz")),
    "the order and the spaces of JSON": (
        asked(body=b'{"a": 1, "b": [2]}', headers=JSON),
        asked(body=b'{"b":[2],"a":1}', headers=JSON),
    ),
    "headers that say nothing": (
        asked(headers=[("Date", "1"), ("User-Agent", "x"), ("Idempotency-Key", "1")]),
        asked(headers=[("Date", "2")]),
    ),
    "a key among the fields": (
        asked(body=b'{"nonce": "1", "a": 1}', headers=JSON),
        asked(body=b'{"nonce": "2", "a": 1}', headers=JSON),
    ),
    "a multipart's boundary": (multipart("one"), multipart("another")),
    "a form's order": (
        asked(body=b"a=1&b=2", headers=[("Content-Type", "application/x-www-form-urlencoded")]),
        asked(body=b"b=2&a=1", headers=[("Content-Type", "application/x-www-form-urlencoded")]),
    ),
    "an id that is new each time": (
        asked(body=b'{"id": "6f1c2a34-0b5d-4e6f-8a7b-9c0d1e2f3a4b"}', headers=JSON),
        asked(body=b'{"id": "00000000-1111-4222-8333-444444444444"}', headers=JSON),
    ),
    "a moment": (
        asked(body=b'{"at": "2026-11-23T05:00:00Z"}', headers=JSON),
        asked(body=b'{"at": "2031-01-01T00:00:00.123+02:00"}', headers=JSON),
    ),
    "a token of a signed address": (asked("https://a.b/x?token=abc"), asked("https://a.b/x?token=def")),
}

OTHER = {
    "the method": (asked(method="GET"), asked(method="DELETE")),
    "the path": (asked("https://a.b/x"), asked("https://a.b/y")),
    "a quoted slash": (asked("https://a.b/x/y"), asked("https://a.b/x%2Fy")),
    "the host": (asked("https://a.b/x"), asked("https://c.d/x")),
    "a parameter": (asked("https://a.b/x?p=1"), asked("https://a.b/x?p=2")),
    "the order of equal parameters": (asked("https://a.b/x?p=1&p=2"), asked("https://a.b/x?p=2&p=1")),
    "the body": (asked(body=b'{"a": 1}', headers=JSON), asked(body=b'{"a": 2}', headers=JSON)),
    "a number and a text": (asked(body=b'{"a": 1}', headers=JSON), asked(body=b'{"a": "1"}', headers=JSON)),
    "a file's content": (multipart("one", b"x"), multipart("one", b"y")),
    "what is preferred": (
        asked(headers=[("Prefer", "return=minimal")]),
        asked(headers=[("prefer", "return=representation")]),
    ),
    "an id in the path": (
        asked("https://a.b/6f1c2a34-0b5d-4e6f-8a7b-9c0d1e2f3a4b"),
        asked("https://a.b/00000000-1111-4222-8333-444444444444"),
    ),
    "a commit": (
        asked(body=b'{"sha": "%s"}' % (b"a1" * 20), headers=JSON),
        asked(body=b'{"sha": "%s"}' % (b"b2" * 20), headers=JSON),
    ),
}


@pytest.mark.parametrize("what", SAME)
def test_what_makes_no_difference(tape, what):
    recorded, request = SAME[what]
    with tape(recorded) as playing:
        assert number_of(request) == 0
        assert playing.unplayed == []


@pytest.mark.parametrize("what", OTHER)
def test_what_makes_a_difference(tape, what):
    recorded, request = OTHER[what]
    with pytest.raises(NotRecordedError), tape(recorded):
        tap.installed.ask(request)


def test_the_first_of_equals_is_played_first(tape):
    with tape(asked(), asked("https://api.example.com/b"), asked()) as playing:
        assert [number_of(asked()), number_of(asked())] == [0, 2]
        assert [line[-25:] for line in playing.unplayed] == ["https://api.example.com/b"]
        assert number_of(asked("https://api.example.com/b")) == 1


def test_an_exact_match_goes_before_a_like_one(tape):
    def body(name):
        return asked(body=json.dumps({"id": f"{name}0000000-1111-4222-8333-444444444444"}).encode(), headers=JSON)

    with tape(body("a"), body("b")):
        assert [number_of(body("b")), number_of(body("a"))] == [1, 0]


def test_a_new_id_stays_the_same_in_what_follows(tmp_path):
    old, new = "6f1c2a34-0b5d-4e6f-8a7b-9c0d1e2f3a4b", "00000000-1111-4222-8333-444444444444"
    path = tmp_path / "a.json"
    with Cassette(path, "record"):
        tap.installed.keep(
            asked(body=b'{"id": "%s"}' % old.encode(), headers=JSON),
            Told(201, "", [], [b'{"made": "%s"}' % old.encode()]),
        )
        tap.installed.keep(asked(f"https://api.example.com/a/{old}", method="GET"), Told(200, "", [], [old.encode()]))
    with Cassette(path):
        made = tap.installed.ask(asked(body=b'{"id": "%s"}' % new.encode(), headers=JSON))
        assert json.loads(b"".join(made.chunks)) == {"made": new}
        assert (
            b"".join(tap.installed.ask(asked(f"https://api.example.com/a/{new}", method="GET")).chunks) == new.encode()
        )


def test_one_new_id_is_not_two(tmp_path):
    ids = [f"{number}0000000-1111-4222-8333-444444444444" for number in range(4)]
    path = tmp_path / "a.json"
    with Cassette(path, "record"):
        tap.installed.keep(asked(body=json.dumps({"a": ids[0], "b": ids[0]}).encode(), headers=JSON), Told(200))
    with pytest.raises(NotRecordedError), Cassette(path):
        tap.installed.ask(asked(body=json.dumps({"a": ids[2], "b": ids[3]}).encode(), headers=JSON))


def test_what_the_caller_ignores(tape):
    recorded = asked("https://a.b/x?stamp=1", body=b'{"sent_at": 1, "a": [{"sent_at": 2}]}', headers=JSON)
    with tape(recorded, ignore=["stamp", "sent_at"]):
        assert number_of(asked("https://a.b/x?stamp=9", body=b'{"a": [{"sent_at": 7}]}', headers=JSON)) == 0


def test_commands(tmp_path):
    path = tmp_path / "a.json"
    values = [b"text", b"\xff\x00", 1, 1.5, None, True, [b"a", [2]], {b"k": b"v"}, "native", float("inf")]
    with Cassette(path, "record"):
        tap.installed.keep_replies(Commands([[b"GET", b"k"], [b"GET", b"\xff"]]), Replies(values))
    with Cassette(path):
        assert tap.installed.command(Commands([[b"GET", b"k"], [b"GET", b"\xff"]])).values == values
    with pytest.raises(NotRecordedError, match="GET"), Cassette(path):
        tap.installed.command(Commands([[b"GET", b"k"]]))


@pytest.mark.parametrize(
    "text",
    ['{"a": 1.0}', '{"a": 1e400}', '{"a": 0.12345678901234567890123}', '{"a": 1, "a": 2}', '{"a": NaN}', '"\\ud800"', "[" * 100_000, '{"a": 12345678901234567890}',
     "\ufeff{}", "{", '{"é": "☃"}', '{"a": -0.0}', "null", "plain", "", "\x00\x01", "line\r\nline\u2028"],
)  # fmt: skip
def test_a_body_comes_out_as_it_went_in(text):
    data = text.encode()
    found = b"".join(bodies.bytes_of(bodies.told([data], "application/json", Redactor(), "")))
    try:
        before = json.loads(data, parse_float=str, object_pairs_hook=list)
    except (ValueError, RecursionError):
        assert found == data
    else:
        again = json.loads(found, parse_float=str, object_pairs_hook=list)
        assert again == before


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_a_stream_of_events_whose_characters_are_cut(size):
    data = "data: é☃😀\n\ndata: ünd\n\n".encode() * 5
    chunks = [data[start : start + size] for start in range(0, len(data), size)]
    body = bodies.told(chunks, "text/event-stream; charset=utf-8", Redactor(), "")
    assert b"".join(bodies.bytes_of(body)) == data
    assert len(body["chunks"]) <= len(chunks)
    assert len(body["chunks"]) > 1 or size == 1000


def test_a_secret_across_two_pieces_of_a_stream():
    body = bodies.told([b"data: abc-sec", b"ret-xyz\n\n"], "text/event-stream", Redactor(["abc-secret-xyz"]), "")
    assert body == {"chunks": ["data: REDACTED\n\n"]}
