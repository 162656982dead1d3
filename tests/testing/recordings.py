"""What is recorded in one mode and played in another: a piece of work for each stack under the platforms."""

from collections.abc import Callable
from typing import Any

from redis import ResponseError
from tests.conftest import Harness

from unifykit.errors import UnifyError
from unifykit.events import AttemptEvent

Work = Callable[[Harness], list[Any]]


def said(here: Harness, call: Callable[[Any], Any]) -> tuple[str, Any, Any, int]:
    """The error that a call raises, as far as it is the same everywhere."""
    try:
        here.run(call)
    except UnifyError as error:
        return type(error).__name__, error.status, error.code, error.attempts
    raise AssertionError("no error")


def refused(here: Harness, call: Callable[[Any], Any]) -> str:
    """What redis-py says of a server's refusal."""
    try:
        here.run(call)
    except ResponseError as error:
        return str(error)
    raise AssertionError("no error")


def github(here: Harness) -> list[Any]:
    repo = here.run(lambda p: p.github.repos.create("hello"))
    for number in range(3):
        here.run(lambda p, number=number: p.github.issues.create(repo.full_name, title=f"number {number}"))
    return [
        repo,
        here.run(lambda p: p.github.issues.list(repo.full_name)),
        here.run(lambda p: p.github.repos.put_file(repo.full_name, "a.bin", bytes(range(256)), message="bytes")),
        here.run(lambda p: p.github.repos.download(repo.full_name, "a.bin")),
        said(here, lambda p: p.github.repos.get("octocat/nothing")),
        here.p.github.native.get_user().login,
    ]


def gitlab(here: Harness) -> list[Any]:
    project = here.run(lambda p: p.gitlab.projects.create("hello"))
    path = project.path_with_namespace
    issue = here.run(lambda p: p.gitlab.issues.create(path, title="é 😀"))
    return [
        project,
        issue,
        here.run(lambda p: p.gitlab.issues.list(path)),
        said(here, lambda p: p.gitlab.projects.get("nobody/nothing")),
        here.p.gitlab.native.projects.get(path).name,
    ]


def stripe(here: Harness) -> list[Any]:
    made = [here.run(lambda p, n=n: p.stripe.customers.create(email=f"{n}@example.com")) for n in "ab"]
    return [
        made,
        here.run(lambda p: p.stripe.customers.list()),
        said(here, lambda p: p.stripe.customers.get("cus_nothing")),
        here.run(lambda p: p.stripe.customers.update(made[0].id, name="Ada")),
    ]


def openai(here: Harness) -> list[Any]:
    def chat(p: Any) -> Any:
        return p.openai.chat.stream("gpt-5-mini", "Hello, how are you?")

    return [
        here.run(lambda p: p.openai.chat.complete("gpt-5-mini", "Hello")).text,
        here.take(chat, 100),
        here.take(chat, 2),
        here.run(lambda p: p.openai.files.upload(("a.jsonl", b'{"a": 1}\n'), purpose="assistants")).id,
        said(here, lambda p: p.openai.models.get("no-such-model")),
    ]


def supabase(here: Harness) -> list[Any]:
    here.run(lambda p: p.supabase.table("articles").insert({"title": "t", "content": "c"}).execute())
    here.run(lambda p: p.supabase.storage.create_bucket("b"))
    bucket = here.p.supabase.storage.bucket("b")
    session = here.run(lambda p: p.supabase.auth.sign_up("ada@example.com", "correct horse")).session
    ada = here.p.supabase.as_user(session)
    return [
        here.run(lambda p: p.supabase.table("users").select("name").gt("age", 18).order("age", desc=True).execute()),
        here.run(lambda p: p.supabase.table("articles").select("title, content").execute()),
        here.run(lambda _: bucket.upload("a b/c.bin", b"\r\n--odd\x00bytes\xff")).key,
        here.run(lambda _: bucket.download("a b/c.bin")),
        here.run(lambda _: ada.auth.user()).email,
        said(here, lambda p: p.supabase.table("no_such_table").select().execute()),
    ]


def supabase_native(here: Harness) -> list[Any]:
    native = here.p.supabase.native
    found = here.run(lambda _: native.table("users").select("name").eq("id", 1).execute())
    return [found.data, here.run(lambda _: native.storage.list_buckets())]


def mapbox(here: Harness) -> list[Any]:
    return [
        here.run(lambda p: p.mapbox.geocode.forward("Eiffel Tower")).first,
        here.run(lambda p: p.mapbox.static_map((2.2945, 48.8584), zoom=14, width=64, height=32)).content,
        here.run(lambda p: p.mapbox.tokens.verify()),
    ]


async def _first(subscription: Any, published: Any) -> Any:
    await published
    return (await anext(aiter(subscription))).data


def redis(here: Harness) -> list[Any]:
    here.run(lambda p: p.redis.cache.set("k", {"a": [1, "é"]}, ttl=60))
    native = here.p.redis.native

    def pipeline(_: Any) -> Any:
        return (
            native.pipeline()
            .set("b", b"\xff\x00")
            .incr("n")
            .get("b")
            .hset("h", mapping={"f": "v"})
            .hgetall("h")
            .execute()
        )

    def listen(subscription: Any) -> Any:
        if here.is_async:
            return _first(subscription, here.p.redis.pubsub.publish("news", {"n": 1}))
        here.p.redis.pubsub.publish("news", {"n": 1})
        return next(iter(subscription)).data

    with_lock = here.held(lambda p: p.redis.locks.acquire("l", ttl=10), lambda lock: lock.fence)
    session = here.run(lambda p: p.redis.sessions.create({"user": "ada"}, ttl=60))
    return [
        here.run(lambda p: p.redis.cache.get("k")),
        here.run(pipeline),
        with_lock,
        here.held(lambda p: p.redis.pubsub.subscribe("news"), listen),
        here.run(lambda p: p.redis.sessions.get(session.id)).data,
        refused(here, lambda _: native.lpush("b", "not a list")),
        here.run(lambda _: native.zadd("z", {"a": 1.5})),
        here.run(lambda _: native.zscore("z", "a")),
    ]


WORK: dict[str, Work] = {
    work.__name__: work for work in (github, gitlab, stripe, openai, supabase, supabase_native, mapbox, redis)
}


class Watch:
    """An observer that keeps what attempts came to."""

    def __init__(self) -> None:
        self.seen: list[tuple[Any, ...]] = []

    def __call__(self, event: Any) -> None:
        if isinstance(event, AttemptEvent):
            self.seen.append((event.provider, event.operation, event.attempt, event.status, event.error))
