"""Everything that was recorded, as files of events.

https://docs.logrocket.com/docs/data-export
"""

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import SAFE, paged
from unifykit._core.rest import Rest
from unifykit._core.stream import streamed
from unifykit.errors import InvalidRequestError, UnexpectedResponseError
from unifykit.paging import Page
from unifykit.providers.logrocket.models import AuditLog, Export
from unifykit.providers.logrocket.signed import request_to

_MOST = 100
_LONGEST_LINE = 64 * 1024 * 1024


class Exports(Rest[M]):
    """`p.logrocket.exports`: a file for each finished session."""

    @paged
    async def list(
        self, cursor: str | None, *, since: datetime | None = None, per_page: int = 100
    ) -> Page[Export, str]:
        """The files, the oldest first. A session gets one when nothing has come of it for an hour.

        https://docs.logrocket.com/docs/data-export

        Args:
            since: From when on; LogRocket's beginning where it is not given.
            per_page: How many a request brings, at most 100.

        Example:
            >>> len(p.logrocket.exports.list().collect())
            3
        """
        query: dict[str, Any] = {"cursor": cursor, "limit": _size(per_page), "date": _epoch(since)}
        told = json.loads((await self.send("GET", "/data-export/", query)).content)
        found = [Export.model_validate(one) for one in told["sessions"]]
        after = told.get("cursor")
        return Page(found, [str(after)] if found and after and str(after) != cursor else [])

    @streamed(SAFE)
    async def sessions(self, export: Export, *, hosts: Sequence[str] = ()) -> AsyncGenerator[dict[str, Any], None]:
        """The events of a file, as they arrive; the file is never held whole.

        https://docs.logrocket.com/docs/data-export

        Args:
            export: What `list` gave.
            hosts: Stores beside LogRocket's own, where you run it yourself.

        Raises:
            ConnectionFailedError: The file was cut off.
            UnexpectedResponseError: The address leads elsewhere, or a line is no JSON object.

        Example:
            >>> for export in p.logrocket.exports.list().first(1):
            ...     with p.logrocket.exports.sessions(export) as events:
            ...         next(iter(events))["type"]
            'lr.PageView'
        """
        if isinstance(hosts, str):
            raise InvalidRequestError(f"hosts takes several: give [{hosts!r}].")
        url, parts = request_to(export.url.get_secret_value(), self._client.link.settings.base_url, tuple(hosts))
        async with aclosing(self.open("GET", url, **parts)) as pieces:
            kept = b""
            async for piece in pieces:
                *lines, kept = (kept + piece).split(b"\n")
                if len(kept) > _LONGEST_LINE:
                    raise UnexpectedResponseError("a line of the file has no end.")
                for line in lines:
                    if line.strip():
                        yield _event(line)
            if kept.strip():
                yield _event(kept)


class AuditLogs(Rest[M]):
    """`p.logrocket.audit_logs`: what the organization's members did."""

    @paged
    async def list(
        self, cursor: str | int | None, *, since: datetime | None = None, per_page: int = 100
    ) -> Page[AuditLog, str | int]:
        """The log of an organization.

        https://docs.logrocket.com/docs/audit-log-api

        Args:
            since: From when on.
            per_page: How many a request brings, at most 100.

        Example:
            >>> [entry.action for entry in p.logrocket.audit_logs.list()][:1]
            ['MEMBER_INVITED']
        """
        start = _epoch(since) if cursor is None else cursor
        told = json.loads((await self.send("GET", "/audit/logs/", {"limit": _size(per_page), "cursor": start})).content)
        found = [AuditLog.model_validate(one) for one in told["logs"]]
        return Page(found, [told["cursor"]] if told.get("has_next") and found else [])


def _event(line: bytes) -> dict[str, Any]:
    found = json.loads(line)
    if not isinstance(found, dict):
        raise UnexpectedResponseError("a line of the file is no JSON object.")
    return found  # pyright: ignore[reportUnknownVariableType]


def _size(per_page: int) -> int:
    if not 1 <= per_page <= _MOST:
        raise InvalidRequestError(f"per_page={per_page}: give 1 to {_MOST}.")
    return per_page


def _epoch(moment: datetime | None) -> int | None:
    if moment is not None and moment.tzinfo is None:
        raise InvalidRequestError("since has no time zone: give datetime(..., tzinfo=UTC).")
    return None if moment is None else int(moment.timestamp() * 1000)
