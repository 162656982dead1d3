"""The launcher: what it starts answers, belongs to it alone, and is gone afterwards."""

import asyncio
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest

from unifykit import ConfigurationError, InvalidRequestError, NotFoundError, Platforms, Retry, UnavailableError
from unifykit.sandbox import COUNTERPARTS, Sandbox
from unifykit.settings import GitHubSettings


def children():
    """The live child processes of this process."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == os.getpid():
                found.append(int(entry.name))
    return found


def temporary():
    """What of ours lies in the folder for temporary files."""
    return {path.name for path in Path(tempfile.gettempdir()).glob("unifykit-*")}


def answers(url):
    parts = urlsplit(url)
    try:
        socket.create_connection((parts.hostname, parts.port), 2).close()
    except OSError:
        return False
    return True


def addresses(environment):
    return [value for value in environment.values() if "://" in value]


def test_everything_answers_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))  # other processes have sandboxes too
    threads, processes = set(threading.enumerate()), children()
    with Sandbox() as sandbox:
        running = addresses(sandbox.environment())
        assert len(running) >= len(COUNTERPARTS)
        assert all(answers(url) for url in running)
        assert sandbox.kinds.keys() == COUNTERPARTS.keys()
    assert not any(answers(url) for url in running)
    assert set(threading.enumerate()) == threads
    assert children() == processes
    assert temporary() == set()


def test_the_same_when_the_block_raises():
    threads, processes = set(threading.enumerate()), children()
    with pytest.raises(KeyboardInterrupt), Sandbox() as sandbox:
        running = addresses(sandbox.environment())
        raise KeyboardInterrupt
    assert not any(answers(url) for url in running)
    assert (set(threading.enumerate()), children()) == (threads, processes)


def test_what_had_started_is_stopped_when_the_next_does_not_start(monkeypatch):
    def refuse():
        raise ConfigurationError("it does not start")

    monkeypatch.setitem(COUNTERPARTS, "redis", refuse)
    threads = set(threading.enumerate())
    with pytest.raises(ConfigurationError, match="does not start"), Sandbox():
        pass
    assert set(threading.enumerate()) == threads


def test_a_process_that_forgets_to_close_leaves_nothing():
    code = (
        "from unifykit.sandbox import Sandbox\n"
        "sandbox = Sandbox().__enter__()\n"
        "print(*[value for value in sandbox.environment().values() if '://' in value], flush=True)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.split()) >= len(COUNTERPARTS)
    assert not any(answers(url) for url in done.stdout.split())
    assert done.stderr == ""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child's life to its parent's")
def test_a_killed_process_leaves_no_server():
    code = (
        "from unifykit.sandbox import Sandbox\n"
        "sandbox = Sandbox().__enter__()\n"
        "print(*[value for value in sandbox.environment().values() if '://' in value], flush=True)\n"
        "input()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        running = child.stdout.readline().split()
        assert all(answers(url) for url in running)
        child.send_signal(signal.SIGKILL)
        child.wait(10)
    gone = threading.Event()
    for _ in range(100):  # the kernel tells the child a moment later
        if not any(answers(url) for url in running):
            gone.set()
            break
        gone.wait(0.05)
    assert gone.is_set()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_child_that_ends_does_not_stop_the_parents_sandbox():
    code = (
        "import os, sys, warnings\n"
        "warnings.simplefilter('ignore')\n"
        "from unifykit.sandbox import Sandbox\n"
        "with Sandbox() as sandbox, sandbox.platforms() as p:\n"
        "    child = os.fork()\n"
        "    if child == 0:\n"
        "        sys.exit(0)\n"
        "    os.waitpid(child, 0)\n"
        "    print(p.github.me().login, sandbox.kinds['redis'])\n"
        "    sandbox.reset()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("octocat ")


def test_two_at_a_time_share_nothing():
    with Sandbox() as one, Sandbox() as other, one.platforms() as p, other.platforms() as q:
        assert not set(addresses(one.environment())) & set(addresses(other.environment()))
        p.github.repos.create("only-here")
        assert p.github.repos.get("octocat/only-here").name == "only-here"
        with pytest.raises(NotFoundError):
            q.github.repos.get("octocat/only-here")


def test_the_environment_leads_any_platforms_here(monkeypatch):
    with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            assert name.startswith("UNIFYKIT_")
            monkeypatch.setenv(name, value)
        with Platforms() as p:
            assert p.github.me().login == "octocat"
            assert p.github["reviewer"].me().login == "hubot"


def test_it_never_reads_the_environment(monkeypatch):
    monkeypatch.setenv("UNIFYKIT_REDIS_URL", "redis://production:6379/0")
    monkeypatch.setenv("GITHUB_TOKEN", "real")
    monkeypatch.setenv("UNIFYKIT_GITHUB_BOT_TOKEN", "real")
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms() as p:
        with pytest.raises(ConfigurationError, match="sandbox has no account 'default' of redis"):
            _ = p.redis
        with pytest.raises(ConfigurationError, match="it has: default, reviewer"):
            _ = p.github["bot"]
        assert p.github.me().login == "octocat"


def test_a_proxy_of_the_environment_is_not_asked(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms(retry=Retry.off()) as p:
        assert p.github.me().login == "octocat"


def test_async_platforms():
    async def go(sandbox):
        async with sandbox.async_platforms() as p:
            return (await p.github.me()).login

    with Sandbox(only=["github"]) as sandbox:
        assert asyncio.run(go(sandbox)) == "octocat"


def test_only_what_is_asked_for_starts():
    with Sandbox(only="redis") as sandbox:
        assert list(sandbox.kinds) == ["redis"]
        assert list(sandbox.environment()) == ["UNIFYKIT_REDIS_URL"]


@pytest.mark.parametrize("only", [["github", "nowhere"], [], "nowhere"])
def test_what_has_no_counterpart_is_refused(only):
    with pytest.raises(InvalidRequestError, match=f"it has: {', '.join(COUNTERPARTS)}"):
        Sandbox(only=only)


def test_it_is_entered_once_at_a_time_and_may_be_entered_again():
    sandbox = Sandbox(only=["github"])
    with sandbox:
        with pytest.raises(InvalidRequestError, match="running already"):
            sandbox.__enter__()
        with sandbox.platforms() as p:
            p.github.repos.create("gone-tomorrow")
    with sandbox, sandbox.platforms() as p, pytest.raises(NotFoundError):
        p.github.repos.get("octocat/gone-tomorrow")


def test_reset_forgets_everything():
    with Sandbox() as sandbox, sandbox.platforms() as p:
        p.github.repos.create("forget-me")
        url = urlsplit(sandbox.environment()["UNIFYKIT_REDIS_URL"])
        assert _redis(url, b"SET k v") == b"+OK"
        sandbox.faults("github").status(500, times=50)
        sandbox.reset()
        with pytest.raises(NotFoundError):
            p.github.repos.get("octocat/forget-me")
        assert _redis(url, b"GET k") == b"$-1"


def _redis(url, command):
    words = command.split()
    wire = b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)
    with socket.create_connection((url.hostname, url.port), 5) as connection:
        connection.sendall(wire)
        return connection.recv(64).strip()


def test_faults_come_in_order_and_are_not_executed():
    events = []
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms(observers=[events.append], random=lambda: 0.0) as p:
        sandbox.faults("github").status(503, times=1)
        sandbox.faults("github").status(429, retry_after=0.01, headers={"X-Made": "here"})
        p.github.repos.get("octocat/hello-world")
        statuses = [event.status for event in events if type(event).__name__ == "AttemptEvent"]
        assert statuses == [503, 429, 200]
        sandbox.faults("github").status(503)
        with pytest.raises(UnavailableError, match="told to answer 503"):
            p.github.repos.create("not-made")
        with pytest.raises(NotFoundError):
            p.github.repos.get("octocat/not-made")


def test_the_application_s_log_stays_quiet(caplog):
    caplog.set_level(logging.DEBUG)
    filters = list(logging.getLogger("uvicorn.error").filters)
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms() as p:
        p.github.me()
    assert [record for record in caplog.records if record.name.startswith("uvicorn")] == []
    assert logging.getLogger("uvicorn.error").filters == filters


def test_many_small_requests_are_not_held_back_by_the_network_stack():
    """40 ms each, if the server's replies waited for the client's acknowledgement."""
    seconds = []

    def observe(event):
        if type(event).__name__ == "AttemptEvent":
            seconds.append(event.seconds)

    with Sandbox(only=["github"]) as sandbox, sandbox.platforms(observers=[observe]) as p:
        for _ in range(10):
            p.github.repos.get("octocat/hello-world")
    assert sorted(seconds)[5] < 0.035


def test_without_the_extra_the_pip_line_is_said():
    code = (
        "import sys; sys.modules['uvicorn'] = None\n"
        "from unifykit import MissingExtraError\n"
        "from unifykit.sandbox import Sandbox\n"
        "try: Sandbox(only=['github']).__enter__()\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install 'unifykit[sandbox]'" in done.stdout, done.stderr


def test_importing_it_brings_neither_server_nor_sdk():
    heavy = "{'uvicorn', 'starlette', 'dulwich', 'fakeredis', 'redis', 'github', 'pydantic', 'httpx'}"
    code = f"import sys, unifykit.sandbox; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.stdout.strip() == "set()", done.stderr


def test_settings_can_be_given_to_platforms_with_others():
    with Sandbox(only=["github"]) as sandbox:
        given = {
            **sandbox.settings(),
            "github": GitHubSettings(token="wrong", base_url=sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]),
        }
        with Platforms(**given) as p, pytest.raises(Exception, match="Bad credentials"):
            p.github.me()


def test_gitlab_s_artifacts_come_from_another_origin_and_a_reset_keeps_it_so():
    with Sandbox(only=["gitlab"]) as sandbox, sandbox.platforms() as p:
        assert p.gitlab["reviewer"].me().username == "robin"
        assert p.gitlab.projects.create("mine").id == 102
        assert p.gitlab.jobs.artifacts(101, 70001).startswith(b"PK")
        native = p.gitlab.native.http_request("get", "/projects/101/jobs/70001/artifacts")
        assert native.history[0].headers["location"].startswith("http://127.0.0.1:")
        assert native.url.partition("/storage/")[0] != p.gitlab.link.settings.base_url
        sandbox.reset()
        assert [project.id for project in p.gitlab.projects.list(owned=True)] == [101]
        assert p.gitlab.jobs.artifacts(101, 70001).startswith(b"PK")


def test_stripe_s_pages_answer_and_a_reset_forgets():
    with Sandbox(only=["stripe"]) as sandbox, sandbox.platforms() as p:
        item = {"price_data": {"currency": "eur", "unit_amount": 900, "product_data": {"name": "Mug"}}, "quantity": 1}
        session = p.stripe.checkout.create(mode="payment", line_items=[item], success_url="https://example.com/")
        assert session.url.startswith(p.stripe.link.settings.base_url)
        assert httpx.post(session.url, trust_env=False).headers["location"] == "https://example.com/"
        assert p.stripe.checkout.get(session.id).payment_status == "paid"
        sandbox.reset()
        assert p.stripe.payment_intents.list().collect() == []
