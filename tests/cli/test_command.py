"""The command itself: versions, wrong calls, a missing extra, and what help costs."""

import sys

import pytest
from typer.testing import CliRunner

import unifykit as library
from unifykit.cli.app import app


def test_version(unifykit):
    done = unifykit("--version")
    assert (done.returncode, done.stdout) == (0, f"unifykit {library.__version__}\n")


def test_the_installed_script_is_the_same_command(unifykit):
    done = unifykit.script("from unifykit.cli import main; import sys; sys.argv = ['unifykit', '--version']; main()")
    assert (done.returncode, done.stdout) == (0, f"unifykit {library.__version__}\n")


@pytest.mark.parametrize("arguments", [["demo", "--write"], ["nowhere"], ["doctor", "--env-file", "missing.env"]])
def test_a_wrong_call_exits_with_2(arguments):
    assert CliRunner().invoke(app, arguments).exit_code == 2


@pytest.mark.parametrize("arguments", [["demo", "--only", "nowhere"], ["doctor", "--only", "nowhere"]])
def test_an_unknown_platform_is_said_in_one_line(unifykit, arguments):
    done = unifykit(*arguments)
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "nowhere" in done.stderr


@pytest.mark.parametrize("missing", ["typer", "rich"])
def test_without_the_extra_it_prints_the_pip_line_and_exits_with_2(unifykit, missing):
    done = unifykit.script(f"import sys; sys.modules[{missing!r}] = None\nfrom unifykit.cli import main; main()")
    assert done.returncode == 2
    assert "pip install 'unifykit[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


def test_demo_without_the_sandbox_extra_prints_the_pip_line(unifykit):
    code = (
        "import sys; sys.modules['uvicorn'] = None; sys.argv = ['unifykit', 'demo', '--only', 'github']\n"
        "from unifykit.cli import main; main()"
    )
    done = unifykit.script(code)
    assert done.returncode == 2
    assert "pip install 'unifykit[sandbox]'" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["--help"], ["doctor", "--help"], ["demo", "--help"], ["sandbox", "up", "--help"]]
)
def test_help_imports_no_sdk_and_no_server(unifykit, arguments):
    heavy = "{'github', 'gitlab', 'openai', 'stripe', 'supabase', 'redis', 'httpx', 'uvicorn', 'starlette'}"
    code = (
        f"import sys, atexit; sys.argv = ['unifykit', *{arguments!r}]\n"
        f"atexit.register(lambda: print('imported', sorted({heavy} & set(sys.modules))))\n"
        "from unifykit.cli import main; main()"
    )
    done = unifykit.script(code)
    assert done.returncode == 0, done.stderr
    assert "imported []" in done.stdout


def test_what_cannot_be_encoded_does_not_stop_the_output(unifykit):
    done = unifykit("demo", "--only", "github", PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert done.returncode == 0, done.stderr
    assert sys.getdefaultencoding() == "utf-8"
