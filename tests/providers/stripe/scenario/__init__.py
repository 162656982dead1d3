"""What every operation must do, on any server that is Stripe: one step an operation, and more where servers differ."""

from tests.providers.stripe.scenario import billing, payments
from tests.providers.stripe.scenario.table import STEPS

__all__ = ["STEPS", "billing", "payments"]
