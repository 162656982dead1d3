"""Operations on collaborators and the invitations they come by.

https://docs.github.com/en/rest/collaborators/collaborators, https://docs.github.com/en/rest/collaborators/invitations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .call import ADMIN_ONLY, Call, Reply, no_content
from .errors import field_error, not_found, validation_failed
from .links import node_id, stamp
from .paging import page_of
from .render_accounts import permissions, simple_user
from .render_repos import minimal_repo
from .repos import REPO, account_or_404
from .routing import Routes
from .state import Invitation

if TYPE_CHECKING:
    from .state import Account, Repository

routes: Routes = Routes()
_LIST = f"{REPO}/collaborators"
_ONE = f"{_LIST}/{{username}}"
_PAGE = "collaborators/collaborators"
_INVITATIONS_PAGE = "collaborators/invitations"
_LEVELS = {"pull": "read", "triage": "triage", "push": "write", "maintain": "maintain", "admin": "admin"}
# The older `permission` field knows four words; https://docs.github.com/en/rest/collaborators/collaborators
_LEGACY = {"maintain": "write", "triage": "read"}
_PUSH_ONLY = "Must have push access to view repository collaborators."


def _people(call: Call, repo: Repository) -> list[Account]:
    logins = {repo.owner.login} if repo.owner.kind == "User" else set(repo.owner.members)
    found = [call.world.account(login) for login in sorted(logins | set(repo.collaborators), key=str.lower)]
    return sorted((person for person in found if person), key=lambda person: person.id)


def _render(call: Call, repo: Repository, person: Account) -> dict[str, Any]:
    level = repo.level_of(person)
    return {**simple_user(call.links, person), "permissions": permissions(level), "role_name": level}


@routes("GET", _LIST, f"{_PAGE}#list-repository-collaborators", token=True)
def list_all(call: Call) -> Reply:
    """List who has been given access, the owner included."""
    repo = call.repo_for("write", _PUSH_ONLY)
    people, affiliation = _people(call, repo), call.query.get("affiliation", "all")
    if affiliation == "outside":
        people = [person for person in people if repo.owner.kind != "User" and person.login not in repo.owner.members]
    least = call.query.get("permission")
    if least in _LEVELS:
        people = [person for person in people if repo.allows(person, _LEVELS[least])]
    page, headers = page_of(call, people)
    return Reply([_render(call, repo, person) for person in page], headers=headers)


@routes("GET", _ONE, f"{_PAGE}#check-if-a-user-is-a-repository-collaborator", token=True)
def check(call: Call) -> Reply:
    """Tell by the status whether someone is a collaborator."""
    repo = call.repo_for("write", _PUSH_ONLY)
    if account_or_404(call, "username") not in _people(call, repo):
        raise not_found()
    return no_content()


@routes("GET", f"{_ONE}/permission", f"{_PAGE}#get-repository-permissions-for-a-user", token=True)
def permission(call: Call) -> Reply:
    """Tell what someone may do."""
    repo = call.repo_for("write", _PUSH_ONLY)
    person = account_or_404(call, "username")
    level = repo.level_of(person)
    return Reply({"permission": _LEGACY.get(level, level), "role_name": level, "user": _render(call, repo, person)})


@routes("PUT", _ONE, f"{_PAGE}#add-a-repository-collaborator")
def add(call: Call) -> Reply:
    """Invite someone, or change what a collaborator may do."""
    repo, person = call.repo_for("admin", ADMIN_ONLY), account_or_404(call, "username")
    wanted = call.field("permission", str) or "push"
    if wanted not in _LEVELS:
        raise validation_failed(field_error("Repository", "permission", "invalid"))
    if person is repo.owner:
        error = field_error(
            "Repository", "collaborators", "custom", message="Repository owner cannot be a collaborator"
        )
        raise validation_failed(error)
    if person in _people(call, repo):
        repo.collaborators[person.login] = _LEVELS[wanted]
        return no_content()
    return Reply(_render_invitation(call, repo, _invite(call, repo, person, _LEVELS[wanted])), 201)


def _invite(call: Call, repo: Repository, person: Account, level: str) -> Invitation:
    for invitation in repo.invitations.values():
        if invitation.invitee is person:
            invitation.permission = level
            return invitation
    number = call.world.next_id("invitation", 1)
    repo.invitations[number] = Invitation(number, person, call.user, level, call.now)
    return repo.invitations[number]


def _render_invitation(call: Call, repo: Repository, invitation: Invitation) -> dict[str, Any]:
    return {
        "id": invitation.id,
        "node_id": node_id("RepositoryInvitation", invitation.id),
        "repository": minimal_repo(call, repo),
        "invitee": simple_user(call.links, invitation.invitee),
        "inviter": simple_user(call.links, invitation.inviter),
        "permissions": invitation.permission,
        "created_at": stamp(invitation.created_at),
        "url": call.links(f"/user/repository_invitations/{invitation.id}"),
        "html_url": call.links(f"/{repo.full_name}/invitations"),
        "expired": False,
    }


@routes("DELETE", _ONE, f"{_PAGE}#remove-a-repository-collaborator")
def remove(call: Call) -> Reply:
    """Take access or an invitation back; whoever has none is answered alike."""
    person = account_or_404(call, "username")
    leaving = call.user is person
    repo = call.repo if leaving else call.repo_for("admin", ADMIN_ONLY)
    repo.collaborators.pop(person.login, None)
    repo.invitations = {key: kept for key, kept in repo.invitations.items() if kept.invitee is not person}
    return no_content()


@routes("GET", f"{REPO}/invitations", f"{_INVITATIONS_PAGE}#list-repository-invitations", token=True)
def invitations(call: Call) -> Reply:
    """List a repository's open invitations."""
    repo = call.repo_for("admin", ADMIN_ONLY)
    page, headers = page_of(call, list(repo.invitations.values()))
    return Reply([_render_invitation(call, repo, one) for one in page], headers=headers)


@routes(
    "GET",
    "/user/repository_invitations",
    f"{_INVITATIONS_PAGE}#list-repository-invitations-for-the-authenticated-user",
    token=True,
)
def own_invitations(call: Call) -> Reply:
    """List what the caller has been invited to."""
    page, headers = page_of(call, _own(call))
    return Reply([_render_invitation(call, repo, one) for repo, one in page], headers=headers)


def _own(call: Call) -> list[tuple[Repository, Invitation]]:
    pairs = [(repo, one) for repo in call.world.repos.values() for one in repo.invitations.values()]
    return [(repo, one) for repo, one in pairs if one.invitee is call.user]


def _own_or_404(call: Call) -> tuple[Repository, Invitation]:
    for repo, one in _own(call):
        if one.id == call.params["invitation_id"]:
            return repo, one
    raise not_found()


@routes(
    "PATCH",
    "/user/repository_invitations/{invitation_id:int}",
    f"{_INVITATIONS_PAGE}#accept-a-repository-invitation",
)
def accept(call: Call) -> Reply:
    """Take an invitation."""
    repo, one = _own_or_404(call)
    repo.collaborators[one.invitee.login] = one.permission
    del repo.invitations[one.id]
    return no_content()


@routes(
    "DELETE",
    "/user/repository_invitations/{invitation_id:int}",
    f"{_INVITATIONS_PAGE}#decline-a-repository-invitation",
)
def decline(call: Call) -> Reply:
    """Turn an invitation down."""
    repo, one = _own_or_404(call)
    del repo.invitations[one.id]
    return no_content()
