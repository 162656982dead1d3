"""Who the caller is, what happened, and what this server is.

https://docs.gitlab.com/api/users/, https://docs.gitlab.com/api/events/, https://docs.gitlab.com/api/metadata/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .call import Call, Reply
from .errors import not_found
from .paging import page_of
from .routing import Routes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from .state import Event

routes: Routes = Routes()
_VERSION = "18.5.0-ee"
_ACTIONS = ("approved", "closed", "commented", "created", "destroyed", "expired", "joined", "left", "merged", "pushed",
            "reopened", "updated")  # fmt: skip
_TARGETS = ("issue", "milestone", "merge_request", "note", "project", "snippet", "user")
# What the filters are called is not what the feed says.
_SAID = {"commented": "commented on", "merged": "accepted", "created": "opened"}


@routes("GET", "/api/v4/user")
def me(call: Call) -> Reply:
    """Give the caller."""
    return Reply(render.own_profile(call, call.user))


@routes("GET", "/api/v4/users", token=False)
def users(call: Call) -> Reply:
    """List people, newest first, or find one by username."""
    wanted, search = call.text("username"), (call.text("search") or "").lower()
    found = sorted(call.world.users.values(), key=lambda user: user.id, reverse=True)
    found = [one for one in found if wanted is None or one.username.lower() == wanted.lower()]
    found = [one for one in found if search in f"{one.username} {one.name}".lower()]
    page, headers = page_of(call, found)
    return Reply([render.user(call, one) for one in page], headers=headers)


@routes("GET", "/api/v4/users/{user_id}", token=False)
def get_user(call: Call) -> Reply:
    """Give a person."""
    found = call.world.user(call.number("user_id"))
    if found is None:
        raise not_found("User")
    return Reply(render.profile(call, found))


@routes("GET", "/api/v4/events")
def events(call: Call) -> Reply:
    """List what the caller did, newest first; with `scope=all` what happened in their projects."""
    everything = call.text("scope") == "all"
    found = [event for event in call.world.events if event.author is call.user
             or (everything and event.project.level_of(call.user))]  # fmt: skip
    return _feed(call, found)


@routes("GET", "/api/v4/projects/{id}/events", token=False)
def project_events(call: Call) -> Reply:
    """List what happened in a project."""
    return _feed(call, [event for event in call.world.events if event.project is call.project])


def _feed(call: Call, found: Iterable[Event]) -> Reply:
    action, target = call.choice("action", _ACTIONS), call.choice("target_type", _TARGETS)
    before, after = call.moment("before"), call.moment("after")
    kind = "".join(part.title() for part in (target or "").split("_"))
    kept = [
        event for event in found
        if (action is None or event.action_name.split()[0] in (action, _SAID.get(action, action).split()[0]))
        and (target is None or event.target_type == kind)
        and (before is None or event.created_at.date() < before.date())
        and (after is None or event.created_at.date() > after.date())
    ]  # fmt: skip
    kept.sort(key=lambda event: event.id, reverse=call.choice("sort", ("asc", "desc")) != "asc")
    page, headers = page_of(call, kept)
    return Reply([render.event(call, event) for event in page], headers=headers)


@routes("GET", "/api/v4/version")
def version(_: Call) -> Reply:
    """Say which release this stands for."""
    return Reply({"version": _VERSION, "revision": "sandbox"})


@routes("GET", "/api/v4/metadata")
def metadata(_: Call) -> Reply:
    """Say more about the release."""
    kas = {"enabled": False, "externalUrl": None, "externalK8sProxyUrl": None, "version": None}
    return Reply({"version": _VERSION, "revision": "sandbox", "kas": kas, "enterprise": True})
