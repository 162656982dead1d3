"""One body, two modes. A client's mode is a type parameter; a body is an `async def` that awaits nothing but `self.ask`.

In async mode the event loop runs the body. In sync mode `ask` answers at once, so the body never suspends and one
`send(None)` finishes it.
"""

from collections.abc import AsyncGenerator, Coroutine
from typing import Any

from typing_extensions import TypeVar


class Mode:
    """How a client is called."""


class Sync(Mode):
    """Operations return their result."""


class Async(Mode):
    """Operations return a coroutine."""


M = TypeVar("M", bound=Mode, default=Sync)
"""A client's mode; `GitHub` alone means `GitHub[Sync]`."""

_T = TypeVar("_T")

_RULE = "an operation's body may await nothing but self.ask(...) and private helpers that obey the same rule"


class RuleBrokenError(RuntimeError):
    """An operation's body awaited what it may not: a mistake in this library, never the provider's."""


def finish(body: Coroutine[Any, Any, _T]) -> _T:
    """Run a body that never suspends, and return its result."""
    try:
        body.send(None)
    except StopIteration as done:
        result: _T = done.value
        return result
    except TypeError as error:
        if "await" in str(error):  # "object … can't be used in 'await' expression": the result of another operation
            raise RuleBrokenError(_RULE) from error
        raise
    body.close()
    raise RuleBrokenError(_RULE)


async def close_generator(body: AsyncGenerator[Any, None]) -> None:
    """Close a generator in the way that suits `finish` too."""
    await body.aclose()
