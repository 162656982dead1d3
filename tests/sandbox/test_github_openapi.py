"""Every reply of the GitHub sandbox, and every request of this scenario, against GitHub's own OpenAPI description."""

import json
import re
from base64 import b64encode
from urllib.parse import urlsplit

import httpx
import pytest
from tests.contracts.github import ContractError, find_operation, validate_exchange

from unifykit.sandbox.github import create_app

HELLO = "/repos/octocat/hello-world"


class Contract:
    """Validates each exchange as it passes and remembers which operations were seen."""

    def __init__(self):
        self.seen = set()

    def __call__(self, response):
        response.read()
        request = response.request
        sent = request.read()
        url = urlsplit(str(request.url))
        path = url.path + (f"?{url.query}" if url.query else "")
        kind = response.headers.get("content-type", "")
        body = None
        if response.content:
            body = response.json() if kind.startswith("application/json") else response.text
        template = validate_exchange(
            request.method,
            path,
            response.status_code,
            json.loads(sent) if sent else None,
            body,
            kind,
            closed=True,
        )
        self.seen.add((request.method, template, response.status_code))


@pytest.fixture
def contract(http, reviewer, anonymous):
    contract = Contract()
    for client in (http, reviewer, anonymous):
        client.event_hooks["response"].append(contract)
    return contract


def encoded(text):
    return b64encode(text.encode()).decode()


def put(client, path, text, branch, repo=HELLO, **more):
    body = {"message": f"Write {path}", "content": encoded(text), "branch": branch, **more}
    return client.put(f"{repo}/contents/{path}", json=body)


def branch_off(client, name, repo=HELLO):
    sha = client.get(f"{repo}/git/ref/heads/main").json()["object"]["sha"]
    return client.post(f"{repo}/git/refs", json={"ref": f"refs/heads/{name}", "sha": sha})


def expect(status, response):
    assert response.status_code == status, response.text
    return response


def test_account_and_meta(contract, http, anonymous):
    for path in (
        "/",
        "/versions",
        "/meta",
        "/user",
        "/users/hubot",
        "/user/orgs",
        "/orgs/github-sandbox",
        "/rate_limit",
    ):
        expect(200, http.get(path))
    for path in ("/user/repos?visibility=all&sort=created&direction=asc", "/users/octocat/repos?type=owner",
                 "/orgs/github-sandbox/repos", "/gists", "/users/octocat/events", "/events", "/notifications?all=true"):  # fmt: skip
        expect(200, http.get(path))
    expect(200, anonymous.get("/users/octocat"))
    expect(200, anonymous.get("/gists"))
    expect(401, anonymous.get("/user"))
    expect(404, http.get("/users/nobody"))
    expect(404, http.get("/orgs/octocat"))
    etag = http.get("/user").headers["etag"]
    expect(304, http.get("/user", headers={"If-None-Match": etag}))
    assert len(contract.seen) >= 17


def test_repositories(contract, http, reviewer):
    made = {"name": "fresh", "description": "New", "auto_init": True, "private": False}
    expect(201, http.post("/user/repos", json=made))
    expect(422, http.post("/user/repos", json=made))
    expect(422, http.post("/user/repos", json={}))
    expect(201, http.post("/orgs/github-sandbox/repos", json={"name": "team", "private": True}))
    expect(200, http.get("/orgs/github-sandbox/repos"))
    expect(200, http.get("/repos/github-sandbox/team"))
    expect(409, http.get("/repos/github-sandbox/team/commits"))
    expect(200, http.get(HELLO))
    expect(200, http.patch("/repos/octocat/fresh", json={"description": "Newer", "has_wiki": False}))
    expect(404, http.get("/repos/octocat/none"))
    expect(202, reviewer.post(f"{HELLO}/forks", json={}))
    expect(200, http.get(f"{HELLO}/forks"))
    expect(200, http.get("/repos/hubot/hello-world"))
    expect(200, http.get("/search/repositories?q=hello+in:name&per_page=5"))
    expect(422, http.get("/search/repositories?q="))
    expect(200, http.get(f"{HELLO}/languages"))
    expect(200, http.put(f"{HELLO}/topics", json={"names": ["sandbox"]}))
    expect(200, http.get(f"{HELLO}/topics"))
    expect(403, reviewer.delete("/repos/octocat/fresh"))
    expect(204, http.delete("/repos/octocat/fresh"))
    expect(200, http.get("/users/octocat/events"))
    expect(200, http.get("/users/hubot/events"))


