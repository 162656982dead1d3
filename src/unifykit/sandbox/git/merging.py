"""Merges: three trees in, one tree or a conflict out."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from dulwich.graph import find_merge_base
from dulwich.merge import recursive_merge, three_way_merge

from .content import Signature
from .lines import LineMerger
from .objects import oid

if TYPE_CHECKING:
    from dulwich.objects import Tree

    from .content import GitContent


class Conflict(Exception):  # noqa: N818 - an outcome of merging, not a fault
    """Both sides changed the same place."""


def merge_base(git: GitContent, one: str, other: str) -> str | None:
    """Find the commit two lines of work parted at.

    Args:
        git: Where the commits are.
        one: A commit.
        other: A commit.

    Returns:
        The best common ancestor, or None when they share nothing.
    """
    bases = find_merge_base(git.repo, [oid(one), oid(other)])
    return bases[0].decode() if bases else None


def merged_tree(git: GitContent, ours: str, theirs: str) -> str:
    """Merge two commits' trees.

    Args:
        git: Where the commits are.
        ours: The commit merged into.
        theirs: The commit merged.

    Returns:
        The resulting tree.

    Raises:
        Conflict: If git would leave conflict markers.
    """
    bases = find_merge_base(git.repo, [oid(ours), oid(theirs)])
    store = git.repo.object_store
    tree, conflicts = recursive_merge(store, bases, git.commit(ours), git.commit(theirs), merger=LineMerger(store))
    return _clean(git, tree, conflicts)


def _clean(git: GitContent, tree: Tree, conflicts: list[bytes]) -> str:
    if conflicts:
        raise Conflict(b", ".join(conflicts).decode())
    git.repo.object_store.add_object(tree)
    return tree.id.decode()


def mergeable(git: GitContent, base: str, head: str) -> bool:
    """Tell whether the head merges into the base without conflict.

    Args:
        git: Where the commits are.
        base: The commit merged into.
        head: The commit merged.

    Returns:
        True when no path conflicts.
    """
    try:
        merged_tree(git, base, head)
    except Conflict:
        return False
    return True


def replay(git: GitContent, base: str, head: str, committer: Signature) -> str:
    """Rebase: make the head's own commits anew on top of the base.

    Args:
        git: Where the commits are.
        base: The commit to build on.
        head: The commit whose work is taken.
        committer: Who rebases; authors are kept.

    Returns:
        The last commit made.

    Raises:
        Conflict: If one of the commits does not apply.
    """
    tip, store = base, git.repo.object_store
    for sha in git.between(base, head):
        picked = git.commit(sha)
        if len(picked.parents) > 1:
            continue
        parent = git.commit(git.parents(sha)[0]) if picked.parents else None
        tree, conflicts = three_way_merge(store, parent, git.commit(tip), picked, merger=LineMerger(store))
        author = signature_of(picked.author, picked.author_time)
        tip = git.make_commit(_clean(git, tree, conflicts), [tip], picked.message.decode(), author, committer)
    return tip


def signature_of(ident: bytes, seconds: int) -> Signature:
    """Read an identity back from a commit.

    Args:
        ident: Name and address as git writes them.
        seconds: The commit's time.

    Returns:
        The signature.
    """
    name, _, rest = ident.decode().partition(" <")
    return Signature(name, rest.removesuffix(">"), datetime.fromtimestamp(seconds, UTC))
