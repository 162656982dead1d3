"""What Stripe's resources share: one request over stripe-python, models from the reply's bytes, pages by cursor."""

import functools
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict

from unifykit._core.context import current
from unifykit._core.mode import M
from unifykit._core.operation import Resource
from unifykit.paging import Page
from unifykit.providers.stripe.arguments import filters, idempotency

if TYPE_CHECKING:
    import stripe

    from unifykit.providers.stripe.models import Thing

T = TypeVar("T", bound="Thing")

Cursor = str
"""The id of the last thing on a page, or a search's own page token."""

PER_PAGE = 100
"""The most that Stripe gives on a page.

https://docs.stripe.com/api/pagination
"""


class Listing(BaseModel, Generic[T]):
    """A list as Stripe sends it."""

    model_config: ClassVar[ConfigDict] = ConfigDict(hide_input_in_errors=True)

    data: list[T]
    has_more: bool = False
    next_page: str | None = None


@functools.cache
def _listing(model: Any) -> Any:
    return Listing[model]


class StripeResource(Resource[M], Generic[M]):
    """Operations over stripe-python's raw requests: its authentication, encoding and exceptions, our models from the bytes."""

    async def ask(self, step: Callable[["stripe.StripeClient"], Awaitable[None]]) -> None:
        """Call the SDK; the only thing that a body may await."""
        answer = step(self._client.built)
        if self._client.is_async:
            await answer  # in sync mode the SDK's one client has answered already

    async def fetch(
        self, verb: str, path: str, params: Mapping[str, Any] | None = None, *, key: str | None = None
    ) -> bytes:
        """One request; returns the reply's bytes.

        Where the caller gave no key for a write, the SDK makes one: once, above the wire, so every attempt carries the same.
        """
        own_key = idempotency(key)
        await self.ask(functools.partial(_send, self._client.is_async, verb, path, params or {}, own_key))
        op = current.get()
        assert op is not None
        assert op.last is not None
        return op.last.body

    async def fetch_page(
        self, model: type[T], cursor: Cursor | None, path: str, params: Mapping[str, Any] | None = None
    ) -> Page[T, Cursor]:
        """One page of a list, from after the cursor on."""
        wanted = {"limit": PER_PAGE, **filters(params or {}), **({"starting_after": cursor} if cursor else {})}
        found: Listing[T] = _listing(model).model_validate_json(await self.fetch("get", path, wanted))
        return Page(found.data, [found.data[-1].id] if found.has_more and found.data else [])

    async def fetch_found(self, model: type[T], cursor: Cursor | None, path: str, query: str) -> Page[T, Cursor]:
        """One page of a search."""
        wanted = {"query": query, "limit": PER_PAGE, **({"page": cursor} if cursor else {})}
        found: Listing[T] = _listing(model).model_validate_json(await self.fetch("get", path, wanted))
        return Page(found.data, [found.next_page] if found.has_more and found.next_page else [])


def _send(  # noqa: PLR0917 -- the parts of a request
    is_async: bool, verb: str, path: str, params: Mapping[str, Any], key: str | None, client: "stripe.StripeClient"
) -> Awaitable[None]:
    options = {} if key is None else {"idempotency_key": key}
    send: Any = client.raw_request_async if is_async else client.raw_request  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    answer: Awaitable[None] = send(verb, path, **params, **options)
    return answer
