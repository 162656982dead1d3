"""The account and its balance.

https://docs.stripe.com/api/accounts, https://docs.stripe.com/api/balance
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_OPENED_AT = 1_704_164_645


@routes("GET", "/v1/account")
def account(call: Call) -> Json:
    """The account the key belongs to."""
    return {
        "id": call.world.account,
        "object": "account",
        "business_profile": None,
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "country": "FR",
        "created": _OPENED_AT,
        "default_currency": "eur",
        "details_submitted": True,
        "email": "owner@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }


@routes("GET", "/v1/balance")
def balance(call: Call) -> Json:
    """What was earned and not yet paid out; here all of it is pending, for nothing is ever paid out."""
    pending: dict[str, int] = {"eur": 0}
    for charge in call.world.kind("charge").values():
        if charge["captured"] and charge["status"] == "succeeded":
            pending[charge["currency"]] = pending.get(charge["currency"], 0) + charge["amount_captured"]
    for refund in call.world.kind("refund").values():
        pending[refund["currency"]] -= refund["amount"]
    return {
        "object": "balance",
        "available": [_part(0, currency) for currency in sorted(pending)],
        "livemode": False,
        "pending": [_part(pending[currency], currency) for currency in sorted(pending)],
    }


def _part(amount: int, currency: str) -> Json:
    return {"amount": amount, "currency": currency, "source_types": {"card": amount}}
