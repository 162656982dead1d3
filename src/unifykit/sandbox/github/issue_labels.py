"""Operations on labels.

https://docs.github.com/en/rest/issues/labels
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from . import happenings
from .call import Call, Reply, no_content
from .errors import Refusal, field_error, invalid_request, not_found, validation_failed
from .paging import page_of
from .render_issues import label as render_label
from .repos import REPO
from .routing import Routes
from .state import Label

if TYPE_CHECKING:
    from .state import Issue, Repository

routes: Routes = Routes()
_OF_ISSUE = f"{REPO}/issues/{{number:int}}/labels"
_PAGE = "issues/labels"
_COLOR = re.compile(r"[0-9a-fA-F]{6}")
_PLAIN = "ededed"


def label_names(given: Any) -> list[str] | None:
    """Read labels given as names or as objects with a name.

    Args:
        given: What the body has.

    Returns:
        The names, each once; None when nothing was given.
    """
    if given is None:
        return None
    if not _is_list(given):
        raise invalid_request("For 'properties/labels', the value is not an array.")
    names = [_name_of(item) for item in cast("list[Any]", given)]
    return list(dict.fromkeys(names))


def _is_list(value: Any) -> bool:
    return isinstance(value, list)


def _name_of(item: Any) -> str:
    name: Any = cast("dict[str, Any]", item).get("name") if isinstance(item, dict) else item
    if not isinstance(name, str):
        raise invalid_request("For 'items', the value is not a string.")
    return name


def find_label(repo: Repository, name: str) -> Label | None:
    """Find a label; names differ only by more than case.

    Args:
        repo: The repository.
        name: The name.

    Returns:
        The label or None.
    """
    return next((label for label in repo.labels.values() if label.name.lower() == name.lower()), None)


def find_or_make_labels(call: Call, repo: Repository, names: list[str]) -> list[Label]:
    """Find labels; GitHub makes those a repository does not have yet, in grey.

    Args:
        call: The request.
        repo: The repository.
        names: The names.

    Returns:
        The labels, each once.
    """
    found = [find_label(repo, name) or _make(call, repo, name, _PLAIN, None) for name in names]
    return list({label.id: label for label in found}.values())


def _make(call: Call, repo: Repository, name: str, color: str, description: str | None) -> Label:
    label = Label(call.world.next_id("label", 208045946), name, color, description)
    repo.labels[name] = label
    return label


def set_labels(call: Call, repo: Repository, issue: Issue, names: list[str]) -> None:
    """Give an issue exactly these labels.

    Args:
        call: The request.
        repo: Where.
        issue: The issue.
        names: The labels' names; unknown ones are made.
    """
    before, issue.labels = issue.labels, find_or_make_labels(call, repo, names)
    issue.updated_at = call.now
    for label in issue.labels:
        if label not in before:
            happenings.issue_acted(call, repo, issue, "labeled", label=label)
    for label in before:
        if label not in issue.labels:
            happenings.issue_acted(call, repo, issue, "unlabeled", label=label)


@routes("GET", f"{REPO}/labels", f"{_PAGE}#list-labels-for-a-repository")
def list_all(call: Call) -> Reply:
    """List a repository's labels."""
    page, headers = page_of(call, list(call.repo.labels.values()))
    return Reply([render_label(call, call.repo, label) for label in page], headers=headers)


@routes("POST", f"{REPO}/labels", f"{_PAGE}#create-a-label")
def create(call: Call) -> Reply:
    """Make a label."""
    repo, name = call.repo_for("triage"), call.need("name")
    color = (call.field("color", str) or _PLAIN).lower()
    if not _COLOR.fullmatch(color):
        raise validation_failed(field_error("Label", "color", "invalid"))
    if find_label(repo, name):
        raise validation_failed(field_error("Label", "name", "already_exists"))
    body = render_label(call, repo, _make(call, repo, name, color, call.field("description", str)))
    return Reply(body, 201, {"Location": body["url"]})


def _label_or_404(call: Call, repo: Repository) -> Label:
    label = find_label(repo, call.params["name"])
    if label is None:
        raise not_found()
    return label


@routes("GET", f"{REPO}/labels/{{name:path}}", f"{_PAGE}#get-a-label")
def get(call: Call) -> Reply:
    """Give a label."""
    return Reply(render_label(call, call.repo, _label_or_404(call, call.repo)))


@routes("DELETE", f"{REPO}/labels/{{name:path}}", f"{_PAGE}#delete-a-label")
def delete(call: Call) -> Reply:
    """Remove a label, from its issues too."""
    repo = call.repo_for("triage")
    label = _label_or_404(call, repo)
    repo.labels = {name: kept for name, kept in repo.labels.items() if kept is not label}
    for issue in repo.issues.values():
        issue.labels = [kept for kept in issue.labels if kept is not label]
    return no_content()


def _of(call: Call, issue: Issue) -> Reply:
    page, headers = page_of(call, issue.labels)
    return Reply([render_label(call, call.repo, label) for label in page], headers=headers)


@routes("GET", _OF_ISSUE, f"{_PAGE}#list-labels-for-an-issue")
def list_of_issue(call: Call) -> Reply:
    """List an issue's labels."""
    return _of(call, call.issue())


def _given(call: Call) -> list[str]:
    # Both the bare list and the object with `labels` are accepted.
    given = call.json
    return label_names(given if isinstance(given, list) else call.body.get("labels")) or []


@routes("POST", _OF_ISSUE, f"{_PAGE}#add-labels-to-an-issue")
def add(call: Call) -> Reply:
    """Add labels to an issue."""
    issue = call.issue()
    return _set(call, issue, [label.name for label in issue.labels] + _given(call))


@routes("PUT", _OF_ISSUE, f"{_PAGE}#set-labels-for-an-issue")
def replace(call: Call) -> Reply:
    """Give an issue exactly these labels."""
    return _set(call, call.issue(), _given(call))


@routes("DELETE", _OF_ISSUE, f"{_PAGE}#remove-all-labels-from-an-issue")
def clear(call: Call) -> Reply:
    """Take all labels off an issue."""
    _set(call, call.issue(), [])
    return no_content()


@routes("DELETE", f"{_OF_ISSUE}/{{name:path}}", f"{_PAGE}#remove-a-label-from-an-issue")
def remove(call: Call) -> Reply:
    """Take one label off an issue."""
    issue, name = call.issue(), str(call.params["name"]).lower()
    kept = [label.name for label in issue.labels if label.name.lower() != name]
    if len(kept) == len(issue.labels):
        raise Refusal(404, "Label does not exist")
    return _set(call, issue, kept)


def _set(call: Call, issue: Issue, names: list[str]) -> Reply:
    set_labels(call, call.repo_for("triage"), issue, names)
    return _of(call, issue)
