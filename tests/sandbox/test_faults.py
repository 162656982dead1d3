"""Faults on demand: each is real at the socket, and hits the requests that it was planned for."""

import asyncio
import doctest
import inspect
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import httpx
import pytest
from tests.loopback import Loopback, Reply

from unifykit import InvalidRequestError, UnexpectedResponseError
from unifykit.sandbox import Sandbox
from unifykit.sandbox.faults import Asked, Faults, Ways
from unifykit.sandbox.gate import Gate
from unifykit.sandbox.planning import Board

KEY = {"authorization": "Bearer sk_test_sandbox"}
CUSTOMERS = "POST /v1/customers"


@pytest.fixture(scope="module")
def running():
    with Sandbox(only=["stripe", "github", "openai"]) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


@pytest.fixture
def stripes(sandbox):
    return sandbox.faults("stripe")


@pytest.fixture
def url(sandbox):
    return sandbox.environment()["UNIFYKIT_STRIPE_BASE_URL"]


def customers(url):
    return httpx.get(f"{url}/v1/customers", headers=KEY, trust_env=False).json()["data"]


def post(url, path="/v1/customers", method="POST", token="sk_test_sandbox"):
    """Send one request on a raw socket; what came back, and how it ended."""
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), 10) as line:
        head = [
            f"{method} {path} HTTP/1.1",
            f"Host: {parts.netloc}",
            "User-Agent: raw",
            f"Authorization: Bearer {token}",
        ]
        line.sendall("\r\n".join([*head, "Content-Length: 0", "", ""]).encode())
        heard = b""
        try:
            while data := line.recv(65536):
                heard += data
                head, found, body = heard.partition(b"\r\n\r\n")
                length = [one for one in head.lower().split(b"\r\n") if one.startswith(b"content-length:")]
                if found and length and len(body) >= int(length[0].partition(b":")[2]):
                    return heard, "whole"
        except ConnectionResetError:
            return heard, "reset"
        return heard, "closed"


# --- what each is, at the socket -----------------------------------------------------------------------------------


def test_a_reset_is_one_and_nothing_was_executed(stripes, url):
    stripes.reset()
    assert post(url) == (b"", "reset")
    assert customers(url) == []
    assert stripes.seen == {"reset": 1}


def test_commit_then_drop_leaves_the_effect_and_resets(stripes, url):
    stripes.commit_then_drop()
    assert post(url) == (b"", "reset")
    assert len(customers(url)) == 1


def test_a_truncated_reply_tells_its_true_length_and_ends_in_the_middle(stripes, url):
    stripes.truncate(operation=CUSTOMERS)
    heard, ended = post(url)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert (head.split(b"\r\n")[0], ended) == (b"HTTP/1.1 200 OK", "closed")
    [length] = [int(one.partition(b":")[2]) for one in head.lower().split(b"\r\n") if one.startswith(b"content-length")]
    assert len(body) == length // 2 > 0
    assert len(customers(url)) == 1


@pytest.mark.parametrize(("method", "status"), [("DELETE", b"204"), ("HEAD", b"200")])
def test_a_reply_without_a_body_breaks_off_in_its_head(sandbox, method, status):
    github = sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]
    sandbox.faults("github").truncate()
    heard = post(github, "/repos/octocat/hello-world", method, token="sandbox-token")
    assert heard == (b"HTTP/1.1 " + status, "closed")


def test_a_chunked_reply_breaks_off_before_its_last_chunk(sandbox):
    sandbox.faults("openai").truncate()
    base = sandbox.environment()["UNIFYKIT_OPENAI_BASE_URL"]
    asked = {"model": "gpt-5-mini", "messages": [{"role": "user", "content": "one two three"}], "stream": True}
    headers = {"authorization": "Bearer sk-sandbox"}
    with pytest.raises(httpx.RemoteProtocolError, match=r"incomplete chunked read"):
        httpx.post(f"{base}/chat/completions", json=asked, headers=headers, trust_env=False)


def test_malformed_json_is_a_whole_reply_that_is_none(stripes, url):
    stripes.malformed_json()
    heard, ended = post(url)
    head, _, body = heard.partition(b"\r\n\r\n")
    assert (head.split(b"\r\n")[0], ended) == (b"HTTP/1.1 200 OK", "whole")
    with pytest.raises(ValueError, match=r"."):
        json.loads(body)
    assert len(customers(url)) == 1


def test_slow_executes_at_once_and_answers_late(stripes, url):
    stripes.slow(0.3, operation=CUSTOMERS)
    parts, began = urlsplit(url), time.monotonic()
    with socket.create_connection((parts.hostname, parts.port), 10) as line:
        line.sendall(b"POST /v1/customers HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk_test_sandbox\r\n"
                     b"Content-Length: 0\r\n\r\n")  # fmt: skip
        assert len(customers(url)) == 1, "the effect is there before the reply"
        assert line.recv(12) == b"HTTP/1.1 200"
    assert time.monotonic() - began >= 0.3


