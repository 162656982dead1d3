"""The GitLab sandbox's tokens, headers, errors, pages and limits, seen over plain HTTP."""

import re

import httpx
import pytest

from unifykit.sandbox.gitlab import Limits, create_app

from .conftest import serving

HELLO = "/api/v4/projects/tanuki%2Fhello-world"


def client(url, **headers):
    return httpx.Client(base_url=url, headers=headers or {"PRIVATE-TOKEN": "sandbox-token"}, trust_env=False)


@pytest.fixture
def url(clock):
    with serving(create_app(clock=clock)) as address:
        yield address


@pytest.fixture
def http(url):
    with client(url) as made:
        yield made


def test_tokens(url):
    for headers in ({"PRIVATE-TOKEN": "sandbox-token"}, {"Authorization": "Bearer sandbox-token"}):
        with client(url, **headers) as made:
            assert made.get("/api/v4/user").json()["username"] == "tanuki"
    for headers in ({"PRIVATE-TOKEN": "nope"}, {"Authorization": "Bearer nope"}, {"JOB-TOKEN": "sandbox-job-token"}):
        with client(url, **headers) as made:
            reply = made.get("/api/v4/user")
            assert (reply.status_code, reply.json()) == (401, {"message": "401 Unauthorized"})
    with client(url, **{"JOB-TOKEN": "sandbox-job-token"}) as made:
        assert made.get(f"{HELLO}/jobs/70001").json()["name"] == "build"


def test_without_a_token_what_is_public_can_be_read_and_nothing_written(url):
    with client(url, Accept="application/json") as made:
        assert made.get(HELLO).status_code == 200
        assert made.post(f"{HELLO}/issues", json={"title": "x"}).status_code == 401
        assert made.get("/api/v4/projects/nobody%2Fnothing").json() == {"message": "404 Project Not Found"}


def test_an_unknown_route_names_itself(http):
    reply = http.get("/api/v4/projects/1/wikis")
    assert (reply.status_code, reply.json()) == (
        501, {"message": "unifykit sandbox: GET /api/v4/projects/1/wikis is not implemented"}
    )  # fmt: skip
    assert http.put("/api/v4/user").status_code == 501
    assert http.get("/").status_code == 501


def test_parameters_that_are_missing_or_malformed(http):
    assert http.post(f"{HELLO}/issues", json={}).json() == {"error": "title is missing"}
    assert http.post(f"{HELLO}/issues", json={"title": ""}).json() == {"error": "title is empty"}
    assert http.post(f"{HELLO}/merge_requests", json={"title": "x"}).json() == {
        "error": "source_branch is missing, target_branch is missing"
    }
    assert http.get("/api/v4/projects?page=x").json() == {"error": "page is invalid"}
    assert http.get("/api/v4/projects?visibility=x").json() == {"error": "visibility does not have a valid value"}
    assert http.get(f"{HELLO}/issues/x").json() == {"error": "issue_iid is invalid"}
    assert http.post(f"{HELLO}/issues", content=b"{").status_code == 400
    reply = http.post(f"{HELLO}/issues", data={"title": "By form", "labels": "a,b"})
    assert (reply.status_code, reply.json()["labels"]) == (201, ["a", "b"])
    assert http.post(f"{HELLO}/issues?title=By%20query").json()["title"] == "By query"


def test_headers_every_reply_carries(http, clock):
    first, second = http.get("/api/v4/user"), http.get("/api/v4/user")
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert first.headers["ratelimit-limit"] == "2000"
    assert (first.headers["ratelimit-remaining"], second.headers["ratelimit-remaining"]) == ("1999", "1998")
    assert 0 < int(first.headers["ratelimit-reset"]) - clock.now.timestamp() <= 60
    again = http.get("/api/v4/user", headers={"If-None-Match": second.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_pages_by_number(http):
    for number in range(5):
        http.post(f"{HELLO}/issues", json={"title": f"Issue {number}"})
    reply = http.get(f"{HELLO}/issues?per_page=3&page=2")
    headers = {
        name: reply.headers[f"x-{name}"]
        for name in ("total", "total-pages", "page", "per-page", "next-page", "prev-page")
    }
    assert headers == {
        "total": "7",
        "total-pages": "3",
        "page": "2",
        "per-page": "3",
        "next-page": "3",
        "prev-page": "1",
    }
    rels = re.findall(r'<[^>]*[?&]page=(\d+)[^>]*>; rel="(\w+)"', reply.headers["link"])
    assert rels == [("1", "prev"), ("3", "next"), ("1", "first"), ("3", "last")]
    assert http.get(f"{HELLO}/issues?per_page=3&page=3").headers["x-next-page"] == ""
    assert http.get(f"{HELLO}/issues?per_page=3&page=9").json() == []


def test_keyset_pages_need_an_order_by_id(http):
    reply = http.get("/api/v4/projects?pagination=keyset&order_by=name")
    assert reply.status_code == 405
    assert "x-total" not in http.get("/api/v4/projects?pagination=keyset&order_by=id&per_page=1").headers


def test_commits_have_no_total(http):
    reply = http.get(f"{HELLO}/repository/commits")
    assert "x-total" not in reply.headers
    assert reply.headers["x-page"] == "1"


def test_the_limit(clock):
    with serving(create_app(clock=clock, limits=Limits(authenticated=2))) as url, client(url) as made:
        assert [made.get("/api/v4/user").status_code for _ in range(3)] == [200, 200, 429]
        refused = made.get("/api/v4/user")
        assert (refused.content, refused.headers["content-type"]) == (b"Retry later\n", "text/plain; charset=utf-8")
        assert int(refused.headers["retry-after"]) == int(refused.headers["ratelimit-reset"]) - int(
            clock.now.timestamp()
        )
        clock.tick(seconds=int(refused.headers["retry-after"]))
        assert made.get("/api/v4/user").status_code == 200


def test_artifacts_come_from_another_origin_that_takes_no_token(clock):
    app = create_app(clock=clock)
    with serving(app) as url, serving(app) as storage, client(url) as made:
        app.state.gateway.storage_url = storage
        reply = made.get(f"{HELLO}/jobs/70001/artifacts")
        there = reply.headers["location"]
        assert reply.status_code == 302
        assert there.startswith(storage)
        assert httpx.get(there, trust_env=False).content.startswith(b"PK")
        for headers in ({"PRIVATE-TOKEN": "sandbox-token"}, {"Authorization": "Bearer sandbox-token"}):
            assert httpx.get(there, headers=headers, trust_env=False).status_code == 400
        assert httpx.get(there[:-4] + "0000", trust_env=False).status_code == 403
