"""A moment of a sandbox, to go back to: in this process, or from a file in another one."""

import io
import json
import os
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from unifykit import __version__
from unifykit.errors import ConfigurationError

FORMAT = 1
"""Goes up when what is written changes its shape."""

_HEAD = "unifykit.json"
MADE_BY: Mapping[str, object] = {"format": FORMAT, "version": __version__}


@dataclass(frozen=True, slots=True, repr=False)
class Snapshot:
    """What every counterpart held at one moment.

    ```python
    before = sandbox.snapshot()
    p.github.repos.delete("octocat/hello-world")
    sandbox.restore(before)
    ```

    Attributes:
        parts: The state of each counterpart, by platform.
    """

    parts: Mapping[str, bytes]

    def __repr__(self) -> str:
        return f"<Snapshot {', '.join(f'{name} {len(data)} bytes' for name, data in self.parts.items())}>"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it to a file, whole or not at all. The file holds the counterparts' data, and is its owner's alone."""
        write(Path(path), self.to_bytes())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> "Snapshot":
        """Read what `save` wrote.

        Raises:
            ConfigurationError: It is not a snapshot, or another version's.
        """
        return cls.from_bytes(Path(path).read_bytes(), str(path))

    def to_bytes(self) -> bytes:
        """The same as bytes: a zip archive."""
        into = io.BytesIO()
        with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.writestr(_HEAD, json.dumps(MADE_BY))
            for name, data in self.parts.items():
                archive.writestr(name, data)
        return into.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes, named: str = "this") -> "Snapshot":
        """What `to_bytes` gave.

        Raises:
            ConfigurationError: It is not a snapshot, or another version's.
        """
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                found = {name: archive.read(name) for name in archive.namelist()}
                head = json.loads(found.pop(_HEAD))
        except (zipfile.BadZipFile, KeyError, ValueError) as error:
            raise ConfigurationError(f"{named} is not a snapshot of a sandbox.") from error
        check(head, named)
        return cls(found)


def check(made_by: object, named: str) -> None:
    """Refuse what another version wrote.

    Raises:
        ConfigurationError: It is another version's.
    """
    if made_by != MADE_BY:
        other = f"unifykit {made_by.get('version', '')}" if isinstance(made_by, dict) else "something else"  # pyright: ignore[reportUnknownMemberType]
        raise ConfigurationError(
            f"{named} was written by {other}, and this is {__version__}: a sandbox's state is not carried from version to "
            "version. Use that version, or begin anew in another place."
        )


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, readable for its owner alone."""
    new = path.with_name(f"{path.name}.{os.getpid()}.new")
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
