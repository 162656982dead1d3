"""Checkout sessions.

https://docs.stripe.com/api/checkout/sessions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing
from .catalogue import blank_product, make_price
from .errors import invalid, missing_param, not_implemented
from .paging import PAGING, page_of
from .recurring import check_prices
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call
    from .forms import Fields
    from .state import World

Json = dict[str, Any]
routes: Routes = Routes()
_NULL = (
    "adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total billing_address_collection "
    "cancel_url client_reference_id client_secret collected_information consent consent_collection currency "
    "currency_conversion customer customer_account customer_creation customer_details customer_email discounts "
    "integration_identifier invoice invoice_creation locale origin_context payment_intent payment_link "
    "payment_method_collection payment_method_configuration_details permissions recovered_from "
    "saved_payment_method_options setup_intent shipping_address_collection shipping_cost submit_type subscription "
    "success_url wallet_options"
)
_TEXTS = "cancel_url client_reference_id customer_email locale success_url submit_type"
_TAKES = (
    f"{_TEXTS} mode line_items customer metadata expires_at payment_intent_data subscription_data payment_method_types "
    "allow_promotion_codes customer_creation payment_method_collection billing_address_collection ui_mode currency"
)
_DAY = 86_400
_SOONEST, _LATEST = 1_800, _DAY


@routes("POST", "/v1/checkout/sessions", _TAKES)
def create(call: Call) -> Json:
    """Open a session; its page is on this server."""
    world, fields = call.world, call.fields
    mode = fields.choice("mode", "payment subscription setup")
    if mode is None:
        raise missing_param("mode")
    if mode == "setup":
        raise not_implemented("a checkout session of the mode setup", param="mode")
    if fields.choice("ui_mode", "hosted embedded custom hosted_page embedded_page elements") not in (
        None,
        "hosted",
        "hosted_page",
    ):
        raise not_implemented("a checkout page within another page", param="ui_mode")
    customer = call.named("customer", "customer")
    if customer is not None and "customer_email" in fields:
        raise invalid("You may only specify one of these parameters: customer, customer_email.", param="customer")
    fields.need("success_url")
    expires = fields.integer("expires_at") or call.now + _DAY
    if not _SOONEST <= expires - call.now <= _LATEST:
        raise invalid(
            "The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.", param="expires_at"
        )
    lines = _lines(call, mode)
    plan = _plan(call, mode)
    session = _session(call, mode, customer, lines)
    session["expires_at"] = expires
    world.lines[session["id"]] = lines
    world.plans[session["id"]] = plan
    return world.add(session)


def _session(call: Call, mode: str, customer: Json | None, lines: list[Json]) -> Json:
    fields, number = call.fields, call.world.new_id("checkout.session")
    amount = sum(line["amount_total"] for line in lines)
    session: Json = {
        "id": number,
        "object": "checkout.session",
        **dict.fromkeys(_NULL.split()),
        "amount_subtotal": amount,
        "amount_total": amount,
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "created": call.now,
        "currency": lines[0]["currency"],
        "custom_fields": [],
        "custom_text": dict.fromkeys(("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")),
        "customer": customer["id"] if customer else None,
        "expires_at": 0,
        "livemode": False,
        "metadata": fields.metadata(),
        "mode": mode,
        "payment_method_collection": fields.choice("payment_method_collection", "always if_required"),
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": _kinds(fields),
        "payment_status": "unpaid",
        "phone_number_collection": {"enabled": False},
        "shipping_options": [],
        "status": "open",
        "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
        "ui_mode": "hosted_page",
        "url": f"{call.base_url}/c/pay/{number}",
    }
    fields.copy_to(session, texts=_TEXTS, booleans="allow_promotion_codes")
    session["billing_address_collection"] = fields.choice("billing_address_collection", "auto required")
    if mode == "payment":
        creation = fields.choice("customer_creation", "always if_required") or "if_required"
        session["customer_creation"] = None if customer else creation
    else:
        session |= {"customer_creation": None if customer else "always"}
        session["payment_method_collection"] = session["payment_method_collection"] or "always"
    return session


def _kinds(fields: Fields) -> list[str]:
    kinds = fields.texts("payment_method_types") or ["card"]
    if kinds != ["card"]:
        raise not_implemented(f"the payment methods {', '.join(kinds)}", param="payment_method_types")
    return kinds


def _lines(call: Call, mode: str) -> list[Json]:
    found: list[Json] = []
    for number, item in enumerate(call.fields.groups("line_items", "price price_data quantity")):
        price = _price(call.world, item)
        if mode == "payment" and price["type"] != "one_time":
            said = "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use only one-time prices."
            raise invalid(said, param=f"line_items[{number}]")
        quantity = item.integer("quantity", least=1)
        if quantity is None:
            raise missing_param(item.param("quantity"))
        cost = billing.cost_of(price, quantity)
        found.append({
            "id": call.world.new_id("item"),
            "object": "item",
            "adjustable_quantity": None,
            "amount_discount": 0,
            "amount_subtotal": cost,
            "amount_tax": 0,
            "amount_total": cost,
            "currency": price["currency"],
            "description": call.world.kind("product")[price["product"]]["name"],
            "metadata": {},
            "price": price,
            "quantity": quantity,
        })  # fmt: skip
    if not found:
        raise missing_param("line_items")
    regular = [line["price"] for line in found if line["price"]["type"] == "recurring"]
    if mode == "subscription" and not regular:
        said = "You must provide at least one recurring price in `subscription` mode when using prices."
        raise invalid(said, param="line_items")
    check_prices([(price, "line_items") for price in regular])
    if len({line["currency"] for line in found}) > 1:
        raise invalid("All prices must have the same currency.", param="line_items")
    return found


def _price(world: World, item: Fields) -> Json:
    data = item.group(
        "price_data", "currency product product_data recurring unit_amount unit_amount_decimal tax_behavior"
    )
    if data is None:
        return world.named("price", item.need("price"), item.param("price"))
    about = data.group("product_data", "name description images metadata")
    if about is None:
        product = world.named("product", data.need("product"), data.param("product"))
    else:
        product = world.add({**blank_product(world), "name": about.need("name"), "metadata": about.metadata()})
        product |= {"description": about.text("description"), "images": about.texts("images")}
    return world.add(make_price(world, data, product))


def _plan(call: Call, mode: str) -> Json:
    """What the payment or the subscription shall be, read now so that it is refused now and not when it is paid."""
    other = "payment_intent_data" if mode == "subscription" else "subscription_data"
    if other in call.fields:
        raise invalid(f"You can not pass `{other}` in `{mode}` mode.", param=other)
    given = call.fields.group(
        "payment_intent_data", "description metadata capture_method receipt_email setup_future_usage"
    )
    if given is not None:
        made: Json = {"metadata": given.metadata()}
        given.copy_to(made, texts="description receipt_email")
        made["capture_method"] = given.choice("capture_method", "automatic automatic_async manual") or "automatic_async"
        made["setup_future_usage"] = given.choice("setup_future_usage", "off_session on_session")
        return made
    given = call.fields.group("subscription_data", "description metadata trial_period_days")
    if given is None:
        return {}
    days = given.integer("trial_period_days", least=1)
    return {"metadata": given.metadata(), "description": given.text("description"), "_trial_days": days}


@routes("GET", "/v1/checkout/sessions", f"{PAGING} created customer payment_intent status subscription")
def index(call: Call) -> Json:
    """List sessions."""
    wanted = {name: call.fields.text(name) for name in ("customer", "payment_intent", "subscription")}
    wanted["status"] = call.fields.choice("status", "complete expired open")
    found = call.world.kind("checkout.session").values()
    return page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])


@routes("GET", "/v1/checkout/sessions/{id}")
def read(call: Call) -> Json:
    """One session."""
    return call.target("checkout.session")


@routes("GET", "/v1/checkout/sessions/{id}/line_items", PAGING)
def line_items(call: Call) -> Json:
    """What is bought."""
    return page_of(call, list(reversed(call.world.lines[call.target("checkout.session")["id"]])))


@routes("POST", "/v1/checkout/sessions/{id}/expire")
def expire(call: Call) -> Json:
    """Close an open session."""
    session = call.target("checkout.session")
    if session["status"] != "open":
        said = f'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session has a status of {session["status"]}.'
        raise invalid(said)
    session |= {"status": "expired", "url": None, "expires_at": call.now}
    call.world.emit("checkout.session.expired", session)
    return session
