"""Every SDK's own client, sync and async, with a read and a write for each of its libraries."""

import asyncio
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from unifykit import AsyncPlatforms, Platforms
from unifykit.settings import GitHubSettings, GitLabSettings, OpenAISettings, StripeSettings, SupabaseSettings


@dataclass(frozen=True)
class Native:
    """One library of one SDK in one mode."""

    name: str
    provider: str
    mode: str
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]
    keyed: bool = False
    transport: str = "httpx"


def _both(name: str, provider: str, read: Callable[[Any], Any], write: Callable[[Any], Any]) -> list[Native]:
    return [Native(f"{name}-{mode}", provider, mode, read, write) for mode in ("sync", "async")]


def _chat(openai: Any) -> Any:
    return openai.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])


NATIVES = [
    Native(
        "pygithub", "github", "sync",
        lambda gh: gh.get_repo("o/r"),
        lambda gh: gh.requester.requestJsonAndCheck("POST", "/repos/o/r/issues", input={"title": "t"}),
    ),
    Native("python-gitlab", "gitlab", "sync", lambda gl: gl.projects.get(1), lambda gl: gl.projects.create({"name": "n"})),
    Native(
        "stripe-sync", "stripe", "sync",
        lambda stripe: stripe.v1.customers.retrieve("cus_1"),
        lambda stripe: stripe.v1.customers.create({"email": "a@b.c"}), keyed=True,
    ),
    Native(
        "stripe-async", "stripe", "async",
        lambda stripe: stripe.v1.customers.retrieve_async("cus_1"),
        lambda stripe: stripe.v1.customers.create_async({"email": "a@b.c"}), keyed=True,
    ),
    *_both("openai", "openai", lambda openai: openai.models.retrieve("m"), _chat),
    Native(
        "openai-aiohttp", "openai", "async", lambda openai: openai.models.retrieve("m"), _chat, transport="aiohttp",
    ),
    *_both(
        "postgrest", "supabase",
        lambda sb: sb.table("t").select("*").execute(), lambda sb: sb.table("t").insert({"a": 1}).execute(),
    ),
    *_both(
        "auth", "supabase",
        lambda sb: sb.auth.admin.list_users(), lambda sb: sb.auth.sign_up({"email": "a@b.c", "password": "secret"}),
    ),
    *_both("storage", "supabase", lambda sb: sb.storage.list_buckets(), lambda sb: sb.storage.create_bucket("b")),
    *_both(
        "functions", "supabase",
        lambda sb: sb.functions.invoke("f", {"method": "GET"}), lambda sb: sb.functions.invoke("f", {"body": {"a": 1}}),
    ),
]  # fmt: skip


def settings_for(url: str, token: str = "sk_test_token", transport: Any = "httpx") -> dict[str, Any]:
    """Settings that lead every provider to one server; OpenAI's calls, if async, over this transport."""
    more: dict[str, Any] = {"allow_insecure": True}
    return {
        "github": GitHubSettings(token=token, base_url=url, **more),
        "gitlab": GitLabSettings(token=token, base_url=url, **more),
        "openai": OpenAISettings(api_key=token, base_url=f"{url}/v1", transport=transport, **more),
        "stripe": StripeSettings(secret_key=token, base_url=url, **more),
        "supabase": SupabaseSettings(url=url, key=token, **more),
    }


def use(native: Native, url: str, call: Callable[[Any], Any], **options: Any) -> Any:
    """Make one call with the SDK's own client; what it gives."""
    options = {**settings_for(url, transport=native.transport), **options}
    if native.mode == "sync":
        with Platforms(**options) as p:
            return call(getattr(p, native.provider).native)

    async def go() -> Any:
        async with AsyncPlatforms(**options) as p:
            found = call(getattr(p, native.provider).native)
            return await found if inspect.isawaitable(found) else found

    return asyncio.run(go())
