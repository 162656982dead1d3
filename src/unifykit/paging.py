"""Lists that span pages: lazy, in order, resumable, and never fetched further than asked for."""

import asyncio
import base64
import json
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, closing, contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Self

from typing_extensions import TypeVar

from unifykit.errors import InvalidRequestError, MissingExtraError, UnexpectedResponseError

if TYPE_CHECKING:
    import pandas as pd  # pyright: ignore[reportMissingTypeStubs]

__all__ = ["AsyncPager", "Cursor", "Page", "Pager"]

T = TypeVar("T")
C = TypeVar("C", default=Any)

Cursor = str
"""Where a pager stands, as text that another process can resume from."""

IN_FLIGHT = 8
"""How many pages are asked for at once where their addresses are known beforehand."""


@dataclass(frozen=True, slots=True)
class Page(Generic[T, C]):
    """One page.

    Attributes:
        items: Its items, in the provider's order.
        then: The addresses of every later page known by now; empty at the end.
        total: The number of items on all pages, if the provider says.
    """

    items: Sequence[T]
    then: Sequence[C] = ()
    total: int | None = None


class _Walk(Generic[T]):
    """Where a caller stands in the list, and which pages are known to follow."""

    def __init__(self, cursor: Cursor | None, wanted: int | None = None) -> None:
        self.address: Any
        self.address, self.taken = (None, 0) if cursor is None else _decode(cursor)
        self.wanted = wanted
        self._size: int | None = None
        self._largest = 1
        self._later: deque[Any] = deque()
        self._seen: set[str] = {json.dumps(self.address)}

    @property
    def cursor(self) -> Cursor | None:
        """The next item that the caller has not had; None at the end."""
        if self._size is None or self.taken < self._size:
            return _encode(self.address, self.taken)
        return _encode(self._later[0], 0) if self._later else None

    def turn(self) -> bool:
        """Go on to the next page, unless this was the last."""
        if self._size is None:
            return True
        if not self._later:
            return False
        self.address, self.taken, self._size = self._later.popleft(), 0, None
        return True

    def ahead(self) -> list[Any]:
        """The addresses to ask for now: the page that is due, and those that the caller will want after it."""
        pages = IN_FLIGHT
        if self.wanted is not None:
            pages = min(pages, -(-self.wanted // self._largest))
        return [self.address, *list(self._later)[: max(0, pages - 1)]]

    def arrive(self, page: Page[T, Any]) -> Sequence[T]:
        """Take in the page that was due; returns the items that the caller has not had."""
        if not self._later and page.then:
            fresh = {name: address for address in page.then if (name := json.dumps(address)) not in self._seen}
            if not fresh:
                raise UnexpectedResponseError(
                    "the provider's pages go in circles: each names an earlier one as the next."
                )
            self._seen.update(fresh)
            self._later.extend(fresh.values())
        self._size = len(page.items)
        self._largest = max(self._largest, self._size)
        return page.items[self.taken :]

    def take(self, count: int) -> None:
        """The caller has had `count` more items."""
        self.taken += count
        if self.wanted is not None:
            self.wanted -= count


class _Pager(Generic[T]):
    """What both pagers share."""

    def __init__(self, name: str, cursor: Cursor | None = None) -> None:
        self._name = name
        self._start = cursor
        self._walk: _Walk[T] = _Walk(cursor)

    @property
    def cursor(self) -> Cursor | None:
        """Where the iteration stands: the next item that the caller has not had. None at the end.

        Pass it to `resume` later, in this or another process. After an error it stands at the page that failed.
        """
        return self._walk.cursor

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._name}>"

    def _begin(self, wanted: int | None = None) -> _Walk[T]:
        self._walk = _Walk(self._start, wanted)
        return self._walk


class Pager(_Pager[T]):
    """The items of a list, fetched page by page as they are asked for.

    Pages after the first are fetched up to eight at a time where their addresses are known, and delivered in order.
    Nothing is fetched before the first item is asked for. Each page is an operation of its own, under the `deadline`
    that is in force when the page is fetched.
    """

    def __init__(self, name: str, fetch: Callable[[Any], Page[T, Any]], cursor: Cursor | None = None) -> None:
        super().__init__(name, cursor)
        self._fetch = fetch

    def resume(self, cursor: Cursor) -> Self:
        """The same list from `cursor` on.

        Raises:
            InvalidRequestError: The text is not a cursor.
        """
        return type(self)(self._name, self._fetch, cursor)

    def __iter__(self) -> Iterator[T]:
        walk = self._begin()
        with closing(self._pages(walk)) as pages:
            for items in pages:
                for item in items:
                    walk.take(1)
                    yield item

    def pages(self) -> Iterator[Sequence[T]]:
        """The pages, each a list of items."""
        walk = self._begin()
        with closing(self._pages(walk)) as pages:
            for items in pages:
                walk.take(len(items))
                yield items

    def first(self, n: int = 1) -> list[T]:
        """The first `n` items; fetches no more pages than they need."""
        walk = self._begin(n)
        found: list[T] = []
        with closing(self._pages(walk)) as pages:
            while len(found) < n and (items := next(pages, None)) is not None:
                found.extend(items[: n - len(found)])
                walk.take(min(len(items), walk.wanted or 0))
        return found

    def collect(self, *, progress: bool = False) -> list[T]:
        """All items in a list. `progress` draws a bar (extra ``notebook``)."""
        found: list[T] = []
        with progress_bar(self._name, progress) as update:
            for items in self.pages():
                found.extend(items)
                update(len(items))
        return found

    def to_dataframe(self) -> "pd.DataFrame":
        """All items as a pandas DataFrame, one row an item (extra ``notebook``)."""
        return _frame(self.collect())

    def _pages(self, walk: _Walk[T]) -> Generator[Sequence[T], None, None]:
        flight: deque[Future[Page[T, Any]]] = deque()
        with _Threads() as threads:
            while walk.turn():
                addresses = walk.ahead()
                if len(addresses) == 1 and not flight:
                    page = self._fetch(addresses[0])
                else:
                    for address in addresses[len(flight) :]:
                        flight.append(threads.submit(self._fetch, address))
                    page = flight.popleft().result()
                yield walk.arrive(page)


class AsyncPager(_Pager[T]):
    """The items of a list, fetched page by page as they are asked for, in `async for`. See `Pager`."""

    def __init__(
        self, name: str, fetch: Callable[[Any], Awaitable[Page[T, Any]]], cursor: Cursor | None = None
    ) -> None:
        super().__init__(name, cursor)
        self._fetch = fetch

    def resume(self, cursor: Cursor) -> Self:
        """The same list from `cursor` on.

        Raises:
            InvalidRequestError: The text is not a cursor.
        """
        return type(self)(self._name, self._fetch, cursor)

    async def __aiter__(self) -> AsyncIterator[T]:
        walk = self._begin()
        async with aclosing(self._pages(walk)) as pages:
            async for items in pages:
                for item in items:
                    walk.take(1)
                    yield item

    async def pages(self) -> AsyncIterator[Sequence[T]]:
        """The pages, each a list of items."""
        walk = self._begin()
        async with aclosing(self._pages(walk)) as pages:
            async for items in pages:
                walk.take(len(items))
                yield items

    async def first(self, n: int = 1) -> list[T]:
        """The first `n` items; fetches no more pages than they need."""
        walk = self._begin(n)
        found: list[T] = []
        async with aclosing(self._pages(walk)) as pages:
            while len(found) < n and (items := await anext(pages, None)) is not None:
                found.extend(items[: n - len(found)])
                walk.take(min(len(items), walk.wanted or 0))
        return found

    async def collect(self, *, progress: bool = False) -> list[T]:
        """All items in a list. `progress` draws a bar (extra ``notebook``)."""
        found: list[T] = []
        with progress_bar(self._name, progress) as update:
            async for items in self.pages():
                found.extend(items)
                update(len(items))
        return found

    async def to_dataframe(self) -> "pd.DataFrame":
        """All items as a pandas DataFrame, one row an item (extra ``notebook``)."""
        return _frame(await self.collect())

    async def _pages(self, walk: _Walk[T]) -> AsyncGenerator[Sequence[T], None]:
        flight: deque[asyncio.Future[Page[T, Any]]] = deque()
        try:
            while walk.turn():
                addresses = walk.ahead()
                if len(addresses) == 1 and not flight:
                    page = await self._fetch(addresses[0])
                else:
                    for address in addresses[len(flight) :]:
                        flight.append(asyncio.ensure_future(self._fetch(address)))
                    page = await flight.popleft()
                yield walk.arrive(page)
        finally:
            for task in flight:
                task.cancel()
            await asyncio.gather(*flight, return_exceptions=True)


class _Threads:
    """Worker threads that are started when first needed, and not waited for."""

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)

    def submit(self, fetch: Callable[[Any], Page[T, Any]], address: Any) -> "Future[Page[T, Any]]":
        """Fetch a page in a thread, under the caller's context."""
        if self._pool is None:
            self._pool = ThreadPoolExecutor(IN_FLIGHT, "unifykit-pages")
        return self._pool.submit(copy_context().run, fetch, address)


