"""A repository's objects in memory, which can be written down and read back."""

from __future__ import annotations

from typing import Any

from dulwich.object_store import MemoryObjectStore
from dulwich.objects import ShaFile


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
