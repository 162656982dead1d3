"""What GitLab's resources share: one request over python-gitlab, and pages by their headers."""

import functools
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast

from unifykit._core.client import Blocking
from unifykit._core.context import Exchange, current
from unifykit._core.hints import number
from unifykit._core.mode import M
from unifykit._core.model import Model, parse_list
from unifykit.paging import Page

if TYPE_CHECKING:
    import gitlab

    from unifykit._wires.gitlab import WiredGitlab

T = TypeVar("T", bound=Model)

Cursor = int | str
"""A page's number, or where GitLab counts by key, the address of the next page."""

PER_PAGE = 100
"""The most that GitLab gives on a page. https://docs.gitlab.com/api/rest/#pagination"""

_NEXT = re.compile(r'<[^>]*/api/v4([^>]*)>;\s*rel="next"')


class _Call(NamedTuple):
    verb: str
    path: str
    params: Mapping[str, Any]
    body: Any


class GitLabResource(Blocking[M, "gitlab.Gitlab"], Generic[M]):
    """Operations over python-gitlab: its addresses, headers and exceptions, our models from the bytes."""

    async def fetch(
        self, verb: str, path: str, *, params: Mapping[str, Any] | None = None, body: Any = None
    ) -> Exchange:
        """One request; returns the reply. 304 says that nothing was to be changed."""
        return await self.ask(functools.partial(_fetch, _Call(verb, path, params or {}, body)))

    async def fetch_page(
        self, model: type[T], cursor: Cursor | None, path: str, *, params: Mapping[str, Any] | None = None
    ) -> Page[T, Cursor]:
        """One page of a list."""
        if isinstance(cursor, str):
            reply = await self.fetch("GET", cursor)
        else:
            reply = await self.fetch("GET", path, params={"per_page": PER_PAGE, **(params or {}), "page": cursor})
        total = number(reply.headers.get("x-total"))
        return Page(parse_list(model, reply.body), then_of(reply), None if total is None else int(total))


def in_query(value: Any) -> Any:
    """A parameter as GitLab writes it."""
    return str(value).lower() if isinstance(value, bool) else value


def _fetch(call: _Call, gl: "gitlab.Gitlab") -> Exchange:
    query = {name: in_query(value) for name, value in call.params.items() if value is not None}
    cast("WiredGitlab", gl).exchange(call.verb, call.path, query, call.body)
    op = current.get()
    assert op is not None
    assert op.last is not None  # the wire keeps the reply's bytes
    return op.last


def then_of(reply: Exchange) -> list[Cursor]:
    """The pages after this one: all of them where GitLab says how many there are, else the next.

    https://docs.gitlab.com/api/rest/#pagination-link-header
    """
    headers = reply.headers
    following = number(headers.get("x-next-page"))
    if following is None:
        link = _NEXT.search(headers.get("link") or "")
        return [link[1]] if link else []
    last = max(following, number(headers.get("x-total-pages")) or 0)
    return list(range(int(following), int(last) + 1))
