"""Three-way merge of lines, as git decides it: changes that overlap or touch conflict unless they are the same."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, NamedTuple

from dulwich.merge import Merger

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from dulwich.objects import Blob


class _Change(NamedTuple):
    """Lines `low` to `high` of the base became `lines` on one side."""

    low: int
    high: int
    lines: Sequence[bytes]
    ours: bool


def merge_lines(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Merge two versions of a text.

    Args:
        base: What both began with.
        ours: One version.
        theirs: The other.

    Returns:
        The merged text, or None if both changed the same place in different ways.
    """
    origin = base.splitlines(keepends=True)
    merged: list[bytes] = []
    at = 0
    for group in _groups([*_changes(origin, ours, ours=True), *_changes(origin, theirs, ours=False)]):
        low, high = group[0].low, max(change.high for change in group)
        versions = {tuple(_side(origin, group, low, high, ours=side)) for side in {change.ours for change in group}}
        if len(versions) > 1:
            return None
        merged += [*origin[at:low], *versions.pop()]
        at = high
    return b"".join([*merged, *origin[at:]])


def _changes(origin: Sequence[bytes], version: bytes, *, ours: bool) -> Iterator[_Change]:
    lines = version.splitlines(keepends=True)
    for tag, low, high, start, end in SequenceMatcher(None, origin, lines, autojunk=False).get_opcodes():
        if tag != "equal":
            yield _Change(low, high, lines[start:end], ours)


def _groups(changes: Sequence[_Change]) -> Iterator[list[_Change]]:
    """Changes that overlap or touch, together."""
    group: list[_Change] = []
    for change in sorted(changes):
        if group and change.low > max(other.high for other in group):
            yield group
            group = []
        group.append(change)
    if group:
        yield group


def _side(origin: Sequence[bytes], group: Sequence[_Change], low: int, high: int, *, ours: bool) -> Iterator[bytes]:
    """What one side made of the lines `low` to `high` of the base."""
    at = low
    for change in group:
        if change.ours is ours:
            yield from origin[at : change.low]
            yield from change.lines
            at = change.high
    yield from origin[at:high]


class LineMerger(Merger):
    """Merges files by lines; a file that one side deleted and the other changed conflicts."""

    def merge_blobs(
        self,
        base_blob: Blob | None,
        ours_blob: Blob | None,
        theirs_blob: Blob | None,
        path: bytes | None = None,  # noqa: ARG002 -- dulwich's signature
    ) -> tuple[bytes, bool]:
        """See `dulwich.merge.Merger.merge_blobs`: the content, and whether there was a conflict."""
        base, ours, theirs = (blob.data if blob is not None else None for blob in (base_blob, ours_blob, theirs_blob))
        if theirs in (ours, base):
            return ours or b"", False
        if ours == base:
            return theirs or b"", False
        if base is None or ours is None or theirs is None or b"\0" in base + ours + theirs:
            return ours or theirs or b"", True
        merged = merge_lines(base, ours, theirs)
        return (ours, True) if merged is None else (merged, False)
