"""Every form in which a provider says how long to wait, and nothing that is malformed."""

import math
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifykit._core import hints

WALL = 784_111_777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the date of RFC 9110's examples
LATER = WALL - 30

DATES = ["Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"]


@pytest.fixture(params=["UTC", "America/New_York", "Asia/Tokyo"])
def timezone(request, monkeypatch):
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("text", DATES)
def test_the_three_formats_of_an_http_date_in_any_time_zone(text, timezone):
    assert hints.retry_after({"retry-after": text}, LATER) == 30.0
    assert hints.retry_after({"retry-after": text}, WALL + 5) == 0.0  # past
    assert hints.reset_at(text, LATER) == WALL


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "120"}, 120.0),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "1.5"}, 1.5),
        ({"retry-after": " 7 "}, 7.0),
        ({"retry-after-ms": "250"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after-ms": "soon", "retry-after": "1"}, 1.0),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1_000"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Sun, 99 Nov 1994 08:49:37 GMT"}, None),
    ],
)
def test_retry_after(headers, seconds):
    assert hints.retry_after(headers, WALL) == seconds


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("6m0s", 360.0), ("1h2m3s", 3723.0), ("20ms", 0.02), ("1s", 1.0), ("0s", 0.0), ("2.5s", 2.5), ("15us", 15e-6),
        ("15µs", 15e-6), ("3ns", 3e-9), ("", None), ("6", None), ("6 m", None), ("-5s", None), ("6m0", None), ("m", None),
        ("9" * 400 + "s", None),
    ],
)  # fmt: skip
def test_go_durations(text, seconds):
    assert hints.duration(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        (None, None),
        ("1800000000", 1_800_000_000.0),  # an epoch
        ("30", WALL + 30),  # a delta
        ("0", WALL),
        ("6m0s", WALL + 360),
        ("nothing", None),
    ],
)
def test_resets(text, instant):
    assert hints.reset_at(text, WALL) == instant


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"default";r=50;t=30', (50, WALL + 30)),
        ('"default";r=0', (0, None)),
        ('"a"; r=1; t=2, "b"; r=9; t=9', (1, WALL + 2)),
        ('"default"', (None, None)),
        ("", (None, None)),
        ('"default";r=many;t=-1', (None, None)),
        ('"default";r=1=2;flag', (None, None)),
    ],
)
def test_the_ietf_rate_limit(text, found):
    assert hints.ietf_rate_limit(text, WALL) == found


PIECES = st.lists(
    st.sampled_from(
        [
            "Sun",
            ",",
            " ",
            "06",
            "Nov",
            "1994",
            "94",
            "08:49:37",
            ":",
            "GMT",
            "-0000",
            "+9999",
            "99999999999",
            "-",
            "\x00",
            "ms",
            "h",
        ]
    )
).map("".join)
GARBAGE = st.text() | PIECES | st.sampled_from(DATES) | st.integers().map(str) | st.floats().map(str)


@given(GARBAGE)
def test_garbage_is_never_an_error_and_never_a_nonsense_number(text):
    seconds = [
        hints.number(text), hints.duration(text), hints.http_date(text, WALL), hints.retry_after({"retry-after": text}, WALL),
        hints.retry_after({"retry-after-ms": text}, WALL), hints.reset_at(text, WALL), *hints.ietf_rate_limit(text, WALL),
        *hints.ietf_rate_limit(f'"x";r={text};t={text}', WALL),
    ]  # fmt: skip
    assert all(value is None or (value >= 0 and math.isfinite(value)) for value in seconds)


@given(st.floats(0, 1e9), st.floats(0, 2e9))
def test_a_number_of_seconds_is_taken_as_it_is(seconds, wall):
    assert hints.retry_after({"retry-after": repr(seconds)}, wall) == seconds
