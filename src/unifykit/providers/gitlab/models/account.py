"""What belongs to the account itself."""

from datetime import datetime

from unifykit._core.model import Model

from .issues import Note
from .people import User


class PushData(Model):
    """What was pushed. `action`: created, pushed, removed; `ref_type`: branch, tag.

    https://docs.gitlab.com/api/events/
    """

    action: str | None = None
    ref: str | None = None
    ref_type: str | None = None
    commit_count: int | None = None
    commit_from: str | None = None
    commit_to: str | None = None
    commit_title: str | None = None


class Event(Model):
    """Something that you did, such as ``"opened"`` an ``"Issue"``.

    https://docs.gitlab.com/api/events/
    """

    id: int
    action_name: str
    project_id: int | None = None
    target_type: str | None = None
    target_id: int | None = None
    target_iid: int | None = None
    target_title: str | None = None
    author: User | None = None
    author_username: str | None = None
    note: Note | None = None
    push_data: PushData | None = None
    created_at: datetime | None = None


class SnippetFile(Model):
    """A file of a snippet.

    https://docs.gitlab.com/api/snippets/
    """

    path: str
    raw_url: str | None = None


class Snippet(Model):
    """A snippet. `visibility`: private, internal, public.

    https://docs.gitlab.com/api/snippets/
    """

    id: int
    title: str
    description: str | None = None
    visibility: str | None = None
    author: User | None = None
    file_name: str | None = None
    files: tuple[SnippetFile, ...] = ()
    project_id: int | None = None
    web_url: str | None = None
    raw_url: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
