"""People, projects and commits as GitLab writes them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from unifykit.sandbox.git.content import HEADS

from .stamps import human, stamp, stamp_or_none
from .state import DEVELOPER, OWNER, Group

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call
    from .state import Event, Issue, MergeRequest, Note, Project, Snippet, User

_ACCESS = ("repository", "issues", "merge_requests", "forking", "wiki", "builds", "snippets", "container_registry")


def user(call: Call, one: User) -> dict[str, Any]:
    """Write a person as other things name them."""
    return {
        "id": one.id,
        "username": one.username,
        "public_email": None,
        "name": one.name,
        "state": "active",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{call.base}/{one.username}",
    }


def user_or_none(call: Call, one: User | None) -> dict[str, Any] | None:
    """Write a person who may not be there."""
    return None if one is None else user(call, one)


def profile(call: Call, one: User) -> dict[str, Any]:
    """Write a person's own page."""
    empty = dict.fromkeys(
        ("location", "linkedin", "twitter", "discord", "website_url", "organization", "job_title", "pronouns"), ""
    )
    return {
        **user(call, one),
        **empty,
        "created_at": stamp(one.created_at),
        "bio": "",
        "bot": False,
        "work_information": None,
        "followers": 0,
        "following": 0,
        "is_followed": False,
        "local_time": None,
    }


def own_profile(call: Call, one: User) -> dict[str, Any]:
    """Write the caller's own page, with what only they may see."""
    return {
        **profile(call, one),
        "last_sign_in_at": stamp(one.created_at),
        "confirmed_at": stamp(one.created_at),
        "last_activity_on": f"{call.now:%Y-%m-%d}",
        "email": f"{one.username}@example.com",
        "theme_id": 3,
        "color_scheme_id": 1,
        "projects_limit": 100000,
        "current_sign_in_at": stamp(call.now),
        "identities": [],
        "can_create_group": True,
        "can_create_project": True,
        "two_factor_enabled": False,
        "external": False,
        "private_profile": False,
        "commit_email": one.email,
    }


def group(call: Call, one: Group) -> dict[str, Any]:
    """Write a group."""
    return {
        "id": one.id,
        "web_url": f"{call.base}/groups/{one.full_path}",
        "name": one.name,
        "path": one.path,
        "description": one.description,
        "visibility": one.visibility,
        "share_with_group_lock": False,
        "require_two_factor_authentication": False,
        "project_creation_level": "developer",
        "subgroup_creation_level": "maintainer",
        "lfs_enabled": True,
        "default_branch": None,
        "avatar_url": None,
        "request_access_enabled": True,
        "full_name": one.name,
        "full_path": one.full_path,
        "created_at": stamp(one.created_at),
        "parent_id": None,
    }


def namespace(call: Call, one: User | Group) -> dict[str, Any]:
    """Write whose a project is."""
    is_group = isinstance(one, Group)
    return {
        "id": one.id,
        "name": one.name,
        "path": one.full_path,
        "kind": "group" if is_group else "user",
        "full_path": one.full_path,
        "parent_id": None,
        "avatar_url": None,
        "web_url": f"{call.base}/{'groups/' if is_group else ''}{one.full_path}",
    }


def web(call: Call, project: Project, rest: str = "") -> str:
    """Give the address of a page of a project."""
    return f"{call.base}/{project.full_path}{rest}"


def basic_project(call: Call, project: Project) -> dict[str, Any]:
    """Write a project as other projects name it."""
    full, empty = project.full_path, not project.git.branches()
    return {
        "id": project.id,
        "description": project.description,
        "name": project.name,
        "name_with_namespace": f"{project.namespace.name} / {project.name}",
        "path": project.path,
        "path_with_namespace": full,
        "created_at": stamp(project.created_at),
        "default_branch": None if empty else project.default_branch,
        "tag_list": project.topics,
        "topics": project.topics,
        "ssh_url_to_repo": f"git@{call.base.partition('://')[2].partition(':')[0]}:{full}.git",
        "http_url_to_repo": f"{web(call, project)}.git",
        "web_url": web(call, project),
        "readme_url": None if empty else web(call, project, f"/-/blob/{project.default_branch}/README.md"),
        "forks_count": sum(one.parent is project for one in call.world.projects.values()),
        "avatar_url": None,
        "star_count": len(project.stars),
        "last_activity_at": stamp(project.last_activity_at),
        "visibility": project.visibility,
        "namespace": namespace(call, project.namespace),
    }


