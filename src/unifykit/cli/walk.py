"""The demo's walks through a platform: real work, step by step. A walk yields a step and is sent what the step returned."""

from collections.abc import Callable, Generator
from typing import Any

from unifykit import deadline
from unifykit.errors import ConfigurationError, UnexpectedResponseError
from unifykit.platforms import Platforms

Step = tuple[str, Callable[[], Any]]
"""What a step does, in words and as a call."""

Walk = Generator[Step, Any, None]

_PATIENCE = 10.0
_FILE = "docs/hello.md"
_CONTENT = "# Hello\n\nWritten by `unifykit demo`, with an é and a 🙂.\n".encode()


def github(p: Platforms, name: str, fail: Callable[[], None] | None = None) -> Walk:
    """From an empty repository to a merged pull request; the repository is deleted at the end.

    Args:
        p: The platforms; an account ``"reviewer"`` reviews where there is one.
        name: The repository's name; it must be free.
        fail: Makes the server's next two replies 503 and 429, where that can be done.
    """
    yield "who am I", p.github.me
    made = yield "create a repository", lambda: p.github.repos.create(name, description="unifykit demo", auto_init=True)
    repo, main = made.full_name, made.default_branch
    try:
        yield from _files(p, repo, main)
        yield from _issues(p, repo)
        yield from _change(p, repo, main)
        yield from _hook(p, repo)
        if fail is not None:
            fail()
            yield "read through a 503 and a 429", lambda: p.github.repos.get(repo)
        yield "rate limit", p.github.rate_limit
    finally:
        yield "delete the repository", lambda: p.github.repos.delete(repo)


def _files(p: Platforms, repo: str, main: str) -> Walk:
    yield "create a branch", lambda: p.github.branches.create(repo, "topic", source=main)
    yield (
        "put a file on the branch",
        lambda: p.github.repos.put_file(repo, _FILE, _CONTENT, message="Say hello", branch="topic"),
    )
    yield "read it back", lambda: same(p.github.repos.download(repo, _FILE, ref="topic"), _CONTENT)


def _issues(p: Platforms, repo: str) -> Walk:
    first = yield "open an issue", lambda: p.github.issues.create(repo, title="Say hello", body="In Markdown.")
    yield "open another", lambda: p.github.issues.create(repo, title="Say goodbye", labels=["question"])
    yield "label the first", lambda: p.github.issues.add_labels(repo, first.number, ["enhancement"])
    yield "comment on it", lambda: p.github.issues.comment(repo, first.number, "On its way.")
    yield "list the issues", lambda: p.github.issues.list(repo).collect()


def _change(p: Platforms, repo: str, main: str) -> Walk:
    pull = yield (
        "open a pull request",
        lambda: p.github.pulls.create(repo, title="Say hello", body="Hello.", head="topic", base=main),
    )
    yield "its files", lambda: p.github.pulls.files(repo, pull.number).collect()
    yield "review it", lambda: _review(p, repo, pull.number)
    yield "merge it", lambda: p.github.pulls.merge(repo, pull.number, method="merge")
    yield "list the commits", lambda: p.github.commits.list(repo, branch=main).collect()
    yield "compare with the first", lambda: _compare(p, repo, main)


def _review(p: Platforms, repo: str, number: int) -> Any:
    try:
        reviewer = p.github["reviewer"]
    except ConfigurationError:  # nobody may approve a pull request of one's own
        return p.github.pulls.review(repo, number, body="Looks fine.", event="COMMENT")
    return reviewer.pulls.review(repo, number, body="Looks fine.", event="APPROVE")


def _compare(p: Platforms, repo: str, main: str) -> Any:
    *_, first = p.github.commits.list(repo, branch=main)
    return p.github.commits.compare(repo, first.sha, main)


def _hook(p: Platforms, repo: str) -> Walk:
    hook = yield (
        "create a webhook",
        lambda: p.github.hooks.create(repo, url="https://example.com/hook", events=["push"], secret="demo"),  # noqa: S106
    )
    yield "ping it", lambda: p.github.hooks.ping(repo, hook.id)


def redis(p: Platforms, prefix: str) -> Walk:
    """Cache, sessions, coordination and messages; every key has the prefix, and is deleted at the end."""
    yield "ping", p.redis.ping
    try:
        yield from _cache(p, prefix)
        yield from _sessions(p, prefix)
        yield from _coordination(p, prefix)
        yield from _messages(p, prefix)
    finally:
        yield "delete the keys", lambda: _delete(p, prefix)


def _cache(p: Platforms, prefix: str) -> Walk:
    key, value = f"{prefix}:greeting", {"text": "hello", "times": 3}
    yield "cache: set", lambda: p.redis.cache.set(key, value, ttl=60)
    yield "cache: get", lambda: same(p.redis.cache.get(key), value)
    yield "cache: get or compute", lambda: p.redis.cache.get_or_set(f"{prefix}:answer", lambda: 42, ttl=60)


def _sessions(p: Platforms, prefix: str) -> Walk:
    session = yield "session: create", lambda: p.redis.sessions.create({"user": prefix}, ttl=60)
    yield "session: touch", lambda: p.redis.sessions.touch(session.id)
    yield "session: destroy", lambda: p.redis.sessions.destroy(session.id)


def _coordination(p: Platforms, prefix: str) -> Walk:
    yield "lock", lambda: _locked(p, f"{prefix}:lock")
    yield "rate limit: hit", lambda: p.redis.rate_limits.hit(f"{prefix}:limit", limit=5, period=60)
    yield "run once", lambda: p.redis.idempotency.once(f"{prefix}:once", lambda: "paid", ttl=60)
    yield "run once, again", lambda: same(p.redis.idempotency.once(f"{prefix}:once", _never, ttl=60), "paid")


def _locked(p: Platforms, name: str) -> Any:
    with p.redis.locks.acquire(name, ttl=10) as lock:
        return lock


def _messages(p: Platforms, prefix: str) -> Walk:
    stream = f"{prefix}:orders"
    group = p.redis.streams.group(stream, "demo")
    yield "stream: group", group.create
    yield "stream: add", lambda: p.redis.streams.add(stream, {"order": 1})
    entries = yield "stream: read", lambda: group.read("worker", count=10)
    yield "stream: acknowledge", lambda: group.ack(*(entry.id for entry in entries))
    yield "publish and subscribe", lambda: _said_and_heard(p, f"{prefix}:news")


def _said_and_heard(p: Platforms, channel: str) -> Any:
    with deadline(_PATIENCE), p.redis.pubsub.subscribe(channel) as messages:
        p.redis.pubsub.publish(channel, {"text": "hello"})
        return next(messages)


def _delete(p: Platforms, prefix: str) -> int:
    client: Any = p.redis.native
    return sum(int(client.delete(key)) for key in list(client.scan_iter(match=f"*{prefix}*", count=1000)))


def same(found: Any, wanted: Any) -> Any:
    """What was found, if it is what was wanted."""
    if found != wanted:
        raise UnexpectedResponseError(f"what was written did not come back: {found!r:.60} instead of {wanted!r:.60}.")
    return found


def _never() -> Any:
    raise UnexpectedResponseError("a function that had run already was run again.")
