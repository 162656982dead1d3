"""One body, two modes: operations, pagers, streams, and what is held."""

import asyncio
import contextlib
import contextvars
import inspect

import pytest
from tests.core.toy import AsyncTwinSdk, Things, Toy, TwinSdk, toy

from unifykit import (
    AsyncPager,
    ConfigurationError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    MissingExtraError,
    NotFoundError,
    Pager,
    RateLimit,
    RateLimitedError,
    Retry,
    UnexpectedResponseError,
    deadline,
)
from unifykit._core.context import current
from unifykit._core.held import Held
from unifykit._core.operation import Bound, Paged
from unifykit._core.outcome import Kind, Outcome, Quota, Safety
from unifykit._core.stream import Streamed
from unifykit.events import OutcomeEvent, StartEvent
from unifykit.testing import VirtualClock


class Told(list):
    """The events, as pairs of a word and the operation."""

    def __call__(self, event):
        self.append(event)

    @property
    def short(self):
        return [("start", e.operation) if isinstance(e, StartEvent) else (e.error, e.operation) for e in self]


@pytest.fixture
def told():
    return Told()


@pytest.fixture
def client(mode, told):
    return toy(mode, told)


@pytest.fixture
def run(mode):
    """Calls and, in async mode, awaits."""
    if mode == "sync":
        yield lambda call: call()
        return
    with asyncio.Runner() as runner:

        async def go(call):
            found = call()
            return await found if inspect.isawaitable(found) else found

        yield lambda call: runner.run(go(call), context=contextvars.copy_context())


# -- operations


def test_an_operation_returns_its_result_and_is_told(client, run, told):
    assert run(lambda: client.things.get(7)) == 7
    assert run(client.me) == "me"
    assert told.short == [("start", "things.get"), (None, "things.get"), ("start", "me"), (None, "me")]
    first, last = told[:2]
    assert (first.provider, first.call) == ("toy", last.call)
    assert told[2].call != first.call


def test_the_operation_is_known_inside_and_forgotten_outside(client, run):
    seen = []
    run(lambda: client.things.get(7, seen=seen))
    assert (seen[0].name, seen[0].safety) == ("things.get", Safety.SAFE)
    assert current.get() is None
    with pytest.raises(InvalidRequestError):
        run(lambda: client.things.get(OSError(), seen=seen))
    assert current.get() is None


def test_what_the_sdk_raises_is_translated_and_stays_the_cause(client, run, told):
    cause = KeyError("x")
    with pytest.raises(InvalidRequestError) as caught:
        run(lambda: client.things.get(cause))
    assert caught.value.__cause__ is cause
    assert (caught.value.provider, caught.value.operation) == ("toy", "things.get")
    assert told.short[-1] == ("InvalidRequestError", "things.get")


def test_our_own_errors_pass_with_their_own_cause(client, run):
    mine = NotFoundError("gone", operation="elsewhere")
    mine.__cause__ = cause = KeyError()
    with pytest.raises(NotFoundError) as caught:
        run(lambda: client.things.get(mine))
    assert caught.value is mine
    assert (mine.__cause__, mine.provider, mine.operation) == (cause, "toy", "elsewhere")


def test_an_error_carries_what_the_engine_knows(client, run):
    outcome = Outcome(Kind.TRANSIENT, error="broken")
    facts = {
        "attempts": 3,
        "phase": "retry wait",
        "note": "the wait of 90 s does not fit",
        "retry_after": 90.0,
        "outcome": outcome,
    }
    with pytest.raises(ConnectionFailedError) as caught:
        run(lambda: client.things.note(**facts))
    error = caught.value
    assert (error.attempts, error.phase, error.retry_after, error.maybe_executed) == (3, "retry wait", 90.0, False)
    assert error.message.endswith("; the wait of 90 s does not fit.")
    with pytest.raises(ConnectionFailedError) as caught:
        run(lambda: client.things.note(**facts, maybe_executed=True))
    assert (caught.value.maybe_executed, caught.value.retry_after) == (True, None)  # repeating it may not help
    own = RateLimitedError("limited.", retry_after=5.0, attempts=1, phase="quota wait")
    with pytest.raises(RateLimitedError) as caught:
        run(lambda: client.things.note(**facts, error=own))
    assert (own.attempts, own.phase, own.retry_after) == (1, "quota wait", 5.0)


