"""Forms with files, https://www.rfc-editor.org/rfc/rfc7578."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from .errors import invalid

_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
_NAME = re.compile(rb'[; ]name="([^"]*)"')
_FILE = re.compile(rb'filename="([^"]*)"')


@dataclass(frozen=True)
class Upload:
    """A file of a form."""

    filename: str
    content: bytes


@dataclass
class Form:
    """Texts and files by name, each a list in the order in which they came."""

    texts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    files: dict[str, list[Upload]] = field(default_factory=dict[str, list[Upload]])


def parse(content_type: str, body: bytes) -> Form:
    """Take a form apart; `name[]` is the same as `name`."""
    found = _BOUNDARY.search(content_type)
    if not content_type.startswith("multipart/form-data") or found is None:
        raise invalid("This endpoint takes a body of Content-Type 'multipart/form-data'.")
    form = Form()
    for part in (b"\r\n" + body).split(b"\r\n--" + found[1].encode())[1:-1]:
        head, _, content = part.partition(b"\r\n\r\n")
        name = _NAME.search(head)
        if name is None:
            raise invalid("Could not parse multipart form")
        field_name = name[1].decode().removesuffix("[]")
        filename = _FILE.search(head)
        if filename is None:
            form.texts.setdefault(field_name, []).append(content.decode("utf-8", "replace"))
        else:
            upload = Upload(filename[1].decode("utf-8", "replace"), content)
            form.files.setdefault(field_name, []).append(upload)
    return form
