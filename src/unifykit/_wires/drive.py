"""Doing what the engine decides: one driver for each mode, for every stack."""

import asyncio
import threading
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from unifykit._core.clock import Clock
from unifykit._core.context import Deadline, Operation, allowed, current
from unifykit._core.engine import Engine, Moment
from unifykit._core.outcome import Outcome, Park, Request, Send, Wait
from unifykit._wires import tap

R = TypeVar("R")

NATIVE = "native"
"""The name of what the SDK's own client does outside of any operation."""


@dataclass(slots=True, eq=False)
class Port(Generic[R]):
    """How a stack is spoken to.

    Attributes:
        judge: What a reply means.
        blame: What a failure means, or None if it is no failure of the exchange.
        discard: Frees a reply that nobody will read.
    """

    judge: Callable[[R], Outcome]
    blame: Callable[[Exception], Outcome | None]
    discard: Callable[[R], Any]


def operation_for(engine: Engine, clock: Clock) -> tuple[Operation, Deadline | None]:
    """The operation that this request belongs to, a nameless one for the SDK's own client, and its deadline."""
    op = current.get()
    if op is None or op.provider != engine.provider:
        op = Operation(engine.provider, NATIVE)
        timeout = engine.policy.timeout
        if timeout is not None:
            op.deadline = Deadline(clock.now() + timeout, timeout)
    return op, op.sooner(allowed.get())


def drive(  # noqa: PLR0917 -- the ports of one machine
    engine: Engine, clock: Clock, request: Request, port: Port[R], send: Callable[[float], R],
    op: Operation, limit: Deadline | None,
) -> R:  # fmt: skip
    """Perform one request in this thread. Raises the engine's refusals, else what the stack raised last."""
    send = send if tap.installed is None else tap.under(engine, send)
    plan = engine.plan(request, op, limit, Moment(clock.now(), clock.wall()))
    reply: R | None = None
    failure: Exception | None = None
    outcome: Outcome | None = None
    step = next(plan)
    try:
        while True:
            if isinstance(step, Send):
                failure = reply = None
                try:
                    reply = send(step.timeout)
                    outcome = port.judge(reply)
                except Exception as error:
                    outcome, failure = port.blame(error), error
                    if outcome is None:
                        raise
            elif isinstance(step, Wait):
                _drop(port, reply)
                clock.sleep(step.seconds)
            else:
                _park(engine, step)
            try:
                step = plan.send(Moment(clock.now(), clock.wall(), outcome))
            except StopIteration:
                break
    except BaseException as error:
        plan.close()
        _drop(port, reply)
        if failure is not None and error is not failure:
            raise error from failure
        raise
    if failure is not None:
        raise failure
    assert reply is not None
    return reply


def _drop(port: Port[R], reply: R | None) -> None:
    if reply is not None:
        port.discard(reply)


def _park(engine: Engine, step: Park) -> None:
    ready = threading.Event()
    if engine.account.limiter.arm(step.ticket, ready.set):
        ready.wait(step.seconds)


async def adrive(  # noqa: PLR0917 -- see `drive`
    engine: Engine, clock: Clock, request: Request, port: Port[R], send: Callable[[float], Awaitable[R]],
    op: Operation, limit: Deadline | None,
) -> R:  # fmt: skip
    """Perform one request in this task. Raises the engine's refusals, else what the stack raised last."""
    send = send if tap.installed is None else tap.aunder(engine, send)
    plan = engine.plan(request, op, limit, Moment(clock.now(), clock.wall()))
    reply: R | None = None
    failure: Exception | None = None
    outcome: Outcome | None = None
    step = next(plan)
    try:
        while True:
            if isinstance(step, Send):
                failure = reply = None
                try:
                    reply = await send(step.timeout)
                    outcome = port.judge(reply)
                except Exception as error:
                    outcome, failure = port.blame(error), error
                    if outcome is None:
                        raise
            elif isinstance(step, Wait):
                await _adrop(port, reply)
                await clock.asleep(step.seconds)
            else:
                await _apark(engine, step)
            try:
                step = plan.send(Moment(clock.now(), clock.wall(), outcome))
            except StopIteration:
                break
    except BaseException as error:
        plan.close()
        await _adrop(port, reply)
        if failure is not None and error is not failure:
            raise error from failure
        raise
    if failure is not None:
        raise failure
    assert reply is not None
    return reply


async def _adrop(port: Port[R], reply: R | None) -> None:
    if reply is not None:
        freed = port.discard(reply)
        if freed is not None:
            await freed


async def _apark(engine: Engine, step: Park) -> None:
    loop = asyncio.get_running_loop()
    ready = loop.create_future()

    def wake() -> None:  # once at most
        loop.call_soon_threadsafe(ready.set_result, None)

    if engine.account.limiter.arm(step.ticket, wake):
        await asyncio.wait([ready], timeout=step.seconds)
