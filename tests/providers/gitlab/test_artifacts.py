"""Artifacts: fetched from another origin without the token, and on disk whole or not at all."""

import os
import tracemalloc

import pytest
from tests.loopback import Drip, Loopback, Reply, Truncate
from tests.providers.gitlab.conftest import accounts, sandbox_server, settings
from tests.sandbox.conftest import serving

from unifykit import ConnectionFailedError, InvalidRequestError, NotFoundError, PermissionDeniedError
from unifykit.errors import DeadlineExceededError

FETCHES = {
    "whole": lambda p, path: p.gitlab.jobs.artifacts(101, 70001),
    "to a file": lambda p, path: p.gitlab.jobs.artifacts_to(101, 70001, path),
}
SECRETS = {"private-token", "authorization", "job-token", "cookie"}


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_the_token_stays_at_home_when_artifacts_lie_elsewhere(both, fetch, tmp_path):
    with Loopback([Reply(200, b"PK", {"Content-Type": "application/zip"})]) as storage:
        away = Reply(302, "", {"Location": f"{storage.url}/bucket/artifacts.zip?X-Amz-Signature=abc%2Bdef%2F1"})
        with Loopback([away]) as server:
            found = both(gitlab=settings(server.url)).run(lambda p: fetch(p, tmp_path / "a.zip"))
            assert server.seen[0].headers["private-token"] == "sandbox-token"
        (asked,) = storage.seen
        assert SECRETS.isdisjoint(asked.headers)
        assert "sandbox-token" not in str(asked)
        assert asked.path == "/bucket/artifacts.zip?X-Amz-Signature=abc%2Bdef%2F1"
    assert (found if isinstance(found, bytes) else found.read_bytes()) == b"PK"


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_on_the_sandbox_s_own_storage_which_refuses_tokens(both, fetch, tmp_path):
    with sandbox_server() as server, serving(server.app) as storage:
        server.app.state.gateway.storage_url = storage
        found = both(gitlab=accounts(server.url)).run(lambda p: fetch(p, tmp_path / "a.zip"))
    assert (found if isinstance(found, bytes) else found.read_bytes()).startswith(b"PK")


@pytest.mark.parametrize("fetch", FETCHES.values(), ids=FETCHES)
def test_a_storage_that_refuses(both, fetch, tmp_path):
    denied = Reply(403, "<Error>AccessDenied</Error>")
    with Loopback([denied]) as storage, Loopback([Reply(302, "", {"Location": f"{storage.url}/x"})]) as server:
        h = both(gitlab=settings(server.url))
        with pytest.raises(PermissionDeniedError):
            h.run(lambda p: fetch(p, tmp_path / "a.zip"))
    assert list(tmp_path.iterdir()) == []


def test_a_missing_archive_leaves_the_old_file(both, tmp_path):
    target = tmp_path / "a.zip"
    target.write_bytes(b"old")
    with Loopback([Reply(404, {"message": "404 Not Found"})]) as server, pytest.raises(NotFoundError):
        both(gitlab=settings(server.url)).run(lambda p: p.gitlab.jobs.artifacts_to(1, 2, target))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_download_that_breaks_off_leaves_the_old_file_and_nothing_else(both, tmp_path):
    target = tmp_path / "a.zip"
    target.write_bytes(b"old")
    with Loopback([Truncate(Reply(200, b"x" * 300_000))]) as server:
        h = both(gitlab=settings(server.url))
        with pytest.raises(ConnectionFailedError, match="broke off") as caught:
            h.run(lambda p: p.gitlab.jobs.artifacts_to(1, 2, target))
    assert caught.value.retryable
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"old"]


def test_a_download_that_drips_ends_at_the_deadline(both, tmp_path):
    with Loopback([Drip(0.02, Reply(200, b"x" * 5000))]) as server:
        h = both(gitlab=settings(server.url), timeout=0.6)
        with pytest.raises(DeadlineExceededError):
            h.run(lambda p: p.gitlab.jobs.artifacts_to(1, 2, tmp_path / "a.zip"))
    assert not (tmp_path / "a.zip").exists()


def test_a_large_archive_never_lies_in_memory(tmp_path):
    from unifykit import Platforms

    size = 24 << 20
    body = os.urandom(1 << 20) * 24
    with Loopback([Reply(200, body)]) as server, Platforms(gitlab=settings(server.url)) as p:
        p.gitlab.jobs.artifacts_to(1, 2, tmp_path / "first.zip")  # everything is imported before memory is counted
        tracemalloc.start()
        try:
            before = tracemalloc.get_traced_memory()[0]
            tracemalloc.reset_peak()
            written = p.gitlab.jobs.artifacts_to(1, 2, tmp_path / "big.zip")
            peak = tracemalloc.get_traced_memory()[1] - before
        finally:
            tracemalloc.stop()
    assert written.stat().st_size == size
    assert written.read_bytes() == body
    assert peak < size + (8 << 20)  # the server, in this process too, makes one copy of its reply


def test_where_nothing_can_be_written_nothing_is_asked(both, tmp_path):
    with Loopback() as server:
        h = both(gitlab=settings(server.url))
        for path in (tmp_path, tmp_path / "none" / "a.zip"):
            with pytest.raises(InvalidRequestError, match="folder"):
                h.run(lambda p, given=path: p.gitlab.jobs.artifacts_to(1, 2, given))
        assert server.seen == []


def test_what_the_disk_says_is_not_gitlab_s(both, tmp_path, monkeypatch):
    import tempfile

    def full(**_):
        raise OSError(28, "No space left on device")

    with Loopback([Reply(200, b"x")]) as server:
        h = both(gitlab=settings(server.url))
        monkeypatch.setattr(tempfile, "mkstemp", full)
        with pytest.raises(OSError, match="No space left") as caught:
            h.run(lambda p: p.gitlab.jobs.artifacts_to(1, 2, tmp_path / "a.zip"))
    assert type(caught.value) is OSError
