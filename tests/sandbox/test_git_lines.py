"""The merge of lines decides as git does."""

import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from unifykit.sandbox.git.lines import merge_lines

BASE = b"a\nb\nc\nd\ne\nf\n"


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (b"A\nb\nc\nd\ne\nf\n", b"a\nb\nc\nd\ne\nF\n", b"A\nb\nc\nd\ne\nF\n"),
        (b"a\nb\nX\nc\nd\ne\nf\n", BASE, b"a\nb\nX\nc\nd\ne\nf\n"),
        (b"a\nX\nc\nd\ne\nf\n", b"a\nX\nc\nd\ne\nf\n", b"a\nX\nc\nd\ne\nf\n"),
        (b"a\nX\nc\nd\ne\nf\n", b"a\nY\nc\nd\ne\nf\n", None),
        (b"a\nX\nc\nd\ne\nf\n", b"a\nb\nY\nd\ne\nf\n", None),
        (b"b\nc\nd\ne\nf\n", b"a\nb\nc\nd\ne\n", b"b\nc\nd\ne\n"),
        (b"", BASE + b"g\n", None),
    ],
    ids=["apart", "one side", "the same", "the same line", "neighbours", "deletions", "all deleted, one added"],
)
def test_merge(ours, theirs, merged):
    assert merge_lines(BASE, ours, theirs) == merged
    assert merge_lines(BASE, theirs, ours) == merged


lines = st.lists(st.sampled_from([b"a\n", b"b\n", b"c\n", b"d\n"]), max_size=6).map(b"".join)


@settings(max_examples=60, deadline=None)
@given(lines, lines, lines)
def test_a_clean_merge_keeps_what_either_side_did(base, ours, theirs):
    """Merging with the base changes nothing, and sides do not matter."""
    assert merge_lines(base, ours, base) == ours
    assert merge_lines(base, ours, ours) == ours
    assert merge_lines(base, ours, theirs) == merge_lines(base, theirs, ours)


def test_git_agrees(tmp_path):
    """Distinct lines, so that no diff has a choice: git merge-file says the same."""
    git = shutil.which("git")
    assert git
    numbered = [f"{n}\n".encode() for n in range(8)]
    for one in range(8):
        for other in range(8):
            ours, theirs = list(numbered), list(numbered)
            ours[one], theirs[other] = b"ours\n", b"theirs\n"
            for name, content in (("ours", ours), ("base", numbered), ("theirs", theirs)):
                (tmp_path / name).write_bytes(b"".join(content))
            done = subprocess.run(
                [git, "merge-file", "-p", "-q", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True
            )
            found = merge_lines(*(b"".join(content) for content in (numbered, ours, theirs)))
            assert found == (done.stdout if done.returncode == 0 else None), (one, other)
