"""The pages a customer sees: checkout, authentication, the portal, an invoice. A POST does what their button does."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from starlette.background import BackgroundTask
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from . import billing
from .cards import CARDS
from .clockwork import catch_up
from .completing import authenticated, pay
from .paying import authentication_failed
from .recurring import items_of, period_of
from .webhooks import send_all

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.requests import Request

    from .state import World

Json = dict[str, Any]
_SEE_OTHER = 303
_STYLE = "body{font:16px system-ui;max-width:32rem;margin:3rem auto;padding:0 1rem}label{display:block;margin:.8rem 0}"


def page_routes(worlds: Sequence[World]) -> list[Route]:
    """The routes of all pages."""
    pages: list[tuple[str, str, Callable[[World, Json, dict[str, str], str], Response]]] = [
        ("/c/pay/{id}", "checkout.session", _checkout),
        ("/p/session/{id}", "billing_portal.session", _portal),
        ("/sandbox/authenticate/{id}", "payment_intent", _authenticate),
        ("/i/{id}", "invoice", _invoice),
    ]
    return [Route(path, _endpoint(worlds, kind, page), methods=["GET", "POST"]) for path, kind, page in pages]


def _endpoint(
    worlds: Sequence[World], kind: str, page: Callable[[World, Json, dict[str, str], str], Response]
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        text = (await request.body()).decode("utf-8", "replace")
        form = {name: values[-1] for name, values in parse_qs(text).items()}
        for world in worlds:
            catch_up(world)
            thing = world.kind(kind).get(request.path_params["id"])
            if thing is not None:
                base = f"{request.url.scheme}://{request.url.netloc}{request.scope.get('root_path', '')}"
                form["_method"] = request.method
                reply = page(world, thing, form, base)
                reply.background = BackgroundTask(send_all, world) if world.outbox else None
                return reply
        return _html("Not found", "<p>There is nothing at this address.</p>", 404)

    return endpoint


def _html(title: str, body: str, status: int = 200) -> HTMLResponse:
    head = f"<meta charset=utf-8><title>{escape(title)} · sandbox</title><style>{_STYLE}</style>"
    return HTMLResponse(
        f"<!doctype html><html><head>{head}</head><body><h1>{escape(title)}</h1>{body}</body></html>", status
    )


def _form(inside: str) -> str:
    return f'<form method="post">{inside}</form>'


def _money(amount: int, currency: str) -> str:
    return f"{amount} (smallest unit) {currency.upper()}"


def _checkout(world: World, session: Json, form: dict[str, str], base: str) -> Response:
    if session["status"] != "open":
        return _html(
            "Checkout", f"<p>This session is {session['status']}.</p>", 200 if form["_method"] == "GET" else 409
        )
    if form["_method"] == "GET":
        return _html("Checkout", _checkout_form(world, session, ""))
    card = CARDS.get(form.get("payment_method", "pm_card_visa").removeprefix("pm_card_"))
    email = form.get("email") or session["customer_email"] or "customer@example.com"
    if card is None:
        return _html("Checkout", _checkout_form(world, session, "There is no such test card."), 400)
    refusal = pay(world, session, card, email=email, name=form.get("name") or "Test Customer", base_url=base)
    if refusal is not None:
        return _html("Checkout", _checkout_form(world, session, refusal.message), 402)
    waiting = next((intent for intent, waits in world.waiting.items() if waits == session["id"]), None)
    if waiting is not None:
        return RedirectResponse(f"{base}/sandbox/authenticate/{waiting}", _SEE_OTHER)
    return RedirectResponse(_success(session), _SEE_OTHER)


def _success(session: Json) -> str:
    return str(session["success_url"]).replace("{CHECKOUT_SESSION_ID}", session["id"])


def _checkout_form(world: World, session: Json, error: str) -> str:
    lines = "".join(
        f"<li>{line['quantity']} x {escape(line['description'])}: {_money(line['amount_total'], line['currency'])}</li>"
        for line in world.lines[session["id"]]
    )
    cards = "".join(f"<option>pm_card_{name}</option>" for name in CARDS)
    back = f'<a href="{escape(session["cancel_url"])}">Cancel</a>' if session["cancel_url"] else ""
    said = f"<p role=alert>{escape(error)}</p>" if error else ""
    fields = (
        f'<label>Email <input name=email type=email value="{escape(session["customer_email"] or "")}"></label>'
        f"<label>Name <input name=name></label><label>Card <select name=payment_method>{cards}</select></label>"
        f"<button>Pay {_money(session['amount_total'], session['currency'])}</button> {back}"
    )
    return f"<ul>{lines}</ul>{said}{_form(fields)}"


def _authenticate(world: World, intent: Json, form: dict[str, str], _: str) -> Response:
    if intent["status"] != "requires_action":
        return _html(
            "Authentication", f"<p>This payment is {intent['status']}.</p>", 200 if form["_method"] == "GET" else 409
        )
    if form["_method"] == "GET":
        buttons = "<button name=outcome value=complete>Complete</button> <button name=outcome value=fail>Fail</button>"
        return _html("Authentication", _form(buttons))
    back = world.secrets[intent["id"]]
    if form.get("outcome", "complete") == "fail":
        world.waiting.pop(intent["id"], None)
        authentication_failed(world, intent)
        return RedirectResponse(_back(back, intent, "failed"), _SEE_OTHER)
    session = authenticated(world, intent)
    return RedirectResponse(_success(session) if session else _back(back, intent, "succeeded"), _SEE_OTHER)


def _back(url: str, intent: Json, outcome: str) -> str:
    mark = "&" if "?" in url else "?"
    return f"{url}{mark}payment_intent={intent['id']}&redirect_status={outcome}"


def _portal(world: World, session: Json, form: dict[str, str], _: str) -> Response:
    mine = [one for one in world.kind("subscription").values() if one["customer"] == session["customer"]]
    live = [one for one in mine if one["status"] not in ("canceled", "incomplete_expired")]
    if form["_method"] == "POST":
        chosen = next((one for one in live if one["id"] == form.get("subscription")), None)
        if chosen is None:
            return _html("Your subscriptions", "<p>There is no such subscription.</p>", 400)
        _keep_or_end(world, chosen, ends=form.get("action", "cancel") == "cancel")
        return RedirectResponse(session["return_url"] or f"/p/session/{session['id']}", _SEE_OTHER)
    rows = "".join(_portal_row(world, one) for one in live) or "<p>None.</p>"
    back = f'<p><a href="{escape(session["return_url"])}">Back</a></p>' if session["return_url"] else ""
    return _html("Your subscriptions", rows + back)


def _keep_or_end(world: World, subscription: Json, *, ends: bool) -> None:
    subscription |= {
        "cancel_at_period_end": ends, "cancel_at": period_of(subscription)[1] if ends else None,
        "canceled_at": world.now if ends else None,
    }  # fmt: skip
    world.emit("customer.subscription.updated", subscription, {"cancel_at_period_end": not ends})


def _portal_row(world: World, subscription: Json) -> str:
    names = ", ".join(world.kind("product")[item["price"]["product"]]["name"] for item in items_of(subscription))
    ends = subscription["cancel_at_period_end"]
    button = (
        "<button name=action value=keep>Keep</button>" if ends else "<button name=action value=cancel>Cancel</button>"
    )
    hidden = f'<input type=hidden name=subscription value="{escape(subscription["id"])}">'
    state = "ends with its period" if ends else subscription["status"]
    return f"<p>{escape(names)}: {escape(state)}</p>{_form(hidden + button)}"


def _invoice(world: World, invoice: Json, form: dict[str, str], _: str) -> Response:
    if form["_method"] == "GET" or invoice["status"] != "open":
        said = f"<p>{_money(invoice['amount_due'], invoice['currency'])}: {invoice['status']}</p>"
        form_or_not = _form("<button>Pay with a Visa test card</button>") if invoice["status"] == "open" else ""
        return _html(f"Invoice {invoice['number'] or ''}", said + form_or_not)
    from .wallet import method_for

    method = method_for(world, form.get("payment_method", "pm_card_visa"), "payment_method")
    refusal = billing.settle(world, invoice, method["id"], off_session=False)
    if refusal is not None:
        return _html("Invoice", f"<p role=alert>{escape(refusal.message)}</p>", 402)
    return RedirectResponse(f"/i/{invoice['id']}", _SEE_OTHER)
