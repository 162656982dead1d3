"""Telling observers, and the one that is always there: the `unifykit` logger."""

import logging
from collections.abc import Iterable

from unifykit.events import AttemptEvent, Event, Observer, OutcomeEvent, WaitEvent

LOGGER = logging.getLogger("unifykit")
LOGGER.addHandler(logging.NullHandler())


def log(event: Event) -> None:
    """Write an event to the logger: attempts at DEBUG, waits and failures at INFO. Only names and numbers are written."""
    if isinstance(event, AttemptEvent):
        ended = event.status if event.status is not None else event.error
        LOGGER.debug(
            "%s.%s attempt %d: %s in %.3f s", event.provider, event.operation, event.attempt, ended, event.seconds
        )
    elif isinstance(event, WaitEvent):
        LOGGER.info("%s.%s waits %.3f s (%s)", event.provider, event.operation, event.seconds, event.reason)
    elif isinstance(event, OutcomeEvent) and event.error is not None:
        LOGGER.info(
            "%s.%s failed: %s after %d attempts, %.3f s",
            event.provider, event.operation, event.error, event.attempts, event.seconds,
        )  # fmt: skip


def fan_out(observers: Iterable[Observer]) -> Observer:
    """One observer that tells the logger and all others; an observer that raises breaks no call."""
    others = tuple(observers)

    def tell(event: Event) -> None:
        if LOGGER.isEnabledFor(logging.INFO):
            log(event)
        for observer in others:
            try:
                observer(event)
            except Exception:
                LOGGER.exception("an observer failed; the call goes on")

    return tell
