"""Commits, branches, references, files and comparisons as JSON.

https://docs.github.com/en/rest/commits/commits, https://docs.github.com/en/rest/git/refs
"""

from __future__ import annotations

from base64 import encodebytes
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from unifykit.sandbox.git.diffs import file_changes
from unifykit.sandbox.git.merging import signature_of

from .links import node_id, stamp
from .render_accounts import simple_user_or_none

if TYPE_CHECKING:
    from unifykit.sandbox.git.diffs import FileChange
    from unifykit.sandbox.git.objects import Entry

    from .call import Call
    from .state import Repository


def git_user(ident: bytes, seconds: int) -> dict[str, str]:
    """Render a commit's author or committer.

    Args:
        ident: The identity as git writes it.
        seconds: The time.

    Returns:
        GitHub's git-user.
    """
    signature = signature_of(ident, seconds)
    return {"name": signature.name, "email": signature.email, "date": stamp(signature.when)}


def _unverified() -> dict[str, Any]:
    return {"verified": False, "reason": "unsigned", "signature": None, "payload": None, "verified_at": None}


def _parents(call: Call, repo: Repository, sha: str, api: str = "commits") -> list[dict[str, str]]:
    url, page = call.links(f"/repos/{repo.full_name}/{api}/"), call.links(f"/{repo.full_name}/commit/")
    return [{"sha": parent, "url": url + parent, "html_url": page + parent} for parent in repo.git.parents(sha)]


def commit(call: Call, repo: Repository, sha: str) -> dict[str, Any]:
    """Render a commit as it appears in lists.

    Args:
        call: The request.
        repo: The repository.
        sha: The commit.

    Returns:
        GitHub's commit, without stats and files.
    """
    found, tree = repo.git.commit(sha), repo.git.tree_of(sha)
    api, url = call.links(f"/repos/{repo.full_name}"), call.links(f"/repos/{repo.full_name}/commits/{sha}")
    return {
        "sha": sha,
        "node_id": node_id("Commit", f"{repo.id}:{sha}"),
        "commit": {
            "author": git_user(found.author, found.author_time),
            "committer": git_user(found.committer, found.commit_time),
            "message": found.message.decode(),
            "tree": {"sha": tree, "url": f"{api}/git/trees/{tree}"},
            "url": f"{api}/git/commits/{sha}",
            "comment_count": 0,
            "verification": _unverified(),
        },
        "url": url,
        "html_url": call.links(f"/{repo.full_name}/commit/{sha}"),
        "comments_url": f"{url}/comments",
        "author": simple_user_or_none(call.links, call.world.author_of(found.author)),
        "committer": simple_user_or_none(call.links, call.world.author_of(found.committer)),
        "parents": _parents(call, repo, sha),
    }


def changes_of(repo: Repository, sha: str) -> list[FileChange]:
    """Compare a commit with its first parent.

    Args:
        repo: The repository.
        sha: The commit.

    Returns:
        The changed files.
    """
    parents = repo.git.parents(sha)
    before = repo.git.tree_of(parents[0]) if parents else None
    return file_changes(repo.git, before, repo.git.tree_of(sha))


def full_commit(call: Call, repo: Repository, sha: str) -> dict[str, Any]:
    """Render a commit's own page, with what it changed.

    Args:
        call: The request.
        repo: The repository.
        sha: The commit.

    Returns:
        GitHub's commit with stats and files.
    """
    changes = changes_of(repo, sha)
    additions, deletions = sum(c.additions for c in changes), sum(c.deletions for c in changes)
    return {
        **commit(call, repo, sha),
        "stats": {"total": additions + deletions, "additions": additions, "deletions": deletions},
        "files": [diff_entry(call, repo, sha, change) for change in changes],
    }


def diff_entry(call: Call, repo: Repository, sha: str, change: FileChange) -> dict[str, Any]:
    """Render one changed file.

    Args:
        call: The request.
        repo: The repository.
        sha: The commit whose version is linked to.
        change: The change.

    Returns:
        GitHub's diff-entry.
    """
    path = quote(change.path)
    body: dict[str, Any] = {
        "sha": change.sha,
        "filename": change.path,
        "status": change.status,
        "additions": change.additions,
        "deletions": change.deletions,
        "changes": change.additions + change.deletions,
        "blob_url": f"{call.links(f'/{repo.full_name}/blob/{sha}')}/{path}",
        "raw_url": f"{call.links(f'/{repo.full_name}/raw/{sha}')}/{path}",
        "contents_url": f"{call.links(f'/repos/{repo.full_name}/contents')}/{path}?ref={sha}",
    }
    # A binary file has no patch, and a pure rename has none either.
    optional = {"patch": change.patch, "previous_filename": change.previous_path}
    return body | {name: value for name, value in optional.items() if value is not None}


