"""The table of operations; each module of handlers fills one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from .call import Call, Reply
from .errors import DOCS

Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    path: str
    documentation_url: str
    token: bool
    handler: Handler


@dataclass
class Routes:
    """Operations by method and path."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def __call__(self, method: str, path: str, page: str, *, token: bool | None = None) -> Callable[[Handler], Handler]:
        """Register a handler.

        Args:
            method: The HTTP method.
            path: The path, with starlette's placeholders.
            page: The operation's page below docs.github.com/rest.
            token: Whether a token is needed; by default for everything that writes.

        Returns:
            The decorator.
        """
        needs_token = method != "GET" if token is None else token

        def register(handler: Handler) -> Handler:
            self.operations.append(Operation(method, path, f"{DOCS}/{page}", needs_token, handler))
            return handler

        return register
