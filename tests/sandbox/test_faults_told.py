"""Faults as each platform says them, through unifykit and through the vendors' SDKs alone."""

import contextlib
import json

import httpx
import openai
import pytest
import stripe
from github import Auth, Github, GithubException
from tests.loopback import Loopback, Reply

from unifykit import (
    ConnectionFailedError,
    DeadlineExceededError,
    RateLimitedError,
    Retry,
    UnavailableError,
    UnexpectedResponseError,
    UnifyError,
)
from unifykit.sandbox import COUNTERPARTS, Sandbox
from unifykit.sandbox.planning import Allowance
from unifykit.sandbox.voices import VOICES
from unifykit.testing import VirtualClock

HTTP = [name for name in COUNTERPARTS if name not in ("redis", "supabase")]


@pytest.fixture(scope="module")
def running():
    with Sandbox(only=HTTP) as sandbox:
        yield sandbox


@pytest.fixture
def sandbox(running):
    running.reset()
    return running


@pytest.fixture
def stripes(sandbox):
    return sandbox.faults("stripe")


@pytest.fixture
def url(sandbox):
    return sandbox.environment()["UNIFYKIT_STRIPE_BASE_URL"]


@pytest.fixture
def once(sandbox, both):
    """Both modes, each request sent once."""
    return both(**sandbox.settings(), clock=VirtualClock(), retry=Retry.off())


@pytest.fixture
def again(sandbox, both):
    """Both modes, with retries that take no time."""
    return both(**sandbox.settings(), clock=VirtualClock(), retry=Retry(max_attempts=4, budget=100_000))


# --- what the platforms say ----------------------------------------------------------------------------------------

