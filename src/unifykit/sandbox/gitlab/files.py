"""Operations on files and folders.

https://docs.gitlab.com/api/repository_files/, https://docs.gitlab.com/api/repositories/
"""

from __future__ import annotations

import hashlib
from base64 import b64encode
from typing import TYPE_CHECKING

from .branches import writable
from .call import Call, Reply, no_content
from .commits import decoded, record
from .errors import Refusal, not_found
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import DEVELOPER

if TYPE_CHECKING:
    from unifykit.sandbox.git.objects import Entry

routes: Routes = Routes()
_FILE = f"{PROJECT}/repository/files/{{file_path}}"


def _found(call: Call) -> tuple[str, str, Entry]:
    ref = call.text("ref") or call.project.default_branch
    sha = call.project.git.resolve(call.project.default_branch if ref == "HEAD" else ref)
    if sha is None:
        raise not_found("Commit")
    entry = call.project.git.entry(call.project.git.tree_of(sha), call.places["file_path"])
    if entry is None or entry.is_dir:
        raise not_found("File")
    return ref, sha, entry


@routes("GET", _FILE, token=False)
def get(call: Call) -> Reply:
    """Give a file with its content in Base64."""
    ref, sha, entry = _found(call)
    data = call.project.git.blob(entry.sha)
    return Reply({
        "file_name": entry.name,
        "file_path": entry.path,
        "size": len(data),
        "encoding": "base64",
        "content_sha256": hashlib.sha256(data).hexdigest(),
        "ref": ref,
        "blob_id": entry.sha,
        "commit_id": sha,
        "last_commit_id": call.project.git.touching(sha, entry.path)[0],
        "execute_filemode": bool(entry.mode & 0o100),
        "content": b64encode(data).decode(),
    })  # fmt: skip


@routes("GET", f"{_FILE}/raw", token=False)
def raw(call: Call) -> Reply:
    """Give a file's bytes."""
    _, _, entry = _found(call)
    return Reply(raw=call.project.git.blob(entry.sha), content_type="text/plain; charset=utf-8")


@routes("POST", _FILE)
def create(call: Call) -> Reply:
    """Add a file."""
    return _written(call, exists=False)


@routes("PUT", _FILE)
def update(call: Call) -> Reply:
    """Change a file."""
    return _written(call, exists=True)


def _written(call: Call, *, exists: bool) -> Reply:
    path = call.places["file_path"]
    call.need("content")
    branch = _committed(call, decoded(call.given), exists=exists)
    return Reply({"file_path": path, "branch": branch}, 200 if exists else 201)


@routes("DELETE", _FILE)
def delete(call: Call) -> Reply:
    """Remove a file."""
    _committed(call, None, exists=True)
    return no_content()


def _committed(call: Call, data: bytes | None, *, exists: bool) -> str:
    project, path = call.project_for(DEVELOPER), call.places["file_path"]
    branch, message = call.need("branch", "commit_message")
    writable(call, project, branch)
    start = project.git.branch(branch) or project.git.resolve(call.text("start_branch") or "")
    if start is None and project.git.branches():
        raise Refusal(400, "You can only create or edit files when you are on a branch")
    tree = project.git.tree_of(start) if start else None
    known = project.git.entry(tree, path) if tree else None
    if (known is not None) is not exists:
        raise Refusal(400, "A file with this name doesn't exist" if exists else "A file with this name already exists")
    record(call, project, branch, project.git.with_file(tree, path, data), message=message, parent=start)
    return branch


@routes("GET", f"{PROJECT}/repository/tree", token=False)
def tree(call: Call) -> Reply:
    """List a folder."""
    git, path = call.project.git, (call.text("path") or "").strip("/")
    sha = git.resolve(call.text("ref") or call.project.default_branch)
    folder = git.entry(git.tree_of(sha), path) if sha else None
    if folder is None or not folder.is_dir:
        raise not_found("Tree")
    deep = call.flag("recursive")
    found = list(git.walk(folder.sha, path)) if deep else git.listing(folder.sha, path)
    page, headers = page_of(call, found)
    kinds = {True: "tree", False: "blob"}
    body = [
        {"id": one.sha, "name": one.name, "type": kinds[one.is_dir], "path": one.path, "mode": f"{one.mode:06o}"}
        for one in page
    ]
    return Reply(body, headers=headers)
