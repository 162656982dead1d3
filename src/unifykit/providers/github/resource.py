"""What GitHub's resources share: one request over PyGithub's requester, and pages by their links."""

import functools
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote

from unifykit._core.client import Blocking
from unifykit._core.context import Exchange, current
from unifykit._core.mode import M
from unifykit._core.model import Model, parse_list
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page

if TYPE_CHECKING:
    import github

T = TypeVar("T", bound=Model)

Cursor = int | str
"""A page's number, or where GitHub counts by cursor, the address of the next page."""

PER_PAGE = 100
"""The most that GitHub gives on a page. https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

_LINK = re.compile(r'<([^>]*)>;\s*rel="(\w+)"')
_PAGE = re.compile(r"[?&]page=(\d+)(?:&|$)")


class GitHubResource(Blocking[M, "github.Github"], Generic[M]):
    """Operations over PyGithub's requester: its authentication, headers and exceptions, our models from the bytes."""

    async def fetch(
        self,
        verb: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Any = None,
        accept: str | None = None,
    ) -> Exchange:
        """One request; returns the reply."""
        return await self.ask(functools.partial(_fetch, verb, path, params, body, accept))

    async def fetch_page(
        self, model: type[T], cursor: Cursor | None, path: str, *, params: Mapping[str, Any] | None = None
    ) -> Page[T, Cursor]:
        """One page of a list that GitHub gives as a bare array."""
        reply = await self.fetch_part(cursor, path, params)
        return Page(parse_list(model, reply.body), then_of(reply, cursor))

    async def fetch_part(self, cursor: Cursor | None, path: str, params: Mapping[str, Any] | None) -> Exchange:
        """The raw reply of one page."""
        if isinstance(cursor, str):
            return await self.fetch("GET", cursor)
        return await self.fetch("GET", path, params={**(params or {}), "per_page": PER_PAGE, "page": cursor})


def _fetch(
    verb: str, path: str, params: Mapping[str, Any] | None, body: Any, accept: str | None, gh: "github.Github"
) -> Exchange:
    headers = {"Accept": accept} if accept else {}
    given = {name: value for name, value in (params or {}).items() if value is not None}
    requester = gh.requester
    status, reply_headers, text = requester.requestJson(verb, path, given, headers, body, follow_302_redirect=True)
    if status >= 400:  # noqa: PLR2004
        raise requester.createException(status, reply_headers, _said(text))
    op = current.get()
    assert op is not None
    assert op.last is not None  # the wire keeps the reply's bytes, which PyGithub has turned into text
    return op.last


def _said(text: str) -> dict[str, Any]:
    try:
        body = json.loads(text)
    except ValueError:
        return {"data": text}
    return body if isinstance(body, dict) else {"data": body}


def then_of(reply: Exchange, cursor: Cursor | None) -> list[Cursor]:
    """The pages that the `Link` header names after this one: all up to the last where they are numbered.

    https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api#using-link-headers
    """
    links = {rel: url for url, rel in _LINK.findall(reply.headers.get("link") or "")}
    following = links.get("next")
    if following is None:
        return []
    page = _PAGE.search(following)
    if page is None:
        return [following]
    last = _PAGE.search(links.get("last", ""))
    first = int(page[1])
    return list(range(first, max(first, int(last[1])) + 1)) if last else [first]


def slug(repo: str) -> str:
    """The path of a repository, refused before the network if it is not "owner/name"."""
    owner, _, name = repo.partition("/")
    if not owner or not name or "/" in name or {owner, name} & {".", ".."}:
        raise InvalidRequestError(f"{repo!r} is no repository: give 'owner/name', such as 'octocat/hello-world'.")
    return f"/repos/{segment(owner)}/{segment(name)}"


def segment(text: str) -> str:
    """One segment of a path, quoted whole."""
    return quote(text, safe="")


def given(**fields: Any) -> dict[str, Any]:
    """The fields that the caller gave."""
    return {name: value for name, value in fields.items() if value is not None}
