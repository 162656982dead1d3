"""The items of subscriptions, one by one.

https://docs.stripe.com/api/subscription_items
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import missing_param
from .paging import PAGING, page_of
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()


@routes("GET", "/v1/subscription_items", f"{PAGING} subscription")
def index(call: Call) -> Json:
    """The items of a subscription."""
    subscription = call.named("subscription", "subscription")
    if subscription is None:
        raise missing_param("subscription")
    return page_of(call, list(reversed(subscription["items"]["data"])))


@routes("GET", "/v1/subscription_items/{id}")
def read(call: Call) -> Json:
    """One item."""
    return call.target("subscription_item")
