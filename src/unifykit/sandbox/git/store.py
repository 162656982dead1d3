"""A repository's objects in memory, which can be written down and read back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dulwich.object_store import MemoryObjectStore
from dulwich.objects import ShaFile
from dulwich.repo import MemoryRepo

if TYPE_CHECKING:
    from dulwich.objects import ObjectID
    from dulwich.refs import Ref


class Store(MemoryObjectStore):
    """Objects in memory, which can be written down."""

    def __reduce__(self) -> tuple[Any, tuple[list[tuple[int, bytes]]]]:
        found = [self[sha] for sha in self]
        return restored, ([(thing.type_num, thing.as_raw_string()) for thing in found],)


def restored(written: list[tuple[int, bytes]]) -> Store:
    """The objects that were written down."""
    store = Store()
    for kind, raw in written:
        store.add_object(ShaFile.from_raw_string(kind, raw))
    return store


vars(restored)["__kept__"] = True


class Kept:
    """A bare repository in memory, which can be written down with all that it holds."""

    __kept__ = True

    def __init__(self) -> None:
        self.repo: MemoryRepo = MemoryRepo()
        self.repo.object_store = Store()

    def __getstate__(self) -> tuple[Any, dict[Ref, ObjectID]]:
        return self.repo.object_store, self.repo.refs.as_dict()

    def __setstate__(self, state: tuple[Any, dict[Ref, ObjectID]]) -> None:
        self.repo = MemoryRepo()
        self.repo.object_store = state[0]
        for ref, sha in state[1].items():
            self.repo.refs[ref] = sha
