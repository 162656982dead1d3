"""The ASGI app."""

from __future__ import annotations

from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NoReturn

from starlette.applications import Starlette
from starlette.routing import Route

from . import (
    account,
    catalogue,
    charges,
    checkout,
    customers,
    endpoints,
    invoice_items,
    invoices,
    payment_intents,
    payment_methods,
    portal,
    refunds,
    subscription_items,
    subscriptions,
)
from .errors import Refusal, not_implemented
from .gateway import Gateway
from .pages import page_routes
from .routing import Operation
from .state import World

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request
    from starlette.responses import Response

    from .call import Call

DEFAULT_KEYS: Mapping[str, str] = MappingProxyType({"sk_test_sandbox": "acct_1SandboxUnifykit"})
_MODULES = (
    account, catalogue, charges, checkout, customers, endpoints, invoice_items, invoices, payment_intents, payment_methods,
    portal, refunds, subscription_items, subscriptions,
)  # fmt: skip
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]


def _now() -> datetime:
    return datetime.now(UTC)


def _nowhere(call: Call) -> NoReturn:
    if not call.path.startswith(("/v1/", "/v2/")):
        said = f"Unrecognized request URL ({call.method}: {call.path}). Please see https://stripe.com/docs."
        raise Refusal(404, said)
    raise not_implemented(f"{call.method} {call.path}")


def create_app(
    *,
    keys: Mapping[str, str] = DEFAULT_KEYS,
    base_url: str = "",
    clock: Callable[[], datetime] = _now,
    latency: float = 0.0,
) -> Starlette:
    """Make a counterpart of Stripe's API whose state lives as long as the app.

    Args:
        keys: Account ids by secret key; each account has objects of its own.
        base_url: What addresses in replies begin with; by default the host the client used.
        clock: What tells the time; aware. As it goes on, trials end and subscriptions renew.
        latency: Seconds that each request takes.

    Returns:
        The app. It must run in a single process.
    """
    accounts = {account: World(account, clock) for account in keys.values()}
    gateway = Gateway({key: accounts[account] for key, account in keys.items()}, base_url, latency)
    operations = [operation for module in _MODULES for operation in module.routes.operations]
    # A fixed path is tried before one with a placeholder that would take it in.
    operations.sort(key=lambda operation: operation.path.count("{"))
    routes = [_route(gateway, operation, [operation.method]) for operation in operations]
    fallback = Operation("*", "/{rest:path}", "", _nowhere)
    app = Starlette(routes=[*routes, *page_routes(list(accounts.values())), _route(gateway, fallback, _METHODS)])
    app.router.redirect_slashes = False
    app.state.worlds = list(accounts.values())
    return app


def _route(gateway: Gateway, operation: Operation, methods: list[str]) -> Route:
    async def endpoint(request: Request) -> Response:
        return await gateway.respond(request, operation)

    return Route(operation.path, endpoint, methods=methods)
