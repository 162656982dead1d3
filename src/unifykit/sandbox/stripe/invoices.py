"""Invoices.

https://docs.stripe.com/api/invoices
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import billing
from .errors import invalid, missing_param, not_implemented
from .paging import PAGING, page_of, search
from .routing import Routes
from .wallet import method_for

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_TEXTS = "description footer statement_descriptor"
_TAKES = f"{_TEXTS} auto_advance collection_method days_until_due default_payment_method due_date metadata number"
_SEARCHED = "created currency customer metadata number status subscription total"
_DAY = 86_400


@routes("POST", "/v1/invoices", f"{_TAKES} customer currency pending_invoice_items_behavior subscription")
def create(call: Call) -> Json:
    """Make a draft; what is pending joins it only when asked to."""
    fields = call.fields
    customer = call.named("customer", "customer")
    if customer is None:
        raise missing_param("customer")
    if "subscription" in fields:
        raise not_implemented("POST /v1/invoices with the parameter subscription", param="subscription")
    include = fields.choice("pending_invoice_items_behavior", "exclude include") == "include"
    currency = (fields.text("currency") or customer["currency"] or "usd").lower()
    pending = [item for item in call.world.kind("invoiceitem").values() if _pending(item, customer, currency)]
    invoice = billing.make_invoice(call.world, customer, currency)
    try:
        _write(call, invoice)
    except BaseException:
        call.world.remove(invoice)
        raise
    for item in pending if include else ():
        billing.take_item(call.world, invoice, item)
    billing.total(call.world, invoice)
    if invoice["auto_advance"]:
        invoice["automatically_finalizes_at"] = call.now + 3_600
    call.world.emit("invoice.created", invoice)
    return invoice


def _pending(item: Json, customer: Json, currency: str) -> bool:
    return item["invoice"] is None and item["customer"] == customer["id"] and bool(item["currency"] == currency)


def _write(call: Call, invoice: Json) -> None:
    fields = call.fields
    method, days = call.named("payment_method", "default_payment_method"), fields.integer("days_until_due", least=0)
    wanted = fields.choice("collection_method", "charge_automatically send_invoice") or invoice["collection_method"]
    due = fields.integer("due_date") or (None if days is None else call.now + days * _DAY)
    if wanted == "send_invoice" and due is None and invoice["due_date"] is None:
        raise invalid("You must specify `days_until_due` or `due_date` when sending invoices.", param="days_until_due")
    if wanted == "charge_automatically" and due is not None:
        said = (
            "`days_until_due` and `due_date` can only be set on invoices where `collection_method` is `send_invoice`."
        )
        raise invalid(said, param="days_until_due")
    invoice |= {"collection_method": wanted, "metadata": fields.metadata(invoice["metadata"])}
    if due is not None:
        invoice["due_date"] = due
    if method is not None:
        invoice["default_payment_method"] = method["id"]
    fields.copy_to(invoice, texts=f"{_TEXTS} number", booleans="auto_advance")


@routes("GET", "/v1/invoices", f"{PAGING} created customer status subscription collection_method")
def index(call: Call) -> Json:
    """List invoices."""
    fields = call.fields
    wanted = {name: fields.text(name) for name in ("customer", "collection_method")}
    wanted["status"] = fields.choice("status", "draft open paid uncollectible void")
    subscription = fields.text("subscription")
    everything = call.world.kind("invoice").values()
    found = [one for one in everything if all(want in (None, one[name]) for name, want in wanted.items())]
    return page_of(call, [one for one in found if subscription in (None, billing.subscription_of(one))])


@routes("GET", "/v1/invoices/search", "query limit page")
def find(call: Call) -> Json:
    """Search invoices."""
    return search(call, call.world.kind("invoice").values(), _SEARCHED)


@routes("GET", "/v1/invoices/{id}")
def read(call: Call) -> Json:
    """One invoice."""
    return call.target("invoice")


@routes("GET", "/v1/invoices/{id}/lines", PAGING)
def lines(call: Call) -> Json:
    """The lines of an invoice."""
    return page_of(call, call.world.lines[call.target("invoice")["id"]])


@routes("POST", "/v1/invoices/{id}", _TAKES)
def update(call: Call) -> Json:
    """Change a draft; of a final invoice only the metadata and the description."""
    invoice = call.target("invoice")
    if invoice["status"] != "draft" and any(
        name in call.fields for name in ("collection_method", "due_date", "number")
    ):
        said = "Finalized invoices can't be updated in this way."
        raise invalid(said, code="invoice_not_editable")
    _write(call, invoice)
    call.world.emit("invoice.updated", invoice)
    return invoice


@routes("DELETE", "/v1/invoices/{id}")
def delete(call: Call) -> Json:
    """Delete a draft."""
    invoice = _in_state(call, ("draft",), "You can only delete draft invoices.")
    for item in call.world.kind("invoiceitem").values():
        if item["invoice"] == invoice["id"]:
            item["invoice"] = None
    call.world.emit("invoice.deleted", invoice)
    return call.world.remove(invoice)


@routes("POST", "/v1/invoices/{id}/finalize", "auto_advance")
def finalize(call: Call) -> Json:
    """Make a draft final."""
    invoice = call.target("invoice")
    call.fields.copy_to(invoice, booleans="auto_advance")
    billing.finalize(call.world, invoice)
    _hosted(call, invoice)
    return invoice


@routes("POST", "/v1/invoices/{id}/pay", "payment_method off_session paid_out_of_band")
def pay(call: Call) -> Json:
    """Pay an invoice now; a draft is finalized first."""
    invoice = call.target("invoice")
    given = call.fields.text("payment_method")
    if invoice["status"] == "paid":
        raise invalid("Invoice is already paid", code="invoice_already_paid")
    if invoice["status"] == "void":
        raise invalid("This invoice is void and can no longer be paid.", code="invoice_not_editable")
    method = method_for(call.world, given, "payment_method")["id"] if given else None
    if invoice["status"] == "draft":
        billing.finalize(call.world, invoice)
        _hosted(call, invoice)
    if call.fields.boolean("paid_out_of_band"):
        invoice |= {"amount_paid": invoice["amount_due"], "amount_paid_off_stripe": invoice["amount_due"]}
        billing.mark_paid(call.world, invoice)
    if invoice["status"] == "paid":
        return invoice
    customer = call.world.named("customer", invoice["customer"], "customer")
    method = method or billing.default_method(call.world, customer, invoice)
    off_session = call.fields.text("off_session") != "false"
    refusal = billing.settle(call.world, invoice, method, off_session=off_session)
    if refusal is not None:
        raise refusal
    return invoice


@routes("POST", "/v1/invoices/{id}/send")
def send(call: Call) -> Json:
    """Send an invoice to its customer; no mail leaves the sandbox."""
    invoice = call.target("invoice")
    if invoice["collection_method"] != "send_invoice":
        raise invalid("You can only manually send an invoice if its collection method is set to 'send_invoice'.")
    if invoice["status"] == "draft":
        billing.finalize(call.world, invoice)
        _hosted(call, invoice)
    elif invoice["status"] not in ("open", "paid", "uncollectible"):
        raise invalid(f"This invoice is {invoice['status']} and can't be sent.", code="invoice_not_editable")
    call.world.emit("invoice.sent", invoice)
    return invoice


@routes("POST", "/v1/invoices/{id}/void")
def void(call: Call) -> Json:
    """Make it void."""
    invoice = _in_state(call, ("open", "uncollectible"), "You can only void open or uncollectible invoices.")
    billing.void(call.world, invoice)
    return invoice


@routes("POST", "/v1/invoices/{id}/mark_uncollectible")
def mark_uncollectible(call: Call) -> Json:
    """Give up on its payment."""
    invoice = _in_state(call, ("open",), "You can only mark open invoices as uncollectible.")
    billing.mark_uncollectible(call.world, invoice)
    return invoice


def _in_state(call: Call, states: tuple[str, ...], otherwise: str) -> Json:
    invoice = call.target("invoice")
    if invoice["status"] not in states:
        raise invalid(f"{otherwise} This invoice is {invoice['status']}.", code="invoice_not_editable")
    return invoice


def _hosted(call: Call, invoice: Json) -> None:
    invoice["hosted_invoice_url"] = f"{call.base_url}/i/{invoice['id']}"


@routes("GET", "/v1/invoice_payments", f"{PAGING} created invoice status")
def payments(call: Call) -> Json:
    """What was paid, or tried, on invoices."""
    wanted = {name: call.fields.text(name) for name in ("invoice", "status")}
    found = call.world.kind("invoice_payment").values()
    return page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])


@routes("GET", "/v1/invoice_payments/{id}")
def payment(call: Call) -> Json:
    """One payment of an invoice."""
    return call.target("invoice_payment")
