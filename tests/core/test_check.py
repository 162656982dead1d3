"""`check()`: one harmless question to every part, of one platform and of all at once."""

import threading

from tests.loopback import Loopback, Reply

from unifykit import CheckItem, CheckReport, CheckSummary, Retry
from unifykit.settings import GitHubSettings, GitLabSettings

NAMES = ["user", "rate limit", "repositories", "organizations", "gists", "events", "notifications"]
CORE = {"limit": 5000, "remaining": 4999, "reset": 1_800_000_000}


def github(url, token="t"):
    return GitHubSettings(token=token, base_url=url)


def healthy(seen):
    path = seen.path.partition("?")[0]
    if path == "/user":
        return Reply(200, {"login": "octocat", "id": 1})
    if path == "/rate_limit":
        return Reply(200, {"resources": {"core": CORE}})
    return Reply(200, [])


def without_gists(seen):
    return Reply(403, {"message": "No <gists> for you"}) if seen.path.startswith("/gists") else healthy(seen)


def test_a_healthy_account(both):
    with Loopback(healthy) as server:
        report = both(github=github(server.url)).run(lambda p: p.github.check())
    assert ([item.name for item in report.items], report.ok, report.provider) == (NAMES, True, "github")
    assert (report["user"].detail, report["rate limit"].detail, report["gists"].detail) == (
        "octocat",
        "4999 of 5000 left",
        "0",
    )
    assert all(seen.method == "GET" for seen in server.seen)
    assert len(server.seen) == 8


def test_a_failure_is_recorded_and_the_rest_is_asked_all_the_same(both):
    with Loopback(without_gists) as server:
        report = both(github=github(server.url)).run(lambda p: p.github.check())
    assert not report.ok
    assert [item.name for item in report.items if not item.ok] == ["gists"]
    assert "PermissionDeniedError" in report["gists"].detail
    assert [item.name for item in report.items] == NAMES


def test_a_check_under_a_timeout_of_its_client_does_not_raise(both):
    with Loopback([Reply(503, {})]) as server:
        h = both(github=github(server.url), timeout=0.5, retry=Retry(max_attempts=2, base=0.2))
        report = h.run(lambda p: p.github.check())
    assert [item.ok for item in report.items] == [False] * 7


def test_the_table():
    items = (CheckItem("user", True, "octocat", 0.123), CheckItem("rate limit", False, "two\nlines <b>", 12.0))
    report = CheckReport("github", items)
    assert str(report).splitlines() == [
        "github: FAILED",
        "  user        ok       0.12 s  octocat",
        "  rate limit  FAILED  12.00 s  two lines <b>",
    ]
    html = report._repr_html_()
    assert "two lines &lt;b&gt;" in html
    assert "<b>" not in html


def test_nothing_asked_is_not_ok():
    assert not CheckReport("github", ()).ok
    assert not CheckSummary(()).ok
    assert not CheckSummary((CheckReport("github", (), "not configured"),)).ok


def test_all_platforms_at_once(both):
    with Loopback(healthy) as good, Loopback(without_gists) as bad:
        h = both(github={"default": github(good.url), "bot": github(bad.url)})
        summary = h.run(lambda p: p.check())
    assert summary["github"].ok
    assert not summary["github[bot]"].ok
    assert not summary.ok
    assert (summary["gitlab"].items, summary["gitlab"].note) == ((), "not configured")
    assert "gitlab: not configured" in str(summary)
    assert summary._repr_html_().count("<table>") == len(summary.reports)


def test_what_is_not_configured_does_not_count(both):
    with Loopback(healthy) as server:
        summary = both(github=github(server.url)).run(lambda p: p.check())
    assert summary.ok
    assert {report.provider for report in summary} > {"github", "gitlab", "redis"}


def test_malformed_settings_are_a_failed_item(both, monkeypatch):
    monkeypatch.setenv("UNIFYKIT_GITHUB_TOKEN", "t")
    monkeypatch.setenv("UNIFYKIT_GITHUB_BASE_URL", "ftp://nowhere")
    summary = both().run(lambda p: p.check())
    assert [item.name for item in summary["github"].items] == ["settings"]
    assert "ConfigurationError" in summary["github"]["settings"].detail
    assert not summary.ok


def test_half_of_the_settings_is_a_failed_item_and_not_silence(both, monkeypatch):
    monkeypatch.setenv("UNIFYKIT_SUPABASE_URL", "http://127.0.0.1:9")
    report = both().run(lambda p: p.check())["supabase"]
    assert "UNIFYKIT_SUPABASE_KEY" in report["settings"].detail


def test_platforms_are_asked_at_the_same_time(both):
    together = threading.Barrier(2, timeout=20)

    def decide(seen):
        if seen.path == "/rate_limit":
            together.wait()  # breaks unless the other account asks meanwhile
        return healthy(seen)

    with Loopback(decide) as server:
        h = both(github={"default": github(server.url, "first"), "bot": github(server.url, "second")})
        assert h.run(lambda p: p.check()).ok


def test_a_provider_without_questions_says_so(both, monkeypatch):
    from unifykit import platforms

    h = both(gitlab=GitLabSettings(token="t", base_url="http://127.0.0.1:9"))
    monkeypatch.setattr(platforms._Facade, "_client", lambda self, provider, account="default": object())
    assert h.run(lambda p: p.check())["gitlab"].note == "has nothing to check"
