"""What follows from an action: a line in the feed, messages to webhooks, notifications.

https://docs.github.com/en/rest/using-the-rest-api/github-event-types
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.merging import signature_of

from . import render_issues
from .links import stamp
from .render_accounts import simple_user
from .render_repos import minimal_repo
from .state import Event, Thread
from .webhooks import announce

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .call import Call
    from .state import Account, Comment, Issue, Label, Repository, Review

_NO_COMMIT = "0" * 40
_MENTION = re.compile(r"(?<![\w/])@([A-Za-z\d][A-Za-z\d-]*)")


def _record(call: Call, repo: Repository, kind: str, payload: Callable[[Call], dict[str, Any]]) -> None:
    number = call.world.next_id("event", 22249084947)
    call.world.events.insert(0, Event(number, kind, call.user, repo, call.now, payload))


def _snapshot(issue: Issue) -> Issue:
    """Keep an issue as it is now; the feed tells what happened then."""
    return replace(
        issue,
        pull=replace(issue.pull) if issue.pull else None,
        labels=list(issue.labels),
        assignees=list(issue.assignees),
        comments=list(issue.comments),
    )


def pushed(call: Call, repo: Repository, ref: str, before: str | None, after: str | None) -> None:
    """Follow up a reference's move.

    Args:
        call: The request.
        repo: Where.
        ref: The full name.
        before: What it pointed at; None when it is new.
        after: What it points at; None when it is gone.
    """
    repo.pushed_at = repo.updated_at = call.now
    old, new = before or _NO_COMMIT, after or _NO_COMMIT
    announce(call, repo, "push", push_payload(call, repo, ref, old, new))
    if before and after:
        push_id = call.world.next_id("push", 10115855396)
        payload = {"repository_id": repo.id, "push_id": push_id, "ref": ref, "head": new, "before": old}
        _record(call, repo, "PushEvent", partial(_as_said, payload))


def push_payload(call: Call, repo: Repository, ref: str, before: str, after: str) -> dict[str, Any]:
    """Write the push message of webhooks.

    Args:
        call: The request.
        repo: Where.
        ref: The full name.
        before: The old commit or zeros.
        after: The new commit or zeros.

    Returns:
        The message without repository and sender.
    """
    created, deleted = before == _NO_COMMIT, after == _NO_COMMIT
    added = [] if created or deleted else repo.git.between(before, after)
    commits = [_pushed_commit(call, repo, sha) for sha in added]
    return {
        "ref": ref,
        "before": before,
        "after": after,
        "created": created,
        "deleted": deleted,
        "forced": not created and not deleted and before not in repo.git.ancestors(after),
        "commits": commits,
        "head_commit": None if deleted else _pushed_commit(call, repo, after),
        "pusher": {"name": call.user.login, "email": call.user.email},
    }


def _pushed_commit(call: Call, repo: Repository, sha: str) -> dict[str, Any]:
    found = repo.git.commit(sha)
    author = signature_of(found.author, found.author_time)
    return {
        "id": sha,
        "tree_id": repo.git.tree_of(sha),
        "message": found.message.decode(),
        "timestamp": stamp(author.when),
        "url": call.links(f"/{repo.full_name}/commit/{sha}"),
        "author": {"name": author.name, "email": author.email},
    }


def ref_changed(call: Call, repo: Repository, ref: str, kind: str) -> None:
    """Follow up the making or removing of a branch or tag.

    Args:
        call: The request.
        repo: Where.
        ref: The full name.
        kind: create or delete.
    """
    _, family, name = ref.split("/", 2)
    ref_type = {"heads": "branch", "tags": "tag"}.get(family)
    if ref_type is None:
        return
    payload = {"ref": name, "ref_type": ref_type, "full_ref": ref, "pusher_type": "user"}
    if kind == "create":
        payload |= {"master_branch": repo.default_branch, "description": repo.settings["description"]}
    _record(call, repo, f"{kind.capitalize()}Event", partial(_as_said, payload))
    announce(call, repo, kind, payload)


def forked(call: Call, source: Repository, fork: Repository) -> None:
    """Follow up a fork.

    Args:
        call: The request.
        source: What was forked.
        fork: The fork.
    """
    _record(call, source, "ForkEvent", partial(_forked, fork))
    announce(call, source, "fork", {"forkee": _forkee(call, fork)})


def issue_acted(
    call: Call,
    repo: Repository,
    issue: Issue,
    action: str,
    *,
    label: Label | None = None,
    assignee: Account | None = None,
) -> None:
    """Follow up a change to an issue or pull request.

    Args:
        call: The request.
        repo: Where.
        issue: What changed.
        action: opened, closed, reopened, edited, labeled, unlabeled, assigned or unassigned.
        label: The label it is about.
        assignee: The account it is about.
    """
    about = partial(_about, repo, action, label, assignee)
    then = _snapshot(issue)
    if issue.pull:
        announce(call, repo, "pull_request", {
            **about(call), "number": issue.number, "pull_request": render_issues.full_pull(call, repo, issue)
        })  # fmt: skip
        _record(call, repo, "PullRequestEvent", partial(_pull_acted, about, repo, then))
    else:
        announce(call, repo, "issues", {**about(call), "issue": render_issues.issue(call, repo, issue)})
        _record(call, repo, "IssuesEvent", partial(_issue_acted, about, repo, then))


def commented(call: Call, repo: Repository, issue: Issue, comment: Comment) -> None:
    """Follow up a comment.

    Args:
        call: The request.
        repo: Where.
        issue: What it is on.
        comment: The comment.
    """
    payload = partial(_commented, repo, _snapshot(issue), comment)
    _record(call, repo, "IssueCommentEvent", payload)
    announce(call, repo, "issue_comment", payload(call))
    notify_mentioned(call, repo, issue, comment.body)
    notify(call, repo, issue, [issue.user], "author")


def reviewed(call: Call, repo: Repository, issue: Issue, review: Review) -> None:
    """Follow up a review.

    Args:
        call: The request.
        repo: Where.
        issue: The pull request.
        review: The review.
    """
    payload = partial(_reviewed, repo, _snapshot(issue), review)
    _record(call, repo, "PullRequestReviewEvent", payload)
    announce(call, repo, "pull_request_review", {**payload(call), "action": "submitted"})
    notify(call, repo, issue, [issue.user], "author")


def notify_mentioned(call: Call, repo: Repository, issue: Issue, text: str | None) -> None:
    """Notify the people a text names.

    Args:
        call: The request.
        repo: Where.
        issue: What the text is on.
        text: The text.
    """
    found = (call.world.account(login) for login in _MENTION.findall(text or ""))
    notify(call, repo, issue, [user for user in found if user], "mention")


def notify(call: Call, repo: Repository, issue: Issue, users: Iterable[Account], reason: str) -> None:
    """Put an issue into inboxes; nobody is told of their own doing.

    Args:
        call: The request.
        repo: Where.
        issue: What it is about.
        users: Whose inboxes.
        reason: assign, mention, author and so on.
    """
    for user in users:
        if user is call.viewer or user.kind != "User" or not repo.allows(user, "read"):
            continue
        thread = next((t for t in call.world.threads.values() if t.user is user and t.issue is issue), None)
        if thread is None:
            number = call.world.next_id("thread", 1)
            thread = Thread(number, user, repo, issue, reason, call.now)
            call.world.threads[number] = thread
        thread.reason, thread.updated_at, thread.unread = reason, call.now, True


# What events tell, as functions that can be written down with what they tell of: the feed outlives the process.


def _as_said(payload: dict[str, Any], _: Call) -> dict[str, Any]:
    return payload


def _forkee(reader: Call, fork: Repository) -> dict[str, Any]:
    body = minimal_repo(reader, fork)
    # What the reader may do is no part of the message.
    body.pop("permissions", None)
    return body


def _forked(fork: Repository, reader: Call) -> dict[str, Any]:
    return {"action": "forked", "forkee": _forkee(reader, fork)}


def _about(
    repo: Repository, action: str, label: Label | None, assignee: Account | None, reader: Call
) -> dict[str, Any]:
    body: dict[str, Any] = {"action": action}
    if label:
        body["label"] = render_issues.label(reader, repo, label)
    if assignee:
        body["assignee"] = simple_user(reader.links, assignee)
    return body


def _pull_acted(about: Callable[[Call], dict[str, Any]], repo: Repository, then: Issue, reader: Call) -> dict[str, Any]:
    pull = render_issues.minimal_pull(reader, repo, then)
    return {**about(reader), "number": then.number, "pull_request": pull}


def _issue_acted(
    about: Callable[[Call], dict[str, Any]], repo: Repository, then: Issue, reader: Call
) -> dict[str, Any]:
    return {**about(reader), "issue": render_issues.issue(reader, repo, then)}


def _commented(repo: Repository, then: Issue, comment: Comment, reader: Call) -> dict[str, Any]:
    return {
        "action": "created",
        "issue": render_issues.issue(reader, repo, then),
        "comment": render_issues.comment(reader, repo, then, comment),
    }


def _reviewed(repo: Repository, then: Issue, review: Review, reader: Call) -> dict[str, Any]:
    body = render_issues.review(reader, repo, then, review)
    body |= {"state": review.state.lower(), "updated_at": body.get("submitted_at")}
    del body["author_association"]
    return {"action": "created", "review": body, "pull_request": render_issues.minimal_pull(reader, repo, then)}


for _told in (_as_said, _forked, _about, _pull_acted, _issue_acted, _commented, _reviewed):
    vars(_told)["__kept__"] = True
