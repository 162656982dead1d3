"""What our wire leans on in PyGithub: two private names, and how its requester treats connections."""

import inspect
import random
import sys
import threading

import github
import pytest
from github.Requester import Requester
from tests.loopback import Loopback, Reply

from unifykit import Platforms
from unifykit.settings import GitHubSettings

CLUE = "PyGithub has changed: look at src/unifykit/_wires/pygithub.py, and pin PyGithub in pyproject.toml until it follows."


@pytest.fixture
def wired():
    server = Loopback([Reply(200, {"login": "octocat", "id": 1, "url": "/users/octocat"})])
    with server, Platforms(github=GitHubSettings(token="secret-token", base_url=server.url)) as p:
        yield p.github.native, server


def test_the_private_names_are_there():
    plain = github.Github()
    assert hasattr(plain, "_Github__requester"), f"Github.__requester is gone. {CLUE}"
    assert plain.requester is plain._Github__requester, f"Github.requester is no longer Github.__requester. {CLUE}"
    assert Requester._Requester__persist is True, f"Requester.__persist is gone or off. {CLUE}"
    plain.close()


def test_the_requester_takes_what_we_give_it():
    parameters = inspect.signature(Requester.requestJson).parameters
    assert list(parameters)[:6] == ["self", "verb", "url", "parameters", "headers", "input"], CLUE
    source = inspect.getsource(Requester)
    for name in ("__connectionClass", "__httpsConnectionClass", "__httpConnectionClass", "__createConnection"):
        assert name in source, f"Requester.{name} is gone. {CLUE}"
    for name in ("withAuth", "withLazy", "withApiVersion", "kwargs", "createException", "base_url", "auth"):
        assert hasattr(Requester, name), f"Requester.{name} is gone. {CLUE}"
    wanted = {"auth", "base_url", "timeout", "user_agent", "per_page", "verify", "retry", "pool_size", "lazy"}
    assert wanted <= set(inspect.signature(Requester.__init__).parameters), CLUE


def test_other_clients_of_the_process_are_not_touched(wired):
    native, _ = wired
    before = Requester._Requester__httpsConnectionClass
    assert type(native.requester)._Requester__httpsConnectionClass is not before
    assert type(native.requester)._Requester__persist is True
    assert before.__module__ == "github.Requester"
    assert "_Requester__persist" not in vars(Requester) or Requester._Requester__persist is True


@pytest.mark.parametrize(
    "derive",
    [
        lambda gh: gh.requester.withAuth(github.Auth.Token("other")),
        lambda gh: gh.requester.withLazy(True),
        lambda gh: gh.requester.withApiVersion("2022-11-28"),
    ],
    ids=["withAuth", "withLazy", "withApiVersion"],
)
def test_derived_requesters_stay_on_the_wire(wired, derive):
    native, server = wired
    derived = derive(native)
    assert type(derived) is type(native.requester)
    status, _, _ = derived.requestJson("GET", "/user")
    assert (status, len(server.seen)) == (200, 1)


def test_retries_and_pacing_are_off(wired):
    native, server = wired
    kwargs = native.requester.kwargs
    assert (kwargs["retry"], kwargs["seconds_between_requests"], kwargs["seconds_between_writes"]) == (None, None, None)
    server.script([Reply(503, {"message": "no"})])
    with pytest.raises(github.GithubException):
        native.requester.requestJsonAndCheck("POST", "/repos/a/b/issues", input={})
    assert len(server.seen) == 1


def test_a_202_is_not_polled_for(wired):
    native, server = wired
    server.script([Reply(202, {})])
    with pytest.raises(Exception, match="still computing"):
        native.requester.requestJson("GET", "/repos/a/b/stats/contributors")
    assert len(server.seen) == 1


def test_sixteen_threads_on_one_client_never_get_each_others_objects():
    calls, threads = 2_000, 16
    wrong: list[object] = []
    numbers = iter(random.sample(range(10_000, 99_999), calls))
    lock = threading.Lock()

    def decide(seen):
        number = int(seen.path.rpartition("/")[2])
        return Reply(200, {"id": number, "number": number, "title": str(number)})

    def work(p):
        while True:
            with lock:
                number = next(numbers, None)
            if number is None:
                return
            try:
                found = p.github.issues.get("a/b", number)
                if (found.number, found.title) != (number, str(number)):
                    wrong.append((number, found.number))
            except Exception as error:
                wrong.append(error)

    interval = sys.getswitchinterval()
    with Loopback(decide) as server, Platforms(github=GitHubSettings(token="t", base_url=server.url)) as p:
        p.github.issues.get("a/b", 1)
        sys.setswitchinterval(1e-5)
        try:
            workers = [threading.Thread(target=work, args=(p,)) for _ in range(threads)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join(100)
        finally:
            sys.setswitchinterval(interval)
        assert len(server.seen) == calls + 1
    assert wrong == []
