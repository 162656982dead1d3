"""A moment of the sandbox, kept and gone back to: in this process, in a file, in a folder that the next one goes on from."""

import json
import pickle
import socket
import threading
import time
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from unifykit import AsyncPlatforms, Platforms
from unifykit.errors import ConfigurationError, InvalidRequestError, NotFoundError
from unifykit.sandbox import COUNTERPARTS, Sandbox, Snapshot, keeping, persisting

PLAIN = ["agora", "github", "gitlab", "logrocket", "mapbox", "openai", "redis", "stripe"]


def fill(p):
    """Something at every platform; gives what sees it."""
    repo = p.github.repos.create("kept", description="for later")
    p.github.repos.put_file(repo.full_name, "a.txt", "first", message="One")
    fork = p.github["reviewer"].repos.fork("octocat/hello-world")
    issue = p.github.issues.create("octocat/hello-world", title="Kept @hubot")
    p.github.issues.comment("octocat/hello-world", issue.number, "yes")
    project = p.gitlab.projects.create("kept")
    rule = p.agora.bans.create("lesson", seconds=3600)
    token = p.mapbox.tokens.create(["styles:read"], note="kept")
    file = p.openai.files.upload(("kept.txt", b"bytes"), purpose="user_data")
    p.redis.cache.set("kept", {"a": [1]}, ttl=3600)
    customer = p.stripe.customers.create(email="kept@example.com")
    return [
        lambda q: q.github.repos.download(repo.full_name, "a.txt"),
        lambda q: q.github.repos.get(fork.full_name).full_name,
        lambda q: q.github.commits.list(fork.full_name).first(1)[0].sha,
        lambda q: q.github.issues.get("octocat/hello-world", issue.number).title,
        lambda q: [(one.type, one.repo.name) for one in q.github.events.list().first(9)],
        lambda q: q.gitlab.projects.get(project.id).name,
        lambda q: [one.id for one in q.agora.bans.list()] == [rule.id] or pytest.fail("no ban"),
        lambda q: token.id in [one.id for one in q.mapbox.tokens.list()] or pytest.fail("no token"),
        lambda q: q.openai.files.content(file.id),
        lambda q: q.redis.cache.get("kept"),
        lambda q: q.stripe.customers.get(customer.id).email,
    ]


def test_a_sandbox_goes_back_to_its_snapshot():
    with Sandbox(only=PLAIN) as sandbox, sandbox.platforms() as p:
        looks = fill(p)
        was = [look(p) for look in looks]
        snapshot = sandbox.snapshot()
        p.github.repos.delete("octocat/kept")
        p.github.repos.delete("octocat/hello-world")
        p.redis.cache.delete("kept")
        p.stripe.customers.create(email="later@example.com")
        sandbox.restore(snapshot)
        assert [look(p) for look in looks] == was
        assert [one.email for one in p.stripe.customers.list()] == ["kept@example.com"]
        assert set(snapshot.parts) == set(PLAIN)
        p.github.repos.create("numbers go on")
        sandbox.reset()
        with pytest.raises(NotFoundError):
            p.github.repos.get("octocat/kept")


def test_another_sandbox_takes_it_up_from_a_file(tmp_path):
    with Sandbox(only=PLAIN) as sandbox, sandbox.platforms() as p:
        looks = fill(p)
        was = [look(p) for look in looks]
        sandbox.snapshot().save(tmp_path / "kept.zip")
    assert (tmp_path / "kept.zip").stat().st_mode & 0o077 == 0
    with Sandbox(only=PLAIN) as sandbox, sandbox.platforms() as p:
        sandbox.restore(Snapshot.load(tmp_path / "kept.zip"))
        assert [look(p) for look in looks] == was
        # Forks share their parent's objects as before, and new things get numbers of their own.
        assert p.github.issues.create("octocat/hello-world", title="Next").number == 4
        p.github.repos.put_file("octocat/kept", "b.txt", "second", message="Two")
        assert [one.message for one in p.github.commits.list("octocat/kept")][:1] == ["Two"]


def test_supabase_goes_back_with_its_rows_users_and_files():
    with Sandbox(only=["supabase"]) as sandbox, sandbox.platforms() as p:
        s = p.supabase
        first = s.auth.admin.create_user(email="kept@example.com", password="long-enough-1")
        s.storage.create_bucket("kept")
        s.storage.bucket("kept").upload("a.txt", b"bytes")
        kept = sandbox.snapshot()
        s.auth.admin.create_user(email="later@example.com", password="long-enough-1")
        s.storage.bucket("kept").remove(["a.txt"])
        sandbox.restore(Snapshot.from_bytes(kept.to_bytes()))
        assert [one.email for one in s.auth.admin.list_users()] == [first.email]
        assert s.storage.bucket("kept").download("a.txt") == b"bytes"
        assert s.auth.sign_in(email="kept@example.com", password="long-enough-1").user.id == first.id


