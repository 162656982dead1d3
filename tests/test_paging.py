"""Lists that span pages, in both modes: order, prefetch, cursors, ends and errors."""

import asyncio
import base64
import contextlib
import gc
import json
import sys
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unifykit import AsyncPager, InvalidRequestError, MissingExtraError, Pager, UnexpectedResponseError, deadline
from unifykit._core.context import allowed
from unifykit.paging import IN_FLIGHT, Page


class Gone(Exception):
    """A page that cannot be fetched."""


class Book:
    """A list of pages: numbered (every later address known) or linked (only the next). Counts what is fetched."""

    def __init__(self, mode, sizes=(3, 3, 2), *, linked=False, broken=()):
        self.is_async = mode == "async"
        starts = [sum(sizes[:number]) for number in range(len(sizes))]
        self.content = [list(range(start, start + size)) for start, size in zip(starts, sizes, strict=True)]
        self.items = [item for page in self.content for item in page]
        self.linked, self.broken = linked, set(broken)
        self.fetched, self.in_flight, self.peak = [], 0, 0
        self.lock = threading.Lock()
        self.runner = asyncio.Runner() if self.is_async else None

    def page(self, cursor):
        number = cursor or 1
        if number in self.broken:
            raise Gone(number)
        last = number + 1 if self.linked else len(self.content)
        return Page(self.content[number - 1], [n for n in range(number + 1, last + 1) if n <= len(self.content)])

    def enter(self, cursor):
        with self.lock:
            self.fetched.append(cursor or 1)
            self.in_flight += 1
            self.peak = max(self.peak, self.in_flight)

    def leave(self):
        with self.lock:
            self.in_flight -= 1

    def fetch(self, cursor):
        self.enter(cursor)
        try:
            return self.page(cursor)
        finally:
            self.leave()

    async def afetch(self, cursor):
        self.enter(cursor)
        try:
            await asyncio.sleep(0)
            return self.page(cursor)
        finally:
            self.leave()

    def pager(self, fetch=None):
        if self.is_async:
            return AsyncPager("test.things", fetch or self.afetch)
        return Pager("test.things", fetch or self.fetch)

    def run(self, found):
        return self.runner.run(found) if self.runner is not None else found

    def take(self, pager, count):
        """Iterate, and break after `count` items."""
        if not self.is_async:
            return _take(iter(pager), count)
        return self.runner.run(_atake(pager.__aiter__(), count))

    def pages(self, pager):
        if not self.is_async:
            return list(pager.pages())

        async def go():
            return [page async for page in pager.pages()]

        return self.runner.run(go())


def _take(items, count):
    found = []
    for item in items:
        found.append(item)
        if len(found) == count:
            break
    items.close()
    return found


async def _atake(items, count):
    found = []
    async for item in items:
        found.append(item)
        if len(found) == count:
            break
    await items.aclose()
    return found


@pytest.fixture
def book(mode):
    made = []

    def make(*args, **options):
        made.append(Book(mode, *args, **options))
        return made[-1]

    yield make
    for one in made:
        if one.runner is not None:
            one.runner.close()


LINKED = pytest.mark.parametrize("linked", [False, True], ids=["numbered", "linked"])


# -- order and amount


@LINKED
@pytest.mark.parametrize("sizes", [(3, 3, 2), (1,) * 40, (0,), (2, 0, 0, 3), (0, 0, 1), (5,), (100, 7)])
def test_every_item_once_and_in_order(book, sizes, linked):
    one = book(sizes, linked=linked)
    assert one.run(one.pager().collect()) == one.items
    assert one.take(one.pager(), 10_000) == one.items
    assert [list(page) for page in one.pages(one.pager())] == one.content
    assert sorted(one.fetched) == sorted([*range(1, len(sizes) + 1)] * 3)


def test_nothing_is_fetched_before_the_first_item_is_asked_for(book):
    one = book()
    pager = one.pager()
    assert repr(pager).endswith("Pager test.things>")
    assert one.fetched == []
    assert one.take(pager, 1) == [0]
    assert one.fetched == [1]


def test_iterating_again_begins_again(book):
    one = book()
    pager = one.pager()
    assert one.take(pager, 4) == one.items[:4]
    assert one.take(pager, 4) == one.items[:4]


@LINKED
@pytest.mark.parametrize(
    ("n", "pages"), [(-1, 0), (0, 0), (1, 1), (3, 1), (4, 2), (6, 2), (7, 3), (30, 10), (31, 11), (1000, 20)]
)
def test_first_fetches_no_more_pages_than_it_needs(book, n, pages, linked):
    one = book((3,) * 20, linked=linked)
    assert one.run(one.pager().first(n)) == one.items[: max(0, n)]
    assert len(one.fetched) == pages


def test_first_counts_on_the_largest_page_it_has_seen(book):
    one = book((3, 0, 3, 3, 3, 3))
    assert one.run(one.pager().first(5)) == [0, 1, 2, 3, 4]
    assert sorted(one.fetched) == [1, 2, 3]


