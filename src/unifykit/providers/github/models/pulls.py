"""Pull requests and their reviews."""

from unifykit._core.model import Model

from .commits import ChangedFile
from .instant import Instant
from .issues import Labels, Milestone
from .people import User
from .repos import Repository, RepositoryRef


class BranchTip(Model):
    """One side of a pull request in its shortest form.

    https://docs.github.com/en/rest/actions/workflow-runs
    """

    ref: str
    sha: str
    repo: RepositoryRef | None = None


class PullRequestRef(Model):
    """The least that GitHub says about a pull request.

    https://docs.github.com/en/rest/actions/workflow-runs
    """

    id: int
    number: int
    url: str
    head: BranchTip
    base: BranchTip


class BranchRef(Model):
    """One side of a pull request; a deleted fork leaves `repo` null.

    https://docs.github.com/en/rest/pulls/pulls
    """

    ref: str
    sha: str
    label: str | None = None
    user: User | None = None
    repo: Repository | None = None


class PullRequest(Model):
    """A pull request in its listed or full form. `state`: open, closed. `mergeable` is null while GitHub computes it.

    `mergeable_state`: clean, dirty, blocked, behind, unstable, draft, unknown.

    https://docs.github.com/en/rest/pulls/pulls
    """

    id: int
    number: int
    title: str
    state: str
    head: BranchRef
    base: BranchRef
    node_id: str | None = None
    body: str | None = None
    user: User | None = None
    labels: Labels = ()
    assignees: tuple[User, ...] | None = None
    requested_reviewers: tuple[User, ...] | None = None
    milestone: Milestone | None = None
    draft: bool | None = None
    merged: bool | None = None
    mergeable: bool | None = None
    mergeable_state: str | None = None
    merge_commit_sha: str | None = None
    merged_by: User | None = None
    commits: int | None = None
    additions: int | None = None
    deletions: int | None = None
    changed_files: int | None = None
    html_url: str | None = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    closed_at: Instant | None = None
    merged_at: Instant | None = None


class PullRequestFile(ChangedFile):
    """A file that a pull request changes.

    https://docs.github.com/en/rest/pulls/pulls#list-pull-requests-files
    """


class Review(Model):
    """A review. `state`: APPROVED, CHANGES_REQUESTED, COMMENTED, DISMISSED, PENDING; lower case in webhooks.

    https://docs.github.com/en/rest/pulls/reviews
    """

    id: int
    state: str
    node_id: str | None = None
    body: str | None = None
    user: User | None = None
    commit_id: str | None = None
    author_association: str | None = None
    html_url: str | None = None
    submitted_at: Instant | None = None


class MergeResult(Model):
    """What a merge did.

    https://docs.github.com/en/rest/pulls/pulls#merge-a-pull-request
    """

    sha: str
    merged: bool
    message: str
