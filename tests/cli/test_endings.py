"""However the command ends, at whatever moment: no process and no file of it is left."""

import contextlib
import signal
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

MOMENTS = ("--port", "initdb", "postgres -D", "running")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", MOMENTS)
def test_sandbox_up_leaves_nothing(unifykit, private_tmp, number, moment):
    err, code = ended(unifykit, private_tmp, number, moment, "sandbox", "up", "--only", "redis,supabase")
    assert code in {signal.SIGINT: (0, 130), signal.SIGTERM: (143,)}.get(number, (-number,)), err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", MOMENTS[:3])
def test_the_demo_leaves_nothing(unifykit, private_tmp, number, moment):
    err, code = ended(unifykit, private_tmp, number, moment, "demo")
    assert code == {signal.SIGINT: 130, signal.SIGTERM: 143}.get(number, -number), err


def ended(unifykit, folder, number, moment, *arguments):
    """Start the command, send it a signal at that moment, and see what is left."""
    with unifykit.start(*arguments, TMPDIR=str(folder)) as process, killed_in_the_end(process):
        if moment == "running":
            assert any("# running" in line for line in process.stdout)
        else:
            until(lambda: any(moment in words for words in working_in(folder)) or process.poll() is not None)
            assert process.poll() is None, process.communicate()
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    # What watches a killed process needs a moment.
    until(lambda: not working_in(folder))
    until(lambda: not list(folder.iterdir()))
    assert "Traceback" not in err
    return err, process.returncode


@contextlib.contextmanager
def killed_in_the_end(process):
    try:
        yield
    finally:
        process.kill()


def until(true):
    last = time.monotonic() + 30
    while not true() and time.monotonic() < last:
        time.sleep(0.005)  # another process's doing, which tells nobody
    assert true()


def working_in(folder):
    """The command lines of the processes whose working directory is below the folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str((entry / "cwd").readlink()).startswith(f"{folder}/"):
                found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return found


DROPPED = """
import signal, sys, threading, types
import unifykit.cli

class Thing:
    def __del__(self):
        signal.raise_signal(signal.{number})

def app():
    Thing()
    threading.Event().wait(300)
    print("never heard of it")

sys.modules["unifykit.cli.app"] = types.SimpleNamespace(app=app)
unifykit.cli.main()
"""


@pytest.mark.parametrize(("number", "code"), [("SIGINT", -signal.SIGINT), ("SIGTERM", 143)])
def test_a_signal_that_python_drops_in_a_finalizer_comes_again(unifykit, number, code):
    done = unifykit.script(DROPPED.replace("{number}", number))
    assert done.returncode == code, done.stderr
    assert "never" not in done.stdout
    assert "Exception ignored" not in done.stderr


IMPORTING = """
import signal, sys
import unifykit.cli

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "stripe":
            signal.raise_signal(signal.{number})

sys.meta_path.insert(0, Finder())
sys.argv = ["unifykit", "doctor"]
unifykit.cli.main()
"""


@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_while_an_sdk_is_imported_is_no_broken_sdk(unifykit, number, code):
    done = unifykit.script(IMPORTING.replace("{number}", number))
    assert done.returncode == code, (done.stdout, done.stderr)
    assert "broken" not in done.stdout