def git_commit(call: Call, repo: Repository, sha: str) -> dict[str, Any]:
    """Render the bare git commit that writing a file answers with.

    Args:
        call: The request.
        repo: The repository.
        sha: The commit.

    Returns:
        The `commit` of GitHub's file-commit.
    """
    found, tree = repo.git.commit(sha), repo.git.tree_of(sha)
    api = call.links(f"/repos/{repo.full_name}/git")
    return {
        "sha": sha,
        "node_id": node_id("Commit", f"{repo.id}:{sha}"),
        "url": f"{api}/commits/{sha}",
        "html_url": call.links(f"/{repo.full_name}/commit/{sha}"),
        "author": git_user(found.author, found.author_time),
        "committer": git_user(found.committer, found.commit_time),
        "tree": {"sha": tree, "url": f"{api}/trees/{tree}"},
        "message": found.message.decode(),
        "parents": _parents(call, repo, sha, "git/commits"),
        "verification": _unverified(),
    }


def reference(call: Call, repo: Repository, name: str, sha: str) -> dict[str, Any]:
    """Render a reference.

    Args:
        call: The request.
        repo: The repository.
        name: The full name.
        sha: What it points at.

    Returns:
        GitHub's git-ref.
    """
    api = f"/repos/{repo.full_name}/git"
    return {
        "ref": name,
        "node_id": node_id("Ref", f"{repo.id}:{name}"),
        "url": call.links(f"{api}/{name}"),
        "object": {"sha": sha, "type": "commit", "url": call.links(f"{api}/commits/{sha}")},
    }


def short_branch(call: Call, repo: Repository, name: str, sha: str) -> dict[str, Any]:
    """Render a branch as it appears in lists.

    Args:
        call: The request.
        repo: The repository.
        name: The branch.
        sha: Its tip.

    Returns:
        GitHub's short-branch.
    """
    url = call.links(f"/repos/{repo.full_name}")
    return {
        "name": name,
        "commit": {"sha": sha, "url": f"{url}/commits/{sha}"},
        "protected": False,
        "protection": _open(),
        "protection_url": f"{url}/branches/{name}/protection",
    }


def _open() -> dict[str, Any]:
    """The protection of a branch that has none."""
    return {
        "enabled": False,
        "required_status_checks": {"enforcement_level": "off", "contexts": [], "checks": []},
    }


def full_branch(call: Call, repo: Repository, name: str, sha: str) -> dict[str, Any]:
    """Render a branch's own page.

    Args:
        call: The request.
        repo: The repository.
        name: The branch.
        sha: Its tip.

    Returns:
        GitHub's branch-with-protection.
    """
    url = call.links(f"/repos/{repo.full_name}/branches/{name}")
    return {
        "name": name,
        "commit": commit(call, repo, sha),
        "_links": {"self": url, "html": call.links(f"/{repo.full_name}/tree/{name}")},
        "protected": False,
        "protection": _open(),
        "protection_url": f"{url}/protection",
    }


def content_item(call: Call, repo: Repository, ref: str, entry: Entry) -> dict[str, Any]:
    """Render a file or folder as it appears in its folder's listing.

    Args:
        call: The request.
        repo: The repository.
        ref: The branch or commit it was read at.
        entry: The entry.

    Returns:
        One entry of GitHub's content-directory.
    """
    path, kind = quote(entry.path), "dir" if entry.is_dir else "file"
    object_kind, page_kind = ("trees", "tree") if entry.is_dir else ("blobs", "blob")
    url = f"{call.links(f'/repos/{repo.full_name}/contents')}/{path}?ref={quote(ref)}"
    git = call.links(f"/repos/{repo.full_name}/git/{object_kind}/{entry.sha}")
    page = f"{call.links(f'/{repo.full_name}/{page_kind}/{ref}')}/{path}"
    download = None if entry.is_dir else f"{call.links(f'/{repo.full_name}/raw/{ref}')}/{path}"
    return {
        "name": entry.name,
        "path": entry.path,
        "sha": entry.sha,
        "size": 0 if entry.is_dir else len(repo.git.blob(entry.sha)),
        "url": url,
        "html_url": page,
        "git_url": git,
        "download_url": download,
        "type": kind,
        "_links": {"self": url, "git": git, "html": page},
    }


def content_file(call: Call, repo: Repository, ref: str, entry: Entry) -> dict[str, Any]:
    """Render a file with its content; GitHub breaks the base64 into lines.

    Args:
        call: The request.
        repo: The repository.
        ref: The branch or commit it was read at.
        entry: The file.

    Returns:
        GitHub's content-file.
    """
    data = encodebytes(repo.git.blob(entry.sha)).decode()
    return {**content_item(call, repo, ref, entry), "content": data, "encoding": "base64"}
