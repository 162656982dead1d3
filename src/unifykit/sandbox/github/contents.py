"""Operations on files.

https://docs.github.com/en/rest/repos/contents
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from unifykit.sandbox.git.content import HEADS, Signature

from . import happenings
from .call import Call, Reply
from .errors import Refusal, invalid_request, not_found, not_implemented
from .render_git import content_file, content_item, git_commit
from .repos import REPO
from .routing import Routes

if TYPE_CHECKING:
    from unifykit.sandbox.git.objects import Entry

    from .state import Repository

routes: Routes = Routes()
_PAGE = "repos/contents"


def _tree(call: Call, repo: Repository) -> tuple[str, str]:
    ref = call.query.get("ref") or repo.default_branch
    sha = repo.git.resolve(ref)
    if sha is None and "ref" in call.query:
        raise Refusal(404, f"No commit found for the ref {ref}")
    if sha is None:
        raise Refusal(404, "This repository is empty.")
    return ref, repo.git.tree_of(sha)


@routes("GET", f"{REPO}/contents", f"{_PAGE}#get-repository-content")
@routes("GET", REPO + "/contents/{path:path}", f"{_PAGE}#get-repository-content")
def get(call: Call) -> Reply:
    """Give a file, a folder's listing, or a file's bytes."""
    repo = call.repo
    ref, tree = _tree(call, repo)
    entry = repo.git.entry(tree, str(call.params.get("path", "")).strip("/"))
    if entry is None:
        raise not_found()
    if not entry.is_dir:
        return _file(call, repo, ref, entry)
    entries = [content_item(call, repo, ref, item) for item in repo.git.listing(entry.sha, entry.path)]
    if call.media == "object":
        return Reply({**content_item(call, repo, ref, entry), "entries": entries})
    return Reply(entries)


def _file(call: Call, repo: Repository, ref: str, entry: Entry) -> Reply:
    if call.media == "raw":
        data = repo.git.blob(entry.sha)
        return Reply(raw=data, content_type="application/vnd.github.raw; charset=utf-8")
    if call.media not in ("json", "object"):
        raise not_implemented(f"{call.method} {call.path} as {call.media}")
    return Reply(content_file(call, repo, ref, entry))


@routes("GET", f"{REPO}/readme", f"{_PAGE}#get-a-repository-readme")
def readme(call: Call) -> Reply:
    """Give the README."""
    repo = call.repo
    ref, tree = _tree(call, repo)
    names = ("readme.md", "readme.rst", "readme.txt", "readme")
    found = {entry.name.lower(): entry for entry in repo.git.listing(tree) if not entry.is_dir}
    for name in names:
        if name in found:
            return _file(call, repo, ref, found[name])
    raise not_found()


@routes("PUT", REPO + "/contents/{path:path}", f"{_PAGE}#create-or-update-file-contents")
def put(call: Call) -> Reply:
    """Write a file and commit it."""
    repo, path = call.repo_for("write"), _file_path(call)
    call.need("message")
    branch = _branch(call, repo)
    try:
        data = b64decode("".join(call.need("content").split()), validate=True)
    except binascii.Error:
        raise Refusal(422, "content is not valid Base64") from None
    tip = repo.git.branch(branch)
    known = repo.git.entry(repo.git.tree_of(tip), path) if tip else None
    if (known and known.is_dir) or (tip and _is_below_file(repo, repo.git.tree_of(tip), path)):
        raise invalid_request(f"{path} is a directory, or lies below a file")
    _check_sha(call, path, known)
    sha = _commit(call, repo, branch, path, data=data)
    written = repo.git.entry(repo.git.tree_of(sha), path)
    assert written is not None
    body = {"content": content_item(call, repo, branch, written), "commit": git_commit(call, repo, sha)}
    headers = {} if known else {"Location": f"{call.links(f'/repos/{repo.full_name}/contents')}/{quote(path)}"}
    return Reply(body, 200 if known else 201, headers)


@routes("DELETE", REPO + "/contents/{path:path}", f"{_PAGE}#delete-a-file")
def delete(call: Call) -> Reply:
    """Remove a file and commit that. The fields may come in the query, as DELETE bodies get lost on the way."""
    call.body.update({name: value for name, value in call.query.items() if name not in call.body})
    repo, path = call.repo_for("write"), _file_path(call)
    call.need("message")
    branch = _branch(call, repo)
    call.need("sha")
    tip = repo.git.branch(branch)
    known = repo.git.entry(repo.git.tree_of(tip), path) if tip else None
    if known is None or known.is_dir:
        raise not_found()
    _check_sha(call, path, known)
    sha = _commit(call, repo, branch, path, data=None)
    return Reply({"content": None, "commit": git_commit(call, repo, sha)})


def _file_path(call: Call) -> str:
    path = str(call.params["path"])
    if not path or path.startswith("/") or any(part in ("", ".", "..", ".git") for part in path.split("/")):
        raise Refusal(422, "path contains a malformed path component")
    return path


def _is_below_file(repo: Repository, tree: str, path: str) -> bool:
    parts = path.split("/")
    folders = (repo.git.entry(tree, "/".join(parts[:depth])) for depth in range(1, len(parts)))
    return any(folder is not None and not folder.is_dir for folder in folders)


def _branch(call: Call, repo: Repository) -> str:
    name = call.field("branch", str)
    if name and repo.git.branch(name) is None and repo.git.branches():
        raise Refusal(404, f"Branch {name} not found")
    return name or repo.default_branch


def _check_sha(call: Call, path: str, known: Entry | None) -> None:
    sha = call.field("sha", str)
    if known and sha is None:
        raise invalid_request('"sha" wasn\'t supplied.')
    if sha is not None and (known is None or known.sha != sha):
        raise Refusal(409, f"{path} does not match {sha}")


def _commit(call: Call, repo: Repository, branch: str, path: str, *, data: bytes | None) -> str:
    before = repo.git.branch(branch)
    own = call.user.signature(call.now)
    author, committer = _signature(call, "author"), _signature(call, "committer")
    tree = repo.git.with_file(repo.git.tree_of(before) if before else None, path, data)
    sha = repo.git.make_commit(
        tree, [before] if before else [], call.need("message"), author or committer or own, committer or author or own
    )
    repo.git.set_ref(HEADS + branch, sha)
    happenings.pushed(call, repo, HEADS + branch, before, sha)
    return sha


def _signature(call: Call, field: str) -> Signature | None:
    given = cast("dict[str, Any] | None", call.field(field, dict))
    if given is None:
        return None
    for name in ("name", "email"):
        if not isinstance(given.get(name), str):
            raise invalid_request(f'"{name}" wasn\'t supplied.')
    when = call.now
    if "date" in given:
        try:
            when = datetime.fromisoformat(str(given["date"]))
        except ValueError:
            raise invalid_request(f"For 'properties/date', {given['date']!r} is not a date-time.") from None
    return Signature(given["name"], given["email"], when)