def project(call: Call, one: Project) -> dict[str, Any]:
    """Write a project."""
    owner = {} if isinstance(one.namespace, Group) else {"owner": user(call, one.namespace)}
    parent = {} if one.parent is None else {"forked_from_project": basic_project(call, one.parent)}
    return {
        **basic_project(call, one),
        **owner,
        **parent,
        "_links": _project_links(call, one),
        "container_registry_image_prefix": f"registry.{call.base.partition('://')[2]}/{one.full_path}",
        "marked_for_deletion_at": None,
        "marked_for_deletion_on": None,
        "packages_enabled": True,
        "empty_repo": not one.git.branches(),
        "archived": one.archived,
        **one.settings,
        **{f"{part}_access_level": "enabled" for part in _ACCESS},
        "can_create_merge_request_in": one.level_of(call.viewer) >= DEVELOPER,
        "creator_id": one.creator.id,
        "import_url": None,
        "import_type": None if one.parent is None else "fork",
        "import_status": "none" if one.parent is None else "finished",
        "import_error": None,
        "open_issues_count": sum(issue.state == "opened" for issue in one.issues.values()),
        "description_html": "",
        "updated_at": stamp(one.updated_at),
        "ci_config_path": "",
        "shared_with_groups": [],
        "repository_object_format": "sha1",
    }


def project_with_access(call: Call, one: Project) -> dict[str, Any]:
    """Write a project with what the caller may do in it."""
    inherited = (
        one.namespace.members.get(call.viewer.username) if isinstance(one.namespace, Group) and call.viewer else None
    )
    own = OWNER if one.namespace is call.viewer else one.members.get(call.viewer.username) if call.viewer else None
    levels = {"project_access": own, "group_access": inherited}
    told = {name: level and {"access_level": level, "notification_level": 3} for name, level in levels.items()}
    return {**project(call, one), "permissions": told}


def _project_links(call: Call, one: Project) -> dict[str, str]:
    root = f"{call.base}/api/v4/projects/{one.id}"
    parts = {"issues": "issues", "merge_requests": "merge_requests", "repo_branches": "repository/branches",
             "labels": "labels", "events": "events", "members": "members", "cluster_agents": "cluster_agents"}  # fmt: skip
    return {"self": root, **{name: f"{root}/{path}" for name, path in parts.items()}}


def commit(call: Call, one: Project, sha: str) -> dict[str, Any]:
    """Write a commit."""
    found = one.git.commit(sha)
    message = found.message.decode()
    author, author_email = _identity(found.author)
    committer, committer_email = _identity(found.committer)
    committed = stamp(datetime.fromtimestamp(found.commit_time, UTC))
    return {
        "id": sha,
        "short_id": sha[:8],
        "created_at": committed,
        "parent_ids": one.git.parents(sha),
        "title": message.partition("\n")[0],
        "message": message,
        "author_name": author,
        "author_email": author_email,
        "authored_date": stamp(datetime.fromtimestamp(found.author_time, UTC)),
        "committer_name": committer,
        "committer_email": committer_email,
        "committed_date": committed,
        "trailers": {},
        "extended_trailers": {},
        "web_url": web(call, one, f"/-/commit/{sha}"),
    }


def _identity(ident: bytes) -> tuple[str, str]:
    name, _, rest = ident.decode().partition(" <")
    return name, rest.removesuffix(">")


def branch(call: Call, one: Project, name: str) -> dict[str, Any]:
    """Write a branch."""
    sha = one.git.ref(HEADS + name)
    assert sha is not None
    is_default = name == one.default_branch
    tip = one.git.branch(one.default_branch)
    merged = not is_default and tip is not None and sha in one.git.ancestors(tip)
    return {
        "name": name,
        "commit": commit(call, one, sha),
        "merged": merged,
        "protected": is_default,
        "developers_can_push": False,
        "developers_can_merge": False,
        "can_push": one.level_of(call.viewer) >= DEVELOPER,
        "default": is_default,
        "web_url": web(call, one, f"/-/tree/{quote(name)}"),
    }


def time_stats(one: Issue | MergeRequest) -> dict[str, Any]:
    """Write how much time was meant and spent."""
    return {
        "time_estimate": one.time_estimate,
        "total_time_spent": one.time_spent,
        "human_time_estimate": human(one.time_estimate),
        "human_total_time_spent": human(one.time_spent),
    }


def references(one: Project, mark: str, iid: int) -> dict[str, str]:
    """Write how an issue (#) or merge request (!) is named near and far."""
    return {"short": f"{mark}{iid}", "relative": f"{mark}{iid}", "full": f"{one.full_path}{mark}{iid}"}


