"""`unifykit sandbox up`: the lines that it prints lead any process to it."""

import signal
import sys

import pytest

from unifykit import Platforms


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process here")
def test_env_writes_nothing_but_lines_that_lead_here(unifykit, monkeypatch):
    with unifykit.start("sandbox", "up", "--env", "--only", "github") as process:
        lines = [process.stdout.readline() for _ in range(4)]
        for line in lines:
            name, _, value = line.strip().partition("=")
            assert name.startswith("UNIFYKIT_GITHUB_")
            monkeypatch.setenv(name, value)
        with Platforms() as p:
            assert (p.github.me().login, p.github["reviewer"].me().login) == ("octocat", "hubot")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


def test_a_platform_without_a_counterpart_is_said(unifykit):
    done = unifykit("sandbox", "up", "--only", "nowhere")
    assert done.returncode == 1
    assert "the sandbox has no nowhere; it has: agora, github" in done.stderr


def begun(process):
    """The environment that a running command printed, and the address of its page."""
    variables, page = {}, ""
    for line in process.stdout:
        if line.startswith("# its page: "):
            page = line.removeprefix("# its page: ").strip()
        if line.startswith("# running"):
            return variables, page
        if not line.startswith("#"):
            name, _, value = line.strip().partition("=")
            variables[name] = value
    raise AssertionError(process.stderr.read())


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT for another process here")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_folder_is_gone_on_from_at_the_same_addresses(unifykit, tmp_path, number):
    folder = str(tmp_path / "kept")
    arguments = ("sandbox", "up", "--only", "mapbox,redis,stripe", "--persist", folder)
    with unifykit.start(*arguments) as process:
        first, page = begun(process)
        assert page.startswith("http://127.0.0.1:")
        done = unifykit("sandbox", "seed", "--persist", folder)
        assert (done.returncode, done.stderr) == (0, "")
        assert "stripe: 3 plans" in done.stdout
        again = unifykit("sandbox", "seed", "--only", "stripe", **first)
        assert again.stdout.splitlines() == [line for line in done.stdout.splitlines() if line.startswith("stripe")]
        process.send_signal(number)
        assert process.wait(20) == (0 if number == signal.SIGINT else 143)
    with unifykit.start(*arguments) as process:
        second, _ = begun(process)
        assert second == first
        settings = {name: value for name, value in second.items() if "REVIEWER" not in name}
        found = unifykit.script(
            "from unifykit import Platforms; p = Platforms(); print(len(p.stripe.customers.list().collect()))",
            **settings,
        )
        assert found.stdout == "3\n", found.stderr
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL there")
def test_after_a_crash_the_folder_serves_again(unifykit, tmp_path):
    folder = str(tmp_path / "kept")
    arguments = ("sandbox", "up", "--only", "mapbox", "--persist", folder)
    with unifykit.start(*arguments) as process:
        first, _ = begun(process)
        process.kill()
    with unifykit.start(*arguments) as process:
        assert begun(process)[0] == first
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)


def test_seed_without_a_sandbox_says_what_to_do(unifykit, tmp_path):
    done = unifykit("sandbox", "seed")
    assert done.returncode == 1
    assert "unifykit sandbox up --env" in done.stderr
    done = unifykit("sandbox", "seed", "--persist", str(tmp_path))
    assert done.returncode == 1
    assert "no sandbox runs on" in done.stderr
