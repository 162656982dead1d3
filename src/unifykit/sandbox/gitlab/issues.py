"""Operations on issues and labels.

https://docs.gitlab.com/api/issues/, https://docs.gitlab.com/api/labels/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import render
from .call import Call, Reply, no_content
from .errors import Refusal, forbidden, not_found, parameter
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import GUEST, OWNER, REPORTER, Issue, Label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from .state import MergeRequest, Project, World

routes: Routes = Routes()
_ONE = f"{PROJECT}/issues/{{issue_iid}}"
_STATES = ("opened", "closed", "all")
_LONGEST_TITLE = 255


def issue_of(call: Call) -> Issue:
    """Give the issue of the path, or 404."""
    found = call.project.issues.get(call.number("issue_iid"))
    if found is None:
        raise not_found("Issue") if call.viewer else not_found()
    return found


@routes("GET", f"{PROJECT}/issues", token=False)
def list_all(call: Call) -> Reply:
    """List a project's issues, newest first."""
    page, headers = page_of(call, narrowed(call, call.project.issues.values()))
    return Reply([render.issue(call, call.project, one) for one in page], headers=headers)


@routes("GET", "/api/v4/issues")
def list_own(call: Call) -> Reply:
    """List the issues the caller opened or has been given, newest first."""
    scope = call.choice("scope", ("created_by_me", "assigned_to_me", "all")) or "created_by_me"
    found: dict[int, tuple[Project, Issue]] = {}
    for project in call.world.projects.values():
        for issue in project.issues.values():
            own = {"created_by_me": issue.author is call.user, "assigned_to_me": call.user in issue.assignees,
                   "all": project.visible_to(call.user)}  # fmt: skip
            if own[scope]:
                found[issue.id] = project, issue
    page, headers = page_of(call, narrowed(call, [issue for _, issue in found.values()]))
    return Reply([render.issue(call, *found[issue.id]) for issue in page], headers=headers)


def narrowed(call: Call, items: Iterable[Any]) -> list[Any]:
    """Keep the issues or merge requests that the query asks for, in its order."""
    found = [one for one in items if all(check(one) for check in _filters(call))]
    keys: dict[str, Callable[[Any], Any]] = {
        "created_at": lambda one: (one.created_at, one.id),
        "updated_at": lambda one: (one.updated_at, one.id),
        "title": lambda one: one.title.lower(),
    }
    key = call.choice("order_by", tuple(keys)) or "created_at"
    return sorted(found, key=keys[key], reverse=call.choice("sort", ("asc", "desc")) != "asc")


def _filters(call: Call) -> list[Callable[[Any], bool]]:
    state = call.choice("state", (*_STATES, "merged", "locked"))
    wanted, iids = call.names("labels") or [], call.names("iids")
    search = (call.text("search") or "").lower()
    checks: list[Callable[[Any], bool]] = [
        lambda one: state in (None, "all") or one.state == state,
        lambda one: iids is None or str(one.iid) in iids,
        lambda one: search in f"{one.title} {one.description or ''}".lower(),
    ]
    if wanted == ["None"]:
        checks.append(lambda one: not one.labels)
    elif wanted == ["Any"]:
        checks.append(lambda one: bool(one.labels))
    else:
        checks.append(lambda one: set(wanted) <= set(one.labels))
    author, assignee = call.text("author_username"), call.text("assignee_username")
    checks.append(lambda one: author is None or one.author.username == author)
    checks.append(lambda one: assignee is None or any(user.username == assignee for user in one.assignees))
    number = call.text("assignee_id")
    if number in ("None", "Any"):
        checks.append(lambda one: bool(one.assignees) is (number == "Any"))
    elif number is not None:
        checks.append(lambda one: any(str(user.id) == number for user in one.assignees))
    after, before = call.moment("updated_after"), call.moment("updated_before")
    checks.append(lambda one: after is None or one.updated_at >= after)
    checks.append(lambda one: before is None or one.updated_at <= before)
    return checks


@routes("POST", f"{PROJECT}/issues")
def create(call: Call) -> Reply:
    """Open an issue."""
    project = call.project
    (title,) = call.need("title")
    if project.archived or (project.level_of(call.user) < GUEST and project.visibility == "private"):
        raise forbidden()
    check_title(title)
    names, people = call.names("labels") or [], call.people("assignee_ids") or call.people("assignee_id") or []
    made = open_issue(call.world, project, call.user, title, call.text("description"))
    made.labels, made.assignees = known_labels(call.world, project, names), people
    made.confidential, made.due_date, made.weight = (
        bool(call.flag("confidential")),
        call.text("due_date"),
        call.integer("weight"),
    )
    tell(call, project, made, "opened")
    return Reply(render.issue(call, project, made), 201)


