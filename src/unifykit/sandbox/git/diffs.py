"""What changed between two trees, as files with patches."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from dulwich.diff_tree import RenameDetector, TreeChange, tree_changes
from dulwich.patch import is_binary, unified_diff, write_tree_diff

from .objects import oid

if TYPE_CHECKING:
    from dulwich.objects import TreeEntry

    from .content import GitContent

_STATUS = {"add": "added", "delete": "removed", "modify": "modified", "rename": "renamed", "copy": "copied"}


@dataclass(frozen=True)
class FileChange:
    """One file of a diff."""

    path: str
    previous_path: str | None
    sha: str
    status: str
    additions: int
    deletions: int
    patch: str | None


def file_changes(git: GitContent, old: str | None, new: str) -> list[FileChange]:
    """Compare two trees with renames found.

    Args:
        git: Where the trees are.
        old: The tree before; None for the empty one.
        new: The tree after.

    Returns:
        The changed files by path.
    """
    store = git.repo.object_store
    # git itself does not break a rewritten file into a removal and an addition unless told to.
    detector = RenameDetector(store, rewrite_threshold=None)
    changes = tree_changes(store, oid(old) if old else None, oid(new), rename_detector=detector)
    found = [_file_change(git, change) for change in changes]
    return sorted(found, key=lambda change: change.path)


def _file_change(git: GitContent, change: TreeChange) -> FileChange:
    old = None if change.type == "add" else change.old
    new = None if change.type == "delete" else change.new
    present = new or old
    assert present is not None
    patch, additions, deletions = _patch(_bytes_of(git, old), _bytes_of(git, new))
    return FileChange(
        path=present.path.decode(),
        previous_path=old.path.decode() if old and change.type in ("rename", "copy") else None,
        sha=present.sha.decode(),
        status=_STATUS[change.type],
        additions=additions,
        deletions=deletions,
        patch=patch,
    )


def _bytes_of(git: GitContent, entry: TreeEntry | None) -> bytes:
    return b"" if entry is None else git.blob(entry.sha.decode())


def _patch(before: bytes, after: bytes) -> tuple[str | None, int, int]:
    """Give the hunks without the file header, which is how GitHub's `patch` field has them."""
    if is_binary(before) or is_binary(after):
        return None, 0, 0
    hunks = list(unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True)))[2:]
    additions = sum(line.startswith(b"+") for line in hunks)
    deletions = sum(line.startswith(b"-") for line in hunks)
    text = b"".join(hunks).decode("utf-8", "replace").removesuffix("\n")
    return text or None, additions, deletions


def diff_text(git: GitContent, old: str | None, new: str) -> bytes:
    """Write the whole difference as `git diff` does.

    Args:
        git: Where the trees are.
        old: The tree before; None for the empty one.
        new: The tree after.

    Returns:
        A patch that git can apply.
    """
    out = BytesIO()
    write_tree_diff(out, git.repo.object_store, oid(old) if old else None, oid(new))
    return out.getvalue()
