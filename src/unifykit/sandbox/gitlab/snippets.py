"""Operations on snippets of one's own.

https://docs.gitlab.com/api/snippets/
"""

from __future__ import annotations

from typing import Any, cast

from . import render
from .call import Call, Reply, no_content
from .errors import forbidden, not_found, parameter
from .paging import page_of
from .routing import Routes
from .state import Snippet

routes: Routes = Routes()
_ONE = "/api/v4/snippets/{snippet_id}"
_VISIBILITIES = ("private", "internal", "public")


@routes("GET", "/api/v4/snippets")
def list_own(call: Call) -> Reply:
    """List the caller's snippets, newest first."""
    found = [one for one in call.world.snippets.values() if one.author is call.user]
    page, headers = page_of(call, sorted(found, key=lambda one: one.id, reverse=True))
    return Reply([render.snippet(call, one) for one in page], headers=headers)


def _snippet(call: Call) -> Snippet:
    found = call.world.snippets.get(call.number("snippet_id"))
    open_to = ("public", "internal") if call.viewer else ("public",)
    if found is None or (found.author is not call.viewer and found.visibility not in open_to):
        raise not_found("Snippet")
    return found


@routes("GET", _ONE, token=False)
def get(call: Call) -> Reply:
    """Give a snippet."""
    return Reply(render.snippet(call, _snippet(call)))


@routes("GET", f"{_ONE}/raw", token=False)
def raw(call: Call) -> Reply:
    """Give a snippet's first file."""
    content = next(iter(_snippet(call).files.values()))
    return Reply(raw=content.encode(), content_type="text/plain; charset=utf-8")


@routes("POST", "/api/v4/snippets")
def create(call: Call) -> Reply:
    """Make a snippet of one file or several."""
    (title,) = call.need("title")
    visibility = call.choice("visibility", _VISIBILITIES) or "internal"
    number = call.world.next_id("snippet", 501)
    made = Snippet(number, call.user, title, call.text("description"), visibility, _files(call), call.now, call.now)
    call.world.snippets[number] = made
    return Reply(render.snippet(call, made), 201)


def _files(call: Call) -> dict[str, str]:
    listed = cast("list[dict[str, Any]]", call.given.get("files") or [])
    if listed:
        return {str(one["file_path"]): str(one["content"]) for one in listed}
    name, content = call.text("file_name"), call.text("content")
    if name is None or content is None:
        raise parameter("files, content are missing, exactly one parameter must be provided")
    return {name: content}


@routes("DELETE", _ONE)
def delete(call: Call) -> Reply:
    """Remove a snippet."""
    found = _snippet(call)
    if found.author is not call.user:
        raise forbidden()
    del call.world.snippets[found.id]
    return no_content()
