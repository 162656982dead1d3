"""A fifth of all requests goes wrong in every way: nothing happens twice, and what may have happened says so."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from unifykit import Breaker, Retry, UnifyError
from unifykit.sandbox import Sandbox, agora
from unifykit.testing import VirtualClock

WRITES, READS = 150, 80
PERIOD = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 2, 1, tzinfo=UTC)}


@dataclass
class Run:
    """What is made and read at one platform.

    Attributes:
        create: Makes something with a mark.
        there: All that is there.
        read: Reads something.
        mark: The mark of one that is there.
        keyed: Whether a repeated create cannot happen twice, so that all succeed.
    """

    create: Callable[[Any, str], Any]
    there: Callable[[Any], Any]
    read: Callable[[Any], Any]
    mark: Callable[[Any], str]
    keyed: bool = False


RUNS = {
    "agora": Run(
        lambda p, mark: p.agora.bans.create(mark.split()[0], uid=int(mark.split()[1])),
        lambda p: p.agora.bans.list(),
        lambda p: p.agora.channels.list(),
        lambda ban: f"{ban.channel} {ban.uid}",
    ),
    "github": Run(
        lambda p, mark: p.github.issues.create("octocat/hello-world", title=mark),
        lambda p: p.github.issues.list("octocat/hello-world", state="all"),
        lambda p: p.github.repos.get("octocat/hello-world"),
        lambda issue: issue.title,
    ),
    "gitlab": Run(
        lambda p, mark: p.gitlab.issues.create(101, title=mark),
        lambda p: p.gitlab.issues.list(101, state="all"),
        lambda p: p.gitlab.projects.get(101),
        lambda issue: issue.title,
    ),
    "mapbox": Run(
        lambda p, mark: p.mapbox.tokens.create(["styles:read"], note=mark),
        lambda p: p.mapbox.tokens.list(),
        lambda p: p.mapbox.geocode.forward("Louvre"),
        lambda token: token.note or "",
    ),
    "openai": Run(
        lambda p, mark: p.openai.files.upload((f"{mark}.txt", b"Buy milk."), purpose="user_data"),
        lambda p: p.openai.files.list(),
        lambda p: p.openai.models.list(),
        lambda file: file.filename.removesuffix(".txt"),
    ),
    "stripe": Run(
        lambda p, mark: p.stripe.customers.create(name=mark),
        lambda p: p.stripe.customers.list(),
        lambda p: p.stripe.balance(),
        lambda customer: customer.name,
        keyed=True,
    ),
    "supabase": Run(
        lambda p, mark: p.supabase.table("articles").insert({"title": mark, "content": "x"}).execute(),
        lambda p: p.supabase.table("articles").select("title").execute(),
        lambda p: p.supabase.table("users").select("name").execute(),
        lambda row: row["title"],
    ),
}


@pytest.fixture(scope="module")
def running():
    with Sandbox(only=[*RUNS, "logrocket"]) as sandbox:
        yield sandbox


@pytest.fixture
def h(running, both):
    """Both modes; waits take no time, and the breaker stays out of it: the subject is what is sent again."""
    return both(
        **running.settings(),
        clock=VirtualClock(wall=time.time()),
        retry=Retry(max_attempts=8, budget=1_000_000),
        breaker=Breaker(minimum=1_000_000),
        attempt_timeout=0.5,
    )


def plan(faults):
    """Let a fifth of the requests go wrong from now on."""
    some = faults.randomly(0.2, seed=7)
    some.status(503).status(429, retry_after=1).reset().commit_then_drop().truncate().slow(0.01).slow(60, times=1)


def write(h, create, marks):
    """Which of the creates succeeded, may have happened, and certainly did not."""
    made, unclear, refused = set(), set(), set()
    for mark in marks:
        try:
            h.run(lambda p, mark=mark: create(p, mark))
            made.add(mark)
        except UnifyError as error:
            (unclear if error.maybe_executed else refused).add(mark)
    return made, unclear, refused


@pytest.mark.parametrize("name", RUNS)
def test_nothing_happens_twice_and_what_may_have_happened_says_so(running, h, name):
    run, faults = RUNS[name], running.faults(name)
    if name == "agora":  # its rules bear times, and it takes ten writes a second
        running._parts[name].gate.replace(
            agora.create_app(queries=10_000, writes=10_000, clock=h.p.agora.link.clock.wall)
        )
    marks = [f"{h.mode} {number}" for number in range(1, 1 + WRITES)]
    before = faults.seen
    plan(faults)
    made, unclear, refused = write(h, run.create, marks)
    written = faults.seen - before
    for _ in range(READS):
        h.run(run.read)
    faults.clear()
    there = Counter(map(run.mark, h.run(run.there)))
    there = {mark: count for mark, count in there.items() if mark in marks}
    assert set(there.values()) == {1}, "something is there twice"
    assert made <= there.keys() <= made | unclear
    assert not refused & there.keys()
    assert all(written[way] for way in ("status", "reset", "commit_then_drop", "truncate", "slow")), written
    if run.keyed:
        assert made == set(marks)
    elif name != "agora":  # which looks whether a ban is there before it says that it may be
        assert there.keys() - made, "no write was executed and lost: the run proves nothing"


def test_logrocket_s_highlights_are_asked_for_once(running, h):
    faults = running.faults("logrocket")
    asked = running._parts["logrocket"].gate._app.state.world.highlights
    before = faults.seen
    plan(faults)
    failed = []
    for _ in range(WRITES):
        count = len(asked)
        try:
            poller = h.run(lambda p: p.logrocket.highlights.request(user_id="42", **PERIOD))
            assert list(asked)[count:] == [poller.id]
        except UnifyError as error:
            failed.append((len(asked) - count, error.maybe_executed))
    assert set(failed) <= {(1, True), (0, True), (0, False)}
    assert (1, True) in failed, "no write was executed and lost: the run proves nothing"
    for number in range(READS):
        h.run(lambda p, number=number: p.logrocket.users.identify(f"{h.mode}{number}", name="Ada"))
        h.run(lambda p: p.logrocket.audit_logs.list())
    faults.clear()
    assert all((faults.seen - before)[way] for way in ("status", "reset", "commit_then_drop", "truncate", "slow"))