def test_a_snapshot_of_others_is_refused():
    with Sandbox(only=["agora", "mapbox"]) as both:
        snapshot = both.snapshot()
    with Sandbox(only=["mapbox"]) as one:
        with pytest.raises(InvalidRequestError, match="agora"):
            one.restore(snapshot)
    with pytest.raises(ConfigurationError, match="not a snapshot"):
        Snapshot.from_bytes(b"something else")


def test_another_version_s_snapshot_is_refused(monkeypatch):
    data = Snapshot({"mapbox": b""}).to_bytes()
    monkeypatch.setattr("unifykit.sandbox.snapshots.MADE_BY", {"format": 2, "version": "9.9"})
    with pytest.raises(ConfigurationError, match=r"written by unifykit .*, and this is"):
        Snapshot.from_bytes(data)


class Evil:
    def __reduce__(self):
        import os

        return os.system, ("touch /tmp/never",)


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps([Evil()]),
        b"cunifykit.sandbox.guard\nFolder\n(S'x'\ntR.",
        b"cunifykit.sandbox.guard\nos.system\n(S'true'\ntR.",
        b"cunifykit.sandbox.supabase.postgres\nsubprocess\n.",
        b"cbuiltins\neval\n(S'1'\ntR.",
    ],
)
def test_a_state_names_records_and_nothing_else(data):
    with pytest.raises(pickle.UnpicklingError, match="no record of the sandbox"):
        keeping.loaded(data)


def test_a_series_of_numbers_goes_on():
    series = count(5)
    next(series)
    assert next(keeping.loaded(keeping.dumped(series))) == 6