def test_an_early_break_on_the_first_page_costs_one_request_and_on_the_second_at_most_nine(book):
    one = book((2,) * 30)
    assert one.take(one.pager(), 2) == [0, 1]
    assert one.fetched == [1]
    assert one.take(one.pager(), 3) == [0, 1, 2]
    assert len(one.fetched) <= 1 + 1 + IN_FLIGHT


# -- prefetch


def test_eight_pages_are_in_flight_in_threads_and_come_in_order():
    one = Book("sync", (1,) * 30)
    together = threading.Barrier(IN_FLIGHT)

    def fetch(cursor):
        one.enter(cursor)
        if cursor is not None and cursor <= 1 + IN_FLIGHT:
            together.wait(10)  # passes only when eight are in flight at once
        try:
            return one.page(cursor)
        finally:
            one.leave()

    assert one.pager(fetch).collect() == one.items
    assert one.peak == IN_FLIGHT


def test_eight_pages_are_in_flight_in_tasks_and_come_in_order():
    one = Book("async", (1,) * 30)
    gates = {number: asyncio.Event() for number in range(2, 31)}

    async def fetch(cursor):
        one.enter(cursor)
        if cursor is not None:
            if one.in_flight == min(IN_FLIGHT, 31 - cursor):
                for number in sorted(gates, reverse=True):  # the last one asked for answers first
                    gates[number].set()
            await gates[cursor].wait()
        one.leave()
        return one.page(cursor)

    assert one.run(one.pager(fetch).collect()) == one.items
    assert one.peak == IN_FLIGHT
    one.runner.close()


def test_no_thread_is_left():
    one = Book("sync", (1,) * 30)
    before = set(threading.enumerate())
    one.take(one.pager(), 5)
    one.pager().collect()
    for thread in set(threading.enumerate()) - before:
        thread.join(10)
        assert not thread.is_alive()


@pytest.mark.parametrize("closed", [True, False])
def test_no_task_is_left(closed):
    one = Book("async", (1,) * 30)
    never = []

    async def go():
        never.append(asyncio.Event())

        async def fetch(cursor):
            if cursor is not None and cursor > 3:
                await never[0].wait()
            return one.page(cursor)

        items = one.pager(fetch).__aiter__()
        async for item in items:
            if item == 2:
                break
        assert len(asyncio.all_tasks()) == 1 + IN_FLIGHT - 1
        if closed:
            await items.aclose()
        else:  # as a plain `async for … break` leaves it
            del items
            gc.collect()
        while len(asyncio.all_tasks()) > 1:
            await asyncio.sleep(0)

    asyncio.run(go())


def test_prefetched_pages_see_the_caller_s_deadline(book):
    one = book((1,) * 12)
    seen = []

    def fetch(cursor):
        seen.append(allowed.get())
        return one.fetch(cursor)

    async def afetch(cursor):
        return fetch(cursor)

    with deadline(60) as limit:
        if one.is_async:
            one.run(_within(one.pager(afetch)))
        else:
            one.pager(fetch).collect()
    assert seen == [limit] * 12


async def _within(pager):
    return await pager.collect()


# -- errors and cursors


@LINKED
@pytest.mark.parametrize("broken", [1, 2, 5, 12])
def test_an_error_leaves_the_cursor_at_the_page_that_failed(book, broken, linked):
    one = book((2,) * 12, linked=linked, broken=[broken])
    pager, found = one.pager(), []
    with pytest.raises(Gone):
        _drain(one, pager, found)
    assert found == one.items[: 2 * (broken - 1)]
    one.broken.clear()
    assert one.run(one.pager().resume(pager.cursor).collect()) == one.items[2 * (broken - 1) :]


def _drain(one, pager, found):
    if not one.is_async:
        for item in pager:
            found.append(item)
        return

    async def go():
        async for item in pager:
            found.append(item)

    one.run(go())


def test_a_failed_prefetch_is_raised_in_its_turn_and_no_earlier(book):
    one = book((1,) * 9, broken=[7, 8])
    pager, found = one.pager(), []
    with pytest.raises(Gone, match="7"):
        _drain(one, pager, found)
    assert found == [0, 1, 2, 3, 4, 5]


@LINKED
def test_a_list_is_resumed_at_any_item_with_none_lost_and_none_twice(book, linked):
    one = book((3, 0, 4, 1), linked=linked)
    for count in range(1, len(one.items) + 1):
        pager = one.pager()
        assert one.take(pager, count) == one.items[:count]
        if pager.cursor is None:
            assert count == len(one.items)
            continue
        text = json.loads(json.dumps(pager.cursor))  # as it goes to another process
        again = one.pager().resume(text)
        assert again.cursor == text
        assert one.run(again.collect()) == one.items[count:]
        assert again.cursor is None


def test_the_cursor_before_the_first_item_and_after_the_last(book):
    one = book()
    pager = one.pager()
    assert one.run(one.pager().resume(pager.cursor).collect()) == one.items
    one.run(pager.collect())
    assert pager.cursor is None


def test_first_moves_the_cursor_too(book):
    one = book()
    pager = one.pager()
    one.run(pager.first(4))
    assert one.run(one.pager().resume(pager.cursor).first(2)) == one.items[4:6]


