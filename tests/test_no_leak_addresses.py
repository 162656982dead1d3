"""Signed addresses are as secret as keys, and no credential goes along to where a platform redirects."""

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from tests.accounts import ACCOUNTS, TOKEN, name_of
from tests.loopback import Loopback, Reply
from tests.test_no_leak import EVENTS, Log, Told, log, nothing_in, nothing_in_error, perform, was_sent
from tests.wires.natives import NATIVES, Native, use

from unifykit import Retry, UnifyError

__all__ = ["log"]  # a fixture

SIGNED = {
    "amazon": "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={}&X-Amz-Signature={}&X-Amz-Security-Token={}",
    "google": "X-Goog-Credential={}&X-Goog-Signature={}",
    "google, old": "GoogleAccessId=a&Expires=1&Signature={}",
    "azure": "se=2026-01-01T00%3A00%3A00Z&sp=r&sv=2022&sr=b&sig={}",
    "github": "token={}&jwt={}",
}
EXECUTED = ("200", "401", "404", "500", "reset", "cut", "redirect")


def signed(kind: str) -> str:
    return SIGNED[kind].replace("{}", quote(TOKEN, safe=""))


FETCHES: dict[str, tuple[str, Callable[[Any, Any], Any]]] = {
    "gitlab artifacts": ("gitlab", lambda p, _: p.gitlab.jobs.artifacts(1, 2)),
    "gitlab artifacts to a file": ("gitlab", lambda p, folder: p.gitlab.jobs.artifacts_to(1, 2, folder / "a.zip")),
    "gitlab artifact": ("gitlab", lambda p, _: p.gitlab.jobs.artifact(1, 2, "a.txt")),
    "gitlab log": ("gitlab", lambda p, _: p.gitlab.jobs.log(1, 2)),
    "github download": ("github", lambda p, _: p.github.repos.download("o/r", "a.bin")),
}


@pytest.mark.parametrize("fetch", FETCHES)
@pytest.mark.parametrize("kind", SIGNED)
@pytest.mark.parametrize("event", EXECUTED)
def test_where_a_platform_keeps_files(  # noqa: PLR0917 -- what is looked for where
    both: Callable[..., Any], fetch: str, kind: str, event: str, log: Log, tmp_path: Any
) -> None:
    (name, call), told = FETCHES[fetch], Told()
    with Loopback([EVENTS[event]]) as storage, Loopback() as home:
        home.script([Reply(302, b"", {"Location": f"{storage.url}/bucket/a.zip?{signed(kind)}"})])
        h = both(**{name: _signs_in(name, home.url)}, observers=[told], retry=Retry(max_attempts=2, base=0))
        try:
            h.run(lambda p: call(p, tmp_path))
        except Exception as error:
            assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
            nothing_in_error(error)
        assert storage.seen[0].path.endswith(signed(kind))
        assert not any(CREDENTIAL in f"{seen.headers} {seen.path}" for seen in storage.seen)
        assert any(CREDENTIAL in str(seen.headers) for seen in home.seen)
    assert log.records
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


CREDENTIAL = "the-account-s-own-key"


def _signs_in(name: str, url: str) -> Any:
    """With another credential than the signature, so that each can be looked for."""
    return type(ACCOUNTS[name].settings(url))(token=CREDENTIAL, base_url=url)


STORES = [native for native in NATIVES if native.name.startswith("storage")]


@pytest.mark.parametrize("native", STORES, ids=lambda native: native.name)
@pytest.mark.parametrize("event", EVENTS)
def test_an_upload_with_supabase_s_own_client(native: Native, event: str, log: Log) -> None:
    with Loopback([EVENTS[event]]) as server:
        for call in (
            lambda sb: sb.storage.from_("b").upload_to_signed_url("f", TOKEN, b"x"),
            lambda sb: sb.options.httpx_client.get(f"{server.url}/storage/v1/object/sign/b/f?token={quote(TOKEN)}"),
        ):
            try:
                use(native, server.url, call, retry=Retry(max_attempts=2, base=0))
            except Exception as error:
                assert TOKEN not in str(error)  # noqa: PT017
        assert any(was_sent(seen) for seen in server.seen)
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("answer", ["a signed URL", "to upload"])
def test_a_signature_that_supabase_makes(both: Callable[..., Any], answer: str, log: Log) -> None:
    body = (
        {"signedURL": f"/object/sign/b/f?token={TOKEN}"} if answer == "a signed URL" else {"url": f"/x?token={TOKEN}"}
    )
    told = Told()
    with Loopback([Reply(body=body)]) as server:
        settings = type(ACCOUNTS["supabase"].settings(server.url))(url=server.url, key=CREDENTIAL)
        h = both(supabase=settings, observers=[told])
        try:
            made = h.run(lambda p: p.supabase.storage.bucket("b").signed_url("f", expires_in=60))
            assert made.endswith(TOKEN)
        except UnifyError as error:
            nothing_in_error(error)
    nothing_in(log.text.getvalue(), "the log")
    nothing_in(told.text(), "the events")


@pytest.mark.parametrize("name", ACCOUNTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_of_an_operation_takes_no_credential_along(
    both: Callable[..., Any], name: str, status: int, log: Log
) -> None:
    account = ACCOUNTS[name]
    with Loopback([EVENTS["200"]]) as other, Loopback() as home:
        home.script(lambda seen: Reply(status, b"", {"Location": f"{other.url}/there?{_query_of(seen)}"}))
        options = {name_of(name): account.settings(home.url), "retry": Retry(max_attempts=2, base=0)}
        perform(both(**options), account)
        assert home.seen
        assert all(was_sent(seen) for seen in home.seen)
        assert not any(was_sent(seen) for seen in other.seen), [vars(seen) for seen in other.seen]
    nothing_in(log.text.getvalue(), "the log")


def _query_of(seen: Any) -> str:
    """A platform that repeats the query, as some do."""
    return str(seen.path.partition("?")[2])


@pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)
@pytest.mark.parametrize("status", [302, 307])
def test_a_redirect_of_an_sdk_shows_no_signature(native: Native, status: int, log: Log) -> None:
    with Loopback([EVENTS["404"]]) as other, Loopback() as home:
        home.script([Reply(status, b"", {"Location": f"{other.url}/a?{signed('amazon')}"})])
        for call in (native.read, native.write):
            try:
                use(native, home.url, call)
            except Exception as error:
                assert TOKEN not in str(error)  # noqa: PT017
        assert home.seen
    nothing_in(log.text.getvalue(), "the log")
