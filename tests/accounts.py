"""An account of each platform, all its credentials telling the same secret, with a read and a write for each."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.providers.agora.conftest import APP_ID

from unifykit.settings import (
    AgoraSettings,
    GitHubSettings,
    GitLabSettings,
    LogRocketSettings,
    MapboxSettings,
    OpenAISettings,
    ProviderSettings,
    RedisSettings,
    StripeSettings,
    SupabaseSettings,
)

TOKEN = "sk_test_Zt9/distinctive+Token=77"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJkaXN0aW5jdGl2ZSI6MX0.distinctive-signature"


@dataclass(frozen=True)
class Account:
    """One platform.

    Attributes:
        settings: At an address; every credential that the platform has is there.
        read: An operation that may be repeated.
        write: One that may not.
    """

    settings: Callable[[str], ProviderSettings]
    read: Callable[[Any], Any]
    write: Callable[[Any], Any]


ACCOUNTS = {
    "github": Account(
        lambda url: GitHubSettings(token=TOKEN, base_url=url),
        lambda p: p.github.repos.get("o/r"),
        lambda p: p.github.issues.create("o/r", title="t"),
    ),
    "gitlab": Account(
        lambda url: GitLabSettings(token=TOKEN, base_url=url),
        lambda p: p.gitlab.projects.get(1),
        lambda p: p.gitlab.issues.create(1, title="t"),
    ),
    "supabase": Account(
        lambda url: SupabaseSettings(url=url, key=TOKEN),
        lambda p: p.supabase.table("t").select().execute(),
        lambda p: p.supabase.table("t").insert({"a": 1}).execute(),
    ),
    "supabase as a user": Account(
        lambda url: SupabaseSettings(url=url, key=TOKEN),
        lambda p: p.supabase.as_user(JWT).auth.user(),
        lambda p: p.supabase.as_user(JWT).storage.bucket("b").upload("f", b"x"),
    ),
    "stripe": Account(
        lambda url: StripeSettings(secret_key=TOKEN, webhook_secret=TOKEN, base_url=url),
        lambda p: p.stripe.customers.get("cus_1"),
        lambda p: p.stripe.customers.create(email="a@b.c"),
    ),
    "openai": Account(
        lambda url: OpenAISettings(api_key=TOKEN, base_url=f"{url}/v1"),
        lambda p: p.openai.models.list(),
        lambda p: p.openai.chat.complete("m", "hi"),
    ),
    "openai over aiohttp": Account(
        lambda url: OpenAISettings(api_key=TOKEN, base_url=f"{url}/v1", transport="aiohttp"),
        lambda p: p.openai.files.list(),
        lambda p: p.openai.embeddings.create("m", "hi"),
    ),
    "agora": Account(
        lambda url: AgoraSettings(
            app_id=APP_ID, app_certificate=TOKEN, customer_id="customer", customer_secret=TOKEN, base_url=url
        ),
        lambda p: p.agora.bans.list(),
        lambda p: p.agora.bans.create("c", uid=1),
    ),
    "logrocket": Account(
        lambda url: LogRocketSettings(api_key=f"org:app:{TOKEN}", base_url=url),
        lambda p: p.logrocket.exports.list(),
        lambda p: p.logrocket.users.identify("1", name="Ada"),
    ),
    "mapbox": Account(
        lambda url: MapboxSettings(access_token=TOKEN, base_url=url),
        lambda p: p.mapbox.geocode.forward("x"),
        lambda p: p.mapbox.tokens.create(["a:read"], user="u"),
    ),
}  # fmt: skip
"""Those that speak HTTP."""

REDIS = Account(
    lambda url: RedisSettings(redis_url=url.replace("://", f"://user:{quote(TOKEN, safe='')}@")),
    lambda p: p.redis.cache.get("k"),
    lambda p: p.redis.streams.add("s", {"a": 1}),
)


def name_of(account: str) -> str:
    """The platform's name."""
    return account.partition(" ")[0]
