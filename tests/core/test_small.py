"""The small parts: policies, extras, models, observers."""

import logging

import pytest
from tests.core.plans import OK, Bench

from unifykit import Breaker, ConfigurationError, MissingExtraError, RateLimit, RateLimitState, Retry
from unifykit._core.extras import extra
from unifykit._core.model import Model, parse_list
from unifykit._core.observe import fan_out
from unifykit._core.outcome import Kind, Outcome, Quota
from unifykit._core.policy import Policy
from unifykit.events import AttemptEvent, OutcomeEvent, StartEvent, WaitEvent


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: Retry(max_attempts=0), "max_attempts"),
        (lambda: Retry(base=-1), "negative"),
        (lambda: Retry(cap=-1), "negative"),
        (lambda: Retry(transient_cost=-1), "costs"),
        (lambda: RateLimit(rate=0), "rate"),
        (lambda: RateLimit(per=0), "per"),
        (lambda: RateLimit(burst=0), "burst"),
        (lambda: RateLimit(concurrency=0), "concurrency"),
        (lambda: RateLimit(max_queue=-1), "max_queue"),
        (lambda: Breaker(threshold=0), "threshold"),
        (lambda: Breaker(threshold=1.1), "threshold"),
        (lambda: Breaker(minimum=0), "minimum"),
        (lambda: Breaker(window=0), "seconds above 0"),
        (lambda: Breaker(pause=0), "seconds above 0"),
        (lambda: Policy(timeout=0), "timeout"),
        (lambda: Policy(attempt_timeout=0), "attempt_timeout"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(make, word):
    with pytest.raises(ConfigurationError, match=word):
        make()


def test_the_limit_counts_a_fractional_rate():
    assert Bench(limit=RateLimit(rate=0.5)).walk([OK]).waits == []


def test_old_slices_leave_the_breaker_s_window():
    bench = Bench(retry=Retry.off(), breaker=Breaker(threshold=1.0, minimum=3, window=10.0))
    broken = Outcome(Kind.TRANSIENT, status=500)
    for _ in range(10):
        bench.now += 6
        assert bench.walk([broken]).error is None


def test_the_state_of_a_quota():
    bench = Bench()
    bench.walk([Outcome(Kind.OK, status=200, quota=Quota(60, 0, 1_800_000_010.0))], bucket="core")
    bench.walk([Outcome(Kind.OK, status=200, quota=Quota(30, 3, None))], bucket="search")
    bench.walk([Outcome(Kind.OK, status=200, quota=Quota(None, 0, None))], bucket="odd")
    assert bench.engine.account.quota.state(bench.now + 4) == {
        "core": RateLimitState(60, 0, 1_800_000_010.0, 6.0),
        "search": RateLimitState(30, 3, None, 0.0),
        "odd": RateLimitState(None, 0, None, 0.0),
    }


# -- extras


@pytest.mark.parametrize("name", ["github", "github.Auth"])
def test_an_extra_that_is_not_installed(name):
    with pytest.raises(MissingExtraError) as caught, extra("github", ("github",)):
        raise ModuleNotFoundError(f"No module named {name!r}", name=name)
    assert "github is not installed: pip install 'unifykit[github]'".replace("github is", f"{name} is") in str(
        caught.value
    )
    assert isinstance(caught.value, ImportError)
    assert caught.value.provider == "github"


@pytest.mark.parametrize(
    "error", [ImportError("libfoo.so: bad ELF"), ModuleNotFoundError("No module named 'jwt'", name="jwt")]
)
def test_an_extra_that_is_installed_and_broken(error):
    with (
        pytest.raises(MissingExtraError, match="installed but cannot be imported") as caught,
        extra("github", ("github",)),
    ):
        raise error
    assert "--force-reinstall 'unifykit[github]'" in str(caught.value)
    assert caught.value.__cause__ is error


def test_an_extra_s_own_error_passes():
    mine = MissingExtraError("mine")
    with pytest.raises(MissingExtraError) as caught, extra("github", ("github",)):
        raise mine
    assert caught.value is mine


# -- models


class Thing(Model):
    """A result."""

    size: int


def test_a_model_is_frozen_and_keeps_what_it_does_not_name():
    [thing] = parse_list(Thing, b'[{"size": 3, "new": {"deep": [1]}}]')
    assert thing.raw == {"size": 3, "new": {"deep": [1]}}
    with pytest.raises(ValueError, match="frozen"):
        thing.size = 4


@pytest.mark.parametrize("parse", [lambda body: parse_list(Thing, b"[" + body + b"]"), Thing.model_validate_json])
def test_a_reply_that_does_not_fit_is_not_repeated_in_the_error(parse):
    with pytest.raises(ValueError, match="size") as caught:
        parse(b'{"size": "s3cret-of-the-reply"}')
    assert "s3cret" not in str(caught.value)


# -- observers

ATTEMPT = AttemptEvent("test", "things.do", 1, 2, 0.5, None, "timeout", 0, 0)
EVENTS = [
    StartEvent("test", "things.do", 1),
    ATTEMPT,
    WaitEvent("test", "things.do", 1, 1.5, "retry"),
    OutcomeEvent("test", "things.do", 1, 2.0, 2, 1.5, None),
    OutcomeEvent("test", "things.do", 1, 2.0, 2, 1.5, "ServerError"),
]


@pytest.mark.parametrize(
    ("level", "lines"),
    [
        (logging.WARNING, []),
        (
            logging.INFO,
            ["test.things.do waits 1.500 s (retry)", "test.things.do failed: ServerError after 2 attempts, 2.000 s"],
        ),
        (
            logging.DEBUG,
            [
                "test.things.do attempt 2: timeout in 0.500 s",
                "test.things.do waits 1.500 s (retry)",
                "test.things.do failed: ServerError after 2 attempts, 2.000 s",
            ],
        ),
    ],
)
def test_the_logger_is_an_observer(caplog, level, lines):
    tell = fan_out([])
    with caplog.at_level(level, "unifykit"):
        for event in EVENTS:
            tell(event)
    assert [record.getMessage() for record in caplog.records] == lines


def test_an_observer_that_raises_breaks_nothing(caplog):
    heard = []

    def broken(_):
        raise RuntimeError("mine")

    fan_out([broken, heard.append])(ATTEMPT)
    assert heard == [ATTEMPT]
    assert "an observer failed" in caplog.text
