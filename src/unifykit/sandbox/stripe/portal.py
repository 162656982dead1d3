"""The customer portal.

https://docs.stripe.com/api/customer_portal/sessions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import missing_param
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()


@routes("POST", "/v1/billing_portal/sessions", "customer return_url locale")
def create(call: Call) -> Json:
    """Open the portal for a customer; its page is on this server."""
    customer = call.named("customer", "customer")
    if customer is None:
        raise missing_param("customer")
    number = call.world.new_id("billing_portal.session")
    return call.world.add({
        "id": number,
        "object": "billing_portal.session",
        "configuration": f"bpc_{call.world.scramble('portal', 24)}",
        "created": call.now,
        "customer": customer["id"],
        "customer_account": None,
        "flow": None,
        "livemode": False,
        "locale": call.fields.text("locale"),
        "on_behalf_of": None,
        "return_url": call.fields.text("return_url"),
        "url": f"{call.base_url}/p/session/{number}",
    })  # fmt: skip
