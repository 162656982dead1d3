"""What a status means, as a table."""

import pytest

from unifykit._core.dialect import Dialect, LimitHeaders, json_body, judge
from unifykit._core.outcome import Kind, Quota

WALL = 1_800_000_000.0
PLAIN = Dialect(provider="test")
METERED = Dialect(
    provider="test", limits=(LimitHeaders("x-limit", "x-remaining", "x-reset"),), least_wait=60.0, shared_limit=True
)
ADVISED = Dialect(provider="test", advice="x-should-retry")
TWO = Dialect(
    provider="test", limits=(LimitHeaders("a-limit", "a-left", "a-reset"), LimitHeaders("b-limit", "b-left", "b-reset"))
)


def judged(dialect, status, headers=None, body=b"", received=0):
    return judge(dialect, status, headers or {}, lambda: body, WALL, received)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *[(status, Kind.OK) for status in (200, 201, 204, 301, 304)],
        *[(status, Kind.FINAL) for status in (400, 401, 402, 403, 404, 409, 410, 412, 418, 422, 451, 501, 505, 531)],
        *[(status, Kind.TRANSIENT) for status in (408, 500, 502, 503, 504, 520, 525, 530)],
        (429, Kind.THROTTLED),
    ],
)
def test_kinds(status, kind):
    outcome = judged(PLAIN, status, received=12)
    assert (outcome.kind, outcome.status, outcome.received) == (kind, status, 12)
    assert outcome.executed is (kind in (Kind.OK, Kind.TRANSIENT))


@pytest.mark.parametrize(
    ("status", "advice", "kind"),
    [
        (500, "false", Kind.FINAL),
        (429, "false", Kind.FINAL),
        (409, "true", Kind.TRANSIENT),
        (429, "true", Kind.THROTTLED),
        (409, None, Kind.FINAL),
        (400, "maybe", Kind.FINAL),
    ],
)
def test_the_provider_s_advice_counts(status, advice, kind):
    headers = {} if advice is None else {"x-should-retry": advice}
    assert judged(ADVISED, status, headers).kind is kind


def test_a_refusal_may_prove_that_nothing_was_executed():
    dialect = Dialect(provider="test", untouched=lambda status, headers, body: json_body(body).get("code") == "full")
    assert [judged(dialect, 503, body=body).executed for body in (b'{"code": "full"}', b"{}", b"")] == [
        False,
        True,
        True,
    ]
    assert judged(dialect, 503, body=b'{"code": "full"}').kind is Kind.TRANSIENT
    assert judged(dialect, 200, body=b'{"code": "full"}').executed


def test_the_provider_s_own_verdict_counts_and_sees_the_body():
    dialect = Dialect(
        provider="test",
        verdict=lambda status, headers, body: Kind.EXHAUSTED if json_body(body).get("credit") == 0 else None,
    )
    assert judged(dialect, 429, body=b'{"credit": 0}').kind is Kind.EXHAUSTED
    assert judged(dialect, 429, body=b"{}").kind is Kind.THROTTLED
    assert judged(dialect, 429, {"retry-after": "3"}, b'{"credit": 0}').retry_after is None


@pytest.mark.parametrize(
    ("status", "headers", "hint"),
    [
        (503, {}, None),
        (503, {"retry-after": "3"}, 3.0),
        (404, {"retry-after": "3"}, None),
        (429, {}, 60.0),
        (429, {"retry-after": "3"}, 3.0),
        (429, {"x-remaining": "0", "x-reset": "1800000010"}, 10.0),
        (429, {"x-remaining": "0", "x-reset": "1700000000"}, 0.0),
        (429, {"x-remaining": "0"}, 60.0),
        (429, {"x-remaining": "5", "x-reset": "1800000010"}, 60.0),
        (503, {"x-remaining": "0", "x-reset": "1800000010"}, None),
    ],
)
def test_hints(status, headers, hint):
    assert judged(METERED, status, headers).retry_after == hint


@pytest.mark.parametrize(
    ("dialect", "status", "headers", "quota"),
    [
        (PLAIN, 200, {}, None),
        (METERED, 200, {"x-limit": "60"}, None),
        (METERED, 200, {"x-remaining": "many"}, None),
        (METERED, 200, {"x-remaining": "5"}, Quota(None, 5, None)),
        (METERED, 200, {"x-limit": "60", "x-remaining": "5", "x-reset": "30"}, Quota(60, 5, WALL + 30)),
        (TWO, 200, {"a-left": "9", "b-left": "2", "b-limit": "10"}, Quota(10, 2, None)),
        (TWO, 200, {"a-left": "0", "b-left": "2"}, Quota(None, 0, None)),
        (PLAIN, 200, {"ratelimit": '"default";r=50;t=30'}, Quota(None, 50, WALL + 30)),
        (PLAIN, 200, {"ratelimit": '"default"'}, None),
        (METERED, 429, {"retry-after": "7"}, Quota(None, 0, WALL + 7)),  # a shared limit concerns every call
        (METERED, 429, {"retry-after": "7", "x-limit": "60", "x-remaining": "9"}, Quota(60, 0, WALL + 7)),
        (METERED, 429, {"retry-after": "0"}, None),
        (PLAIN, 429, {"retry-after": "7"}, None),
    ],
)
def test_allowances(dialect, status, headers, quota):
    assert judged(dialect, status, headers).quota == quota


@pytest.mark.parametrize(
    ("body", "found"),
    [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"<html>", {}), (b"\xff", {}), (b"", {}), (b"[" * 100_000, {})],
)
def test_a_body_that_may_be_anything(body, found):
    assert json_body(lambda: body) == found


def test_a_dialect_says_nothing_unless_told():
    assert (PLAIN.bucket("/x"), PLAIN.free("/x")) == ("", False)