def test_files(contract, http):
    expect(200, http.get(f"{HELLO}/contents/README.md"))
    expect(200, http.get(f"{HELLO}/contents/README.md?ref=main", headers={"Accept": "application/vnd.github.raw+json"}))
    expect(200, http.get(f"{HELLO}/contents/src"))
    expect(200, http.get(f"{HELLO}/readme"))
    expect(404, http.get(f"{HELLO}/contents/none"))
    written = expect(201, put(http, "docs/a b.md", "one\n", "main")).json()["content"]["sha"]
    expect(422, put(http, "docs/a b.md", "two\n", "main"))
    expect(409, put(http, "docs/a b.md", "two\n", "main", sha="0" * 40))
    written = expect(200, put(http, "docs/a b.md", "two\n", "main", sha=written)).json()["content"]["sha"]
    gone = {"message": "Remove", "sha": written, "branch": "main"}
    expect(200, http.request("DELETE", f"{HELLO}/contents/docs/a b.md", json=gone))
    expect(200, http.get(f"{HELLO}/contents/.github/workflows/ci.yml"))


def test_issues(contract, http, reviewer):
    sent = {"title": "Broken", "body": "cc @hubot", "labels": ["bug", "new-one"], "assignees": ["hubot"]}
    number = expect(201, http.post(f"{HELLO}/issues", json=sent)).json()["number"]
    issue = f"{HELLO}/issues/{number}"
    expect(422, http.post(f"{HELLO}/issues", json={"body": "no title"}))
    expect(200, http.get(f"{HELLO}/issues?state=all&labels=bug&sort=updated&direction=asc&since=2020-01-01T00:00:00Z"))
    expect(200, http.get(issue))
    expect(404, http.get(f"{HELLO}/issues/999"))
    comment = expect(201, reviewer.post(f"{issue}/comments", json={"body": "Looking, @octocat"})).json()["id"]
    expect(200, http.get(f"{issue}/comments"))
    expect(200, http.get(f"{HELLO}/issues/comments/{comment}"))
    expect(200, reviewer.patch(f"{HELLO}/issues/comments/{comment}", json={"body": "Found"}))
    expect(204, reviewer.delete(f"{HELLO}/issues/comments/{comment}"))
    expect(201, http.post(f"{issue}/assignees", json={"assignees": ["octocat"]}))
    expect(200, http.request("DELETE", f"{issue}/assignees", json={"assignees": ["hubot"]}))
    expect(200, http.post(f"{issue}/labels", json={"labels": ["documentation"]}))
    expect(200, http.put(f"{issue}/labels", json={"labels": ["bug", "enhancement"]}))
    expect(200, http.get(f"{issue}/labels"))
    expect(200, http.delete(f"{issue}/labels/bug"))
    expect(404, http.delete(f"{issue}/labels/bug"))
    expect(204, http.delete(f"{issue}/labels"))
    expect(201, http.post(f"{HELLO}/labels", json={"name": "good first issue", "color": "7057ff"}))
    expect(422, http.post(f"{HELLO}/labels", json={"name": "good first issue", "color": "7057ff"}))
    expect(200, http.get(f"{HELLO}/labels"))
    expect(200, http.get(f"{HELLO}/labels/good first issue"))
    expect(204, http.delete(f"{HELLO}/labels/good first issue"))
    expect(200, http.patch(issue, json={"state": "closed", "state_reason": "not_planned", "title": "Fixed"}))
    expect(200, http.get(f"{HELLO}/issues?state=closed"))
    for client, user in ((http, "octocat"), (reviewer, "hubot")):
        expect(200, client.get(f"/users/{user}/events"))
        threads = expect(200, client.get("/notifications")).json()
        assert threads
        expect(200, client.get(f"/notifications/threads/{threads[0]['id']}"))
        expect(205, client.patch(f"/notifications/threads/{threads[0]['id']}"))
        expect(205, client.put("/notifications", json={}))
        expect(204, client.delete(f"/notifications/threads/{threads[0]['id']}"))
    expect(200, http.patch(HELLO, json={"has_issues": False}))
    expect(410, http.post(f"{HELLO}/issues", json={"title": "Too late"}))


