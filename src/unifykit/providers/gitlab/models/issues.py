"""Issues, comments and boards."""

from datetime import date, datetime

from unifykit._core.model import Model

from .people import User
from .projects import ProjectRef


class TimeStats(Model):
    """Time meant and spent, in seconds and for people; a day has 8 hours, a week 5 days.

    https://docs.gitlab.com/api/issues/#time-tracking
    """

    time_estimate: int = 0
    total_time_spent: int = 0
    human_time_estimate: str | None = None
    human_total_time_spent: str | None = None


class Milestone(Model):
    """A milestone. `state`: active, closed.

    https://docs.gitlab.com/api/milestones/
    """

    id: int
    title: str
    iid: int | None = None
    state: str | None = None
    description: str | None = None
    due_date: date | None = None
    start_date: date | None = None
    web_url: str | None = None


class References(Model):
    """How a thing is named near and far.

    https://docs.gitlab.com/api/issues/
    """

    short: str | None = None
    relative: str | None = None
    full: str | None = None


class Issue(Model):
    """An issue; `iid` counts within the project, `id` over all of GitLab. `state`: opened, closed.

    https://docs.gitlab.com/api/issues/
    """

    id: int
    iid: int
    title: str
    state: str
    project_id: int | None = None
    description: str | None = None
    author: User | None = None
    assignees: tuple[User, ...] = ()
    labels: tuple[str, ...] = ()
    milestone: Milestone | None = None
    confidential: bool | None = None
    due_date: date | None = None
    weight: int | None = None
    user_notes_count: int | None = None
    upvotes: int | None = None
    downvotes: int | None = None
    issue_type: str | None = None
    closed_by: User | None = None
    closed_at: datetime | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    time_stats: TimeStats | None = None
    references: References | None = None
    web_url: str | None = None


class Note(Model):
    """A comment. `system` is True for what GitLab itself wrote.

    https://docs.gitlab.com/api/notes/
    """

    id: int
    body: str | None = None
    author: User | None = None
    system: bool | None = None
    internal: bool | None = None
    noteable_id: int | None = None
    noteable_iid: int | None = None
    noteable_type: str | None = None
    project_id: int | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class Label(Model):
    """A label; `color` with #.

    https://docs.gitlab.com/api/labels/
    """

    name: str
    id: int | None = None
    color: str | None = None
    description: str | None = None


class BoardList(Model):
    """A list of a board; mostly a label's.

    https://docs.gitlab.com/api/boards/
    """

    id: int
    position: int | None = None
    label: Label | None = None


class Board(Model):
    """An issue board.

    https://docs.gitlab.com/api/boards/
    """

    id: int
    name: str
    lists: tuple[BoardList, ...] = ()
    project: ProjectRef | None = None
    milestone: Milestone | None = None
