"""One `Platforms` for every thread, loop and fork: each caller gets the reply to its own request, and no socket is left."""

import asyncio
import gc
import os
import pickle
import re
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.loopback import Loopback, Reply, Seen
from tests.wires.natives import settings_for

from unifykit import AsyncPlatforms, Platforms
from unifykit.settings import OpenAISettings


def echo(seen: Seen) -> Reply:
    """Answer with the number that ends the path."""
    found = re.search(r"(\d+)$", seen.path)
    number = found[1] if found else "0"
    thing = {"id": number, "object": "customer"}
    return Reply(body=[thing] if seen.path.startswith("/rest/") else thing)


SYNC: dict[str, Callable[[Any, int], Any]] = {
    "github": lambda p, n: p.github.native.requester.requestJsonAndCheck("GET", f"/repos/o/r{n}")[1]["id"],
    "gitlab": lambda p, n: p.gitlab.native.http_get(f"/things/{n}")["id"],
    "stripe": lambda p, n: p.stripe.native.v1.customers.retrieve(f"cus_{n}").id,
    "openai": lambda p, n: p.openai.native.models.retrieve(f"m{n}").id,
    "supabase": lambda p, n: p.supabase.native.table("t").select("*").eq("id", n).execute().data[0]["id"],
}


async def _ask_stripe(p: Any, n: int) -> Any:
    return (await p.stripe.native.v1.customers.retrieve_async(f"cus_{n}")).id


async def _ask_openai(p: Any, n: int) -> Any:
    return (await p.openai.native.models.retrieve(f"m{n}")).id


async def _ask_supabase(p: Any, n: int) -> Any:
    return (await p.supabase.native.table("t").select("*").eq("id", n).execute()).data[0]["id"]


async def _ask_github(p: Any, n: int) -> Any:
    return await p.github.link.in_thread(lambda: SYNC["github"](p, n))


ASYNC: dict[str, Callable[[Any, int], Any]] = {
    "github": _ask_github,
    "stripe": _ask_stripe,
    "openai": _ask_openai,
    "supabase": _ask_supabase,
}


def sockets() -> int:
    """How many sockets this process has open."""
    gc.collect()
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            found += str(descriptor.readlink()).startswith("socket:")
        except OSError:
            continue
    return found


@pytest.fixture(autouse=True)
def _no_socket_is_left() -> Any:
    before = sockets()
    yield
    assert sockets() == before


def in_threads(count: int, work: Callable[[int], None]) -> None:
    """Run `work(index)` in threads that start together; the first failure is raised."""
    failures: list[BaseException] = []
    start = threading.Barrier(count)

    def run(index: int) -> None:
        start.wait()
        try:
            work(index)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


both_transports = pytest.mark.parametrize("transport", ["httpx", "aiohttp"])


def test_sixteen_threads_get_their_own_replies() -> None:
    with Loopback(echo) as server, Platforms(**settings_for(server.url)) as p:

        def work(index: int) -> None:
            for call in range(250):
                number = index * 10_000 + call
                for name, ask in SYNC.items():
                    assert ask(p, number) == str(number), name

        in_threads(16, work)
        assert len(server.seen) == 16 * 250 * len(SYNC)


@both_transports
def test_fifty_loops_one_after_the_other(transport: str) -> None:
    with Loopback(echo) as server:
        p = AsyncPlatforms(**settings_for(server.url, transport=transport))

        async def work(run: int) -> None:
            for name, ask in ASYNC.items():
                numbers = [run * 100 + n for n in range(3)]
                assert await asyncio.gather(*(ask(p, n) for n in numbers)) == [str(n) for n in numbers], name

        asyncio.run(work(0))
        settled = sockets()
        for run in range(1, 50):
            asyncio.run(work(run))
        assert sockets() <= settled + 4  # PyGithub's own connections outlive a loop; the others' end with it
        p.github.link.close()


@both_transports
def test_a_loop_in_each_of_ten_threads(transport: str) -> None:
    with Loopback(echo) as server:
        p = AsyncPlatforms(**settings_for(server.url, transport=transport))

        async def work(index: int) -> None:
            for call in range(20):
                for name, ask in ASYNC.items():
                    number = index * 1_000 + call
                    assert await ask(p, number) == str(number), name

        in_threads(10, lambda index: asyncio.run(work(index)))
        p.github.link.close()


