"""Spans and measurements of operations, in both modes, with OpenTelemetry's own SDK."""

import asyncio
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from opentelemetry import trace
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode
from tests.loopback import Hang, Loopback, Reply

from unifykit import AsyncPlatforms, NotFoundError, Platforms
from unifykit.otel import OpenTelemetry
from unifykit.settings import GitHubSettings
from unifykit.testing import VirtualClock

REPO = {"id": 1, "name": "hello", "full_name": "octocat/hello", "private": False}


class Recorded:
    """A tracer and a meter whose records can be looked at."""

    def __init__(self):
        self.exporter = InMemorySpanExporter()
        self.provider = TracerProvider()
        self.provider.add_span_processor(SimpleSpanProcessor(self.exporter))
        self.reader = InMemoryMetricReader()
        self.meters = MeterProvider([self.reader])
        self.observer = OpenTelemetry(self.provider, self.meters)
        self.tracer = self.provider.get_tracer("tests")

    @property
    def spans(self):
        return self.exporter.get_finished_spans()

    def named(self, name):
        return [span for span in self.spans if span.name == name]

    def points(self, name):
        metrics = self.reader.get_metrics_data().resource_metrics[0].scope_metrics[0].metrics
        return next(metric for metric in metrics if metric.name == name).data.data_points


@pytest.fixture
def recorded():
    found = Recorded()
    yield found
    found.provider.shutdown()
    found.meters.shutdown()


def settings(server):
    return GitHubSettings(token="t", base_url=server.url)


def repo_of(seen):
    name = seen.path.rpartition("/")[2]
    return Reply(body={**REPO, "name": name, "full_name": f"octocat/{name}"})


def test_one_span_an_operation_with_attempts_and_waits_as_events(both, recorded):
    with Loopback([Reply(503), Reply(429, headers={"Retry-After": "2"}), Reply(body=REPO)]) as server:
        harness = both(github=settings(server), observers=[recorded.observer], clock=VirtualClock(), random=lambda: 0.0)
        harness.run(lambda p: p.github.repos.get("octocat/hello"))
    (span,) = recorded.spans
    assert (span.name, span.kind, span.status.status_code) == ("github.repos.get", SpanKind.CLIENT, StatusCode.UNSET)
    assert span.attributes["unifykit.provider"] == "github"
    assert span.attributes["unifykit.operation"] == "repos.get"
    assert span.attributes["unifykit.attempts"] == 3
    assert span.attributes["unifykit.waited"] == 2
    assert [event.name for event in span.events] == [
        "unifykit.attempt", "unifykit.wait", "unifykit.attempt", "unifykit.wait", "unifykit.attempt",
    ]  # fmt: skip
    statuses = [event.attributes.get("http.response.status_code") for event in span.events]
    assert statuses == [503, None, 429, None, 200]
    assert span.events[0].attributes["error.type"] == "503"
    assert "error.type" not in span.events[4].attributes
    assert span.events[4].attributes["http.request.resend_count"] == 2
    assert span.events[3].attributes["unifykit.seconds"] == 2


def test_a_failure_sets_the_status_and_the_error_type(both, recorded):
    with Loopback([Reply(404, body={"message": "Not Found"})]) as server:
        harness = both(github=settings(server), observers=[recorded.observer])
        with pytest.raises(NotFoundError):
            harness.run(lambda p: p.github.repos.get("octocat/hello"))
    (span,) = recorded.spans
    assert (span.status.status_code, span.status.description) == (StatusCode.ERROR, "NotFoundError")
    assert span.attributes["error.type"] == "NotFoundError"


def test_spans_nest_under_the_callers_and_leave_it_current(both, recorded):
    with Loopback(repo_of) as server:
        harness = both(github=settings(server), observers=[recorded.observer])
        with recorded.tracer.start_as_current_span("request") as parent:
            harness.run(lambda p: p.github.repos.get("octocat/hello"))
            assert trace.get_current_span() is parent
    (span,) = recorded.named("github.repos.get")
    assert span.parent.span_id == parent.get_span_context().span_id


def test_what_happens_inside_an_operation_nests_under_it(both, recorded):
    """The observer comes between start and outcome: a span made there, as an HTTP instrumentation would, is a child."""

    def instrumentation(event):
        if type(event).__name__ == "AttemptEvent":
            recorded.tracer.start_span("http").end()

    with Loopback(repo_of) as server:
        harness = both(github=settings(server), observers=[recorded.observer, instrumentation])
        harness.run(lambda p: p.github.repos.get("octocat/hello"))
    (inner,), (operation,) = recorded.named("http"), recorded.named("github.repos.get")
    assert inner.parent.span_id == operation.context.span_id


