"""Ids replaced by the objects they stand for.

https://docs.stripe.com/api/expanding_objects
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .errors import invalid
from .state import PREFIXES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .state import World

Json = dict[str, Any]
_KINDS = {prefix: kind for kind, prefix in PREFIXES.items()}
_DEEPEST = 4


def _payments(world: World, invoice: Json) -> list[Json]:
    return [made for made in world.kind("invoice_payment").values() if made["invoice"] == invoice["id"]]


def _refunds(world: World, charge: Json) -> list[Json]:
    return [made for made in world.kind("refund").values() if made["charge"] == charge["id"]]


def _subscriptions(world: World, customer: Json) -> list[Json]:
    live = world.kind("subscription").values()
    return [made for made in live if made["customer"] == customer["id"] and made["status"] != "canceled"]


# Lists that are sent only when asked for.
_INCLUDED: dict[tuple[str, str], tuple[str, Callable[[World, Json], list[Json]]]] = {
    ("invoice", "payments"): ("/v1/invoice_payments?invoice={id}", _payments),
    ("charge", "refunds"): ("/v1/charges/{id}/refunds", _refunds),
    ("customer", "subscriptions"): ("/v1/customers/{id}/subscriptions", _subscriptions),
    ("checkout.session", "line_items"): ("/v1/checkout/sessions/{id}/line_items", lambda w, s: w.lines[s["id"]]),
}


def expanded(world: World, body: Json, paths: Sequence[str]) -> Json:
    """A copy of a reply with these paths expanded; the objects of the world stay as they are."""
    for path in paths:
        parts = path.split(".")
        if len(parts) > _DEEPEST:
            raise invalid("You cannot expand more than 4 levels of a property.", param="expand")
        body = _within(world, body, parts, path)
    return body


def _within(world: World, thing: Json, parts: list[str], path: str) -> Json:
    name, rest = parts[0], parts[1:]
    if thing.get("object") in ("list", "search_result") and name == "data":
        return {**thing, "data": [_within(world, item, rest, path) if rest else item for item in thing["data"]]}
    value = _value(world, thing, name, path)
    if rest and isinstance(value, dict):
        value = _within(world, value, rest, path)  # pyright: ignore[reportUnknownArgumentType]
    elif rest and value is not None:
        raise _cannot(path)
    return {**thing, name: value}


def _value(world: World, thing: Json, name: str, path: str) -> Any:
    included = _INCLUDED.get((str(thing.get("object")), name))
    if included is not None and name not in thing:
        url, items = included
        found = list(reversed(items(world, thing)))
        return {"object": "list", "data": found, "has_more": False, "url": url.format(id=thing["id"])}
    if name not in thing or name == "metadata":
        raise _cannot(path)
    value = thing[name]
    if value is None or isinstance(value, dict):
        return value  # pyright: ignore[reportUnknownVariableType]
    kind = _KINDS.get(str(value).rpartition("_")[0])
    if not isinstance(value, str) or kind is None or name == "id":
        raise _cannot(path)
    found_one = world.kind(kind).get(value)
    return found_one if found_one is not None else {"id": value, "object": kind, "deleted": True}


def _cannot(path: str) -> Exception:
    said = (
        f"This property cannot be expanded ({path.rpartition('.')[2]}). You may want to try expanding something else; "
        "not every field of an object is expandable."
    )
    return invalid(said, param="expand")
