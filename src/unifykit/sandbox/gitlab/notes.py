"""Comments on issues and merge requests.

https://docs.gitlab.com/api/notes/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import render
from .call import Call, Reply, no_content
from .errors import forbidden, not_found, parameter
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import GUEST, MAINTAINER, Note

if TYPE_CHECKING:
    from .state import Issue, MergeRequest

routes: Routes = Routes()
_KINDS = {"issues": "Issue", "merge_requests": "MergeRequest"}


def _thing(call: Call) -> tuple[str, Issue | MergeRequest]:
    plural = call.places["kind"]
    if plural not in _KINDS:
        raise not_found()
    things = call.project.issues if plural == "issues" else call.project.merge_requests
    found = things.get(call.number("iid"))
    if found is None:
        raise not_found()
    return _KINDS[plural], found


def _note(call: Call, thing: Issue | MergeRequest) -> Note:
    found = next((one for one in thing.notes if one.id == call.number("note_id")), None)
    if found is None:
        raise not_found()
    return found


_NOTES = f"{PROJECT}/{{kind}}/{{iid}}/notes"


@routes("GET", _NOTES, token=False)
def list_all(call: Call) -> Reply:
    """List comments, newest first."""
    kind, thing = _thing(call)
    newest_first = call.choice("sort", ("asc", "desc")) != "asc"
    page, headers = page_of(call, sorted(thing.notes, key=lambda note: note.id, reverse=newest_first))
    return Reply([render.note(call, call.project, kind, thing, note) for note in page], headers=headers)


@routes("POST", _NOTES)
def create(call: Call) -> Reply:
    """Write a comment."""
    (body,) = call.need("body")
    kind, thing = _thing(call)
    if call.project.archived or not (call.project.level_of(call.user) >= GUEST or call.project.visibility == "public"):
        raise forbidden()
    made = Note(call.world.next_id("note", 300001), call.user, body, call.now, call.now)
    thing.notes.append(made)
    thing.updated_at = call.now
    call.world.happened(
        call.project, call.user, "commented on", target_type="Note", target_id=made.id, target_iid=made.id,
        target_title=thing.title, note=made,
    )  # fmt: skip
    return Reply(render.note(call, call.project, kind, thing, made), 201)


@routes("GET", f"{_NOTES}/{{note_id}}", token=False)
def get(call: Call) -> Reply:
    """Give a comment."""
    kind, thing = _thing(call)
    return Reply(render.note(call, call.project, kind, thing, _note(call, thing)))


@routes("PUT", f"{_NOTES}/{{note_id}}")
def update(call: Call) -> Reply:
    """Change a comment."""
    kind, thing = _thing(call)
    note, body = _note(call, thing), call.text("body")
    if not body:
        raise parameter("body is missing")
    _may(call, note)
    note.body, note.updated_at = body, call.now
    return Reply(render.note(call, call.project, kind, thing, note))


@routes("DELETE", f"{_NOTES}/{{note_id}}")
def delete(call: Call) -> Reply:
    """Remove a comment."""
    _, thing = _thing(call)
    note = _note(call, thing)
    _may(call, note)
    thing.notes.remove(note)
    return no_content()


def _may(call: Call, note: Note) -> None:
    if note.author is not call.user and call.project.level_of(call.user) < MAINTAINER:
        raise forbidden()
