"""What time alone brings about: trials end, subscriptions renew or end, sessions and unpaid first invoices expire."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing, recurring

if TYPE_CHECKING:
    from .state import World

Json = dict[str, Any]
_LIVE = ("active", "trialing", "past_due")
_FIRST_PAYMENT_SECONDS = 23 * 3_600


def catch_up(world: World) -> None:
    """Do everything that was due since the last request."""
    now = world.now
    for session in world.kind("checkout.session").values():
        if session["status"] == "open" and session["expires_at"] <= now:
            session |= {"status": "expired", "url": None}
            world.emit("checkout.session.expired", session)
    for invoice in list(world.kind("invoice").values()):
        due = invoice["automatically_finalizes_at"]
        alive = invoice["customer"] in world.kind("customer")
        if invoice["status"] == "draft" and alive and due is not None and due <= now:
            _finalize(world, invoice)
    for subscription in list(world.kind("subscription").values()):
        _go_on(world, subscription, now)


def _finalize(world: World, invoice: Json) -> None:
    """https://docs.stripe.com/invoicing/integration/automatic-advancement-collection"""  # noqa: D415 -- an address
    billing.finalize(world, invoice)
    if invoice["status"] == "open" and invoice["collection_method"] == "charge_automatically":
        customer = world.kind("customer")[invoice["customer"]]
        billing.settle(world, invoice, billing.default_method(world, customer, invoice))


def _go_on(world: World, subscription: Json, now: int) -> None:
    if subscription["status"] == "incomplete" and subscription["created"] + _FIRST_PAYMENT_SECONDS <= now:
        subscription |= {"status": "incomplete_expired", "ended_at": now}
        world.emit("customer.subscription.updated", subscription, {"status": "incomplete"})
    if subscription["status"] in _LIVE and subscription["cancel_at"] is not None and subscription["cancel_at"] <= now:
        billing.end_subscription(world, subscription)
    paused = subscription["pause_collection"]
    if paused is not None and paused["resumes_at"] is not None and paused["resumes_at"] <= now:
        subscription["pause_collection"] = None
        world.emit("customer.subscription.updated", subscription, {"pause_collection": paused})
    while subscription["status"] in _LIVE and recurring.period_of(subscription)[1] <= now:
        recurring.renew(world, subscription)
