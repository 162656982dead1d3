"""The GitHub sandbox behaves like GitHub: driven over a socket by PyGithub and by plain HTTP."""

import hashlib
import hmac
import json
import queue
import subprocess
import threading
from base64 import b64decode, b64encode
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import github
import httpx
import pytest

from unifykit.sandbox.github import Limits, create_app

from .conftest import serving

HELLO = "/repos/octocat/hello-world"


def sdk_for(url, token="sandbox-token"):
    return github.Github(
        base_url=url,
        auth=github.Auth.Token(token),
        retry=None,
        seconds_between_requests=None,
        seconds_between_writes=None,
    )


@pytest.fixture
def sdk(github_url):
    with sdk_for(github_url) as client:
        yield client


@pytest.fixture
def hubot(github_url):
    with sdk_for(github_url, "sandbox-reviewer") as client:
        yield client


def branch_with(repo, name, path, text, base="main"):
    """Make a branch whose one commit writes one file; give the commit's SHA."""
    repo.create_git_ref(f"refs/heads/{name}", repo.get_branch(base).commit.sha)
    try:
        sha = repo.get_contents(path, ref=name).sha
    except github.UnknownObjectException:
        return repo.create_file(path, f"Add {path}", text, branch=name)["commit"].sha
    return repo.update_file(path, f"Change {path}", text, sha, branch=name)["commit"].sha


# Tokens, errors, headers


def test_a_token_is_taken_under_both_schemes_and_an_unknown_one_refused(github_url):
    for header in ("token sandbox-token", "Bearer sandbox-token"):
        reply = httpx.get(f"{github_url}/user", headers={"Authorization": header}, trust_env=False)
        assert reply.json()["login"] == "octocat"
    refused = httpx.get(f"{github_url}/user", headers={"Authorization": "token nope"}, trust_env=False)
    assert refused.status_code == 401
    assert refused.json() == {
        "message": "Bad credentials",
        "documentation_url": "https://docs.github.com/rest",
        "status": "401",
    }
    # A bad token is refused even where none is needed.
    assert httpx.get(f"{github_url}{HELLO}", headers={"Authorization": "token nope"}, trust_env=False).is_error


def test_without_a_token_what_is_public_can_be_read_and_nothing_written(anonymous):
    assert anonymous.get(HELLO).status_code == 200
    refused = anonymous.post(f"{HELLO}/issues", json={"title": "x"})
    assert (refused.status_code, refused.json()["status"]) == (401, "401")


def test_private_repositories_are_not_there_for_others(http, reviewer, anonymous):
    http.post("/user/repos", json={"name": "secret", "private": True})
    assert http.get("/repos/octocat/secret").status_code == 200
    for client in (reviewer, anonymous):
        reply = client.get("/repos/octocat/secret")
        assert reply.status_code == 404
        assert reply.json() == {
            "message": "Not Found",
            "documentation_url": "https://docs.github.com/rest/repos/repos#get-a-repository",
            "status": "404",
        }
    assert reviewer.get("/search/repositories?q=secret").json()["total_count"] == 0


def test_what_is_not_implemented_says_so(http):
    for method, path in (("GET", "/emojis"), ("DELETE", "/user"), ("GET", f"{HELLO}/commits/main/status"),
                         ("GET", f"{HELLO}/branches/main/protection")):  # fmt: skip
        reply = http.request(method, path)
        assert reply.status_code == 501
        assert reply.json()["message"] == f"unifykit sandbox: {method} {path} is not implemented"
    assert http.get("/search/repositories?q=stars:>5").status_code == 501
    assert http.get(f"{HELLO}/issues?milestone=1").status_code == 501


def test_bodies_that_are_not_json(http):
    reply = http.post(f"{HELLO}/issues", content=b"{")
    assert (reply.status_code, reply.json()["message"]) == (400, "Problems parsing JSON")
    reply = http.post(f"{HELLO}/issues", json=[1])
    assert (reply.status_code, reply.json()["message"]) == (400, "Body should be a JSON object")
    reply = http.post(f"{HELLO}/issues", json={"title": 5})
    assert reply.status_code == 422
    assert "5 is not a string" in reply.json()["message"]


def test_headers_every_reply_carries(http, clock):
    reply = http.get("/user")
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert reply.headers["x-github-media-type"] == "github.v3; format=json"
    assert reply.headers["x-ratelimit-limit"] == "5000"
    assert reply.headers["x-ratelimit-remaining"] == "4999"
    assert reply.headers["x-ratelimit-used"] == "1"
    assert reply.headers["x-ratelimit-resource"] == "core"
    assert int(reply.headers["x-ratelimit-reset"]) == int(clock().timestamp()) + 3600
    assert reply.headers["x-github-request-id"] != http.get("/user").headers["x-github-request-id"]
    assert len(reply.headers.get_list("date")) == 1