def test_pulls(contract, http, reviewer):
    expect(201, branch_off(http, "feature/one"))
    expect(422, http.post(f"{HELLO}/pulls", json={"title": "x", "head": "feature/one", "base": "main"}))
    expect(201, put(http, "src/new.py", "print(1)\n", "feature/one"))
    opened = {"title": "One", "head": "feature/one", "base": "main", "body": "For @hubot"}
    number = expect(201, http.post(f"{HELLO}/pulls", json=opened)).json()["number"]
    pull = f"{HELLO}/pulls/{number}"
    expect(422, http.post(f"{HELLO}/pulls", json=opened))
    expect(200, http.get(f"{HELLO}/pulls?state=open&head=octocat:feature/one&base=main&sort=created&direction=desc"))
    expect(200, http.get(f"{HELLO}/issues"))
    expect(200, http.get(pull))
    expect(200, http.get(pull, headers={"Accept": "application/vnd.github.diff"}))
    expect(200, http.patch(pull, json={"title": "One!", "state": "open"}))
    expect(200, http.get(f"{pull}/files"))
    expect(200, http.get(f"{pull}/commits"))
    expect(422, http.post(f"{pull}/reviews", json={"event": "APPROVE"}))
    expect(200, reviewer.post(f"{pull}/reviews", json={"event": "APPROVE", "body": "Fine"}))
    expect(200, reviewer.post(f"{pull}/reviews", json={"body": "Pending"}))
    expect(200, reviewer.get(f"{pull}/reviews"))
    expect(404, http.get(f"{pull}/merge"))
    expect(409, http.put(f"{pull}/merge", json={"sha": "0" * 40}))
    expect(200, http.put(f"{pull}/merge", json={"merge_method": "squash", "commit_title": "All of it"}))
    expect(405, http.put(f"{pull}/merge", json={}))
    expect(204, http.get(f"{pull}/merge"))
    expect(200, http.get(pull))
    expect(200, http.get("/users/octocat/events"))
    expect(200, http.get("/users/hubot/events"))
    expect(200, reviewer.get("/notifications"))


def test_git(contract, http):
    expect(201, branch_off(http, "topic/a"))
    expect(422, branch_off(http, "topic/a"))
    expect(422, http.post(f"{HELLO}/git/refs", json={"ref": "refs/heads/b", "sha": "1" * 40}))
    expect(201, put(http, "new.txt", "new\n", "topic/a"))
    for path in ("/branches", "/branches/topic/a", "/branches/topic%2Fa", "/git/ref/heads/topic/a",
                 "/git/refs/heads/topic/a", "/git/matching-refs/heads/topic", "/commits?sha=topic/a&path=new.txt",
                 "/commits/topic/a", "/compare/main...topic/a", "/compare/topic/a...main", "/compare/main...main"):  # fmt: skip
        expect(200, http.get(HELLO + path))
    expect(200, http.get(f"{HELLO}/compare/main...topic/a", headers={"Accept": "application/vnd.github.diff"}))
    for path in ("/branches/none", "/git/ref/heads/none", "/compare/main...none"):
        expect(404, http.get(HELLO + path))
    expect(422, http.get(f"{HELLO}/commits/none"))
    tip = http.get(f"{HELLO}/git/ref/heads/topic/a").json()["object"]["sha"]
    expect(200, http.patch(f"{HELLO}/git/refs/heads/main", json={"sha": tip, "force": False}))
    expect(204, http.delete(f"{HELLO}/git/refs/heads/topic/a"))
    expect(422, http.delete(f"{HELLO}/git/refs/heads/topic/a"))


def test_hooks(contract, http, reviewer):
    config = {"url": "https://example.com/hook", "content_type": "json", "secret": "s"}
    made = expect(201, http.post(f"{HELLO}/hooks", json={"config": config, "events": ["push", "issues"]})).json()
    hook = f"{HELLO}/hooks/{made['id']}"
    expect(422, http.post(f"{HELLO}/hooks", json={"config": config, "events": ["push"]}))
    expect(422, http.post(f"{HELLO}/hooks", json={"config": {}}))
    expect(404, reviewer.get(hook))
    expect(200, http.get(f"{HELLO}/hooks"))
    expect(200, http.get(hook))
    expect(200, http.patch(hook, json={"add_events": ["pull_request"], "active": True}))
    expect(204, http.post(f"{hook}/tests"))
    expect(204, http.post(f"{hook}/pings"))
    deliveries = expect(200, http.get(f"{hook}/deliveries")).json()
    expect(200, http.get(f"{hook}/deliveries/{deliveries[0]['id']}"))
    expect(204, http.delete(hook))
    expect(404, http.get(hook))


def test_actions(contract, http):
    flows = f"{HELLO}/actions/workflows"
    expect(200, http.get(flows))
    expect(200, http.get(f"{flows}/ci.yml"))
    expect(204, http.post(f"{flows}/ci.yml/dispatches", json={"ref": "main", "inputs": {"environment": "test"}}))
    expect(200, http.post(f"{flows}/ci.yml/dispatches", json={"ref": "main", "return_run_details": True}))
    expect(422, http.post(f"{flows}/ci.yml/dispatches", json={"ref": "none"}))
    runs = expect(200, http.get(f"{HELLO}/actions/runs?branch=main&event=workflow_dispatch&status=queued")).json()
    run = f"{HELLO}/actions/runs/{runs['workflow_runs'][0]['id']}"
    expect(200, http.get(f"{flows}/ci.yml/runs"))
    expect(200, http.get(run))
    expect(409, http.post(f"{run}/cancel"))
    expect(201, http.post(f"{run}/rerun"))
    expect(202, http.post(f"{run}/cancel"))
    expect(204, http.delete(run))
    expect(404, http.get(run))


