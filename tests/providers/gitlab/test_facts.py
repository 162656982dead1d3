"""What is promised of GitLab's traffic: sent once, waited for, in order, and no credential away from home."""

import threading
from urllib.parse import parse_qs

import pytest
from tests.loopback import Loopback, Reply, Reset, Truncate
from tests.providers.gitlab.conftest import accounts, sandbox_server, settings

from unifykit import ConnectionFailedError, RateLimitedError, UnavailableError
from unifykit.testing import VirtualClock

NOW = 1_800_000_000
ISSUE = {"id": 1, "iid": 1, "title": "x", "state": "opened"}
WRITES = {
    "issues.create": lambda p: p.gitlab.issues.create(1, title="x"),
    "issues.comment": lambda p: p.gitlab.issues.comment(1, 1, "x"),
    "issues.add_spent_time": lambda p: p.gitlab.issues.add_spent_time(1, 1, "1h"),
    "merge_requests.approve": lambda p: p.gitlab.merge_requests.approve(1, 1),
    "merge_requests.merge": lambda p: p.gitlab.merge_requests.merge(1, 1),
    "pipelines.create": lambda p: p.gitlab.pipelines.create(1, ref="main"),
    "pipelines.retry": lambda p: p.gitlab.pipelines.retry(1, 1),
    "jobs.retry": lambda p: p.gitlab.jobs.retry(1, 1),
    "projects.fork": lambda p: p.gitlab.projects.fork(1),
}
REPEATABLE = {
    "issues.close": (lambda p: p.gitlab.issues.close(1, 1), ISSUE),
    "issues.reset_spent_time": (lambda p: p.gitlab.issues.reset_spent_time(1, 1), {}),
    "pipelines.cancel": (lambda p: p.gitlab.pipelines.cancel(1, 1), {"id": 1, "status": "canceled"}),
    "projects.delete": (lambda p: p.gitlab.projects.delete(1), {}),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
def test_a_write_answered_503_is_sent_once(both, write):
    with Loopback([Reply(503, {"message": "Down"})]) as server:
        with pytest.raises(UnavailableError) as caught:
            both(gitlab=settings(server.url), clock=VirtualClock()).run(write)
        assert len(server.seen) == 1
    assert (caught.value.attempts, caught.value.maybe_executed, caught.value.retryable) == (1, True, False)


@pytest.mark.parametrize(("write", "body"), REPEATABLE.values(), ids=REPEATABLE)
def test_a_write_that_changes_nothing_the_second_time_is_sent_again(both, write, body):
    with Loopback([Reply(502, ""), Reset(), Reply(200, body)]) as server:
        both(gitlab=settings(server.url), clock=VirtualClock()).run(write)
        assert len(server.seen) == 3


@pytest.mark.parametrize("action", [Reset(), Truncate(Reply(201, ISSUE))], ids=["reset", "truncated"])
def test_a_write_cut_after_it_went_out_is_sent_once(both, action):
    with Loopback([action, Reply(201, ISSUE)]) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            both(gitlab=settings(server.url), clock=VirtualClock()).run(WRITES["issues.create"])
        assert len(server.seen) == 1
    assert caught.value.maybe_executed


def test_a_limited_write_waits_as_long_as_it_is_told_even_by_a_date(both):
    clock = VirtualClock(wall=NOW)
    limited = Reply(429, "Retry later\n", {"Retry-After": "Fri, 15 Jan 2027 08:00:02 GMT"})
    with Loopback([limited, Reply(201, ISSUE)]) as server:
        assert both(gitlab=settings(server.url), clock=clock).run(WRITES["issues.create"]).iid == 1
        assert len(server.seen) == 2
    assert clock.slept[0] >= 2


def test_an_exhausted_minute_is_known_before_the_next_request(both):
    clock = VirtualClock(wall=NOW)
    headers = {"RateLimit-Limit": "2000", "RateLimit-Remaining": "0", "RateLimit-Reset": str(NOW + 3000)}
    with Loopback([Reply(429, "Retry later\n", headers)]) as server:
        h = both(gitlab=settings(server.url), clock=clock)
        with pytest.raises(RateLimitedError) as caught:
            h.run(WRITES["issues.create"])
        assert caught.value.retry_after == pytest.approx(3000)
        with pytest.raises(RateLimitedError, match="nothing was sent"):
            h.run(lambda p: p.gitlab.me())
        assert len(server.seen) == 1
    assert clock.slept == []


def pages(count, size=3, *, totals=True):
    """Numbered pages of issues."""

    def decide(seen):
        page = int(parse_qs(seen.path.partition("?")[2]).get("page", ["1"])[0])
        headers = {"X-Page": str(page), "X-Next-Page": str(page + 1) if page < count else ""}
        if totals:
            headers |= {"X-Total-Pages": str(count), "X-Total": str(count * size)}
        return Reply(200, [{**ISSUE, "iid": (page - 1) * size + n} for n in range(size)], headers)

    return decide


def test_a_list_comes_in_order_and_no_more_than_eight_pages_are_in_flight(both):
    lock, flying, most, gate = threading.Lock(), [0], [0], threading.Event()
    plain = pages(20)

    def decide(seen):
        with lock:
            flying[0] += 1
            most[0] = max(most[0], flying[0])
        gate.wait(0.05)  # never set: a short pause, so that requests overlap
        with lock:
            flying[0] -= 1
        return plain(seen)

    with Loopback(decide) as server:
        found = both(gitlab=settings(server.url)).run(lambda p: p.gitlab.issues.list(1))
        assert [issue.iid for issue in found] == list(range(60))
        assert len(server.seen) == 20
        assert all("per_page=100" in seen.path for seen in server.seen)
    assert 1 < most[0] <= 8


def test_without_totals_each_page_names_the_next(both):
    with Loopback(pages(4, totals=False)) as server:
        found = both(gitlab=settings(server.url)).run(lambda p: p.gitlab.issues.list(1))
        assert [issue.iid for issue in found] == list(range(12))
        assert len(server.seen) == 4


def test_the_first_items_cost_one_request(both):
    with Loopback(pages(20)) as server:
        found = both(gitlab=settings(server.url)).run(lambda p: p.gitlab.issues.list(1).first(2))
        assert [issue.iid for issue in found] == [0, 1]
        assert len(server.seen) == 1


def test_pages_by_key_follow_the_link_at_home_whatever_host_it_names(both):
    def decide(seen):
        query = parse_qs(seen.path.partition("?")[2])
        edge = int(query.get("id_before", ["4"])[0])
        project = {"id": edge - 1, "name": "n", "path": "n", "path_with_namespace": "t/n"}
        link = f'<https://elsewhere.example/api/v4/projects?pagination=keyset&id_before={edge - 1}>; rel="next"'
        return Reply(200, [project], {"Link": link} if edge > 2 else {})

    with Loopback(decide) as server:
        found = both(gitlab=settings(server.url)).run(lambda p: p.gitlab.projects.list(order_by="id"))
        assert [project.id for project in found] == [3, 2, 1]
        assert "pagination=keyset" in server.seen[0].path
        assert all(seen.headers["private-token"] == "sandbox-token" for seen in server.seen)


def test_both_ways_of_counting_on_the_sandbox(both):
    with sandbox_server() as server:
        h = both(gitlab=accounts(server.url))
        made = [h.run(lambda p, n=n: p.gitlab.issues.create(101, title=f"Issue {n}")).iid for n in range(205)]
        found = h.run(lambda p: p.gitlab.issues.list(101, sort="asc"))
        assert [issue.iid for issue in found] == [1, 2, *made]
        cursor = h.run(lambda p: _cursor_after(p.gitlab.issues.list(101, sort="asc"), 150))
        rest = h.run(lambda p: p.gitlab.issues.list(101, sort="asc").resume(cursor))
        assert [issue.iid for issue in rest] == [1, 2, *made][150:]


def _cursor_after(pager, count):
    found = pager.first(count)
    if isinstance(found, list):
        return pager.cursor

    async def wait():
        await found
        return pager.cursor

    return wait()


def test_the_path_of_a_project_is_one_segment(both):
    with Loopback([Reply(200, {"id": 1, "name": "n", "path": "n", "path_with_namespace": "g/s/n"})]) as server:
        h = both(gitlab=settings(server.url))
        h.run(lambda p: p.gitlab.projects.get("group/sub group/näme"))
        h.run(lambda p: p.gitlab.projects.get("42"))
        assert [seen.path for seen in server.seen] == [
            "/api/v4/projects/group%2Fsub%20group%2Fn%C3%A4me", "/api/v4/projects/42",
        ]  # fmt: skip


def test_an_instance_below_a_path(both):
    with Loopback([Reply(200, {"id": 1, "username": "t"})]) as server:
        both(gitlab=settings(f"{server.url}/git/")).run(lambda p: p.gitlab.me())
        assert server.seen[0].path == "/git/api/v4/user"


def test_a_read_follows_a_project_that_has_moved(both):
    project = {"id": 7, "name": "n", "path": "n", "path_with_namespace": "new/n"}

    def decide(seen):
        moved = seen.path == "/api/v4/projects/old%2Fn"
        return Reply(301, "", {"Location": "/api/v4/projects/7"}) if moved else Reply(200, project)

    with Loopback(decide) as server:
        assert both(gitlab=settings(server.url)).run(lambda p: p.gitlab.projects.get("old/n")).id == 7
        assert [seen.headers["private-token"] for seen in server.seen] == ["sandbox-token"] * 2
