"""Operations on pull requests.

https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.diffs import diff_text
from unifykit.sandbox.git.merging import merge_base

from . import happenings
from .call import Call, Reply
from .errors import field_error, invalid_request, not_implemented, validation_failed
from .issues import edit_text, may_edit, open_issue, set_state
from .paging import page_of
from .render_git import commit, diff_entry
from .render_issues import full_pull, pull_changes, simple_pull, tips
from .repos import REPO
from .routing import Routes
from .state import Pull

if TYPE_CHECKING:
    from collections.abc import Callable

    from .state import Issue, Repository

routes: Routes = Routes()
PULL = f"{REPO}/pulls/{{number:int}}"
_PAGE = "pulls/pulls"


def _head_of(call: Call, repo: Repository, head: str) -> tuple[Repository, str] | None:
    """Find where `branch` or `owner:branch` is: the repository itself or a fork of the same network."""
    login, _, branch = head.rpartition(":")
    if not login or login.lower() == repo.owner.login.lower():
        return repo, branch
    family = {id(repo), id(repo.parent or repo)}
    for other in call.world.visible_repos(call.viewer):
        related = id(other.parent or other) in family
        if related and other.owner.login.lower() == login.lower():
            return other, branch
    return None


@routes("POST", f"{REPO}/pulls", f"{_PAGE}#create-a-pull-request")
def create(call: Call) -> Reply:
    """Open a pull request."""
    repo = call.repo
    title, head, base = call.field("title", str), call.need("head"), call.need("base")
    if "issue" in call.body:
        raise not_implemented("turning an issue into a pull request")
    if not title:
        raise validation_failed(field_error("PullRequest", "title", "missing_field"))
    source, branch = _checked_head(call, repo, head)
    base_sha, head_sha = repo.git.branch(base), source.git.branch(branch)
    if base_sha is None:
        raise validation_failed(field_error("PullRequest", "base", "invalid"))
    if head_sha is None:
        raise validation_failed(field_error("PullRequest", "head", "invalid"))
    _refuse_pointless(repo, source, branch, base)
    issue = open_issue(call, repo, call.user, title, call.field("body", str))
    issue.pull = Pull(call.world.next_id("pull", 2001), source, branch, base, head_sha, base_sha)
    issue.pull.draft = bool(call.field("draft", bool))
    issue.pull.maintainer_can_modify = source is not repo and call.body.get("maintainer_can_modify") is not False
    happenings.issue_acted(call, repo, issue, "opened")
    happenings.notify_mentioned(call, repo, issue, issue.body)
    body = full_pull(call, repo, issue)
    return Reply(body, 201, {"Location": body["url"]})


def _checked_head(call: Call, repo: Repository, head: str) -> tuple[Repository, str]:
    found = _head_of(call, repo, head)
    if found is None:
        raise validation_failed(field_error("PullRequest", "head", "invalid"))
    return found


def _refuse_pointless(repo: Repository, source: Repository, branch: str, base: str) -> None:
    base_sha, head_sha = repo.git.branch(base), source.git.branch(branch)
    assert base_sha is not None
    assert head_sha is not None
    shown = branch if source is repo else f"{source.owner.login}:{branch}"
    message = ""
    if not repo.git.between(base_sha, head_sha):
        message = f"No commits between {base} and {shown}"
    elif merge_base(repo.git, base_sha, head_sha) is None:
        message = f"The {branch} branch has no history in common with {base}"
    elif _open_twin(repo, source, branch, base):
        message = f"A pull request already exists for {source.owner.login}:{branch}."
    if message:
        raise validation_failed({"resource": "PullRequest", "code": "custom", "message": message})


def _open_twin(repo: Repository, source: Repository, branch: str, base: str) -> bool:
    wanted = (source.id, branch, base, "open")
    return any(
        (issue.pull.head_repo.id, issue.pull.head_ref, issue.pull.base_ref, issue.state) == wanted
        for issue in repo.pulls
        if issue.pull
    )


@routes("GET", f"{REPO}/pulls", f"{_PAGE}#list-pull-requests")
def list_all(call: Call) -> Reply:
    """List pull requests."""
    repo, state = call.repo, call.choice("state", ("open", "closed", "all"), "open")
    found = [issue for issue in repo.pulls if state in ("all", issue.state) and _matches(call, issue)]
    sort = call.choice("sort", ("created", "updated", "popularity", "long-running"), "created")
    if sort == "long-running":
        raise not_implemented("sorting pull requests by long-running")
    keys: dict[str, Callable[[Issue], Any]] = {
        "created": lambda issue: (issue.created_at, issue.number),
        "updated": lambda issue: (issue.updated_at, issue.number),
        "popularity": lambda issue: (len(issue.comments), issue.number),
    }
    default = "desc" if sort == "created" else "asc"
    found.sort(key=keys[sort], reverse=call.choice("direction", ("asc", "desc"), default) == "desc")
    page, headers = page_of(call, found)
    return Reply([simple_pull(call, repo, issue) for issue in page], headers=headers)


def _matches(call: Call, issue: Issue) -> bool:
    assert issue.pull is not None
    head, base = call.query.get("head"), call.query.get("base")
    # GitHub ignores a head without its owner.
    label = f"{issue.pull.head_repo.owner.login}:{issue.pull.head_ref}"
    return (not head or ":" not in head or head == label) and (not base or base == issue.pull.base_ref)


@routes("GET", PULL, f"{_PAGE}#get-a-pull-request")
def get(call: Call) -> Reply:
    """Give a pull request, or its diff."""
    repo, issue = call.repo, call.issue(pull=True)
    if call.media == "diff":
        base, head = tips(repo, issue)
        parted = merge_base(repo.git, base, head)
        text = diff_text(repo.git, repo.git.tree_of(parted) if parted else None, repo.git.tree_of(head))
        return Reply(raw=text, content_type="application/vnd.github.diff; charset=utf-8")
    if call.media not in ("json", "raw"):
        raise not_implemented(f"{call.method} {call.path} as {call.media}")
    return Reply(full_pull(call, repo, issue))


@routes("PATCH", PULL, f"{_PAGE}#update-a-pull-request")
def update(call: Call) -> Reply:
    """Change a pull request."""
    repo, issue = call.repo, call.issue(pull=True)
    assert issue.pull is not None
    may_edit(call, repo, issue.user)
    state, base = call.field("state", str), call.field("base", str)
    if state not in (None, "open", "closed"):
        raise invalid_request(f"For 'properties/state', \"{state}\" is not one of: open, closed")
    if base and repo.git.branch(base) is None:
        raise validation_failed(field_error("PullRequest", "base", "invalid"))
    if state == "open" and issue.state == "closed":
        _refuse_reopening(issue)
    edit_text(call, repo, issue)
    issue.pull.base_ref = base or issue.pull.base_ref
    modify = call.field("maintainer_can_modify", bool)
    issue.pull.maintainer_can_modify = issue.pull.maintainer_can_modify if modify is None else modify
    if state:
        freeze(repo, issue)
        set_state(call, repo, issue, state)
    return Reply(full_pull(call, repo, issue))


def _refuse_reopening(issue: Issue) -> None:
    assert issue.pull is not None
    pull, message = issue.pull, ""
    if pull.merged_at:
        message = "state cannot be changed. The pull request has already been merged."
    elif pull.head_repo.git.branch(pull.head_ref) is None:
        message = f"state cannot be changed. The {pull.head_ref} branch has been deleted."
    if message:
        raise validation_failed({"resource": "PullRequest", "code": "invalid", "field": "state", "message": message})


def freeze(repo: Repository, issue: Issue) -> None:
    """Remember base and head as they are, for when the pull request is closed.

    Args:
        repo: The repository.
        issue: The pull request.
    """
    assert issue.pull is not None
    issue.pull.base_sha, issue.pull.head_sha = tips(repo, issue)


def branch_gone(call: Call, source: Repository, branch: str, before: str) -> None:
    """Close what was to be merged from or into a branch that has been deleted, as GitHub does.

    Args:
        call: The request.
        source: Where the branch was.
        branch: Its name.
        before: Where it pointed.
    """
    for repo in list(call.world.repos.values()):
        for issue in repo.pulls:
            if issue.pull is None or issue.state == "closed":
                continue
            if issue.pull.head_repo is source and issue.pull.head_ref == branch:
                issue.pull.head_sha = before
            elif repo is source and issue.pull.base_ref == branch:
                issue.pull.base_sha = before
            else:
                continue
            freeze(repo, issue)
            set_state(call, repo, issue, "closed")


@routes("GET", f"{PULL}/files", f"{_PAGE}#list-pull-requests-files")
def files(call: Call) -> Reply:
    """List what a pull request changes, with patches."""
    repo, issue = call.repo, call.issue(pull=True)
    page, headers = page_of(call, pull_changes(repo, issue))
    head = tips(repo, issue)[1]
    return Reply([diff_entry(call, repo, head, change) for change in page], headers=headers)


@routes("GET", f"{PULL}/commits", f"{_PAGE}#list-commits-on-a-pull-request")
def commits(call: Call) -> Reply:
    """List a pull request's commits, oldest first."""
    repo, issue = call.repo, call.issue(pull=True)
    page, headers = page_of(call, repo.git.between(*tips(repo, issue)))
    return Reply([commit(call, repo, sha) for sha in page], headers=headers)
