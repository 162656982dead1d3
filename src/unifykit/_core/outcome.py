"""What came of one attempt, in words that every wire can say and the engine understands."""

from dataclasses import dataclass, field
from enum import Enum, auto


class Kind(Enum):
    """What an attempt's end means for the next one."""

    OK = auto()
    FINAL = auto()  # the request's own fault: repeating it changes nothing
    TRANSIENT = auto()  # the platform's fault: repeating may help
    THROTTLED = auto()  # refused for going too fast, certainly not executed
    EXHAUSTED = auto()  # out of credit: waiting does not help


class Safety(Enum):
    """What repeating an operation can do."""

    SAFE = auto()  # reads
    IDEMPOTENT = auto()  # the second time changes nothing
    KEYED = auto()  # one idempotency key on every attempt
    UNSAFE = auto()  # may happen twice


@dataclass(frozen=True, slots=True)
class Quota:
    """A provider's allowance for us, read from one reply.

    Attributes:
        limit: Requests in a period.
        remaining: Requests left.
        reset_at: When the period ends, in epoch seconds.
    """

    limit: int | None
    remaining: int | None
    reset_at: float | None


@dataclass(slots=True)
class Outcome:
    """How an attempt ended.

    Attributes:
        kind: What it means.
        executed: False if the platform certainly did nothing.
        retry_after: The provider's hint, in seconds from now.
        status: The HTTP status, if there was a reply.
        error: The failure's kind, if there was none.
        timeout: True if the attempt ran out of its time.
        quota: What the reply said of our allowance.
        received: Bytes of the reply's body, as far as known.
    """

    kind: Kind
    executed: bool = True
    retry_after: float | None = None
    status: int | None = None
    error: str | None = None
    timeout: bool = False
    quota: Quota | None = None
    received: int = 0


@dataclass(slots=True)
class Request:
    """What the engine must know of a request, and no more.

    Attributes:
        safety: What repeating it can do.
        replayable: False if its body cannot be sent a second time.
        bucket: Which of the provider's allowances it draws on.
        metered: False for what the provider gives for free.
        weight: How many requests it counts for in our own limiter.
        sent: Bytes of its body.
    """

    safety: Safety
    replayable: bool = True
    bucket: str = ""
    metered: bool = True
    weight: int = 1
    sent: int = 0


@dataclass(slots=True)
class Send:
    """Step: send the request now, and give up on the reply after `timeout` seconds."""

    timeout: float


@dataclass(slots=True)
class Wait:
    """Step: come back after `seconds`."""

    seconds: float


@dataclass(slots=True, eq=False)
class Ticket:
    """A place in the queue for a concurrency slot; `ready` is called once when it is granted."""

    granted: bool = False
    ready: "object | None" = field(default=None, repr=False)


@dataclass(slots=True)
class Park:
    """Step: come back when the ticket is granted, or after `seconds`."""

    ticket: Ticket
    seconds: float | None


Step = Send | Wait | Park
