"""Operations on container images.

https://docs.gitlab.com/api/container_registry/
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from .call import Call, Reply, no_content
from .errors import not_found
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .stamps import stamp
from .state import MAINTAINER, ImageRepository, ImageTag

if TYPE_CHECKING:
    from .state import Project, World

routes: Routes = Routes()
_REPOSITORIES = f"{PROJECT}/registry/repositories"
_TAGS = f"{_REPOSITORIES}/{{repository_id}}/tags"


def push_image(world: World, project: Project, name: str, tag: str, size: int) -> ImageRepository:
    """Put an image into the registry, as `docker push` would."""
    found = next((one for one in project.images.values() if one.name == name), None)
    if found is None:
        found = ImageRepository(world.next_id("image", 901), project, name, world.clock())
        project.images[found.id] = found
    digest = hashlib.sha256(f"{found.path}:{tag}:{size}".encode()).hexdigest()
    revision = hashlib.sha256(digest.encode()).hexdigest()
    found.tags[tag] = ImageTag(tag, f"sha256:{digest}", revision, world.clock(), size)
    return found


def _host(call: Call) -> str:
    return f"registry.{call.base.partition('://')[2]}"


def _body(call: Call, one: ImageRepository) -> dict[str, Any]:
    body: dict[str, Any] = {
        "id": one.id,
        "name": one.name,
        "path": one.path,
        "project_id": one.project.id,
        "location": f"{_host(call)}/{one.path}",
        "created_at": stamp(one.created_at),
        "cleanup_policy_started_at": None,
        "status": None,
    }
    if call.flag("tags_count") or call.flag("tags"):
        body["tags_count"] = len(one.tags)
    if call.flag("tags"):
        body["tags"] = [_tag_body(call, one, tag) for tag in one.tags.values()]
    if call.flag("size"):
        body["size"] = sum(tag.total_size for tag in one.tags.values())
    return body


def _tag_body(call: Call, one: ImageRepository, tag: ImageTag) -> dict[str, Any]:
    path = f"{one.path}:{tag.name}"
    return {"name": tag.name, "path": path, "location": f"{_host(call)}/{path}"}


def _repository(call: Call) -> ImageRepository:
    found = call.project.images.get(call.number("repository_id"))
    if found is None:
        raise not_found()
    return found


def _tag(call: Call) -> ImageTag:
    found = _repository(call).tags.get(call.places["tag_name"])
    if found is None:
        raise not_found("Tag")
    return found


@routes("GET", _REPOSITORIES, token=False, job_token=True)
def repositories(call: Call) -> Reply:
    """List a project's image repositories."""
    page, headers = page_of(call, list(call.project.images.values()))
    return Reply([_body(call, one) for one in page], headers=headers)


@routes("GET", "/api/v4/registry/repositories/{number}", token=False)
def get(call: Call) -> Reply:
    """Give an image repository of any project."""
    for project in call.world.projects.values():
        found = project.images.get(call.number("number"))
        if found is not None and project.visible_to(call.viewer):
            return Reply(_body(call, found))
    raise not_found()


@routes("DELETE", f"{_REPOSITORIES}/{{repository_id}}")
def delete(call: Call) -> Reply:
    """Remove an image repository."""
    project, found = call.project_for(MAINTAINER), _repository(call)
    del project.images[found.id]
    return Reply(202, 202)


@routes("GET", _TAGS, token=False, job_token=True)
def tags(call: Call) -> Reply:
    """List a repository's tags by name."""
    found = _repository(call)
    page, headers = page_of(call, sorted(found.tags.values(), key=lambda tag: tag.name))
    return Reply([_tag_body(call, found, tag) for tag in page], headers=headers)


@routes("GET", f"{_TAGS}/{{tag_name}}", token=False, job_token=True)
def tag(call: Call) -> Reply:
    """Give a tag with what it points at."""
    found = _tag(call)
    return Reply({
        **_tag_body(call, _repository(call), found),
        "revision": found.revision,
        "short_revision": found.revision[:9],
        "digest": found.digest,
        "created_at": stamp(found.created_at),
        "total_size": found.total_size,
    })  # fmt: skip


@routes("DELETE", f"{_TAGS}/{{tag_name}}", job_token=True)
def delete_tag(call: Call) -> Reply:
    """Remove a tag."""
    call.project_for(MAINTAINER)
    del _repository(call).tags[_tag(call).name]
    return no_content()
