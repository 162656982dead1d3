"""Repositories and their files.

https://docs.github.com/en/rest/repos/repos
"""

import json
from base64 import b64encode
from typing import Any, Literal

from unifykit._core.arguments import changes, choice, given, segment, text
from unifykit._core.context import Exchange
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.github.arguments import file_path, ref, slug
from unifykit.providers.github.errors import fields_of, list_of
from unifykit.providers.github.models import Content, FileCommit, Repository, RepositorySearch
from unifykit.providers.github.resource import Cursor, GitHubResource

Visibility = Literal["all", "public", "private"]
ListOrder = Literal["created", "updated", "pushed", "full_name"]
SearchOrder = Literal["stars", "forks", "help-wanted-issues", "updated"]
Direction = Literal["asc", "desc"]

_RAW = "application/vnd.github.raw+json"
_OBJECT = "application/vnd.github.object+json"


class Repos(GitHubResource[M]):
    """`p.github.repos`: repositories and their files."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        visibility: Visibility = "all",
        sort: ListOrder = "full_name",
        direction: Direction | None = None,
    ) -> Page[Repository, Cursor]:
        """The repositories that you own, collaborate in, or reach through an organization.

        https://docs.github.com/en/rest/repos/repos#list-repositories-for-the-authenticated-user

        Args:
            visibility: ``"all"``, ``"public"`` or ``"private"``.
            sort: ``"created"``, ``"updated"``, ``"pushed"`` or ``"full_name"``.
            direction: ``"asc"`` or ``"desc"``; by default ascending for names, else descending.

        Example:
            >>> [repo.full_name for repo in p.github.repos.list()]
            ['octocat/hello-world']
        """
        choice(visibility, Visibility, "visibility")
        choice(sort, ListOrder, "sort")
        choice(direction, Direction, "direction")
        params = {"visibility": visibility, "sort": sort, "direction": direction}
        return await self.fetch_page(Repository, cursor, "/user/repos", params=params)

    @operation(UNSAFE)
    async def create(
        self,
        name: str,
        *,
        description: str | None = None,
        private: bool = False,
        auto_init: bool = False,
        homepage: str | None = None,
        gitignore_template: str | None = None,
        license_template: str | None = None,
        organization: str | None = None,
    ) -> Repository:
        """Make a repository.

        https://docs.github.com/en/rest/repos/repos#create-a-repository-for-the-authenticated-user

        Args:
            name: Its name, without the owner.
            description: A short description.
            private: Whether only collaborators see it.
            auto_init: Whether it begins with a README, and so with a first commit and a default branch.
            homepage: A URL.
            gitignore_template: Such as ``"Python"``.
            license_template: Such as ``"mit"``.
            organization: Its owner, instead of you.

        Raises:
            InvalidRequestError: The name is taken.

        Example:
            >>> p.github.repos.create("atlas", description="Maps", auto_init=True).full_name
            'octocat/atlas'
        """
        if "/" in text(name, "name"):
            raise InvalidRequestError(f"{name!r} has a slash: give the name alone, and the owner as organization=….")
        fields = given(
            name=name, description=description, private=private, auto_init=auto_init, homepage=homepage,
            gitignore_template=gitignore_template, license_template=license_template,
        )  # fmt: skip
        owner = "/user" if organization is None else f"/orgs/{segment(organization)}"
        return Repository.model_validate_json((await self.fetch("POST", f"{owner}/repos", body=fields)).body)

    @operation(SAFE)
    async def get(self, repo: str) -> Repository:
        """One repository. One that was renamed is found under its old name too.

        https://docs.github.com/en/rest/repos/repos#get-a-repository

        Args:
            repo: Owner and name, such as ``"octocat/hello-world"``.

        Raises:
            NotFoundError: It does not exist, or is hidden from this token.

        Example:
            >>> p.github.repos.get("octocat/hello-world").default_branch
            'main'
        """
        return Repository.model_validate_json((await self.fetch("GET", slug(repo))).body)

    @operation(IDEMPOTENT)
    async def update(
        self,
        repo: str,
        *,
        name: str | None = None,
        description: str | None = None,
        homepage: str | None = None,
        private: bool | None = None,
        default_branch: str | None = None,
        archived: bool | None = None,
        has_issues: bool | None = None,
        has_wiki: bool | None = None,
        has_projects: bool | None = None,
        delete_branch_on_merge: bool | None = None,
    ) -> Repository:
        """Change a repository; what is not given stays.

        https://docs.github.com/en/rest/repos/repos#update-a-repository

        Args:
            repo: Owner and name.
            name: A new name; the old one goes on leading there.
            description: ``""`` takes it away.
            homepage: A URL; ``""`` takes it away.
            private: Whether only collaborators see it.
            default_branch: A branch that exists.
            archived: Whether it is read-only.
            has_issues: Whether it has issues.
            has_wiki: Whether it has a wiki.
            has_projects: Whether it has projects.
            delete_branch_on_merge: Whether the branch of a merged pull request is deleted.

        Example:
            >>> p.github.repos.update("octocat/hello-world", description="Bonjour").description
            'Bonjour'
        """
        fields = changes(
            name=name, description=description, homepage=homepage, private=private, default_branch=default_branch,
            archived=archived, has_issues=has_issues, has_wiki=has_wiki, has_projects=has_projects,
            delete_branch_on_merge=delete_branch_on_merge,
        )  # fmt: skip
        return Repository.model_validate_json((await self.fetch("PATCH", slug(repo), body=fields)).body)

    @operation(IDEMPOTENT)
    async def delete(self, repo: str) -> None:
        """Delete a repository for good.

        https://docs.github.com/en/rest/repos/repos#delete-a-repository

        Args:
            repo: Owner and name.

        Raises:
            PermissionDeniedError: The token lacks the right to delete (`delete_repo`).

        Example:
            >>> p.github.repos.create("scratch").name
            'scratch'
            >>> p.github.repos.delete("octocat/scratch")
        """
        await self.fetch("DELETE", slug(repo))

    @operation(IDEMPOTENT)
    async def fork(
        self,
        repo: str,
        *,
        organization: str | None = None,
        name: str | None = None,
        default_branch_only: bool | None = None,
    ) -> Repository:
        """Fork a repository, or get the fork that there is. Its branches may take GitHub some minutes to appear.

        https://docs.github.com/en/rest/repos/forks#create-a-fork

        Args:
            repo: Owner and name.
            organization: The fork's owner, instead of you.
            name: The fork's name, if not the same.
            default_branch_only: Whether to leave the other branches out.

        Example:
            >>> p.github["reviewer"].repos.fork("octocat/hello-world").full_name
            'hubot/hello-world'
        """
        fields = given(organization=organization, name=name, default_branch_only=default_branch_only)
        return Repository.model_validate_json((await self.fetch("POST", f"{slug(repo)}/forks", body=fields)).body)

    @paged
    async def search(
        self, cursor: Cursor | None, query: str, *, sort: SearchOrder | None = None, order: Direction = "desc"
    ) -> Page[Repository, Cursor]:
        """Search all repositories; GitHub gives 1,000 results at most, and 30 searches a minute.

        https://docs.github.com/en/rest/search/search#search-repositories

        Args:
            query: Words and qualifiers, such as ``"maps language:python stars:>100"``.
            sort: ``"stars"``, ``"forks"``, ``"help-wanted-issues"`` or ``"updated"``; by default the best match first.
            order: ``"desc"`` or ``"asc"``; counts only with `sort`.

        Example:
            >>> [repo.full_name for repo in p.github.repos.search("hello user:octocat")]
            ['octocat/hello-world']
        """
        choice(sort, SearchOrder, "sort")
        choice(order, Direction, "order")
        params = {"q": text(query, "query"), "sort": sort, "order": order if sort else None}
        return await self.fetch_field(RepositorySearch, "items", cursor, "/search/repositories", params=params)

    @operation(SAFE)
    async def contents(self, repo: str, path: str = "", *, ref: str | None = None) -> Content:
        """A file with its bytes in `decoded` (up to 1 MB, see `download`), or a directory with its `entries`.

        https://docs.github.com/en/rest/repos/contents#get-repository-content

        Args:
            repo: Owner and name.
            path: From the repository's root; ``""`` is the root itself.
            ref: A branch, a tag or a commit; by default the default branch.

        Raises:
            NotFoundError: There is no such file, or the repository is empty.

        Example:
            >>> p.github.repos.contents("octocat/hello-world", "README.md").decoded.splitlines()[0]
            b'# hello-world'
            >>> [entry.name for entry in p.github.repos.contents("octocat/hello-world", "src").entries]
            ['hello.py', 'shout.py']
        """
        reply = await self._read(repo, path, ref, _OBJECT)
        value: Any = json.loads(reply.body)
        if isinstance(value, list):  # servers that do not know the media type list a directory bare
            name = path.rpartition("/")[2]
            value = {"type": "dir", "name": name, "path": path, "sha": "", "size": 0, "entries": list_of(value)}
        return Content.model_validate(value)

    @operation(SAFE)
    async def download(self, repo: str, path: str, *, ref: str | None = None) -> bytes:
        """A file's bytes, up to 100 MB.

        https://docs.github.com/en/rest/repos/contents#get-repository-content

        Args:
            repo: Owner and name.
            path: From the repository's root.
            ref: A branch, a tag or a commit; by default the default branch.

        Raises:
            InvalidRequestError: The path is a directory.

        Example:
            >>> p.github.repos.download("octocat/hello-world", "README.md")[:13]
            b'# hello-world'
        """
        reply = await self._read(repo, text(path, "path"), ref, _RAW)
        if _lists(path, reply):
            raise InvalidRequestError(
                f"{path!r} is a directory: see its entries with contents(…).", status=reply.status
            )
        return reply.body

    async def _read(self, repo: str, path: str, name: str | None, accept: str) -> Exchange:
        if name is not None:
            ref(name)
        return await self.fetch("GET", f"{slug(repo)}/contents{file_path(path)}", params={"ref": name}, accept=accept)

    @operation(IDEMPOTENT)
    async def put_file(
        self,
        repo: str,
        path: str,
        content: bytes | str,
        *,
        message: str,
        branch: str | None = None,
        sha: str | None = None,
    ) -> FileCommit:
        """Write a file in a commit of its own. An existing file is replaced only where its `sha` is given and still true.

        https://docs.github.com/en/rest/repos/contents#create-or-update-file-contents

        Args:
            repo: Owner and name.
            path: From the repository's root.
            content: Bytes, or text, which is written in UTF-8.
            message: The commit's message.
            branch: Where to commit; by default the default branch.
            sha: The blob's hash of the file to replace, as `contents` gives it; none for a new file.

        Raises:
            ConflictError: The file has changed since; or another commit came in between.
            InvalidRequestError: The file exists and `sha` is missing.

        Example:
            >>> p.github.repos.put_file("octocat/hello-world", "notes.md", "# Notes", message="Add notes").content.path
            'notes.md'
        """
        data = content.encode() if isinstance(content, str) else bytes(content)
        encoded = b64encode(data).decode("ascii")
        return await self._commit("PUT", repo, path, branch, message=text(message, "message"), content=encoded, sha=sha)

    @operation(IDEMPOTENT)
    async def delete_file(
        self, repo: str, path: str, *, message: str, sha: str, branch: str | None = None
    ) -> FileCommit:
        """Delete a file in a commit of its own.

        https://docs.github.com/en/rest/repos/contents#delete-a-file

        Args:
            repo: Owner and name.
            path: From the repository's root.
            message: The commit's message.
            sha: The blob's hash of the file, as `contents` gives it.
            branch: Where to commit; by default the default branch.

        Raises:
            ConflictError: The file has changed since.

        Example:
            >>> readme = p.github.repos.contents("octocat/hello-world", "README.md")
            >>> done = p.github.repos.delete_file("octocat/hello-world", "README.md", message="Tidy up", sha=readme.sha)
            >>> done.commit.message
            'Tidy up'
        """
        return await self._commit("DELETE", repo, path, branch, message=text(message, "message"), sha=text(sha, "sha"))

    async def _commit(self, verb: str, repo: str, path: str, branch: str | None, **fields: Any) -> FileCommit:
        if branch is not None:
            ref(branch)
        where = f"{slug(repo)}/contents{file_path(text(path, 'path'))}"
        return FileCommit.model_validate_json((await self.fetch(verb, where, body=given(branch=branch, **fields))).body)


def _lists(path: str, reply: Exchange) -> bool:
    """Whether this is a directory's listing, which GitHub sends where a file's bytes were asked for."""
    if not (reply.headers.get("content-type") or "").startswith("application/json"):
        return False
    try:
        value: Any = json.loads(reply.body)
    except ValueError:
        return False
    entries = [fields_of(one) for one in list_of(value)]
    return bool(entries) and all(one.get("path") == f"{path}/{one.get('name')}" for one in entries)
