"""A fork copies pools and locks into the child, where using them would cross replies or hang. This says when it happened."""

import os
import weakref
from collections.abc import Callable
from typing import Any

_forked: "weakref.WeakSet[AfterFork]" = weakref.WeakSet()
_orphans: list[Any] = []


class AfterFork:
    """Calls `renew` in the child of a fork, for as long as somebody holds this object."""

    def __init__(self, renew: Callable[[], Any]) -> None:
        self._renew = renew
        _forked.add(self)

    def happened(self) -> None:
        """Renew; what the parent's threads may be using is kept unclosed, because its sockets are shared with them."""
        _orphans.append(self._renew())


def _in_child() -> None:
    for watcher in list(_forked):
        watcher.happened()


if hasattr(os, "register_at_fork"):  # pragma: no branch -- Windows has no fork
    os.register_at_fork(after_in_child=_in_child)
