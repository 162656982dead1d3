"""The doctor: missing is told from broken, every setting has its source, no secret is shown."""

import json
import socket

import pytest
from tests.loopback import Loopback, Reply

from unifykit.cli import extras
from unifykit.cli.reach import reach
from unifykit.sandbox import Sandbox

SECRET = "ghp_" + "s" * 36


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox() as running:
        yield running


@pytest.fixture
def closed_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        yield probe.getsockname()[1]


def found(done, provider="github"):
    data = json.loads(done.stdout)
    return next(one for one in data["platforms"] if one["provider"] == provider)


def test_nothing_configured_is_no_fault(unifykit):
    done = unifykit("doctor", "--only", "github,redis")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "not configured: github, redis" in done.stdout
    assert "nothing that is configured is broken" in done.stdout


def test_what_is_configured_is_reached(unifykit, sandbox):
    done = unifykit("doctor", "--json", "--only", "github,redis", **sandbox.environment())
    assert done.returncode == 0, done.stdout
    github = found(done)
    assert github["extra"]["state"] == "installed"
    assert [account["name"] for account in github["accounts"]] == ["default", "reviewer"]
    assert all(account["reach"]["ok"] for account in github["accounts"])
    assert found(done, "redis")["accounts"][0]["reach"]["detail"].endswith("over TCP")


def test_every_setting_has_its_source_and_no_secret_is_shown(unifykit):
    with Loopback() as server:
        variables = {"GH_TOKEN": SECRET, "GITHUB_API_URL": server.url}
        done = unifykit("doctor", "--json", "--only", "github", **variables)
        printed = unifykit("doctor", "--only", "github", **variables)
    (account,) = found(done)["accounts"]
    assert {one["name"]: one["source"] for one in account["settings"]} == {
        "token": "GH_TOKEN",
        "base_url": "GITHUB_API_URL",
    }
    for text in (done.stdout, printed.stdout):
        assert SECRET not in text
        assert "ssss" not in text
        assert str(len(SECRET)) + " char" not in text
    assert "GH_TOKEN" in printed.stdout
    assert server.seen == []  # a connection, and not a word on it


def test_a_named_account_is_found(unifykit, sandbox):
    variables = {name: value for name, value in sandbox.environment().items() if "REVIEWER" in name}
    done = unifykit("doctor", "--json", "--only", "github", **variables)
    (account,) = found(done)["accounts"]
    assert account["name"] == "reviewer"
    assert account["settings"][0]["source"] == "UNIFYKIT_GITHUB_REVIEWER_TOKEN"


def test_the_file_is_named_as_the_source(unifykit, sandbox):
    (unifykit.folder / "my.env").write_text("GITHUB_TOKEN=sandbox-token\n")
    url = sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]
    arguments = ("doctor", "--json", "--only", "github", "--env-file", "my.env")
    (account,) = found(unifykit(*arguments, UNIFYKIT_GITHUB_BASE_URL=url))["accounts"]
    sources = {one["name"]: one["source"] for one in account["settings"]}
    assert sources == {"token": "GITHUB_TOKEN in my.env", "base_url": "UNIFYKIT_GITHUB_BASE_URL"}


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"GITHUB_TOKEN": SECRET, "GITHUB_API_URL": "http://example.com"}, "plain http"),
        ({"GITHUB_TOKEN": SECRET, "GITHUB_API_URL": f"oops-{SECRET}"}, "whole URL"),
        ({"GITHUB_TOKEN": "t", "GITHUB_API_URL": f"https://user:{SECRET}@example.com"}, "password out of it"),
        ({"GITHUB_TOKEN": f"{SECRET} \n"}, "line break"),
    ],
)
def test_malformed_settings_are_broken_and_stay_secret(unifykit, variables, words):
    done = unifykit("doctor", "--only", "github", **variables)
    assert done.returncode == 1
    assert words in done.stdout
    assert "configured and broken: github" in done.stdout
    assert SECRET not in done.stdout + done.stderr


def test_half_a_configuration_is_broken(unifykit):
    done = unifykit("doctor", "--json", "--only", "supabase", SUPABASE_KEY=SECRET)
    assert done.returncode == 1
    assert "SUPABASE_URL" in found(done, "supabase")["accounts"][0]["fault"]


def test_a_host_that_does_not_answer_is_broken(unifykit, closed_port):
    variables = {"GITHUB_TOKEN": SECRET, "GITHUB_API_URL": f"http://127.0.0.1:{closed_port}"}
    done = unifykit("doctor", "--only", "github", **variables)
    assert done.returncode == 1
    assert f"127.0.0.1:{closed_port}: ConnectionRefusedError" in done.stdout


def test_live_asks_the_platform(unifykit, sandbox):
    done = unifykit("doctor", "--live", "--json", "--only", "github,redis", **sandbox.environment())
    assert done.returncode == 0, done.stdout
    for provider in ("github", "redis"):
        report = found(done, provider)["accounts"][0]["report"]
        assert report["items"]
        assert all(item["ok"] for item in report["items"])


