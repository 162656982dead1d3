"""Whatever Stripe's description allows to be asked, the sandbox answers in a shape that the description allows."""

import asyncio
import random
from collections import Counter, defaultdict
from urllib.parse import urlencode

import httpx
import pytest
from tests.contracts.stripe import ContractError, find_operation, validate_exchange

from unifykit.sandbox.stripe import create_app
from unifykit.sandbox.stripe.app import _MODULES

from .conftest import Clock

OPERATIONS = [operation for module in _MODULES for operation in module.routes.operations]
PREFIXES = {
    "customers": "cus", "payment_methods": "pm", "payment_intents": "pi", "charges": "ch", "refunds": "re", "products": "prod",
    "prices": "price", "subscriptions": "sub", "subscription_items": "si", "invoices": "in", "invoiceitems": "ii",
    "invoice_payments": "inpay", "sessions": "cs_test", "webhook_endpoints": "we", "events": "evt",
}  # fmt: skip
NAMED = {
    "customer": "cus", "payment_method": "pm", "default_payment_method": "pm", "price": "price", "default_price": "price",
    "product": "prod", "invoice": "in", "subscription": "sub", "payment_intent": "pi", "charge": "ch", "id": "si",
}  # fmt: skip
CARDS = ("pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required", "pm_card_chargeCustomerFail")
LIKELY = {"customer", "items", "line_items", "mode", "success_url", "product", "amount", "currency", "payment_intent",
          "unit_amount", "recurring"}  # fmt: skip
PAGING = {"expand", "starting_after", "ending_before", "page", "query"}


class Asker:
    """Makes requests of the description, with ids of what is there."""

    def __init__(self, seed, clock):
        self.random = random.Random(seed)
        self.clock = clock
        self.ids = defaultdict(list)

    def form(self, name, schema):
        if "anyOf" in schema:
            schema = self.random.choice(schema["anyOf"])
        kind = schema.get("type")
        if schema.get("enum"):
            return [(name, self.random.choice(schema["enum"]))]
        if kind == "object" and schema.get("properties"):
            needed = schema.get("required", [])
            wanted = [key for key in schema["properties"] if key in needed or self.random.random() < 0.5]
            return [pair for key in wanted for pair in self.form(f"{name}[{key}]", schema["properties"][key])]
        if kind == "object":
            return [(f"{name}[a]", "b")]
        if kind == "array":
            count = self.random.randint(1, 2)
            return [pair for number in range(count) for pair in self.form(f"{name}[{number}]", schema["items"])]
        return [(name, self.leaf(name.rstrip("]").split("[")[-1], name, kind))]

    def leaf(self, last, whole, kind):
        if kind == "boolean":
            return self.random.choice(["true", "false"])
        if kind == "integer" and last.endswith(("_end", "_at", "_date", "start")):
            return str(int(self.clock.now.timestamp()) + self.random.choice([3600, 86400, 9 * 86400, -100]))
        if kind in ("integer", "number"):
            return str(self.random.choice([1, 2, 14, 900, 5000]))
        known = self.ids[NAMED.get(last, "")]
        if known and self.random.random() < 0.9:
            return self.random.choice(known[-6:])
        fixed = {
            "currency": "eur",
            "email": "ada@example.com",
            "url": "https://example.com",
            "success_url": "https://example.com",
        }
        if last.endswith("payment_method"):
            return self.random.choice(CARDS)
        return (
            "card" if whole.startswith("payment_method_types") else fixed.get(last, self.random.choice(["x", "y", ""]))
        )

    def request(self):
        writes = [operation for operation in OPERATIONS if operation.method == "POST"]
        operation = self.random.choice(OPERATIONS if self.random.random() < 0.5 else writes)
        path = operation.path
        if "{id}" in path:
            known = self.ids[PREFIXES[path.split("/{id}")[0].split("/")[-1]]]
            if not known or (operation.method == "DELETE" and self.random.random() < 0.6):
                return None
            path = path.replace("{id}", self.random.choice(known[-5:]))
        _, described = find_operation(operation.method, path)
        takes = set(operation.takes.split())
        if operation.method == "POST":
            schema = described["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
            names = schema.get("properties", {})
            chance = {name: 0.93 if name in LIKELY else 0.25 for name in sorted(takes & names.keys() - PAGING)}
        else:
            names = {item["name"]: item["schema"] for item in described.get("parameters", []) if item["in"] == "query"}
            chance = dict.fromkeys(sorted(takes & names.keys() - PAGING), 0.4)
        pairs = [
            pair for name in chance if self.random.random() < chance[name] for pair in self.form(name, names[name])
        ]
        pairs += [("query", "created>0")] if "query" in takes else []
        return operation.method, path, urlencode(pairs)

    def learn(self, body):
        if "id" in body:
            self.ids[body["id"].rpartition("_")[0]].append(body["id"])
        items = body.get("items")
        for item in items["data"] if isinstance(items, dict) else []:
            self.ids["si"].append(item["id"])


async def ask(seed, times):
    clock = Clock()
    asker, statuses = Asker(seed, clock), Counter()
    headers = {"Authorization": "Bearer sk_test_sandbox", "Content-Type": "application/x-www-form-urlencoded"}
    transport = httpx.ASGITransport(app=create_app(clock=clock))  # lets the sandbox's own errors through
    async with httpx.AsyncClient(transport=transport, base_url="http://sandbox", headers=headers) as client:
        for _ in range(times):
            asked = asker.request()
            if asked is None:
                continue
            method, path, form = asked
            where, sent = (path, form) if method == "POST" else (f"{path}?{form}" if form else path, "")
            reply = await client.request(method, where, content=sent)
            statuses[reply.status_code] += 1
            try:
                validate_exchange(method, where, reply.status_code, sent, reply.json())
            except ContractError as fault:
                # What is asked is made up; only the answer is held against the description.
                if ": the reply " in str(fault):
                    raise
            if reply.status_code == 200:
                asker.learn(reply.json())
            if asker.random.random() < 0.03:
                clock.tick(days=asker.random.choice([1, 8, 20]))
    return statuses


@pytest.mark.parametrize("seed", range(3))
def test_random_requests(seed):
    statuses = asyncio.run(ask(seed, 700))
    assert statuses[200] > 100, statuses
    assert set(statuses) <= {200, 400, 402, 404, 501}
