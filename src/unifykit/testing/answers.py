"""Answers that a test has programmed, and the calls that asked for them."""

import itertools
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self, cast

from unifykit.errors import UnifyError
from unifykit.testing.shapes import AnswerError, Kind, Shape, find, told

__all__ = ["Call", "Prepared"]


@dataclass(frozen=True)
class Call:
    """One call of an operation of a double.

    Attributes:
        operation: Its name, such as ``"stripe.customers.get"``.
        arguments: Its arguments by name, defaults included.
        on: The object whose method was called: a group, a table's statement, a lock.
    """

    operation: str
    arguments: Mapping[str, Any]
    on: Any


@dataclass(frozen=True, slots=True)
class Given:
    """An answer: a value, the pages of a list, a `Stream`, a `Poll`."""

    value: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """An answer: an error."""

    error: UnifyError


@dataclass(frozen=True, slots=True)
class Computed:
    """An answer: what a function gives."""

    function: Callable[..., Any]


Answer = Given | Failure | Computed


@dataclass(frozen=True, slots=True)
class Streamed:
    """What a stream gives: its items, then an error or its end value."""

    items: Sequence[Any]
    final: Any = None
    error: UnifyError | None = None


@dataclass(frozen=True, slots=True)
class Polled:
    """What a poller gives after some looks."""

    result: Any
    after: int = 0


class Prepared:
    """What is to be answered to calls of one operation: one answer a call in the order written, and the last one from then on.

    Attributes:
        shape: The operation.
    """

    def __init__(self, shape: Shape, wanted: Mapping[str, Any]) -> None:
        self.shape = shape
        self._wanted = wanted
        self._condition: Callable[[Call], object] = _always
        self._answers: deque[Answer] = deque()

    def __repr__(self) -> str:
        given = ", ".join(f"{name}={value!r}" for name, value in self._wanted.items())
        return f"<when {self.shape.name}({given})>"

    def where(self, condition: Callable[[Call], object]) -> Self:
        """Only for calls of which this is true: ``lambda call: "users" in repr(call.on)``."""
        self._condition = condition
        return self

    def returns(self, value: Any = None) -> Self:
        """Answer with a value; a list operation takes the list of its items.

        Raises:
            AnswerError: The operation gives something of another type.
        """
        return self._then(Given(made(self.shape, value)))

    def raises(self, error: UnifyError | type[UnifyError]) -> Self:
        """Fail. The error is told the platform and the operation.

        Raises:
            AnswerError: It is no `UnifyError`: operations raise nothing else.
        """
        given: Any = error("a double was told to answer so.") if isinstance(error, type) else error
        if not isinstance(given, UnifyError):
            raise AnswerError(f"{self.shape.name} raises a UnifyError, such as NotFoundError, not {given!r}.")
        return self._then(Failure(given))

    def answers(self, function: Callable[..., Any]) -> Self:
        """Answer with what a function gives that takes the call's arguments; it may be async with `AsyncFakePlatforms`.

        It gives what `returns` takes; for a stream it may be a generator, which returns the end value. What it gives is
        checked when it is called. What it raises reaches the caller as it is.
        """
        return self._then(Computed(function))

    def pages(self, *pages: Sequence[Any]) -> Self:
        """Answer a list operation with several pages.

        Raises:
            AnswerError: The operation gives no list, or items of another type.
        """
        self._only("list", "pages")
        return self._then(Given([made(self.shape, page)[0] for page in pages]))

    def streams(self, *items: Any, final: Any = None, error: UnifyError | None = None) -> Self:
        """Answer a streaming operation with items.

        Args:
            items: What is streamed.
            final: The stream's end value, where it has one.
            error: What breaks the stream after the items.

        Raises:
            AnswerError: The operation gives no stream, or one of other types.
        """
        self._only("stream", "streams")
        return self._then(Given(_streamed(self.shape, Streamed(items, final, error))))

    def polls(self, result: Any, *, after: int = 0) -> Self:
        """Answer with a poller that has its result after some looks.

        Args:
            result: What the work comes to.
            after: How many looks find nothing yet.

        Raises:
            AnswerError: The operation gives no poller, or one of another type.
        """
        self._only("poller", "polls")
        return self._then(Given(Polled(self.shape.check(result), after)))

    def matches(self, call: Call) -> bool:
        """Whether this is about a call."""
        missing = object()
        wanted = self._wanted.items()
        return all(call.arguments.get(name, missing) == value for name, value in wanted) and bool(self._condition(call))

    def next(self) -> Answer | None:
        """The answer to the next call."""
        if len(self._answers) > 1:
            return self._answers.popleft()
        return self._answers[0] if self._answers else None

    def _then(self, answer: Answer) -> Self:
        self._answers.append(answer)
        return self

    def _only(self, kind: Kind, method: str) -> None:
        if self.shape.kind != kind:
            raise AnswerError(f"{method}(…) is not for {self.shape.name}: write {_written(self.shape)}.")


