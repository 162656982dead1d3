"""The table of operations; each module of handlers fills one.

A project may be named by its path with the slash as %2F, so requests are matched before anything is decoded.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import unquote

from .call import Call, Reply

Handler = Callable[[Call], Reply]
_PLACE = re.compile(r"\{(\*?)(\w+)\}")


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    pattern: re.Pattern[str]
    token: bool
    job_token: bool
    handler: Handler

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Give the decoded parts of a path that is this operation's."""
        found = self.pattern.fullmatch(path) if method == self.method else None
        return {name: unquote(part) for name, part in found.groupdict().items()} if found else None


@dataclass
class Routes:
    """Operations by method and path."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def __call__(
        self, method: str, path: str, *, token: bool = True, job_token: bool = False
    ) -> Callable[[Handler], Handler]:
        """Register a handler: `{name}` is one segment of the path, `{*name}` all that is left.

        `token` says whether a token is needed even to look, `job_token` whether a job's own will do.
        """
        pattern = re.compile(_PLACE.sub(_group, path))

        def register(handler: Handler) -> Handler:
            self.operations.append(Operation(method, pattern, token, job_token, handler))
            return handler

        return register


def _group(place: re.Match[str]) -> str:
    return f"(?P<{place[2]}>{'.+' if place[1] else '[^/]+'})"
