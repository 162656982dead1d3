"""Spans and measurements of every operation, for OpenTelemetry (extra ``otel``).

```python
from unifykit import Platforms
from unifykit.otel import OpenTelemetry

platforms = Platforms(observers=[OpenTelemetry()])
```

An operation is a span (``github.issues.create``) under the caller's current span, and is itself the current span while
it runs (a stream is not: the caller's own code runs between its items). Its attempts and waits are events on it. Requests of the SDK's own client (`p.github.native`) belong to no
operation: each attempt is a span, and a wait is an event on the caller's span. Names, counts and durations are
recorded, never a header, a body, a URL or a credential.
"""

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

from unifykit._core.extras import extra
from unifykit.events import AttemptEvent, Event, OutcomeEvent, StartEvent, WaitEvent

if TYPE_CHECKING:
    from contextvars import Token

    from opentelemetry.context.context import Context
    from opentelemetry.metrics import MeterProvider
    from opentelemetry.trace import Span, TracerProvider

__all__ = ["OpenTelemetry"]

_Value = str | int | float
_REPLY_ERROR = 400
_SYSTEMS: dict[str, dict[str, _Value]] = {
    "openai": {"gen_ai.provider.name": "openai"},
    "redis": {"db.system.name": "redis"},
    "supabase": {"db.system.name": "postgresql"},
}
"""Attributes that the semantic conventions have for a platform. https://opentelemetry.io/docs/specs/semconv/"""


class OpenTelemetry:
    """An observer that records operations as spans, and their durations, attempts and waits as metrics.

    Safe to share among `Platforms`, threads, tasks and event loops.

    Args:
        tracer_provider: Where spans go; the global provider by default.
        meter_provider: Where measurements go; the global provider by default.

    Raises:
        MissingExtraError: OpenTelemetry's API is not installed.
    """

    def __init__(
        self, tracer_provider: "TracerProvider | None" = None, meter_provider: "MeterProvider | None" = None
    ) -> None:
        with extra("otel", ("opentelemetry",)):
            from opentelemetry import metrics, trace

        from unifykit import __version__

        self._tracer = trace.get_tracer("unifykit", __version__, tracer_provider)
        meter = metrics.get_meter("unifykit", __version__, meter_provider)
        self._duration = meter.create_histogram(
            "unifykit.operation.duration", "s", "Time of an operation, waits included"
        )
        self._attempts = meter.create_counter("unifykit.attempts", "{attempt}", "Requests sent")
        self._waited = meter.create_counter("unifykit.waited", "s", "Time waited before attempts")
        self._open: dict[int, tuple[Span, Token[Context] | None]] = {}

    def __call__(self, event: Event) -> None:
        """Record one event."""
        if isinstance(event, StartEvent):
            self._start(event)
        elif isinstance(event, AttemptEvent):
            self._attempt(event)
        elif isinstance(event, WaitEvent):
            self._wait(event)
        else:
            self._end(event)

    def _start(self, event: StartEvent) -> None:
        from opentelemetry import context, trace

        span = self._tracer.start_span(_name(event), kind=trace.SpanKind.CLIENT, attributes=_facts(event))
        token = None if event.stream else context.attach(trace.set_span_in_context(span))
        self._open[event.call] = span, token

    def _attempt(self, event: AttemptEvent) -> None:
        facts = _attempt_facts(event)
        self._attempts.add(1, {**_facts(event), **_failure(event)})
        if event.call in self._open:
            self._open[event.call][0].add_event("unifykit.attempt", facts)
        else:
            self._lone_attempt(event, facts)

    def _lone_attempt(self, event: AttemptEvent, facts: Mapping[str, _Value]) -> None:
        """A request of the SDK's own client, or one that outlived its operation."""
        from opentelemetry import trace

        ended = time.time_ns()
        span = self._tracer.start_span(
            _name(event), kind=trace.SpanKind.CLIENT, attributes={**_facts(event), **facts},
            start_time=ended - int(event.seconds * 1e9),
        )  # fmt: skip
        if _failure(event):
            span.set_status(trace.StatusCode.ERROR)
        span.end(ended)

    def _wait(self, event: WaitEvent) -> None:
        from opentelemetry import trace

        self._waited.add(event.seconds, {**_facts(event), "unifykit.reason": event.reason})
        span = self._open[event.call][0] if event.call in self._open else trace.get_current_span()
        span.add_event("unifykit.wait", {"unifykit.seconds": event.seconds, "unifykit.reason": event.reason})

    def _end(self, event: OutcomeEvent) -> None:
        from opentelemetry import context, trace

        failure = {} if event.error is None else {"error.type": event.error}
        self._duration.record(event.seconds, {**_facts(event), **failure})
        if event.call not in self._open:
            return  # it began before this observer, or in the parent of a fork
        span, token = self._open.pop(event.call)
        if token is not None:
            context.detach(token)
        span.set_attributes({"unifykit.attempts": event.attempts, "unifykit.waited": event.waited, **failure})
        if event.error is not None:
            span.set_status(trace.StatusCode.ERROR, event.error)
        span.end()


def _name(event: StartEvent | AttemptEvent) -> str:
    return f"{event.provider}.{event.operation}"


def _facts(event: Event) -> dict[str, _Value]:
    named: dict[str, _Value] = {"unifykit.provider": event.provider, "unifykit.operation": event.operation}
    return named | _SYSTEMS.get(event.provider, {})


def _attempt_facts(event: AttemptEvent) -> dict[str, _Value]:
    facts: dict[str, _Value] = {"unifykit.attempt": event.attempt, "unifykit.seconds": event.seconds}
    if event.status is not None:
        facts["http.response.status_code"] = event.status
    if event.attempt > 1:
        facts["http.request.resend_count"] = event.attempt - 1
    facts |= {"http.request.body.size": event.sent, "http.response.body.size": event.received}
    return facts | _failure(event)


def _failure(event: AttemptEvent) -> dict[str, _Value]:
    if event.error is not None:
        return {"error.type": event.error}
    failed = event.status is not None and event.status >= _REPLY_ERROR
    return {"error.type": str(event.status)} if failed else {}