def test_an_interruption_passes_and_is_told(client, run, told):
    with pytest.raises(KeyboardInterrupt):
        run(lambda: client.things.get(KeyboardInterrupt()))
    assert told.short[-1] == ("KeyboardInterrupt", "things.get")
    assert current.get() is None


def test_the_caller_s_own_errors_pass_as_they_are(client, run, told):
    mine = ZeroDivisionError()

    def callback():
        raise mine

    with pytest.raises(ZeroDivisionError) as caught:
        run(lambda: client.things.call_back(callback))
    assert caught.value is mine
    assert told.short[-1] == ("ZeroDivisionError", "things.call_back")


def test_a_cancelled_operation_is_told(told):
    client = toy("async", told)

    async def go():
        task = asyncio.create_task(client.things.hang())
        while not told:
            await asyncio.sleep(0)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    asyncio.run(go())
    assert told.short == [("start", "things.hang"), ("CancelledError", "things.hang")]


def test_an_operation_that_ended_is_over(client, run):
    seen = []
    run(lambda: client.things.get(7, seen=seen))
    with pytest.raises(InvalidRequestError):
        run(lambda: client.things.get(OSError(), seen=seen))
    assert [op.over for op in seen] == [True, True]


def test_a_coroutine_that_is_thrown_away_is_quiet():
    client = toy("async")
    holder = []

    async def go():
        holder.append(client.things.hang())
        holder[0].send(None)

    async def elsewhere():
        holder[0].close()  # in another context than it began in

    asyncio.run(go())
    asyncio.run(elsewhere())


@pytest.mark.parametrize("broken", ["wait", "nest"])
def test_a_body_that_awaits_something_else_says_so(told, broken):
    client = toy("sync", told)
    with pytest.raises(RuntimeError, match=r"await nothing but self\.ask") as caught:
        getattr(client.things, broken)()
    assert not isinstance(caught.value, InvalidRequestError)
    assert told.short[-1] == ("RuleBrokenError", f"things.{broken}")
    assert current.get() is None


def test_another_type_error_is_the_provider_s(client, run):
    with pytest.raises(InvalidRequestError, match="unsupported operand"):
        run(client.things.confuse)


def test_a_wrong_call_is_a_type_error_and_no_operation(client, run, told):
    with pytest.raises(TypeError, match="what"):
        run(client.things.get)
    assert told == []


def test_an_sdk_with_a_client_for_each_mode(mode, run):
    client = toy(mode, settings=AsyncTwinSdk if mode == "async" else TwinSdk)
    assert run(lambda: client.twins.get(3)) == 3


def test_on_the_class_the_operations_describe_themselves():
    found = {name: getattr(Things, name) for name in ("get", "list", "stream", "hold")}
    assert [type(one) for one in found.values()] == [Bound, Paged, Streamed, Held]
    assert [one.name for one in found.values()] == [f"things.{name}" for name in found]
    assert (found["get"].safety, found["list"].safety, found["hold"].safety) == (
        Safety.SAFE,
        Safety.SAFE,
        Safety.UNSAFE,
    )
    assert Toy.me.name == "me"
    assert found["get"].__doc__ == "Ask for anything; an exception is raised."


@pytest.mark.parametrize("name", ["get", "list", "stream", "hold"])
def test_a_bound_operation_looks_like_its_body(client, name):
    bound = getattr(client.things, name)
    assert (bound.__name__, bound.__doc__) == (name, getattr(Things, name).__doc__)
    assert (
        list(inspect.signature(bound).parameters)
        == {"get": ["what", "seen"], "list": ["start", "pages"], "stream": ["items"], "hold": ["value"]}[name]
    )


def test_reprs_say_what_they_are(client, mode):
    assert repr(client) == f"<Toy {mode}>"
    assert repr(client.things) == "<toy.things>"


