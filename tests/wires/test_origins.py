"""A credential stays on its origin: a redirect to another port sees none, whichever SDK follows it."""

from collections.abc import Callable
from typing import Any

import pytest
from tests.loopback import Loopback, Reply
from tests.wires.natives import NATIVES, Native, settings_for, use

from unifykit import Platforms
from unifykit._wires.origin import Home

TOKEN = "sk_test_token"
LANDED = Reply(body={"id": 1, "object": "customer"})

every_native = pytest.mark.parametrize("native", NATIVES, ids=lambda native: native.name)


def shows_token(server: Loopback) -> bool:
    return any(TOKEN in str(seen.headers) or TOKEN in seen.path for seen in server.seen)


@every_native
@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_elsewhere_sees_no_credential(native: Native, status: int) -> None:
    with Loopback([LANDED]) as other, Loopback() as home:
        home.script([Reply(status, b"", {"Location": f"{other.url}/elsewhere"})])
        for call in (native.read, native.write):
            try:
                use(native, home.url, call)
            except Exception as error:
                assert TOKEN not in str(error)  # noqa: PT017 -- some SDKs follow, some refuse
        assert shows_token(home)
        assert not shows_token(other)


def followed(call: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """What the SDKs do in places, and a user may do: follow."""
    return lambda sdk: call(sdk.options.httpx_client if hasattr(sdk, "options") else sdk._client)


@pytest.mark.parametrize(
    "native", [n for n in NATIVES if n.name.startswith(("postgrest", "openai"))], ids=lambda n: n.name
)
def test_a_redirect_that_is_followed_on_request_sees_no_credential(native: Native) -> None:
    headers = {"apikey": TOKEN, "Authorization": f"Bearer {TOKEN}", "X-Api-Key": TOKEN, "Cookie": TOKEN}
    with Loopback([LANDED]) as other, Loopback() as home:
        home.script([Reply(307, b"", {"Location": f"{other.url}/elsewhere"})])
        address = f"{home.url}/x"
        call = followed(lambda client: client.get(address, headers=headers, follow_redirects=True))
        assert use(native, home.url, call).status_code == 200
        assert len(other.seen) == 1
        assert shows_token(home)
        assert not shows_token(other)


def test_a_request_made_for_elsewhere_carries_no_credential() -> None:
    with Loopback([LANDED]) as other, Loopback([LANDED]) as home, Platforms(**settings_for(home.url)) as p:
        p.stripe.native._requestor._options.base_addresses["api"] = other.url
        p.stripe.native.v1.customers.retrieve("cus_1")
        p.openai.native.with_options(base_url=f"{other.url}/v1").models.retrieve("m")
        assert len(other.seen) == 2
        assert not shows_token(other)


def test_a_gitlab_artifact_comes_from_storage_without_the_token() -> None:
    gitlab = NATIVES[1]
    with (
        Loopback([Reply(body=b"PK-the-artifact", headers={"Content-Type": "application/zip"})]) as storage,
        Loopback() as home,
    ):
        home.script([Reply(302, b"", {"Location": f"{storage.url}/bucket/a.zip?sig=1"})])
        artifact = use(gitlab, home.url, lambda gl: gl.projects.get(1, lazy=True).jobs.get(2, lazy=True).artifacts())
        assert artifact == b"PK-the-artifact"
        assert home.seen[0].headers["private-token"] == TOKEN
        assert "private-token" not in storage.seen[0].headers
        assert not shows_token(storage)


def test_a_streamed_gitlab_artifact_too() -> None:
    gitlab = NATIVES[1]
    parts: list[bytes] = []
    with Loopback([Reply(body=b"PK" * 10_000)]) as storage, Loopback() as home:
        home.script([Reply(302, b"", {"Location": f"{storage.url}/a.zip"})])
        use(
            gitlab, home.url,
            lambda gl: gl.projects.get(1, lazy=True).jobs.get(2, lazy=True).artifacts(streamed=True, action=parts.append),
        )  # fmt: skip
        assert b"".join(parts) == b"PK" * 10_000
        assert not shows_token(storage)


def test_cookies_are_not_kept() -> None:
    for native in NATIVES:
        with Loopback([Reply(body={"id": 1, "object": "customer"}, headers={"Set-Cookie": "session=1"})]) as server:

            def twice(sdk: Any, native: Native = native) -> Any:
                for _ in range(2):
                    try:
                        native.read(sdk)
                    except Exception:  # only what is sent counts here
                        continue

            if native.mode == "sync":
                use(native, server.url, twice)
                assert len(server.seen) == 2
                assert all("cookie" not in seen.headers for seen in server.seen)


def test_home_is_scheme_host_and_port() -> None:
    home = Home("https://api.example.com", ("files.example.com",))
    assert home.owns("https", "api.example.com", None)
    assert home.owns("https", "API.example.com", 443)
    assert home.owns("https", "files.example.com", 443)
    assert not home.owns("http", "api.example.com", None)
    assert not home.owns("https", "api.example.com", 8443)
    assert not home.owns("https", "api.example.com.evil.com", None)
    assert Home("http://[::1]:8080").owns("http", "[::1]", 8080)
