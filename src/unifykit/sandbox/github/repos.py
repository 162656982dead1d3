"""Operations on repositories.

https://docs.github.com/en/rest/repos/repos
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from unifykit.sandbox.git.content import HEADS, GitContent

from . import happenings
from .call import ADMIN_ONLY, Call, Reply, no_content
from .errors import field_error, forbidden, invalid_request, not_found, validation_failed
from .languages import language_bytes
from .paging import page_of
from .render_repos import full_repo, minimal_repo
from .routing import Routes
from .state import Label, Repository

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .state import Account, World

routes: Routes = Routes()
REPO = "/repos/{owner}/{repo}"
_PAGE = "repos/repos"
_SETTINGS: dict[str, bool | str | None] = {
    "private": False,
    "description": None,
    "homepage": None,
    "has_issues": True,
    "has_projects": True,
    "has_downloads": True,
    "has_wiki": True,
    "has_pages": False,
    "has_discussions": False,
    "archived": False,
    "is_template": False,
    "allow_forking": True,
    "allow_merge_commit": True,
    "allow_squash_merge": True,
    "allow_rebase_merge": True,
    "allow_auto_merge": False,
    "allow_update_branch": False,
    "delete_branch_on_merge": False,
    "web_commit_signoff_required": False,
}
_TEXTS = ("description", "homepage")
_LABELS = (
    ("bug", "d73a4a", "Something is not working"),
    ("documentation", "0075ca", "Improvements or additions to documentation"),
    ("enhancement", "a2eeef", "New feature or request"),
)
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


def make_repo(world: World, owner: Account, name: str, settings: dict[str, Any] | None = None) -> Repository:
    """Put an empty repository into the world, with GitHub's defaults.

    Args:
        world: The world.
        owner: Whose it is.
        name: Its name.
        settings: What differs from the defaults.

    Returns:
        The repository.
    """
    now = world.clock()
    number = world.next_id("repo", 1296269)
    repo = Repository(number, owner, name, GitContent(), now, now, now, settings={**_SETTINGS, **(settings or {})})
    for label, color, description in _LABELS:
        repo.labels[label] = Label(world.next_id("label", 208045946), label, color, description, default=True)
    world.repos[repo.full_name.lower()] = repo
    world.moved.pop(repo.full_name.lower(), None)
    return repo


def first_commit(repo: Repository, files: dict[str, str], author: Account, when: datetime) -> str:
    """Give an empty repository its first commit.

    Args:
        repo: The repository.
        files: Texts by path.
        author: Who commits.
        when: The moment.

    Returns:
        The commit.
    """
    tree: str | None = None
    for path, text in files.items():
        tree = repo.git.with_file(tree, path, text.encode())
    assert tree is not None
    sha = repo.git.make_commit(tree, [], "Initial commit", author.signature(when))
    repo.git.set_ref(HEADS + repo.default_branch, sha)
    return sha


def _settings_from(call: Call) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in _SETTINGS:
        value = call.field(name, str if name in _TEXTS else bool)
        if value is not None or (name in _TEXTS and name in call.body):
            found[name] = value
    visibility = call.field("visibility", str)
    if visibility:
        found["private"] = visibility != "public"
    return found


def _sorted(call: Call, repos: list[Repository], default: str) -> list[Repository]:
    key = call.choice("sort", ("created", "updated", "pushed", "full_name"), default)
    keys: dict[str, Callable[[Repository], Any]] = {
        "created": lambda repo: repo.created_at,
        "updated": lambda repo: repo.updated_at,
        "pushed": lambda repo: repo.pushed_at,
        "full_name": lambda repo: repo.full_name.lower(),
    }
    direction = call.choice("direction", ("asc", "desc"), "asc" if key == "full_name" else "desc")
    return sorted(repos, key=keys[key], reverse=direction == "desc")


def _listed(call: Call, repos: list[Repository], default: str) -> Reply:
    page, headers = page_of(call, _sorted(call, repos, default))
    return Reply([minimal_repo(call, repo) for repo in page], headers=headers)


@routes("GET", "/user/repos", f"{_PAGE}#list-repositories-for-the-authenticated-user", token=True)
def list_own(call: Call) -> Reply:
    """List what the caller owns, collaborates on or has through an organization."""
    if "type" in call.query and ("visibility" in call.query or "affiliation" in call.query):
        # https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user
        raise invalid_request("If you specify visibility or affiliation, you cannot specify type.")
    user, wanted = call.user, call.query.get("affiliation", "owner,collaborator,organization_member").split(",")
    visibility = call.query.get("visibility", "all")
    kind = call.choice("type", ("all", "owner", "public", "private", "member"), "all")
    visibility = kind if kind in ("public", "private") else visibility
    found = [repo for repo in call.world.repos.values() if _affiliation(repo, user) in wanted]
    if visibility in ("public", "private"):
        found = [repo for repo in found if repo.private is (visibility == "private")]
    if kind in ("owner", "member"):
        found = [repo for repo in found if (repo.owner is user) is (kind == "owner")]
    return _listed(call, found, "full_name")


def _affiliation(repo: Repository, user: Account) -> str | None:
    if repo.owner is user:
        return "owner"
    if user.login in repo.owner.members:
        return "organization_member"
    return "collaborator" if user.login in repo.collaborators else None


def _list_of(call: Call, owner: Account, default: str) -> Reply:
    kind = call.query.get("type", "owner")
    found = [repo for repo in call.world.visible_repos(call.viewer) if repo.owner is owner]
    if kind == "member":
        found = [repo for repo in call.world.visible_repos(call.viewer) if owner.login in repo.collaborators]
    filters: dict[str, Callable[[Repository], bool]] = {
        "public": lambda repo: not repo.private,
        "private": lambda repo: repo.private,
        "forks": lambda repo: repo.parent is not None,
        "sources": lambda repo: repo.parent is None,
    }
    return _listed(call, [repo for repo in found if kind not in filters or filters[kind](repo)], default)


@routes("GET", "/users/{username}/repos", f"{_PAGE}#list-repositories-for-a-user")
def list_for_user(call: Call) -> Reply:
    """List a user's repositories."""
    return _list_of(call, account_or_404(call, "username"), "full_name")


