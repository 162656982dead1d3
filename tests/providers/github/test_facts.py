"""What is promised of GitHub's traffic: sent once, waited for, in order, to the byte, and no credential away from home."""

import threading
from urllib.parse import parse_qs

import pytest
from tests.loopback import Loopback, Reply, Reset, Truncate
from tests.providers.github.conftest import settings

from unifykit import (
    ConnectionFailedError,
    DeadlineExceededError,
    NotFoundError,
    RateLimitedError,
    Retry,
    UnavailableError,
    UnexpectedResponseError,
    UnifyError,
)
from unifykit.testing import VirtualClock

NOW = 1_800_000_000
ISSUE = {"id": 1, "number": 1, "title": "x", "state": "open"}


def create(p):
    return p.github.issues.create("a/b", title="x")


def test_a_write_answered_503_is_sent_once(both):
    with Loopback([Reply(503, {"message": "Unicorn"})]) as server:
        with pytest.raises(UnavailableError) as caught:
            both(github=settings(server.url), clock=VirtualClock()).run(create)
        assert len(server.seen) == 1
    assert (caught.value.attempts, caught.value.maybe_executed, caught.value.retryable) == (1, True, False)


@pytest.mark.parametrize("action", [Reset(), Truncate(Reply(201, ISSUE))], ids=["reset", "truncated"])
def test_a_write_cut_after_it_went_out_is_sent_once(both, action):
    with Loopback([action, Reply(201, ISSUE)]) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            both(github=settings(server.url), clock=VirtualClock()).run(create)
        assert len(server.seen) == 1
    assert caught.value.maybe_executed


def test_a_limited_write_waits_as_long_as_it_is_told(both):
    clock = VirtualClock()
    with Loopback([Reply(429, {"message": "Slow"}, {"Retry-After": "1"}), Reply(201, ISSUE)]) as server:
        assert both(github=settings(server.url), clock=clock).run(create).number == 1
        assert len(server.seen) == 2
    assert clock.slept[0] >= 1


def test_a_limit_that_ends_in_an_hour_fails_at_once(both):
    clock = VirtualClock(wall=NOW)
    headers = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(NOW + 3600), "X-RateLimit-Limit": "5000"}
    with Loopback([Reply(403, {"message": "API rate limit exceeded"}, headers)]) as server:
        h = both(github=settings(server.url), clock=clock)
        with pytest.raises(RateLimitedError) as caught:
            h.run(create)
        assert (caught.value.retry_after, caught.value.source) == (pytest.approx(3600), "provider")
        with pytest.raises(RateLimitedError, match="nothing was sent"):
            h.run(lambda p: p.github.me())
        assert len(server.seen) == 1
        assert h.p.github.quota["core"].remaining == 0
    assert clock.slept == []


def pages(count, base):
    def decide(seen):
        page = int(parse_qs(seen.path.partition("?")[2]).get("page", ["1"])[0])
        links = [f'<{base()}/repos/a/b/issues?per_page=100&page={count}>; rel="last"']
        if page < count:
            links.append(f'<{base()}/repos/a/b/issues?per_page=100&page={page + 1}>; rel="next"')
        issues = [{**ISSUE, "number": (page - 1) * 3 + n} for n in range(3)]
        return Reply(200, issues, {"Link": ", ".join(links)} if count > 1 else {})

    return decide


def test_a_list_comes_in_order_and_no_more_than_eight_pages_are_in_flight(both):
    lock, flying, most = threading.Lock(), [0], [0]
    with Loopback() as server:
        plain = pages(20, lambda: server.url)

        def decide(seen):
            with lock:
                flying[0] += 1
                most[0] = max(most[0], flying[0])
            gate.wait(0.05)
            with lock:
                flying[0] -= 1
            return plain(seen)

        gate = threading.Event()  # never set: a short pause, so that requests overlap
        server.script(decide)
        found = both(github=settings(server.url)).run(lambda p: p.github.issues.list("a/b"))
        assert [issue.number for issue in found] == list(range(60))
        assert len(server.seen) == 20
    assert 1 < most[0] <= 8


def test_the_first_items_cost_one_request(both):
    with Loopback() as server:
        server.script(pages(20, lambda: server.url))
        found = both(github=settings(server.url)).run(lambda p: p.github.issues.list("a/b").first(2))
        assert [issue.number for issue in found] == [0, 1]
        assert len(server.seen) == 1


