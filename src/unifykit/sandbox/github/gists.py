"""Operations on gists.

https://docs.github.com/en/rest/gists/gists
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, cast

from .call import Call, Reply, no_content
from .errors import field_error, invalid_request, not_found, validation_failed
from .languages import language_of
from .links import node_id, stamp
from .paging import page_of
from .render_accounts import simple_user
from .routing import Routes
from .state import Gist

if TYPE_CHECKING:
    from .state import Account, World

routes: Routes = Routes()
_GIST = "/gists/{gist_id}"
_PAGE = "gists/gists"


def make_gist(world: World, owner: Account, files: dict[str, str], description: str | None, *, public: bool) -> Gist:
    """Put a gist into the world.

    Args:
        world: The world.
        owner: Whose it is.
        files: Texts by name.
        description: What it is about.
        public: Whether it is listed for everyone.

    Returns:
        The gist.
    """
    number = hashlib.md5(str(world.next_id("gist")).encode(), usedforsecurity=False).hexdigest()
    gist = world.gists[number] = Gist(number, owner, description, public, files, world.clock(), world.clock())
    return gist


def _file(call: Call, gist: Gist, name: str, *, content: bool) -> dict[str, Any]:
    text, plain = gist.files[name], name.endswith((".md", ".txt")) or "." not in name
    body: dict[str, Any] = {
        "filename": name,
        "type": "text/markdown" if name.endswith(".md") else "text/plain" if plain else "application/octet-stream",
        "language": "Markdown" if name.endswith(".md") else language_of(name) or "Text",
        "raw_url": call.links(f"/{gist.owner.login}/{gist.id}/raw/{name}"),
        "size": len(text.encode()),
    }
    return body | ({"truncated": False, "content": text, "encoding": "utf-8"} if content else {})


def _render(call: Call, gist: Gist, *, content: bool) -> dict[str, Any]:
    url, page = call.links(f"/gists/{gist.id}"), call.links(f"/{gist.owner.login}/{gist.id}")
    owner = simple_user(call.links, gist.owner)
    return {
        "url": url,
        "forks_url": f"{url}/forks",
        "commits_url": f"{url}/commits",
        "id": gist.id,
        "node_id": node_id("Gist", gist.id),
        "git_pull_url": f"{page}.git",
        "git_push_url": f"{page}.git",
        "html_url": page,
        "files": {name: _file(call, gist, name, content=content) for name in gist.files},
        "public": gist.public,
        "created_at": stamp(gist.created_at),
        "updated_at": stamp(gist.updated_at),
        "description": gist.description,
        "comments": 0,
        "user": None,
        "comments_url": f"{url}/comments",
        "owner": owner,
        "truncated": False,
        **({"forks": [], "history": []} if content else {}),
    }


@routes("GET", "/gists", f"{_PAGE}#list-gists-for-the-authenticated-user")
def list_all(call: Call) -> Reply:
    """List the caller's gists; without a token, all public ones."""
    since, viewer = call.since(), call.viewer
    found = [gist for gist in call.world.gists.values() if (gist.owner is viewer if viewer else gist.public)]
    found = [gist for gist in found if since is None or gist.updated_at >= since]
    page, headers = page_of(call, found[::-1])
    return Reply([_render(call, gist, content=False) for gist in page], headers=headers)


def _files_given(call: Call) -> dict[str, dict[str, Any] | None]:
    files = cast("dict[str, Any]", call.field("files", dict) or {})
    for name, file in files.items():
        if file is not None and not isinstance(file, dict):
            raise invalid_request(f"For 'properties/files/{name}', the value is not an object.")
    return files


@routes("POST", "/gists", f"{_PAGE}#create-a-gist")
def create(call: Call) -> Reply:
    """Make a gist."""
    files = {name: str((file or {}).get("content") or "") for name, file in _files_given(call).items()}
    if not files:
        raise invalid_request('"files" wasn\'t supplied.')
    if not all(files.values()):
        raise validation_failed(field_error("Gist", "files", "missing_field"))
    public = call.body.get("public") in (True, "true")
    gist = make_gist(call.world, call.user, files, call.field("description", str), public=public)
    body = _render(call, gist, content=True)
    return Reply(body, 201, {"Location": body["url"]})


def _gist(call: Call, *, own: bool = False) -> Gist:
    gist = call.world.gists.get(call.params["gist_id"])
    # A secret gist is not listed, but whoever has its id may read it.
    if gist is None or (own and gist.owner is not call.viewer):
        raise not_found()
    return gist


@routes("GET", _GIST, f"{_PAGE}#get-a-gist")
def get(call: Call) -> Reply:
    """Give a gist with its files."""
    return Reply(_render(call, _gist(call), content=True))


@routes("PATCH", _GIST, f"{_PAGE}#update-a-gist")
def update(call: Call) -> Reply:
    """Change a gist; a file given as null goes away."""
    gist = _gist(call, own=True)
    files, description = _files_given(call), call.field("description", str)
    for name, file in files.items():
        text = gist.files.pop(name, "")
        if file is not None:
            gist.files[str(file.get("filename") or name)] = str(file.get("content") or text)
    gist.description = description if description is not None else gist.description
    gist.updated_at = call.now
    return Reply(_render(call, gist, content=True))


@routes("DELETE", _GIST, f"{_PAGE}#delete-a-gist")
def delete(call: Call) -> Reply:
    """Remove a gist."""
    del call.world.gists[_gist(call, own=True).id]
    return no_content()