# -- deadlines


def test_an_async_operation_is_cut_off_at_its_deadline(told):
    client = toy("async", told)

    async def go():
        with deadline(0.02):
            await client.things.hang()

    with pytest.raises(DeadlineExceededError) as caught:
        asyncio.run(go())
    assert (caught.value.phase, caught.value.maybe_executed, caught.value.operation) == ("attempt", True, "things.hang")
    assert "0.02 s" in str(caught.value)
    assert told.short[-1] == ("DeadlineExceededError", "things.hang")


def test_a_timeout_of_the_sdk_s_own_is_not_taken_for_the_deadline(run, mode):
    client = toy(mode, timeout=60.0)
    with pytest.raises(InvalidRequestError, match="TimeoutError: of its own"):
        run(lambda: client.things.get(TimeoutError("of its own")))


def test_our_deadline_error_passes_through_the_deadline(run, mode):
    client = toy(mode, timeout=60.0)
    with pytest.raises(DeadlineExceededError, match="mine"):
        run(lambda: client.things.get(DeadlineExceededError("mine")))


def test_the_nearer_of_timeout_and_deadline_counts(mode, run):
    clock, seen = VirtualClock(), []
    client = toy(mode, clock=clock, timeout=10.0)
    for seconds in (4, 40):
        with deadline(seconds, clock=clock):
            run(lambda: client.things.get(1, seen=seen))
    assert [op.deadline.seconds for op in seen] == [4, 10]


@pytest.mark.parametrize("seconds", [5.0, 50.0])
def test_a_body_s_pause_ends_at_the_deadline(mode, run, seconds):
    clock = VirtualClock()
    client = toy(mode, clock=clock)

    async def pause():
        await client.twins.pause(seconds)

    def go():
        if mode == "async":
            return pause()
        with contextlib.suppress(StopIteration):
            pause().send(None)
        return None

    run(go)
    assert clock.slept == [seconds]
    from unifykit._core.context import Deadline, Operation

    token = current.set(Operation("toy", "x", deadline=Deadline(clock.now() + 9, 9)))
    try:
        run(go)
    finally:
        current.reset(token)
    assert clock.slept[1:] == [min(9.0, seconds)]


# -- pagers


def test_a_list_operation_gives_the_pager_of_the_mode(client, mode, run, told):
    pager = client.things.list(10, pages=4)
    assert type(pager) is (AsyncPager if mode == "async" else Pager)
    assert told == []
    assert run(pager.collect) == [10, 11, 12, 13]
    assert told.short == [("start", "things.list"), (None, "things.list")] * 4  # each page is an operation


def test_a_wrong_call_of_a_list_fails_at_once(client):
    with pytest.raises(TypeError, match="start"):
        client.things.list()
    with pytest.raises(TypeError, match="colour"):
        client.things.list(1, colour="red")


# -- streams


def take(mode, stream, count):
    """Items until `count`, within the stream's block."""
    if mode == "sync":
        with stream as items:
            return [item for _, item in zip(range(count), items, strict=False)]

    async def go():
        found = []
        async with stream as items:
            async for item in items:
                found.append(item)
                if len(found) == count:
                    break
        return found

    return go()


def test_a_stream_gives_items_and_is_one_operation(client, mode, run, told):
    assert run(lambda: take(mode, client.things.stream(1, 2, 3), 99)) == [1, 2, 3]
    assert told.short == [("start", "things.stream"), (None, "things.stream")]
    assert client.native.log == [1, 2, 3, "closed"]


def test_a_stream_is_closed_on_break(client, mode, run, told):
    assert run(lambda: take(mode, client.things.stream(1, 2, 3), 1)) == [1]
    assert client.native.log == [1, "closed"]
    assert told[0].stream
    assert told.short == [("start", "things.stream"), (None, "things.stream")]


def test_a_stream_that_was_never_read_asks_nothing(client, mode, run, told):
    assert run(
        lambda: take(mode, client.things.stream(), 0) if mode == "async" else client.things.stream().close()
    ) in ([], None)
    assert told.short in ([], [("start", "things.stream"), (None, "things.stream")])


