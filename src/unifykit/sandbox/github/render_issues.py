"""Issues, comments, labels, pull requests and reviews as JSON.

https://docs.github.com/en/rest/issues/issues, https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from unifykit.sandbox.git.diffs import file_changes
from unifykit.sandbox.git.merging import merge_base, mergeable

from .links import node_id, stamp, stamp_or_none
from .render_accounts import simple_user, simple_user_or_none
from .render_repos import minimal_repo

if TYPE_CHECKING:
    from unifykit.sandbox.git.diffs import FileChange

    from .call import Call
    from .state import Account, Comment, Issue, Label, Pull, Repository, Review

_REACTIONS = ("+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes")


def label(call: Call, repo: Repository, item: Label) -> dict[str, Any]:
    """Render a label.

    Args:
        call: The request.
        repo: The repository.
        item: The label.

    Returns:
        GitHub's label.
    """
    return {
        "id": item.id,
        "node_id": node_id("Label", item.id),
        "url": f"{call.links(f'/repos/{repo.full_name}/labels')}/{quote(item.name)}",
        "name": item.name,
        "color": item.color,
        "default": item.default,
        "description": item.description,
    }


def association(repo: Repository, user: Account) -> str:
    """Tell what an author is to the repository.

    Args:
        repo: The repository.
        user: The author.

    Returns:
        GitHub's author-association.
    """
    if user is repo.owner:
        return "OWNER"
    if user.login in repo.owner.members:
        return "MEMBER"
    return "COLLABORATOR" if user.login in repo.collaborators else "NONE"


def _reactions(url: str) -> dict[str, Any]:
    return {"url": f"{url}/reactions", "total_count": 0, **dict.fromkeys(_REACTIONS, 0)}


def issue(call: Call, repo: Repository, item: Issue) -> dict[str, Any]:
    """Render an issue; a pull request is one too, with a pointer to itself.

    Args:
        call: The request.
        repo: The repository.
        item: The issue.

    Returns:
        GitHub's issue.
    """
    api = call.links(f"/repos/{repo.full_name}")
    url = f"{api}/issues/{item.number}"
    kind, page = ("PullRequest", "pull") if item.pull else ("Issue", "issues")
    return {
        "url": url,
        "repository_url": api,
        "labels_url": url + "/labels{/name}",
        "comments_url": f"{url}/comments",
        "events_url": f"{url}/events",
        "html_url": call.links(f"/{repo.full_name}/{page}/{item.number}"),
        "id": item.id,
        "node_id": node_id(kind, item.id),
        "number": item.number,
        "title": item.title,
        **_conversation(call, repo, item),
        "comments": len(item.comments),
        "closed_by": simple_user_or_none(call.links, item.closed_by),
        "reactions": _reactions(url),
        "timeline_url": f"{url}/timeline",
        "performed_via_github_app": None,
        "state_reason": item.state_reason,
        **(_pull_pointer(call, repo, item, item.pull) if item.pull else {}),
    }


def _conversation(call: Call, repo: Repository, item: Issue) -> dict[str, Any]:
    """Give what an issue and a pull request have in common."""
    assignees = [simple_user(call.links, user) for user in item.assignees]
    return {
        "user": simple_user(call.links, item.user),
        "labels": [label(call, repo, one) for one in item.labels],
        "state": item.state,
        "locked": False,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "milestone": None,
        "created_at": stamp(item.created_at),
        "updated_at": stamp(item.updated_at),
        "closed_at": stamp_or_none(item.closed_at),
        "author_association": association(repo, item.user),
        "active_lock_reason": None,
        "body": item.body,
    }


def _pull_pointer(call: Call, repo: Repository, item: Issue, pull: Pull) -> dict[str, Any]:
    page = call.links(f"/{repo.full_name}/pull/{item.number}")
    return {
        "draft": pull.draft,
        "pull_request": {
            "url": call.links(f"/repos/{repo.full_name}/pulls/{item.number}"),
            "html_url": page,
            "diff_url": f"{page}.diff",
            "patch_url": f"{page}.patch",
            "merged_at": stamp_or_none(pull.merged_at),
        },
    }


def comment(call: Call, repo: Repository, item: Issue, one: Comment) -> dict[str, Any]:
    """Render a comment.

    Args:
        call: The request.
        repo: The repository.
        item: The issue it is on.
        one: The comment.

    Returns:
        GitHub's issue-comment.
    """
    url = call.links(f"/repos/{repo.full_name}/issues/comments/{one.id}")
    page = "pull" if item.pull else "issues"
    return {
        "url": url,
        "html_url": call.links(f"/{repo.full_name}/{page}/{item.number}#issuecomment-{one.id}"),
        "issue_url": call.links(f"/repos/{repo.full_name}/issues/{item.number}"),
        "id": one.id,
        "node_id": node_id("IssueComment", one.id),
        "user": simple_user(call.links, one.user),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "author_association": association(repo, one.user),
        "body": one.body,
        "reactions": _reactions(url),
        "performed_via_github_app": None,
    }


def tips(repo: Repository, item: Issue) -> tuple[str, str]:
    """Give a pull request's base and head: the branches' tips while open, what they were once closed.

    Args:
        repo: The repository.
        item: The pull request.

    Returns:
        Base and head.
    """
    assert item.pull is not None
    pull = item.pull
    if item.state == "closed":
        return pull.base_sha, pull.head_sha
    base, head = repo.git.branch(pull.base_ref), pull.head_repo.git.branch(pull.head_ref)
    return base or pull.base_sha, head or pull.head_sha


def pull_changes(repo: Repository, item: Issue) -> list[FileChange]:
    """Compare a pull request's head with the commit it parted from its base at.

    Args:
        repo: The repository.
        item: The pull request.

    Returns:
        The changed files.
    """
    base, head = tips(repo, item)
    parted = merge_base(repo.git, base, head)
    return file_changes(repo.git, repo.git.tree_of(parted) if parted else None, repo.git.tree_of(head))


def _side(call: Call, repo: Repository, ref: str, sha: str) -> dict[str, Any]:
    return {
        "label": f"{repo.owner.login}:{ref}",
        "ref": ref,
        "sha": sha,
        "user": simple_user(call.links, repo.owner),
        "repo": minimal_repo(call, repo),
    }


def _pull_links(call: Call, repo: Repository, item: Issue, head: str) -> dict[str, str]:
    api = call.links(f"/repos/{repo.full_name}")
    url, thread = f"{api}/pulls/{item.number}", f"{api}/issues/{item.number}"
    page = call.links(f"/{repo.full_name}/pull/{item.number}")
    return {
        "url": url,
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": thread,
        "commits_url": f"{url}/commits",
        "review_comments_url": f"{url}/comments",
        "review_comment_url": api + "/pulls/comments{/number}",
        "comments_url": f"{thread}/comments",
        "statuses_url": f"{api}/statuses/{head}",
    }


def _short_links(links: dict[str, str]) -> dict[str, dict[str, str]]:
    names = ("html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses")
    return {"self": {"href": links["url"]}, **{name: {"href": links[f"{name}_url"]} for name in names}}


def simple_pull(call: Call, repo: Repository, item: Issue) -> dict[str, Any]:
    """Render a pull request as it appears in lists.

    Args:
        call: The request.
        repo: The repository.
        item: The pull request.

    Returns:
        GitHub's pull-request-simple.
    """
    assert item.pull is not None
    pull, (base, head) = item.pull, tips(repo, item)
    links = _pull_links(call, repo, item, head)
    return {
        **links,
        "id": pull.id,
        "node_id": node_id("PullRequest", pull.id),
        "number": item.number,
        "title": item.title,
        **_conversation(call, repo, item),
        "merged_at": stamp_or_none(pull.merged_at),
        "merge_commit_sha": pull.merge_commit_sha,
        "requested_reviewers": [],
        "requested_teams": [],
        "draft": pull.draft,
        "head": _side(call, pull.head_repo, pull.head_ref, head),
        "base": _side(call, repo, pull.base_ref, base),
        "_links": _short_links(links),
        "auto_merge": None,
    }


def full_pull(call: Call, repo: Repository, item: Issue) -> dict[str, Any]:
    """Render a pull request's own page. GitHub works `mergeable` out in the background; here it is known at once.

    Args:
        call: The request.
        repo: The repository.
        item: The pull request.

    Returns:
        GitHub's pull-request.
    """
    assert item.pull is not None
    pull, (base, head), changes = item.pull, tips(repo, item), pull_changes(repo, item)
    clean = mergeable(repo.git, base, head) if item.state == "open" else None
    state = "unknown" if clean is None else "draft" if pull.draft else "clean" if clean else "dirty"
    return {
        **simple_pull(call, repo, item),
        "merged": pull.merged_at is not None,
        "mergeable": clean,
        "rebaseable": clean,
        "mergeable_state": state,
        "merged_by": simple_user_or_none(call.links, pull.merged_by),
        "comments": len(item.comments),
        "review_comments": 0,
        "maintainer_can_modify": pull.maintainer_can_modify,
        "commits": len(repo.git.between(base, head)),
        "additions": sum(change.additions for change in changes),
        "deletions": sum(change.deletions for change in changes),
        "changed_files": len(changes),
    }


def minimal_pull(call: Call, repo: Repository, item: Issue) -> dict[str, Any]:
    """Render a pull request as the activity feed has it.

    Args:
        call: The request.
        repo: The repository.
        item: The pull request.

    Returns:
        GitHub's pull-request-minimal.
    """
    assert item.pull is not None
    base, head = tips(repo, item)
    sides = {"head": (item.pull.head_repo, item.pull.head_ref, head), "base": (repo, item.pull.base_ref, base)}
    body: dict[str, Any] = {
        "id": item.pull.id,
        "number": item.number,
        "url": call.links(f"/repos/{repo.full_name}/pulls/{item.number}"),
    }
    for side, (owner, ref, sha) in sides.items():
        origin = {"id": owner.id, "url": call.links(f"/repos/{owner.full_name}"), "name": owner.name}
        body[side] = {"ref": ref, "sha": sha, "repo": origin}
    return body


def review(call: Call, repo: Repository, item: Issue, one: Review) -> dict[str, Any]:
    """Render a review.

    Args:
        call: The request.
        repo: The repository.
        item: The pull request.
        one: The review.

    Returns:
        GitHub's pull-request-review.
    """
    page = call.links(f"/{repo.full_name}/pull/{item.number}#pullrequestreview-{one.id}")
    url = call.links(f"/repos/{repo.full_name}/pulls/{item.number}")
    body: dict[str, Any] = {
        "id": one.id,
        "node_id": node_id("PullRequestReview", one.id),
        "user": simple_user(call.links, one.user),
        "body": one.body,
        "state": one.state,
        "html_url": page,
        "pull_request_url": url,
        "author_association": association(repo, one.user),
        "_links": {"html": {"href": page}, "pull_request": {"href": url}},
        "commit_id": one.commit_id,
    }
    return body | ({"submitted_at": stamp(one.submitted_at)} if one.submitted_at else {})
