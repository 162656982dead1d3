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