def test_events_ask_who_one_is_only_once(both):
    event = {"id": "1", "type": "PushEvent", "repo": {"id": 1, "name": "a/b"}, "payload": {}}

    def decide(seen):
        if seen.path == "/user":
            return Reply(200, {"login": "octo cat", "id": 7})
        page = int(parse_qs(seen.path.partition("?")[2]).get("page", ["1"])[0])
        links = f'<{server.url}/user/7/events?per_page=100&page={page + 1}>; rel="next", <{server.url}/user/7/events?page=3>; rel="last"'
        return Reply(200, [{**event, "id": str(page)}], {"Link": links} if page < 3 else {})

    with Loopback() as server:
        server.script(decide)
        h = both(github=settings(server.url))
        assert [one.id for one in h.run(lambda p: p.github.events.list())] == ["1", "2", "3"]
        assert sorted(seen.path for seen in server.seen) == [
            "/user", "/users/octo%20cat/events?page=2&per_page=100", "/users/octo%20cat/events?page=3&per_page=100",
            "/users/octo%20cat/events?per_page=100",
        ]  # fmt: skip


def test_notifications_come_in_pages_of_fifty(both):
    with Loopback([Reply(200, [])]) as server:
        both(github=settings(server.url)).run(lambda p: p.github.notifications.list(include_read=True))
        assert server.seen[0].path == "/notifications?all=true&participating=false&per_page=50"


DATA = bytes(range(256)) * 4096


def raw(body=DATA):
    return Reply(200, body, {"Content-Type": "application/vnd.github.raw; charset=utf-8"})


def download(p):
    return p.github.repos.download("a/b", "x.bin")


def test_a_download_is_exact(both):
    with Loopback([raw()]) as server:
        assert both(github=settings(server.url)).run(download) == DATA
        assert server.seen[0].headers["accept"] == "application/vnd.github.raw+json"
        assert server.seen[0].headers["authorization"] == "token sandbox-token"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_download_from_elsewhere_takes_no_credential_along(both, host):
    query = "sig=a%2Bb%20c&blank=&z=1&a=2"
    with Loopback([raw()]) as storage, Loopback() as server:
        server.script([Reply(302, b"", {"Location": f"http://{host}:{storage.port}/blob?{query}"})])
        assert both(github=settings(server.url)).run(download) == DATA
        assert [seen.path for seen in storage.seen] == [f"/blob?{query}"]
        assert "authorization" not in storage.seen[0].headers
        assert not any("sandbox-token" in value for value in storage.seen[0].headers.values())


def test_a_download_that_moved_at_home_keeps_its_credential(both):
    with Loopback([Reply(302, b"", {"Location": "/elsewhere"}), raw()]) as server:
        assert both(github=settings(server.url)).run(download) == DATA
        assert [seen.headers.get("authorization") for seen in server.seen] == ["token sandbox-token"] * 2


def test_storage_that_refuses(both):
    with Loopback([Reply(403, "<xml/>")]) as storage, Loopback() as server:
        server.script([Reply(302, b"", {"Location": f"{storage.url}/blob"})])
        with pytest.raises(Exception, match="403 without saying why") as caught:
            both(github=settings(server.url)).run(download)
    assert caught.value.status == 403


def test_redirects_without_end_are_given_up(both):
    with Loopback([Reply(302, b"", {"Location": "/again"})]) as server:
        with pytest.raises(UnexpectedResponseError, match="redirects"):
            both(github=settings(server.url)).run(download)
        assert len(server.seen) == 6
    with Loopback([Reply(301, b"", {"Location": "/again"})]) as server:
        with pytest.raises(UnexpectedResponseError, match="redirects"):
            both(github=settings(server.url)).run(lambda p: p.github.me())
        assert len(server.seen) == 6


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_renamed_repository_is_found_whole(both, status):
    def decide(seen):
        path, _, query = seen.path.partition("?")
        if path.startswith("/repos/old/"):
            return Reply(status, {"message": "Moved"}, {"Location": f"{server.url}/repositories/1/issues?{query}"})
        page = int(parse_qs(query).get("page", ["1"])[0])
        link = {"Link": f'<{server.url}/repositories/1/issues?page=2>; rel="next"'} if page == 1 else {}
        return Reply(200, [{**ISSUE, "number": page}], link)

    with Loopback() as server:
        server.script(decide)
        h = both(github=settings(server.url))
        assert [issue.number for issue in h.run(lambda p: p.github.issues.list("old/name", state="all"))] == [1, 2]
        assert all("state=all" in seen.path for seen in server.seen)


@pytest.mark.parametrize("status", [301, 307, 308])
def test_a_moved_write_goes_to_the_new_place_once(both, status):
    with Loopback() as server:
        server.script([Reply(status, {}, {"Location": f"{server.url}/repositories/1/issues"}), Reply(201, ISSUE)])
        assert both(github=settings(server.url)).run(create).number == 1
        assert [(seen.method, seen.path) for seen in server.seen] == [
            ("POST", "/repos/a/b/issues"), ("POST", "/repositories/1/issues"),
        ]  # fmt: skip
        assert server.seen[0].body == server.seen[1].body == b'{"title": "x"}'


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_write_is_not_taken_to_another_server(both, status):
    with Loopback() as other, Loopback() as server:
        server.script([Reply(status, {}, {"Location": f"{other.url}/repos/a/b/issues"})])
        with pytest.raises(UnexpectedResponseError):
            both(github=settings(server.url)).run(create)
        assert other.seen == []
        assert len(server.seen) == 1


