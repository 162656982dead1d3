"""Operations on issues and their comments.

https://docs.github.com/en/rest/issues/issues, https://docs.github.com/en/rest/issues/comments
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import happenings
from .call import Call, Reply, no_content
from .errors import Refusal, field_error, forbidden, not_found, validation_failed
from .issue_labels import find_or_make_labels, label_names, set_labels
from .paging import page_of
from .render_issues import comment as render_comment
from .render_issues import issue as render_issue
from .repos import REPO
from .routing import Routes
from .state import Comment, Issue

if TYPE_CHECKING:
    from collections.abc import Callable

    from .state import Account, Repository

routes: Routes = Routes()
ISSUE = f"{REPO}/issues/{{number:int}}"
_COMMENT = f"{REPO}/issues/comments/{{comment_id:int}}"
_PAGE = "issues/issues"
_COMMENTS_PAGE = "issues/comments"
_MOST_ASSIGNEES = 10


def with_issues(call: Call) -> Repository:
    """Give the repository if its issues are switched on.

    Args:
        call: The request.

    Returns:
        The repository.
    """
    if not call.repo.settings["has_issues"]:
        raise Refusal(410, "Issues has been disabled in this repository.")
    return call.repo


def open_issue(call: Call, repo: Repository, user: Account, title: str, body: str | None) -> Issue:
    """Put an issue under the next number.

    Args:
        call: The request.
        repo: Where.
        user: Who opens it.
        title: The title.
        body: The text.

    Returns:
        The issue.
    """
    number = max(repo.issues, default=0) + 1
    made = Issue(call.world.next_id("issue", 1347), number, user, title, body, call.now, call.now)
    repo.issues[number] = made
    return made


def _assignable(call: Call, repo: Repository, logins: list[str]) -> list[Account]:
    # Whoever cannot be assigned is passed over in silence, as documented.
    found = (call.world.account(login) for login in logins)
    return [user for user in found if user and user.kind == "User" and repo.allows(user, "triage")]


@routes("POST", f"{REPO}/issues", f"{_PAGE}#create-an-issue")
def create(call: Call) -> Reply:
    """Open an issue."""
    repo = with_issues(call)
    title = call.field("title", str)
    if not title:
        raise validation_failed(field_error("Issue", "title", "missing_field"))
    body, logins, names = call.field("body", str), _logins(call) or [], label_names(call.body.get("labels"))
    users = _assignable(call, repo, logins)
    issue = open_issue(call, repo, call.user, title, body)
    # Labels and assignees of people without push access are dropped in silence, as documented.
    if repo.allows(call.user, "triage"):
        issue.labels = find_or_make_labels(call, repo, names or [])
        issue.assignees = users[:_MOST_ASSIGNEES]
    happenings.issue_acted(call, repo, issue, "opened")
    happenings.notify_mentioned(call, repo, issue, body)
    happenings.notify(call, repo, issue, issue.assignees, "assign")
    url = call.links(f"/repos/{repo.full_name}/issues/{issue.number}")
    return Reply(render_issue(call, repo, issue), 201, {"Location": url})


def _logins(call: Call) -> list[str] | None:
    logins, single = call.texts("assignees"), call.field("assignee", str)
    if logins is None and "assignee" in call.body:
        return [single] if single else []
    return logins


@routes("GET", f"{REPO}/issues", f"{_PAGE}#list-repository-issues")
def list_all(call: Call) -> Reply:
    """List issues and pull requests."""
    call.unsupported("milestone", "type", "issue_field_values")
    repo = with_issues(call)
    checks = _filters(call)
    found = [issue for issue in repo.issues.values() if all(check(issue) for check in checks)]
    sort = call.choice("sort", ("created", "updated", "comments"), "created")
    keys: dict[str, Callable[[Issue], Any]] = {
        "created": lambda issue: (issue.created_at, issue.number),
        "updated": lambda issue: (issue.updated_at, issue.number),
        "comments": lambda issue: (len(issue.comments), issue.number),
    }
    found.sort(key=keys[sort], reverse=call.choice("direction", ("asc", "desc"), "desc") == "desc")
    page, headers = page_of(call, found)
    return Reply([render_issue(call, repo, issue) for issue in page], headers=headers)


def _filters(call: Call) -> list[Callable[[Issue], bool]]:
    state, since = call.choice("state", ("open", "closed", "all"), "open"), call.since()
    names = {name.strip().lower() for name in call.query.get("labels", "").split(",") if name.strip()}
    checks: list[Callable[[Issue], bool]] = [lambda issue: names <= {label.name.lower() for label in issue.labels}]
    if state != "all":
        checks.append(lambda issue: issue.state == state)
    if since:
        checks.append(lambda issue: issue.updated_at >= since)
    if "assignee" in call.query:
        wanted = call.query["assignee"].lower()
        checks.append(lambda issue: _assigned(issue, wanted))
    if "creator" in call.query:
        creator = call.query["creator"].lower()
        checks.append(lambda issue: issue.user.login.lower() == creator)
    if "mentioned" in call.query:
        mention = f"@{call.query['mentioned']}".lower()
        checks.append(lambda issue: mention in (issue.body or "").lower())
    return checks


def _assigned(issue: Issue, wanted: str) -> bool:
    if wanted in ("none", "*"):
        return bool(issue.assignees) is (wanted == "*")
    return any(user.login.lower() == wanted for user in issue.assignees)


@routes("GET", ISSUE, f"{_PAGE}#get-an-issue")
def get(call: Call) -> Reply:
    """Give an issue."""
    return Reply(render_issue(call, call.repo, _issue(call)))


def _issue(call: Call) -> Issue:
    if call.params["number"] not in call.repo.issues:
        with_issues(call)
    return call.issue()


def may_edit(call: Call, repo: Repository, author: Account) -> None:
    """Refuse those who neither wrote a thing nor may triage here.

    Args:
        call: The request.
        repo: Where.
        author: Who wrote it.
    """
    if call.user is not author and not repo.allows(call.user, "triage"):
        raise forbidden(f"Must have admin rights to Repository or be the author, {author.login}.")


@routes("PATCH", ISSUE, f"{_PAGE}#update-an-issue")
def update(call: Call) -> Reply:
    """Change an issue."""
    repo, issue = call.repo, _issue(call)
    may_edit(call, repo, issue.user)
    state, reason, title = call.field("state", str), call.field("state_reason", str), call.field("title", str)
    if state not in (None, "open", "closed"):
        raise validation_failed(field_error("Issue", "state", "invalid", value=state))
    names, logins = label_names(call.body.get("labels")), _logins(call)
    if title is not None and not title:
        raise validation_failed(field_error("Issue", "title", "missing_field"))
    edit_text(call, repo, issue)
    if repo.allows(call.user, "triage"):
        if names is not None:
            set_labels(call, repo, issue, names)
        if logins is not None:
            set_assignees(call, repo, issue, _assignable(call, repo, logins))
    if state:
        set_state(call, repo, issue, state, reason)
    return Reply(render_issue(call, repo, issue))


def edit_text(call: Call, repo: Repository, issue: Issue) -> None:
    """Change title and body as the request says.

    Args:
        call: The request.
        repo: Where.
        issue: The issue.
    """
    title, body = call.field("title", str), call.field("body", str)
    new = (title or issue.title, body if "body" in call.body else issue.body)
    issue.updated_at = call.now
    if new != (issue.title, issue.body):
        issue.title, issue.body = new
        happenings.issue_acted(call, repo, issue, "edited")
        happenings.notify_mentioned(call, repo, issue, body)


def set_assignees(call: Call, repo: Repository, issue: Issue, users: list[Account]) -> None:
    """Give an issue exactly these assignees.

    Args:
        call: The request.
        repo: Where.
        issue: The issue.
        users: The accounts.
    """
    before = issue.assignees
    issue.assignees = list({user.id: user for user in users}.values())[:_MOST_ASSIGNEES]
    issue.updated_at = call.now
    added = [user for user in issue.assignees if user not in before]
    for user in added:
        happenings.issue_acted(call, repo, issue, "assigned", assignee=user)
    for user in before:
        if user not in issue.assignees:
            happenings.issue_acted(call, repo, issue, "unassigned", assignee=user)
    happenings.notify(call, repo, issue, added, "assign")


def set_state(call: Call, repo: Repository, issue: Issue, state: str, reason: str | None = None) -> None:
    """Close or reopen.

    Args:
        call: The request.
        repo: Where.
        issue: The issue or pull request.
        state: open or closed.
        reason: completed, not_planned, duplicate or reopened.
    """
    if state == issue.state:
        issue.state_reason = reason or issue.state_reason
        return
    issue.state, issue.updated_at = state, call.now
    issue.closed_at, issue.closed_by = (call.now, call.user) if state == "closed" else (None, None)
    if not issue.pull:
        issue.state_reason = (reason or "completed") if state == "closed" else "reopened"
    happenings.issue_acted(call, repo, issue, "closed" if state == "closed" else "reopened")


@routes("POST", f"{ISSUE}/assignees", "issues/assignees#add-assignees-to-an-issue")
def add_assignees(call: Call) -> Reply:
    """Assign more people."""
    repo, issue = call.repo_for("triage"), call.issue()
    users = _assignable(call, repo, call.texts("assignees") or [])
    set_assignees(call, repo, issue, issue.assignees + users)
    return Reply(render_issue(call, repo, issue), 201)


@routes("DELETE", f"{ISSUE}/assignees", "issues/assignees#remove-assignees-from-an-issue")
def remove_assignees(call: Call) -> Reply:
    """Take people off."""
    repo, issue = call.repo_for("triage"), call.issue()
    gone = {login.lower() for login in call.texts("assignees") or []}
    set_assignees(call, repo, issue, [user for user in issue.assignees if user.login.lower() not in gone])
    return Reply(render_issue(call, repo, issue))


@routes("GET", f"{ISSUE}/comments", f"{_COMMENTS_PAGE}#list-issue-comments")
def comments(call: Call) -> Reply:
    """List an issue's comments, oldest first."""
    issue, since = call.issue(), call.since()
    found = [comment for comment in issue.comments if since is None or comment.updated_at >= since]
    page, headers = page_of(call, found)
    return Reply([render_comment(call, call.repo, issue, comment) for comment in page], headers=headers)