def _always(_: Call) -> bool:
    return True


def made(shape: Shape, value: Any) -> Any:
    """An answer from what an author gives for it.

    Raises:
        AnswerError: The operation cannot give that.
    """
    if shape.kind == "list":
        return [_page(shape, value)]
    if shape.kind == "stream":
        return _streamed(shape, _read(shape, value))
    return Polled(shape.check(value)) if shape.kind == "poller" else shape.check(value)


def _page(shape: Shape, items: Any) -> list[Any]:
    if isinstance(items, str | bytes) or not isinstance(items, Sequence | Iterator):
        raise AnswerError(f"{shape.name} gives a list of {told(shape.gives)}, not {items!r}.")
    return [shape.check(item) for item in cast("Iterable[Any]", items)]


def _read(shape: Shape, value: Any) -> Streamed:
    """The items that a list has or a generator gives; what a generator returns is the end value."""
    if not isinstance(value, Generator):
        return Streamed(_page(shape, value))
    final: list[Any] = []
    return Streamed(list(_noting(value, final)), *final)


def _noting(generator: Any, final: list[Any]) -> Generator[Any, None, None]:
    final.append((yield from generator))


def _streamed(shape: Shape, stream: Streamed) -> Streamed:
    for item in stream.items:
        shape.check(item)
    if stream.error is None and shape.final is not None:
        shape.check(stream.final, shape.final)
    return stream


def _written(shape: Shape) -> str:
    """What an author writes to answer."""
    gives = told(shape.gives)
    if shape.kind == "stream":
        return f"streams({gives}, …{f', final={told(shape.final)}' if shape.final is not None else ''})"
    return {"list": f"returns([{gives}, …])", "poller": f"polls({gives})"}.get(shape.kind, f"returns({gives})")


class Answers:
    """What one double answers, and what it was asked."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rules: dict[str, list[Prepared]] = {}
        self._pages: dict[int, list[list[Any]]] = {}
        self._numbers = itertools.count(1)
        self.calls: list[Call] = []

    def when(self, name: str, *args: Any, **kwargs: Any) -> Prepared:
        """Begin an answer; the latest that matches a call is the one that counts."""
        shape = find(name)
        rule = Prepared(shape, shape.bind(*args, **kwargs))
        with self._lock:
            self._rules.setdefault(shape.name, []).insert(0, rule)
        return rule

    def find(self, call: Call) -> Answer | None:
        """Record a call, and find its answer."""
        with self._lock:
            self.calls.append(call)
            rule = next((rule for rule in self._rules.get(call.operation, ()) if rule.matches(call)), None)
            return rule.next() if rule is not None else None

    def keep(self, pages: list[list[Any]]) -> int:
        """Keep the pages of a list; returns the number under which they are kept."""
        number = next(self._numbers)
        self._pages[number] = pages
        return number

    def kept(self, number: int) -> list[list[Any]]:
        """The pages of a list."""
        return self._pages[number]


def unanswered(call: Call, shape: Shape) -> AnswerError:
    """The error that says what to write."""
    given = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    return AnswerError(
        f"{call.operation}({given}) has no answer here. Write one beforehand: "
        f"fake.when({call.operation!r}).{_written(shape)}, .raises(NotFoundError(…)) or .answers(function)."
    )
