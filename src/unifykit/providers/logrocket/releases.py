"""Versions of the application, and the source maps with which LogRocket reads their errors.

https://docs.logrocket.com/docs/source-maps
"""

import functools
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar, cast

from pydantic import SecretStr

from unifykit._core.arguments import segment
from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.operation import IDEMPOTENT, Foreign, operation
from unifykit._core.rest import RefusedError, Rest
from unifykit.errors import InvalidRequestError
from unifykit.providers.logrocket.models import Release, Upload
from unifykit.providers.logrocket.signed import request_to

T = TypeVar("T")

_KNOWN = 409
_KINDS = frozenset((".js", ".jsx", ".map", ".bundle"))

Progress = Callable[[int, int], object]
"""Told after each file: how many are done, of how many."""


class _Artifact(Model):
    signed_url: SecretStr


class Releases(Rest[M]):
    """`p.logrocket.releases`: what is running where."""

    @operation(IDEMPOTENT)
    async def create(self, version: str) -> Release:
        """Make a release known. One that LogRocket knows already is as good.

        https://docs.logrocket.com/docs/source-maps

        Args:
            version: Its name, the same that the application gives to LogRocket in the browser.

        Example:
            >>> p.logrocket.releases.create("1.2.3").created
            True
            >>> p.logrocket.releases.create("1.2.3").created
            False
        """
        segment(version, "version")
        try:
            await self.send("POST", "/releases/", json={"version": version})
        except RefusedError as refused:
            if refused.status != _KNOWN:
                raise
            return Release(version=version, created=False)
        return Release(version=version)

    @operation(IDEMPOTENT)
    async def upload_sourcemaps(
        self, version: str, folder: str | os.PathLike[str], *, prefix: str = "~/", progress: Progress | None = None,
        hosts: Sequence[str] = (),
    ) -> Upload:  # fmt: skip
        """Send a folder's scripts and source maps (``.js``, ``.jsx``, ``.map``, ``.bundle``), one after the other.

        https://docs.logrocket.com/docs/source-maps

        Args:
            version: The release, which must exist.
            folder: Where they are; folders in it too.
            prefix: Where the application's scripts are in the browser, ``~`` for any host.
            progress: Told after each file how many are done, of how many.
            hosts: Stores beside LogRocket's own, where you run it yourself.

        Raises:
            InvalidRequestError: There is no such folder, or nothing to send in it.
            NotFoundError: LogRocket has no such release.

        Example:
            >>> import pathlib, tempfile
            >>> built = pathlib.Path(tempfile.mkdtemp())
            >>> _ = (built / "app.js.map").write_text('{"version": 3}')
            >>> _ = p.logrocket.releases.create("2.0")
            >>> p.logrocket.releases.upload_sourcemaps("2.0", built).files
            ['~/app.js.map']
        """
        path = f"/releases/{segment(version, 'version')}/artifacts/"
        root = Path(folder)
        found = await self._aside(functools.partial(_files, root))
        names = [f"{prefix}{file.relative_to(root).as_posix()}" for file in found]
        for number, (name, file) in enumerate(zip(names, found, strict=True), 1):
            content = await self._aside(file.read_bytes)
            answer = _Artifact.model_validate_json((await self.send("POST", path, json={"filepath": name})).content)
            base = self._client.link.settings.base_url
            url, parts = request_to(answer.signed_url.get_secret_value(), base, tuple(hosts))
            await self.send("PUT", url, content=content, **parts)
            _tell(progress, number, len(found))
        return Upload(version=version, files=names)

    async def _aside(self, read: Callable[[], T]) -> T:
        """What reading a disk gives; in async mode a thread does it."""
        link = self._client.link
        return cast("T", await link.in_thread(read)) if link.is_async else read()


def _files(root: Path) -> list[Path]:
    if not root.is_dir():
        raise InvalidRequestError(f"{str(root)!r} is no folder.")
    found = sorted(path for path in root.rglob("*") if path.suffix in _KINDS and path.is_file())
    if not found:
        raise InvalidRequestError(f"{str(root)!r} holds no {', '.join(sorted(_KINDS))} to send.")
    return found


def _tell(progress: Progress | None, done: int, total: int) -> None:
    try:
        if progress is not None:
            progress(done, total)
    except Exception as error:
        raise Foreign(error) from error