def test_a_snapshot_while_requests_come_is_whole():
    """Never one half of what a request does: each repository has its first commit or is not there."""
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms() as p:
        ended = threading.Event()

        def create():
            for number in range(30):
                p.github.repos.create(f"r{number}", auto_init=True)
            ended.set()

        thread = threading.Thread(target=create)
        thread.start()
        taken = [sandbox.snapshot()]
        while not ended.is_set():
            taken.append(sandbox.snapshot())
        thread.join()
        sandbox.restore(taken[len(taken) // 2])
        for repo in p.github.repos.list():
            assert p.github.commits.list(repo.full_name).first(1)


# -- a folder


def test_a_sandbox_goes_on_where_it_ended(tmp_path):
    with Platforms.sandbox(only=PLAIN, persist=tmp_path / "kept") as p:
        looks = fill(p)
        was, environment = [look(p) for look in looks], p.sandbox.environment()
        assert persisting.environment_of(tmp_path / "kept") == environment
    with Platforms.sandbox(only=PLAIN, persist=tmp_path / "kept") as p:
        assert [look(p) for look in looks] == was
        assert p.sandbox.environment() == environment
    with pytest.raises(ConfigurationError, match="no sandbox runs"):
        persisting.environment_of(tmp_path / "kept")
    modes = {path.name: path.stat().st_mode & 0o077 for path in (tmp_path / "kept").iterdir() if path.name != "lock"}
    assert modes == {"sandbox.json": 0, "state.zip": 0}


def test_keys_of_supabase_stay_the_same(tmp_path):
    with Platforms.sandbox(only=["supabase"], persist=tmp_path) as p:
        p.supabase.auth.admin.create_user(email="kept@example.com", password="long-enough-1")
        session = p.supabase.auth.sign_in(email="kept@example.com", password="long-enough-1")
        environment = p.sandbox.environment()
    with Platforms.sandbox(only=["supabase"], persist=tmp_path) as p:
        assert p.sandbox.environment() == environment
        assert p.supabase.as_user(session.access_token).auth.user().email == "kept@example.com"


def test_a_port_that_is_taken_is_replaced(tmp_path):
    with Sandbox(only=["mapbox"], persist=tmp_path) as sandbox:
        url = sandbox.environment()["UNIFYKIT_MAPBOX_BASE_URL"]
    with socket.create_server(("127.0.0.1", urlsplit(url).port)):
        with Sandbox(only=["mapbox"], persist=tmp_path) as sandbox:
            other = sandbox.environment()["UNIFYKIT_MAPBOX_BASE_URL"]
            assert other != url
    with Sandbox(only=["mapbox"], persist=tmp_path) as sandbox:
        assert sandbox.environment()["UNIFYKIT_MAPBOX_BASE_URL"] == other


def test_what_does_not_run_this_time_is_kept(tmp_path):
    with Platforms.sandbox(only=["stripe", "github"], persist=tmp_path) as p:
        customer = p.stripe.customers.create(email="kept@example.com")
    with Platforms.sandbox(only=["github"], persist=tmp_path) as p:
        p.github.repos.create("other")
    with Platforms.sandbox(only=["stripe"], persist=tmp_path) as p:
        assert p.stripe.customers.get(customer.id).email == "kept@example.com"


def test_it_is_saved_while_it_runs(tmp_path, monkeypatch):
    monkeypatch.setattr(persisting, "EVERY", 0.02)
    with Platforms.sandbox(only=["mapbox"], persist=tmp_path) as p:
        p.mapbox.tokens.create(["styles:read"], note="kept")
        until = time.monotonic() + 10
        while not _has(tmp_path, b"kept") and time.monotonic() < until:
            time.sleep(0.005)  # another thread's doing, which tells nobody
        assert _has(tmp_path, b"kept")


def _has(folder, words):
    path = Path(folder) / "state.zip"
    return path.exists() and words in Snapshot.load(path).parts["mapbox"]


def test_one_sandbox_at_a_time(tmp_path):
    with Sandbox(only=["mapbox"], persist=tmp_path):
        with pytest.raises(ConfigurationError, match="another sandbox runs"):
            Sandbox(only=["agora"], persist=tmp_path).__enter__()
    with Sandbox(only=["agora"], persist=tmp_path):
        pass


def test_another_version_s_folder_is_refused_and_left_as_it_is(tmp_path):
    with Sandbox(only=["mapbox"], persist=tmp_path):
        pass
    about = json.loads((tmp_path / "sandbox.json").read_text())
    about["made_by"]["version"] = "9.9.9"
    (tmp_path / "sandbox.json").write_text(json.dumps(about))
    before = (tmp_path / "state.zip").read_bytes()
    with pytest.raises(ConfigurationError, match=r"written by unifykit 9\.9\.9"):
        Sandbox(only=["mapbox"], persist=tmp_path).__enter__()
    assert (tmp_path / "state.zip").read_bytes() == before


def test_a_folder_of_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(ConfigurationError, match="not a sandbox's folder"):
        Sandbox(only=["mapbox"], persist=tmp_path).__enter__()
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


# -- Platforms.sandbox()


def test_platforms_on_a_sandbox_in_one_line():
    with Platforms.sandbox(only=["github"], timeout=20) as p:
        assert p.github.me().login == "octocat"
        p.sandbox.faults("github").status(503)
        assert p.github.me().login == "octocat"
        url = p.sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]
    with pytest.raises(OSError):
        socket.create_connection((urlsplit(url).hostname, urlsplit(url).port), 1)


def test_a_platforms_of_one_s_own_has_no_sandbox():
    with pytest.raises(ConfigurationError, match=r"Platforms\.sandbox\(\)"):
        Platforms().sandbox  # noqa: B018
    with Sandbox(only=["mapbox"]) as sandbox:
        assert sandbox.platforms().sandbox is sandbox


def test_a_sandbox_of_nothing_known_is_refused_at_once():
    with pytest.raises(InvalidRequestError, match="nowhere"):
        Platforms.sandbox(only=["nowhere"])


def test_starting_holds_up_no_other_task(monkeypatch):
    import asyncio

    began, go = threading.Event(), threading.Event()
    real = COUNTERPARTS["mapbox"]

    def slow(**place):
        began.set()
        assert go.wait(10)
        return real(**place)

    monkeypatch.setitem(COUNTERPARTS, "mapbox", slow)

    async def main():
        async def enter():
            async with AsyncPlatforms.sandbox(only=["mapbox"]) as p:
                return len(await p.mapbox.tokens.list().collect())

        task = asyncio.create_task(enter())
        while not began.is_set():
            await asyncio.sleep(0)
        go.set()
        return await task

    assert asyncio.run(main()) == 1


def test_a_start_that_is_cancelled_leaves_nothing(monkeypatch):
    import asyncio

    began, go, made = threading.Event(), threading.Event(), []
    real = COUNTERPARTS["mapbox"]

    def slow(**place):
        began.set()
        assert go.wait(10)
        made.append(real(**place))
        return made[-1]

    monkeypatch.setitem(COUNTERPARTS, "mapbox", slow)

    async def main():
        async def enter():
            async with AsyncPlatforms.sandbox(only=["mapbox"]):
                pytest.fail("it was cancelled")

        task = asyncio.create_task(enter())
        while not began.is_set():
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.sleep(0)
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    port = urlsplit(made[0].accounts["default"]["base_url"]).port
    with pytest.raises(OSError):
        socket.create_connection(("127.0.0.1", port), 1)
