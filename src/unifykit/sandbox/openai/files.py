"""Files.

https://platform.openai.com/docs/api-reference/files
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from .errors import invalid, missing, not_found
from .routing import Json, Reply, Routes
from .state import StoredFile

if TYPE_CHECKING:
    from .call import Call

routes: Routes = Routes()

_PURPOSES = ("fine-tune", "assistants", "batch", "user_data", "vision", "evals")
_PAGE = 10_000


@routes("POST", "/files", "file purpose expires_after")
def upload(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/files/create."""
    if call.body.get("purpose") is None:
        raise missing("purpose")
    purpose = call.choice("purpose", _PURPOSES, "")
    given = call.file("file")
    if not given.content:
        raise invalid("File is empty.", param="file")
    if purpose in ("fine-tune", "batch"):
        _check_lines(given.filename, given.content)
    fields: Json = {
        "id": call.world.new_id("file", "-"), "object": "file", "bytes": len(given.content), "created_at": call.now,
        "filename": given.filename, "purpose": purpose, "status": "processed",
    }  # fmt: skip
    call.world.files[fields["id"]] = StoredFile(fields, given.content)
    return Reply(fields)


def _check_lines(filename: str, content: bytes) -> None:
    if not filename.endswith(".jsonl"):
        raise invalid("Invalid file format for Fine-Tuning API. Must be .jsonl", param="file", code="invalid_file_format")  # fmt: skip
    for number, line in enumerate(content.splitlines(), 1):
        try:
            well = not line.strip() or isinstance(json.loads(line), dict)
        except ValueError:
            well = False
        if not well:
            raise invalid(f"Invalid file format. Line {number} is not a JSON object.", param="file", code="invalid_file_format")  # fmt: skip


@routes("GET", "/files", "purpose limit order after")
def list_files(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/files/list."""
    purpose = call.query.get("purpose")
    kept = [one.fields for one in call.world.files.values() if purpose in (None, one.fields["purpose"])]
    return Reply(call.page(kept, limit=_PAGE))


@routes("GET", "/files/{id}")
def get_file(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/files/retrieve."""
    return Reply(_find(call).fields)


@routes("GET", "/files/{id}/content")
def get_content(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/files/retrieve-contents."""
    return Reply(raw=_find(call).content, content_type="application/octet-stream")


@routes("DELETE", "/files/{id}")
def delete_file(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/files/delete."""
    found = _find(call)
    del call.world.files[found.fields["id"]]
    return Reply({"id": found.fields["id"], "object": "file", "deleted": True})


def _find(call: Call) -> StoredFile:
    name = call.ids["id"]
    found = call.world.files.get(name)
    if found is None:
        raise not_found(f"No such File object: {name}")
    return found