def test_a_slow_reply_is_not_waited_out_when_nobody_waits_for_it(url, stripes):
    stripes.slow(60.0)
    with pytest.raises(httpx.ReadTimeout):
        httpx.post(f"{url}/v1/customers", headers=KEY, trust_env=False, timeout=0.2)
    assert len(customers(url)) == 1


def test_a_slow_reply_holds_nothing_up_at_the_end(caplog):
    """Its reply comes early then: the client hears an answer, and the log nothing."""
    with Sandbox(only=["stripe"]) as sandbox, ThreadPoolExecutor(1) as pool:
        faults = sandbox.faults("stripe").slow(60.0)
        waiting = pool.submit(post, sandbox.environment()["UNIFYKIT_STRIPE_BASE_URL"])
        while not faults.seen:
            assert not waiting.done()
        began = time.monotonic()
        sandbox.close()
        assert time.monotonic() - began < 30
        assert waiting.result(10)[0].startswith(b"HTTP/1.1 200")
    assert caplog.records == []


def test_a_dripping_reply_comes_in_pieces(stripes, url):
    stripes.slow(0.2, drip=True)
    pieces, began = [], time.monotonic()
    with httpx.stream("POST", f"{url}/v1/customers", headers=KEY, trust_env=False) as reply:
        pieces += reply.iter_raw()
    assert time.monotonic() - began >= 0.2
    assert len(pieces) > 3
    assert json.loads(b"".join(pieces))["object"] == "customer"


def test_slow_and_what_was_planned_after_it_meet_the_same_request(stripes, url):
    stripes.slow(0.2).status(503).slow(0.2).reset()
    began = time.monotonic()
    assert b" 503 " in post(url)[0]
    assert post(url) == (b"", "reset")
    assert time.monotonic() - began >= 0.4
    assert stripes.seen == {"slow": 2, "status": 1, "reset": 1}
    assert customers(url) == []


@pytest.mark.parametrize(("status", "method"), [(307, "POST"), (303, "GET")])
def test_a_redirect_leads_to_the_same_address_elsewhere(stripes, url, status, method):
    with Loopback([Reply(body={"elsewhere": True})]) as other:
        stripes.redirect_to(other.url, status=status)
        reply = httpx.post(f"{url}/v1/customers?limit=1", headers=KEY, trust_env=False, follow_redirects=True)
        assert reply.json() == {"elsewhere": True}
        assert [(one.method, one.path) for one in other.seen] == [(method, "/v1/customers?limit=1")]
    stripes.redirect_to("other.example").redirect_to("https://other.example/there")
    found = [httpx.get(f"{url}/v1/customers", headers=KEY, trust_env=False).headers["location"] for _ in range(2)]
    assert found == ["http://other.example/v1/customers", "https://other.example/there"]


def test_the_connection_lives_on_after_an_error(stripes, url):
    stripes.status(500)
    with httpx.Client(base_url=url, headers=KEY, trust_env=False) as client:
        first = client.post("/v1/customers", data={"name": "x" * 200_000})
        second = client.post("/v1/customers", data={"name": "Ada"})
        ports = [reply.extensions["network_stream"].get_extra_info("client_addr")[1] for reply in (first, second)]
    assert (first.status_code, second.status_code) == (500, 200)
    assert ports[0] == ports[1]


# --- which requests ------------------------------------------------------------------------------------------------


def statuses(url, count, path="/v1/customers"):
    return [httpx.post(url + path, headers=KEY, trust_env=False).status_code for _ in range(count)]


def test_after_every_and_times(stripes, url):
    stripes.status(500, after=2, every=3, times=2)
    assert statuses(url, 12) == [200, 200, 200, 200, 500, 200, 200, 500, 200, 200, 200, 200]


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ({}, [500, 200, 200, 200]),
        ({"every": 2}, [200, 500, 200, 500]),
        ({"times": None}, [500, 500, 500, 500]),
        ({"after": 2}, [200, 200, 500, 200]),
        ({"after": 1, "times": 2}, [200, 500, 500, 200]),
    ],
)
def test_how_often(stripes, url, when, expected):
    stripes.status(500, **when)
    assert statuses(url, 4) == expected
    assert stripes.seen["status"] == expected.count(500)


def test_faults_come_in_the_order_in_which_they_were_planned(stripes, url):
    stripes.status(500).status(502, times=2).status(503)
    assert statuses(url, 5) == [500, 502, 502, 503, 200]


