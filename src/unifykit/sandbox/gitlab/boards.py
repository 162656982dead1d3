"""Operations on issue boards.

https://docs.gitlab.com/api/boards/
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import render
from .call import Call, Reply, no_content
from .errors import bad_request, not_found
from .paging import page_of
from .projects import PROJECT
from .routing import Routes
from .state import REPORTER, Board

if TYPE_CHECKING:
    from .state import Project, World

routes: Routes = Routes()
_ONE = f"{PROJECT}/boards/{{board_id}}"


def make_board(world: World, project: Project, name: str) -> Board:
    """Put an empty board into a project."""
    made = Board(world.next_id("board", 801), name)
    project.boards[made.id] = made
    return made


def _list_body(number: int, position: int, board: Board) -> dict[str, Any]:
    _, label = board.lists[position]
    about = {"id": label.id, "name": label.name, "description": label.description, "color": label.color}
    return {"id": number, "label": about, "position": position, "max_issue_count": 0, "max_issue_weight": 0,
            "limit_metric": None}  # fmt: skip


def _body(call: Call, board: Board) -> dict[str, Any]:
    return {
        "id": board.id,
        "name": board.name,
        "hide_backlog_list": False,
        "hide_closed_list": False,
        "project": render.basic_project(call, call.project),
        "lists": [_list_body(number, position, board) for position, (number, _) in enumerate(board.lists)],
        "group": None,
        "milestone": None,
        "assignee": None,
        "labels": [],
        "weight": None,
    }


def _board(call: Call) -> Board:
    found = call.project.boards.get(call.number("board_id"))
    if found is None:
        raise not_found("Board")
    return found


@routes("GET", f"{PROJECT}/boards", token=False)
def list_all(call: Call) -> Reply:
    """List a project's boards."""
    page, headers = page_of(call, list(call.project.boards.values()))
    return Reply([_body(call, one) for one in page], headers=headers)


@routes("POST", f"{PROJECT}/boards")
def create(call: Call) -> Reply:
    """Make a board."""
    (name,) = call.need("name")
    return Reply(_body(call, make_board(call.world, call.project_for(REPORTER), name)), 201)


@routes("GET", _ONE, token=False)
def get(call: Call) -> Reply:
    """Give a board."""
    return Reply(_body(call, _board(call)))


@routes("DELETE", _ONE)
def delete(call: Call) -> Reply:
    """Remove a board."""
    del call.project_for(REPORTER).boards[_board(call).id]
    return no_content()


@routes("GET", f"{_ONE}/lists", token=False)
def lists(call: Call) -> Reply:
    """List a board's lists."""
    board = _board(call)
    found = [_list_body(number, position, board) for position, (number, _) in enumerate(board.lists)]
    page, headers = page_of(call, found)
    return Reply(page, headers=headers)


@routes("POST", f"{_ONE}/lists")
def add_list(call: Call) -> Reply:
    """Add a label's list."""
    project, board = call.project_for(REPORTER), _board(call)
    label = next((one for one in project.labels.values() if one.id == call.integer("label_id")), None)
    if label is None:
        raise bad_request("Label not found!")
    board.lists.append((call.world.next_id("list", 811), label))
    return Reply(_list_body(board.lists[-1][0], len(board.lists) - 1, board), 201)