def test_collaborators(contract, http, reviewer):
    people = f"{HELLO}/collaborators"
    expect(200, http.get(f"{people}?affiliation=all&permission=push"))
    expect(204, http.get(f"{people}/hubot"))
    expect(404, http.get(f"{people}/monalisa"))
    expect(200, http.get(f"{people}/hubot/permission"))
    expect(201, http.put(f"{people}/monalisa", json={"permission": "pull"}))
    expect(200, http.get(f"{HELLO}/invitations"))
    expect(204, http.put(f"{people}/hubot", json={"permission": "maintain"}))
    expect(422, http.put(f"{people}/octocat", json={}))
    expect(204, http.delete(f"{people}/monalisa"))
    expect(200, reviewer.get("/user/repository_invitations"))


def test_gists(contract, http):
    made = {"description": "d", "public": True, "files": {"a.txt": {"content": "one"}}}
    gist = f"/gists/{expect(201, http.post('/gists', json=made)).json()['id']}"
    expect(200, http.get(gist))
    expect(200, http.patch(gist, json={"files": {"a.txt": {"content": "two"}}}))
    expect(200, http.get("/gists?since=2020-01-01T00:00:00Z"))
    expect(204, http.delete(gist))
    expect(404, http.get(gist))


def test_the_check_itself_can_fail(http):
    user = http.get("/user").json()
    assert validate_exchange("GET", "/user", 200, None, user) == "/user"
    wrong = (
        ("GET", "/user", 200, None, {**user, "id": "583231"}),
        ("GET", "/user", 200, None, {key: value for key, value in user.items() if key != "login"}),
        ("GET", "/user", 200, None, {**user, "created_at": "yesterday"}),
        ("GET", "/user", 200, None, None),
        ("GET", "/user", 418, None, user),
        ("GET", "/user?colour=blue", 200, None, user),
        ("GET", "/user", 200, {"body": 1}, user),
        ("GET", "/nothing/here", 200, None, user),
        ("POST", "/user/repos", 201, {"private": True}, None),
        ("POST", "/user/repos", 422, {}, {"errors": []}),
        ("GET", "/users/octocat/repos?sort=loudest", 200, None, []),
        ("GET", "/events", 200, None, [{"id": "1", "type": "PushEvent", "actor": {
            "id": 1, "login": "a", "gravatar_id": "", "url": "http://x/", "avatar_url": "http://x/"},
            "repo": {"id": 1, "name": "a/b", "url": "http://x/"}, "payload": {"head": 1}, "public": True,
            "created_at": None}]),
    )  # fmt: skip
    for exchange in wrong:
        with pytest.raises(ContractError):
            validate_exchange(*exchange)
    invented = {**http.get(HELLO).json(), "sparkles": 5}
    validate_exchange("GET", HELLO, 200, None, invented)
    with pytest.raises(ContractError, match="sparkles"):
        validate_exchange("GET", HELLO, 200, None, invented, closed=True)


def test_placeholders_hold_slashes_only_where_github_lets_them():
    assert find_operation("GET", f"{HELLO}/compare/a/b...c/d")[0] == "/repos/{owner}/{repo}/compare/{basehead}"
    assert (
        find_operation("GET", f"{HELLO}/issues/comments/5")[0] == "/repos/{owner}/{repo}/issues/comments/{comment_id}"
    )
    with pytest.raises(ContractError):
        find_operation("GET", f"{HELLO}/issues/5/6")


def test_github_describes_every_operation_there_is():
    numbers = {"number": "1", "comment_id": "1", "hook_id": "1", "delivery_id": "1", "run_id": "1", "thread_id": "1",
               "invitation_id": "1"}  # fmt: skip
    operations = [route for route in create_app().routes if route.path != "/{rest:path}"]
    assert len(operations) > 100
    for route in operations:
        path = re.sub(r"\{(\w+)(:\w+)?\}", lambda found: numbers.get(found[1], "x"), route.path)
        for method in route.methods - {"HEAD"}:
            find_operation(method, path)


def test_what_is_not_there_says_so(github_url):
    reply = httpx.get(f"{github_url}/emojis", trust_env=False)
    assert reply.status_code == 501
    assert reply.json()["message"] == "unifykit sandbox: GET /emojis is not implemented"
