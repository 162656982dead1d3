"""The same script gives the same results on our counterparts and on those of others, but for the differences that are judged.

`differences.toml` has them all, each with who is right and why; docs/reference/conformance.md is made from it.
"""

import tomllib
from functools import cache
from pathlib import Path

import pytest
from tests.conformance.script import compare
from tests.conformance.servers import PAIRS, SCRIPTS, check, replies
from tests.contracts.github import ContractError as GitHubFault
from tests.contracts.stripe import ContractError as StripeFault

JUDGED = tomllib.loads((Path(__file__).parent / "differences.toml").read_text(encoding="utf-8"))
OURS = cache(lambda platform: replies(platform, "ours"))
# The two that the sandbox says it does not know (501), and what Stripe's description, as cut, does not have.
NOT_OURS = {"nowhere", "create one with a field that is none", "create a plan"}


@pytest.mark.emulate
@pytest.mark.parametrize(("platform", "server"), PAIRS)
def test_every_difference_is_judged(platform, server):
    found = compare(OURS(platform), replies(platform, server), SCRIPTS[platform], form=platform == "stripe")
    listed = {step: row["differences"] for step, row in JUDGED[platform][server].items()}
    assert {step: told for step, told in found.items() if listed.get(step) != told} == {}, "not judged"
    assert set(listed) - set(found) == set(), "no longer different"


@pytest.mark.parametrize("platform", SCRIPTS)
def test_ours_is_as_the_description_says(platform):
    """Of a refused request only the refusal can be as described."""
    faults = {}
    for name, seen in OURS(platform).items():
        try:
            check(platform, seen)
        except (GitHubFault, StripeFault) as fault:
            faults[name] = str(fault)
    assert {name: fault for name, fault in faults.items() if name not in NOT_OURS} == {}


def test_every_step_has_a_name_of_its_own():
    for steps in SCRIPTS.values():
        assert len({step.name for step in steps}) == len(steps)


def test_every_verdict_has_a_reason():
    rows = [row for servers in JUDGED.values() for listed in servers.values() for row in listed.values()]
    assert {row["right"] for row in rows} <= {"ours", "theirs", "both", "ours, by intention"}
    assert all(row["why"] for row in rows)
