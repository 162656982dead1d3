"""What callers give, refused before the network if GitHub could not mean it."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote, urlsplit

from unifykit._core.arguments import segment, text
from unifykit.errors import InvalidRequestError

_HASH = re.compile(r"[0-9a-f]{40}")
_NO_REF = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|//|^/|/$|^$")


def slug(repo: str) -> str:
    """The path of a repository."""
    owner, _, name = repo.partition("/")
    if not owner or not name or "/" in name or {owner, name} & {".", ".."}:
        raise InvalidRequestError(f"{repo!r} is no repository: give 'owner/name', such as 'octocat/hello-world'.")
    return f"/repos/{segment(owner)}/{segment(name)}"


def ref(name: str) -> str:
    """A branch, tag or hash as one segment.

    https://git-scm.com/docs/git-check-ref-format
    """
    if _NO_REF.search(name):
        raise InvalidRequestError(f"{name!r} is no branch, tag or commit hash.")
    return quote(name, safe="")


def is_hash(text: str) -> bool:
    """Whether this is a whole commit hash."""
    return _HASH.fullmatch(text) is not None


def file_path(path: str) -> str:
    """A path inside a repository; "" is its root."""
    segments = path.split("/") if path else []
    if {"", ".", ".."} & set(segments):
        raise InvalidRequestError(
            f"{path!r} is no path: give it from the repository's root, such as 'src/app.py', without '..'."
        )
    return "".join(f"/{quote(one, safe='')}" for one in segments)


def names(values: Sequence[str], what: str) -> list[str]:
    """Several names; a bare string, which is a sequence of letters, is not meant."""
    if isinstance(values, str):
        raise InvalidRequestError(f"{what} takes several names: give [{values!r}].")
    return [text(value, f"a name in {what}") for value in values]


def joined(values: Sequence[str], what: str) -> str | None:
    """Names as GitHub wants them in a query."""
    found = names(values, what)
    if any("," in value for value in found):
        raise InvalidRequestError(f"GitHub cannot filter by names with a comma: {what}={found!r}.")
    return ",".join(found) or None


def web_address(url: str) -> str:
    """A URL that a hook can deliver to."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidRequestError(
            f"{url!r} is no address to deliver to: give a whole URL, such as 'https://example.com/hook'."
        )
    return url


def moment(when: datetime | None, what: str) -> str | None:
    """A moment as GitHub wants it; a naive one is refused because GitHub's clock is UTC and the caller's may not be."""
    if when is None:
        return None
    if when.tzinfo is None:
        raise InvalidRequestError(f"{what} has no time zone: give datetime(..., tzinfo=UTC).")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
