"""Example data: believable, the same each time, and written to this machine only."""

import pytest

from unifykit.errors import ConfigurationError, InvalidRequestError
from unifykit.sandbox import COUNTERPARTS, Sandbox, seeding

ELSEWHERE = {"UNIFYKIT_GITHUB_TOKEN": "ghp_real", "UNIFYKIT_STRIPE_SECRET_KEY": "sk_live_real"}


def counts(sandbox):
    """How many of everything; requests themselves are events at some."""
    return {name: {what: count for what, (count, _) in part.shown().items()} for name, part in sandbox._parts.items()}


def test_everything_is_filled_and_a_second_time_changes_nothing():
    with Sandbox() as sandbox:
        settings = seeding.local(sandbox.environment())
        assert settings.keys() == COUNTERPARTS.keys()
        with sandbox.platforms() as p:
            told = dict(seeding.fill(p, list(settings)))
            assert told.keys() == COUNTERPARTS.keys()
            first = counts(sandbox)
            assert dict(seeding.fill(p, list(settings))) == told
            assert counts(sandbox) == first
            assert [one.state for one in p.github.pulls.list("octocat/corner-shop")] == ["open"]
            assert len(p.github.issues.list("octocat/corner-shop").collect()) >= 3
            assert p.gitlab.pipelines.list("tanuki/corner-shop").first(1)[0].ref == "main"
            assert {one.status for one in p.stripe.subscriptions.list()} == {"active"}
            assert first["stripe"]["subscription"] == first["stripe"]["customer"] == 3
            assert p.supabase.table("api_usage").select("id").total() == 3
            assert p.supabase.auth.sign_in("ada@example.com", "a-long-password").user.email == "ada@example.com"
            assert p.redis.cache.get("plans") == {"starter": 900, "pro": 2900, "team": 9900}


def test_what_is_elsewhere_is_never_written_to():
    with pytest.raises(ConfigurationError, match="no sandbox was found"):
        seeding.local(ELSEWHERE)
    with pytest.raises(InvalidRequestError, match="github is not on a sandbox"):
        seeding.local(ELSEWHERE, ["github"])
    with Sandbox(only=["mapbox"]) as sandbox:
        assert list(seeding.local(ELSEWHERE | sandbox.environment())) == ["mapbox"]


def test_an_unknown_platform_is_refused():
    with pytest.raises(InvalidRequestError, match="nowhere"):
        seeding.local({}, ["nowhere"])


def test_a_seed_that_was_interrupted_is_finished():
    with Sandbox(only=["github"]) as sandbox, sandbox.platforms() as p:
        p.github.repos.create("corner-shop")
        p.github.repos.put_file("octocat/corner-shop", "README.md", "x", message="Begin")
        dict(seeding.fill(p, ["github"]))
        assert len(p.github.pulls.list("octocat/corner-shop").collect()) == 1
