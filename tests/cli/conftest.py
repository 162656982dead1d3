"""Runs the command in processes of its own, in an environment without settings."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "SYSTEMROOT", "TEMP", "VIRTUAL_ENV")


def environment(**variables):
    return {name: os.environ[name] for name in KEPT if name in os.environ} | variables


class Command:
    """`unifykit` as a user calls it."""

    def __init__(self, folder):
        self.folder = folder

    def __call__(self, *arguments, **variables):
        return subprocess.run(
            [sys.executable, "-m", "unifykit", *arguments],
            capture_output=True, text=True, timeout=90, cwd=self.folder, env=environment(**variables), encoding="utf-8",
        )  # fmt: skip

    def start(self, *arguments, **variables):
        return subprocess.Popen(
            [sys.executable, "-m", "unifykit", *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.folder,
            env=environment(PYTHONUNBUFFERED="1", **variables), encoding="utf-8",
        )  # fmt: skip

    def script(self, code, **variables):
        """Run Python code in the same environment."""
        return subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=self.folder,
            env=environment(**variables),
        )  # fmt: skip


@pytest.fixture
def unifykit(tmp_path):
    return Command(tmp_path)


@pytest.fixture
def private_tmp():
    """A folder for temporary files that is the command's alone; as /tmp is, for all: PostgreSQL refuses root."""
    with tempfile.TemporaryDirectory(prefix="private-") as folder:
        Path(folder).chmod(0o755)
        inner = Path(folder) / "tmp"
        inner.mkdir()
        inner.chmod(0o1777)
        yield inner