def test_an_unknown_version_of_the_api_is_refused(http):
    assert http.get("/user", headers={"X-GitHub-Api-Version": "2022-11-28"}).status_code == 200
    assert http.get("/user", headers={"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400


# Allowance, conditional requests, pages


def test_the_allowance_runs_out_and_comes_back(clock):
    with serving(create_app(clock=clock, limits=Limits(core=3, search=1))) as url, sdk_for(url) as sdk:
        headers = {"Authorization": "token sandbox-token"}
        for left in (2, 1, 0):
            reply = httpx.get(f"{url}/user", headers=headers, trust_env=False)
            assert (reply.status_code, reply.headers["x-ratelimit-remaining"]) == (200, str(left))
        refused = httpx.get(f"{url}/user", headers=headers, trust_env=False)
        assert refused.status_code == 403
        assert refused.json()["message"].startswith("API rate limit exceeded for user ID 583231.")
        assert "rate-limits-for-the-rest-api" in refused.json()["documentation_url"]
        assert refused.headers["x-ratelimit-remaining"] == "0"
        with pytest.raises(github.RateLimitExceededException):
            sdk.get_user().login  # noqa: B018
        core = httpx.get(f"{url}/rate_limit", headers=headers, trust_env=False).json()["resources"]["core"]
        assert (core["used"], core["remaining"]) == (3, 0)
        # Another caller and another resource have allowances of their own.
        other = {"Authorization": "token sandbox-reviewer"}
        assert httpx.get(f"{url}/user", headers=other, trust_env=False).status_code == 200
        search = f"{url}/search/repositories?q=hello"
        assert httpx.get(search, headers=headers, trust_env=False).headers["x-ratelimit-resource"] == "search"
        assert httpx.get(search, headers=headers, trust_env=False).status_code == 403
        clock.tick(seconds=60)
        assert httpx.get(search, headers=headers, trust_env=False).status_code == 200
        clock.tick(seconds=3540)
        assert httpx.get(f"{url}/user", headers=headers, trust_env=False).headers["x-ratelimit-remaining"] == "2"


def test_a_conditional_request_that_finds_nothing_new_is_free(http, anonymous):
    first = http.get(HELLO)
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = http.get(HELLO, headers={"If-None-Match": f'"other", {tag}'})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["x-ratelimit-remaining"] == first.headers["x-ratelimit-remaining"]
    http.patch(HELLO, json={"description": "Changed"})
    assert http.get(HELLO, headers={"If-None-Match": tag}).status_code == 200
    # Without a token it is counted all the same.
    public = anonymous.get(HELLO)
    again = anonymous.get(HELLO, headers={"If-None-Match": public.headers["etag"]})
    assert again.status_code == 304
    assert int(again.headers["x-ratelimit-remaining"]) == int(public.headers["x-ratelimit-remaining"]) - 1


def test_pages_and_their_links(http, github_url, sdk):
    for number in range(5):
        http.post(f"{HELLO}/labels", json={"name": f"l{number}"})
    base = f"{github_url}{HELLO}/labels?per_page=3&page="
    first, second, third = (http.get(f"{HELLO}/labels?per_page=3&page={page}") for page in (1, 2, 3))
    assert first.headers["link"] == f'<{base}2>; rel="next", <{base}3>; rel="last"'
    assert second.headers["link"] == (
        f'<{base}1>; rel="prev", <{base}3>; rel="next", <{base}3>; rel="last", <{base}1>; rel="first"'
    )
    assert third.headers["link"] == f'<{base}2>; rel="prev", <{base}1>; rel="first"'
    assert [len(page.json()) for page in (first, second, third)] == [3, 3, 2]
    assert "link" not in http.get(f"{HELLO}/labels").headers
    sdk.per_page = 3
    assert len(list(sdk.get_repo("octocat/hello-world").get_labels())) == 8


def test_a_page_holds_thirty_and_never_more_than_a_hundred(http):
    # Labels an issue is given are made as needed: many in one request.
    http.put(f"{HELLO}/issues/1/labels", json={"labels": [f"l{number}" for number in range(101)]})
    assert len(http.get(f"{HELLO}/labels").json()) == 30
    assert len(http.get(f"{HELLO}/labels?per_page=500").json()) == 100


def test_addresses_follow_the_host_that_was_asked(github_url):
    port = github_url.rpartition(":")[2]
    reply = httpx.get(f"{github_url}/user", trust_env=False, headers={
        "Host": f"localhost:{port}", "Authorization": "token sandbox-token"})  # fmt: skip
    assert reply.json()["url"] == f"http://localhost:{port}/users/octocat"
    with serving(create_app(base_url="https://ghe.example/api/v3")) as url:
        assert (
            httpx.get(f"{url}/users/hubot", trust_env=False).json()["url"] == "https://ghe.example/api/v3/users/hubot"
        )


def test_a_token_may_name_anyone(clock):
    with serving(create_app(clock=clock, tokens={"t": "newcomer"})) as url, sdk_for(url, "t") as sdk:
        assert sdk.get_user().login == "newcomer"


# Repositories and files


def test_a_repository_from_making_to_removing(sdk):
    user = sdk.get_user()
    repo = user.create_repo("fresh", description="New", auto_init=True)
    assert (repo.full_name, repo.default_branch, repo.permissions.admin) == ("octocat/fresh", "main", True)
    assert repo.get_contents("README.md").decoded_content == b"# fresh\nNew\n"
    assert repo.get_branch("main").commit.commit.message == "Initial commit"
    with pytest.raises(github.GithubException) as taken:
        user.create_repo("Fresh")
    assert taken.value.status == 422
    assert taken.value.data["errors"][0]["message"] == "name already exists on this account"
    repo.edit(name="fresher", description="Newer")
    assert sdk.get_repo("octocat/fresher").description == "Newer"
    assert {found.name for found in user.get_repos()} == {"fresher", "hello-world"}
    repo.delete()
    with pytest.raises(github.UnknownObjectException):
        sdk.get_repo("octocat/fresher")


def test_an_old_name_leads_to_the_repository(http, anonymous):
    http.post("/user/repos", json={"name": "secret", "private": True})
    made = http.post("/user/repos", json={"name": "one"}).json()
    http.patch("/repos/octocat/one", json={"name": "two"}).raise_for_status()
    read = http.get("/repos/octocat/one/issues?state=all&per_page=2")
    assert (read.status_code, read.json()["message"]) == (301, "Moved Permanently")
    assert read.headers["location"] == f"{http.base_url}/repositories/{made['id']}/issues?state=all&per_page=2"
    assert http.get(read.headers["location"]).json() == []
    written = http.post("/repos/octocat/one/issues", json={"title": "Bug"})
    assert written.status_code == 307
    assert http.post(written.headers["location"], json={"title": "Bug"}).json()["title"] == "Bug"
    http.patch("/repos/octocat/secret", json={"name": "hidden"}).raise_for_status()
    assert (http.get("/repos/octocat/secret").status_code, anonymous.get("/repos/octocat/secret").status_code) == (
        301,
        404,
    )
    http.delete("/repos/octocat/two")
    assert http.get("/repos/octocat/one").status_code == 404


def test_an_organization_and_its_repositories(sdk, hubot):
    org = sdk.get_organization("github-sandbox")
    assert [found.login for found in sdk.get_user().get_orgs()] == ["github-sandbox"]
    org.create_repo("team")
    assert [repo.name for repo in org.get_repos()] == ["team"]
    with pytest.raises(github.GithubException) as refused:
        hubot.get_organization("github-sandbox").create_repo("mine")
    assert refused.value.status == 403


def test_files_are_written_read_and_removed_as_commits(sdk, http):
    repo = sdk.get_repo("octocat/hello-world")
    before = repo.get_branch("main").commit.sha
    made = repo.create_file("docs/deep/a b.txt", "Add notes", "one\n")
    assert made["commit"].parents[0].sha == before
    # The id git itself gives these bytes.
    assert made["content"].sha == hashlib.sha1(b"blob 4\0one\n", usedforsecurity=False).hexdigest()
    with pytest.raises(github.GithubException) as conflict:
        repo.update_file("docs/deep/a b.txt", "Change", "two\n", "0" * 40)
    assert conflict.value.status == 409
    with pytest.raises(github.GithubException) as missing:
        repo.create_file("docs/deep/a b.txt", "Again", "two\n")
    assert missing.value.data["message"] == 'Invalid request.\n\n"sha" wasn\'t supplied.'
    changed = repo.update_file("docs/deep/a b.txt", "Change", "two\n", made["content"].sha)
    assert repo.get_contents("docs/deep/a b.txt").decoded_content == b"two\n"
    assert repo.get_contents("docs/deep/a b.txt", ref=made["commit"].sha).decoded_content == b"one\n"
    repo.delete_file("docs/deep/a b.txt", "Remove", changed["content"].sha)
    # An empty folder is no folder.
    assert [item.path for item in repo.get_contents("")] == [".github", "README.md", "src"]
    messages = [commit.commit.message for commit in repo.get_commits(path="docs")]
    assert messages == ["Remove", "Change", "Add notes"]


@pytest.mark.parametrize("path", ["src", "README.md/below.txt", "a//b", "../up", ".git/config"])
def test_a_file_goes_only_where_a_file_can_be(http, path):
    reply = http.request(
        "PUT", f"{HELLO}/contents/{path.replace('..', '%2e%2e')}", json={"message": "m", "content": "eA=="}
    )
    assert reply.status_code == 422
    assert http.get(f"{HELLO}/contents/README.md").status_code == 200


def test_a_head_request_has_the_headers_alone(http):
    reply = http.head(HELLO)
    assert (reply.status_code, reply.content) == (200, b"")
    assert reply.headers["etag"] == http.get(HELLO).headers["etag"]


@pytest.mark.parametrize("kind", ["raw", "raw+json", "v3.raw"])
def test_a_file_comes_raw_when_asked_for(http, kind):
    reply = http.get(f"{HELLO}/contents/src/hello.py", headers={"Accept": f"application/vnd.github.{kind}"})
    assert reply.headers["content-type"] == "application/vnd.github.raw; charset=utf-8"
    assert reply.content == b64decode(http.get(f"{HELLO}/contents/src/hello.py").json()["content"])
    assert b"def greet" in reply.content


def test_search_takes_words_and_qualifiers(sdk):
    sdk.get_user().create_repo("other", description="says hello")
    assert {repo.name for repo in sdk.search_repositories("hello")} == {"hello-world", "other"}
    assert [repo.name for repo in sdk.search_repositories("hello in:name user:octocat")] == ["hello-world"]
    assert [repo.name for repo in sdk.search_repositories("language:python")] == ["hello-world"]
    assert sdk.search_repositories("hello user:hubot").totalCount == 0


def test_languages_are_counted_in_bytes(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    size = sum(len(repo.get_contents(f"src/{name}").decoded_content) for name in ("hello.py", "shout.py"))
    assert repo.get_languages()["Python"] == size
    assert set(repo.get_languages()) <= {"Python", "url"}
    assert repo.language == "Python"


# Issues


def test_issues_are_opened_changed_listed_and_closed(sdk, hubot):
    repo = sdk.get_repo("octocat/hello-world")
    issue = repo.create_issue("Broken", body="It is", labels=["bug", "brand-new"], assignees=["hubot", "monalisa"])
    assert issue.number == 3
    # monalisa cannot be assigned, and is passed over.
    assert [user.login for user in issue.assignees] == ["hubot"]
    assert repo.get_label("brand-new").color == "ededed"
    assert {found.number for found in repo.get_issues()} == {1, 2, 3}
    assert [found.number for found in repo.get_issues(labels=["bug"], sort="created", direction="asc")] == [1, 3]
    assert [found.number for found in repo.get_issues(assignee="hubot")] == [3]
    assert [found.number for found in repo.get_issues(assignee="none")] == [2, 1]
    issue.create_comment("Looking")
    hubot.get_repo("octocat/hello-world").get_issue(3).create_comment("Me too")
    assert [(one.user.login, one.body) for one in issue.get_comments()] == [("octocat", "Looking"), ("hubot", "Me too")]
    issue.set_labels("documentation")
    issue.add_to_labels("enhancement")
    issue.remove_from_labels("documentation")
    assert [label.name for label in issue.get_labels()] == ["enhancement"]
    issue.remove_from_assignees("hubot")
    issue.add_to_assignees("octocat")
    issue.edit(state="closed", state_reason="not_planned")
    found = repo.get_issue(3)
    assert (found.state, found.state_reason, found.closed_by.login) == ("closed", "not_planned", "octocat")
    assert [user.login for user in found.assignees] == ["octocat"]
    assert [one.number for one in repo.get_issues(state="closed")] == [3]
    assert repo.open_issues_count == 2


def test_issues_since_a_moment(sdk, clock):
    repo = sdk.get_repo("octocat/hello-world")
    clock.tick(hours=1)
    repo.get_issue(1).create_comment("new")
    assert [issue.number for issue in repo.get_issues(since=datetime(2026, 3, 4, 6, 0, tzinfo=UTC))] == [1]


def test_an_issue_needs_a_title(http):
    reply = http.post(f"{HELLO}/issues", json={"body": "x"})
    assert reply.status_code == 422
    assert reply.json()["message"] == "Validation Failed"
    assert reply.json()["errors"] == [{"resource": "Issue", "code": "missing_field", "field": "title"}]


def test_issues_can_be_switched_off(http):
    http.patch(HELLO, json={"has_issues": False})
    reply = http.get(f"{HELLO}/issues")
    assert (reply.status_code, reply.json()["message"]) == (410, "Issues has been disabled in this repository.")


def test_strangers_may_open_an_issue_but_not_label_or_change_others(clock):
    with serving(create_app(clock=clock, tokens={"o": "octocat", "m": "stranger"})) as url, sdk_for(url, "m") as sdk:
        repo = sdk.get_repo("octocat/hello-world")
        assert repo.create_issue("From outside", labels=["bug"]).labels == []
        for attempt in (lambda: repo.get_issue(1).edit(title="Mine"), lambda: repo.create_file("x", "m", "c"),
                        lambda: repo.edit(description="Mine"), lambda: repo.create_label("l", "ffffff")):  # fmt: skip
            with pytest.raises(github.GithubException) as refused:
                attempt()
            assert refused.value.status == 403


# Branches, commits, comparisons


def test_branches_with_slashes(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    sha = repo.get_branch("main").commit.sha
    made = repo.create_git_ref("refs/heads/feature/deep/one", sha)
    assert repo.get_branch("feature/deep/one").commit.sha == sha
    assert [branch.name for branch in repo.get_branches()] == ["feature/deep/one", "main"]
    for ref, target, message in (
        ("refs/heads/main", sha, "Reference already exists"),
        ("refs/heads/x", "1" * 40, "Object does not exist"),
    ):
        with pytest.raises(github.GithubException) as refused:
            repo.create_git_ref(ref, target)
        assert (refused.value.status, refused.value.data["message"]) == (422, message)
    made.delete()
    with pytest.raises(github.GithubException) as gone:
        made.delete()
    assert (gone.value.status, gone.value.data["message"]) == (422, "Reference does not exist")
    with pytest.raises(github.GithubException) as gone:
        repo.get_branch("feature/deep/one")
    assert gone.value.status == 404


def test_a_reference_moves_forward_and_back_only_by_force(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    first = repo.get_branch("main").commit.sha
    second = branch_with(repo, "ahead", "new.txt", "new\n")
    ref = repo.get_git_ref("heads/main")
    ref.edit(second)
    assert repo.get_branch("main").commit.sha == second
    with pytest.raises(github.GithubException) as refused:
        ref.edit(first)
    assert refused.value.data["message"] == "Update is not a fast forward"
    ref.edit(first, force=True)
    assert repo.get_branch("main").commit.sha == first


def test_a_commit_tells_what_it_changed(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    branch_with(repo, "change", "README.md", "# hello-world\n\nAnother line.\n")
    commit = repo.get_commit("change")
    assert (commit.stats.additions, commit.stats.deletions, commit.stats.total) == (1, 1, 2)
    assert commit.files[0].status == "modified"
    assert commit.files[0].patch == (
        "@@ -1,3 +1,3 @@\n # hello-world\n \n-My first repository on the sandbox.\n+Another line."
    )
    assert commit.author.login == "octocat"


def test_the_diff_is_one_git_applies(http, sdk, tmp_path):
    repo = sdk.get_repo("octocat/hello-world")
    text = "# hello-world\n\nNo newline at the end."
    branch_with(repo, "change", "README.md", text)
    diff = http.get(f"{HELLO}/compare/main...change", headers={"Accept": "application/vnd.github.diff"})
    (tmp_path / "README.md").write_bytes(repo.get_contents("README.md").decoded_content)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    subprocess.run(["git", "apply"], input=diff.content, cwd=tmp_path, check=True)
    assert (tmp_path / "README.md").read_text() == text


def test_comparisons_know_all_four_cases(sdk, http):
    repo = sdk.get_repo("octocat/hello-world")
    branch_with(repo, "feature/a", "a.txt", "a\n")
    assert repo.compare("main", "main").status == "identical"
    ahead = repo.compare("main", "feature/a")
    assert (ahead.status, ahead.ahead_by, ahead.behind_by) == ("ahead", 1, 0)
    assert [commit.commit.message for commit in ahead.commits] == ["Add a.txt"]
    assert [(file.filename, file.status, file.patch) for file in ahead.files] == [
        ("a.txt", "added", "@@ -0,0 +1 @@\n+a")
    ]
    assert repo.compare("feature/a", "main").status == "behind"
    repo.create_file("b.txt", "Add b.txt", "b\n")
    both = repo.compare("main", "feature/a")
    assert (both.status, both.ahead_by, both.behind_by) == ("diverged", 1, 1)
    # Three dots: only what the head did since they parted.
    assert [file.filename for file in both.files] == ["a.txt"]


def test_a_moved_file_is_a_rename(http, sdk):
    repo = sdk.get_repo("octocat/hello-world")
    old = repo.get_contents("src/hello.py")
    repo.create_git_ref("refs/heads/move", repo.get_branch("main").commit.sha)
    repo.create_file("src/hi.py", "Copy", old.decoded_content, branch="move")
    repo.delete_file("src/hello.py", "Remove", old.sha, branch="move")
    file = repo.compare("main", "move").files[0]
    assert (file.status, file.previous_filename, file.filename, file.changes) == (
        "renamed",
        "src/hello.py",
        "src/hi.py",
        0,
    )
    assert file.patch is None
    # Still the same file when most of it is.
    louder = old.decoded_content.replace(b"!", b"!!")
    repo.update_file("src/hi.py", "Louder", louder, repo.get_contents("src/hi.py", ref="move").sha, branch="move")
    file = repo.compare("main", "move").files[0]
    assert (file.status, file.additions, file.deletions) == ("renamed", 1, 1)


# Pull requests


def test_a_pull_request_is_opened_reviewed_and_merged(sdk, hubot):
    repo = sdk.get_repo("octocat/hello-world")
    head = branch_with(repo, "feature/one", "one.txt", "1\n2\n")
    pull = repo.create_pull(base="main", head="feature/one", title="One", body="Please, @hubot")
    assert (pull.number, pull.head.sha, pull.mergeable, pull.mergeable_state) == (3, head, True, "clean")
    assert (pull.commits, pull.additions, pull.changed_files) == (1, 2, 1)
    assert [(file.filename, file.status) for file in pull.get_files()] == [("one.txt", "added")]
    assert [commit.sha for commit in pull.get_commits()] == [head]
    assert repo.get_issue(3).pull_request is not None
    with pytest.raises(github.GithubException) as own:
        pull.create_review(event="APPROVE")
    assert (own.value.status, own.value.data["errors"]) == (422, ["Can not approve your own pull request"])
    hubot.get_repo("octocat/hello-world").get_pull(3).create_review(body="Good", event="APPROVE")
    assert [(review.user.login, review.state) for review in pull.get_reviews()] == [("hubot", "APPROVED")]
    assert not pull.is_merged()
    result = pull.merge()
    assert result.merged
    assert pull.is_merged()
    merged = repo.get_commit(result.sha)
    assert len(merged.parents) == 2
    assert merged.commit.message == "Merge pull request #3 from octocat/feature/one\n\nOne"
    assert repo.get_branch("main").commit.sha == result.sha
    assert repo.get_contents("one.txt").decoded_content == b"1\n2\n"
    closed = repo.get_pull(3)
    assert (closed.state, closed.merged, closed.merged_by.login) == ("closed", True, "octocat")
    assert [file.filename for file in closed.get_files()] == ["one.txt"]


@pytest.mark.parametrize(("method", "parents", "added"), [("squash", 1, 1), ("rebase", 1, 2), ("merge", 2, 3)])
def test_each_way_of_merging_brings_both_sides_together(sdk, method, parents, added):
    repo = sdk.get_repo("octocat/hello-world")
    branch_with(repo, "two", "one.txt", "1\n")
    repo.create_file("two.txt", "Add two.txt", "2\n", branch="two")
    base = repo.create_file("main.txt", "Meanwhile", "m\n")["commit"].sha
    result = repo.create_pull(base="main", head="two", title="Both").merge(merge_method=method)
    tip = repo.get_commit(result.sha)
    assert len(tip.parents) == parents
    assert repo.compare(base, "main").ahead_by == added
    assert {"one.txt", "two.txt", "main.txt"} <= {item.path for item in repo.get_contents("")}
    if method == "squash":
        assert tip.commit.message == "Both (#3)\n\n* Add one.txt\n\n* Add two.txt"


def test_changes_to_one_file_merge_when_they_do_not_touch_and_conflict_when_they_do(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    lines = [f"line {number}\n" for number in range(9)]
    sha = repo.create_file("lines.txt", "Lines", "".join(lines))["content"].sha
    branch_with(repo, "far", "lines.txt", "".join([*lines[:8], "far\n"]))
    branch_with(repo, "near", "lines.txt", "".join(["near\n", *lines[1:]]))
    repo.update_file("lines.txt", "Top", "".join(["top\n", *lines[1:]]), sha)
    far = repo.create_pull(base="main", head="far", title="Far")
    near = repo.create_pull(base="main", head="near", title="Near")
    assert (near.mergeable, near.mergeable_state) == (False, "dirty")
    with pytest.raises(github.GithubException) as conflict:
        near.merge()
    assert (conflict.value.status, conflict.value.data["message"]) == (405, "Pull Request is not mergeable")
    assert far.mergeable
    far.merge()
    assert repo.get_contents("lines.txt").decoded_content.decode() == "".join(["top\n", *lines[1:8], "far\n"])


def test_a_pull_request_moves_with_its_branch_and_a_stale_merge_is_refused(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    old = branch_with(repo, "work", "a.txt", "a\n")
    pull = repo.create_pull(base="main", head="work", title="Work")
    new = repo.create_file("b.txt", "More", "b\n", branch="work")["commit"].sha
    assert repo.get_pull(pull.number).head.sha == new
    with pytest.raises(github.GithubException) as stale:
        pull.merge(sha=old)
    assert stale.value.status == 409
    assert "Head branch was modified" in stale.value.data["message"]
    assert pull.merge(sha=new).merged


def test_pull_requests_that_make_no_sense_are_refused_in_githubs_words(sdk, http):
    repo = sdk.get_repo("octocat/hello-world")
    repo.create_git_ref("refs/heads/same", repo.get_branch("main").commit.sha)
    branch_with(repo, "x", "x.txt", "x\n")
    repo.create_pull(base="main", head="x", title="X")
    for head, base, error in (
        ("same", "main", {"message": "No commits between main and same"}),
        ("x", "main", {"message": "A pull request already exists for octocat:x."}),
        ("none", "main", {"field": "head", "code": "invalid"}),
        ("x", "none", {"field": "base", "code": "invalid"}),
    ):
        reply = http.post(f"{HELLO}/pulls", json={"title": "t", "head": head, "base": base})
        assert (reply.status_code, reply.json()["message"]) == (422, "Validation Failed")
        assert reply.json()["errors"][0].items() >= error.items()


def test_a_fork_offers_its_changes(sdk, hubot):
    upstream = sdk.get_repo("octocat/hello-world")
    fork = hubot.get_user().create_fork(hubot.get_repo("octocat/hello-world"))
    assert (fork.full_name, fork.parent.full_name) == ("hubot/hello-world", "octocat/hello-world")
    branch_with(fork, "fix", "fix.txt", "fix\n")
    with pytest.raises(github.GithubException):
        upstream.get_branch("fix")
    pull = hubot.get_repo("octocat/hello-world").create_pull(base="main", head="hubot:fix", title="Fix")
    assert (pull.head.label, pull.head.repo.full_name) == ("hubot:fix", "hubot/hello-world")
    assert upstream.get_pull(pull.number).merge().merged
    assert upstream.get_contents("fix.txt").decoded_content == b"fix\n"
    assert sdk.get_repo("octocat/hello-world").forks_count == 1


def test_removing_its_branch_closes_a_pull_request(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    head = branch_with(repo, "gone", "a.txt", "a\n")
    number = repo.create_pull(base="main", head="gone", title="Gone").number
    repo.get_git_ref("heads/gone").delete()
    closed = repo.get_pull(number)
    assert (closed.state, closed.merged, closed.head.sha) == ("closed", False, head)
    with pytest.raises(github.GithubException) as refused:
        closed.edit(state="open")
    assert "branch has been deleted" in refused.value.data["errors"][0]["message"]


def test_a_draft_is_not_merged(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    branch_with(repo, "draft", "a.txt", "a\n")
    pull = repo.create_pull(base="main", head="draft", title="Draft", draft=True)
    with pytest.raises(github.GithubException) as refused:
        pull.merge()
    assert refused.value.status == 405


# Webhooks


@pytest.fixture
def receiver():
    """A server that keeps what it is sent."""
    received = queue.Queue()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(200)
            self.end_headers()
            received.put((dict(self.headers), body))

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook", received
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_webhook_on_this_machine_is_really_sent_and_signed(sdk, http, receiver):
    address, received = receiver
    repo = sdk.get_repo("octocat/hello-world")
    config = {"url": address, "content_type": "json", "secret": "hush"}
    hook = repo.create_hook("web", config, ["issues"], active=True)
    assert hook.config["secret"] == "********"
    headers, body = received.get(timeout=10)
    assert headers["X-GitHub-Event"] == "ping"
    assert json.loads(body)["hook_id"] == hook.id
    issue = repo.create_issue("Told")
    headers, body = received.get(timeout=10)
    signature = "sha256=" + hmac.new(b"hush", body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == signature
    assert headers["X-GitHub-Event"] == "issues"
    sent = json.loads(body)
    assert (sent["action"], sent["issue"]["number"], sent["sender"]["login"]) == ("opened", issue.number, "octocat")
    assert sent["repository"]["full_name"] == "octocat/hello-world"
    deliveries = list(repo.get_hook_deliveries(hook.id))
    assert [(one.event, one.action) for one in deliveries] == [("issues", "opened"), ("ping", None)]
    assert headers["X-GitHub-Delivery"] == deliveries[0].guid
    # Not subscribed to, hence not sent.
    repo.create_label("quiet", "ffffff")
    repo.create_file("quiet.txt", "Quiet", "q\n")
    assert len(list(repo.get_hook_deliveries(hook.id))) == 2
    hook.edit("web", config, events=["push"])
    hook.test()
    headers, body = received.get(timeout=10)
    assert headers["X-GitHub-Event"] == "push"
    assert json.loads(body)["after"] == repo.get_branch("main").commit.sha
    hook.delete()
    assert list(repo.get_hooks()) == []


def test_a_webhook_elsewhere_is_only_written_down(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    hook = repo.create_hook("web", {"url": "https://example.com/hook"}, ["push"])
    delivery = repo.get_hook_delivery(hook.id, next(iter(repo.get_hook_deliveries(hook.id))).id)
    assert delivery.status == "unifykit sandbox: recorded, not sent"
    assert delivery.request.payload["hook_id"] == hook.id


# Actions


def test_a_run_goes_from_queued_to_completed_as_it_is_read(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    workflow = repo.get_workflow("ci.yml")
    assert (workflow.name, workflow.path) == ("CI", ".github/workflows/ci.yml")
    assert repo.get_workflow(workflow.id).name == "CI"
    assert workflow.create_dispatch("main", {"environment": "test"})
    runs = list(repo.get_workflow_runs(branch="main", event="workflow_dispatch"))
    assert [(run.status, run.conclusion) for run in runs] == [("queued", None)]
    assert repo.get_workflow_run(runs[0].id).status == "in_progress"
    done = repo.get_workflow_run(runs[0].id)
    assert (done.status, done.conclusion, done.run_number) == ("completed", "success", 1)
    assert [run.id for run in repo.get_workflow_runs(status="success")] == [done.id]
    assert not done.cancel()
    assert done.rerun()
    again = repo.get_workflow_run(done.id)
    assert (again.status, again.run_attempt) == ("queued", 2)
    assert again.cancel()
    assert repo.get_workflow_run(done.id).conclusion == "cancelled"


def test_a_run_fails_when_its_workflow_says_so(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    text = "on: workflow_dispatch\njobs:\n  a:\n    steps:\n      - run: exit 1\n"
    repo.create_file(".github/workflows/bad.yml", "Add", text)
    assert repo.get_workflow("bad.yml").create_dispatch("main")
    number = repo.get_workflow_runs()[0].id
    repo.get_workflow_run(number)
    assert repo.get_workflow_run(number).conclusion == "failure"


def test_a_dispatch_needs_a_branch_and_a_trigger(http):
    flows = f"{HELLO}/actions/workflows"
    reply = http.post(f"{flows}/ci.yml/dispatches", json={"ref": "none"})
    assert (reply.status_code, reply.json()["message"]) == (422, "No ref found for: none")
    content = b64encode(b"on: push\n").decode()
    http.put(f"{HELLO}/contents/.github/workflows/push.yml", json={"message": "Add", "content": content})
    reply = http.post(f"{flows}/push.yml/dispatches", json={"ref": "main"})
    assert (reply.status_code, reply.json()["message"]) == (422, "Workflow does not have 'workflow_dispatch' trigger")
    reply = http.post(f"{flows}/ci.yml/dispatches", json={"ref": "main", "inputs": {"colour": "blue"}})
    assert (reply.status_code, reply.json()["message"]) == (422, 'Unexpected inputs provided: ["colour"]')


# Collaborators, feed, notifications, gists


def test_a_collaborator_is_invited_and_accepts(clock):
    tokens = {"o": "octocat", "m": "monalisa"}
    with serving(create_app(clock=clock, tokens=tokens)) as url, sdk_for(url, "o") as sdk, sdk_for(url, "m") as mona:
        repo = sdk.get_repo("octocat/hello-world")
        invitation = repo.add_to_collaborators("monalisa", "push")
        assert invitation.permissions == "write"
        assert not repo.has_in_collaborators("monalisa")
        mona.get_user().accept_invitation(invitation.id)
        assert repo.has_in_collaborators("monalisa")
        assert repo.get_collaborator_permission("monalisa") == "write"
        assert [user.login for user in repo.get_collaborators()] == ["monalisa", "hubot", "octocat"]
        mona.get_repo("octocat/hello-world").create_file("from-mona", "Hi", "hi\n")
        repo.remove_from_collaborators("monalisa")
        assert not repo.has_in_collaborators("monalisa")
        assert repo.get_collaborator_permission("monalisa") == "read"


def test_the_feed_tells_what_happened_then(sdk):
    repo = sdk.get_repo("octocat/hello-world")
    issue = repo.create_issue("Noted")
    issue.edit(state="closed")
    branch_with(repo, "topic", "a.txt", "a\n")
    repo.create_pull(base="main", head="topic", title="PR")
    events = list(sdk.get_user("octocat").get_events())
    assert [event.type for event in events] == [
        "PullRequestEvent", "PushEvent", "CreateEvent", "IssuesEvent", "IssuesEvent",
    ]  # fmt: skip
    assert [event.payload["action"] for event in events[3:]] == ["closed", "opened"]
    assert events[4].payload["issue"]["state"] == "open"
    assert events[1].payload["ref"] == "refs/heads/topic"


def test_people_are_notified_of_what_others_do(sdk, hubot):
    repo = sdk.get_repo("octocat/hello-world")
    issue = repo.create_issue("For you", assignees=["hubot"])
    repo.create_issue("And this", body="see @hubot, says @octocat")
    found = hubot.get_user().get_notifications()
    assert [(one.subject.title, one.reason) for one in found] == [("And this", "mention"), ("For you", "assign")]
    assert list(sdk.get_user().get_notifications()) == []
    found[1].mark_as_read()
    assert [one.subject.title for one in hubot.get_user().get_notifications()] == ["And this"]
    assert len(list(hubot.get_user().get_notifications(all=True))) == 2
    hubot.get_repo("octocat/hello-world").get_issue(issue.number).create_comment("Done")
    assert [one.reason for one in sdk.get_user().get_notifications()] == ["author"]


def test_gists_are_public_or_known_to_those_who_have_the_id(sdk, anonymous):
    made = sdk.get_user().create_gist(False, {"a.py": github.InputFileContent("print(1)\n")}, "Secret")
    assert sdk.get_gist(made.id).files["a.py"].content == "print(1)\n"
    assert {gist.description for gist in sdk.get_user().get_gists()} == {"Secret", "Hello World"}
    assert [gist["description"] for gist in anonymous.get("/gists").json()] == ["Hello World"]
    assert anonymous.get(f"/gists/{made.id}").status_code == 200


def test_the_seed_is_the_same_every_time():
    seen = []
    for _ in range(2):
        with serving(create_app()) as url, sdk_for(url) as sdk:
            commit = sdk.get_repo("octocat/hello-world").get_commit("main")
            seen.append((commit.sha, commit.raw_data["node_id"]))
    assert seen[0] == seen[1]


def test_a_tree_is_the_one_git_itself_would_write(sdk, tmp_path):
    repo = sdk.get_repo("octocat/hello-world")
    repo.create_file("src-x.txt", "Sorts between a file and a folder", "x\n")
    for file in [*repo.get_commit("main").files, *repo.get_commits()[1].files]:
        path = tmp_path / file.filename
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(repo.get_contents(file.filename).decoded_content)
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    tree = subprocess.run(["git", "write-tree"], cwd=tmp_path, check=True, capture_output=True, text=True).stdout
    assert repo.get_branch("main").commit.commit.tree.sha == tree.strip()
