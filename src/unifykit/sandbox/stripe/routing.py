"""The table of operations; each module of handlers fills one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .call import Call

Handler = Callable[[Call], dict[str, Any]]


@dataclass(frozen=True)
class Operation:
    """One operation of the API."""

    method: str
    path: str
    takes: str
    handler: Handler


@dataclass
class Routes:
    """Operations by method and path."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def __call__(self, method: str, path: str, takes: str = "") -> Callable[[Handler], Handler]:
        """Register a handler, with the names of the parameters it understands; `expand` always is."""

        def register(handler: Handler) -> Handler:
            self.operations.append(Operation(method, path, f"{takes} expand", handler))
            return handler

        return register
