"""No object of ours shows a credential, however it is looked at, and nothing is written to the user's home."""

import asyncio
import copy
import gc
import json
import pickle
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.accounts import ACCOUNTS, JWT, REDIS, TOKEN, name_of
from tests.loopback import Loopback, Reply
from tests.test_no_leak import nothing_in, nothing_in_error

from unifykit import AsyncPlatforms, webhooks
from unifykit._wires.endpoint import Endpoint
from unifykit.errors import ConnectionFailedError, UnifyError, WebhookVerificationError

EVERY = {**ACCOUNTS, "redis": REDIS}
NATIVE = ("native", "built", "_native")


def parts(thing: Any, seen: set[int], depth: int = 0) -> Iterator[Any]:
    """An object and the objects of ours that it holds. The SDKs' own clients hold the credential, as they must."""
    if id(thing) in seen or depth > 9:
        return
    seen.add(id(thing))
    if isinstance(thing, dict):
        held: list[Any] = list(thing.values())
    elif isinstance(thing, list | tuple | set | frozenset):
        held = list(thing)
    elif type(thing).__module__.startswith("unifykit.") and not isinstance(thing, type):
        yield thing
        slots = [name for cls in type(thing).__mro__ for name in getattr(cls, "__slots__", ())]
        own = {**getattr(thing, "__dict__", {}), **{name: getattr(thing, name, None) for name in slots}}
        held = [value for name, value in own.items() if name not in NATIVE]
    else:
        return
    for value in held:
        yield from parts(value, seen, depth + 1)


def looked_at(thing: Any) -> str:
    own = {name: value for name, value in getattr(thing, "__dict__", {}).items() if name not in NATIVE}
    return f"{thing!r} {thing!s} {own!r} {dir(thing)}"


def opened(both: Callable[..., Any], name: str, url: str) -> Any:
    """A harness whose client has been used, so that all its parts are there."""
    h = both(**{name_of(name): EVERY[name].settings(url)})
    try:
        h.run(EVERY[name].read)
    except UnifyError as error:
        nothing_in_error(error)
    return h


@pytest.mark.parametrize("name", EVERY)
def test_every_object_of_ours(both: Callable[..., Any], name: str) -> None:
    with Loopback([Reply(404, {"message": "no"})]) as server:
        h = opened(both, name, server.url.replace("http", "redis") if name == "redis" else server.url)
        client = getattr(h.p, name_of(name))
        client = client.as_user(JWT) if name == "supabase as a user" else client
        found = list(parts(h.p, set())) + list(parts(client, set()))
        assert len({type(thing) for thing in found}) > 5
        for thing in (*found, client.native, client.link, client.link.settings):
            text = f"{thing!r} {thing!s}" if thing is client.native or _is_sdk_s(thing) else looked_at(thing)
            nothing_in(text, type(thing).__name__)


def test_a_channel() -> None:
    """Its address has the key in it."""

    async def go() -> list[Any]:
        async with AsyncPlatforms(supabase=ACCOUNTS["supabase"].settings("http://127.0.0.1:9")) as p:
            channel = p.supabase.realtime.channel("room")
            with pytest.raises(ConnectionFailedError):
                await channel.subscribe()
            return [*parts(channel, set()), *(one for one in gc.get_objects() if type(one) is Endpoint)]

    found = asyncio.run(go())
    assert Endpoint in map(type, found)
    for thing in found:
        nothing_in(f"{thing!r}" if _is_sdk_s(thing) else looked_at(thing), type(thing).__name__)


def _is_sdk_s(thing: Any) -> bool:
    """Whether it is an SDK's own client under our name."""
    return not all(cls.__module__.startswith(("unifykit", "builtins", "typing")) for cls in type(thing).__mro__)


@pytest.mark.parametrize("name", EVERY)
def test_nothing_that_holds_a_credential_is_pickled_or_dumped(both: Callable[..., Any], name: str) -> None:
    settings: Any = EVERY[name].settings("redis://127.0.0.1:9" if name == "redis" else "http://127.0.0.1:9")
    h = both(**{name_of(name): settings})
    client = getattr(h.p, name_of(name))
    user = [client.as_user(JWT), client.as_user(JWT).credentials] if name == "supabase as a user" else []
    for thing in (h.p, client, client.native, client.link, settings, *user):
        try:
            kept = pickle.dumps(thing, 0).decode("latin-1")
        except Exception as error:
            kept = f"{error!r}"
        nothing_in(kept, type(thing).__name__)
    nothing_in(f"{settings.model_dump()} {settings.model_dump_json()} {settings.model_dump(mode='json')}", "a dump")
    nothing_in(
        f"{copy.copy(settings)!r} {list(settings)!r} {settings.__rich_repr__ and list(settings.__rich_repr__())}",
        "parts",
    )
    nothing_in(json.dumps(type(settings).model_json_schema(), default=str), "the schema")


def test_a_webhook_s_error_tells_neither_the_secret_nor_the_signature() -> None:
    with pytest.raises(WebhookVerificationError) as caught:
        webhooks.verify("stripe", b"{}", {"Stripe-Signature": f"t=1,v1={TOKEN}"}, TOKEN)
    nothing_in_error(caught.value)


@pytest.mark.parametrize("version", ["006", "007"])
def test_agora_s_tokens_do_not_tell_the_certificate(both: Callable[..., Any], version: Any) -> None:
    h = both(agora=ACCOUNTS["agora"].settings("http://127.0.0.1:9"))
    with pytest.raises(UnifyError) as caught:  # it is no certificate
        h.p.agora.tokens.rtc("room", uid=1, version=version)
    nothing_in_error(caught.value)


def test_stripe_writes_nothing_to_the_user_s_home(
    both: Callable[..., Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import stripe

    monkeypatch.setattr(stripe, "enable_telemetry", True)  # as it comes
    for name in (
        "HOME",
        "USERPROFILE",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_CACHE_HOME",
        "XDG_STATE_HOME",
        "APPDATA",
    ):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with Loopback([Reply(body={"id": "cus_1", "object": "customer"})]) as server:
        h = both(stripe=ACCOUNTS["stripe"].settings(server.url))
        for _ in range(2):  # the second request would tell of the first
            h.run(ACCOUNTS["stripe"].write)
            native = h.p.stripe.native.v1.customers
            h.run(lambda _, n=native: n.create_async({}) if h.is_async else n.create({}))
        assert len(server.seen) == 4
    assert [path.name for path in tmp_path.rglob("*")] == []
    assert not [seen for seen in server.seen if "telemetry" in str(seen.headers).lower()]


@pytest.mark.parametrize("name", [name for name in EVERY if name != "stripe"])
def test_nor_does_any_other(
    both: Callable[..., Any], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.chdir(tmp_path)
    with Loopback([Reply(404, {"message": "no"})]) as server:
        opened(both, name, server.url.replace("http", "redis") if name == "redis" else server.url)
    assert [path.name for path in tmp_path.rglob("*")] == []
