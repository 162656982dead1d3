"""The demo: everything succeeds in the sandbox, a failure is told, nothing is left behind."""

import json
import signal
import socket
import sys
import threading
from urllib.parse import urlsplit

import pytest
from tests.loopback import Loopback, Reply

from unifykit import Platforms
from unifykit.cli import steps
from unifykit.errors import NotFoundError
from unifykit.sandbox import COUNTERPARTS, Sandbox

GITHUB = [
    "who am I", "create a repository", "create a branch", "put a file on the branch", "read it back", "open an issue",
    "label the first", "comment on it", "list the issues", "open a pull request", "review it", "merge it",
    "list the commits", "compare with the first", "create a webhook", "ping it", "read through a 503 and a 429",
    "rate limit", "delete the repository",
]  # fmt: skip
REDIS = [
    "ping", "cache: set", "cache: get", "cache: get or compute", "session: create", "session: touch",
    "session: destroy", "lock", "rate limit: hit", "run once", "run once, again", "stream: add", "stream: read",
    "stream: acknowledge", "publish and subscribe", "delete the keys",
]  # fmt: skip


def test_every_step_succeeds_and_is_told(unifykit):
    done = unifykit("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    for step in [*GITHUB, *REDIS]:
        assert step in done.stdout
    assert "PullRequest(number=3" in done.stdout
    assert "all " in done.stdout
    assert "redis: " in done.stdout
    assert done.stderr == ""


def test_json_is_for_machines(unifykit):
    done = unifykit("demo", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert (found["ok"], found["mode"]) == (True, "sandbox")
    told = {(step["platform"], step["step"]) for step in found["steps"]}
    assert {("github", step) for step in GITHUB} | {("redis", step) for step in REDIS} <= told
    assert all(step["ok"] and step["result"] and step["seconds"] >= 0 for step in found["steps"])
    github = found["pipeline"]["github"]
    assert github["retries"] == 2
    assert 1 <= github["waited"] < 1.3
    assert github["attempts"] >= github["calls"] + 2 - github["failed"] > 20
    assert github["received"] > 10_000
    assert found["pipeline"]["redis"]["calls"] >= len(REDIS) - 1
    assert found["sandbox"].keys() == COUNTERPARTS.keys()


def test_the_story_goes_through_all_nine(unifykit):
    found = json.loads(unifykit("demo", "--json").stdout)
    assert found["ok"], [step for step in found["steps"] if not step["ok"]]
    told = list(dict.fromkeys((step["chapter"], step["platform"]) for step in found["steps"]))
    assert told == [
        ("sign up", "supabase"),
        ("sessions, cache and queues", "redis"),
        ("choose a plan and pay", "stripe"),
        ("chat with a model", "openai"),
        ("usage and files", "supabase"),
        ("video call", "agora"),
        ("analytics", "logrocket"),
        ("map", "mapbox"),
        ("repository and issue", "github"),
        ("project and pipeline", "gitlab"),
        ("manage the subscription", "stripe"),
        ("records", "supabase"),
    ]
    results = {step["step"]: step["result"] for step in found["steps"]}
    assert results["it is paid"] == "CheckoutSession(status='complete')"
    assert results["look up an order by a tool"] == "ToolRun(text='The result is: Order 7 is on its way.')"
    assert "status='canceled'" in results["cancel"]
    assert "access_token" not in str(found)
    assert found["pipeline"]["stripe"]["retries"] == 1


@pytest.mark.parametrize("platform", sorted(COUNTERPARTS))
def test_only_one_platform(unifykit, platform):
    found = json.loads(unifykit("demo", "--only", platform, "--json").stdout)
    assert found["ok"], [step for step in found["steps"] if not step["ok"]]
    assert {step["platform"] for step in found["steps"]} == {platform}


def test_piped_output_has_no_escape_codes_and_is_never_cut(unifykit):
    done = unifykit("demo", "--only", "github", COLUMNS="40")
    assert "\x1b" not in done.stdout
    (row,) = [line for line in done.stdout.splitlines() if "open a pull request" in line]
    assert "PullRequest(number=3, title='Say hello', state='open')" in row
    assert row.endswith(" ms")


def test_on_a_terminal_it_is_a_table_and_no_color_is_honoured(unifykit):
    coloured = unifykit("demo", "--only", "github", FORCE_COLOR="1", COLUMNS="120")
    plain = unifykit("demo", "--only", "github", FORCE_COLOR="1", NO_COLOR="1", COLUMNS="120")
    assert coloured.returncode == plain.returncode == 0
    assert "┃" in coloured.stdout
    assert "\x1b[32m" in coloured.stdout
    assert "\x1b[3" not in plain.stdout.replace("\x1b[3m", "")


def test_two_at_a_time(unifykit):
    running = [unifykit.start("demo", "--json") for _ in range(2)]
    for process in running:
        out, err = process.communicate(timeout=90)
        assert process.returncode == 0, err
        assert json.loads(out)["ok"]


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process here")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_midway_leaves_no_port_and_no_file(unifykit, private_tmp, number, code):
    with unifykit.start("sandbox", "up", "--only", "github,redis", TMPDIR=str(private_tmp)) as process:
        lines = [process.stdout.readline() for _ in range(8)]
        running = [line.partition("=")[2].strip() for line in lines if "://" in line and not line.startswith("#")]
        assert len(running) == 3
        assert all(_answers(url) for url in running)
        process.send_signal(number)
        _, err = process.communicate(timeout=20)
    assert process.returncode == (0 if number == signal.SIGINT else code)
    assert not any(_answers(url) for url in running)
    assert list(private_tmp.iterdir()) == []
    assert err == ""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process here")
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_demo_cleans_up(unifykit, private_tmp, number, code):
    """The live walk writes to a server that we watch: the repository that it made is deleted before it ends."""
    midway = threading.Event()
    with Sandbox(only=["github"]) as sandbox:
        upstream = sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]

        def relay(seen):
            if seen.path.endswith("/pulls") and not midway.is_set():
                midway.set()
                threading.Event().wait(1)  # the signal arrives while the reply is awaited
            return _forward(upstream, seen)

        variables = {"UNIFYKIT_GITHUB_TOKEN": "sandbox-token", "TMPDIR": str(private_tmp)}
        with Loopback(relay) as server:
            process = unifykit.start("demo", "--live", "--write", UNIFYKIT_GITHUB_BASE_URL=server.url, **variables)
            assert midway.wait(30), process.communicate()
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
        with sandbox.platforms() as p:
            assert [repo.name for repo in p.github.repos.list()] == ["hello-world"]
    assert process.returncode == code, out + err
    assert "Traceback" not in err
    assert list(private_tmp.iterdir()) == []


def test_live_reads_only_unless_told_otherwise(unifykit):
    with Sandbox() as sandbox:
        found = json.loads(unifykit("demo", "--live", "--json", **sandbox.environment()).stdout)
        assert found["ok"], found
        assert found["mode"] == "live"
        assert {step["platform"] for step in found["steps"]} == set(COUNTERPARTS)
        with sandbox.platforms() as p:
            assert [repo.name for repo in p.github.repos.list()] == ["hello-world"]


def test_live_with_write_makes_the_walk_and_leaves_nothing(unifykit):
    with Sandbox() as sandbox:
        done = unifykit("demo", "--live", "--write", "--json", **sandbox.environment())
        found = json.loads(done.stdout)
        assert done.returncode == 0, found
        steps_made = {(step["platform"], step["step"]) for step in found["steps"]}
        assert {("github", "merge it"), ("github", "delete the repository"), ("redis", "delete the keys")} <= steps_made
        with sandbox.platforms() as p:
            assert [repo.name for repo in p.github.repos.list()] == ["hello-world"]
            assert list(p.redis.native.scan_iter(match="*unifykit-demo*")) == []


def test_live_without_settings_says_where_to_look(unifykit):
    done = unifykit("demo", "--live")
    assert done.returncode == 1
    assert "unifykit doctor" in done.stderr


def test_a_failing_step_is_told_in_a_sentence_and_exits_with_1(unifykit):
    with Loopback([Reply(401, {"message": "Bad credentials"})]) as server:
        variables = {"UNIFYKIT_GITHUB_TOKEN": "wrong-token", "UNIFYKIT_GITHUB_BASE_URL": server.url}
        done = unifykit("demo", "--live", "--write", **variables)
    assert done.returncode == 1
    assert "github: who am I failed: github.me: Bad credentials" in done.stdout
    assert "wrong-token" not in done.stdout + done.stderr


def test_after_a_failure_only_the_cleaning_steps_are_made():
    made = []

    def walk():
        try:
            yield "first", lambda: made.append("first")
            yield "second", lambda: 1 / 0
            yield "third", lambda: made.append("third")
        finally:
            yield "clean up", lambda: made.append("clean up")

    done = list(steps.run("somewhere", walk(), lambda _: None))
    assert [(one.step, one.ok) for one in done] == [("first", True), ("second", False), ("clean up", True)]
    assert done[1].result == "ZeroDivisionError: division by zero"
    assert made == ["first", "clean up"]


def test_an_interrupt_cleans_up_and_goes_on():
    made = []

    def interrupted():
        raise KeyboardInterrupt

    def walk():
        try:
            yield "first", interrupted
        finally:
            yield "clean up", lambda: made.append("clean up")

    with pytest.raises(KeyboardInterrupt):
        list(steps.run("somewhere", walk(), lambda _: None))
    assert made == ["clean up"]


def test_a_step_s_error_keeps_its_own_words():
    def missing():
        raise NotFoundError("Not Found", provider="github", operation="repos.get", status=404)

    def walk():
        yield "look", missing

    (done,) = steps.run("github", walk(), lambda _: None)
    assert done.result == "github.repos.get: Not Found (status 404)"


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "done"),
        (b"abc", "3 bytes"),
        ([], "[]"),
        (["a", "b"], "2, first: 'a'"),
        ("x" * 100, "'" + "x" * 68 + "..."),
        ("https://example.com/file?token=abc", "https://example.com/file"),
    ],
)
def test_values_are_told_in_a_few_words(value, words):
    assert steps.told(value) == words