def test_threads_do_not_mix_their_spans(recorded):
    with Loopback(repo_of) as server, Platforms(github=settings(server), observers=[recorded.observer]) as p:
        together = threading.Barrier(8)

        def work(number):
            with recorded.tracer.start_as_current_span(f"work {number}") as parent:
                together.wait(10)
                p.github.repos.get(f"octocat/r{number}")
                return parent.get_span_context()

        with ThreadPoolExecutor(8) as pool:
            parents = list(pool.map(work, range(8)))
    found = recorded.named("github.repos.get")
    assert {span.parent.span_id for span in found} == {parent.span_id for parent in parents}
    assert all(len(span.events) == 1 for span in found)


def test_tasks_do_not_mix_their_spans(recorded):
    async def go(server):
        async with AsyncPlatforms(github=settings(server), observers=[recorded.observer]) as p:

            async def work(number):
                with recorded.tracer.start_as_current_span(f"work {number}") as parent:
                    await p.github.repos.get(f"octocat/r{number}")
                    assert trace.get_current_span() is parent
                    return parent.get_span_context()

            return await asyncio.gather(*(work(number) for number in range(8)))

    with Loopback(repo_of) as server:
        parents = asyncio.run(go(server))
    found = recorded.named("github.repos.get")
    assert {span.parent.span_id for span in found} == {parent.span_id for parent in parents}


def test_a_cancelled_operation_ends_its_span(recorded):
    async def go(server):
        async with AsyncPlatforms(github=settings(server), observers=[recorded.observer]) as p:
            task = asyncio.create_task(p.github.repos.get("octocat/hello"))
            while not server.seen:
                await asyncio.sleep(0.01)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task

    with Loopback([Hang()]) as server:
        asyncio.run(go(server))
    ended = [span.attributes["error.type"] for span in recorded.named("github.repos.get")]
    assert ended[0] == "CancelledError"
    assert "CancelledError" not in ended[1:]  # the attempt in the thread that was left behind may be told later
    assert not recorded.observer._open


def test_an_interrupt_ends_the_span_and_restores_the_callers(recorded):
    def interrupt(event):
        if type(event).__name__ == "AttemptEvent":
            raise KeyboardInterrupt

    with (
        Loopback(repo_of) as server,
        Platforms(github=settings(server), observers=[recorded.observer, interrupt]) as p,
        recorded.tracer.start_as_current_span("request") as parent,
    ):
        with pytest.raises(KeyboardInterrupt):
            p.github.repos.get("octocat/hello")
        assert trace.get_current_span() is parent
    assert recorded.named("github.repos.get")[0].attributes["error.type"] == "KeyboardInterrupt"


def test_requests_of_the_native_client_are_spans_of_their_own(recorded):
    with (
        Loopback([Reply(503), Reply(body={**REPO, "owner": {"login": "octocat"}})]) as server,
        Platforms(github=settings(server), observers=[recorded.observer], clock=VirtualClock()) as p,
        recorded.tracer.start_as_current_span("request") as parent,
    ):
        p.github.native.get_repo("octocat/hello")
    failed, answered = recorded.named("github.native")
    assert {failed.parent.span_id, answered.parent.span_id} == {parent.get_span_context().span_id}
    assert failed.attributes["http.response.status_code"] == 503
    assert (failed.status.status_code, answered.status.status_code) == (StatusCode.ERROR, StatusCode.UNSET)
    assert answered.attributes["http.request.resend_count"] == 1
    (request,) = recorded.named("request")
    assert [event.name for event in request.events] == ["unifykit.wait"]


def test_durations_attempts_and_waits_are_measured(both, recorded):
    with Loopback([Reply(429, headers={"Retry-After": "2"}), Reply(body=REPO)]) as server:
        harness = both(github=settings(server), observers=[recorded.observer], clock=VirtualClock(), random=lambda: 0.0)
        harness.run(lambda p: p.github.repos.get("octocat/hello"))
    (duration,) = recorded.points("unifykit.operation.duration")
    assert duration.count == 1
    assert duration.sum == pytest.approx(2)
    assert duration.attributes == {"unifykit.provider": "github", "unifykit.operation": "repos.get"}
    assert sum(point.value for point in recorded.points("unifykit.attempts")) == 2
    (waited,) = recorded.points("unifykit.waited")
    assert waited.value == 2
    assert waited.attributes["unifykit.reason"] == "retry"


def test_nothing_secret_is_recorded(both, recorded):
    secret = "ghp_do_not_record_me"
    with Loopback([Reply(401, body={"message": "Bad credentials"})]) as server:
        harness = both(github=GitHubSettings(token=secret, base_url=server.url), observers=[recorded.observer])
        with pytest.raises(Exception, match="credential"):
            harness.run(lambda p: p.github.repos.get("octocat/hello"))
    assert secret not in "".join(span.to_json() for span in recorded.spans)


def test_without_the_api_the_pip_line_is_said():
    code = (
        "import sys; sys.modules['opentelemetry'] = None\n"
        "from unifykit.otel import OpenTelemetry\n"
        "from unifykit import MissingExtraError\n"
        "try: OpenTelemetry()\n"
        "except MissingExtraError as error: print(error)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert "pip install 'unifykit[otel]'" in done.stdout, done.stderr