@routes("GET", "/orgs/{org}/repos", f"{_PAGE}#list-organization-repositories")
def list_for_org(call: Call) -> Reply:
    """List an organization's repositories."""
    return _list_of(call, account_or_404(call, "org", "Organization"), "created")


def account_or_404(call: Call, param: str, kind: str | None = None) -> Account:
    """Find the account the path names.

    Args:
        call: The request.
        param: The path's placeholder.
        kind: User or Organization when only that will do.

    Returns:
        The account.
    """
    account = call.world.account(call.params[param])
    if account is None or (kind and account.kind != kind):
        raise not_found()
    return account


def _create(call: Call, owner: Account) -> Reply:
    name = _UNSAFE.sub("-", call.need("name"))
    if not name:
        raise validation_failed(field_error("Repository", "name", "missing_field"))
    _refuse_taken(call, owner, name)
    auto_init = call.field("auto_init", bool)
    repo = make_repo(call.world, owner, name, _settings_from(call))
    if owner is not call.user:
        repo.collaborators[call.user.login] = "admin"
    if auto_init:
        readme = "\n".join(filter(None, [f"# {name}", repo.settings["description"]])) + "\n"
        sha = first_commit(repo, {"README.md": readme}, call.user, call.now)
        happenings.ref_changed(call, repo, HEADS + repo.default_branch, "create")
        happenings.pushed(call, repo, HEADS + repo.default_branch, None, sha)
    url = call.links(f"/repos/{repo.full_name}")
    return Reply(full_repo(call, repo), 201, {"Location": url})


def _refuse_taken(call: Call, owner: Account, name: str) -> None:
    if call.world.repo(owner.login, name):
        message = "name already exists on this account"
        refusal = validation_failed(field_error("Repository", "name", "custom", message=message))
        refusal.message = "Repository creation failed."
        raise refusal


@routes("POST", "/user/repos", f"{_PAGE}#create-a-repository-for-the-authenticated-user")
def create_own(call: Call) -> Reply:
    """Make a repository of the caller's own."""
    return _create(call, call.user)


@routes("POST", "/orgs/{org}/repos", f"{_PAGE}#create-an-organization-repository")
def create_for_org(call: Call) -> Reply:
    """Make a repository of an organization."""
    org = account_or_404(call, "org", "Organization")
    if call.user.login not in org.members:
        raise forbidden("You need admin access to the organization before adding a repository to it.")
    return _create(call, org)


