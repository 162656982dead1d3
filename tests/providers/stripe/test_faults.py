"""One write, one effect: a fifth of the requests fails in every way, and money moves once."""

import pytest

from unifykit import Breaker, NotFoundError, Retry
from unifykit.sandbox import Sandbox
from unifykit.testing import VirtualClock


@pytest.fixture
def sandbox():
    with Sandbox(only=["stripe"]) as sandbox:
        yield sandbox


@pytest.fixture
def h(sandbox, both):
    """Both modes; waits take no time, and the breaker stays out of it: the subject is what is sent again."""
    retry, breaker = Retry(max_attempts=8, budget=100_000), Breaker(minimum=100_000)
    return both(**sandbox.settings(), clock=VirtualClock(), retry=retry, breaker=breaker)


def test_money_moves_once(sandbox, h):
    faults = sandbox.faults("stripe")
    faults.randomly(0.2, seed=7).status(503).reset().commit_then_drop().truncate()
    for _ in range(25):
        payment = h.run(
            lambda p: p.stripe.payment_intents.create(
                amount=2000, currency="eur", payment_method_types=["card"], payment_method="pm_card_visa", confirm=True
            )
        )
        h.run(lambda p, payment=payment: p.stripe.refunds.create(payment_intent=payment.id, amount=500))
    assert len(faults.seen) == 4
    faults.clear()
    assert h.run(lambda p: p.stripe.balance()).pending[0].amount == 25 * 1500
    assert len(h.run(lambda p: p.stripe.refunds.list())) == 25


def test_a_delete_that_was_lost_says_that_it_may_have_happened(sandbox, h):
    customer = h.run(lambda p: p.stripe.customers.create())
    sandbox.faults("stripe").commit_then_drop(operation="DELETE")
    with pytest.raises(NotFoundError) as caught:
        h.run(lambda p: p.stripe.customers.delete(customer.id))
    assert caught.value.maybe_executed
    assert h.run(lambda p: p.stripe.customers.get(customer.id)).deleted
