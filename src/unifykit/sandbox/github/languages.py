"""Bytes of code by language, told by file name alone.

https://docs.github.com/en/rest/repos/repos#list-repository-languages
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .state import Repository

# Prose and data (Markdown, YAML, JSON) are not counted, as GitHub's linguist does not count them.
_LANGUAGES = {
    "c": "C",
    "cpp": "C++",
    "cs": "C#",
    "css": "CSS",
    "go": "Go",
    "html": "HTML",
    "java": "Java",
    "js": "JavaScript",
    "kt": "Kotlin",
    "php": "PHP",
    "py": "Python",
    "rb": "Ruby",
    "rs": "Rust",
    "sh": "Shell",
    "swift": "Swift",
    "ts": "TypeScript",
}


def language_bytes(repo: Repository) -> dict[str, int]:
    """Count the default branch.

    Args:
        repo: The repository.

    Returns:
        Bytes by language, most first.
    """
    tip = repo.git.branch(repo.default_branch)
    totals: dict[str, int] = {}
    for file in repo.git.walk(repo.git.tree_of(tip)) if tip else ():
        language = language_of(file.name)
        if language:
            totals[language] = totals.get(language, 0) + len(repo.git.blob(file.sha))
    return dict(sorted(totals.items(), key=lambda item: (-item[1], item[0])))


def language_of(name: str) -> str | None:
    """Tell a file's language by its ending.

    Args:
        name: The file's name.

    Returns:
        The language or None.
    """
    return _LANGUAGES.get(name.rpartition(".")[2].lower())


def main_language(repo: Repository) -> str | None:
    """Give the language most of the code is in.

    Args:
        repo: The repository.

    Returns:
        The language or None.
    """
    return next(iter(language_bytes(repo)), None)
