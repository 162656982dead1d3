"""Texts in bulk: split, at once, in order."""

import json
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.loopback import Loopback, Reply

from unifykit import InvalidRequestError, RateLimitedError, UnexpectedResponseError
from unifykit.providers.openai.embeddings import split
from unifykit.testing import VirtualClock

MODEL = "text-embedding-3-small"


def vectors(seen):
    """Each text's vector is its own number."""
    texts = json.loads(seen.body)["input"]
    data = [{"index": n, "embedding": [float(text.split()[0])]} for n, text in enumerate(texts)]
    return Reply(
        body={"model": "m", "data": data[::-1], "usage": {"prompt_tokens": len(texts), "total_tokens": len(texts)}}
    )


def test_bulk(at):
    texts = [str(n) for n in range(5000)]
    with Loopback(vectors) as server:
        world = at(server.url)
        found = world.do(lambda p: p.openai.embeddings.batch("m", iter(texts)))
        assert [one[0] for one in found.vectors] == [float(n) for n in range(5000)]
        assert found.to_numpy().shape == (5000, 1)
        assert found.to_numpy().dtype == np.float32
        assert found.usage.input_tokens == 5000
        assert [len(json.loads(one.body)["input"]) for one in server.seen] != [5000]
        assert sorted(len(json.loads(one.body)["input"]) for one in server.seen) == [904, 2048, 2048]
        assert world.harness.p.openai.usage["m"].input_tokens == 5000


def test_bulk_on_the_sandbox(world):
    texts = [f"text {n}" for n in range(3)]
    found = world.do(lambda p: p.openai.embeddings.batch(MODEL, texts, dimensions=16))
    one = world.do(lambda p: p.openai.embeddings.create(MODEL, texts[1], dimensions=16))
    assert found[1] == one.vector
    assert len(found) == 3
    assert np.linalg.norm(found.to_numpy(), axis=1) == pytest.approx([1, 1, 1])


def test_nothing_asks_nothing(at):
    with Loopback() as server:
        found = at(server.url).do(lambda p: p.openai.embeddings.batch("m", []))
        assert (len(found), found.usage.total_tokens, server.seen) == (0, 0, [])


@given(st.lists(st.text(min_size=1, max_size=400_000 // 50), max_size=80))
def test_every_part_fits(texts):
    parts = split(texts)
    assert [text for part in parts for text in part] == texts
    assert all(part for part in parts)
    assert all(len(part) <= 2048 for part in parts)
    assert all(
        len(part) == 1 or sum(len(t.encode("utf-8", "surrogatepass")) for t in part) <= 300_000 for part in parts
    )


@pytest.mark.parametrize("limit", [1, 3])
def test_no_more_go_at_once_than_allowed(at, limit):
    lock, busy, most = threading.Lock(), 0, 0
    gate = threading.Semaphore(0)

    def watched(seen):
        nonlocal busy, most
        with lock:
            busy += 1
            most = max(most, busy)
        gate.acquire(timeout=0.1)
        with lock:
            busy -= 1
        return vectors(seen)

    texts = [f"{n} {'x' * 290_000}" for n in range(7)]
    with Loopback(watched) as server:
        found = at(server.url).do(lambda p: p.openai.embeddings.batch("m", texts, concurrency=limit))
        assert [one[0] for one in found.vectors] == [float(n) for n in range(7)]
        assert most == limit


def test_one_part_that_is_refused_fails_the_whole(at):
    """The error is that part's own, whatever the others' replies were."""

    def decide(seen):
        if json.loads(seen.body)["input"][0].startswith("1 "):
            return Reply(
                400, {"error": {"message": "Too long.", "code": "context_length_exceeded"}}, {"x-request-id": "req_1"}
            )
        return vectors(seen)

    texts = [f"{n} {'x' * 290_000}" for n in range(4)]
    with Loopback(decide) as server:
        world = at(server.url)
        with pytest.raises(InvalidRequestError, match="Too long") as raised:
            world.do(lambda p: p.openai.embeddings.batch("m", texts))
        error = raised.value
        assert (error.code, error.status, error.request_id, error.attempts) == (
            "context_length_exceeded",
            400,
            "req_1",
            1,
        )
        assert error.operation == "embeddings.batch"
        assert not error.maybe_executed


def test_a_limit_is_waited_for_in_each_part(at):
    lock, asked = threading.Lock(), {}

    def decide(seen):
        first = json.loads(seen.body)["input"][0][:1]
        with lock:
            asked[first] = asked.get(first, 0) + 1
            if asked[first] == 1:
                return Reply(
                    429, {"error": {"message": "Slow.", "code": "rate_limit_exceeded"}}, {"retry-after-ms": "100"}
                )
        return vectors(seen)

    texts = [f"{n} {'x' * 290_000}" for n in range(3)]
    with Loopback(decide) as server:
        found = at(server.url, clock=VirtualClock()).do(lambda p: p.openai.embeddings.batch("m", texts))
        assert len(found) == 3
        assert asked == {"0": 2, "1": 2, "2": 2}


def test_a_limit_that_does_not_end(at):
    limited = Reply(429, {"error": {"message": "Slow.", "code": "rate_limit_exceeded"}}, {"retry-after": "3600"})
    with Loopback([limited]) as server, pytest.raises(RateLimitedError) as raised:
        at(server.url).do(lambda p: p.openai.embeddings.batch("m", ["1", "2"]))
    assert raised.value.retry_after == pytest.approx(3600, abs=60)


def test_vectors_that_are_missing(at):
    with Loopback([Reply(body={"model": "m", "data": []})]) as server:
        with pytest.raises(UnexpectedResponseError, match="0 vectors came for 1 texts"):
            at(server.url).do(lambda p: p.openai.embeddings.create("m", "x"))


def test_progress(at, capsys):
    with Loopback(vectors) as server:
        at(server.url).do(lambda p: p.openai.embeddings.batch("m", ["1", "2"], progress=True))
    assert "2 items" in capsys.readouterr().err


def test_one_operation_is_told(at):
    told = []
    texts = [f"{n} {'x' * 290_000}" for n in range(3)]
    with Loopback(vectors) as server:
        at(server.url, observers=[told.append]).do(lambda p: p.openai.embeddings.batch("m", texts))
    kinds = [type(event).__name__ for event in told]
    assert kinds == ["StartEvent", "AttemptEvent", "AttemptEvent", "AttemptEvent", "OutcomeEvent"]
    assert len({event.call for event in told}) == 1
    assert told[-1].attempts == 3
