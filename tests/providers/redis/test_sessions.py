"""R2: sessions."""

import re
import time
from datetime import UTC, datetime

import pytest

from unifykit.errors import InvalidRequestError, NotFoundError


def test_a_session_comes_back_whole(h):
    data = {"cart": [1, 2], "empty": [], "none": {}, "big": 2**60, "text": "é"}
    made = h.run(lambda p: p.redis.sessions.create(data, ttl=60, user="ada"))
    got = h.run(lambda p: p.redis.sessions.get(made.id))
    assert (got.id, got.user, got.data, got.created_at) == (made.id, "ada", data, made.created_at)
    assert abs((made.expires_at - datetime.now(UTC)).total_seconds() - 60) < 5


def test_ids_cannot_be_guessed_and_are_not_shown(h):
    ids = {h.run(lambda p: p.redis.sessions.create({}, ttl=60)).id for _ in range(20)}
    assert len(ids) == 20
    assert all(re.fullmatch(r"[\w-]{43}", one) for one in ids)
    made = h.run(lambda p: p.redis.sessions.create({}, ttl=60))
    assert made.id not in repr(made)


@pytest.mark.parametrize("forged", ["", "x", "user:ada", "a" * 42, "a" * 44, "ä" * 43, "a" * 42 + "\n", "*" * 43])
def test_what_is_no_id_is_no_session(h, forged):
    h.run(lambda p: p.redis.sessions.create({}, ttl=60, user="ada"))
    assert h.run(lambda p: p.redis.sessions.get(forged)) is None
    assert h.run(lambda p: p.redis.sessions.destroy(forged)) is False
    with pytest.raises(NotFoundError):
        h.run(lambda p: p.redis.sessions.update(forged, {"a": 1}))


def test_update_keeps_the_rest(h):
    made = h.run(lambda p: p.redis.sessions.create({"a": 1, "b": 2}, ttl=60))
    assert h.run(lambda p: p.redis.sessions.update(made.id, {"b": 3, "c": []}, remove=["a"])).data == {"b": 3, "c": []}
    assert h.run(lambda p: p.redis.sessions.get(made.id)).data == {"b": 3, "c": []}


def test_data_cannot_reach_what_is_ours(h):
    made = h.run(lambda p: p.redis.sessions.create({".user": "mallory", ".ttl": 1, "=x": 2}, ttl=60, user="ada"))
    got = h.run(lambda p: p.redis.sessions.update(made.id, {".user": "mallory"}, remove=[".ttl"]))
    assert (got.user, got.data) == ("ada", {".user": "mallory", "=x": 2})


def test_each_use_lets_it_live_on(h, raw):
    made = h.run(lambda p: p.redis.sessions.create({}, ttl=60, user="ada"))
    name = f"session:{{sessions}}:{made.id}"
    for use in (
        lambda p: p.redis.sessions.get(made.id),
        lambda p: p.redis.sessions.update(made.id, {"a": 1}),
        lambda p: p.redis.sessions.touch(made.id),
    ):
        raw.pexpire(name, 1_000)
        used = h.run(use)
        assert raw.pttl(name) > 55_000
        assert used.expires_at > made.created_at
    h.run(lambda p: p.redis.sessions.touch(made.id, ttl=3600))
    raw.pexpire(name, 1_000)
    h.run(lambda p: p.redis.sessions.get(made.id))
    assert raw.pttl(name) > 3_500_000, "the new life counts from then on"
    assert raw.pttl("session:{sessions}:user:ada") > 3_500_000


def test_an_ended_session_is_gone_and_not_revived(h, raw):
    made = h.run(lambda p: p.redis.sessions.create({"a": 1}, ttl=0.05, user="ada"))
    until = time.monotonic() + 5
    while raw.exists(f"session:{{sessions}}:{made.id}") and time.monotonic() < until:
        pass
    assert h.run(lambda p: p.redis.sessions.get(made.id)) is None
    for use in (lambda p: p.redis.sessions.update(made.id, {"b": 1}), lambda p: p.redis.sessions.touch(made.id)):
        with pytest.raises(NotFoundError):
            h.run(use)
    assert h.run(lambda p: p.redis.sessions.list("ada")) == []
    assert raw.keys("*") == []


def test_a_users_sessions(h, raw):
    first = h.run(lambda p: p.redis.sessions.create({"n": 1}, ttl=60, user="ada"))
    second = h.run(lambda p: p.redis.sessions.create({"n": 2}, ttl=50, user="ada"))
    h.run(lambda p: p.redis.sessions.create({"n": 3}, ttl=60, user="bob"))
    h.run(lambda p: p.redis.sessions.create({"n": 4}, ttl=60))
    listed = h.run(lambda p: p.redis.sessions.list("ada"))
    assert [session.data["n"] for session in listed] == [2, 1]
    assert {session.id for session in listed} == {first.id, second.id}
    assert all(session.user == "ada" for session in listed)
    assert h.run(lambda p: p.redis.sessions.destroy(first.id)) is True
    assert h.run(lambda p: p.redis.sessions.destroy(first.id)) is False
    assert [session.id for session in h.run(lambda p: p.redis.sessions.list("ada"))] == [second.id]
    raw.delete(f"session:{{sessions}}:{second.id}")  # evicted
    assert h.run(lambda p: p.redis.sessions.list("ada")) == []
    assert raw.zcard("session:{sessions}:user:ada") == 0, "the index forgets it"


def test_bad_input_is_refused(h):
    with pytest.raises(InvalidRequestError, match="user"):
        h.run(lambda p: p.redis.sessions.create({}, ttl=60, user=""))
    with pytest.raises(InvalidRequestError, match="ttl"):
        h.run(lambda p: p.redis.sessions.create({}, ttl=0))
