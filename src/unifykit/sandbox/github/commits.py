"""Operations on commits.

https://docs.github.com/en/rest/commits/commits
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from unifykit.sandbox.git.diffs import diff_text, file_changes
from unifykit.sandbox.git.merging import merge_base

from .call import Call, Reply
from .errors import Refusal, not_found, not_implemented
from .paging import page_of
from .render_git import commit, diff_entry, full_commit
from .repos import REPO
from .routing import Routes

if TYPE_CHECKING:
    from .state import Repository

routes: Routes = Routes()
_PAGE = "commits/commits"
_BELOW_COMMIT = ("/comments", "/pulls", "/status", "/statuses", "/check-runs", "/check-suites", "/branches-where-head")
_DIFF = "application/vnd.github.diff; charset=utf-8"
_SHA = "application/vnd.github.sha; charset=utf-8"


@routes("GET", f"{REPO}/commits", f"{_PAGE}#list-commits")
def list_all(call: Call) -> Reply:
    """List commits, newest first."""
    repo = call.repo
    if not repo.git.refs():
        raise Refusal(409, "Git Repository is empty.")
    start = repo.git.resolve(call.query.get("sha") or repo.default_branch)
    if start is None:
        raise not_found()
    path = call.query.get("path", "").strip("/")
    found = repo.git.touching(start, path) if path else repo.git.history(start)
    page, headers = page_of(call, [sha for sha in found if _wanted(call, repo, sha)])
    return Reply([commit(call, repo, sha) for sha in page], headers=headers)


def _wanted(call: Call, repo: Repository, sha: str) -> bool:
    found, since, until = repo.git.commit(sha), call.since(), call.since("until")
    when = datetime.fromtimestamp(found.commit_time, UTC)
    if (since and when < since) or (until and when > until):
        return False
    idents = {"author": found.author, "committer": found.committer}
    return all(_is(call, ident, call.query[name]) for name, ident in idents.items() if name in call.query)


def _is(call: Call, ident: bytes, wanted: str) -> bool:
    account = call.world.author_of(ident)
    logins = {account.login.lower()} if account else set[str]()
    return wanted.lower() in logins | {ident.decode().partition("<")[2].removesuffix(">").lower()}


@routes("GET", f"{REPO}/commits/{{ref:path}}", f"{_PAGE}#get-a-commit")
def get(call: Call) -> Reply:
    """Give a commit with what it changed, its diff, or its SHA."""
    repo, ref = call.repo, str(call.params["ref"])
    sha = repo.git.resolve(ref)
    if sha is None:
        if ref.endswith(_BELOW_COMMIT):
            raise not_implemented(f"{call.method} {call.path}")
        raise Refusal(422, f"No commit found for SHA: {ref}")
    if call.media == "sha":
        return Reply(raw=sha.encode(), content_type=_SHA)
    if call.media == "diff":
        parents = repo.git.parents(sha)
        before = repo.git.tree_of(parents[0]) if parents else None
        return Reply(raw=diff_text(repo.git, before, repo.git.tree_of(sha)), content_type=_DIFF)
    if call.media not in ("json", "raw"):
        raise not_implemented(f"{call.method} {call.path} as {call.media}")
    return Reply(full_commit(call, repo, sha))


@routes("GET", f"{REPO}/compare/{{basehead:path}}", f"{_PAGE}#compare-two-commits")
def compare(call: Call) -> Reply:
    """Compare two commits, given as branches, SHAs or owner:branch."""
    repo = call.repo
    base_name, dots, head_name = str(call.params["basehead"]).partition("...")
    base, head = _side(call, repo, base_name), _side(call, repo, head_name)
    if not dots or base is None or head is None:
        raise not_found()
    parted = merge_base(repo.git, base, head)
    if parted is None:
        raise Refusal(404, f"No common ancestor between {base_name} and {head_name}.")
    if call.media == "diff":
        return Reply(raw=diff_text(repo.git, repo.git.tree_of(parted), repo.git.tree_of(head)), content_type=_DIFF)
    if call.media not in ("json", "raw"):
        raise not_implemented(f"{call.method} {call.path} as {call.media}")
    return _comparison(call, repo, base, head, parted)


def _side(call: Call, repo: Repository, name: str) -> str | None:
    login, _, ref = name.rpartition(":")
    if not login or login.lower() == repo.owner.login.lower():
        return repo.git.resolve(ref)
    for other in call.world.visible_repos(call.viewer):
        # Only repositories of one network share commits.
        related = other.git.repo.object_store is repo.git.repo.object_store
        if related and other.owner.login.lower() == login.lower():
            return other.git.resolve(ref)
    return None


def _comparison(call: Call, repo: Repository, base: str, head: str, parted: str) -> Reply:
    ahead, behind = repo.git.between(base, head), repo.git.between(head, base)
    status = {(True, True): "diverged", (True, False): "ahead", (False, True): "behind"}.get(
        (bool(ahead), bool(behind)), "identical"
    )
    page, headers = page_of(call, ahead)
    url = f"/repos/{repo.full_name}/compare/{call.params['basehead']}"
    html = call.links(f"/{repo.full_name}/compare/{call.params['basehead']}")
    owner = repo.owner.login
    body = {
        "url": call.links(url),
        "html_url": html,
        "permalink_url": call.links(f"/{repo.full_name}/compare/{owner}:{base[:7]}...{owner}:{head[:7]}"),
        "diff_url": f"{html}.diff",
        "patch_url": f"{html}.patch",
        "base_commit": commit(call, repo, base),
        "merge_base_commit": commit(call, repo, parted),
        "status": status,
        "ahead_by": len(ahead),
        "behind_by": len(behind),
        "total_commits": len(ahead),
        "commits": [commit(call, repo, sha) for sha in page],
    }
    # https://docs.github.com/en/rest/commits/commits#compare-two-commits: files come with the first page only.
    if call.query.get("page", "1") == "1":
        changes = file_changes(repo.git, repo.git.tree_of(parted), repo.git.tree_of(head))
        body["files"] = [diff_entry(call, repo, head, change) for change in changes]
    return Reply(body, headers=headers)
