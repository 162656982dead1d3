"""Write the pages of docs/ that the code itself can tell: `python docs/generate.py`; `--check` fails where one differs."""
# ruff: noqa: INP001 -- a script, not a package

import sys
from pathlib import Path

from generator import pages

DOCS = Path(__file__).parent


def main(arguments: list[str]) -> int:
    """Write the pages, or with `--check` compare them. Returns the exit code."""
    stale = [name for name, text in pages().items() if not _is(DOCS / name, text)]
    if "--check" in arguments:
        for name in stale:
            sys.stderr.write(f"docs/{name} is not what the code says: python docs/generate.py\n")
        return 1 if stale else 0
    for name in stale:
        (DOCS / name).parent.mkdir(parents=True, exist_ok=True)
        (DOCS / name).write_text(pages()[name], encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")
    return 0


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text(encoding="utf-8") == text


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
