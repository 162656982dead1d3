"""The fixtures for pytest, as an application's test suite has them."""

import socket
import subprocess
import sys
from urllib.parse import urlsplit

import pytest
from tests.blocks import ROOT, blocks

pytest_plugins = ["pytester"]

QUICK = "-p no:cacheprovider -p no:randomly --strict-markers -W error"


@pytest.fixture
def suite(pytester, monkeypatch):
    """Runs tests of an application in a process of their own."""
    monkeypatch.setenv("PYTEST_ADDOPTS", QUICK)

    def run(source, *args, ini="", **files):
        pytester.makeini(f"[pytest]\n{ini}")
        pytester.makepyfile(test_it=source, **files)
        return pytester.runpytest_subprocess(*args)

    return run


def _gone(url):
    """Nobody listens there any more."""
    parts = urlsplit(url)
    with socket.socket() as tried:
        return tried.connect_ex((parts.hostname, parts.port)) != 0


def test_every_test_has_a_sandbox_as_new_its_faults_and_its_clock(suite):
    ran = suite(
        """
        import time

        import pytest
        from unifykit import ServerError

        @pytest.mark.parametrize("turn", range(2))
        def test_create(platforms, turn):
            platforms.github.repos.create("hello")
            assert [repo.name for repo in platforms.github.repos.list() if repo.name == "hello"] == ["hello"]

        def test_the_sandbox_and_the_platforms_are_one(platforms, sandbox):
            platforms.github.repos.create("hello")
            with sandbox.platforms() as other:
                assert other.github.repos.get("octocat/hello").name == "hello"

        def test_it_fails(faults, platforms):
            faults("github").status(500, times=100)
            with pytest.raises(ServerError):
                platforms.github.me()

        def test_faults_are_forgotten(faults, platforms):
            assert platforms.github.me().login == "octocat"
            assert not faults("github").seen

        def test_the_platforms_wait_on_the_clock(virtual_clock, platforms, faults):
            faults("github").status(429, retry_after=30)
            began = time.monotonic()
            platforms.github.me()
            assert time.monotonic() - began < 20
            [waited] = virtual_clock.slept
            assert 30 <= waited <= 33

        def test_another_clock_for_each_test(virtual_clock):
            assert virtual_clock.slept == []

        def test_the_platforms_have_the_real_one_else(platforms):
            assert "Virtual" not in type(platforms.github.link.clock).__name__
        """
    )
    ran.assert_outcomes(passed=8)


def test_a_platform_is_started_when_it_is_first_used_and_once_only(suite):
    ran = suite(
        """
        import threading

        from unifykit.sandbox import COUNTERPARTS

        def servers():
            return sum(thread.name.startswith("unifykit-sandbox") for thread in threading.enumerate())

        def test_nothing_is_running(sandbox, platforms, async_platforms, faults):
            assert servers() == 0
            assert repr(sandbox) == f"<Sandbox {', '.join(COUNTERPARTS)}>"

        url = None

        def test_one_is(platforms, sandbox):
            global url
            platforms.github.me()
            assert servers() == 1
            url = platforms.github.link.settings.base_url

        def test_it_is_the_same_one(platforms):
            assert platforms.github.link.settings.base_url == url
            assert servers() == 1

        def test_a_second_one_by_its_faults(faults):
            faults("stripe")
            assert servers() == 2
        """
    )
    ran.assert_outcomes(passed=4)


def test_the_marker_and_the_setting_say_which_platforms_there_are(suite):
    ran = suite(
        """
        import pytest
        from unifykit import ConfigurationError, InvalidRequestError

        def test_the_setting(sandbox, platforms):
            assert repr(sandbox) == "<Sandbox github, stripe>"
            names = set(sandbox.environment())
            assert "UNIFYKIT_GITHUB_TOKEN" in names and "UNIFYKIT_STRIPE_SECRET_KEY" in names
            assert not any("OPENAI" in name for name in names)
            with pytest.raises(ConfigurationError, match="the sandbox has no account 'default' of openai"):
                platforms.openai

        @pytest.mark.unifykit("mapbox")
        def test_the_marker(sandbox, platforms, faults):
            assert repr(sandbox) == "<Sandbox mapbox>"
            with pytest.raises(InvalidRequestError, match="does not run 'github'"):
                faults("github")

        @pytest.mark.unifykit("gitbub")
        def test_no_such_platform(sandbox):
            pass
        """,
        ini="unifykit_platforms = github, stripe",
    )
    ran.assert_outcomes(passed=2, errors=1)
    ran.stdout.fnmatch_lines(["*the sandbox has no gitbub; it has: agora, github*"])