def labels(call: Call, one: Project, names: Sequence[str]) -> list[Any]:
    """Write labels: names, or all about them where that was asked for."""
    if not call.flag("with_labels_details"):
        return list(names)
    found = (one.labels[name] for name in names)
    return [
        {"id": label.id, "name": label.name, "color": label.color, "description": label.description,
         "description_html": label.description or "", "text_color": "#FFFFFF", "archived": False}
        for label in found
    ]  # fmt: skip


def issue(call: Call, one: Project, found: Issue) -> dict[str, Any]:
    """Write an issue."""
    assignees = [user(call, person) for person in found.assignees]
    root = f"{call.base}/api/v4/projects/{one.id}"
    return {
        "id": found.id,
        "iid": found.iid,
        "project_id": one.id,
        "title": found.title,
        "description": found.description,
        "state": found.state,
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "closed_at": stamp_or_none(found.closed_at),
        "closed_by": user_or_none(call, found.closed_by),
        "labels": labels(call, one, found.labels),
        "milestone": None,
        "assignees": assignees,
        "author": user(call, found.author),
        "type": "ISSUE",
        "assignee": assignees[0] if assignees else None,
        "user_notes_count": sum(not note.system for note in found.notes),
        "merge_requests_count": 0,
        "upvotes": 0,
        "downvotes": 0,
        "due_date": found.due_date,
        "confidential": found.confidential,
        "discussion_locked": None,
        "issue_type": "issue",
        "web_url": web(call, one, f"/-/issues/{found.iid}"),
        "time_stats": time_stats(found),
        "task_completion_status": {"count": 0, "completed_count": 0},
        "weight": found.weight,
        "has_tasks": True,
        "task_status": "0 of 0 checklist items completed",
        "_links": {"self": f"{root}/issues/{found.iid}", "notes": f"{root}/issues/{found.iid}/notes", "project": root},
        "references": references(one, "#", found.iid),
        "severity": "UNKNOWN",
        "subscribed": found.author is call.viewer,
        "moved_to_id": None,
        "imported": False,
        "imported_from": "none",
        "service_desk_reply_to": None,
    }


def note(call: Call, one: Project, kind: str, thing: Issue | MergeRequest, found: Note) -> dict[str, Any]:
    """Write a comment on an issue or merge request; `kind` is Issue or MergeRequest."""
    return {
        "id": found.id,
        "type": None,
        "body": found.body,
        "author": user(call, found.author),
        "created_at": stamp(found.created_at),
        "updated_at": stamp(found.updated_at),
        "system": found.system,
        "noteable_id": thing.id,
        "noteable_type": kind,
        "project_id": one.id,
        "resolvable": False,
        "confidential": False,
        "internal": False,
        "imported": False,
        "imported_from": "none",
        "noteable_iid": thing.iid,
        "commands_changes": {},
    }


def event(call: Call, one: Event) -> dict[str, Any]:
    """Write a line of the activity feed."""
    body: dict[str, Any] = {
        "id": one.id,
        "project_id": one.project.id,
        "action_name": one.action_name,
        "target_id": one.target_id,
        "target_iid": one.target_iid,
        "target_type": one.target_type,
        "author_id": one.author.id,
        "target_title": one.target_title,
        "created_at": stamp(one.created_at),
        "author": user(call, one.author),
        "imported": False,
        "imported_from": "none",
        "author_username": one.author.username,
    }
    if one.push_data is not None:
        body["push_data"] = one.push_data
    if one.note is not None:
        body["note"] = {"id": one.note.id, "body": one.note.body, "author": user(call, one.note.author),
                        "created_at": stamp(one.note.created_at), "updated_at": stamp(one.note.updated_at)}  # fmt: skip
    return body


def snippet(call: Call, one: Snippet) -> dict[str, Any]:
    """Write a snippet."""
    url = f"{call.base}/-/snippets/{one.id}"
    return {
        "id": one.id,
        "title": one.title,
        "description": one.description,
        "visibility": one.visibility,
        "author": user(call, one.author),
        "created_at": stamp(one.created_at),
        "updated_at": stamp(one.updated_at),
        "project_id": None,
        "web_url": url,
        "raw_url": f"{url}/raw",
        "ssh_url_to_repo": f"git@localhost:snippets/{one.id}.git",
        "http_url_to_repo": f"{call.base}/snippets/{one.id}.git",
        "file_name": next(iter(one.files)),
        "files": [{"path": name, "raw_url": f"{url}/raw/main/{quote(name)}"} for name in one.files],
        "imported": False,
        "imported_from": "none",
        "repository_storage": "default",
    }
