"""Server processes that end with this one, and folders that are found again when nobody was left to remove them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from unifykit.sandbox.guard import Folder, Guarded

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell stands between")


def test_a_server_that_ends_by_itself_is_told_with_its_last_words(tmp_path):
    guarded = Guarded(tmp_path, "brief", ["/bin/sh", "-c", "echo no luck >&2; exit 3"])
    assert guarded.wait(10) == 3
    assert guarded.words == "no luck"
    guarded.close()
    assert not tmp_path.exists()


def test_a_folder_can_be_kept_for_the_next_server(tmp_path):
    first = Guarded(tmp_path, "first", ["/bin/sh", "-c", "echo made > made"])
    assert first.wait(10) == 0
    first.close(keep=True)
    assert (tmp_path / "made").read_text() == "made\n"
    second = Guarded(tmp_path, "second", ["/bin/sh", "-c", "sleep 60"])
    assert second.wait(0) is None
    second.close()
    assert not tmp_path.exists()


def test_closing_twice_does_no_harm(tmp_path):
    guarded = Guarded(tmp_path, "one", ["/bin/sh", "-c", "sleep 60"])
    guarded.close()
    guarded.close()


def test_a_server_that_does_not_listen_is_ended_by_force(tmp_path, monkeypatch):
    monkeypatch.setattr("unifykit.sandbox.guard._ENDS_WITHIN", 0.2)
    guarded = Guarded(tmp_path, "deaf", ["/bin/sh", "-c", "trap '' TERM; while :; do sleep 0.1; done"])
    while not (tmp_path / "deaf.pid").exists():
        pass
    pid = guarded.pid
    guarded.close()
    with pytest.raises(ProcessLookupError):
        while True:
            os.kill(pid, 0)


def test_the_path_of_the_environment_is_not_needed_to_end_a_server(tmp_path, monkeypatch):
    forced = []
    monkeypatch.setattr("unifykit.sandbox.guard._ENDS_WITHIN", 5)
    monkeypatch.setattr("os.killpg", lambda group, number: forced.append(os.kill(group, number)))
    (tmp_path / "home").mkdir()
    guarded = Guarded(tmp_path / "home", "one", ["/bin/sleep", "60"], environment={"PATH": str(tmp_path)})
    guarded.close()
    assert forced == []
    assert not (tmp_path / "home").exists()


def test_a_folder_whose_owner_is_gone_is_removed_by_the_next_of_its_kind(tmp_path):
    code = (
        "import os, sys, pathlib; from unifykit.sandbox.guard import Folder\n"
        "kept = Folder('x', pathlib.Path(sys.argv[1])); print(kept.path, flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    left = Path(done.stdout.strip())
    assert left.exists()
    alive = Folder("x", tmp_path)
    other = Folder("x", tmp_path)
    assert not left.exists()
    assert alive.path.exists()
    alive.close()
    other.close()
    assert list(tmp_path.iterdir()) == []
