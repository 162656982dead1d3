"""What callers give, refused before the network if GitLab could not mean it."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from urllib.parse import quote

from unifykit._core.arguments import numbered, text
from unifykit.errors import InvalidRequestError

Project = int | str
"""A project's id, or its path such as ``"group/name"``."""

_SPAN = re.compile(r"-?(\s*\d+(\.\d+)?\s*(mo|w|d|h|m|s))+\s*", re.IGNORECASE)


def project_path(project: Project) -> str:
    """The path of a project.

    https://docs.gitlab.com/api/rest/#namespaced-paths
    """
    if isinstance(project, str) and not project.isdigit():
        parts = project.split("/")
        if len(parts) == 1 or {"", ".", ".."} & set(parts):
            raise InvalidRequestError(f"{project!r} is no project: give its id, or 'group/name' as in its address.")
        return f"/projects/{quote(project, safe='')}"
    return f"/projects/{numbered(int(project) if isinstance(project, str) else project, 'project')}"


def ids(numbers: Sequence[int], what: str) -> list[int]:
    """Several ids."""
    if isinstance(numbers, str):
        raise InvalidRequestError(f"{what} takes several ids: give [1, 2].")
    return [int(numbered(number, f"id in {what}")) for number in numbers]


def file_path(path: str) -> str:
    """A path inside an archive, its slashes kept."""
    if {"", ".", ".."} & set(path.split("/")):
        raise InvalidRequestError(
            f"{path!r} is no path: give it from the archive's root, such as 'public/index.html', without '..'."
        )
    return quote(path)


def names(values: Sequence[str] | None, what: str) -> list[str] | None:
    """Several names, which GitLab would take apart at a comma."""
    if values is None:
        return None
    if isinstance(values, str):
        raise InvalidRequestError(f"{what} takes several names: give [{values!r}].")
    found = [text(value, f"a name in {what}") for value in values]
    if any("," in value for value in found):
        raise InvalidRequestError(f"GitLab knows no names with a comma: {what}={found!r}.")
    return found


def joined(values: Sequence[str], what: str) -> str | None:
    """Names as GitLab wants them in a query."""
    return ",".join(names(values, what) or ()) or None


def span(time: str) -> str:
    """A span of time.

    https://docs.gitlab.com/user/project/time_tracking/#available-time-units
    """
    if not _SPAN.fullmatch(time):
        raise InvalidRequestError(
            f"{time!r} is no span of time: give such as '2h', '1d 30m' or '-15m' (mo, w, d, h, m, s)."
        )
    return time


def pairs(values: Mapping[str, str] | None) -> list[dict[str, str]] | None:
    """A pipeline's variables as GitLab wants them."""
    return (
        None
        if values is None
        else [{"key": text(key, "a variable's name"), "value": value} for key, value in values.items()]
    )


def day(when: date | None) -> str | None:
    """A day as GitLab wants it."""
    return None if when is None else when.strftime("%Y-%m-%d")