def check_title(title: str) -> None:
    """Refuse a title that is too long."""
    if len(title) > _LONGEST_TITLE:
        raise Refusal(400, {"title": ["is too long (maximum is 255 characters)"]})


def open_issue(world: World, project: Project, author: Any, title: str, description: str | None) -> Issue:
    """Put an issue into a project."""
    iid = max(project.issues, default=0) + 1
    made = Issue(world.next_id("issue", 40001), iid, author, title, description, world.clock(), world.clock())
    project.issues[iid] = made
    return made


def known_labels(world: World, project: Project, names: Iterable[str]) -> list[str]:
    """Give the labels by name; those that are not there are made."""
    found = list(dict.fromkeys(names))
    for name in found:
        if name not in project.labels:
            project.labels[name] = Label(world.next_id("label", 601), name)
    return sorted(found)


def tell(call: Call, project: Project, one: Issue | MergeRequest, action: str) -> None:
    """Tell the feed what became of an issue or merge request."""
    kind = "Issue" if isinstance(one, Issue) else "MergeRequest"
    call.world.happened(
        project, call.user, action, target_type=kind, target_id=one.id, target_iid=one.iid, target_title=one.title
    )


@routes("GET", _ONE, token=False)
def get(call: Call) -> Reply:
    """Give an issue."""
    return Reply(render.issue(call, call.project, issue_of(call)))


@routes("PUT", _ONE)
def update(call: Call) -> Reply:
    """Change an issue."""
    project, issue = call.project, issue_of(call)
    if not call.given:
        raise parameter("at least one parameter must be provided")
    if project.archived or (issue.author is not call.user and project.level_of(call.user) < REPORTER):
        raise forbidden()
    event = call.choice("state_event", ("reopen", "close"))
    confidential = call.flag("confidential")
    edit(call, project, issue)
    issue.confidential = issue.confidential if confidential is None else confidential
    issue.due_date = call.text("due_date") if "due_date" in call.given else issue.due_date
    issue.weight = call.integer("weight") if "weight" in call.given else issue.weight
    if event:
        set_state(call, project, issue, "closed" if event == "close" else "opened")
    return Reply(render.issue(call, project, issue))


def edit(call: Call, project: Project, one: Issue | MergeRequest) -> None:
    """Change title, description, labels and assignees as the request says."""
    title = call.text("title") or one.title
    check_title(title)
    people = call.people("assignee_ids") if "assignee_ids" in call.given else call.people("assignee_id")
    one.title, one.updated_at = title, call.now
    one.description = call.text("description") if "description" in call.given else one.description
    one.assignees = one.assignees if people is None else people
    names = call.names("labels")
    if "labels" in call.given:
        one.labels = known_labels(call.world, project, names or [])
    gone = call.names("remove_labels") or []
    kept = [name for name in one.labels if name not in gone]
    one.labels = known_labels(call.world, project, [*kept, *(call.names("add_labels") or [])])


def set_state(call: Call, project: Project, one: Issue | MergeRequest, state: str) -> None:
    """Close or reopen."""
    if state == one.state:
        return
    one.state = state
    one.closed_at, one.closed_by = (call.now, call.user) if state == "closed" else (None, None)
    tell(call, project, one, "closed" if state == "closed" else "reopened")


@routes("DELETE", _ONE)
def delete(call: Call) -> Reply:
    """Remove an issue."""
    issue = issue_of(call)
    if call.project.level_of(call.user) < OWNER:
        raise forbidden()
    del call.project.issues[issue.iid]
    return no_content()


@routes("GET", f"{PROJECT}/labels", token=False)
def labels(call: Call) -> Reply:
    """List a project's labels by name."""
    page, headers = page_of(call, sorted(call.project.labels.values(), key=lambda label: label.name.lower()))
    return Reply([label_body(label) for label in page], headers=headers)


def label_body(label: Label) -> dict[str, Any]:
    """Write a label."""
    return {"id": label.id, "name": label.name, "color": label.color, "description": label.description,
            "description_html": label.description or "", "text_color": "#FFFFFF", "archived": False,
            "subscribed": False, "priority": None, "is_project_label": True}  # fmt: skip
