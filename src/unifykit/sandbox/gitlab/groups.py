"""Operations on groups.

https://docs.gitlab.com/api/groups/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .call import Call, Reply
from .errors import forbidden, invalid, not_found
from .paging import page_of
from .routing import Routes
from .state import OWNER, Group

if TYPE_CHECKING:
    from .state import User

routes: Routes = Routes()
_ONE = "/api/v4/groups/{group}"
_VISIBILITIES = ("private", "internal", "public")


def _visible(group: Group, user: User | None) -> bool:
    open_to_all = group.visibility == "public" or (group.visibility == "internal" and user is not None)
    return open_to_all or (user is not None and user.username in group.members)


def _group(call: Call) -> Group:
    name = call.places["group"]
    found = next((one for one in call.world.groups.values() if name in (str(one.id), one.full_path)), None)
    if found is None or not _visible(found, call.viewer):
        raise not_found("Group")
    return found


@routes("GET", "/api/v4/groups", token=False)
def list_all(call: Call) -> Reply:
    """List the caller's groups; all that one may see where `all_available` says so."""
    search, owned = (call.text("search") or "").lower(), call.flag("owned")
    everything = call.viewer is None or (call.flag("all_available") and not owned)
    found = [one for one in call.world.groups.values() if _visible(one, call.viewer) and search in one.name.lower()]
    if not everything:
        least = OWNER if owned else 0
        found = [one for one in found if one.members.get(call.user.username, -1) >= least]
    page, headers = page_of(call, sorted(found, key=lambda one: one.name.lower()))
    return Reply([render.group(call, one) for one in page], headers=headers)


@routes("GET", _ONE, token=False)
def get(call: Call) -> Reply:
    """Give a group."""
    return Reply(render.group(call, _group(call)))


@routes("POST", "/api/v4/groups")
def create(call: Call) -> Reply:
    """Make a group."""
    name, path = call.need("name", "path")
    if call.world.namespace(path) is not None:
        raise invalid(path=["has already been taken"])
    visibility = call.choice("visibility", _VISIBILITIES) or "private"
    number = call.world.next_id("group", 2001)
    made = Group(number, name, path, call.now, call.text("description") or "", visibility)
    made.members[call.user.username] = OWNER
    call.world.groups[path] = made
    return Reply(render.group(call, made), 201)


@routes("DELETE", _ONE)
def delete(call: Call) -> Reply:
    """Remove a group with its projects."""
    group = _group(call)
    if group.members.get(call.user.username) != OWNER:
        raise forbidden()
    del call.world.groups[group.path]
    for project in [one for one in call.world.projects.values() if one.namespace is group]:
        del call.world.projects[project.id]
    return Reply({"message": "202 Accepted"}, 202)


@routes("GET", f"{_ONE}/projects", token=False)
def projects(call: Call) -> Reply:
    """List a group's projects."""
    group = _group(call)
    found = [one for one in call.world.projects.values() if one.namespace is group and one.visible_to(call.viewer)]
    page, headers = page_of(call, sorted(found, key=lambda one: one.id, reverse=True))
    return Reply([render.project(call, one) for one in page], headers=headers)
