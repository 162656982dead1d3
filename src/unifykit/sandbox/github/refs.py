"""Operations on branches and references.

https://docs.github.com/en/rest/branches/branches, https://docs.github.com/en/rest/git/refs
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dulwich.refs import Ref, check_ref_format

from unifykit.sandbox.git.content import HEADS

from . import happenings
from .call import Call, Reply, no_content
from .errors import Refusal, invalid_request, not_found, not_implemented
from .paging import page_of
from .pulls import branch_gone
from .render_git import full_branch, reference, short_branch
from .repos import REPO
from .routing import Routes

if TYPE_CHECKING:
    from .state import Repository

routes: Routes = Routes()
_PAGE = "git/refs"
_BRANCHES_PAGE = "branches/branches"
_ONE = f"{REPO}/git/refs/{{ref:path}}"
_BELOW_BRANCH = ("/protection", "/rename")
_SHA_LENGTH = 40


@routes("GET", f"{REPO}/branches", f"{_BRANCHES_PAGE}#list-branches")
def branches(call: Call) -> Reply:
    """List branches by name; none is protected here."""
    repo = call.repo
    found = [] if call.query.get("protected") in ("true", "1") else list(repo.git.branches().items())
    page, headers = page_of(call, found)
    return Reply([short_branch(call, repo, name, sha) for name, sha in page], headers=headers)


@routes("GET", f"{REPO}/branches/{{branch:path}}", f"{_BRANCHES_PAGE}#get-a-branch")
def branch(call: Call) -> Reply:
    """Give a branch."""
    repo, name = call.repo, str(call.params["branch"])
    sha = repo.git.branch(name)
    if sha:
        return Reply(full_branch(call, repo, name, sha))
    if name.endswith(_BELOW_BRANCH) or "/protection/" in name:
        raise not_implemented(f"{call.method} {call.path}")
    raise Refusal(404, "Branch not found")


def _full(call: Call) -> str:
    return f"refs/{call.params['ref']}"


@routes("GET", f"{REPO}/git/ref/{{ref:path}}", f"{_PAGE}#get-a-reference")
def get(call: Call) -> Reply:
    """Give a reference."""
    repo, name = call.repo, _full(call)
    _refuse_empty(repo)
    sha = repo.git.ref(name)
    if sha is None:
        raise not_found()
    return Reply(reference(call, repo, name, sha))


def _refuse_empty(repo: Repository) -> None:
    if not repo.git.refs():
        raise Refusal(409, "Git Repository is empty.")


@routes("GET", _ONE, f"{_PAGE}#get-a-reference")
def get_by_url(call: Call) -> Reply:
    """Give the reference at the address its own `url` names."""
    return get(call)


@routes("GET", f"{REPO}/git/matching-refs/{{ref:path}}", f"{_PAGE}#list-matching-references")
def matching(call: Call) -> Reply:
    """List references by the beginning of their name."""
    repo = call.repo
    _refuse_empty(repo)
    page, headers = page_of(call, repo.git.refs(_full(call)))
    return Reply([reference(call, repo, name, sha) for name, sha in page], headers=headers)


@routes("GET", f"{REPO}/git/refs", f"{_PAGE}#list-matching-references")
def list_all(call: Call) -> Reply:
    """List all references."""
    repo = call.repo
    _refuse_empty(repo)
    page, headers = page_of(call, repo.git.refs())
    return Reply([reference(call, repo, name, sha) for name, sha in page], headers=headers)


@routes("POST", f"{REPO}/git/refs", f"{_PAGE}#create-a-reference")
def create(call: Call) -> Reply:
    """Make a branch or tag at a commit."""
    repo = call.repo_for("write")
    name, sha = call.need("ref"), call.need("sha")
    _refuse_empty(repo)
    # https://docs.github.com/en/rest/git/refs#create-a-reference: it must start with refs and have two slashes.
    if not name.startswith("refs/") or name.count("/") < len(("refs", "family")):
        raise Refusal(422, "Reference name must start with 'refs/' and contain at least three path components.")
    if not check_ref_format(Ref(name.encode())):
        raise Refusal(422, f"{name} is not a valid ref name.")
    _checked_commit(repo, sha)
    if repo.git.ref(name):
        raise Refusal(422, "Reference already exists")
    repo.git.set_ref(name, sha)
    happenings.ref_changed(call, repo, name, "create")
    happenings.pushed(call, repo, name, None, sha)
    body = reference(call, repo, name, sha)
    return Reply(body, 201, {"Location": body["url"]})


def _checked_commit(repo: Repository, sha: str) -> None:
    if len(sha) != _SHA_LENGTH:
        raise invalid_request("The sha parameter must be exactly 40 characters and contain only [0-9a-f].")
    if repo.git.resolve(sha) != sha:
        raise Refusal(422, "Object does not exist")


@routes("PATCH", _ONE, f"{_PAGE}#update-a-reference")
def update(call: Call) -> Reply:
    """Move a branch; backwards or sideways only by force."""
    repo, name, sha = call.repo_for("write"), _full(call), call.need("sha")
    before = repo.git.ref(name)
    if before is None:
        raise Refusal(422, "Reference does not exist")
    _checked_commit(repo, sha)
    if not call.field("force", bool) and before not in repo.git.ancestors(sha):
        raise Refusal(422, "Update is not a fast forward")
    repo.git.set_ref(name, sha)
    happenings.pushed(call, repo, name, before, sha)
    return Reply(reference(call, repo, name, sha))


@routes("DELETE", _ONE, f"{_PAGE}#delete-a-reference")
def delete(call: Call) -> Reply:
    """Remove a branch; pull requests from or to it are closed."""
    repo, name = call.repo_for("write"), _full(call)
    before = repo.git.ref(name)
    if before is None:
        raise Refusal(422, "Reference does not exist")
    if name == HEADS + repo.default_branch:
        raise Refusal(422, "Cannot delete the default branch")
    repo.git.delete_ref(name)
    happenings.ref_changed(call, repo, name, "delete")
    happenings.pushed(call, repo, name, before, None)
    branch_gone(call, repo, name.removeprefix(HEADS), before)
    return no_content()
