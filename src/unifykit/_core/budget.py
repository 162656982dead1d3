"""The retry budget: retries of one account are paid from one purse, so an outage is not answered with a storm."""

import threading


class RetryBudget:
    """AWS's retry quota: a retry costs tokens, success gives them back."""

    def __init__(self, capacity: int) -> None:
        self.capacity: int = capacity
        self.tokens: int = capacity
        self._lock = threading.Lock()

    def spend(self, cost: int) -> bool:
        """Take `cost` tokens; False if there are too few."""
        with self._lock:
            if cost > self.tokens:
                return False
            self.tokens -= cost
            return True

    def renew(self) -> None:
        """Take a new lock in the child of a fork: another thread may have held the old one."""
        self._lock = threading.Lock()

    def refund(self, tokens: int) -> None:
        """Give back what a successful retry cost, or one token for a success at the first attempt."""
        if self.tokens < self.capacity:
            with self._lock:
                self.tokens = min(self.capacity, self.tokens + tokens)
