"""Projects.

https://docs.gitlab.com/api/projects/
"""

from collections.abc import Sequence
from typing import Literal

from unifykit._core.arguments import changes, choice, given, numbered, text
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project as Named
from unifykit.providers.gitlab.arguments import joined, names, project_path
from unifykit.providers.gitlab.models import Project
from unifykit.providers.gitlab.resource import Cursor, GitLabResource

Visibility = Literal["private", "internal", "public"]
Order = Literal["id", "name", "path", "created_at", "updated_at", "last_activity_at", "star_count"]
Direction = Literal["asc", "desc"]
MergeMethod = Literal["merge", "rebase_merge", "ff"]


class Projects(GitLabResource[M]):
    """`p.gitlab.projects`: projects. One is named by its id or by its path, ``"group/name"``."""

    @paged
    async def list(
        self,
        cursor: Cursor | None,
        *,
        owned: bool | None = None,
        membership: bool | None = None,
        starred: bool | None = None,
        archived: bool | None = None,
        search: str | None = None,
        visibility: Visibility | None = None,
        topics: Sequence[str] = (),
        order_by: Order = "created_at",
        sort: Direction = "desc",
    ) -> Page[Project, Cursor]:
        """The projects that you may see: on GitLab.com all public ones, so narrow them down.

        https://docs.gitlab.com/api/projects/#list-all-projects

        Args:
            owned: Only those that you own.
            membership: Only those that you are a member of.
            starred: Only those that you starred.
            archived: True for archived ones only, False for the others only.
            search: A part of the name.
            visibility: ``"private"``, ``"internal"`` or ``"public"``.
            topics: Topics that they must all have.
            order_by: ``"id"``, ``"name"``, ``"path"``, ``"created_at"``, ``"updated_at"``, ``"last_activity_at"`` or
                ``"star_count"``. By ``"id"`` GitLab gives lists of any length; by all else 50,000 at most on GitLab.com.
            sort: ``"asc"`` or ``"desc"``.

        Example:
            >>> [project.path_with_namespace for project in p.gitlab.projects.list(owned=True)]
            ['tanuki/hello-world']
        """
        choice(visibility, Visibility, "visibility")
        choice(order_by, Order, "order_by")
        choice(sort, Direction, "sort")
        params = {
            "owned": owned, "membership": membership, "starred": starred, "archived": archived, "search": search,
            "visibility": visibility, "topic": joined(topics, "topics"), "order_by": order_by, "sort": sort,
            "pagination": "keyset" if order_by == "id" else None,
        }  # fmt: skip
        return await self.fetch_page(Project, cursor, "/projects", params=params)

    @operation(UNSAFE)
    async def create(
        self,
        name: str,
        *,
        path: str | None = None,
        namespace_id: int | None = None,
        description: str | None = None,
        visibility: Visibility | None = None,
        initialize_with_readme: bool = False,
        default_branch: str | None = None,
        topics: Sequence[str] | None = None,
    ) -> Project:
        """Make a project.

        https://docs.gitlab.com/api/projects/#create-a-project

        Args:
            name: Its name.
            path: Its name in addresses; made of the name by default.
            namespace_id: The group or user that owns it; you by default.
            description: A short description.
            visibility: ``"private"``, ``"internal"`` or ``"public"``; private where the instance says nothing else.
            initialize_with_readme: Whether it begins with a README, and so with a first commit and a default branch.
            default_branch: The name of that branch.
            topics: Topics.

        Raises:
            InvalidRequestError: The name or path is taken.

        Example:
            >>> p.gitlab.projects.create("Atlas", description="Maps", initialize_with_readme=True).path_with_namespace
            'tanuki/atlas'
        """
        choice(visibility, Visibility, "visibility")
        if default_branch is not None and not initialize_with_readme:
            raise InvalidRequestError(
                "an empty project has no branch: give initialize_with_readme=True with default_branch=…."
            )
        owner = None if namespace_id is None else int(numbered(namespace_id, "namespace"))
        fields = given(
            name=text(name, "name"), path=path, namespace_id=owner, description=description, visibility=visibility,
            initialize_with_readme=initialize_with_readme or None, default_branch=default_branch,
            topics=names(topics, "topics"),
        )  # fmt: skip
        return Project.model_validate_json((await self.fetch("POST", "/projects", body=fields)).body)

    @operation(SAFE)
    async def get(self, project: Named) -> Project:
        """One project. One that was renamed or moved is found under its old path too.

        https://docs.gitlab.com/api/projects/#retrieve-a-project

        Args:
            project: Its id or path.

        Raises:
            NotFoundError: It does not exist, or is hidden from this token.

        Example:
            >>> p.gitlab.projects.get("tanuki/hello-world").default_branch
            'main'
        """
        return Project.model_validate_json((await self.fetch("GET", project_path(project))).body)

    @operation(IDEMPOTENT)
    async def update(
        self,
        project: Named,
        *,
        name: str | None = None,
        path: str | None = None,
        description: str | None = None,
        default_branch: str | None = None,
        visibility: Visibility | None = None,
        topics: Sequence[str] | None = None,
        issues_enabled: bool | None = None,
        merge_requests_enabled: bool | None = None,
        jobs_enabled: bool | None = None,
        wiki_enabled: bool | None = None,
        merge_method: MergeMethod | None = None,
        remove_source_branch_after_merge: bool | None = None,
        only_allow_merge_if_pipeline_succeeds: bool | None = None,
    ) -> Project:
        """Change a project; what is not given stays.

        https://docs.gitlab.com/api/projects/#update-a-project

        Args:
            project: Its id or path.
            name: A new name.
            path: A new path.
            description: A short description; ``""`` for none.
            default_branch: A branch that exists.
            visibility: ``"private"``, ``"internal"`` or ``"public"``.
            topics: Topics, in the place of those it has.
            issues_enabled: Whether it has issues.
            merge_requests_enabled: Whether it has merge requests.
            jobs_enabled: Whether it has pipelines.
            wiki_enabled: Whether it has a wiki.
            merge_method: ``"merge"``, ``"rebase_merge"`` or ``"ff"``.
            remove_source_branch_after_merge: Whether merging proposes to remove the branch.
            only_allow_merge_if_pipeline_succeeds: Whether a merge waits for a pipeline that succeeds.

        Example:
            >>> p.gitlab.projects.update("tanuki/hello-world", description="Greetings").description
            'Greetings'
        """
        choice(visibility, Visibility, "visibility")
        choice(merge_method, MergeMethod, "merge_method")
        fields = changes(
            name=name, path=path, description=description, default_branch=default_branch, visibility=visibility,
            topics=names(topics, "topics"), issues_enabled=issues_enabled, merge_requests_enabled=merge_requests_enabled,
            jobs_enabled=jobs_enabled, wiki_enabled=wiki_enabled, merge_method=merge_method,
            remove_source_branch_after_merge=remove_source_branch_after_merge,
            only_allow_merge_if_pipeline_succeeds=only_allow_merge_if_pipeline_succeeds,
        )  # fmt: skip
        return Project.model_validate_json((await self.fetch("PUT", project_path(project), body=fields)).body)

    @operation(IDEMPOTENT)
    async def archive(self, project: Named) -> Project:
        """Make a project read-only. One that is so stays so.

        https://docs.gitlab.com/api/projects/#archive-a-project

        Args:
            project: Its id or path.

        Example:
            >>> p.gitlab.projects.archive("tanuki/hello-world").archived
            True
        """
        return await self._act(project, "archive")

    @operation(IDEMPOTENT)
    async def unarchive(self, project: Named) -> Project:
        """Make a project writable again.

        https://docs.gitlab.com/api/projects/#unarchive-a-project

        Args:
            project: Its id or path.

        Example:
            >>> p.gitlab.projects.unarchive("tanuki/hello-world").archived
            False
        """
        return await self._act(project, "unarchive")

    @operation(UNSAFE)
    async def fork(
        self, project: Named, *, name: str | None = None, path: str | None = None, namespace: int | str | None = None
    ) -> Project:
        """Copy a project into another namespace. GitLab copies after it has answered: see `import_status`.

        https://docs.gitlab.com/api/project_forks/#fork-a-project

        Args:
            project: Its id or path.
            name: The copy's name; the same by default.
            path: The copy's path; the same by default.
            namespace: The id or path of the group or user that shall own it; you by default.

        Raises:
            ConflictError: The namespace has a project of this name.

        Example:
            >>> p.gitlab.projects.fork("tanuki/hello-world", namespace="sandbox").forked_from_project.path
            'hello-world'
        """
        by_id = isinstance(namespace, int)
        fields = given(
            name=name, path=path, namespace_id=namespace if by_id else None, namespace_path=None if by_id else namespace
        )
        reply = await self.fetch("POST", f"{project_path(project)}/fork", body=fields)
        return Project.model_validate_json(reply.body)

    @operation(IDEMPOTENT)
    async def star(self, project: Named) -> Project:
        """Star a project. One that is starred stays so.

        https://docs.gitlab.com/api/project_starring/#star-a-project

        Args:
            project: Its id or path.

        Example:
            >>> p.gitlab.projects.star("tanuki/hello-world").star_count
            1
        """
        return await self._act(project, "star")

    @operation(IDEMPOTENT)
    async def unstar(self, project: Named) -> Project:
        """Take your star away. A project without it stays so.

        https://docs.gitlab.com/api/project_starring/#unstar-a-project

        Args:
            project: Its id or path.

        Example:
            >>> p.gitlab.projects.unstar("tanuki/hello-world").star_count
            0
        """
        return await self._act(project, "unstar")

    @operation(IDEMPOTENT)
    async def delete(self, project: Named) -> None:
        """Delete a project; GitLab does so after it has answered, on most instances some days later.

        https://docs.gitlab.com/api/projects/#delete-a-project

        Args:
            project: Its id or path.

        Raises:
            PermissionDeniedError: You do not own it.

        Example:
            >>> p.gitlab.projects.delete("tanuki/hello-world")
        """
        await self.fetch("DELETE", project_path(project))

    async def _act(self, project: Named, action: str) -> Project:
        path = project_path(project)
        reply = await self.fetch("POST", f"{path}/{action}")
        if not reply.body:  # 304: it is so already
            reply = await self.fetch("GET", path)
        return Project.model_validate_json(reply.body)