ERRORS = {
    "agora": ("message",),
    "github": ("message",),
    "gitlab": ("message",),
    "logrocket": ("error",),
    "mapbox": ("message",),
    "openai": ("error", "message"),
    "stripe": ("error", "message"),
}
CALLS = {
    "agora": lambda p: p.agora.bans.list(),
    "github": lambda p: p.github.me(),
    "gitlab": lambda p: p.gitlab.me(),
    "logrocket": lambda p: p.logrocket.users.identify("ada", name="Ada"),
    "mapbox": lambda p: p.mapbox.geocode.forward("Louvre"),
    "openai": lambda p: p.openai.models.list(),
    "stripe": lambda p: p.stripe.balance(),
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_has_the_platform_s_shape(sandbox, once, name):
    sandbox.faults(name).status(503, retry_after=2)
    with pytest.raises(UnavailableError, match="The sandbox was told to answer 503") as caught:
        once.run(CALLS[name])
    assert (caught.value.status, caught.value.retry_after) == (503, 2.0)
    sandbox.faults(name).status(503)
    address = sandbox.environment()[f"UNIFYKIT_{name.upper()}_BASE_URL"]
    said = httpx.get(address, trust_env=False).json()
    for key in ERRORS[name]:
        said = said[key]
    assert said == "The sandbox was told to answer 503."


@pytest.mark.parametrize("name", ERRORS)
def test_a_limit_is_told_as_the_platform_tells_it(sandbox, once, name):
    faults = sandbox.faults(name).rate_limit(2, period=30)
    for _ in range(2):
        once.run(CALLS[name])
    with pytest.raises(RateLimitedError) as caught:
        once.run(CALLS[name])
    assert caught.value.source == "provider"
    assert caught.value.status == (403 if name == "github" else 429)
    assert faults.seen == {"rate_limit": 1}


@pytest.mark.parametrize("name", ["github", "gitlab", "openai", "mapbox"])
def test_replies_tell_what_is_left_of_a_limit(sandbox, name):
    names = {"github": "x-ratelimit-", "gitlab": "ratelimit-", "openai": "x-ratelimit-", "mapbox": "x-rate-limit-"}
    left = {"github": "remaining", "gitlab": "remaining", "openai": "remaining-requests"}.get(name)
    limit = "limit-requests" if name == "openai" else "limit"
    sandbox.faults(name).rate_limit(2)
    address = sandbox.environment()[f"UNIFYKIT_{name.upper()}_BASE_URL"]
    told = [httpx.get(address, trust_env=False).headers for _ in range(3)]
    assert [one.get_list(names[name] + limit) for one in told] == [["2"]] * 3
    if left:
        assert [one[names[name] + left] for one in told] == ["1", "0", "0"]


def test_a_limit_s_period_ends_on_the_clock_that_is_given(sandbox, both):
    clock = VirtualClock()
    h = both(**sandbox.settings(), clock=clock, random=lambda: 0.0)
    faults = sandbox.faults("gitlab").rate_limit(2, period=20, clock=clock.wall)
    for _ in range(5):
        h.run(lambda p: p.gitlab.me())
    assert 20 <= sum(clock.slept) <= 63
    assert faults.seen["rate_limit"] <= 2


def test_a_limit_of_github_s_hour_is_not_waited_for(sandbox, both):
    clock = VirtualClock()
    h = both(**sandbox.settings(), clock=clock)
    sandbox.faults("github").rate_limit(1, clock=clock.wall)
    h.run(lambda p: p.github.me())
    with pytest.raises(RateLimitedError) as caught:
        h.run(lambda p: p.github.me())
    assert caught.value.retry_after > 3000


# --- through unifykit, and with the SDKs alone ----------------------------------------------------------------------


def test_a_keyed_write_survives_each_and_happens_once(sandbox, again):
    faults = sandbox.faults("stripe")
    for plan in (faults.reset, faults.commit_then_drop, faults.truncate, lambda: faults.status(500)):
        plan()
        again.run(lambda p: p.stripe.customers.create(name="Ada"))
    assert len(again.run(lambda p: p.stripe.customers.list())) == 4
    assert faults.seen.total() == 4


def test_an_unsafe_write_says_whether_it_may_have_happened(sandbox, once):
    faults = sandbox.faults("github").commit_then_drop()
    with pytest.raises(ConnectionFailedError) as dropped:
        once.run(lambda p: p.github.repos.create("dropped"))
    faults.status(429)
    with pytest.raises(RateLimitedError) as refused:
        once.run(lambda p: p.github.repos.create("refused"))
    assert (dropped.value.maybe_executed, refused.value.maybe_executed) == (True, False)
    names = {repo.name for repo in once.run(lambda p: p.github.repos.list())}
    assert "dropped" in names
    assert "refused" not in names


def test_malformed_json_is_an_unexpected_response(sandbox, once):
    sandbox.faults("stripe").malformed_json()
    with pytest.raises(UnexpectedResponseError):
        once.run(lambda p: p.stripe.balance())


def test_a_slow_reply_meets_the_attempt_s_time(sandbox, both):
    h = both(**sandbox.settings(), retry=Retry.off(), attempt_timeout=0.3)
    h.run(lambda p: p.stripe.balance())
    sandbox.faults("stripe").slow(30)
    with pytest.raises(DeadlineExceededError):
        h.run(lambda p: p.stripe.balance())


def test_a_redirect_to_another_host_takes_no_credential_along(sandbox, once):
    with Loopback([Reply(body={"id": 1})]) as other:
        sandbox.faults("gitlab").redirect_to(other.url)
        with contextlib.suppress(UnifyError):
            once.run(lambda p: p.gitlab.me())
        assert all("private-token" not in seen.headers for seen in other.seen)


def test_stripe_s_sdk_alone(sandbox, url):
    faults = sandbox.faults("stripe")
    client = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": url}, max_network_retries=0)
    faults.status(503)
    with pytest.raises(stripe.APIError) as caught:
        client.v1.customers.create({})
    assert caught.value.error.message == "The sandbox was told to answer 503."
    faults.rate_limit(1)
    client.v1.balance.retrieve()
    with pytest.raises(stripe.RateLimitError):
        client.v1.balance.retrieve()
    faults.clear()
    faults.commit_then_drop(times=2)
    retrying = stripe.StripeClient("sk_test_sandbox", base_addresses={"api": url}, max_network_retries=2)
    retrying.v1.customers.create({})
    assert faults.seen["commit_then_drop"] == 2
    assert len(client.v1.customers.list().data) == 1


def test_openai_s_sdk_alone(sandbox):
    base = sandbox.environment()["UNIFYKIT_OPENAI_BASE_URL"]
    faults = sandbox.faults("openai")
    with openai.OpenAI(api_key="sk-sandbox", base_url=base, max_retries=0) as client:
        faults.reset().status(500)
        with pytest.raises(openai.APIConnectionError):
            client.models.list()
        with pytest.raises(openai.InternalServerError, match="told to answer 500"):
            client.models.list()
        faults.rate_limit(1)
        client.models.list()
        with pytest.raises(openai.RateLimitError, match="Rate limit reached"):
            client.models.list()


def test_pygithub_alone(sandbox):
    address = sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"]
    faults = sandbox.faults("github").status(502, times=None)
    with Github(auth=Auth.Token("sandbox-token"), base_url=address, retry=None) as client:
        with pytest.raises(GithubException) as caught:
            _ = client.get_user().login
        assert caught.value.status == 502
        faults.clear()
        faults.reset(operation="GET /user")
        with pytest.raises(OSError, match=r"."):
            _ = client.get_user().login
        assert client.get_user().login == "octocat"


# --- GitLab's second origin ---------------------------------------------------------------------------------------


def test_gitlab_s_storage_fails_too(sandbox, again):
    faults = sandbox.faults("gitlab").reset(operation="GET /storage/*")
    assert again.run(lambda p: p.gitlab.jobs.artifacts(101, 70001)).startswith(b"PK")
    assert faults.seen == {"reset": 1}


@pytest.mark.parametrize(
    ("path", "said", "limited"),
    [
        ("/rest/v1/users", {"code": "PGRST000", "details": None, "hint": None}, {"message": "API rate limit exceeded"}),
        (
            "/auth/v1/token",
            {"code": 503, "error_code": "unexpected_failure"},
            {"code": 429, "error_code": "over_request_rate_limit", "msg": "Request rate limit reached"},
        ),
        ("/storage/v1/bucket", {"statusCode": "503", "error": "InternalError"}, {"message": "API rate limit exceeded"}),
        ("/functions/v1/hello", {}, {"message": "API rate limit exceeded"}),
    ],
)
def test_each_of_supabase_s_services_has_its_own_shape(path, said, limited):
    voice = VOICES["supabase"]
    body = json.loads(voice.says(503, path, {}).body)
    assert body.items() >= said.items()
    assert "The sandbox was told to answer 503." in body.values()
    refusal = voice.refuses(Allowance(10, 60.0, 11, 5.5, 1_800_000_000.0), path)
    assert (refusal.status, json.loads(refusal.body)) == (429, limited)
    assert refusal.headers.items() >= {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "6"}.items()  # seconds left
