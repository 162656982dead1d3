"""Cassettes over real sockets: recorded against the sandbox, played when it is gone, in either mode."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.conftest import Harness
from tests.loopback import Drip, Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.resp import HANG, RESET, Resp
from tests.testing.recordings import WORK, Watch, said
from tests.wires.natives import settings_for

from unifykit import AsyncPlatforms, Platforms, Retry
from unifykit.errors import InvalidRequestError
from unifykit.sandbox import Sandbox
from unifykit.settings import GitHubSettings, RedisSettings, StripeSettings
from unifykit.testing import Cassette, CassetteError, NotRecordedError, SecretInCassetteError, VirtualClock

MODES = ("sync", "async")
PARTS = ("github", "gitlab", "stripe", "openai", "supabase", "mapbox", "redis")


class Recorded:
    """The cassettes of all work in both modes, and what the work gave when it was recorded."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.results: dict[tuple[str, str], list] = {}
        self.attempts: dict[tuple[str, str], list] = {}

    def path(self, work: str, mode: str) -> Path:
        return self.folder / f"{work}-{mode}.json"

    def record(self, sandbox: Sandbox, work: str, mode: str) -> None:
        sandbox.reset()
        watch = Watch()
        here = Harness(mode, **sandbox.settings(), observers=[watch])
        try:
            with Cassette(self.path(work, mode), "record"):
                self.results[work, mode] = WORK[work](here)
        finally:
            here.close()
        self.attempts[work, mode] = watch.seen


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Everything recorded; the sandbox is gone."""
    made = Recorded(tmp_path_factory.mktemp("cassettes"))
    with Sandbox(only=PARTS) as sandbox:
        for work in WORK:
            for mode in MODES:
                made.record(sandbox, work, mode)
    return made


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("work", WORK)
def test_what_one_mode_records_both_play(recorded, work, mode, played):
    watch = Watch()
    with Cassette(recorded.path(work, mode)) as tape:
        here = Harness(played, **tape.settings(), observers=[watch])
        try:
            assert WORK[work](here) == recorded.results[work, mode]
        finally:
            here.close()
        assert tape.unplayed == []
    assert sorted(map(str, watch.seen)) == sorted(map(str, recorded.attempts[work, mode]))


@pytest.mark.parametrize("work", sorted({*WORK} - {"redis"}))  # a Redis server knows scripts that it was told before
def test_both_modes_record_the_same_requests(recorded, work):
    def requests(mode):
        document = json.loads(recorded.path(work, mode).read_text())
        return [
            (i["platform"], i.get("request", {}).get("method"), len(i.get("commands", ())))
            for i in document["interactions"]
        ]

    assert requests("sync") == requests("async")


def test_the_file_is_readable(recorded):
    document = json.loads(recorded.path("openai", "sync").read_text())
    complete, stream = document["interactions"][:2]
    assert document["unifykit_cassette"] == 1
    assert complete["request"]["body"]["json"]["model"] == "gpt-5-mini"
    assert complete["reply"]["body"]["json"]["choices"][0]["message"]["content"] == "Hello!"
    assert len(stream["reply"]["body"]["chunks"]) > 1
    assert all(chunk.endswith("\n\n") for chunk in stream["reply"]["body"]["chunks"])
    upload = document["interactions"][3]["request"]["body"]["multipart"]
    assert [(part["name"], part.get("filename")) for part in upload] == [("purpose", None), ("file", "a.jsonl")]
    assert "authorization" not in recorded.path("openai", "sync").read_text().lower()


def test_a_stream_arrives_in_its_pieces(recorded, mode):
    with Cassette(recorded.path("openai", "sync")) as tape:
        here = Harness(mode, **tape.settings())
        here.take(lambda p: p.openai.chat.stream("gpt-5-mini", "Hello, how are you?"), 2)
        here.close()
    document = json.loads(recorded.path("openai", "sync").read_text())
    assert len(document["interactions"][1]["reply"]["body"]["chunks"]) > 3


def retrying(settings, mode, **options):
    return Harness(mode, **settings, clock=VirtualClock(), random=lambda: 0.5, **options)


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("platform", ["github", "gitlab", "stripe", "openai", "supabase"])
def test_faults_and_retries_are_recorded(tmp_path, platform, mode, played):
    script = [
        Reset(),
        Truncate(Reply(body={"a": 1})),
        Reply(503, {"message": "down"}, {"Retry-After": "7"}),
        Reply(404, {"message": "no"}),
    ]
    calls = {
        "github": lambda p: p.github.repos.get("o/r"),
        "gitlab": lambda p: p.gitlab.projects.get("o/r"),
        "stripe": lambda p: p.stripe.customers.get("cus_1"),
        "openai": lambda p: p.openai.models.get("m"),
        "supabase": lambda p: p.supabase.table("t").select().execute(),
    }
    seen, errors, slept = [], [], []
    path = tmp_path / "faults.json"
    with Loopback(script) as server:
        settings = settings_for(server.url)
        for which, how in ((mode, "record"), (played, "replay")):
            watch = Watch()
            with Cassette(path, how):
                here = retrying({platform: settings[platform]}, which, retry=Retry(max_attempts=4), observers=[watch])
                errors.append(said(here, calls[platform]))
                slept.append(here.p._clock.slept)
                here.close()
            seen.append([facts[2:] for facts in watch.seen])
        assert len(server.seen) == 4
    assert seen[0] == seen[1]
    assert [facts[1] for facts in seen[0]] == [None, None, 503, 404]
    assert errors == [("NotFoundError", 404, errors[0][2], 4)] * 2
    assert slept[0] == slept[1]
    assert max(slept[0]) >= 7


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("platform", ["github", "gitlab", "stripe", "openai", "supabase"])
@pytest.mark.parametrize("fault", ["hang", "refused"])
def test_silence_and_refusal_are_recorded(tmp_path, platform, mode, played, fault):
    calls = {
        "github": lambda p: p.github.me(),
        "gitlab": lambda p: p.gitlab.me(),
        "stripe": lambda p: p.stripe.customers.get("cus_1"),
        "openai": lambda p: p.openai.models.get("m"),
        "supabase": lambda p: p.supabase.table("t").select().execute(),
    }
    errors, seen = [], []
    path = tmp_path / "silence.json"
    with Loopback([Hang()]) as server:
        settings = settings_for(server.url if fault == "hang" else f"http://127.0.0.1:{refused_port()}")
        for which, how in ((mode, "record"), (played, "replay")):
            watch = Watch()
            with Cassette(path, how) as tape:
                here = Harness(
                    which,
                    **{platform: settings[platform]},
                    retry=Retry(max_attempts=1),
                    attempt_timeout=0.2,
                    observers=[watch],
                )
                errors.append(said(here, calls[platform]))
                here.close()
            assert tape.unplayed == []
            seen.append([facts[2:] for facts in watch.seen])
    kind = {"hang": "DeadlineExceededError", "refused": "ConnectionFailedError"}[fault]
    assert errors == [(kind, None, None, 1)] * 2
    assert seen[0] == seen[1]


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_redis_server_that_is_not_there(tmp_path, mode, played):
    settings = RedisSettings(redis_url=f"redis://127.0.0.1:{refused_port()}")
    found = []
    for which, how in ((mode, "record"), (played, "replay")):
        watch = Watch()
        with Cassette(tmp_path / "none.json", how):
            here = retrying({"redis": settings}, which, observers=[watch])
            found.append((said(here, lambda p: p.redis.cache.get("k")), [facts[2:] for facts in watch.seen]))
            here.close()
    assert found[0] == found[1]
    assert found[0][0] == ("ConnectionFailedError", None, None, 3)


@pytest.mark.parametrize("fault", [RESET, HANG])
@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_write_to_redis_whose_reply_is_lost_may_have_happened(tmp_path, mode, played, fault):
    found = []
    with Resp([fault]) as server:
        for which, how in ((mode, "record"), (played, "replay")):
            with Cassette(tmp_path / "lost.json", how):
                here = Harness(which, redis=RedisSettings(redis_url=server.url), attempt_timeout=0.3)
                with pytest.raises(Exception) as error:
                    here.run(lambda _, here=here: here.p.redis.native.incr("n"))
                here.close()
            found.append((type(error.value).__name__, getattr(error.value, "maybe_executed", None)))
    assert found[0] == found[1]


def test_what_is_not_recorded_says_what_is(tmp_path, mode):
    path = tmp_path / "one.json"
    with Loopback([Reply(200, {"login": "o", "id": 1})]) as server, Cassette(path, "record"):
        here = Harness(mode, github=GitHubSettings(token="sandbox-token", base_url=server.url))
        here.run(lambda p: p.github.native.requester.requestJsonAndCheck("POST", "/a?page=1", input={"title": "one"}))
        here.close()
    with pytest.raises(NotRecordedError) as missing, Cassette(path) as tape:
        here = Harness(mode, **tape.settings())
        try:
            here.run(
                lambda p: p.github.native.requester.requestJsonAndCheck("POST", "/a?page=2", input={"title": "two"})
            )
        finally:
            here.close()
    for part in ("POST http", "/a?page=2", 'query.page: "1" was recorded, "2" is asked', 'body.json.title: "one" was recorded',
                 "UNIFYKIT_CASSETTES=record", "one.json"):  # fmt: skip
        assert part in str(missing.value)


@pytest.mark.parametrize("platform", ["github", "gitlab", "stripe", "openai", "supabase", "mapbox", "redis"])
def test_every_stack_says_what_is_not_recorded(recorded, tmp_path, mode, platform):
    path = tmp_path / "none.json"
    document = json.loads(recorded.path("openai", "sync").read_text())
    path.write_text(json.dumps({**document, "interactions": []}))
    platforms = {}
    for work in WORK:
        platforms |= json.loads(recorded.path(work, "sync").read_text())["platforms"]
    path.write_text(json.dumps({**document, "interactions": [], "platforms": platforms}))
    calls = {
        "github": lambda p: p.github.me(),
        "gitlab": lambda p: p.gitlab.me(),
        "stripe": lambda p: p.stripe.customers.create(),
        "openai": lambda p: p.openai.chat.complete("m", "Hello"),
        "supabase": lambda p: p.supabase.table("t").select().execute(),
        "mapbox": lambda p: p.mapbox.geocode.forward("x"),
        "redis": lambda p: p.redis.cache.get("k"),
    }
    watch = Watch()
    with pytest.raises(NotRecordedError, match="nothing on"), Cassette(path) as tape:
        here = Harness(mode, **tape.settings(), observers=[watch])
        try:
            here.run(calls[platform])
        finally:
            here.close()
    assert len(watch.seen) <= 1


def test_a_missing_answer_that_is_caught_comes_up_at_the_end(recorded):
    with (
        pytest.raises(NotRecordedError),
        Cassette(recorded.path("github", "sync")) as tape,
        Platforms(**tape.settings()) as p,
    ):
        with pytest.raises(NotRecordedError):
            p.github.repos.get("nobody/asked")


def test_each_answer_is_played_once_and_the_rest_is_told(tmp_path):
    path = tmp_path / "twice.json"
    settings = {"github": GitHubSettings(token="sandbox-token")}
    with Loopback([Reply(200, {"login": "first", "id": 1}), Reply(200, {"login": "second", "id": 1})]) as server:
        with Cassette(path, "record"), Platforms(github=GitHubSettings(token="t" * 9, base_url=server.url)) as p:
            assert [p.github.me().login, p.github.me().login] == ["first", "second"]
    with Cassette(path) as tape, Platforms(**settings) as p:  # another host, another token
        assert p.github.me().login == "first"
        assert [line.partition("/user")[0][:9] for line in tape.unplayed] == ["GET http:"]
        assert p.github.me().login == "second"
        assert tape.unplayed == []
    with pytest.raises(NotRecordedError, match="played already"), Cassette(path), Platforms(**settings) as p:
        [p.github.me() for _ in range(3)]


def test_once_records_and_then_plays(tmp_path, mode):
    path = tmp_path / "deep" / "once.json"
    for times in (1, 0):
        with Loopback([Reply(200, {"login": "o", "id": 1})]) as server:
            here = Harness(mode, github=GitHubSettings(token="sandbox-token", base_url=server.url))
            with Cassette(path, "once") as tape:
                assert here.run(lambda p: p.github.me()).login == "o"
            here.close()
            assert (len(server.seen), tape.recording) == (times, bool(times))


def test_the_variable_says_how(tmp_path, monkeypatch):
    with pytest.raises(CassetteError, match="there is no cassette"), Cassette(tmp_path / "a.json"):
        pass
    monkeypatch.setenv("UNIFYKIT_CASSETTES", "record")
    with Cassette(tmp_path / "a.json") as tape:
        assert tape.recording
    monkeypatch.setenv("UNIFYKIT_CASSETTES", "maybe")
    with pytest.raises(InvalidRequestError, match="maybe"):
        Cassette(tmp_path / "a.json")
    with pytest.raises(InvalidRequestError):
        Cassette(tmp_path / "a.yaml", "record")


@pytest.mark.parametrize("content", ["{", "[]", '{"unifykit_cassette": 2}', '{"interactions": []}'])
def test_a_file_that_is_none_is_refused(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(CassetteError), Cassette(path):
        pass


def test_a_block_that_fails_writes_nothing(tmp_path):
    with pytest.raises(ZeroDivisionError), Cassette(tmp_path / "a.json", "record"):
        raise ZeroDivisionError
    assert list(tmp_path.iterdir()) == []


def test_cassettes_nest_and_leave_no_trace(tmp_path):
    from unifykit._wires import tap

    with Cassette(tmp_path / "a.json", "record") as outer:
        with Cassette(tmp_path / "b.json", "record") as inner:
            assert tap.installed is inner._reel
        assert tap.installed is outer._reel
        with pytest.raises(CassetteError, match="running"), outer:
            pass
    assert tap.installed is None


def test_a_platforms_made_before_is_on_it_too(tmp_path, mode):
    with Loopback([Reply(200, {"login": "o", "id": 1})]) as server:
        here = Harness(mode, github=GitHubSettings(token="sandbox-token", base_url=server.url))
        here.run(lambda p: p.github.me())
        with Cassette(tmp_path / "a.json", "record"):
            here.run(lambda p: p.github.me())
        with Cassette(tmp_path / "a.json"):
            here.run(lambda p: p.github.me())
        here.run(lambda p: p.github.me())
        here.close()
        assert len(server.seen) == 3


def test_interactions_carry_the_clock_s_time(tmp_path):
    with Loopback([Reply(200, {"login": "o", "id": 1})]) as server:
        with Cassette(tmp_path / "a.json", "record", clock=VirtualClock(wall=0.0)):
            with Platforms(github=GitHubSettings(token="sandbox-token", base_url=server.url)) as p:
                p.github.me()
    assert json.loads((tmp_path / "a.json").read_text())["interactions"][0]["at"] == "1970-01-01T00:00:00.000Z"


def test_a_compressed_reply_is_readable_and_the_same(tmp_path, mode):
    import gzip

    body = gzip.compress(b'{"login": "packed", "id": 1}')
    with Loopback([Reply(200, body, {"Content-Encoding": "gzip"})]) as server:
        for platform in ("github", "openai"):
            settings = {platform: settings_for(server.url)[platform]}
            here = Harness(mode, **settings)
            path = tmp_path / f"{platform}.json"
            call = {
                "github": lambda p: p.github.me(),
                "openai": lambda p: p.openai.native.get("/x", cast_to=dict[str, object]),
            }[platform]
            with Cassette(path, "record"):
                first = here.run(call)
            with Cassette(path):
                assert here.run(call) == first
            here.close()
            assert json.loads(path.read_text())["interactions"][0]["reply"]["body"] == {
                "json": {"login": "packed", "id": 1}
            }
        assert {seen.headers["accept-encoding"] for seen in server.seen} == {"identity"}


def test_concurrent_tasks_get_their_own_answers(tmp_path):
    def answer(seen):
        return Reply(200, {"id": seen.path.rpartition("/")[2], "created": 1, "object": "model", "owned_by": "me"})

    async def go(settings):
        async with AsyncPlatforms(**settings) as p:
            found = await asyncio.gather(*(p.openai.models.get(f"m{n}") for n in range(20)))
            return [model.id for model in found]

    with Loopback(answer) as server:
        settings = {"openai": settings_for(server.url)["openai"]}
        with Cassette(tmp_path / "a.json", "record"):
            asyncio.run(go(settings))
    with Cassette(tmp_path / "a.json"):
        assert asyncio.run(go(settings)) == [f"m{n}" for n in range(20)]


def test_nothing_is_loaded_and_nothing_stands_until_it_is_used():
    code = (
        "import sys; from unifykit import Platforms; Platforms(); import unifykit.testing;"
        "assert not [m for m in sys.modules if 'cassettes' in m or 'tap_' in m], sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env={**os.environ})


def test_a_secret_that_stays_is_refused_and_the_old_file_is_kept(tmp_path):
    import base64

    path = tmp_path / "a.json"
    path.write_text("the old one")
    hidden = base64.b64encode(b"xx" + b"sk_test_5ecret").decode()
    with Loopback([Reply(200, {"id": "cus_1", "object": "customer", "description": hidden})]) as server:
        settings = StripeSettings(secret_key="sk_test_5ecret", base_url=server.url)
        with pytest.raises(SecretInCassetteError) as refused, Cassette(path, "record"), Platforms(stripe=settings) as p:
            p.stripe.customers.get("cus_1")
    assert "stripe.secret_key is in interaction 1, reply.body" in str(refused.value)
    assert "5ecret" not in str(refused.value)
    assert hidden not in str(refused.value)
    assert [file.name for file in tmp_path.iterdir()] == ["a.json"]
    assert path.read_text() == "the old one"


def test_pages_that_drip_are_recorded_whole(tmp_path):
    with Loopback([Drip(0.001, Reply(200, {"login": "slow", "id": 1}))]) as server:
        settings = {"github": GitHubSettings(token="sandbox-token", base_url=server.url)}
        with Cassette(tmp_path / "a.json", "record"), Platforms(**settings) as p:
            p.github.me()
    with Cassette(tmp_path / "a.json"), Platforms(**settings) as p:
        assert p.github.me().login == "slow"


@pytest.mark.parametrize("played", MODES)
@pytest.mark.parametrize("mode", MODES)
def test_a_redirect_to_a_signed_address_is_followed_again(tmp_path, mode, played):
    path = tmp_path / "a.json"
    with Loopback([Reply(200, b"the log's bytes")]) as store:
        where = f"{store.url}/logs.zip?X-Amz-Signature=5ignature-0f-it&part=1"
        with Loopback([Reply(302, b"", {"Location": where})]) as server:
            settings = {"github": GitHubSettings(token="sandbox-token", base_url=server.url)}
            here = Harness(mode, **settings)
            with Cassette(path, "record"):
                first = here.run(lambda p: p.github.repos.download("o/r", "a.zip"))
            here.close()
        assert "part=1" in store.seen[0].path
        assert "5ignature" in store.seen[0].path
    assert "5ignature" not in path.read_text()
    with Cassette(path) as tape:
        here = Harness(played, **settings)
        assert here.run(lambda p: p.github.repos.download("o/r", "a.zip")) == first == b"the log's bytes"
        here.close()
        assert tape.unplayed == []


def watched(p):
    with p.redis.native.pipeline() as pipe:
        pipe.watch("n")
        before = pipe.get("n")
        pipe.multi()
        pipe.incr("n").lpush("n", "no list").get("n")
        return before, [str(value) for value in pipe.execute(raise_on_error=False)]


async def awatched(p):
    async with p.redis.native.pipeline() as pipe:
        await pipe.watch("n")
        before = await pipe.get("n")
        pipe.multi()
        pipe.incr("n").lpush("n", "no list").get("n")
        return before, [str(value) for value in await pipe.execute(raise_on_error=False)]


def heard(p):
    with p.redis.native.client() as one, p.redis.native.pubsub(ignore_subscribe_messages=True) as news:
        assert one.ping()
        news.subscribe("news")
        found = [news.get_message(timeout=1.0)]
        p.redis.native.publish("news", "first")
        return [*found, news.get_message(timeout=1.0)["data"], news.get_message(timeout=0.05)]


async def aheard(p):
    async with p.redis.native.client() as one, p.redis.native.pubsub(ignore_subscribe_messages=True) as news:
        assert await one.ping()
        await news.subscribe("news")
        found = [await news.get_message(timeout=1.0)]
        await p.redis.native.publish("news", "first")
        return [*found, (await news.get_message(timeout=1.0))["data"], await news.get_message(timeout=0.05)]


@pytest.mark.parametrize("work", [(watched, awatched), (heard, aheard)], ids=["watch", "pubsub"])
def test_redis_py_s_own_objects(tmp_path, work):
    calls = dict(zip(MODES, work, strict=True))
    with Sandbox(only=["redis"]) as sandbox:
        found = {}
        for mode in MODES:
            sandbox.reset()
            here = Harness(mode, **sandbox.settings())
            with Cassette(tmp_path / f"{mode}.json", "record"):
                found[mode] = here.run(calls[mode])
            here.run(lambda p: p.redis.cache.get("k"))  # the connections have gone back
            here.close()
    assert found["sync"] == found["async"]
    for mode in MODES:
        for played in MODES:
            with Cassette(tmp_path / f"{mode}.json") as tape:
                here = Harness(played, **tape.settings())
                assert here.run(calls[played]) == found[mode]
                here.close()
                assert tape.unplayed == []


def test_the_password_of_redis_is_not_on_it(tmp_path):
    url = "redis://:pass-w0rd-0f-redis@127.0.0.1"
    with Resp([b"+OK\r\n", b"-WRONGPASS no such user\r\n"]) as server:
        settings = RedisSettings(redis_url=url.replace("127.0.0.1", server.url.removeprefix("redis://")))
        with Cassette(tmp_path / "a.json", "record"), Platforms(redis=settings) as p:
            p.redis.native.set("k", "the pass-w0rd-0f-redis here")
            with pytest.raises(Exception, match="no such user"):
                p.redis.native.execute_command("AUTH", "another-word")
    text = (tmp_path / "a.json").read_text()
    assert "w0rd" not in text
    assert "another" not in text
    assert "the REDACTED here" in text


@pytest.mark.parametrize("played", ["httpx", "aiohttp"])
@pytest.mark.parametrize("transport", ["httpx", "aiohttp"])
def test_openai_over_aiohttp_is_on_it_as_over_httpx(tmp_path, transport, played):
    def answer(seen):
        if seen.path.endswith("/models/none"):
            return Reset()
        if b"stream" in seen.body:
            events = b"".join(
                b'data: {"choices": [{"index": 0, "delta": {"content": "%d"}}]}\n\n' % n for n in range(3)
            )
            return Reply(200, events + b"data: [DONE]\n\n", {"Content-Type": "text/event-stream"})
        return Reply(200, {"id": "m", "created": 1, "object": "model", "owned_by": "me"})

    found = []
    with Loopback(answer) as server:
        for which, how in ((transport, "record"), (played, "replay")):
            with Cassette(tmp_path / "a.json", how) as tape:
                here = Harness(
                    "async", openai=settings_for(server.url, transport=which)["openai"], clock=VirtualClock()
                )
                model = here.run(lambda p: p.openai.models.get("m"))
                failed = said(here, lambda p: p.openai.models.get("none"))
                items = here.take(lambda p: p.openai.chat.stream("m", "Hello"), 3)
                found.append((model, failed, items))
                here.close()
            assert tape.unplayed == []
        assert len(server.seen) == 5
    assert found[0] == found[1]
    assert found[0][1] == ("ConnectionFailedError", None, None, 3)