@routes("POST", f"{ISSUE}/comments", f"{_COMMENTS_PAGE}#create-an-issue-comment")
def create_comment(call: Call) -> Reply:
    """Comment on an issue or pull request."""
    repo, issue, text = call.repo, call.issue(), _comment_text(call)
    made = Comment(call.world.next_id("comment", 1000001), call.user, text, call.now, call.now)
    issue.comments.append(made)
    issue.updated_at = call.now
    happenings.commented(call, repo, issue, made)
    body = render_comment(call, repo, issue, made)
    return Reply(body, 201, {"Location": body["url"]})


def _comment_text(call: Call) -> str:
    text = call.need("body")
    if not text.strip():
        raise validation_failed(field_error("IssueComment", "data", "unprocessable", message="Body cannot be blank"))
    return text


def _comment(call: Call) -> tuple[Issue, Comment]:
    for issue in call.repo.issues.values():
        for comment in issue.comments:
            if comment.id == call.params["comment_id"]:
                return issue, comment
    raise not_found()


@routes("GET", _COMMENT, f"{_COMMENTS_PAGE}#get-an-issue-comment")
def get_comment(call: Call) -> Reply:
    """Give a comment."""
    issue, comment = _comment(call)
    return Reply(render_comment(call, call.repo, issue, comment))


@routes("PATCH", _COMMENT, f"{_COMMENTS_PAGE}#update-an-issue-comment")
def update_comment(call: Call) -> Reply:
    """Change a comment."""
    issue, comment = _comment(call)
    may_edit(call, call.repo, comment.user)
    comment.body, comment.updated_at = _comment_text(call), call.now
    return Reply(render_comment(call, call.repo, issue, comment))


@routes("DELETE", _COMMENT, f"{_COMMENTS_PAGE}#delete-an-issue-comment")
def delete_comment(call: Call) -> Reply:
    """Remove a comment."""
    issue, comment = _comment(call)
    may_edit(call, call.repo, comment.user)
    issue.comments.remove(comment)
    return no_content()
