"""Searching repositories.

https://docs.github.com/en/rest/search/search#search-repositories
"""

from __future__ import annotations

import shlex
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from .call import Call, Reply
from .errors import field_error, not_implemented, validation_failed
from .languages import main_language
from .paging import page_of
from .render_repos import minimal_repo
from .routing import Routes

if TYPE_CHECKING:
    from .state import Repository

routes: Routes = Routes()
_MOST_RESULTS = 1000
_Check = Callable[["Repository", str], bool]
_QUALIFIERS: dict[str, _Check] = {
    "user": lambda repo, value: repo.owner.login.lower() == value,
    "org": lambda repo, value: repo.owner.login.lower() == value,
    "repo": lambda repo, value: repo.full_name.lower() == value,
    "language": lambda repo, value: (main_language(repo) or "").lower() == value,
    "topic": lambda repo, value: value in repo.topics,
    "is": lambda repo, value: repo.private is (value == "private"),
    "archived": lambda repo, value: bool(repo.settings["archived"]) is (value == "true"),
}
# Several of these widen a search, unlike all other qualifiers.
_OWNERS = ("user", "org", "repo")
_FIELDS = ("name", "description", "topics", "readme")


@routes("GET", "/search/repositories", "search/search#search-repositories")
def repositories(call: Call) -> Reply:
    """Find repositories by words and qualifiers."""
    query = call.query.get("q", "").strip()
    if not query:
        raise validation_failed(field_error("Search", "q", "missing"))
    words, qualifiers = _parsed(query)
    found = [repo for repo in call.world.visible_repos(call.viewer) if _matches(repo, words, qualifiers)]
    scored = sorted(found, key=lambda repo: (-_score(repo, words), repo.id))
    page, headers = page_of(call, _ordered(call, scored)[:_MOST_RESULTS])
    items = [{**minimal_repo(call, repo), "score": _score(repo, words)} for repo in page]
    return Reply({"total_count": len(found), "incomplete_results": False, "items": items}, headers=headers)


def _parsed(query: str) -> tuple[list[str], list[tuple[str, str]]]:
    try:
        parts = shlex.split(query.lower())
    except ValueError:
        parts = query.lower().split()
    qualifiers: list[tuple[str, str]] = []
    words: list[str] = []
    for part in parts:
        name, colon, value = part.partition(":")
        if not colon:
            words.append(part)
        elif name in (*_QUALIFIERS, "in", "fork"):
            qualifiers.append((name, value))
        else:
            # To pass over a qualifier would be to answer another question.
            raise not_implemented(f"GET /search/repositories with the qualifier {name}")
    return words, qualifiers


def _matches(repo: Repository, words: list[str], qualifiers: list[tuple[str, str]]) -> bool:
    given = dict(qualifiers)
    # Forks are left out unless asked for; https://docs.github.com/en/search-github/searching-on-github/searching-in-forks
    forks = given.get("fork")
    if (repo.parent is not None and forks not in ("true", "only")) or (repo.parent is None and forks == "only"):
        return False
    owners = [(name, value) for name, value in qualifiers if name in _OWNERS]
    if owners and not any(_QUALIFIERS[name](repo, value) for name, value in owners):
        return False
    others = [(name, value) for name, value in qualifiers if name not in (*_OWNERS, "in", "fork")]
    if not all(_QUALIFIERS[name](repo, value) for name, value in others):
        return False
    fields = given["in"].split(",") if "in" in given else ["name", "description", "topics"]
    text = " ".join(_text(repo, field) for field in fields)
    return all(word in text for word in words)


def _text(repo: Repository, field: str) -> str:
    if field not in _FIELDS or field == "readme":
        raise not_implemented(f"GET /search/repositories in:{field}")
    texts: dict[str, Any] = {
        "name": repo.name,
        "description": repo.settings["description"] or "",
        "topics": " ".join(repo.topics),
    }
    return str(texts[field]).lower()


def _score(repo: Repository, words: list[str]) -> float:
    """Rank a hit in the name above one elsewhere; GitHub's own formula is not public."""
    return 1.0 + sum(word in repo.name.lower() for word in words)


def _ordered(call: Call, found: list[Repository]) -> list[Repository]:
    sort = call.query.get("sort")
    if sort in ("stars", "help-wanted-issues", "forks"):
        raise not_implemented(f"GET /search/repositories sorted by {sort}")
    if sort == "updated":
        newest_first = call.choice("order", ("asc", "desc"), "desc") == "desc"
        return sorted(found, key=lambda repo: repo.updated_at, reverse=newest_first)
    return found
