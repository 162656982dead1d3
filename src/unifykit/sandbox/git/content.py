"""What a repository holds: branches, commits and trees, as git itself has them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dulwich.objects import Commit
from dulwich.refs import Ref

from .objects import Objects, oid

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

HEADS = "refs/heads/"
_SHA_LENGTH = 40
_SHORTEST_SHA = 7


@dataclass(frozen=True)
class Signature:
    """Who made a commit, and when."""

    name: str
    email: str
    when: datetime

    @property
    def ident(self) -> bytes:
        """The identity as git writes it."""
        return f"{self.name} <{self.email}>".encode()


class GitContent(Objects):
    """A bare repository in memory. A fork shares its parent's objects, as on GitHub, but not its references."""

    def __init__(self, parent: GitContent | None = None) -> None:
        super().__init__()
        if parent is not None:
            self.repo.object_store = parent.repo.object_store
            for ref, sha in parent.refs():
                self.set_ref(ref, sha)

    def refs(self, prefix: str = "refs/") -> list[tuple[str, str]]:
        """List references by name.

        Args:
            prefix: What their full names begin with.

        Returns:
            Full names and what they point at.
        """
        found = ((name.decode(), sha.decode()) for name, sha in self.repo.refs.as_dict().items())
        return sorted((name, sha) for name, sha in found if name.startswith(prefix))

    def branches(self) -> dict[str, str]:
        """Give the branches and the commits they point at."""
        return {ref.removeprefix(HEADS): sha for ref, sha in self.refs(HEADS)}

    def ref(self, name: str) -> str | None:
        """Give what a reference points at.

        Args:
            name: The full name, refs/heads/main for example.

        Returns:
            The commit, or None.
        """
        return dict(self.refs()).get(name)

    def branch(self, name: str) -> str | None:
        """Give a branch's tip.

        Args:
            name: The branch, slashes allowed.

        Returns:
            The commit, or None.
        """
        return self.ref(HEADS + name)

    def set_ref(self, name: str, sha: str) -> None:
        """Create or move a reference.

        Args:
            name: The full name.
            sha: The commit.
        """
        self.repo.refs[Ref(name.encode())] = oid(sha)

    def delete_ref(self, name: str) -> None:
        """Remove a reference.

        Args:
            name: The full name.
        """
        del self.repo.refs[Ref(name.encode())]

    def resolve(self, name: str) -> str | None:
        """Find the commit a branch, a reference, or a full or shortened SHA stands for.

        Args:
            name: What the client gave.

        Returns:
            The commit, or None.
        """
        refs = dict(self.refs())
        for full in (HEADS + name, name, f"refs/{name}", f"refs/tags/{name}"):
            if full in refs:
                return refs[full]
        if not _SHORTEST_SHA <= len(name) <= _SHA_LENGTH:
            return None
        hits = [sha for sha in self._known_shas(name.lower()) if isinstance(self.repo.object_store[oid(sha)], Commit)]
        return hits[0] if len(hits) == 1 else None

    def make_commit(
        self, tree: str, parents: Iterable[str], message: str, author: Signature, committer: Signature | None = None
    ) -> str:
        """Store a commit; no branch moves.

        Args:
            tree: The root tree.
            parents: The parents, first parent first.
            message: The message.
            author: Who wrote the change.
            committer: Who recorded it, the author unless given.

        Returns:
            The commit's SHA.
        """
        committer = committer or author
        made = Commit()
        made.tree = oid(tree)
        made.parents = [oid(parent) for parent in parents]
        made.author, made.committer = author.ident, committer.ident
        made.author_time, made.commit_time = int(author.when.timestamp()), int(committer.when.timestamp())
        made.author_timezone = made.commit_timezone = 0
        made.encoding = b"UTF-8"
        made.message = message.encode()
        return self._store(made)

    def history(self, *tips: str) -> list[str]:
        """List all commits reachable from the tips, newest first and children before parents.

        Args:
            tips: Commits to start from.

        Returns:
            The commits in the order of `git log --date-order`.
        """
        reached = self.ancestors(*tips)
        waiting = dict.fromkeys(reached, 0)
        for sha in reached:
            for parent in self.parents(sha):
                waiting[parent] += 1
        # The counter keeps commits of one second in the order they were met.
        order = {sha: number for number, sha in enumerate(reached)}
        ready = [(-self.commit(sha).commit_time, order[sha], sha) for sha in reached if not waiting[sha]]
        heapq.heapify(ready)
        found: list[str] = []
        while ready:
            sha = heapq.heappop(ready)[2]
            found.append(sha)
            for parent in self.parents(sha):
                waiting[parent] -= 1
                if not waiting[parent]:
                    heapq.heappush(ready, (-self.commit(parent).commit_time, order[parent], parent))
        return found

    def ancestors(self, *tips: str) -> dict[str, None]:
        """Collect every commit reachable from the tips, the tips included.

        Args:
            tips: Commits to start from.

        Returns:
            An ordered set.
        """
        reached: dict[str, None] = {}
        todo = list(tips)
        while todo:
            sha = todo.pop()
            if sha not in reached:
                reached[sha] = None
                todo.extend(reversed(self.parents(sha)))
        return reached

    def between(self, base: str, head: str) -> list[str]:
        """List what the head has and the base has not.

        Args:
            base: The commit to compare with.
            head: The commit compared.

        Returns:
            Commits, oldest first, as GitHub lists them.
        """
        known = self.ancestors(base)
        return [sha for sha in reversed(self.history(head)) if sha not in known]

    def touching(self, tips: str, path: str) -> list[str]:
        """List the commits that changed a path.

        Args:
            tips: The commit to start from.
            path: A file or a folder.

        Returns:
            Commits, newest first.
        """
        return [sha for sha in self.history(tips) if self._touches(sha, path)]

    def _touches(self, sha: str, path: str) -> bool:
        here = self.entry(self.tree_of(sha), path)
        parents = [self.entry(self.tree_of(parent), path) for parent in self.parents(sha)]
        # A merge that took one side's version whole is not listed, as in git's simplified history.
        return all(here != before for before in parents) if parents else here is not None
