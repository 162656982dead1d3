"""The table of operations; each module of handlers fills one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from .call import Call

Json = dict[str, Any]


@dataclass
class Reply:
    """What goes back: JSON, raw bytes, or events one after the other."""

    body: Json | None = None
    raw: bytes | None = None
    content_type: str = "application/json"
    events: Iterator[tuple[str, Json]] | None = None
    done: bool = False
    tokens: int = 0


Handler = Callable[[Call], Reply]


@dataclass(frozen=True)
class Operation:
    """One operation of the API. `takes` names the parameters it understands, `costs` says whether limits count it."""

    method: str
    path: str
    takes: frozenset[str]
    costs: bool
    handler: Handler


@dataclass
class Routes:
    """Operations by method and path."""

    operations: list[Operation] = field(default_factory=list[Operation])

    def __call__(self, method: str, path: str, takes: str = "", *, costs: bool = False) -> Callable[[Handler], Handler]:
        """Register a handler."""

        def register(handler: Handler) -> Handler:
            self.operations.append(Operation(method, f"/v1{path}", frozenset(takes.split()), costs, handler))
            return handler

        return register
