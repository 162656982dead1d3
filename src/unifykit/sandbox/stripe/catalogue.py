"""Products and prices.

https://docs.stripe.com/api/products, https://docs.stripe.com/api/prices
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .errors import invalid, missing_param, not_implemented
from .paging import PAGING, page_of, search
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call
    from .forms import Fields
    from .state import World

Json = dict[str, Any]
routes: Routes = Routes()
_PRODUCT_TEXTS = "description name statement_descriptor unit_label url"
_PRODUCT = f"{_PRODUCT_TEXTS} active images metadata shippable"
_PRODUCT_SEARCHED = "active created description name metadata shippable url"
PRICE = "currency unit_amount unit_amount_decimal recurring product product_data nickname metadata active lookup_key tax_behavior"
_PRICE_SEARCHED = "active created currency lookup_key metadata product type"
_RECURRING = "interval interval_count usage_type"


@routes("POST", "/v1/products", f"{_PRODUCT} id default_price_data")
def create_product(call: Call) -> Json:
    """Make a product, and its default price if that is given."""
    given = call.fields.text("id")
    if given is not None and given in call.world.kind("product"):
        raise invalid("Product already exists.", param="id", code="resource_already_exists")
    call.fields.need("name")
    product = blank_product(call.world, given)
    _write(call.fields, product)
    data = call.fields.group(
        "default_price_data", "currency unit_amount unit_amount_decimal recurring tax_behavior metadata"
    )
    if data is not None:
        price = make_price(call.world, data, product)
        product["default_price"] = call.world.add(price)["id"]
        call.world.emit("price.created", price)
    call.world.add(product)
    call.world.emit("product.created", product)
    return product


def blank_product(world: World, given: str | None = None) -> Json:
    """A product without a name."""
    null = "default_price description package_dimensions shippable statement_descriptor tax_code unit_label url"
    return {
        "id": given or world.new_id("product")[:19],
        "object": "product",
        **dict.fromkeys(null.split()),
        "active": True,
        "created": world.now,
        "images": [],
        "livemode": False,
        "marketing_features": [],
        "metadata": {},
        "name": "",
        "updated": world.now,
    }


def _write(fields: Fields, product: Json) -> None:
    if "name" in fields:
        fields.need("name")
    product["metadata"] = fields.metadata(product["metadata"])
    if "images" in fields:
        product["images"] = fields.texts("images")
    fields.copy_to(product, texts=_PRODUCT_TEXTS, booleans="active shippable")


@routes("GET", "/v1/products", f"{PAGING} active created ids")
def index_products(call: Call) -> Json:
    """List products."""
    active, ids = call.fields.boolean("active"), call.fields.texts("ids")
    found = call.world.kind("product").values()
    return page_of(call, [one for one in found if active in (None, one["active"]) and (not ids or one["id"] in ids)])


@routes("GET", "/v1/products/search", "query limit page")
def find_products(call: Call) -> Json:
    """Search products."""
    return search(call, call.world.kind("product").values(), _PRODUCT_SEARCHED)


@routes("GET", "/v1/products/{id}")
def read_product(call: Call) -> Json:
    """One product."""
    return call.target("product")


@routes("POST", "/v1/products/{id}", f"{_PRODUCT} default_price")
def update_product(call: Call) -> Json:
    """Change a product."""
    product = call.target("product")
    price = call.named("price", "default_price")
    _write(call.fields, product)
    if "default_price" in call.fields:
        product["default_price"] = price["id"] if price else None
    product["updated"] = call.now
    call.world.emit("product.updated", product)
    return product


@routes("DELETE", "/v1/products/{id}")
def delete_product(call: Call) -> Json:
    """Delete a product that never had a price."""
    product = call.target("product")
    if any(price["product"] == product["id"] for price in call.world.kind("price").values()):
        raise invalid("This product cannot be deleted because it has one or more user-created prices.", param="id")
    call.world.emit("product.deleted", product)
    return call.world.remove(product)


# -- prices


@routes("POST", "/v1/prices", PRICE)
def create_price(call: Call) -> Json:
    """Make a price."""
    fields = call.fields
    data = fields.group("product_data", "name active metadata statement_descriptor unit_label id")
    if (data is None) == (fields.text("product") is None):
        raise invalid("You must specify either `product` or `product_data` when creating a price.", param="product")
    product = call.named("product", "product")
    if data is not None:
        data.need("name")
        product = blank_product(call.world, data.text("id"))
        _write(data, product)
    assert product is not None
    price = make_price(call.world, fields, product)
    if data is not None:
        call.world.add(product)
        call.world.emit("product.created", product)
    call.world.add(price)
    call.world.emit("price.created", price)
    return price


def make_price(world: World, fields: Fields, product: Json) -> Json:
    """Make a price of its parameters; it is not yet kept."""
    currency = fields.need("currency").lower()
    if not re.fullmatch(r"[a-z]{3}", currency):
        raise invalid(f"Invalid currency: {currency}.", param=fields.param("currency"))
    amount, exact = fields.integer("unit_amount", least=0), fields.text("unit_amount_decimal")
    if (amount is None) == (exact is None):
        raise missing_param(fields.param("unit_amount"))
    if exact is not None and not re.fullmatch(r"\d{1,12}(\.\d{1,12})?", exact):
        raise invalid(f"Invalid decimal: {exact}", param=fields.param("unit_amount_decimal"))
    if exact is not None and "." not in exact:
        amount = int(exact)
    recurring = recurring_of(fields)
    null = "custom_unit_amount lookup_key nickname tiers_mode transform_quantity"
    price: Json = {
        "id": world.new_id("price"),
        "object": "price",
        **dict.fromkeys(null.split()),
        "active": True,
        "billing_scheme": "per_unit",
        "created": world.now,
        "currency": currency,
        "livemode": False,
        "metadata": fields.metadata(),
        "product": product["id"],
        "recurring": recurring,
        "tax_behavior": fields.choice("tax_behavior", "inclusive exclusive unspecified") or "unspecified",
        "type": "one_time" if recurring is None else "recurring",
        "unit_amount": amount,
        "unit_amount_decimal": exact or str(amount),
    }
    fields.copy_to(price, texts="nickname lookup_key", booleans="active")
    return price


def recurring_of(fields: Fields) -> Json | None:
    """How often a price is due."""
    given = fields.group("recurring", _RECURRING)
    if given is None:
        return None
    given.need("interval")
    if given.choice("usage_type", "licensed metered") == "metered":
        raise not_implemented("metered usage", param=given.param("usage_type"))
    return {
        "interval": given.choice("interval", "day week month year"),
        "interval_count": given.integer("interval_count", least=1) or 1,
        "meter": None,
        "usage_type": "licensed",
    }


@routes("GET", "/v1/prices", f"{PAGING} active created currency lookup_keys product type")
def index_prices(call: Call) -> Json:
    """List prices."""
    fields = call.fields
    active, keys = fields.boolean("active"), fields.texts("lookup_keys")
    wanted = {name: fields.text(name) for name in ("currency", "product", "type")}
    everything = call.world.kind("price").values()
    found = [one for one in everything if active in (None, one["active"]) and (not keys or one["lookup_key"] in keys)]
    return page_of(call, [one for one in found if all(want in (None, one[name]) for name, want in wanted.items())])


@routes("GET", "/v1/prices/search", "query limit page")
def find_prices(call: Call) -> Json:
    """Search prices."""
    return search(call, call.world.kind("price").values(), _PRICE_SEARCHED)


@routes("GET", "/v1/prices/{id}")
def read_price(call: Call) -> Json:
    """One price."""
    return call.target("price")


@routes("POST", "/v1/prices/{id}", "active lookup_key metadata nickname tax_behavior")
def update_price(call: Call) -> Json:
    """Change what can be changed of a price; what it costs cannot."""
    price = call.target("price")
    price["metadata"] = call.fields.metadata(price["metadata"])
    call.fields.copy_to(price, texts="nickname lookup_key", booleans="active")
    call.world.emit("price.updated", price)
    return price