def test_models_are_told_by_what_identifies_them():
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms() as p:
        assert isinstance(p, Platforms)
        assert steps.told(p.github.me()).startswith("User(login='octocat', name='The Octocat'")


def test_what_a_model_does_not_show_is_not_told():
    with Sandbox(only=["supabase"]) as sandbox, sandbox.platforms() as p:
        session = p.supabase.auth.sign_up("ada@example.com", "correct horse").session
    assert session.access_token[:10] not in steps.told(session)


def _answers(url):
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), 2).close()
    except OSError:
        return False
    return True


def _forward(upstream, seen):
    import httpx

    headers = {
        name: value
        for name, value in seen.headers.items()
        if name.lower() not in ("host", "content-length", "accept-encoding")
    }
    with httpx.Client(trust_env=False) as client:
        reply = client.request(seen.method, upstream + seen.path, headers=headers, content=seen.body)
    kept = {
        name: value
        for name, value in reply.headers.items()
        if name.lower() not in ("content-length", "transfer-encoding")
    }
    return Reply(reply.status_code, reply.content, kept)


def test_what_is_not_installed_is_left_out_and_named(monkeypatch, capsys):
    from unifykit.cli import demo
    from unifykit.cli.extras import Extra, examine

    monkeypatch.setattr(demo, "COUNTERPARTS", {"agora": None, "stripe": None})
    missing = Extra("missing", None, "pip install 'unifykit[stripe]'")
    monkeypatch.setattr(demo, "examine", lambda name: missing if name == "stripe" else examine(name))

    assert demo.run(live=False, write=False, only=None, as_json=False) == 0

    told = capsys.readouterr().out
    assert "stripe: left out, not installed: pip install 'unifykit[stripe]'" in told
    assert "failed" not in told.replace("failed  attempts", "")