def _encode(address: object, skip: int) -> Cursor:
    return base64.urlsafe_b64encode(json.dumps([address, skip]).encode()).decode()


def _decode(cursor: Cursor) -> tuple[Any, int]:
    try:
        address, skip = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return address, max(0, int(skip))
    except (ValueError, TypeError, AttributeError, OverflowError, RecursionError) as error:
        raise InvalidRequestError("this is not a cursor; pass what `pager.cursor` gave.") from error


@contextmanager
def progress_bar(name: str, shown: bool) -> Generator[Callable[[int], object]]:
    """Draw a progress bar, or nothing; gives what is told of each step how many items it brought.

    Raises:
        MissingExtraError: One is to be shown, and tqdm is not installed.
    """
    if not shown:
        yield lambda _: None
        return
    try:
        from tqdm.auto import tqdm  # pyright: ignore[reportMissingModuleSource, reportUnknownVariableType]
    except ModuleNotFoundError as error:
        raise _no_notebook("progress bars", "tqdm") from error
    with closing(tqdm(desc=name, unit=" items")) as bar:
        yield bar.update


def _frame(items: Sequence[Any]) -> "pd.DataFrame":
    try:
        import pandas as pd  # pyright: ignore[reportMissingTypeStubs]
    except ModuleNotFoundError as error:
        raise _no_notebook("data frames", "pandas") from error
    rows = [item.model_dump() if hasattr(item, "model_dump") else item for item in items]
    return pd.DataFrame(rows)


def _no_notebook(what: str, package: str) -> MissingExtraError:
    return MissingExtraError(f"{what} need {package}, which is not installed: pip install 'unifykit[notebook]'")
