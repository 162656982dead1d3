"""Customers.

https://docs.stripe.com/api/customers
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import missing_param
from .paging import PAGING, page_of, search
from .routing import Routes
from .wallet import attach, method_for

if TYPE_CHECKING:
    from .call import Call
    from .forms import Fields
    from .state import World

Json = dict[str, Any]
routes: Routes = Routes()
ADDRESS = "city country line1 line2 postal_code state"
_TEXTS = "description email name phone"
_NULL = "address currency default_source description discount email name phone shipping test_clock"
_TAKES = f"{_TEXTS} address balance invoice_prefix invoice_settings metadata preferred_locales shipping tax_exempt"
_SEARCHED = "created email metadata name phone"


def blank_customer(world: World) -> Json:
    """A customer of whom nothing is known."""
    number = world.new_id("customer")
    return {
        "id": f"cus_{number[4:18]}",
        "object": "customer",
        **dict.fromkeys(_NULL.split()),
        "balance": 0,
        "created": world.now,
        "delinquent": False,
        "invoice_prefix": number[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None, "default_payment_method": None, "footer": None, "rendering_options": None
        },
        "livemode": False,
        "metadata": {},
        "next_invoice_sequence": 1,
        "preferred_locales": [],
        "tax_exempt": "none",
    }  # fmt: skip


@routes("POST", "/v1/customers", f"{_TAKES} payment_method")
def create(call: Call) -> Json:
    """Make a customer."""
    customer = blank_customer(call.world)
    _write(call, customer)
    given = call.fields.text("payment_method")
    call.world.add(customer)
    if given is not None:
        try:
            attach(call.world, method_for(call.world, given, "payment_method"), customer)
        except BaseException:
            call.world.remove(customer)
            raise
    call.world.emit("customer.created", customer)
    return customer


@routes("GET", "/v1/customers", f"{PAGING} created email")
def index(call: Call) -> Json:
    """List customers."""
    email = call.fields.text("email")
    found = call.world.kind("customer").values()
    return page_of(call, [one for one in found if email is None or one["email"] == email])


@routes("GET", "/v1/customers/search", "query limit page")
def find(call: Call) -> Json:
    """Search customers."""
    return search(call, call.world.kind("customer").values(), _SEARCHED)


@routes("GET", "/v1/customers/{id}")
def read(call: Call) -> Json:
    """One customer; of a deleted one its id remains."""
    if call.world.deleted.get(call.ids["id"]) == "customer":
        return {"id": call.ids["id"], "object": "customer", "deleted": True}
    return call.target("customer")


@routes("POST", "/v1/customers/{id}", _TAKES)
def update(call: Call) -> Json:
    """Change a customer."""
    customer = call.target("customer")
    before = dict(customer)
    _write(call, customer)
    changed = {name: before[name] for name in customer if before[name] != customer[name]}
    call.world.emit("customer.updated", customer, changed)
    return customer


@routes("DELETE", "/v1/customers/{id}")
def delete(call: Call) -> Json:
    """Delete a customer; what it subscribed to is cancelled."""
    from .billing import end_subscription

    customer = call.target("customer")
    for subscription in call.world.kind("subscription").values():
        if subscription["customer"] == customer["id"]:
            end_subscription(call.world, subscription)
    for method in call.world.kind("payment_method").values():
        if method["customer"] == customer["id"]:
            method["customer"] = None
    call.world.emit("customer.deleted", customer)
    return call.world.remove(customer)


@routes("GET", "/v1/customers/{id}/payment_methods", f"{PAGING} type")
def methods(call: Call) -> Json:
    """The payment methods of a customer."""
    customer, kind = call.target("customer"), call.fields.text("type")
    found = call.world.kind("payment_method").values()
    return page_of(call, [one for one in found if one["customer"] == customer["id"] and kind in (None, one["type"])])


def _write(call: Call, customer: Json) -> None:
    fields = call.fields
    customer["metadata"] = fields.metadata(customer["metadata"])
    settings = fields.group("invoice_settings", "default_payment_method footer")
    if settings is not None and "default_payment_method" in settings:
        given = settings.text("default_payment_method")
        if given is not None:
            call.world.named("payment_method", given, settings.param("default_payment_method"))
        customer["invoice_settings"] = {**customer["invoice_settings"], "default_payment_method": given}
    if settings is not None:
        settings.copy_to(customer["invoice_settings"], texts="footer")
    fields.copy_to(customer, texts=f"{_TEXTS} invoice_prefix", integers="balance")
    if "address" in fields:
        customer["address"] = address_of(fields)
    if "shipping" in fields:
        customer["shipping"] = shipping_of(fields)
    if "preferred_locales" in fields:
        customer["preferred_locales"] = fields.texts("preferred_locales")
    customer["tax_exempt"] = fields.choice("tax_exempt", "none exempt reverse") or customer["tax_exempt"]


def address_of(fields: Fields) -> Json | None:
    """An address as it was given."""
    given = fields.group("address", ADDRESS)
    return None if given is None else {name: given.text(name) for name in ADDRESS.split()}


def shipping_of(fields: Fields) -> Json | None:
    """Where to ship to, as it was given."""
    given = fields.group("shipping", "address name phone carrier tracking_number")
    if given is None:
        return None
    address = address_of(given)
    if address is None:
        raise missing_param(given.param("address"))
    return {
        "address": address,
        "carrier": given.text("carrier"),
        "name": given.need("name"),
        "phone": given.text("phone"),
        "tracking_number": given.text("tracking_number"),
    }
