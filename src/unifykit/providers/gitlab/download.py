"""A download that lies at its place when it is whole, and not before."""

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from unifykit._core.operation import Foreign
from unifykit.errors import InvalidRequestError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    import gitlab

_PIECE = 1 << 16


def free_path(path: str | os.PathLike[str]) -> Path:
    """Where a file can be written."""
    target = Path(path)
    if target.is_dir():
        raise InvalidRequestError(f"{str(target)!r} is a folder: give the file's path.")
    if not target.parent.is_dir():
        raise InvalidRequestError(f"{str(target.parent)!r} is no folder: make it first.")
    return target


def download(source: str, target: Path, gl: "gitlab.Gitlab") -> Path:
    """Write a reply's body to a file, a piece at a time."""
    reply = gl.http_request("get", source, streamed=True)
    with contextlib.closing(reply):
        _keep(reply.iter_content(_PIECE), target)
    return target


def _keep(pieces: "Iterator[bytes]", target: Path) -> None:
    with _disk():
        # In the same folder, so that the last step is a rename.
        number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with open(number, "wb") as file:  # noqa: PTH123 -- a descriptor
            for piece in pieces:
                with _disk():
                    file.write(piece)
        with _disk():
            Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def _disk() -> "Generator[None]":
    """What the disk says is the caller's to know as it is; it is none of GitLab's errors."""
    try:
        yield
    except OSError as error:
        raise Foreign(error) from error
