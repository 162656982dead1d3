"""Forms with files, as a body in memory.

https://www.rfc-editor.org/rfc/rfc7578
"""

import re
from dataclasses import dataclass

_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;\s]+))')


@dataclass(frozen=True)
class Part:
    """One field of a form; a file has a filename."""

    name: str
    filename: str | None
    kind: str
    content: bytes


def parts_of(body: bytes, content_type: str) -> list[Part]:
    """The fields of a form.

    Raises:
        ValueError: It is none.
    """
    found = _BOUNDARY.search(content_type)
    if found is None:
        raise ValueError("the form has no boundary")
    mark = b"\r\n--" + (found[1] or found[2]).encode("latin-1")
    pieces = (b"\r\n" + body).split(mark)
    if pieces[-1].strip() != b"--":
        raise ValueError("the form has no end")
    return [_part(piece) for piece in pieces[1:-1]]


def _part(piece: bytes) -> Part:
    head, _, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode().split("\r\n"))
    headers = {name.strip().lower(): value.strip() for name, _, value in lines}
    said = headers.get("content-disposition", "")
    name, filename = (re.search(rf'[ ;]{key}="((?:[^"\\]|\\.)*)"', said) for key in ("name", "filename"))
    return Part(name[1] if name else "", filename[1] if filename else None, headers.get("content-type", ""), content)
