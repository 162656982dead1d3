"""Work that the platform does in its own time: asked for once, looked at until it is done."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic

from typing_extensions import TypeVar

from unifykit._core.client import Dual
from unifykit._core.mode import M
from unifykit._core.operation import SAFE, operation
from unifykit.errors import DeadlineExceededError, InvalidRequestError

if TYPE_CHECKING:
    from unifykit._core.client import Client

T = TypeVar("T")


class Poller(Dual[M, Any], Generic[T, M]):
    """The result of work that is still going on.

    Attributes:
        id: The platform's id of the work, with which another process can go on waiting.
    """

    def __init__(
        self, client: "Client[M]", ident: str, look: Callable[[], Coroutine[Any, Any, T | None]], every: float
    ) -> None:
        super().__init__(client)
        self.id: str = ident
        self._look = look
        self._every = every

    def __repr__(self) -> str:
        return f"<{self._client.provider} poller {self.id}>"

    @operation(SAFE)
    async def poll(self) -> T | None:
        """Look once: the result, or None while there is none."""
        return await self._look()

    @operation(SAFE)
    async def wait(self, timeout: float = 600.0) -> T:  # noqa: ASYNC109 -- on the client's clock
        """Look until there is a result.

        Args:
            timeout: Seconds to wait at most; a `deadline` block or the client's own timeout may end it earlier.

        Raises:
            DeadlineExceededError: There is no result yet; the work goes on, and `wait` may be called again.
        """
        if not timeout > 0:
            raise InvalidRequestError("wait(timeout=…) takes a number of seconds above 0.")
        now = self._client.link.clock.now
        end = now() + timeout
        while True:
            found = await self._look()
            if found is not None:
                return found
            left = end - now()
            if left <= 0:
                raise DeadlineExceededError(f"no result within {timeout:.3g} s; the work goes on.", phase="poll")
            await self.pause(min(self._every, left))
