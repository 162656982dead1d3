"""Bad input is refused before the network, with what to do instead."""

import pytest
from tests.loopback import Loopback
from tests.providers.gitlab.conftest import settings

from unifykit import InvalidRequestError

CALLS = {
    "no project": lambda g: g.projects.get(""),
    "a bare name": lambda g: g.projects.get("name"),
    "an empty part": lambda g: g.projects.get("group//name"),
    "dots": lambda g: g.projects.get("group/../name"),
    "zero": lambda g: g.projects.get(0),
    "a negative id": lambda g: g.projects.get(-1),
    "zero as text": lambda g: g.projects.get("0"),
    "a boolean": lambda g: g.issues.get(1, True),
    "a fraction": lambda g: g.issues.get(1, 1.5),
    "an empty name": lambda g: g.projects.create(" "),
    "a branch of nothing": lambda g: g.projects.create("n", default_branch="x"),
    "unknown visibility": lambda g: g.projects.create("n", visibility="secret"),
    "unknown order": lambda g: g.projects.list(order_by="size").first(),
    "nothing to update": lambda g: g.projects.update(1),
    "no ref": lambda g: g.pipelines.create(1, ref=""),
    "no variable name": lambda g: g.pipelines.create(1, ref="main", variables={"": "x"}),
    "unknown status": lambda g: g.pipelines.list(1, status="done").first(),
    "unknown scope": lambda g: g.jobs.list(1, scope="done").first(),
    "artifact outside": lambda g: g.jobs.artifact(1, 1, "../secret"),
    "artifact absolute": lambda g: g.jobs.artifact(1, 1, "/etc/passwd"),
    "one branch": lambda g: g.merge_requests.create(1, source_branch="a", target_branch="a", title="x"),
    "no title": lambda g: g.merge_requests.create(1, source_branch="a", target_branch="b", title=""),
    "ids as text": lambda g: g.merge_requests.set_reviewers(1, 1, "12"),
    "id zero": lambda g: g.issues.assign(1, 1, [0]),
    "labels as text": lambda g: g.issues.create(1, title="x", labels="bug"),
    "a label with a comma": lambda g: g.issues.add_labels(1, 1, ["a,b"]),
    "no labels": lambda g: g.issues.add_labels(1, 1, []),
    "unknown state": lambda g: g.issues.list(1, state="open").first(),
    "unknown event": lambda g: g.issues.update(1, 1, state_event="closed"),
    "an empty comment": lambda g: g.issues.comment(1, 1, "\n"),
    "no time": lambda g: g.issues.add_spent_time(1, 1, ""),
    "a time in words": lambda g: g.issues.add_spent_time(1, 1, "two hours"),
    "a bare number": lambda g: g.issues.add_spent_time(1, 1, "2"),
    "no tag": lambda g: g.registry.tag(1, 1, ""),
    "unknown action": lambda g: g.events.list(action="open").first(),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_refused_before_the_network(both, call):
    with Loopback() as server:
        with pytest.raises(InvalidRequestError, match=r"give|knows") as caught:
            both(gitlab=settings(server.url)).run(lambda p: call(p.gitlab))
        assert server.seen == []
    assert (caught.value.attempts, caught.value.maybe_executed) == (0, False)


@pytest.mark.parametrize("span", ["2h", "1d 30m", "-15m", "1mo2w", "1.5h", "90S"])
def test_spans_of_time(both, span):
    from tests.loopback import Reply

    with Loopback([Reply(201, {"total_time_spent": 1})]) as server:
        both(gitlab=settings(server.url)).run(lambda p: p.gitlab.issues.add_spent_time(1, 1, span))
        assert span.encode() in server.seen[0].body
