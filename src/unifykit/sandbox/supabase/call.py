"""One request, its caller, and what the services share."""

import asyncio
import json
from collections.abc import Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from .catalog import Catalog
from .line import Line, Lines

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from .functions import Registered
    from .hooks import Hook
    from .realtime import Hub
    from .tokens import Signer

_SETTINGS = """
select set_config('search_path', 'public, extensions', true), set_config('request.jwt.claims', $1, true),
    set_config('request.method', $2, true), set_config('request.path', $3, true), set_config('request.headers', $4, true),
    set_config('statement_timeout', '8s', true), set_config('transaction_read_only', $5, true),
    (select last_value from private.changes), set_config('role', $6, true)
"""


@dataclass
class Project:
    """What all requests to one project share.

    Attributes:
        lines: Connections to its database.
        signer: Signs its tokens.
        now: Epoch seconds.
        functions: The Python callables behind `/functions/v1`, by name.
        realtime: The channels behind `/realtime/v1`.
        hooks: What accounts asks before it acts, by name.
        files: The contents of its files, by version.
        mails: What would have been sent by mail, oldest first.
    """

    lines: Lines
    signer: "Signer"
    now: Callable[[], float]
    functions: Mapping[str, "Registered"]
    realtime: "Hub"
    hooks: Mapping[str, "Hook"] = field(default_factory=dict[str, "Hook"])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    mails: list[dict[str, str]] = field(default_factory=list[dict[str, str]])
    catalog: Catalog = field(default_factory=Catalog)


@dataclass
class Call:
    """One request."""

    project: Project
    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    content: bytes
    base: str
    claims: dict[str, Any]
    form: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def role(self) -> str:
        """The caller's role in the database."""
        return str(self.claims.get("role", "anon"))

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """The query string's pairs."""
        return parse_qsl(self.query, keep_blank_values=True)

    @property
    def argument(self) -> dict[str, str]:
        """The query string as a dict; of several equal names the last."""
        return dict(self.pairs)

    def json(self) -> Any:
        """The body."""
        return json.loads(self.content or b"{}")

    @asynccontextmanager
    async def database(self, *, role: str | None = None) -> "AsyncGenerator[Line, None]":
        """A transaction in the caller's role, or in another one; None is not a role, "postgres" is the superuser's."""
        async with self.project.lines.transaction() as line:
            reading = "on" if self.method in ("GET", "HEAD") and role is None else "off"
            headers = json.dumps(dict(self.headers))
            told = [json.dumps(self.claims), self.method, self.path, headers, reading, role or self.role]
            version = (await line.run(_SETTINGS, *told))[0][7] or ""
            if self.project.catalog.version != version:
                self.project.catalog = await Catalog.read(line, version)
            yield line


@dataclass(frozen=True)
class Reply:
    """What to answer: `body` is JSON unless it is bytes."""

    body: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    content_type: str = "application/json; charset=utf-8"

    @property
    def raw(self) -> bytes:
        """The body as it is sent."""
        if self.body is None:
            return b""
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body, ensure_ascii=False).encode()


async def in_thread(work: Callable[[], Any]) -> Any:
    """Run what takes long or belongs to others, without holding up other requests."""
    return await asyncio.get_running_loop().run_in_executor(None, work)
