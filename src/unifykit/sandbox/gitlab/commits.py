"""Operations on commits and comparisons.

https://docs.gitlab.com/api/commits/
"""

from __future__ import annotations

from base64 import b64decode
from binascii import Error as NotBase64
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import HEADS
from unifykit.sandbox.git.diffs import file_changes
from unifykit.sandbox.git.merging import merge_base

from . import render
from .branches import pushed, writable
from .call import Call, Reply
from .errors import Refusal, not_found, parameter
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import DEVELOPER

if TYPE_CHECKING:
    from unifykit.sandbox.git.content import GitContent
    from unifykit.sandbox.git.diffs import FileChange

    from .state import Project

routes: Routes = Routes()
_COMMITS = f"{PROJECT}/repository/commits"
_ACTIONS = ("create", "update", "delete", "move")


def _sha(call: Call, name: str | None) -> str:
    found = call.project.git.resolve(name or call.project.default_branch)
    if found is None:
        raise not_found("Commit")
    return found


@routes("GET", _COMMITS, token=False)
def list_all(call: Call) -> Reply:
    """List commits, newest first; an unknown branch has none."""
    git = call.project.git
    start = git.resolve(call.text("ref_name") or call.project.default_branch)
    path = (call.text("path") or "").strip("/")
    found = [] if start is None else git.touching(start, path) if path else git.history(start)
    page, headers = page_of(call, found)
    # https://docs.gitlab.com/api/commits/#list-repository-commits: counting would cost too much.
    headers = {name: value for name, value in headers.items() if not name.startswith("X-Total")}
    return Reply([render.commit(call, call.project, sha) for sha in page], headers=headers)


@routes("GET", f"{_COMMITS}/{{sha}}", token=False)
def get(call: Call) -> Reply:
    """Give a commit."""
    sha = _sha(call, call.places["sha"])
    changes = _changes_of(call.project.git, sha)
    counts = {"additions": sum(one.additions for one in changes), "deletions": sum(one.deletions for one in changes)}
    stats = {**counts, "total": sum(counts.values())}
    body = render.commit(call, call.project, sha)
    return Reply({**body, "stats": stats, "status": None, "project_id": call.project.id, "last_pipeline": None})


def _changes_of(git: GitContent, sha: str) -> list[FileChange]:
    parents = git.parents(sha)
    return file_changes(git, git.tree_of(parents[0]) if parents else None, git.tree_of(sha))


def diff(change: FileChange) -> dict[str, Any]:
    """Write one file of a diff."""
    return {
        "diff": f"{change.patch}\n" if change.patch else "",
        "collapsed": False,
        "too_large": False,
        "new_path": change.path,
        "old_path": change.previous_path or change.path,
        "a_mode": "0" if change.status == "added" else "100644",
        "b_mode": "0" if change.status == "removed" else "100644",
        "new_file": change.status == "added",
        "renamed_file": change.status == "renamed",
        "deleted_file": change.status == "removed",
        "generated_file": False,
    }


@routes("GET", f"{_COMMITS}/{{sha}}/diff", token=False)
def get_diff(call: Call) -> Reply:
    """Give what a commit changed."""
    page, headers = page_of(call, _changes_of(call.project.git, _sha(call, call.places["sha"])))
    return Reply([diff(one) for one in page], headers=headers)


@routes("GET", f"{PROJECT}/repository/compare", token=False)
def compare(call: Call) -> Reply:
    """Compare two branches, tags or commits."""
    project, names = call.project, call.need("from", "to")
    base, head = (_sha(call, name) for name in names)
    start = base if call.flag("straight") else merge_base(project.git, base, head)
    if start is None:
        raise not_found("Commit")
    found = project.git.between(base, head)
    changes = file_changes(project.git, project.git.tree_of(start), project.git.tree_of(head))
    return Reply({
        "commit": render.commit(call, project, head) if found else None,
        "commits": [render.commit(call, project, sha) for sha in found],
        "diffs": [diff(one) for one in changes],
        "compare_timeout": False,
        "compare_same_ref": base == head,
        "web_url": render.web(call, project, f"/-/compare/{names[0]}...{names[1]}"),
    })  # fmt: skip


@routes("POST", _COMMITS)
def create(call: Call) -> Reply:
    """Commit several changes at once."""
    project = call.project_for(DEVELOPER)
    branch, message = call.need("branch", "commit_message")
    writable(call, project, branch)
    before = project.git.branch(branch)
    start = before or project.git.resolve(call.text("start_branch") or call.text("start_sha") or "")
    if before is None and start is None and project.git.branches():
        raise Refusal(400, "You can only create or edit files when you are on a branch")
    tree = _acted(call, project, project.git.tree_of(start) if start else None)
    sha = record(call, project, branch, tree, message=message, parent=start)
    body = get_body(call, project, sha)
    return Reply(body, 201)


def get_body(call: Call, project: Project, sha: str) -> dict[str, Any]:
    """Write a commit that was just made."""
    return {**render.commit(call, project, sha), "status": None, "project_id": project.id, "last_pipeline": None}


def record(call: Call, project: Project, branch: str, tree: str, *, message: str, parent: str | None) -> str:
    """Make a commit on a branch and tell the feed."""
    author = call.user.signature(call.now)
    before = project.git.branch(branch)
    sha = project.git.make_commit(tree, [parent] if parent else [], message, author)
    project.git.set_ref(HEADS + branch, sha)
    pushed(call, project, branch, before, sha)
    return sha


def _acted(call: Call, project: Project, tree: str | None) -> str:
    actions: list[dict[str, Any]] = call.listed("actions")
    if not actions:
        raise parameter("actions is missing")
    for action in actions:
        tree = _act(project, tree, action)
    assert tree is not None
    return tree


def _act(project: Project, tree: str | None, action: dict[str, Any]) -> str:
    kind, path = str(action.get("action")), str(action.get("file_path") or "")
    if kind not in _ACTIONS or not path:
        raise parameter("actions[action] does not have a valid value")
    known = project.git.entry(tree, path) if tree else None
    if kind == "create" and known is not None:
        raise Refusal(400, "A file with this name already exists")
    if kind == "move":
        source = str(action.get("previous_path"))
        old = project.git.entry(tree, source) if tree else None
        if old is None:
            raise Refusal(400, "A file with this name doesn't exist")
        data = decoded(action) if "content" in action else project.git.blob(old.sha)
        return project.git.with_file(project.git.with_file(tree, source, None), path, data)
    if kind != "create" and known is None:
        raise Refusal(400, "A file with this name doesn't exist")
    return project.git.with_file(tree, path, None if kind == "delete" else decoded(action))


def decoded(given: dict[str, Any]) -> bytes:
    """Read a file's content, which may come in Base64."""
    content = str(given.get("content") or "")
    if given.get("encoding") != "base64":
        return content.encode()
    try:
        return b64decode(content, validate=True)
    except NotBase64:
        raise parameter("content is invalid") from None