def test_closing_leaves_the_object_usable() -> None:
    with Loopback(echo) as server:
        p = Platforms(**settings_for(server.url))
        for ask in SYNC.values():
            assert ask(p, 1) == "1"
        p.close()
        for ask in SYNC.values():
            assert ask(p, 2) == "2"
        p.close()


def test_closing_an_sdks_client_leaves_the_others_their_connections() -> None:
    with Loopback(echo) as server, Platforms(**settings_for(server.url)) as p:
        with p.openai.native as openai:
            assert openai.with_options(timeout=5).models.retrieve("m1").id == "1"
        p.supabase.native.options.httpx_client.close()
        p.gitlab.native.session.close()
        for ask in SYNC.values():
            assert ask(p, 2) == "2"


@both_transports
def test_closing_an_async_sdks_client_leaves_the_others_their_connections(transport: str) -> None:
    async def go(url: str) -> None:
        async with AsyncPlatforms(**settings_for(url, transport=transport)) as p:
            async with p.openai.native as openai:
                assert (await openai.models.retrieve("m1")).id == "1"
            await p.supabase.native.options.httpx_client.aclose()
            for ask in ASYNC.values():
                assert await ask(p, 2) == "2"

    with Loopback(echo) as server:
        asyncio.run(go(server.url))


def fork() -> int:
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", DeprecationWarning
        )  # from 3.12 on: forking beside threads, which is the point here
        return os.fork()


def both_sides(work: Callable[[int], None]) -> None:
    """Run `work(first number)` in a child and here at once."""
    child = fork()
    if child == 0:
        try:
            work(1_000)
        except BaseException as error:
            os.write(2, f"in the child: {error!r}\n".encode())
            os._exit(1)
        os._exit(0)
    work(2_000)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("name", SYNC)
def test_a_fork_with_warm_connections(name: str) -> None:
    ask = SYNC[name]
    with Loopback(echo) as server, Platforms(**settings_for(server.url)) as p:
        in_threads(8, lambda index: [ask(p, index) for _ in range(5)] and None)  # several idle connections

        def work(first: int) -> None:
            for number in range(first, first + 200):
                assert ask(p, number) == str(number)

        both_sides(work)
        connections = {seen.path: seen.connection for seen in server.seen if re.search(r"[12]\d{3}$", seen.path)}
        children = {connection for path, connection in connections.items() if re.search(r"1\d{3}$", path)}
        assert len(connections) == 400
        assert not children & (set(connections.values()) - children)


@pytest.mark.parametrize(("name", "transport"), [*[(name, "httpx") for name in ASYNC], ("openai", "aiohttp")])
def test_a_fork_with_a_warm_loop(name: str, transport: str) -> None:
    ask = ASYNC[name]

    async def calls(p: Any, first: int) -> None:
        for start in range(first, first + 100, 10):
            numbers = range(start, start + 10)
            assert await asyncio.gather(*(ask(p, n) for n in numbers)) == [str(n) for n in numbers]

    with Loopback(echo) as server, asyncio.Runner() as runner:
        p = AsyncPlatforms(**settings_for(server.url, transport=transport))
        runner.run(calls(p, 3_000))
        both_sides(lambda first: asyncio.run(calls(p, first)) if first == 1_000 else runner.run(calls(p, first)))
        runner.run(p.aclose())


@pytest.mark.parametrize("name", SYNC)
def test_natives_refuse_to_be_pickled_and_show_no_secret(name: str) -> None:
    with Platforms(**settings_for("http://127.0.0.1:9", "sk_test_verysecret")) as p:
        native = getattr(p, name).native
        for thing in (native, getattr(p, name), p):
            with pytest.raises(TypeError):
                pickle.dumps(thing)
            assert "verysecret" not in repr(thing) + str(thing)
    if name in ASYNC:
        native = getattr(AsyncPlatforms(**settings_for("http://127.0.0.1:9", "sk_test_verysecret")), name).native
        with pytest.raises(TypeError):
            pickle.dumps(native)
        assert "verysecret" not in repr(native)


def test_a_platforms_that_nobody_closes_leaves_no_socket():
    """Its connections are closed when it is thrown away; an unclosed socket would be an error here."""
    with Loopback([Reply(200, {"object": "list", "data": []})]) as server:
        p = Platforms(openai=OpenAISettings(api_key="x", base_url=f"{server.url}/v1"))
        p.openai.native.models.list()
        before = len(server.seen)
        del p
        gc.collect()
    assert before == 1
