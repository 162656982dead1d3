"""Every code sample of the documentation runs, in order, page by page, on a sandbox of its own, and prints what it says."""

import ast
import io
import re
import subprocess
import sys
from collections import Counter
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from tests.blocks import ROOT, Block, blocks, pages

from unifykit import Platforms
from unifykit.sandbox import Sandbox

_BY_PAGE = {str(page.relative_to(ROOT)): list(blocks(page)) for page in pages()}
_WRITTEN_BY_CODE = "<!-- Written by docs/generate.py"
_LOCKED = re.compile(r"^([A-Za-z0-9._-]+)==([^ \\]+)", re.MULTILINE)
_SAID = re.compile(r"^\| ([A-Za-z0-9-]+) \| (\d[\w.]*) \|", re.MULTILINE)


def _generated(page: str) -> bool:
    return (ROOT / page).read_text(encoding="utf-8").startswith(_WRITTEN_BY_CODE)


def _to_run(page: str) -> list[Block]:
    """A generated page shows docstrings, whose fragments are compiled; all other pages are run."""
    return [] if _generated(page) else [block for block in _BY_PAGE[page] if not block.not_run]


@pytest.mark.parametrize("page", [page for page in _BY_PAGE if _to_run(page)])
def test_samples_run_and_print_what_the_page_says(page, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        for name, value in sandbox.environment().items():
            monkeypatch.setenv(name, value)
        names = {"__name__": "__main__"}
        for block in _to_run(page):
            printed = _run(block, names)
            if block.prints is not None:
                assert printed == block.prints, f"{block.page}:{block.line}"
        _close(names)


def _run(block: Block, names: dict) -> str:
    """Run one block where it stands in its file, so that a traceback points there."""
    code = compile("\n" * (block.line - 1) + block.code, str(ROOT / block.page), "exec")
    with redirect_stdout(io.StringIO()) as printed:
        exec(code, names)
    return printed.getvalue()


def _close(names: dict) -> None:
    for thing in names.values():
        if isinstance(thing, Platforms | Sandbox):
            thing.close()


def test_every_sample_is_python():
    """Also those that are not run, and those of generated pages."""
    for block in (block for found in _BY_PAGE.values() for block in found):
        compile(block.code, f"{block.page}:{block.line}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_most_samples_are_run_and_the_others_say_why(record_property):
    written = Counter(
        bool(block.not_run) for page, found in _BY_PAGE.items() if not _generated(page) for block in found
    )
    record_property("run", written[False])
    record_property("not_run", written[True])
    assert written[False] >= 45
    assert written[True] <= 5


def test_generated_pages_are_what_the_code_says():
    run = subprocess.run(
        [sys.executable, ROOT / "docs" / "generate.py", "--check"], capture_output=True, text=True, timeout=100
    )
    assert run.returncode == 0, run.stderr


def test_the_versions_in_why_are_the_locked_ones():
    lock = dict(_LOCKED.findall((ROOT / "requirements" / "dev.lock").read_text(encoding="utf-8")))
    said = dict(_SAID.findall((ROOT / "docs" / "why.md").read_text(encoding="utf-8")))
    assert len(said) > 30
    assert {name: lock.get(name.lower()) for name in said} == said


@pytest.mark.parametrize(
    "page", [ROOT / "mkdocs.yml", *pages(), *sorted(ROOT.glob("*.md"))], ids=lambda page: page.name
)
def test_pages_fetch_nothing_from_elsewhere(page):
    """Links are fine; an image, a script or a style of another host is not."""
    assert not re.search(r"!\[[^\]]*\]\(https?:|<(?:img|script|link|iframe)\b", page.read_text(encoding="utf-8"))


def test_links_between_the_projects_papers_lead_somewhere():
    """mkdocs checks the links within docs/; these are the papers beside it."""
    for page in sorted(ROOT.glob("*.md")):
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_blocks_are_found_with_what_they_print(tmp_path):
    page = ROOT / "docs" / "tutorial.md"
    first, *_ = (block for block in blocks(page) if block.prints is not None)
    assert first.code.startswith("repo = p.github.repos.create")
    assert first.prints == "octocat/hello main\n1 open\n"
    assert (
        Path(ROOT / first.page).read_text(encoding="utf-8").splitlines()[first.line - 1] == first.code.splitlines()[0]
    )
