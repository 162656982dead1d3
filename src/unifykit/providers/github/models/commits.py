"""Branches, references and commits."""

from typing import Annotated, Any

from pydantic import BeforeValidator

from unifykit._core.model import Model

from .instant import Instant
from .people import User


class GitObject(Model):
    """What a reference points at. `type`: commit, tag, blob, tree.

    https://docs.github.com/en/rest/git/refs
    """

    type: str
    sha: str
    url: str | None = None


class Reference(Model):
    """A Git reference by its full name, such as refs/heads/main.

    https://docs.github.com/en/rest/git/refs
    """

    ref: str
    object: GitObject
    node_id: str | None = None
    url: str | None = None

    @property
    def name(self) -> str:
        """The branch's or tag's own name."""
        return self.ref.split("/", 2)[-1]

    @property
    def sha(self) -> str:
        """The hash that it points at."""
        return self.object.sha


class CommitRef(Model):
    """A commit by its hash.

    https://docs.github.com/en/rest/commits/commits
    """

    sha: str
    url: str | None = None
    html_url: str | None = None


class Branch(Model):
    """A branch; `get` sends the whole commit (see `commit.raw`).

    https://docs.github.com/en/rest/branches/branches
    """

    name: str
    commit: CommitRef
    protected: bool


class GitActor(Model):
    """Who wrote or committed, as Git recorded it.

    https://docs.github.com/en/rest/git/commits
    """

    name: str | None = None
    email: str | None = None
    username: str | None = None
    date: Instant | None = None


class Verification(Model):
    """Whether the signature holds. `reason`: valid, unsigned, unknown_key and others.

    https://docs.github.com/en/rest/commits/commits
    """

    verified: bool
    reason: str | None = None
    signature: str | None = None
    payload: str | None = None


class GitCommit(Model):
    """The Git side of a commit.

    https://docs.github.com/en/rest/commits/commits
    """

    message: str
    author: GitActor | None = None
    committer: GitActor | None = None
    comment_count: int | None = None
    verification: Verification | None = None


class CommitStats(Model):
    """Changed lines.

    https://docs.github.com/en/rest/commits/commits#get-a-commit
    """

    additions: int | None = None
    deletions: int | None = None
    total: int | None = None


class ChangedFile(Model):
    """A file in a diff; counts in lines. `status`: added, removed, modified, renamed, copied, changed, unchanged.

    Large and binary files have no `patch`.

    https://docs.github.com/en/rest/commits/commits
    """

    filename: str
    status: str
    additions: int
    deletions: int
    changes: int
    sha: str | None = None
    previous_filename: str | None = None
    patch: str | None = None
    blob_url: str | None = None
    raw_url: str | None = None


def _known(person: Any) -> Any:
    # A commit whose e-mail address belongs to nobody has `{}` here, or null.
    return person or None


class Commit(CommitRef):
    """A commit; `author` and `committer` are accounts, `commit.author` and `commit.committer` what Git recorded.

    `stats` and `files` come with a single commit only.

    https://docs.github.com/en/rest/commits/commits
    """

    commit: GitCommit
    node_id: str | None = None
    author: Annotated[User | None, BeforeValidator(_known)] = None
    committer: Annotated[User | None, BeforeValidator(_known)] = None
    parents: tuple[CommitRef, ...] = ()
    stats: CommitStats | None = None
    files: tuple[ChangedFile, ...] | None = None

    @property
    def message(self) -> str:
        """The whole commit message."""
        return self.commit.message


class PushedCommit(Model):
    """A commit as pushes and workflow runs show it.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#push
    """

    id: str
    message: str
    tree_id: str | None = None
    timestamp: Instant | None = None
    author: GitActor | None = None
    committer: GitActor | None = None
    url: str | None = None
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None
    modified: tuple[str, ...] | None = None


class Comparison(Model):
    """Two commits compared; `ahead_by`, `behind_by` in commits. `status`: ahead, behind, diverged, identical.

    At most 300 files.

    https://docs.github.com/en/rest/commits/commits#compare-two-commits
    """

    status: str
    ahead_by: int
    behind_by: int
    total_commits: int
    commits: tuple[Commit, ...]
    base_commit: Commit | None = None
    merge_base_commit: Commit | None = None
    files: tuple[ChangedFile, ...] | None = None
    html_url: str | None = None