def test_closing_an_unread_stream_is_no_operation(client, mode, run, told):
    stream = client.things.stream(1)
    run(stream.close if mode == "sync" else stream.aclose)
    assert (told, client.__dict__.get("_built")) == ([], None)


def test_an_error_in_a_stream_is_translated_and_ends_it(client, mode, run, told):
    stream = client.things.stream(1, KeyError("x"), 3)
    with pytest.raises(InvalidRequestError) as caught:
        run(lambda: take(mode, stream, 99))
    assert isinstance(caught.value.__cause__, KeyError)
    assert [item for item in client.native.log if item in (1, 3, "closed")] == [1, "closed"]
    assert told.short == [("start", "things.stream"), ("InvalidRequestError", "things.stream")]
    assert run(lambda: take(mode, stream, 99)) == []
    assert len(told) == 2


def test_a_stream_may_come_to_a_value(client, mode, run, told):
    stream = client.things.count(1, 2, 3)
    with pytest.raises(InvalidRequestError, match=r"toy.things.count: the stream has no final value"):
        _ = stream.final
    assert run(lambda: take(mode, stream, 99)) == [1, 2, 3]
    assert stream.final == 3
    assert told.short == [("start", "things.count"), (None, "things.count")]
    assert client.native.log == [1, 2, 3, None, "closed"]


def test_a_stream_that_was_left_early_has_no_value(client, mode, run):
    stream = client.things.count(1, 2, 3)
    assert run(lambda: take(mode, stream, 2)) == [1, 2]
    with pytest.raises(InvalidRequestError, match="iterate to its end"):
        _ = stream.final


def test_an_error_after_the_value_is_raised(client, mode, run, told):
    stream = client.things.count(1, late=OSError("cut"))
    with pytest.raises(InvalidRequestError, match="cut"):
        run(lambda: take(mode, stream, 99))
    assert told.short[-1] == ("InvalidRequestError", "things.count")


def test_a_stream_of_plain_items_has_no_value(client, mode, run):
    stream = client.things.stream(1)
    run(lambda: take(mode, stream, 99))
    with pytest.raises(InvalidRequestError):
        _ = stream.final


def test_the_caller_s_error_counts_more_than_the_stream_s(client, mode, run):
    def go():
        stream = client.things.fragile(OSError("when closed"))
        if mode == "sync":
            with stream as items:
                next(items)
                raise ZeroDivisionError
        return _fail_inside(stream)

    with pytest.raises(ZeroDivisionError):
        run(go)
    with pytest.raises(InvalidRequestError, match="when closed"):
        run(lambda: take(mode, client.things.fragile(OSError("when closed")), 1))


async def _fail_inside(stream):
    async with stream as items:
        await anext(items)
        raise ZeroDivisionError


# -- held


def inside(mode, block, work=lambda value: value):
    if mode == "sync":
        with block as value:
            return work(value)

    async def go():
        async with block as value:
            return work(value)

    return go()


def fail(_):
    raise ZeroDivisionError


def test_what_is_held_is_undone(client, mode, run, told):
    assert run(lambda: inside(mode, client.things.hold(5))) == 5
    assert client.native.log == ["taken", "undone"]
    assert told.short == [("start", "things.hold"), (None, "things.hold")] * 2


@pytest.mark.parametrize("name", ["hold", "hold_tightly"])
def test_what_is_held_is_undone_when_the_block_fails(client, mode, run, name):
    arguments = (5,) if name == "hold" else ()
    with pytest.raises(ZeroDivisionError):
        run(lambda: inside(mode, getattr(client.things, name)(*arguments), fail))
    assert client.native.log[-1] == "undone"


def test_an_error_when_undoing_is_translated_unless_the_caller_has_one(client, mode, run):
    with pytest.raises(InvalidRequestError, match="cannot"):
        run(lambda: inside(mode, client.things.hold_tightly(OSError("cannot"))))
    with pytest.raises(ZeroDivisionError):
        run(lambda: inside(mode, client.things.hold_tightly(OSError("cannot")), fail))


