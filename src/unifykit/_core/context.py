"""What one operation knows while it runs. Wires find it in a context variable, in threads and tasks alike."""

import itertools
from contextvars import ContextVar
from dataclasses import dataclass, field

from unifykit._core.hints import Headers
from unifykit._core.outcome import Outcome, Safety
from unifykit.errors import UnifyError

_numbers = itertools.count(1)


@dataclass(slots=True)
class Deadline:
    """The instant at which a call must be over.

    Attributes:
        at: The instant, on the clock of the client.
        seconds: The time that was allowed, for the error's text.
    """

    at: float
    seconds: float


@dataclass(slots=True)
class Exchange:
    """The last reply of an operation: what the error translator needs and the SDK's exception may lack."""

    status: int
    headers: Headers
    body: bytes = b""


@dataclass(slots=True)
class Operation:
    """One logical call: from the caller's line to its result or error."""

    provider: str
    name: str
    safety: Safety | None = None
    deadline: Deadline | None = None
    weight: int = 1
    call: int = field(default_factory=lambda: next(_numbers))
    began: float = 0.0
    over: bool = False
    attempts: int = 0
    waited: float = 0.0
    last: Exchange | None = None
    outcome: Outcome | None = None
    retry_after: float | None = None
    maybe_executed: bool = False
    repeated_blindly: bool = False
    phase: str | None = None
    note: str = ""
    refusal: UnifyError | None = None

    def sooner(self, other: Deadline | None) -> Deadline | None:
        """The nearer of the operation's deadline and another one."""
        if self.deadline is None or (other is not None and other.at < self.deadline.at):
            return other
        return self.deadline


current: ContextVar[Operation | None] = ContextVar("unifykit_operation", default=None)
"""The operation that is running here, if any."""

allowed: ContextVar[Deadline | None] = ContextVar("unifykit_deadline", default=None)
"""The innermost `deadline(...)` block, if any."""