def test_live_tells_a_refused_credential(unifykit):
    with Loopback([Reply(401, {"message": "Bad credentials"})]) as server:
        done = unifykit("doctor", "--live", "--only", "github", GITHUB_TOKEN=SECRET, GITHUB_API_URL=server.url)
        quiet = unifykit("doctor", "--only", "github", GITHUB_TOKEN=SECRET, GITHUB_API_URL=server.url)
    assert done.returncode == 1
    assert "Bad credentials" in done.stdout
    assert quiet.returncode == 0  # nobody asked
    assert SECRET not in done.stdout


@pytest.mark.parametrize("configured", [True, False])
def test_an_extra_that_is_missing(unifykit, sandbox, configured):
    variables = sandbox.environment() if configured else {}
    code = (
        "import sys; sys.modules['github'] = None; sys.argv = ['unifykit', 'doctor', '--json', '--only', 'github']\n"
        "from unifykit.cli import main; main()"
    )
    done = unifykit.script(code, **variables)
    assert found(done)["extra"]["state"] == "missing", done.stderr
    assert "pip install 'unifykit[github]'" in found(done)["extra"]["detail"]
    assert done.returncode == (1 if configured else 0)


@pytest.mark.parametrize(
    "fault",
    [
        "raise RuntimeError('half an upgrade')",
        "import no_such_dependency",
        "raise SystemExit(3)",
        "from os import nothing",
    ],
)
def test_an_extra_that_is_installed_and_broken(unifykit, sandbox, fault):
    (unifykit.folder / "fakes" / "github").mkdir(parents=True)
    (unifykit.folder / "fakes" / "github" / "__init__.py").write_text(fault)
    done = unifykit("doctor", "--json", "--only", "github", PYTHONPATH="fakes", **sandbox.environment())
    extra = found(done)["extra"]
    assert extra["state"] == "broken", done.stderr
    assert extra["version"]
    assert "pip install --force-reinstall 'unifykit[github]'" in extra["detail"]
    assert done.returncode == 1


def test_a_version_that_does_not_fit_is_broken(monkeypatch):
    monkeypatch.setattr(extras, "_version", lambda _: "2.9.1")
    looked = extras.examine("github")
    assert (looked.state, looked.version) == ("broken", "2.9.1")
    assert "needs pygithub" in looked.detail.lower()


@pytest.mark.parametrize(
    ("version", "versions", "fits"),
    [
        ("2.10.0", "<2.11,>=2.10", True),
        ("2.11", "<2.11,>=2.10", False),
        ("2.10.3.post1", "<2.11,>=2.10", True),
        ("2.9", ">=2.10", False),
        ("1.0", "", True),
        ("1.0", "==3.*", True),
    ],
)
def test_versions(version, versions, fits):
    assert extras._fits(version, versions) is fits


def test_proxies_are_told_without_their_passwords(unifykit):
    done = unifykit(
        "doctor", "--only", "redis", HTTPS_PROXY="http://user:hunter2@proxy.example:3128", NO_PROXY="internal"
    )
    assert "https http://proxy.example:3128" in done.stdout
    assert "hunter2" not in done.stdout


def test_a_proxy_is_reached_instead_of_the_host(monkeypatch):
    with Loopback() as server:
        monkeypatch.setenv("HTTPS_PROXY", server.url)
        answer = reach("https://api.example.com")
        assert (answer.ok, server.seen) == (True, [])
    assert answer.detail.startswith(f"the proxy {server.url.removeprefix('http://')} answers")


def test_a_host_that_swallows_everything_costs_no_more_than_the_limit():
    """A listener with a full backlog: nothing is refused and nothing is accepted."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        waiting = []
        try:
            for _ in range(4):
                waiting.append(socket.socket())
                waiting[-1].setblocking(False)
                waiting[-1].connect_ex(listener.getsockname())
            answer = reach(f"http://127.0.0.1:{listener.getsockname()[1]}", limit=0.3)
        finally:
            for one in waiting:
                one.close()
    assert not answer.ok
    assert answer.seconds < 1


@pytest.mark.parametrize("url", ["redis://127.0.0.1:99999/0", "http://127.0.0.1:port"])
def test_a_port_that_is_none_is_told(url):
    assert not reach(url).ok


def test_tls_is_looked_at_too():
    with Loopback() as server:
        answer = reach(server.url.replace("http://", "https://"), limit=2)
    assert not answer.ok
    assert "SSL" in answer.detail or "Connection" in answer.detail or "within" in answer.detail


def test_a_unix_socket(tmp_path):
    path = str(tmp_path / "redis.sock")
    assert not reach(f"unix://{path}").ok
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        assert reach(f"unix://{path}").detail == path
