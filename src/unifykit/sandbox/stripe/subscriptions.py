"""Subscriptions.

https://docs.stripe.com/api/subscriptions
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing, recurring
from .changing import ITEM, change_items, invoice_pending, price_of
from .errors import invalid, missing_param, no_such
from .paging import PAGING, embedded, page_of, search
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call
    from .state import World

Json = dict[str, Any]
routes: Routes = Routes()
_NULL = (
    "application application_fee_percent billing_cycle_anchor_config billing_thresholds cancel_at canceled_at "
    "customer_account days_until_due default_payment_method default_source description ended_at latest_invoice "
    "next_pending_invoice_item_invoice on_behalf_of pause_collection pending_invoice_item_interval pending_setup_intent "
    "pending_update schedule test_clock transfer_data trial_end trial_start"
)
_TAKES = (
    "cancel_at cancel_at_period_end collection_method days_until_due default_payment_method description items metadata "
    "off_session payment_behavior payment_settings proration_behavior trial_end trial_settings"
)
_BEHAVIORS = "allow_incomplete default_incomplete error_if_incomplete pending_if_incomplete"
_STATUSES = "active past_due unpaid canceled incomplete incomplete_expired trialing paused all ended"
_SEARCHED = "created metadata status"
_DAY = 86_400


@routes("POST", "/v1/subscriptions", f"{_TAKES} customer currency trial_period_days")
def create(call: Call) -> Json:
    """Subscribe a customer, and bill for the first period."""
    world, fields = call.world, call.fields
    customer = call.named("customer", "customer")
    if customer is None:
        raise missing_param("customer")
    wanted = _items(call)
    if not wanted:
        raise missing_param("items")
    recurring.check_prices([(price, f"items[{number}][price]") for number, (price, _, _) in enumerate(wanted)])
    behavior = fields.choice("payment_behavior", _BEHAVIORS) or "allow_incomplete"
    days, until = fields.integer("trial_period_days", least=1), _trial_end(call)
    if days is not None and until is not None:
        raise invalid("You cannot set both `trial_end` and `trial_period_days`.", param="trial_end")
    until = call.now + days * _DAY if days is not None else until
    subscription = blank(world, customer["id"], wanted[0][0]["currency"])
    _write(call, subscription)
    if subscription["collection_method"] == "send_invoice" and subscription["days_until_due"] is None:
        raise invalid(
            "You must specify `days_until_due` when collection_method is send_invoice.", param="days_until_due"
        )
    _must_be_payable(world, customer, subscription, wanted, behavior, trial=until is not None)
    return open_subscription(world, subscription, wanted, until, behavior)


def open_subscription(
    world: World, subscription: Json, wanted: list[tuple[Json, int, Json]], until: int | None, behavior: str
) -> Json:
    """Let a subscription begin."""
    for price, _, _ in wanted:
        world.kind("price").setdefault(price["id"], price)
    world.add(subscription)
    if until is not None:
        subscription |= {
            "status": "trialing",
            "trial_start": world.now,
            "trial_end": until,
            "billing_cycle_anchor": until,
        }
    for price, quantity, metadata in wanted:
        every = price["recurring"]
        end = until or recurring.later(world.now, every["interval"], every["interval_count"], world.now)
        recurring.make_item_of(world, subscription, price, quantity, metadata, (world.now, end))
    recurring.start(world, subscription, behavior)
    return subscription


def _must_be_payable(
    world: World,
    customer: Json,
    subscription: Json,
    wanted: list[tuple[Json, int, Json]],
    behavior: str,
    *,
    trial: bool,
) -> None:
    free = trial or sum(billing.cost_of(price, quantity) for price, quantity, _ in wanted) == 0
    sent = subscription["collection_method"] == "send_invoice" or behavior == "default_incomplete"
    if not free and not sent and billing.default_method(world, customer, subscription) is None:
        raise invalid(billing.NO_METHOD, code="resource_missing")


def blank(world: World, customer: str, currency: str) -> Json:
    """A subscription that has not begun."""
    number = world.new_id("subscription")
    return {
        "id": number,
        "object": "subscription",
        **dict.fromkeys(_NULL.split()),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_cycle_anchor": world.now,
        "billing_mode": {"type": "classic", "flexible": None},
        "billing_schedules": [],
        "cancel_at_period_end": False,
        "cancellation_details": {"comment": None, "feedback": None, "reason": None},
        "collection_method": "charge_automatically",
        "created": world.now,
        "currency": currency,
        "customer": customer,
        "default_tax_rates": [],
        "discounts": [],
        "invoice_settings": {"account_tax_ids": None, "issuer": {"type": "self"}},
        "items": embedded([], f"/v1/subscription_items?subscription={number}"),
        "livemode": False,
        "metadata": {},
        "payment_settings": {
            "payment_method_options": None, "payment_method_types": None, "save_default_payment_method": "off"
        },
        "start_date": world.now,
        "status": "active",
        "trial_settings": {"end_behavior": {"missing_payment_method": "create_invoice"}},
    }  # fmt: skip


def _items(call: Call) -> list[tuple[Json, int, Json]]:
    found: list[tuple[Json, int, Json]] = []
    for item in call.fields.groups("items", ITEM):
        quantity = item.integer("quantity", least=0)
        found.append((price_of(call.world, item), 1 if quantity is None else quantity, item.metadata()))
    return found


def _trial_end(call: Call) -> int | None:
    if call.fields.text("trial_end") == "now":
        return None
    until = call.fields.integer("trial_end")
    if until is not None and until <= call.now:
        raise invalid("Invalid timestamp: must be an integer Unix timestamp in the future.", param="trial_end")
    return until


def _write(call: Call, subscription: Json) -> None:
    fields = call.fields
    subscription["metadata"] = fields.metadata(subscription["metadata"])
    wanted = fields.choice("collection_method", "charge_automatically send_invoice")
    subscription["collection_method"] = wanted or subscription["collection_method"]
    if "default_payment_method" in fields:
        method = call.named("payment_method", "default_payment_method")
        if method is not None and method["customer"] != subscription["customer"]:
            said = "The customer does not have a payment method with the ID given. The payment method must be attached to the customer."
            raise invalid(said, param="default_payment_method", code="resource_missing")
        subscription["default_payment_method"] = method["id"] if method else None
    fields.copy_to(
        subscription, texts="description", integers="days_until_due cancel_at", booleans="cancel_at_period_end"
    )
    settings = fields.group("payment_settings", "save_default_payment_method payment_method_types")
    if settings is not None:
        made = dict(subscription["payment_settings"])
        made["save_default_payment_method"] = settings.choice("save_default_payment_method", "off on_subscription")
        made["payment_method_types"] = settings.texts("payment_method_types") or None
        subscription["payment_settings"] = made
    trial = fields.group("trial_settings", "end_behavior")
    end = trial.group("end_behavior", "missing_payment_method") if trial else None
    if end is not None:
        what = end.choice("missing_payment_method", "cancel create_invoice pause")
        subscription["trial_settings"] = {"end_behavior": {"missing_payment_method": what}}


@routes("GET", "/v1/subscriptions", f"{PAGING} created customer price status collection_method")
def index(call: Call) -> Json:
    """List subscriptions; those that are over only when asked for."""
    fields = call.fields
    status = fields.choice("status", _STATUSES)
    customer, price, method = fields.text("customer"), fields.text("price"), fields.text("collection_method")
    found = [one for one in call.world.kind("subscription").values() if _in_status(one, status)]
    found = [one for one in found if customer in (None, one["customer"]) and method in (None, one["collection_method"])]
    return page_of(call, [one for one in found if price is None or _has(one, price)])


@routes("GET", "/v1/customers/{id}/subscriptions", PAGING)
def of_customer(call: Call) -> Json:
    """The subscriptions of a customer."""
    customer = call.target("customer")
    found = call.world.kind("subscription").values()
    return page_of(call, [one for one in found if one["customer"] == customer["id"] and _in_status(one, None)])


def _in_status(subscription: Json, status: str | None) -> bool:
    over = ("canceled", "incomplete_expired")
    if status == "ended":
        return subscription["status"] in over
    return (
        status == "all" or subscription["status"] == status or (status is None and subscription["status"] != "canceled")
    )


def _has(subscription: Json, price: str) -> bool:
    return any(item["price"]["id"] == price for item in recurring.items_of(subscription))


@routes("GET", "/v1/subscriptions/search", "query limit page")
def find(call: Call) -> Json:
    """Search subscriptions."""
    return search(call, call.world.kind("subscription").values(), _SEARCHED)


@routes("GET", "/v1/subscriptions/{id}")
def read(call: Call) -> Json:
    """One subscription."""
    return call.target("subscription")


@routes("POST", "/v1/subscriptions/{id}", f"{_TAKES} pause_collection cancellation_details")
def update(call: Call) -> Json:
    """Change a subscription; items that change are prorated."""
    world, subscription = call.world, call.target("subscription")
    if subscription["status"] in ("canceled", "incomplete_expired"):
        said = "A canceled subscription can only update its cancellation_details and metadata."
        if any(name not in ("metadata", "cancellation_details", "expand") for name in _given(call)):
            raise invalid(said)
    before = {
        name: subscription[name]
        for name in ("cancel_at_period_end", "default_payment_method", "metadata", "pause_collection")
    }
    _write(call, subscription)
    _pause(call, subscription)
    details = cancellation_details(call)
    subscription["cancellation_details"] = {**subscription["cancellation_details"], **details}
    _schedule_end(call, subscription)
    if "items" in call.fields:
        change_items(call, subscription, call.fields.groups("items", f"{ITEM} id deleted"))
    if "trial_end" in call.fields:
        _move_trial(call, subscription)
    changed = {name: value for name, value in before.items() if subscription[name] != value}
    world.emit("customer.subscription.updated", subscription, changed)
    return subscription


def _given(call: Call) -> list[str]:
    return [name for name in f"{_TAKES} pause_collection cancellation_details metadata".split() if name in call.fields]


def _pause(call: Call, subscription: Json) -> None:
    if "pause_collection" not in call.fields:
        return
    given = call.fields.group("pause_collection", "behavior resumes_at")
    subscription["pause_collection"] = None
    if given is not None:
        given.need("behavior")
        behavior = given.choice("behavior", "keep_as_draft mark_uncollectible void")
        subscription["pause_collection"] = {"behavior": behavior, "resumes_at": given.integer("resumes_at")}


def _schedule_end(call: Call, subscription: Json) -> None:
    if call.fields.boolean("cancel_at_period_end") is None:
        return
    wanted = subscription["cancel_at_period_end"]
    reason = "cancellation_requested" if wanted else None
    subscription["cancel_at"] = recurring.period_of(subscription)[1] if wanted else None
    subscription["canceled_at"] = call.now if wanted else None
    subscription["cancellation_details"] = {**subscription["cancellation_details"], "reason": reason}


def _move_trial(call: Call, subscription: Json) -> None:
    until = _trial_end(call)
    subscription["trial_end"] = call.now if until is None else until
    subscription["billing_cycle_anchor"] = subscription["trial_end"]
    recurring.set_period(subscription, recurring.period_of(subscription)[0], subscription["trial_end"])
    if until is not None:
        subscription |= {"status": "trialing", "trial_start": subscription["trial_start"] or call.now}
    elif subscription["status"] == "trialing":
        recurring.renew(call.world, subscription)


@routes("DELETE", "/v1/subscriptions/{id}", "cancellation_details invoice_now prorate")
def cancel(call: Call) -> Json:
    """End a subscription at once."""
    subscription = call.target("subscription")
    if subscription["status"] in ("canceled", "incomplete_expired"):
        raise no_such("subscription", subscription["id"], param="id", status=404)
    if call.fields.boolean("prorate"):
        recurring.prorate(
            call.world, subscription, [(one["price"], one["quantity"]) for one in recurring.items_of(subscription)], []
        )
    if call.fields.boolean("invoice_now"):
        invoice_pending(call.world, subscription)
    billing.end_subscription(call.world, subscription, cancellation_details(call))
    return subscription


def cancellation_details(call: Call) -> Json:
    """Why a customer leaves, as far as they said."""
    given = call.fields.group("cancellation_details", "comment feedback")
    if given is None:
        return {}
    words = "customer_service low_quality missing_features other switched_service too_complex too_expensive unused"
    found = {"comment": given.text("comment"), "feedback": given.choice("feedback", words)}
    return {name: value for name, value in found.items() if name in given}


@routes("POST", "/v1/subscriptions/{id}/resume", "billing_cycle_anchor proration_behavior")
def resume(call: Call) -> Json:
    """Go on with a subscription that paused at the end of its trial."""
    subscription = call.target("subscription")
    if subscription["status"] != "paused":
        said = f"This subscription cannot be resumed because it is {subscription['status']}; only a paused subscription can."
        raise invalid(said)
    anchor = call.fields.choice("billing_cycle_anchor", "now unchanged") or "now"
    if anchor == "now":
        subscription["billing_cycle_anchor"] = call.now
        recurring.set_period(subscription, call.now, recurring.next_end(subscription, call.now))
    subscription["status"] = "active"
    invoice = recurring.bill(call.world, subscription, "subscription_update")
    if recurring.charge_for(call.world, subscription, invoice) is not None:
        subscription["status"] = "past_due"
    call.world.emit("customer.subscription.resumed", subscription)
    return subscription
