"""Time meant and spent on issues and merge requests.

https://docs.gitlab.com/api/issues/#time-tracking
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .call import Call, Reply
from .errors import Refusal, bad_request, forbidden, not_found
from .projects import PROJECT
from .routing import Routes
from .stamps import seconds_of
from .state import REPORTER

if TYPE_CHECKING:
    from .state import Issue, MergeRequest

routes: Routes = Routes()
_THING = f"{PROJECT}/{{kind}}/{{iid}}"


def _thing(call: Call) -> Issue | MergeRequest:
    kind, iid, project = call.places["kind"], call.number("iid"), call.project
    found: Issue | MergeRequest | None = None
    if kind == "issues":
        found = project.issues.get(iid)
    elif kind == "merge_requests":
        found = project.merge_requests.get(iid)
    if found is None:
        raise not_found()
    return found


def _writable(call: Call) -> Issue | MergeRequest:
    found = _thing(call)
    if call.project.level_of(call.user) < REPORTER or call.project.archived:
        raise forbidden()
    found.updated_at = call.now
    return found


def _duration(call: Call) -> int:
    (text,) = call.need("duration")
    found = seconds_of(text)
    if found is None:
        raise bad_request("Duration is invalid")
    return found


@routes("GET", f"{_THING}/time_stats", token=False)
def stats(call: Call) -> Reply:
    """Say how much time was meant and spent."""
    return Reply(render.time_stats(_thing(call)))


@routes("POST", f"{_THING}/time_estimate")
def estimate(call: Call) -> Reply:
    """Say how much time it should take."""
    found = _writable(call)
    found.time_estimate = _duration(call)
    return Reply(render.time_stats(found))


@routes("POST", f"{_THING}/reset_time_estimate")
def reset_estimate(call: Call) -> Reply:
    """Forget how much time it should take."""
    found = _writable(call)
    found.time_estimate = 0
    return Reply(render.time_stats(found))


@routes("POST", f"{_THING}/add_spent_time")
def add_spent(call: Call) -> Reply:
    """Add time spent; with a minus, take it away."""
    found, seconds = _writable(call), _duration(call)
    if found.time_spent + seconds < 0:
        raise Refusal(400, {"base": ["Time to subtract exceeds the total time spent"]})
    found.time_spent += seconds
    return Reply(render.time_stats(found), 201)


@routes("POST", f"{_THING}/reset_spent_time")
def reset_spent(call: Call) -> Reply:
    """Forget the time spent."""
    found = _writable(call)
    found.time_spent = 0
    return Reply(render.time_stats(found))
