"""Projects."""

from datetime import datetime

from unifykit._core.model import Model

from .people import Namespace, User


class Access(Model):
    """What somebody may do: 10 guest, 20 reporter, 30 developer, 40 maintainer, 50 owner.

    https://docs.gitlab.com/api/members/#roles
    """

    access_level: int
    notification_level: int | None = None


class Permissions(Model):
    """What you may do in a project, by the project itself and by its group.

    https://docs.gitlab.com/api/projects/
    """

    project_access: Access | None = None
    group_access: Access | None = None


class ProjectRef(Model):
    """A project as other things name it.

    https://docs.gitlab.com/api/projects/
    """

    id: int
    name: str
    path: str
    path_with_namespace: str
    name_with_namespace: str | None = None
    description: str | None = None
    default_branch: str | None = None
    web_url: str | None = None
    http_url_to_repo: str | None = None
    ssh_url_to_repo: str | None = None
    readme_url: str | None = None
    avatar_url: str | None = None
    star_count: int | None = None
    forks_count: int | None = None
    visibility: str | None = None
    topics: tuple[str, ...] = ()
    namespace: Namespace | None = None
    created_at: datetime | None = None
    last_activity_at: datetime | None = None


class Project(ProjectRef):
    """A project. `visibility`: private, internal, public; `import_status`: none, scheduled, started, finished, failed.

    Most of it is hidden from who is not signed in. `default_branch` is None while there is no commit.

    https://docs.gitlab.com/api/projects/
    """

    archived: bool | None = None
    empty_repo: bool | None = None
    owner: User | None = None
    creator_id: int | None = None
    forked_from_project: ProjectRef | None = None
    open_issues_count: int | None = None
    import_status: str | None = None
    import_error: str | None = None
    issues_enabled: bool | None = None
    merge_requests_enabled: bool | None = None
    jobs_enabled: bool | None = None
    wiki_enabled: bool | None = None
    container_registry_enabled: bool | None = None
    container_registry_image_prefix: str | None = None
    merge_method: str | None = None
    remove_source_branch_after_merge: bool | None = None
    only_allow_merge_if_pipeline_succeeds: bool | None = None
    marked_for_deletion_on: str | None = None
    permissions: Permissions | None = None
    updated_at: datetime | None = None
