"""Repositories and their files."""

import binascii

from unifykit._core.model import Model

from .commits import GitCommit
from .instant import Instant
from .people import RepositoryAccess, User


class License(Model):
    """The licence that GitHub detected.

    https://docs.github.com/en/rest/licenses/licenses
    """

    key: str | None = None
    name: str | None = None
    spdx_id: str | None = None
    url: str | None = None


class RepositoryRef(Model):
    """The least that GitHub says about a repository. In events `name` is "owner/name".

    https://docs.github.com/en/rest/activity/events
    """

    id: int
    name: str
    url: str | None = None


class Repository(Model):
    """A repository in its short or full form; `size` in KiB. `visibility`: public, private, internal.

    https://docs.github.com/en/rest/repos/repos
    """

    id: int
    name: str
    full_name: str
    private: bool
    node_id: str | None = None
    owner: User | None = None
    html_url: str | None = None
    clone_url: str | None = None
    ssh_url: str | None = None
    description: str | None = None
    homepage: str | None = None
    language: str | None = None
    topics: tuple[str, ...] | None = None
    visibility: str | None = None
    default_branch: str | None = None
    fork: bool | None = None
    archived: bool | None = None
    disabled: bool | None = None
    size: int | None = None
    stargazers_count: int | None = None
    forks_count: int | None = None
    open_issues_count: int | None = None
    license: License | None = None
    permissions: RepositoryAccess | None = None
    parent: "Repository | None" = None
    created_at: Instant | None = None
    updated_at: Instant | None = None
    pushed_at: Instant | None = None


class RepositorySearch(Model):
    """A page of a repository search.

    https://docs.github.com/en/rest/search/search
    """

    total_count: int
    incomplete_results: bool
    items: tuple[Repository, ...]


class Content(Model):
    """A file or a directory entry; `size` in bytes. `type`: file, dir, symlink, submodule. `encoding`: base64, none.

    https://docs.github.com/en/rest/repos/contents
    """

    type: str
    name: str
    path: str
    sha: str
    size: int
    encoding: str | None = None
    content: str | None = None
    target: str | None = None
    submodule_git_url: str | None = None
    entries: "tuple[Content, ...] | None" = None
    html_url: str | None = None
    download_url: str | None = None

    @property
    def is_directory(self) -> bool:
        """Whether this is a directory."""
        return self.type == "dir"

    @property
    def decoded(self) -> bytes:
        """The file's bytes.

        Raises:
            ValueError: GitHub sent no content: a directory, an entry of a listing, or a file above 1 MiB.
        """
        if self.encoding != "base64" or self.content is None:
            raise ValueError(f"{self.path!r} ({self.type}, {self.size} bytes) came without its content; download it")
        return binascii.a2b_base64(self.content)


class NewCommit(GitCommit):
    """The commit that wrote or deleted a file.

    https://docs.github.com/en/rest/repos/contents
    """

    sha: str
    html_url: str | None = None


class FileCommit(Model):
    """What writing or deleting a file did; `content` is null after deleting.

    https://docs.github.com/en/rest/repos/contents
    """

    commit: NewCommit
    content: Content | None = None


class Invitation(Model):
    """An invitation to a repository. `permissions`: read, triage, write, maintain, admin.

    https://docs.github.com/en/rest/collaborators/invitations
    """

    id: int
    permissions: str
    repository: Repository
    node_id: str | None = None
    invitee: User | None = None
    inviter: User | None = None
    expired: bool | None = None
    html_url: str | None = None
    created_at: Instant | None = None
