"""Container images.

https://docs.gitlab.com/api/container_registry/
"""

from unifykit._core.arguments import numbered, segment
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.gitlab.arguments import Project, project_path
from unifykit.providers.gitlab.models import ImageRepository, ImageTag
from unifykit.providers.gitlab.resource import Cursor, GitLabResource


def _tags(project: Project, repository_id: int) -> str:
    return f"{project_path(project)}/registry/repositories/{numbered(repository_id, 'repository')}/tags"


class Registry(GitLabResource[M]):
    """`p.gitlab.registry`: the container registry of a project: repositories of images, and their tags."""

    @paged
    async def repositories(self, cursor: Cursor | None, project: Project) -> Page[ImageRepository, Cursor]:
        """The image repositories of a project, with the number of their tags.

        https://docs.gitlab.com/api/container_registry/#list-all-registry-repositories-in-a-project

        Args:
            project: Its id or path.

        Example:
            >>> [images.tags_count for images in p.gitlab.registry.repositories("tanuki/hello-world")]
            [2]
        """
        path = f"{project_path(project)}/registry/repositories"
        return await self.fetch_page(ImageRepository, cursor, path, params={"tags_count": True})

    @operation(SAFE)
    async def get(self, repository_id: int) -> ImageRepository:
        """One image repository, with its tags and its size.

        https://docs.gitlab.com/api/container_registry/#retrieve-a-registry-repository

        Args:
            repository_id: Its id.

        Raises:
            NotFoundError: There is none of this id.

        Example:
            >>> [tag.name for tag in p.gitlab.registry.get(901).tags]
            ['1.0.0', 'latest']
        """
        params = {"tags": True, "tags_count": True, "size": True}
        reply = await self.fetch(
            "GET", f"/registry/repositories/{numbered(repository_id, 'repository')}", params=params
        )
        return ImageRepository.model_validate_json(reply.body)

    @paged
    async def tags(self, cursor: Cursor | None, project: Project, repository_id: int) -> Page[ImageTag, Cursor]:
        """The tags of an image repository.

        https://docs.gitlab.com/api/container_registry/#list-all-registry-repository-tags-in-a-project

        Args:
            project: Its id or path.
            repository_id: The repository's id.

        Example:
            >>> [tag.name for tag in p.gitlab.registry.tags("tanuki/hello-world", 901)]
            ['1.0.0', 'latest']
        """
        return await self.fetch_page(ImageTag, cursor, _tags(project, repository_id))

    @operation(SAFE)
    async def tag(self, project: Project, repository_id: int, name: str) -> ImageTag:
        """One tag, with its digest and its size.

        https://docs.gitlab.com/api/container_registry/#retrieve-a-registry-repository-tag

        Args:
            project: Its id or path.
            repository_id: The repository's id.
            name: The tag.

        Raises:
            NotFoundError: There is no such tag.

        Example:
            >>> p.gitlab.registry.tag("tanuki/hello-world", 901, "latest").total_size
            31457280
        """
        reply = await self.fetch("GET", f"{_tags(project, repository_id)}/{segment(name)}")
        return ImageTag.model_validate_json(reply.body)

    @operation(IDEMPOTENT)
    async def delete_tag(self, project: Project, repository_id: int, name: str) -> None:
        """Delete a tag; what it pointed at stays until the registry is cleaned up.

        https://docs.gitlab.com/api/container_registry/#delete-a-registry-repository-tag

        Args:
            project: Its id or path.
            repository_id: The repository's id.
            name: The tag.

        Raises:
            NotFoundError: There is no such tag.

        Example:
            >>> p.gitlab.registry.delete_tag("tanuki/hello-world", 901, "1.0.0")
        """
        await self.fetch("DELETE", f"{_tags(project, repository_id)}/{segment(name)}")
