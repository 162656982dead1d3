"""Operations on the activity feed and notifications.

https://docs.github.com/en/rest/activity/events, https://docs.github.com/en/rest/activity/notifications
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .call import Call, Reply, no_content
from .errors import not_found
from .links import stamp, stamp_or_none
from .paging import page_of
from .render_repos import minimal_repo
from .repos import account_or_404
from .routing import Routes

if TYPE_CHECKING:
    from datetime import datetime

    from .state import Account, Event, Thread

routes: Routes = Routes()
_THREAD = "/notifications/threads/{thread_id:int}"
_EVENTS_PAGE = "activity/events"
_PAGE = "activity/notifications"
# https://docs.github.com/en/rest/activity/events: a feed is polled no more often than this header says.
_POLL = {"X-Poll-Interval": "60"}


def _actor(call: Call, account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "login": account.login,
        "display_login": account.login,
        "gravatar_id": "",
        "url": call.links(f"/users/{account.login}"),
        "avatar_url": call.links(f"/u/{account.id}?"),
    }


def _render_event(call: Call, event: Event) -> dict[str, Any]:
    repo, owner = event.repo, event.repo.owner
    body: dict[str, Any] = {
        "id": str(event.id),
        "type": event.kind,
        "actor": _actor(call, event.actor),
        "repo": {"id": repo.id, "name": repo.full_name, "url": call.links(f"/repos/{repo.full_name}")},
        "payload": event.payload(call),
        "public": not repo.private,
        "created_at": stamp(event.created_at),
    }
    if owner.kind == "Organization":
        org = _actor(call, owner)
        org.pop("display_login")
        body["org"] = {**org, "url": call.links(f"/orgs/{owner.login}")}
    return body


def _feed(call: Call, events: list[Event]) -> Reply:
    page, headers = page_of(call, events)
    return Reply([_render_event(call, event) for event in page], headers={**headers, **_POLL})


@routes("GET", "/events", f"{_EVENTS_PAGE}#list-public-events")
def public_events(call: Call) -> Reply:
    """List what happened in public, newest first."""
    return _feed(call, [event for event in call.world.events if not event.repo.private])


@routes("GET", "/users/{username}/events", f"{_EVENTS_PAGE}#list-events-for-the-authenticated-user")
def user_events(call: Call) -> Reply:
    """List what someone did; private matters are for that person alone."""
    user = account_or_404(call, "username")
    own = user is call.viewer
    return _feed(call, [one for one in call.world.events if one.actor is user and (own or not one.repo.private)])


def _render_thread(call: Call, thread: Thread) -> dict[str, Any]:
    issue, url = thread.issue, call.links(f"/notifications/threads/{thread.id}")
    api = call.links(f"/repos/{thread.repo.full_name}")
    subject = f"{api}/{'pulls' if issue.pull else 'issues'}/{issue.number}"
    latest = f"{api}/issues/comments/{issue.comments[-1].id}" if issue.comments else subject
    return {
        "id": str(thread.id),
        "repository": minimal_repo(call, thread.repo),
        "subject": {
            "title": issue.title,
            "url": subject,
            "latest_comment_url": latest,
            "type": "PullRequest" if issue.pull else "Issue",
        },
        "reason": thread.reason,
        "unread": thread.unread,
        "updated_at": stamp(thread.updated_at),
        "last_read_at": stamp_or_none(thread.last_read_at),
        "url": url,
        "subscription_url": f"{url}/subscription",
    }


@routes("GET", "/notifications", f"{_PAGE}#list-notifications-for-the-authenticated-user", token=True)
def notifications(call: Call) -> Reply:
    """List the caller's notifications, newest first; read ones only with all=true."""
    everything = call.query.get("all", "false").lower() in ("true", "1")
    since, before = call.since(), call.since("before")
    own = [thread for thread in call.world.threads.values() if thread.user is call.user]
    found = [thread for thread in own if (everything or thread.unread) and _within(thread.updated_at, since, before)]
    found.sort(key=lambda thread: (thread.updated_at, thread.id), reverse=True)
    page, headers = page_of(call, found)
    return Reply([_render_thread(call, thread) for thread in page], headers={**headers, **_POLL})


def _within(moment: datetime, since: datetime | None, before: datetime | None) -> bool:
    return (since is None or moment >= since) and (before is None or moment < before)


def _read(call: Call, thread: Thread) -> None:
    thread.unread, thread.last_read_at = False, call.now


@routes("PUT", "/notifications", f"{_PAGE}#mark-notifications-as-read")
def read_all(call: Call) -> Reply:
    """Mark all of the caller's notifications as read."""
    for thread in call.world.threads.values():
        if thread.user is call.user:
            _read(call, thread)
    return no_content(205)


def _thread(call: Call) -> Thread:
    thread = call.world.threads.get(call.params["thread_id"])
    if thread is None or thread.user is not call.user:
        raise not_found()
    return thread


@routes("GET", _THREAD, f"{_PAGE}#get-a-thread", token=True)
def thread(call: Call) -> Reply:
    """Give a notification."""
    return Reply(_render_thread(call, _thread(call)))


@routes("PATCH", _THREAD, f"{_PAGE}#mark-a-thread-as-read")
def read(call: Call) -> Reply:
    """Mark a notification as read."""
    _read(call, _thread(call))
    return no_content(205)


@routes("DELETE", _THREAD, f"{_PAGE}#mark-a-thread-as-done")
def done(call: Call) -> Reply:
    """Remove a notification."""
    del call.world.threads[_thread(call).id]
    return no_content()