@routes("GET", REPO, f"{_PAGE}#get-a-repository")
def get(call: Call) -> Reply:
    """Give a repository."""
    return Reply(full_repo(call, call.repo))


@routes("PATCH", REPO, f"{_PAGE}#update-a-repository")
def update(call: Call) -> Reply:
    """Change a repository's settings, name or default branch."""
    repo = call.repo_for("admin", ADMIN_ONLY)
    branch, name, settings = call.field("default_branch", str), call.field("name", str), _settings_from(call)
    if branch is not None and repo.git.branch(branch) is None:
        message = f"The branch {branch} was not found. Please push that ref first or create it via the Git Data API."
        raise validation_failed(field_error("Repository", "default_branch", "invalid", message=message))
    if name and name.lower() != repo.name.lower():
        _refuse_taken(call, repo.owner, name)
    if name:
        call.world.moved[repo.full_name.lower()] = call.world.repos.pop(repo.full_name.lower())
        repo.name = _UNSAFE.sub("-", name)
        call.world.repos[repo.full_name.lower()] = repo
        call.world.moved.pop(repo.full_name.lower(), None)
    repo.default_branch = branch or repo.default_branch
    repo.settings.update(settings)
    repo.updated_at = call.now
    return Reply(full_repo(call, repo))


@routes("DELETE", REPO, f"{_PAGE}#delete-a-repository")
def delete(call: Call) -> Reply:
    """Remove a repository; its notifications go with it."""
    repo = call.repo_for("admin", ADMIN_ONLY)
    del call.world.repos[repo.full_name.lower()]
    for number in [thread.id for thread in call.world.threads.values() if thread.repo is repo]:
        del call.world.threads[number]
    return no_content()


@routes("GET", f"{REPO}/languages", f"{_PAGE}#list-repository-languages")
def languages(call: Call) -> Reply:
    """Count bytes by language."""
    return Reply(language_bytes(call.repo))


@routes("GET", f"{REPO}/topics", f"{_PAGE}#get-all-repository-topics")
def topics(call: Call) -> Reply:
    """List topics."""
    return Reply({"names": list(call.repo.topics)})


@routes("PUT", f"{REPO}/topics", f"{_PAGE}#replace-all-repository-topics")
def replace_topics(call: Call) -> Reply:
    """Set all topics."""
    repo = call.repo_for("admin", ADMIN_ONLY)
    names = call.texts("names")
    if names is None:
        raise invalid_request('"names" wasn\'t supplied.')
    repo.topics = [name.lower() for name in names]
    return Reply({"names": list(repo.topics)})


@routes("GET", f"{REPO}/forks", "repos/forks#list-forks")
def forks(call: Call) -> Reply:
    """List forks, newest first."""
    found = [repo for repo in call.world.visible_repos(call.viewer) if repo.parent is call.repo]
    page, headers = page_of(call, sorted(found, key=lambda repo: repo.id, reverse=True))
    return Reply([minimal_repo(call, repo) for repo in page], headers=headers)


@routes("POST", f"{REPO}/forks", "repos/forks#create-a-fork")
def fork(call: Call) -> Reply:
    """Fork; a second fork of the same repository is the first one again, as on GitHub."""
    source = call.repo
    owner = _fork_owner(call)
    earlier = [repo for repo in call.world.repos.values() if repo.owner is owner and repo.parent is source]
    if earlier:
        return Reply(full_repo(call, earlier[0]), 202)
    name = _UNSAFE.sub("-", call.field("name", str) or source.name)
    while call.world.repo(owner.login, name):
        name += "-1"
    made = make_repo(call.world, owner, name, {**source.settings, "has_issues": False})
    made.parent, made.default_branch, made.pushed_at = source, source.default_branch, source.pushed_at
    made.git = GitContent(source.git)
    if call.field("default_branch_only", bool):
        for ref, _ in made.git.refs():
            if ref != HEADS + made.default_branch:
                made.git.delete_ref(ref)
    happenings.forked(call, source, made)
    return Reply(full_repo(call, made), 202)


def _fork_owner(call: Call) -> Account:
    login = call.field("organization", str)
    if not login:
        return call.user
    org = call.world.account(login)
    if org is None or call.user.login not in org.members:
        raise validation_failed(field_error("Fork", "organization", "invalid"))
    return org
