"""A cache that all processes share.

https://redis.io/docs/latest/develop/use/patterns/
"""

import functools
import hashlib
import inspect
import json
import typing
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ParamSpec, Self, cast

from typing_extensions import TypeVar

from unifykit._core.client import Client
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.redis.codec import Seconds, decode, encode, key, lifetime, milliseconds, stable
from unifykit.providers.redis.resource import Claim, RedisResource
from unifykit.providers.redis.scripts import INCREASE

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", default=Any)

_KIND = "cache"


class Cache(RedisResource[M]):
    """`p.redis.cache`: values as JSON, with a time to live, and computed once among all processes.

    The key ``"user:1"`` is Redis's key ``cache:{user:1}``. Values are what JSON can hold, pydantic models, dataclasses,
    dates and decimals; reading gives JSON's types unless `into` names another.
    """

    def __init__(self, client: Client[M], prefix: str = "") -> None:
        super().__init__(client)
        self._prefix = prefix

    def namespace(self, name: str) -> Self:
        """The same cache with `name` in front of every key: two parts of an application cannot collide.

        Example:
            >>> prices = p.redis.cache.namespace("prices")
            >>> prices.set("eur", 1.08, ttl=60)
            >>> p.redis.cache.get("prices:eur")
            1.08
        """
        if not name:
            raise InvalidRequestError("the namespace is empty: give it a name.")
        return type(self)(self._client, f"{self._prefix}{name}:")

    def _key(self, name: str) -> str:
        return key(_KIND, f"{self._prefix}{name}") if name else key(_KIND, "")

    @operation(SAFE)
    async def get(self, key: str, default: T | None = None, *, into: type[T] | None = None) -> T | None:
        """The value under a key, or `default` if there is none.

        https://redis.io/docs/latest/commands/get/

        Args:
            key: Its key.
            default: What to return instead of a value that is not there.
            into: The type to validate into, such as a pydantic model or ``list[int]``; plain JSON when None.

        Raises:
            UnexpectedResponseError: What is stored is not of that type.

        Example:
            >>> p.redis.cache.set("greeting", {"text": "hello"}, ttl=60)
            >>> p.redis.cache.get("greeting")
            {'text': 'hello'}
            >>> p.redis.cache.get("nothing here", 0)
            0
        """
        name = self._key(key)
        body = await self.ask(lambda r: r.get(name))
        return default if body is None else decode(cast("bytes", body), into)

    @operation(IDEMPOTENT)
    async def set(self, key: str, value: Any, *, ttl: Seconds | None) -> None:
        """Store a value.

        https://redis.io/docs/latest/commands/set/

        Args:
            key: Its key.
            value: What to store.
            ttl: Seconds, or a timedelta, after which it is gone; None to keep it.

        Example:
            >>> p.redis.cache.set("answer", 42, ttl=60)
            >>> p.redis.cache.get("answer", into=int)
            42
        """
        name, body, span = self._key(key), encode(value), lifetime(ttl)
        await self.ask(lambda r: r.set(name, body, px=span or None))

    @operation(IDEMPOTENT)
    async def get_or_set(
        self,
        key: str,
        factory: Callable[[], Any],
        *,
        ttl: Seconds | None,
        into: type[T] | None = None,
        lease: Seconds = 30,
    ) -> T:
        """The value under a key; if there is none, one caller among all processes computes it while the others wait.

        If the factory raises, its error goes to its caller, and one of those who wait computes next. They wait on the
        server, as long as the operation's own deadline allows.

        Args:
            key: Its key.
            factory: Computes the value; may be async where the client is. It runs in the caller's thread or loop.
            ttl: Seconds, or a timedelta, for which the value stays; None to keep it.
            into: The type to validate into; plain JSON when None.
            lease: Seconds, or a timedelta, after which a caller that died while computing is given up. A computation
                that takes longer is done twice.

        Example:
            >>> p.redis.cache.get_or_set("rate", lambda: 1.08, ttl=60)
            1.08
            >>> p.redis.cache.get_or_set("rate", lambda: 2.0, ttl=60)
            1.08
        """
        name = f"{self._prefix}{key}" if key else ""
        claim = Claim(_KIND, name, lifetime(ttl), milliseconds(lease, "lease"))

        async def make() -> bytes:
            return encode(await self.call(factory))

        return decode(await self.compute_once(claim, make), into)

    @operation(IDEMPOTENT)
    async def delete(self, *keys: str) -> int:
        """Remove keys; returns how many were there.

        https://redis.io/docs/latest/commands/del/

        Args:
            keys: Their keys.

        Example:
            >>> p.redis.cache.set("old", 1, ttl=60)
            >>> p.redis.cache.delete("old", "older")
            1
        """
        names = [self._key(name) for name in keys]
        return int(await self.ask(lambda r: r.delete(*names))) if names else 0

    @operation(SAFE)
    async def exists(self, key: str) -> bool:
        """Whether there is a value under a key.

        https://redis.io/docs/latest/commands/exists/

        Args:
            key: Its key.

        Example:
            >>> p.redis.cache.exists("nothing here")
            False
        """
        name = self._key(key)
        return bool(await self.ask(lambda r: r.exists(name)))

    @operation(UNSAFE)
    async def incr(self, key: str, by: int = 1, *, ttl: Seconds | None = None) -> int:
        """Add to a number, in one step; returns the sum. A key that is not there counts as 0.

        https://redis.io/docs/latest/commands/incrby/

        Args:
            key: Its key.
            by: What to add; may be negative.
            ttl: Seconds, or a timedelta, that a new key lives; the life of one that is there is left alone.

        Raises:
            InvalidRequestError: The value is no whole number.

        Example:
            >>> p.redis.cache.incr("visits", ttl=3600)
            1
            >>> p.redis.cache.incr("visits", 2)
            3
        """
        return int(await self.run(INCREASE, [self._key(key)], int(by), lifetime(ttl)))

    @operation(SAFE)
    async def many(self, keys: Iterable[str], *, into: type[T] | None = None) -> dict[str, T]:
        """The values under several keys, in one round trip; keys without a value are left out.

        https://redis.io/docs/latest/commands/mget/

        Args:
            keys: Their keys.
            into: The type to validate each into; plain JSON when None.

        Example:
            >>> p.redis.cache.set_many({"a": 1, "b": 2}, ttl=60)
            >>> p.redis.cache.many(["a", "b", "c"])
            {'a': 1, 'b': 2}
        """
        wanted = list(keys)
        if not wanted:
            return {}
        names = [self._key(name) for name in wanted]
        bodies = cast("list[bytes | None]", await self.ask(lambda r: r.mget(names)))
        return {name: decode(body, into) for name, body in zip(wanted, bodies, strict=True) if body is not None}

    @operation(IDEMPOTENT)
    async def set_many(self, values: Mapping[str, Any], *, ttl: Seconds | None) -> None:
        """Store several values, in one round trip.

        Args:
            values: The values by their keys.
            ttl: Seconds, or a timedelta, after which they are gone; None to keep them.

        Example:
            >>> p.redis.cache.set_many({"x": 1, "y": [2, 3]}, ttl=60)
            >>> p.redis.cache.get("y")
            [2, 3]
        """
        span = lifetime(ttl)
        bodies = {self._key(name): encode(value) for name, value in values.items()}

        def store(r: Any) -> Any:
            pipe = r.pipeline(transaction=False)
            for name, body in bodies.items():
                pipe.set(name, body, px=span or None)
            return pipe.execute()

        if bodies:
            await self.ask(store)

    def cached(self, *, ttl: Seconds | None, lease: Seconds = 30) -> Callable[[Callable[P, R]], Callable[P, R]]:
        """Make a function remember its results, for all processes: see `get_or_set`.

        The key is the function's qualified name and its arguments, which must be what JSON can hold; for a method that
        includes ``self``. The result is validated into the function's return annotation.

        Args:
            ttl: Seconds, or a timedelta, for which a result stays; None to keep it.
            lease: Seconds after which a caller that died while computing is given up.

        Raises:
            InvalidRequestError: The function is async and this client is not, or the other way round.

        Example:
            >>> @p.redis.cache.cached(ttl=60)
            ... def square(number: int) -> int:
            ...     print("computing")
            ...     return number * number
            >>> square(7), square(number=7)
            computing
            (49, 49)
        """
        lifetime(ttl)  # refused here, not at the first call
        milliseconds(lease, "lease")

        def decorate(function: Callable[P, R]) -> Callable[P, R]:
            if inspect.iscoroutinefunction(function) is not self._client.is_async:
                wanted = "an async" if self._client.is_async else "a plain"
                raise InvalidRequestError(f"cached() of this client takes {wanted} function, and {function!r} is none.")
            return cast("Callable[P, R]", self._remembering(function, ttl, lease))

        return decorate

    def _remembering(self, function: Callable[..., Any], ttl: Seconds | None, lease: Seconds) -> Callable[..., Any]:
        signature = inspect.signature(function)
        into = _returned(function)
        get_or_set: Any = cast("Cache[Any]", self).get_or_set

        @functools.wraps(function)
        def remembered(*args: Any, **kwargs: Any) -> Any:
            name = _call_key(function, signature, args, kwargs)
            return get_or_set(name, functools.partial(function, *args, **kwargs), ttl=ttl, into=into, lease=lease)

        if not self._client.is_async:
            return remembered

        @functools.wraps(function)
        async def aremembered(*args: Any, **kwargs: Any) -> Any:
            return await remembered(*args, **kwargs)

        return aremembered


def _returned(function: Callable[..., Any]) -> Any:
    try:
        said = typing.get_type_hints(function).get("return")
    except (NameError, TypeError, AttributeError):
        return None
    return None if said is Any else said


def _call_key(
    function: Callable[..., Any], signature: inspect.Signature, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> str:
    bound = signature.bind(*args, **kwargs)
    bound.apply_defaults()
    name = f"{function.__module__}.{function.__qualname__}"
    try:
        told = json.dumps(stable(dict(bound.arguments)), sort_keys=True, separators=(",", ":"))
    except ValueError as error:
        raise InvalidRequestError(f"an argument of {name}() is nothing that JSON can hold: {error}.") from error
    return f"{name}:{hashlib.sha256(told.encode()).hexdigest()}"