@pytest.mark.parametrize(("name", "word"), [("hold_nothing", "yield once"), ("hold_twice", "only once")])
def test_a_held_body_yields_exactly_once(client, mode, run, name, word):
    with pytest.raises(RuntimeError, match=word):
        run(lambda: inside(mode, getattr(client.things, name)()))


# -- the client


def test_options_make_a_client_that_shares_the_account(client):
    other = client.with_options(retry=Retry.off(), timeout=5.0)
    assert other is client.with_options(timeout=5.0, retry=Retry.off())
    assert other.link.engine.account is client.link.engine.account
    assert (other.link.engine.policy.timeout, client.link.engine.policy.timeout) == (5.0, None)
    assert (
        client.with_options(rate_limit=RateLimit(rate=1)).link.engine.account.budget
        is client.link.engine.account.budget
    )
    with pytest.raises(ConfigurationError):
        client.with_options(timeout=0)


def test_no_more_clients_under_other_options_are_kept_than_make_sense(client):
    for number in range(1, 200):
        client.with_options(timeout=float(number))
    assert len(client.link.variants) == 64


def test_another_account_is_a_sibling(mode):
    client = toy(mode, sibling=lambda account: f"account {account}")
    assert client["bot"] == "account bot"


def test_the_quota_as_far_as_known(client):
    assert client.quota == {}
    client.link.engine.account.quota.learn("core", Quota(60, 5, None), 0.0, 0.0, 0.0)
    assert client.quota["core"].remaining == 5


def test_the_native_client_is_built_once(client):
    assert client.native is client.native is client.built
    assert type(Toy.native).__name__ == "Native"


def test_a_missing_sdk_is_said_at_the_first_use(mode, run):
    def missing():
        raise ModuleNotFoundError("No module named 'toy'", name="toy")

    client = toy(mode, settings=missing)
    with pytest.raises(MissingExtraError, match=r"pip install 'unifykit\[toy\]'"):
        run(client.me)


def test_a_client_is_never_pickled(client):
    import pickle

    with pytest.raises(TypeError, match="credential"):
        pickle.dumps(client)


class Shared:
    """Something that clients share."""

    def __init__(self):
        self.closed = []

    def close(self):
        self.closed.append("close")


class AsyncShared(Shared):
    """Something that belongs to a loop."""

    async def aclose(self):
        self.closed.append("aclose")


def test_what_clients_share_is_made_once_and_closed(client):
    link = client.link
    plain, looped = link.share("plain", Shared), link.share("looped", AsyncShared)
    link.share("nothing", object)
    assert link.share("plain", Shared) is plain
    assert client.with_options(timeout=1.0).link.share("plain", Shared) is plain
    link.close()
    assert (plain.closed, looped.closed) == (["close"], ["close"])
    asyncio.run(link.aclose())
    assert (plain.closed, looped.closed) == (["close"] * 2, ["close", "close", "aclose"])


def test_a_reply_that_makes_no_sense(client, run):
    with pytest.raises(UnexpectedResponseError):
        run(lambda: client.things.note(attempts=1, outcome=Outcome(Kind.OK, status=200)))


def test_outcomes_count_seconds_attempts_and_waits(mode, run, told):
    clock = VirtualClock()
    client = toy(mode, told, clock=clock)
    with pytest.raises(ConnectionFailedError):
        run(lambda: client.things.note(attempts=2, waited=1.5, outcome=Outcome(Kind.TRANSIENT, error="broken")))
    last = told[-1]
    assert isinstance(last, OutcomeEvent)
    assert (last.attempts, last.waited, last.seconds) == (2, 1.5, 0.0)


def test_a_timeout_counts_for_each_item_of_a_stream(mode, run):
    clock, seen = VirtualClock(), []
    client = toy(mode, clock=clock, timeout=10.0)

    def note():
        seen.append(current.get().deadline.at - clock.now())
        clock.advance(8.0)

    client.native.call = lambda what: note()
    run(lambda: take(mode, client.things.stream(1, 2, 3), 99))
    assert seen == [10.0] * 4
