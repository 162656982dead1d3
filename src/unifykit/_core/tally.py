"""Numbers that many threads add up."""

import threading
from collections.abc import Sequence


class Tally:
    """Sums by name: each name has the same number of sums."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sums: dict[str, tuple[int, ...]] = {}

    def add(self, name: str, numbers: Sequence[int]) -> None:
        """Add numbers to the sums of a name."""
        with self._lock:
            known = self._sums.get(name, (0,) * len(numbers))
            self._sums[name] = tuple(a + b for a, b in zip(known, numbers, strict=True))

    def sums(self) -> dict[str, tuple[int, ...]]:
        """The sums as they stand."""
        with self._lock:
            return dict(self._sums)

    def renew(self) -> None:
        """Take a new lock in the child of a fork: another thread may have held the old one."""
        self._lock = threading.Lock()