def test_somebody_who_has_access_already_gets_no_invitation(both):
    with Loopback([Reply(204, b"", {"Content-Length": None})]) as server:
        assert both(github=settings(server.url)).run(lambda p: p.github.collaborators.add("a/b", "c")) is None


def test_accounts_and_options(both):
    with Loopback([Reply(200, {"login": "octocat", "id": 1})]) as server:
        h = both(github={"default": settings(server.url), "bot": settings(server.url, "bot-token")})
        h.run(lambda p: p.github.me())
        h.run(lambda p: p.github.with_options(timeout=5).me())
        h.run(lambda p: p.github.with_options(timeout=5).me())
        h.run(lambda p: p.github["bot"].me())
        assert [seen.headers["authorization"] for seen in server.seen] == ["token sandbox-token"] * 3 + [
            "token bot-token"
        ]
        assert [seen.connection for seen in server.seen] == [1, 1, 1, 2]
        assert h.p.github["bot"] is h.p.github["bot"]
        assert h.p.github.with_options(timeout=5) is h.p.github.with_options(timeout=5)


def test_a_deadline_is_told_as_one_and_not_as_a_lost_connection(both):
    clock = VirtualClock()
    with Loopback([Reply(503, {})]) as server:
        h = both(github=settings(server.url), clock=clock, timeout=10, retry=Retry(max_attempts=9, wait=lambda _: 4.0))
        with pytest.raises(UnifyError) as caught:
            h.run(lambda p: p.github.me())
        late = Retry(max_attempts=9, wait=lambda _: clock.advance(60) or 0.0)
        h = both(github=settings(server.url), clock=clock, timeout=10, retry=late)
        with pytest.raises(DeadlineExceededError) as passed:
            h.run(lambda p: p.github.me())
    assert caught.value.phase == "retry wait"
    assert passed.value.phase == "retry wait"


def test_a_write_whose_reply_makes_no_sense_may_have_happened(both):
    with Loopback([Reply(201, "<html>")]) as server:
        with pytest.raises(UnexpectedResponseError) as caught:
            both(github=settings(server.url)).run(create)
        assert len(server.seen) == 1
    assert caught.value.maybe_executed


def test_a_read_whose_reply_makes_no_sense_changed_nothing(both):
    with Loopback([Reply(200, "<html>")]) as server, pytest.raises(UnexpectedResponseError) as caught:
        both(github=settings(server.url)).run(lambda p: p.github.me())
    assert not caught.value.maybe_executed


def test_the_sdk_s_own_client_is_behind_the_same_wire(both):
    seen = []
    with Loopback([Reply(503, {}), Reply(200, {"login": "octocat", "id": 1, "url": "/user"})]) as server:
        h = both(github=settings(server.url), clock=VirtualClock(), observers=[seen.append])
        assert h.p.github.native.get_user().login == "octocat"
        assert len(server.seen) == 2
    assert {event.operation for event in seen} == {"native"}


def test_a_file_that_comes_without_its_bytes_says_to_download_it(both):
    """https://docs.github.com/en/rest/repos/contents#get-repository-content: 1-100 MB have no content."""
    big = {"type": "file", "name": "x", "path": "x", "sha": "a", "size": 2_000_000, "encoding": "none", "content": ""}
    with Loopback([Reply(200, big)]) as server:
        file = both(github=settings(server.url)).run(lambda p: p.github.repos.contents("a/b", "x"))
    with pytest.raises(ValueError, match="download it"):
        _ = file.decoded


def test_a_delete_that_finds_nothing_after_a_lost_reply_may_have_happened(both):
    """The first attempt deleted, its reply was lost, the second finds nothing: the error says so."""
    with Loopback([Reset(), Reply(404, {"message": "Not Found"})]) as server:
        harness = both(github=settings(server.url), clock=VirtualClock())

        with pytest.raises(NotFoundError) as caught:
            harness.run(lambda p: p.github.repos.delete("octocat/hello-world"))

    assert len(server.seen) == 2
    assert caught.value.maybe_executed


def test_a_resource_that_is_not_there_is_plainly_not_there(both):
    with Loopback([Reply(404, {"message": "Not Found"})]) as server:
        harness = both(github=settings(server.url), clock=VirtualClock())

        with pytest.raises(NotFoundError) as caught:
            harness.run(lambda p: p.github.repos.delete("octocat/hello-world"))

    assert not caught.value.maybe_executed