def test_pages_move_the_cursor_by_whole_pages(book):
    one = book()
    pager = one.pager()
    if one.is_async:
        one.run(_first_page(pager))
    else:
        pages = pager.pages()
        next(pages)
        pages.close()
    assert one.run(one.pager().resume(pager.cursor).collect()) == one.items[3:]


async def _first_page(pager):
    pages = pager.pages()
    await anext(pages)
    await pages.aclose()


def test_a_page_that_has_shrunk_meanwhile(book):
    one = book((4, 2))
    pager = one.pager()
    one.take(pager, 3)
    one.content[0] = [0]
    assert one.run(one.pager().resume(pager.cursor).collect()) == [4, 5]


@pytest.mark.parametrize("start", [None, ["a", 1], {"after": "x"}, "https://api.example.com/?page=2", 7])
def test_an_address_is_any_json_value(mode, start):
    seen = []

    def fetch(cursor):
        seen.append(cursor)
        return Page([1, 2], [start] if len(seen) == 1 and start is not None else [])

    async def afetch(cursor):
        return fetch(cursor)

    one = Book(mode)
    pager = one.pager(afetch if one.is_async else fetch)
    one.take(pager, 3 if start is not None else 1)
    cursor = pager.cursor
    assert one.run(pager.resume(cursor).collect()) == [2]
    assert seen[-1] == start
    if one.runner is not None:
        one.runner.close()


@pytest.mark.parametrize("chain", [{None: [1], 1: [1]}, {None: [2], 2: [3], 3: [2]}, {None: [2, 3], 2: [], 3: [2]}])
def test_pages_that_go_in_circles_are_an_error(mode, chain):
    one = Book(mode)

    def fetch(cursor):
        return Page(["x"], chain[cursor])

    async def afetch(cursor):
        return fetch(cursor)

    with pytest.raises(UnexpectedResponseError, match="circles"):
        one.run(one.pager(afetch if one.is_async else fetch).collect())
    if one.runner is not None:
        one.runner.close()


def _cursor(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode()


BAD = ["", "nonsense", "é", "\ud800", _cursor(1), _cursor([1]), _cursor([1, 2, 3]), _cursor([1, "x"]), _cursor([1, None]), _cursor({"a": 1, "b": 2}),
       _cursor([1, float("inf")]), base64.urlsafe_b64encode(b"[" * 100_000).decode(), 7]  # fmt: skip


@pytest.mark.parametrize("text", BAD, ids=range(len(BAD)))
def test_what_is_no_cursor_is_refused_at_once(book, text):
    with pytest.raises(InvalidRequestError, match=r"pager\.cursor"):
        book().pager().resume(text)


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_garbage_is_a_cursor_or_refused(text):
    with contextlib.suppress(InvalidRequestError):
        Pager("test.things", lambda _: Page([])).resume(text)


# -- progress and data frames


class Bar:
    """Stands where tqdm stands."""

    made = []

    def __init__(self, **options):
        self.options, self.updates, self.closed = options, [], False
        self.made.append(self)

    def update(self, count):
        self.updates.append(count)

    def close(self):
        self.closed = True


def test_progress_draws_a_bar(book, capsys):
    one = book()
    assert one.run(one.pager().collect(progress=True)) == one.items
    drawn = capsys.readouterr().err
    assert "test.things" in drawn
    assert "8 items" in drawn


def test_progress_counts_items_and_the_bar_is_closed_on_error(book, monkeypatch):
    import tqdm.auto

    monkeypatch.setattr(tqdm.auto, "tqdm", Bar)
    one = book(broken=[3])
    with pytest.raises(Gone):
        one.run(one.pager().collect(progress=True))
    assert (Bar.made[-1].updates, Bar.made[-1].closed) == ([3, 3], True)
    assert Bar.made[-1].options["desc"] == "test.things"


def test_a_data_frame_has_a_row_an_item(mode):
    from unifykit._core.model import Model

    class Thing(Model):
        """A result."""

        size: int

    one = Book(mode)

    def fetch(_):
        return Page([Thing(size=1), Thing(size=2)])

    async def afetch(cursor):
        return fetch(cursor)

    frame = one.run(one.pager(afetch if one.is_async else fetch).to_dataframe())
    assert frame.to_dict("list") == {"size": [1, 2]}
    assert one.run(_plain(one)).to_dict("list") == {"a": [1]}
    if one.runner is not None:
        one.runner.close()


def _plain(one):
    async def afetch(_):
        return Page([{"a": 1}])

    return one.pager(afetch if one.is_async else lambda _: Page([{"a": 1}])).to_dataframe()


@pytest.mark.parametrize(
    ("package", "call"), [("tqdm.auto", lambda p: p.collect(progress=True)), ("pandas", lambda p: p.to_dataframe())]
)
def test_without_the_notebook_extra_the_error_says_what_to_type(book, monkeypatch, package, call):
    monkeypatch.setitem(sys.modules, package, None)
    one = book()
    with pytest.raises(MissingExtraError, match=r"pip install 'unifykit\[notebook\]'"):
        one.run(call(one.pager()))
