"""Conversations.

https://platform.openai.com/docs/api-reference/conversations
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

from typing import TYPE_CHECKING

from .errors import invalid, missing, not_found
from .items import read_items
from .routing import Json, Reply, Routes
from .state import Conversation

if TYPE_CHECKING:
    from .call import Call

routes: Routes = Routes()

_MOST_ITEMS = 20


@routes("POST", "/conversations", "items metadata")
def create(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/create."""
    items = _given(call)
    fields: Json = {
        "id": call.world.new_id("conv"), "object": "conversation", "created_at": call.now,
        "metadata": call.get("metadata", dict) or {},
    }  # fmt: skip
    call.world.conversations[fields["id"]] = Conversation(fields, items)
    return Reply(fields)


@routes("GET", "/conversations/{id}")
def get(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/retrieve."""
    return Reply(find_conversation(call, call.ids["id"]).fields)


@routes("POST", "/conversations/{id}", "metadata")
def update(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/update."""
    found = find_conversation(call, call.ids["id"])
    found.fields["metadata"] = call.get("metadata", dict) or {}
    return Reply(found.fields)


@routes("DELETE", "/conversations/{id}")
def delete(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/delete."""
    found = find_conversation(call, call.ids["id"])
    del call.world.conversations[found.fields["id"]]
    return Reply({"id": found.fields["id"], "object": "conversation.deleted", "deleted": True})


@routes("POST", "/conversations/{id}/items", "items include")
def add_items(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/create-items."""
    found = find_conversation(call, call.ids["id"])
    if call.body.get("items") is None:
        raise missing("items")
    added = _given(call)
    found.items.extend(added)
    ends = {"first_id": added[0]["id"], "last_id": added[-1]["id"]} if added else {"first_id": "", "last_id": ""}
    return Reply({"object": "list", "data": added, **ends, "has_more": False})


@routes("GET", "/conversations/{id}/items", "limit order after include")
def list_items(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/list-items."""
    return Reply(call.page(find_conversation(call, call.ids["id"]).items, limit=20))


@routes("GET", "/conversations/{id}/items/{item}", "include")
def get_item(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/conversations/get-item."""
    found = find_conversation(call, call.ids["id"])
    item = next((one for one in found.items if one["id"] == call.ids["item"]), None)
    if item is None:
        raise not_found(f"Item with id '{call.ids['item']}' not found.", param=None)
    return Reply(item)


def _given(call: Call) -> list[Json]:
    items = call.get("items", list) or []
    if len(items) > _MOST_ITEMS:
        said = f"Invalid 'items': array too long. Expected an array with maximum length {_MOST_ITEMS}, but got an array with length {len(items)} instead."
        raise invalid(said, param="items", code="array_above_max_length")
    return read_items(call, items, "items")


def find_conversation(call: Call, name: str) -> Conversation:
    """The conversation, or 404."""
    found = call.world.conversations.get(name)
    if found is None:
        raise not_found(f"Conversation with id '{name}' not found.", param=None)
    return found
