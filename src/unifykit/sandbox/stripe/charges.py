"""Charges, which payments leave behind.

https://docs.stripe.com/api/charges
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .paging import PAGING, page_of, search
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_SEARCHED = "amount created currency customer metadata refunded status"


@routes("GET", "/v1/charges", f"{PAGING} created customer payment_intent")
def index(call: Call) -> Json:
    """List charges."""
    wanted = {name: call.fields.text(name) for name in ("customer", "payment_intent")}
    found = call.world.kind("charge").values()
    return page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])


@routes("GET", "/v1/charges/search", "query limit page")
def find(call: Call) -> Json:
    """Search charges."""
    return search(call, call.world.kind("charge").values(), _SEARCHED)


@routes("GET", "/v1/charges/{id}")
def read(call: Call) -> Json:
    """One charge."""
    return call.target("charge")


@routes("POST", "/v1/charges/{id}", "description metadata receipt_email")
def update(call: Call) -> Json:
    """Change what is noted of a charge."""
    charge = call.target("charge")
    charge["metadata"] = call.fields.metadata(charge["metadata"])
    call.fields.copy_to(charge, texts="description receipt_email")
    call.world.emit("charge.updated", charge)
    return charge
