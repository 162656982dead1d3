"""Operations on projects.

https://docs.gitlab.com/api/projects/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import HEADS, GitContent

from . import render
from .call import Call, Reply, no_content
from .errors import Refusal, forbidden, invalid, not_found, parameter
from .paging import keyset_of, page_of
from .routing import Routes
from .stamps import stamp
from .state import DEVELOPER, MAINTAINER, OWNER, Group, Project

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from .state import User, World

routes: Routes = Routes()
PROJECT = "/api/v4/projects/{id}"
_VISIBILITIES = ("private", "internal", "public")
_LETTERS = re.compile(r"[^a-z0-9_.-]+")
_NAME = re.compile(r"[\w\s+.'\-\u2070-\U0001ffff]+")
_SETTINGS: dict[str, Any] = {
    "issues_enabled": True,
    "merge_requests_enabled": True,
    "wiki_enabled": True,
    "jobs_enabled": True,
    "snippets_enabled": True,
    "container_registry_enabled": True,
    "service_desk_enabled": False,
    "lfs_enabled": True,
    "shared_runners_enabled": True,
    "request_access_enabled": True,
    "public_jobs": True,
    "remove_source_branch_after_merge": True,
    "only_allow_merge_if_pipeline_succeeds": False,
    "only_allow_merge_if_all_discussions_are_resolved": False,
    "merge_method": "merge",
    "squash_option": "default_off",
}


def make_project(
    world: World, namespace: User | Group, creator: User, name: str, *, path: str = "", parent: Project | None = None
) -> Project:
    """Put a project into the world: empty, or a fork of its parent."""
    now = world.clock()
    git = GitContent(parent.git if parent else None)
    made = Project(
        world.next_id("project", 101), namespace, creator, name, path or slug(name), git, now, now, now,
        settings=dict(_SETTINGS), parent=parent,
    )  # fmt: skip
    if parent is not None:
        made.visibility, made.default_branch, made.description = (
            parent.visibility,
            parent.default_branch,
            parent.description,
        )
    world.projects[made.id] = made
    return made


def slug(name: str) -> str:
    """Make a path of a name."""
    return _LETTERS.sub("-", name.lower()).strip("-.")


def first_commit(project: Project, files: Mapping[str, str], author: User, when: datetime) -> str:
    """Give an empty project its first commit."""
    tree: str | None = None
    for path, text in files.items():
        tree = project.git.with_file(tree, path, text.encode())
    assert tree is not None
    sha = project.git.make_commit(tree, [], "Initial commit", author.signature(when))
    project.git.set_ref(HEADS + project.default_branch, sha)
    return sha


@routes("GET", "/api/v4/projects", token=False)
def list_all(call: Call) -> Reply:
    """List projects: all that one may see, unless narrowed."""
    found = [one for one in call.world.projects.values() if all(check(one) for check in _filters(call))]
    if call.text("pagination") == "keyset":
        page, headers = keyset_of(call, found, lambda one: one.id)
    else:
        page, headers = page_of(call, _ordered(call, found))
    write = render.basic_project if call.flag("simple") or call.viewer is None else render.project_with_access
    return Reply([write(call, one) for one in page], headers=headers)


def _filters(call: Call) -> list[Callable[[Project], bool]]:
    viewer, search = call.viewer, (call.text("search") or "").lower()
    archived, visibility = call.flag("archived"), call.choice("visibility", _VISIBILITIES)
    checks: list[Callable[[Project], bool]] = [
        lambda one: one.visible_to(viewer),
        lambda one: search in one.name.lower() or search in one.path.lower(),
        lambda one: archived is None or one.archived is archived,
        lambda one: visibility is None or one.visibility == visibility,
    ]
    if call.flag("owned"):
        checks.append(lambda one: one.level_of(call.user) >= OWNER)
    if call.flag("membership"):
        checks.append(lambda one: one.level_of(call.user) > 0)
    if call.flag("starred"):
        checks.append(lambda one: call.user.id in one.stars)
    topics = call.names("topic") or []
    checks.append(lambda one: set(topics) <= set(one.topics))
    return checks


def _ordered(call: Call, found: list[Project]) -> list[Project]:
    keys: dict[str, Callable[[Project], Any]] = {
        "created_at": lambda one: (one.created_at, one.id),
        "id": lambda one: one.id,
        "last_activity_at": lambda one: (one.last_activity_at, one.id),
        "name": lambda one: one.name.lower(),
        "path": lambda one: one.path.lower(),
        "star_count": lambda one: (len(one.stars), one.id),
        "updated_at": lambda one: (one.updated_at, one.id),
    }
    key = call.choice("order_by", tuple(keys)) or "created_at"
    return sorted(found, key=keys[key], reverse=call.choice("sort", ("asc", "desc")) != "asc")


@routes("POST", "/api/v4/projects")
def create(call: Call) -> Reply:
    """Make a project."""
    name, path = call.text("name"), call.text("path")
    if not name and not path:
        raise parameter("name, path are missing, at least one parameter must be provided")
    space = _space(call, call.text("namespace_id"))
    name = name or path or ""
    if not _NAME.fullmatch(name):
        raise invalid(
            name=[
                "can contain only letters, digits, emoji, '_', '.', '+', dashes, or spaces. It must start with a letter, digit, emoji, or '_'."
            ]
        )
    _refuse_taken(call, space, name, path or slug(name))
    _changes(call)  # what is wrong with them must not leave a project behind
    made = make_project(call.world, space, call.user, name, path=path or "")
    _apply(call, made)
    made.default_branch = call.text("default_branch") or made.default_branch
    if call.flag("initialize_with_readme"):
        first_commit(made, {"README.md": f"# {name}\n"}, call.user, call.now)
    call.world.happened(made, call.user, "created")
    return Reply(render.project(call, made), 201)


def _space(call: Call, name: str | None) -> User | Group:
    if name is None:
        return call.user
    found = call.world.namespace(name)
    if isinstance(found, Group) and found.members.get(call.user.username, 0) >= MAINTAINER:
        return found
    if found is call.user:
        return call.user
    raise invalid(namespace=["is not valid"], limit_reached=[])


def _refuse_taken(call: Call, space: User | Group, name: str, path: str) -> None:
    near = [one for one in call.world.projects.values() if one.namespace is space]
    taken = ["has already been taken"]
    if any(one.path.lower() == path.lower() or one.name == name for one in near):
        raise Refusal(400, {"project_namespace.name": taken, "name": taken, "path": taken})


def _changes(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, default in _SETTINGS.items():
        value = call.flag(name) if isinstance(default, bool) else call.text(name)
        if value is not None:
            found[name] = value
    call.choice("visibility", _VISIBILITIES)
    call.choice("merge_method", ("merge", "rebase_merge", "ff"))
    call.names("topics")
    return found


def _apply(call: Call, project: Project) -> None:
    project.settings.update(_changes(call))
    project.visibility = call.text("visibility") or project.visibility
    if "description" in call.given:
        project.description = call.text("description")
    topics = call.names("topics")
    project.topics = project.topics if topics is None else topics


@routes("GET", PROJECT, token=False)
def get(call: Call) -> Reply:
    """Give a project."""
    write = render.basic_project if call.viewer is None else render.project_with_access
    return Reply(write(call, call.project))


@routes("PUT", PROJECT)
def update(call: Call) -> Reply:
    """Change a project."""
    project = call.project_for(MAINTAINER)
    if not call.given:
        raise parameter("at least one parameter must be provided")
    name, path = call.text("name") or project.name, call.text("path") or project.path
    if (name, path) != (project.name, project.path):
        others = [
            one for one in call.world.projects.values() if one.namespace is project.namespace and one is not project
        ]
        if any(path.lower() == one.path.lower() or name == one.name for one in others):
            raise invalid(name=["has already been taken"], path=["has already been taken"])
    _move_default_branch(call, project)
    _apply(call, project)
    project.name, project.path, project.updated_at = name, path, call.now
    return Reply(render.project(call, project))


def _move_default_branch(call: Call, project: Project) -> None:
    wanted = call.text("default_branch")
    if wanted is not None and project.git.branch(wanted) is None:
        raise invalid(base=["Could not set the default branch. Do you have a branch named 'HEAD' in your repository?"])
    project.default_branch = wanted or project.default_branch


@routes("DELETE", PROJECT)
def delete(call: Call) -> Reply:
    """Remove a project."""
    project = call.project
    if project.level_of(call.user) < OWNER:
        raise forbidden()
    del call.world.projects[project.id]
    call.world.events = [event for event in call.world.events if event.project is not project]
    for other in call.world.projects.values():
        other.parent = None if other.parent is project else other.parent
    return Reply({"message": "202 Accepted"}, 202)


@routes("POST", f"{PROJECT}/archive")
def archive(call: Call) -> Reply:
    """Make a project read-only."""
    return _set_archived(call, archived=True)


@routes("POST", f"{PROJECT}/unarchive")
def unarchive(call: Call) -> Reply:
    """Make a project writable again."""
    return _set_archived(call, archived=False)


def _set_archived(call: Call, *, archived: bool) -> Reply:
    project = call.project
    if project.level_of(call.user) < OWNER:
        raise forbidden()
    project.archived, project.updated_at = archived, call.now
    return Reply(render.project(call, project), 201)


@routes("POST", f"{PROJECT}/star")
def star(call: Call) -> Reply:
    """Star a project; 304 where it is starred already."""
    if call.user.id in call.project.stars:
        return no_content(304)
    call.project.stars.add(call.user.id)
    return Reply(render.project(call, call.project), 201)


@routes("POST", f"{PROJECT}/unstar")
def unstar(call: Call) -> Reply:
    """Take the star away; 304 where there is none."""
    if call.user.id not in call.project.stars:
        return no_content(304)
    call.project.stars.remove(call.user.id)
    return Reply(render.project(call, call.project), 201)


@routes("GET", f"{PROJECT}/starrers", token=False)
def starrers(call: Call) -> Reply:
    """List who starred a project."""
    found = [user for user in call.world.users.values() if user.id in call.project.stars]
    page, headers = page_of(call, found)
    since = stamp(call.project.created_at)
    return Reply([{"starred_since": since, "user": render.user(call, one)} for one in page], headers=headers)


@routes("POST", f"{PROJECT}/fork")
def fork(call: Call) -> Reply:
    """Copy a project into another namespace."""
    parent = call.project
    name, path = call.text("name") or parent.name, call.text("path") or parent.path
    space = _space(call, call.text("namespace_path") or call.text("namespace_id") or call.text("namespace"))
    near = [one for one in call.world.projects.values() if one.namespace is space]
    if any(one.path.lower() == path.lower() or one.name == name for one in near):
        raise Refusal(409, ["Project namespace name has already been taken", "Name has already been taken",
                            "Path has already been taken"])  # fmt: skip
    made = make_project(call.world, space, call.user, name, path=path, parent=parent)
    _apply(call, made)
    call.world.happened(made, call.user, "created")
    return Reply({**render.project(call, made), "import_status": "scheduled"}, 201)


@routes("GET", f"{PROJECT}/forks", token=False)
def forks(call: Call) -> Reply:
    """List a project's forks."""
    found = [one for one in call.world.projects.values() if one.parent is call.project and one.visible_to(call.viewer)]
    page, headers = page_of(call, _ordered(call, found))
    return Reply([render.project(call, one) for one in page], headers=headers)


@routes("GET", f"{PROJECT}/members", token=False)
def members(call: Call) -> Reply:
    """List who belongs to a project itself."""
    page, headers = page_of(call, list(call.project.members.items()))
    people = [(call.world.users[name], level) for name, level in page]
    return Reply([_member(call, one, level) for one, level in people], headers=headers)


def _member(call: Call, user: User, level: int) -> dict[str, Any]:
    return {
        **render.user(call, user),
        "access_level": level,
        "created_at": stamp(call.project.created_at),
        "expires_at": None,
    }


@routes("POST", f"{PROJECT}/members")
def add_member(call: Call) -> Reply:
    """Take somebody into a project."""
    project = call.project_for(MAINTAINER)
    call.need("user_id", "access_level")
    user, level = call.world.user(call.integer("user_id") or 0), call.integer("access_level") or DEVELOPER
    if user is None:
        raise not_found("User")
    if user.username in project.members:
        raise Refusal(409, "Member already exists")
    project.members[user.username] = level
    return Reply(_member(call, user, level), 201)
