"""Commits, trees and files of a repository, as git itself has them."""

from __future__ import annotations

from stat import S_ISDIR
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from dulwich.objects import Blob, Commit, ObjectID, ShaFile, Tree

from .store import Kept

if TYPE_CHECKING:
    from collections.abc import Iterator

_FILE_MODE = 0o100644
_DIR_MODE = 0o040000
_Kind = TypeVar("_Kind", bound=ShaFile)


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


class Objects(Kept):
    """What a repository holds, whatever its references point at."""

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
