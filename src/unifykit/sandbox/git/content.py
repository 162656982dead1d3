"""What a repository holds: branches, commits and trees, as git itself has them."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from stat import S_ISDIR
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree
from dulwich.refs import Ref

from .store import Kept

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

HEADS = "refs/heads/"
_FILE_MODE = 0o100644
_DIR_MODE = 0o040000
_SHA_LENGTH = 40
_SHORTEST_SHA = 7
_Kind = TypeVar("_Kind", bound=ShaFile)


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


class Entry(NamedTuple):
    """One entry of a tree."""

    path: str
    mode: int
    sha: str

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition("/")[2]

    @property
    def is_dir(self) -> bool:
        """Whether the entry is a folder."""
        return S_ISDIR(self.mode)


def oid(sha: str) -> ObjectID:
    """Give the id as dulwich wants it.

    Args:
        sha: 40 hex digits.

    Returns:
        The same in bytes.
    """
    return ObjectID(sha.encode())


class GitContent(Kept):
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

    def _known_shas(self, prefix: str) -> Iterator[str]:
        yield from (sha.decode() for sha in self.repo.object_store if sha.startswith(prefix.encode()))

    def _load(self, sha: str, kind: type[_Kind]) -> _Kind:
        found = self.repo.object_store[oid(sha)]
        assert isinstance(found, kind)
        return found

    def commit(self, sha: str) -> Commit:
        """Load a commit that is known to be there.

        Args:
            sha: 40 hex digits.

        Returns:
            The commit.
        """
        return self._load(sha, Commit)

    def blob(self, sha: str) -> bytes:
        """Load a file's bytes.

        Args:
            sha: The blob.

        Returns:
            Its content.
        """
        return self._load(sha, Blob).data

    def parents(self, sha: str) -> list[str]:
        """List a commit's parents.

        Args:
            sha: The commit.

        Returns:
            Their SHAs, first parent first.
        """
        return [parent.decode() for parent in self.commit(sha).parents]

    def tree_of(self, sha: str) -> str:
        """Give a commit's tree.

        Args:
            sha: The commit.

        Returns:
            The tree's SHA.
        """
        tree: bytes = self.commit(sha).tree
        return tree.decode()

    def listing(self, tree: str, folder: str = "") -> list[Entry]:
        """List a folder.

        Args:
            tree: The folder's tree.
            folder: Its path, to name the entries by.

        Returns:
            The entries in git's order.
        """
        prefix = f"{folder}/" if folder else ""
        items = self._load(tree, Tree).iteritems()
        return [Entry(prefix + item.path.decode(), item.mode, item.sha.decode()) for item in items]

    def entry(self, tree: str, path: str) -> Entry | None:
        """Find a path in a tree.

        Args:
            tree: The root tree.
            path: Parts joined by slashes; empty for the root itself.

        Returns:
            The entry, or None.
        """
        found = Entry("", _DIR_MODE, tree)
        for part in path.split("/") if path else []:
            if not found.is_dir:
                return None
            inside = {item.name: item for item in self.listing(found.sha, found.path)}
            if part not in inside:
                return None
            found = inside[part]
        return found

    def walk(self, tree: str, folder: str = "") -> Iterator[Entry]:
        """Give every file of a tree.

        Args:
            tree: The tree.
            folder: Its path.

        Yields:
            Files, not folders.
        """
        for item in self.listing(tree, folder):
            if item.is_dir:
                yield from self.walk(item.sha, item.path)
            else:
                yield item

    def with_file(self, tree: str | None, path: str, data: bytes | None) -> str:
        """Make a tree that differs in one file.

        Args:
            tree: The tree to start from; None for an empty one.
            path: The file.
            data: Its content, or None to leave the file out.

        Returns:
            The new tree's SHA.
        """
        name, _, rest = path.partition("/")
        changed = Tree() if tree is None else self._load(tree, Tree).copy()
        assert isinstance(changed, Tree)
        key = name.encode()
        if rest:
            self._replace_folder(changed, key, rest, data)
        elif data is None:
            del changed[key]
        else:
            changed.add(key, self._kept_mode(changed, key), oid(self._store(Blob.from_string(data))))
        return self._store(changed)

    def _replace_folder(self, tree: Tree, key: bytes, rest: str, data: bytes | None) -> None:
        inner = tree[key][1].decode() if key in tree and S_ISDIR(tree[key][0]) else None
        folder = self.with_file(inner, rest, data)
        if len(self._load(folder, Tree)):
            tree.add(key, _DIR_MODE, oid(folder))
        else:
            del tree[key]

    @staticmethod
    def _kept_mode(tree: Tree, key: bytes) -> int:
        mode = tree[key][0] if key in tree else _FILE_MODE
        return _FILE_MODE if S_ISDIR(mode) else mode

    def _store(self, item: ShaFile) -> str:
        self.repo.object_store.add_object(item)
        sha: str = item.id.decode()
        return sha

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
