"""What GitHub's resources share: one request over PyGithub's requester, and pages by their links."""

import functools
import json
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar, cast
from urllib.parse import urljoin

from unifykit._core.client import Blocking
from unifykit._core.context import Exchange, current
from unifykit._core.mode import M
from unifykit._core.model import Model, parse_list
from unifykit.paging import Page
from unifykit.providers.github.errors import fields_of

if TYPE_CHECKING:
    import github

    from unifykit._wires.pygithub import WiredGithub

T = TypeVar("T", bound=Model)

Cursor = int | str
"""A page's number, or where GitHub counts by cursor, the address of the next page."""

PER_PAGE = 100
"""The most that GitHub gives on a page. https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api"""

NOTIFICATIONS_PER_PAGE = 50
"""The most that GitHub gives of notifications on a page."""

_FOUND = 302
_REDIRECTS, _ERRORS = 300, 400
_LINK = re.compile(r'<([^>]*)>;\s*rel="(\w+)"')
_PAGE = re.compile(r"[?&]page=(\d+)(?:&|$)")


class _Call(NamedTuple):
    verb: str
    path: str
    params: Mapping[str, Any]
    body: Any
    accept: str | None


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
        return await self.ask(functools.partial(_fetch, _Call(verb, path, params or {}, body, accept)))

    async def fetch_page(
        self, model: type[T], cursor: Cursor | None, path: str, *, params: Mapping[str, Any] | None = None
    ) -> Page[T, Cursor]:
        """One page of a list that GitHub gives as a bare array."""
        reply = await self.fetch_part(cursor, path, params)
        return Page(parse_list(model, reply.body), then_of(reply))

    async def fetch_field(
        self,
        envelope: type[T],
        field: str,
        cursor: Cursor | None,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
    ) -> Page[Any, Cursor]:
        """One page of a list that GitHub gives in a field of an object."""
        reply = await self.fetch_part(cursor, path, params)
        page = envelope.model_validate_json(reply.body)
        return Page(getattr(page, field), then_of(reply), getattr(page, "total_count", None))

    async def fetch_part(self, cursor: Cursor | None, path: str, params: Mapping[str, Any] | None) -> Exchange:
        """The raw reply of one page."""
        if isinstance(cursor, str):
            return await self.fetch("GET", cursor)
        return await self.fetch("GET", path, params={"per_page": PER_PAGE, **(params or {}), "page": cursor})


def _fetch(call: _Call, gh: "github.Github") -> Exchange:
    headers = {"Accept": call.accept} if call.accept else {}
    given = {name: value for name, value in call.params.items() if value is not None}
    requester = gh.requester
    status, reply_headers, text = requester.requestJson(call.verb, call.path, given, headers, call.body)
    followed = status == _FOUND and call.verb == "GET"
    if followed:
        here = urljoin(f"{requester.base_url}/", reply_headers.get("location", ""))
        status = cast("WiredGithub", gh).follow(here, call.accept or "*/*")
    op = current.get()
    assert op is not None
    assert op.last is not None  # the wire keeps the reply's bytes, which PyGithub has turned into text
    if status >= _ERRORS:
        if followed:  # the first reply's location is signed, and the error would keep it
            reply_headers = {name.lower(): value for name, value in op.last.headers.items()}
            text = op.last.body.decode("utf-8", "replace")
        raise requester.createException(status, reply_headers, _said(text))
    _expect(call, status, op.last)
    return op.last


def _expect(call: _Call, status: int, reply: Exchange) -> None:
    """A proxy's login page is no success, even of an operation whose success has no body."""
    if status >= _REDIRECTS:
        raise ValueError(f"a redirect of {status} that leads nowhere")
    kind = reply.headers.get("content-type") or "no content type"
    if call.accept is None and reply.body and "json" not in kind:
        raise ValueError(f"{kind} where JSON was due")


def _said(text: str) -> dict[str, Any]:
    try:
        body: Any = json.loads(text)
    except ValueError:
        return {"data": text}
    return fields_of(body) or {"data": body}


def then_of(reply: Exchange) -> list[Cursor]:
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
