"""Container images."""

from datetime import datetime

from unifykit._core.model import Model


class ImageTag(Model):
    """A tag of an image; `total_size` in bytes. Lists leave out `digest` and what follows.

    https://docs.gitlab.com/api/container_registry/
    """

    name: str
    path: str | None = None
    location: str | None = None
    digest: str | None = None
    revision: str | None = None
    short_revision: str | None = None
    created_at: datetime | None = None
    total_size: int | None = None


class ImageRepository(Model):
    """A repository of the container registry; `size` in bytes. `status`: delete_scheduled, delete_failed, or None.

    https://docs.gitlab.com/api/container_registry/
    """

    id: int
    path: str
    name: str | None = None
    project_id: int | None = None
    location: str | None = None
    status: str | None = None
    tags_count: int | None = None
    tags: tuple[ImageTag, ...] = ()
    size: int | None = None
    created_at: datetime | None = None