@pytest.mark.parametrize(
    ("operation", "hit"),
    [
        ("POST /v1/customers", ["POST /v1/customers"]),
        ("post /v1/customers/{id}", ["POST /v1/customers/cus_1"]),
        ("POST", ["POST /v1/customers", "POST /v1/customers/cus_1"]),
        ("* /v1/customers*", ["POST /v1/customers", "GET /v1/customers", "POST /v1/customers/cus_1"]),
        ("*", ["POST /v1/customers", "GET /v1/customers", "POST /v1/customers/cus_1", "GET /v1/x.y"]),
        ("GET /v1/x.y", ["GET /v1/x.y"]),
        ("GET /v1/x?y", []),
        (lambda asked: asked.headers.get("x") == "1", ["GET /v1/x.y"]),
    ],
)
def test_operations(operation, hit):
    board = Board()
    Faults("stripe", board).reset(operation=operation, times=None)
    asked = [
        Asked("POST", "/v1/customers"), Asked("GET", "/v1/customers"), Asked("POST", "/v1/customers/cus_1"),
        Asked("GET", "/v1/x.y", "a=1", {"x": "1"}),
    ]  # fmt: skip
    assert [f"{one.method} {one.path}" for one in asked if board.take(one)] == hit


def drawn(count=2000, seed=7, share=0.2):
    board = Board()
    Faults("stripe", board).randomly(share, seed=seed).status(503).reset().commit_then_drop(operation="POST")
    asked = [Asked("POST" if number % 2 else "GET", "/v1/customers") for number in range(count)]
    return [board.take(one) for one in asked], board.seen


def test_at_random_the_same_seed_gives_the_same_faults():
    assert drawn() == drawn()
    assert drawn()[0] != drawn(seed=8)[0]
    taken, seen = drawn()
    assert 0.17 < sum(map(bool, taken)) / len(taken) < 0.23
    assert all(len(one) <= 1 for one in taken)
    # A half of the requests are POSTs: a third of theirs, none of the others'.
    assert seen["commit_then_drop"] < seen["reset"] < 2 * seen["commit_then_drop"] + seen["status"]
    assert len(seen) == 3


def test_clear_plans_nothing_more_and_forgets_nothing(stripes, url):
    stripes.status(500, times=None).rate_limit(1)
    assert statuses(url, 1) == [500]
    stripes.clear()
    assert statuses(url, 3) == [200, 200, 200]
    assert stripes.seen == {"status": 1}


def test_a_reset_of_the_sandbox_forgets_both(sandbox, stripes, url):
    stripes.status(500, times=None)
    assert statuses(url, 1) == [500]
    sandbox.reset()
    assert statuses(url, 1) == [200]
    assert sandbox.faults("stripe").seen == {}


@pytest.mark.parametrize(
    ("plan", "said"),
    [
        (lambda f: f.status(200), "status is an HTTP status of 400 to 599, not 200"),
        (lambda f: f.status(503, times=0), "times is a whole number of 1 or more, not 0"),
        (lambda f: f.status(503, every=0), "every is a whole number of 1 or more"),
        (lambda f: f.status(503, after=-1), "after is a whole number of 0 or more"),
        (lambda f: f.status(503, after=0.5), "after is a whole number"),
        (lambda f: f.status(503, retry_after=-1), "retry_after is a number of seconds"),
        (lambda f: f.reset(operation="/v1/customers"), "a method and a path, such as 'POST /v1/customers'"),
        (lambda f: f.reset(operation=""), "a method and a path"),
        (lambda f: f.slow(float("inf")), "seconds is a number of seconds, not inf"),
        (lambda f: f.rate_limit(0), "limit is a whole number of 1 or more"),
        (lambda f: f.redirect_to(""), "redirect_to is a host or URL"),
        (lambda f: f.redirect_to("there.example", status=200), "301, 302, 303, 307 or 308"),
        (lambda f: f.randomly(0), "share is above 0 and at most 1, not 0"),
        (lambda f: f.randomly(1.1), "share is above 0"),
    ],
)
def test_what_makes_no_sense_is_refused(plan, said):
    board = Board()
    with pytest.raises(InvalidRequestError, match=said.replace("(", r"\(")):
        plan(Faults("stripe", board))
    assert board.take(Asked("POST", "/v1/customers")) == []


def test_a_platform_that_does_not_run_is_refused(sandbox):
    with pytest.raises(InvalidRequestError, match="does not run 'supabase': it runs stripe, github"):
        sandbox.faults("supabase")


def test_a_websocket_passes_untouched():
    passed = []

    async def app(scope, receive, send):
        passed.append(scope["type"])

    gate = Gate("supabase", app)
    gate.faults.reset(times=None)
    asyncio.run(gate({"type": "websocket"}, None, None))
    assert (passed, gate.faults.seen) == (["websocket"], {})


EXAMPLES = {
    name: doctest.DocTestParser().get_doctest(member.__doc__, {}, name, None, None)
    for name, member in {**vars(Ways), **vars(Faults)}.items()
    if inspect.isfunction(member) and ">>>" in (member.__doc__ or "")
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_is_true(name):
    with Sandbox(only=["stripe", "github", "gitlab", "openai", "mapbox"]) as sandbox, sandbox.platforms() as p:
        EXAMPLES[name].globs.update(p=p, sandbox=sandbox, UnexpectedResponseError=UnexpectedResponseError)
        runner = doctest.DocTestRunner(verbose=False)
        told = []
        runner.run(EXAMPLES[name], out=told.append)
    assert runner.summarize(verbose=False).failed == 0, "".join(told)
