"""Where WebSockets lead to, and how often to try: the engine decides, as for every other request."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any, TypeVar
from urllib.parse import urlencode

from pydantic import SecretStr

from unifykit._core.client import Client
from unifykit._core.context import Exchange, Operation, allowed, current
from unifykit._core.dialect import judge
from unifykit._core.engine import Engine
from unifykit._core.operation import SAFE
from unifykit._core.outcome import Kind, Outcome, Request
from unifykit._wires.drive import Port, adrive
from unifykit._wires.tls import is_certificate_error
from unifykit._wires.websockets import Connection, LostError, RefusedError
from unifykit.errors import (
    AuthenticationError,
    InvalidRequestError,
    PermissionDeniedError,
    RateLimitedError,
    UnifyError,
)

T = TypeVar("T")

_OPENED = 101
_ERRORS = 400
_ENDLESS = 2**31
_BUCKET = "realtime"
_FINAL = (AuthenticationError, PermissionDeniedError, InvalidRequestError)  # all else may pass: gateways restart


def _nothing() -> bool:
    return False


@dataclass(frozen=True, repr=False)
class Endpoint:
    """Where to connect, and what a refusal means.

    Attributes:
        client: Its engine decides, its clock waits.
        url: The address without the key.
        key: The project's key, which travels in the query.
        refused: The error for the reason that the server gives.
    """

    client: Client[Any]
    url: str
    key: SecretStr
    refused: Callable[[str], UnifyError]

    def of(self, client: Client[Any]) -> "Endpoint":
        """The same for another client of the account, whose options count then."""
        return replace(self, client=client)

    def open(self) -> Awaitable[Connection]:
        """Connect."""
        key = self.key.get_secret_value()
        return Connection.open(f"{self.url}?{urlencode({'apikey': key, 'vsn': '1.0.0'})}", key)

    async def once(self, attempt: Callable[[], Awaitable[T]], sent: Callable[[], bool] = _nothing) -> T:
        """Do this as a part of the running operation, as often as the engine says; `sent` tells whether the server may have done it."""
        op = current.get()
        assert op is not None
        return await self._driven(self.client.link.engine, attempt, op, sent)

    async def until_done(self, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Do this as an operation of its own, again and again with the engine's backoff, until it succeeds or is refused for good.

        Raises:
            UnifyError: It was refused for good.
        """
        client = self.client
        engine, retry = client.link.engine, client.link.engine.policy.retry
        # a line that was there once is not given up, and repairing it takes nothing from the account's calls
        patient = replace(retry, max_attempts=_ENDLESS, transient_cost=0, throttle_cost=0)
        engine = engine.with_policy(replace(engine.policy, retry=patient))
        while True:
            op = client.begin(name, SAFE)
            op.deadline = None
            token = current.set(op)
            try:
                found = await self._driven(engine, attempt, op, _nothing)
            except Exception as error:
                uniform = client.failed(op, error)
                if isinstance(uniform, _FINAL):
                    raise uniform from error
                pause = max(uniform.retry_after or 0.0, retry.cap)
            except BaseException as error:
                client.cut_off(op, error)
                raise
            else:
                client.succeeded(op)
                return found
            finally:
                current.reset(token)
            await client.link.clock.asleep(pause)

    async def _driven(
        self, engine: Engine, attempt: Callable[[], Awaitable[T]], op: Operation, sent: Callable[[], bool]
    ) -> T:
        async def send(seconds: float) -> tuple[T]:
            async with asyncio.timeout(seconds):
                return (await attempt(),)

        port: Port[tuple[T]] = Port(
            lambda _: Outcome(Kind.OK, status=_OPENED), lambda error: self._blame(error, op, sent()), lambda _: None
        )
        request = Request(op.safety or SAFE, bucket=_BUCKET)
        limit = op.sooner(allowed.get())
        return (await adrive(engine, self.client.link.clock, request, port, send, op, limit))[0]

    def _blame(self, error: Exception, op: Operation, executed: bool) -> Outcome | None:
        op.last = None
        if isinstance(error, RefusedError):
            op.last = Exchange(error.status, error.headers, error.body)
            if error.status < _ERRORS:
                return Outcome(Kind.FINAL, status=error.status)
            wall = self.client.link.clock.wall()
            return judge(self.client.dialect, error.status, error.headers, lambda: error.body, wall)
        if isinstance(error, UnifyError):
            limited = isinstance(error, RateLimitedError)
            kind = Kind.THROTTLED if limited else Kind.TRANSIENT if error.retryable else Kind.FINAL
            return Outcome(kind, executed=False, error="refused")
        if isinstance(error, TimeoutError):
            return Outcome(Kind.TRANSIENT, executed=executed, error="timeout", timeout=True)
        if isinstance(error, OSError | LostError):
            kind = Kind.FINAL if is_certificate_error(error) else Kind.TRANSIENT
            return Outcome(kind, executed=executed, error="broken" if isinstance(error, LostError) else "connect")
        return None