ASYNC = """
    async def test_first(async_platforms):
        assert (await async_platforms.mapbox.geocode.forward("Paris")).type == "FeatureCollection"

    async def test_second(async_platforms):
        assert (await async_platforms.github.me()).login == "octocat"
        assert (await async_platforms.mapbox.geocode.forward("Paris")).type == "FeatureCollection"
"""

ONE_LOOP = """
    import asyncio
    import inspect
    import pytest

    @pytest.fixture(scope="session")
    def the_loop():
        loop = asyncio.new_event_loop()
        yield loop
        loop.close()  # leaves to others to close what they opened on it

    @pytest.hookimpl(tryfirst=True)
    def pytest_pyfunc_call(pyfuncitem):
        if inspect.iscoroutinefunction(pyfuncitem.obj):
            loop = pyfuncitem._request.getfixturevalue("the_loop")
            given = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
            loop.run_until_complete(pyfuncitem.obj(**given))
            return True
"""


def test_async_with_one_loop_for_all_tests_leaves_no_connection(suite):
    suite(ASYNC, "-W", "error", conftest=ONE_LOOP).assert_outcomes(passed=2)


def test_async_with_anyio_which_makes_a_loop_for_each_test(suite):
    conftest = """
        import pytest

        @pytest.fixture
        def anyio_backend():
            return "asyncio"
    """
    marked = "\n    import pytest\n    pytestmark = pytest.mark.anyio\n" + ASYNC
    suite(marked, conftest=conftest).assert_outcomes(passed=2)


def test_async_without_any_plugin(suite):
    ran = suite(
        """
        import asyncio

        def test_two_loops(async_platforms):
            for _ in range(2):
                assert asyncio.run(async_platforms.github.me()).login == "octocat"

        def test_no_loop(async_platforms):
            pass
        """,
        "-p", "no:anyio",
    )  # fmt: skip
    ran.assert_outcomes(passed=2)


def test_each_worker_of_xdist_has_its_own_sandbox(suite, pytester):
    ran = suite(
        """
        import pathlib
        import pytest

        @pytest.mark.parametrize("turn", range(4))
        def test_create(platforms, turn, worker_id):
            platforms.github.repos.create("hello")
            pathlib.Path(f"{worker_id}-{turn}").write_text(platforms.github.link.settings.base_url)
        """,
        "-n", "2",
    )  # fmt: skip
    ran.assert_outcomes(passed=4)
    places = {(path.name.partition("-")[0], path.read_text()) for path in pytester.path.glob("gw*-*")}
    assert len(places) == len({worker for worker, _ in places}) == 2


@pytest.mark.parametrize("ending", ["assert False", "raise KeyboardInterrupt"])
def test_nothing_is_left_however_it_ends(suite, pytester, ending):
    ran = suite(
        f"""
        import pathlib

        def test_it(platforms, sandbox):
            platforms.redis.ping()
            pathlib.Path("url").write_text(sandbox.environment()["UNIFYKIT_REDIS_URL"])
            {ending}
        """,
        ini="unifykit_platforms = redis",
    )
    assert ran.ret == {"assert False": 1, "raise KeyboardInterrupt": 2}[ending]
    assert _gone((pytester.path / "url").read_text())


def test_a_missing_extra_says_what_to_type(suite):
    ran = suite(
        """
        import sys

        def test_it(platforms, monkeypatch):
            monkeypatch.setitem(sys.modules, "uvicorn", None)
            platforms.github.me()
        """
    )
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*pip install*unifykit[[]sandbox]*"])


def test_the_fixtures_are_told(suite):
    ran = suite("", "--fixtures", "-q")
    for name in ("sandbox", "platforms", "async_platforms", "faults", "virtual_clock"):
        ran.stdout.fnmatch_lines([f"{name} -- *plugin.py:*"])
    assert "_unifykit_running" not in ran.stdout.str()


def test_the_plugin_costs_next_to_nothing_where_it_is_not_used():
    """It is loaded with every run of pytest in the environment, of whatever project."""
    code = "import sys, pytest; before = set(sys.modules); import unifykit.testing.plugin; print(*sorted(set(sys.modules) - before))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.split() == ["unifykit", "unifykit.testing", "unifykit.testing.plugin"]


def test_the_plugin_is_found_by_its_entry_point():
    from importlib.metadata import entry_points

    [found] = entry_points(group="pytest11", name="unifykit")
    assert found.value == "unifykit.testing.plugin"


def test_the_tests_in_the_documentation_pass(suite):
    page = ROOT / "docs" / "how-to" / "testing.md"
    written = [block.code for block in blocks(page) if block.prints is None]
    ran = suite("\n\n".join(written))
    ran.assert_outcomes(passed=sum(code.count("\ndef test_") + code.startswith("def test_") for code in written))
