"""Every operation says what repeating it can do."""

import inspect

from tests.operations import described, groups

from unifykit import Safety
from unifykit.providers.stripe import Stripe

READS = {"get", "list", "search", "account", "balance", "check"}
IDEMPOTENT = {"customers.delete", "invoice_items.delete", "webhook_endpoints.delete", "subscriptions.cancel"}


def test_the_declarations():
    for one in described(Stripe):
        verb = one.name.rpartition(".")[2]
        wanted = Safety.SAFE if verb in READS else Safety.IDEMPOTENT if one.name in IDEMPOTENT else Safety.KEYED
        assert one.safety is wanted, one.name


def test_every_keyed_operation_takes_a_key_of_the_callers():
    for one in described(Stripe):
        if one.safety is Safety.KEYED:
            assert "idempotency_key" in inspect.signature(one.body).parameters, one.name


def test_every_public_coroutine_function_is_an_operation():
    for cls in groups(Stripe).values():
        for name, value in vars(cls).items():
            assert name.startswith("_") or hasattr(value, "safety") or not inspect.isfunction(value), name
