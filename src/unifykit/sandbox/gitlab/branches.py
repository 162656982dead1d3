"""Operations on branches.

https://docs.gitlab.com/api/branches/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dulwich.refs import Ref, check_ref_format

from unifykit.sandbox.git.content import HEADS

from . import render
from .call import Call, Reply, no_content
from .errors import Refusal, bad_request, forbidden, not_found
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import DEVELOPER, MAINTAINER

if TYPE_CHECKING:
    from .state import Project

routes: Routes = Routes()
_BRANCHES = f"{PROJECT}/repository/branches"


@routes("GET", _BRANCHES, token=False)
def list_all(call: Call) -> Reply:
    """List branches by name."""
    search = (call.text("search") or "").lower()
    page, headers = page_of(call, [name for name in call.project.git.branches() if search in name.lower()])
    return Reply([render.branch(call, call.project, name) for name in page], headers=headers)


@routes("GET", f"{_BRANCHES}/{{branch}}", token=False)
def get(call: Call) -> Reply:
    """Give a branch."""
    name = call.places["branch"]
    if call.project.git.branch(name) is None:
        raise not_found("Branch")
    return Reply(render.branch(call, call.project, name))


@routes("POST", _BRANCHES)
def create(call: Call) -> Reply:
    """Make a branch at a branch, tag or commit."""
    project = call.project_for(DEVELOPER)
    name, ref = call.need("branch", "ref")
    if not check_ref_format(Ref(f"{HEADS}{name}".encode())):
        raise Refusal(400, "Branch name is invalid")
    if project.git.branch(name) is not None:
        raise Refusal(400, "Branch already exists")
    sha = project.git.resolve(ref)
    if sha is None:
        raise Refusal(400, "Invalid reference name: " + ref)
    project.git.set_ref(HEADS + name, sha)
    pushed(call, project, name, None, sha)
    return Reply(render.branch(call, project, name), 201)


@routes("DELETE", f"{_BRANCHES}/{{branch}}")
def delete(call: Call) -> Reply:
    """Remove a branch."""
    project, name = call.project_for(DEVELOPER), call.places["branch"]
    before = project.git.branch(name)
    if before is None:
        raise not_found("Branch")
    if name == project.default_branch:
        raise bad_request("Cannot remove HEAD branch")
    drop(call, project, name)
    return no_content()


def drop(call: Call, project: Project, name: str) -> None:
    """Remove a branch that is there, and tell the feed."""
    before = project.git.branch(name)
    project.git.delete_ref(HEADS + name)
    pushed(call, project, name, before, None)


def pushed(call: Call, project: Project, name: str, before: str | None, after: str | None) -> None:
    """Tell the feed that a branch has moved."""
    action = "created" if before is None else "removed" if after is None else "pushed"
    shas = [] if after is None else project.git.between(before, after) if before else [after]
    title = project.git.commit(shas[-1]).message.decode().partition("\n")[0] if shas else None
    data = {
        "commit_count": len(shas) if before else 0,
        "action": action,
        "ref_type": "branch",
        "commit_from": before,
        "commit_to": after,
        "ref": name,
        "commit_title": title,
        "ref_count": None,
    }
    said = {"created": "pushed new", "removed": "deleted", "pushed": "pushed to"}[action]
    call.world.happened(project, call.user, said, push_data=data)


def writable(call: Call, project: Project, name: str) -> None:
    """Refuse those who may not push here: the default branch is protected."""
    least = MAINTAINER if name == project.default_branch and project.git.branches() else DEVELOPER
    if project.level_of(call.user) < least:
        raise forbidden("You are not allowed to push into this branch")
