"""`FakePlatforms` and `AsyncFakePlatforms`: the whole library in memory, for unit tests without any server."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

from unifykit import settings
from unifykit._core.clock import Clock
from unifykit._core.operation import Described
from unifykit.platforms import PROVIDERS, AsyncPlatforms, Platforms
from unifykit.testing.answers import Answers, Call, Prepared
from unifykit.testing.clock import VirtualClock
from unifykit.testing.doubles import make_double
from unifykit.testing.shapes import AnswerError, find

if TYPE_CHECKING:
    from unifykit._core.client import Client
    from unifykit.events import Observer

__all__ = ["AsyncFakePlatforms", "FakePlatforms"]

_NOWHERE = "https://fake.invalid"  # https://www.rfc-editor.org/rfc/rfc2606#section-2

_SETTINGS: Mapping[str, Mapping[str, str]] = {
    "agora": {
        "app_id": "0123456789abcdef" * 2, "app_certificate": "fedcba9876543210" * 2,
        "customer_id": "fake", "customer_secret": "fake", "base_url": _NOWHERE,
    },
    "github": {"token": "fake", "base_url": _NOWHERE},
    "gitlab": {"token": "fake", "base_url": _NOWHERE},
    "logrocket": {"api_key": "fake:app:key", "base_url": _NOWHERE},
    "mapbox": {"access_token": "pk.eyJ1IjoiZmFrZSJ9.fake", "base_url": _NOWHERE},
    "openai": {"api_key": "fake", "base_url": f"{_NOWHERE}/v1"},
    "redis": {"redis_url": "rediss://fake.invalid:6379/0"},
    "stripe": {"secret_key": "sk_test_fake", "publishable_key": "pk_test_fake", "base_url": _NOWHERE},
    "supabase": {"url": _NOWHERE, "key": "sb_secret_fake"},
}  # fmt: skip


def _settings(provider: str) -> settings.ProviderSettings:
    model: type[settings.ProviderSettings] = getattr(settings, PROVIDERS[provider][1])
    return model.make(_SETTINGS[provider])


class _Fake:
    """What both fakes share."""

    def __init__(self) -> None:
        self._answers = Answers()

    def when(self, operation: str | Callable[..., Any], /, *args: Any, **kwargs: Any) -> Prepared:
        """Begin the answer to calls of an operation. Of several that match a call, the latest counts.

        Args:
            operation: Its name, ``"stripe.customers.get"``, as errors, events and logs have it; or the method itself,
                ``fake.stripe.customers.get``.
            args: Arguments; only calls with these get this answer. Those left out may be anything.
            kwargs: Arguments by name.

        Raises:
            AnswerError: There is no such operation, or it takes no such arguments.

        Example:
            >>> from unifykit import NotFoundError
            >>> from unifykit.testing import FakePlatforms
            >>> fake = FakePlatforms()
            >>> fake.when("redis.cache.get", "greeting").returns("Bonjour").raises(NotFoundError)
            <when redis.cache.get(key='greeting')>
            >>> fake.redis.cache.get("greeting")
            'Bonjour'
        """
        return self._answers.when(_name(operation), *args, **kwargs)

    def calls(self, operation: str | Callable[..., Any] | None = None, /, *args: Any, **kwargs: Any) -> list[Call]:
        """The calls that were made, in order; calls that were refused for their arguments are none.

        Args:
            operation: Only calls of this operation.
            args: Only calls with these arguments.
            kwargs: Arguments by name.

        Raises:
            AnswerError: There is no such operation, or it takes no such arguments.
        """
        if operation is None:
            return list(self._answers.calls)
        shape = find(_name(operation))
        wanted = Prepared(shape, shape.bind(*args, **kwargs))
        return [call for call in self._answers.calls if call.operation == shape.name and wanted.matches(call)]

    def _doubled(self, client: "Client[Any]") -> "Client[Any]":
        client.link.shared[Answers] = self._answers
        make_double(client)
        return client


class FakePlatforms(_Fake, Platforms):
    """A `Platforms` that reaches no platform: its operations answer what the test has programmed, and remember their calls.

    ```python
    fake = FakePlatforms()
    fake.when("stripe.customers.get").returns(sample(Customer, email="ada@example.com"))
    ```

    Arguments are refused as ever, and observers see every operation. It has no retries and no limits: nothing is sent.
    What needs no platform (Agora's tokens, a list of no keys) is really done.

    Args:
        clock: Time; a `VirtualClock` by default, so that pollers do not wait.
        observers: Callables that are told every event.
    """

    def __init__(self, *, clock: Clock | None = None, observers: "Iterable[Observer]" = ()) -> None:
        _Fake.__init__(self)
        Platforms.__init__(self, clock=clock or VirtualClock(now=0.0), observers=observers)

    def _settings(self, provider: str, account: str) -> Any:  # noqa: ARG002 -- there is every account
        return _settings(provider)

    def _mentioned(self, provider: str) -> bool:  # noqa: ARG002 -- there is every platform
        return True

    def _make(self, provider: str, account: str) -> "Client[Any]":
        return self._doubled(super()._make(provider, account))


class AsyncFakePlatforms(_Fake, AsyncPlatforms):
    """An `AsyncPlatforms` that reaches no platform. See `FakePlatforms`.

    Args:
        clock: Time; a `VirtualClock` by default, so that pollers do not wait.
        observers: Callables that are told every event.
    """

    def __init__(self, *, clock: Clock | None = None, observers: "Iterable[Observer]" = ()) -> None:
        _Fake.__init__(self)
        AsyncPlatforms.__init__(self, clock=clock or VirtualClock(now=0.0), observers=observers)

    def _settings(self, provider: str, account: str) -> Any:  # noqa: ARG002 -- there is every account
        return _settings(provider)

    def _mentioned(self, provider: str) -> bool:  # noqa: ARG002 -- there is every platform
        return True

    def _make(self, provider: str, account: str) -> "Client[Any]":
        return self._doubled(super()._make(provider, account))


def _name(operation: str | Callable[..., Any]) -> str:
    """The name of an operation, or of a method of a double."""
    if isinstance(operation, str):
        return operation
    resource: Any = getattr(operation, "__self__", None)
    described = inspect.getattr_static(resource.__class__, getattr(operation, "__name__", ""), None)
    if not isinstance(described, Described):
        raise AnswerError(f"{operation!r} is no operation: give a name, or a method such as fake.stripe.customers.get.")
    return f"{resource._client.provider}.{described.name}"  # noqa: SLF001
