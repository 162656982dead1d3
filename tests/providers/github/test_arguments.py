"""What GitHub could not mean is refused before the network, and the text says what to give."""

from datetime import datetime

import pytest
from tests.providers.github.conftest import settings

from unifykit import InvalidRequestError

REFUSED = {
    "no owner": (lambda g: g.repos.get("hello"), "owner/name"),
    "three parts": (lambda g: g.repos.get("a/b/c"), "owner/name"),
    "empty owner": (lambda g: g.repos.get("/b"), "owner/name"),
    "dots": (lambda g: g.repos.get("../user"), "owner/name"),
    "dots for a name": (lambda g: g.repos.delete("a/.."), "owner/name"),
    "name with owner": (lambda g: g.repos.create("a/b"), "slash"),
    "empty name": (lambda g: g.repos.create(" "), "name is empty"),
    "visibility": (lambda g: g.repos.list(visibility="secret"), "'all', 'public', 'private'"),
    "nothing to change": (lambda g: g.repos.update("a/b"), "nothing to change"),
    "empty query": (lambda g: g.repos.search(""), "query is empty"),
    "climbing path": (lambda g: g.repos.contents("a/b", "src/../../x"), "no path"),
    "absolute path": (lambda g: g.repos.contents("a/b", "/etc/passwd"), "no path"),
    "double slash": (lambda g: g.repos.download("a/b", "a//b"), "no path"),
    "no file": (lambda g: g.repos.download("a/b", ""), "path is empty"),
    "climbing ref": (lambda g: g.repos.download("a/b", "x", ref="a/../b"), "no branch"),
    "no message": (lambda g: g.repos.put_file("a/b", "x", b"", message=""), "message is empty"),
    "write outside": (lambda g: g.repos.put_file("a/b", "../x", b"", message="m"), "no path"),
    "no sha": (lambda g: g.repos.delete_file("a/b", "x", message="m", sha=""), "sha is empty"),
    "empty title": (lambda g: g.issues.create("a/b", title="  "), "title is empty"),
    "a bare label": (lambda g: g.issues.create("a/b", title="x", labels="bug"), r"give \['bug'\]"),
    "an empty label": (lambda g: g.issues.add_labels("a/b", 1, [""]), "is empty"),
    "a bare assignee": (lambda g: g.issues.assign("a/b", 1, "me"), r"give \['me'\]"),
    "state": (lambda g: g.issues.list("a/b", state="opened"), "'open', 'closed', 'all'"),
    "comma": (lambda g: g.issues.list("a/b", labels=["a,b"]), "comma"),
    "naive moment": (lambda g: g.issues.list("a/b", since=datetime(2026, 1, 1)), "time zone"),
    "number 0": (lambda g: g.issues.get("a/b", 0), "from 1 on"),
    "number true": (lambda g: g.issues.get("a/b", True), "from 1 on"),
    "number as text": (lambda g: g.issues.get("a/b", "1/../2"), "from 1 on"),
    "reason": (lambda g: g.issues.close("a/b", 1, reason="done"), "'completed', 'not_planned', 'duplicate'"),
    "empty comment": (lambda g: g.issues.comment("a/b", 1, ""), "body is empty"),
    "climbing label": (lambda g: g.issues.remove_label("a/b", 1, ".."), "no name"),
    "method": (lambda g: g.pulls.merge("a/b", 1, method="fast-forward"), "'merge', 'squash', 'rebase'"),
    "event": (lambda g: g.pulls.review("a/b", 1, event="LGTM"), "'APPROVE', 'REQUEST_CHANGES', 'COMMENT'"),
    "comment without text": (lambda g: g.pulls.review("a/b", 1), "body is empty"),
    "pull request -1": (lambda g: g.pulls.files("a/b", -1), "no pull request"),
    "branch": (lambda g: g.branches.create("a/b", "two words"), "no branch"),
    "climbing branch": (lambda g: g.branches.delete("a/b", "../../hooks/1"), "no branch"),
    "no commit": (lambda g: g.commits.get("a/b", ""), "no branch"),
    "climbing commit": (lambda g: g.commits.compare("a/b", "..", "main"), "no branch"),
    "hook without address": (lambda g: g.hooks.create("a/b", url="example.com"), "whole URL"),
    "hook without events": (lambda g: g.hooks.create("a/b", url="https://x.org", events=[]), "events is empty"),
    "hook's content": (lambda g: g.hooks.create("a/b", url="https://x.org", content_type="xml"), "'json', 'form'"),
    "status": (lambda g: g.runs.list("a/b", status="red"), "'completed'"),
    "run": (lambda g: g.runs.rerun("a/b", 0), "no run id"),
    "workflow": (lambda g: g.workflows.dispatch("a/b", "", ref="main"), "workflow is empty"),
    "inputs": (lambda g: g.workflows.dispatch("a/b", 1, ref="m", inputs=dict.fromkeys(map(str, range(26)))), "25"),
    "permission": (lambda g: g.collaborators.add("a/b", "c", permission="write"), "'pull', 'triage', 'push'"),
    "user": (lambda g: g.collaborators.permission("a/b", ""), "no name"),
}


@pytest.mark.parametrize("row", REFUSED)
def test_refused_before_the_network(both, row):
    call, text = REFUSED[row]
    attempts = []
    h = both(github=settings("http://127.0.0.1:9"), observers=[attempts.append])
    with pytest.raises(InvalidRequestError, match=text) as caught:
        h.run(lambda p: call(p.github))
    assert [type(event).__name__ for event in attempts] == ["StartEvent", "OutcomeEvent"]
    assert (caught.value.attempts, caught.value.provider) == (0, "github")
