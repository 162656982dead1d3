"""Merging and reviewing pull requests.

https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request, https://docs.github.com/en/rest/pulls/reviews
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from unifykit.sandbox.git.content import HEADS
from unifykit.sandbox.git.merging import Conflict, mergeable, merged_tree, replay

from . import happenings
from .call import Call, Reply, no_content
from .errors import Refusal, invalid_request, not_found, not_implemented
from .issues import set_state
from .paging import page_of
from .pulls import PULL, branch_gone, freeze
from .render_issues import review as render_review
from .render_issues import tips
from .routing import Routes
from .state import Review

if TYPE_CHECKING:
    from .state import Issue, Repository

routes: Routes = Routes()
_PAGE = "pulls/pulls"
_REVIEWS_PAGE = "pulls/reviews"
_STATES = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED", "": "PENDING"}


@routes("GET", f"{PULL}/merge", f"{_PAGE}#check-if-a-pull-request-has-been-merged")
def merged(call: Call) -> Reply:
    """Tell by the status whether a pull request has been merged."""
    issue = call.issue(pull=True)
    if issue.pull is None or issue.pull.merged_at is None:
        raise not_found()
    return no_content()


@routes("PUT", f"{PULL}/merge", f"{_PAGE}#merge-a-pull-request")
def merge(call: Call) -> Reply:
    """Merge a pull request."""
    repo, issue = call.repo_for("write"), call.issue(pull=True)
    assert issue.pull is not None
    method, base, head = _checked(call, repo, issue)
    freeze(repo, issue)
    try:
        sha = _merge_commit(call, repo, issue, method)
    except Conflict:
        what = "This branch can't be rebased" if method == "rebase" else "Pull Request is not mergeable"
        raise Refusal(405, what, status_in_body=False) from None
    repo.git.set_ref(HEADS + issue.pull.base_ref, sha)
    issue.pull.merged_at, issue.pull.merged_by, issue.pull.merge_commit_sha = call.now, call.user, sha
    happenings.pushed(call, repo, HEADS + issue.pull.base_ref, base, sha)
    set_state(call, repo, issue, "closed")
    _tidy(call, repo, issue, head)
    return Reply({"sha": sha, "merged": True, "message": "Pull Request successfully merged"})


def _checked(call: Call, repo: Repository, issue: Issue) -> tuple[str, str, str]:
    assert issue.pull is not None
    method, expected = call.field("merge_method", str) or "merge", call.field("sha", str)
    if method not in ("merge", "squash", "rebase"):
        raise invalid_request(f"For 'properties/merge_method', \"{method}\" is not one of: merge, squash, rebase")
    if issue.state == "closed":
        raise Refusal(405, "Pull Request is not mergeable", status_in_body=False)
    if issue.pull.draft:
        raise Refusal(405, "Pull Request is still a draft", status_in_body=False)
    setting = "allow_merge_commit" if method == "merge" else f"allow_{method}_merge"
    if not repo.settings[setting]:
        names = {"merge": "Merge commits", "squash": "Squash merges", "rebase": "Rebase merges"}
        raise Refusal(405, f"{names[method]} are not allowed on this repository.", status_in_body=False)
    base, head = tips(repo, issue)
    if expected and expected != head:
        raise Refusal(409, "Head branch was modified. Review and try the merge again.", status_in_body=False)
    if not mergeable(repo.git, base, head):
        raise Refusal(405, "Pull Request is not mergeable", status_in_body=False)
    return method, base, head


def _merge_commit(call: Call, repo: Repository, issue: Issue, method: str) -> str:
    pull = issue.pull
    assert pull is not None
    signature = call.user.signature(call.now)
    if method == "rebase":
        return replay(repo.git, pull.base_sha, pull.head_sha, signature)
    if method == "squash":
        title, text = f"{issue.title} (#{issue.number})", _squashed_messages(repo, issue)
    else:
        title = f"Merge pull request #{issue.number} from {pull.head_repo.owner.login}/{pull.head_ref}"
        text = issue.title
    title, given = call.field("commit_title", str) or title, call.field("commit_message", str)
    text = text if given is None else given
    parents = [pull.base_sha] if method == "squash" else [pull.base_sha, pull.head_sha]
    tree = merged_tree(repo.git, pull.base_sha, pull.head_sha)
    author = issue.user.signature(call.now) if method == "squash" else signature
    return repo.git.make_commit(tree, parents, f"{title}\n\n{text}" if text else title, author, signature)


def _squashed_messages(repo: Repository, issue: Issue) -> str:
    assert issue.pull is not None
    shas = repo.git.between(issue.pull.base_sha, issue.pull.head_sha)
    messages: list[str] = [repo.git.commit(sha).message.decode() for sha in shas]
    # https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/incorporating-changes-from-a-pull-request/about-pull-request-merges
    if len(messages) == 1:
        return messages[0].partition("\n\n")[2]
    return "\n\n".join(f"* {message}" for message in messages)


def _tidy(call: Call, repo: Repository, issue: Issue, head: str) -> None:
    pull = issue.pull
    assert pull is not None
    if repo.settings["delete_branch_on_merge"] and pull.head_repo is repo and pull.head_ref != repo.default_branch:
        repo.git.delete_ref(HEADS + pull.head_ref)
        happenings.ref_changed(call, repo, HEADS + pull.head_ref, "delete")
        branch_gone(call, repo, pull.head_ref, head)


@routes("GET", f"{PULL}/reviews", f"{_REVIEWS_PAGE}#list-reviews-for-a-pull-request")
def reviews(call: Call) -> Reply:
    """List reviews, oldest first; a pending one is seen by its author alone."""
    issue = call.issue(pull=True)
    assert issue.pull is not None
    found = [review for review in issue.pull.reviews if review.state != "PENDING" or review.user is call.viewer]
    page, headers = page_of(call, found)
    return Reply([render_review(call, call.repo, issue, review) for review in page], headers=headers)


@routes("POST", f"{PULL}/reviews", f"{_REVIEWS_PAGE}#create-a-review-for-a-pull-request")
def review(call: Call) -> Reply:
    """Review a pull request."""
    repo, issue = call.repo, call.issue(pull=True)
    assert issue.pull is not None
    event, text = call.field("event", str) or "", call.field("body", str) or ""
    _check_review(call, issue, event, text)
    sent = call.now if event else None
    commit = call.field("commit_id", str) or tips(repo, issue)[1]
    made = Review(call.world.next_id("review", 80), call.user, text, _STATES[event], commit, sent)
    issue.pull.reviews.append(made)
    issue.updated_at = call.now
    if event:
        happenings.reviewed(call, repo, issue, made)
    return Reply(render_review(call, repo, issue, made))


def _check_review(call: Call, issue: Issue, event: str, text: str) -> None:
    if event not in _STATES:
        allowed = "APPROVE, REQUEST_CHANGES, COMMENT"
        raise invalid_request(f"For 'properties/event', \"{event}\" is not one of: {allowed}")
    if call.body.get("comments"):
        raise not_implemented("POST reviews with comments on lines")
    own = {"APPROVE": "approve", "REQUEST_CHANGES": "request changes on"}
    if issue.user is call.user and event in own:
        raise _unprocessable(f"Can not {own[event]} your own pull request")
    if event in ("REQUEST_CHANGES", "COMMENT") and not text:
        raise _unprocessable("Review body can't be blank")


def _unprocessable(sentence: str) -> Refusal:
    return Refusal(422, "Unprocessable Entity", errors=[sentence])
