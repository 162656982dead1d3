"""Believable example data for a running sandbox, written with the library's own operations; a second time changes nothing."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pydantic import SecretStr

from unifykit.errors import ConfigurationError, ConflictError, InvalidRequestError, NotFoundError
from unifykit.platforms import PROVIDERS, Platforms

if TYPE_CHECKING:
    from unifykit.settings import ProviderSettings

SHOP = "corner-shop"
_PEOPLE = (
    ("Ada Lovelace", "ada@example.com", "pro", 4_210, "Engineering"),
    ("Grace Hopper", "grace@example.com", "team", 12_840, "Research"),
    ("Katherine Johnson", "katherine@example.com", "starter", 960, "Orbits"),
)
_PLANS = (("starter", "Starter", 900), ("pro", "Pro", 2900), ("team", "Team", 9900))
_ISSUES = (
    ("The cart forgets its items after a refresh", "Put two items into it, then reload: it is empty.", "bug"),
    ("Let people pay in instalments", "Three monthly payments would do for a start.", "enhancement"),
    ("Say how long a delivery takes", "Customers ask for it before they order.", "documentation"),
)
_README = "# Corner shop\n\nA small shop: a catalogue, a cart, a checkout.\n"
_CODE = '"""Prices."""\n\n\ndef total(prices: list[int]) -> int:\n    """What a cart costs, in cents."""\n    return sum(prices)\n'
_FIXED = _CODE.replace("return sum(prices)", "return sum(price for price in prices if price > 0)")
_CI = "stages: [build, test]\n\nbuild:\n  stage: build\n  script:\n    - make site\n\ntest:\n  stage: test\n  script:\n    - make test\n"


def local(environment: Mapping[str, str], only: Sequence[str] | None = None) -> dict[str, "ProviderSettings"]:
    """The settings of the platforms that these variables place on this very machine; no others are ever written to.

    Raises:
        InvalidRequestError: A platform that was named is not there, or elsewhere.
    """
    from unifykit import settings

    found: dict[str, ProviderSettings] = {}
    for name in only or PROVIDERS:
        if name not in PROVIDERS:
            raise InvalidRequestError(f"there is no platform {name}; there are: {', '.join(PROVIDERS)}.")
        model: type[ProviderSettings] = getattr(settings, PROVIDERS[name][1])
        made = _made(model, environment)
        if made is not None and _is_here(made):
            found[name] = made
        elif only:
            raise InvalidRequestError(f"{name} is not on a sandbox: start one, and give its variables or its folder.")
    if not found:
        raise ConfigurationError(
            "no sandbox was found: `unifykit sandbox up --env` prints the variables that lead to it, and "
            "--persist names its folder."
        )
    return found


def fill(p: Platforms, names: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Write the example data; gives a platform and what it has now, one after the other."""
    for name in names:
        seed = _SEEDS.get(name)
        if seed is not None:
            yield name, seed(p)


def _made(model: "type[ProviderSettings]", environment: Mapping[str, str]) -> "ProviderSettings | None":
    try:
        return model.read(environment)
    except ConfigurationError:
        return None


def _is_here(made: "ProviderSettings") -> bool:
    told: Any = next((getattr(made, name) for name in ("base_url", "url", "redis_url") if hasattr(made, name)), "")
    url = str(told.get_secret_value() if isinstance(told, SecretStr) else told or "")
    return urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")


def _there(get: Callable[[], Any]) -> bool:
    try:
        get()
    except NotFoundError:
        return False
    return True


def _github(p: Platforms) -> str:
    repo = f"{p.github.me().login}/{SHOP}"
    if not _there(lambda: p.github.repos.get(repo)):
        p.github.repos.create(SHOP, description="A small shop.")
        p.github.repos.put_file(repo, "README.md", _README, message="Begin")
    if not _there(lambda: p.github.repos.contents(repo, "src/prices.py")):
        p.github.repos.put_file(repo, "src/prices.py", _CODE, message="Add prices")
    _issues(p, repo)
    if not p.github.pulls.list(repo, state="all").first(1):
        _pull(p, repo)
    return f"{repo}: {len(_ISSUES)} issues and a pull request"


def _issues(p: Platforms, repo: str) -> None:
    known = {issue.title for issue in p.github.issues.list(repo, state="all")}
    for title, body, label in _ISSUES:
        if title not in known:
            p.github.issues.create(repo, title=title, body=body, labels=[label])


def _pull(p: Platforms, repo: str) -> None:
    branch = "no-negative-prices"
    if not _there(lambda: p.github.branches.get(repo, branch)):
        p.github.branches.create(repo, branch)
    now = p.github.repos.contents(repo, "src/prices.py", ref=branch)
    if p.github.repos.download(repo, "src/prices.py", ref=branch) != _FIXED.encode():
        said = "Leave negative prices out"
        p.github.repos.put_file(repo, "src/prices.py", _FIXED, message=said, branch=branch, sha=now.sha)
    p.github.pulls.create(
        repo, title="Leave negative prices out", head=branch, base="main", body="Refunds are no prices."
    )


def _gitlab(p: Platforms) -> str:
    path = f"{p.gitlab.me().username}/{SHOP}"
    if not _there(lambda: p.gitlab.projects.get(path)):
        p.gitlab.projects.create(SHOP, description="A small shop.", visibility="public")
    files: Any = p.gitlab.native.projects.get(path, lazy=True).files
    for name, content in (("README.md", _README), (".gitlab-ci.yml", _CI)):
        if not p.gitlab.native.projects.get(path).branches.list(get_all=False) or not _has(files, name):
            files.create({"file_path": name, "branch": "main", "content": content, "commit_message": f"Add {name}"})
    known = {issue.title for issue in p.gitlab.issues.list(path)}
    for title, description, label in _ISSUES:
        if title not in known:
            p.gitlab.issues.create(path, title=title, description=description, labels=[label])
    if not p.gitlab.pipelines.list(path).first(1):
        p.gitlab.pipelines.create(path, ref="main")
    return f"{path}: {len(_ISSUES)} issues and a pipeline"


def _has(files: Any, name: str) -> bool:
    from gitlab.exceptions import GitlabGetError

    try:
        files.get(name, ref="main")
    except GitlabGetError:
        return False
    return True


def _stripe(p: Platforms) -> str:
    # The same key gives the same object again: https://docs.stripe.com/api/idempotent_requests
    prices: dict[str, str] = {}
    for plan, name, amount in _PLANS:
        product = p.stripe.products.create(name=name, metadata={"plan": plan}, idempotency_key=f"seed-product-{plan}")
        prices[plan] = p.stripe.prices.create(
            product=product.id, unit_amount=amount, currency="eur", interval="month", lookup_key=plan,
            idempotency_key=f"seed-price-{plan}",
        ).id  # fmt: skip
    for name, email, plan, _, _ in _PEOPLE:
        customer = p.stripe.customers.create(
            name=name, email=email, payment_method="pm_card_visa", idempotency_key=f"seed-customer-{email}"
        )
        method = p.stripe.payment_methods.list(customer=customer.id).first(1)[0].id
        p.stripe.subscriptions.create(
            customer=customer.id, items=[prices[plan]], default_payment_method=method,
            idempotency_key=f"seed-subscription-{email}",
        )  # fmt: skip
    return f"{len(_PLANS)} plans, {len(_PEOPLE)} customers with a subscription each"


def _supabase(p: Platforms) -> str:
    people = [{"name": name, "email": email} for name, email, *_ in _PEOPLE]
    users = p.supabase.table("users").upsert(people, on_conflict="email").execute().data
    ids = {str(user["email"]): user["id"] for user in users}
    rows = [
        {"user_id": ids[email], "stripe_subscription_id": f"sub_seed_{email}", "plan_name": plan, "status": "active"}
        for _, email, plan, *_ in _PEOPLE
    ]
    p.supabase.table("subscriptions").upsert(rows, on_conflict="stripe_subscription_id").execute()
    if p.supabase.table("api_usage").select("id").in_("user_id", list(ids.values())).total() == 0:
        usage = [
            {"user_id": ids[email], "service": "chat", "tokens_used": tokens, "cost": f"{tokens / 100_000:.4f}"}
            for _, email, _, tokens, _ in _PEOPLE
        ]
        p.supabase.table("api_usage").insert(usage).execute()
    for name, email, *_ in _PEOPLE:
        try:
            p.supabase.auth.admin.create_user(email, password="a-long-password", data={"name": name})  # noqa: S106 -- told below
        except (ConflictError, InvalidRequestError):  # the user is there
            continue
    return f"{len(_PEOPLE)} users, who sign in with a-long-password, their subscriptions and what they used"


def _redis(p: Platforms) -> str:
    # Sessions have ids of chance: one person's session here is whoever signed in last.
    for name, email, plan, tokens, team in _PEOPLE:
        p.redis.cache.set(f"user:{email}", {"name": name, "plan": plan, "team": team}, ttl=None)
        p.redis.cache.set(f"usage:{email}", tokens, ttl=None)
    p.redis.cache.set("plans", {plan: amount for plan, _, amount in _PLANS}, ttl=86_400)
    return f"{2 * len(_PEOPLE) + 1} keys in the cache"


def _openai(p: Platforms) -> str:
    known = {file.filename for file in p.openai.files.list()}
    if "faq.txt" not in known:
        p.openai.files.upload(
            ("faq.txt", b"Delivery takes two days. Returns are free for a month.\n"), purpose="user_data"
        )
    return "the file faq.txt"


def _logrocket(p: Platforms) -> str:
    for number, (name, email, plan, _, _) in enumerate(_PEOPLE, start=1):
        p.logrocket.users.identify(f"user-{number}", name=name, email=email, traits={"plan": plan})
    return f"{len(_PEOPLE)} users"


def _mapbox(p: Platforms) -> str:
    if all(token.note != SHOP for token in p.mapbox.tokens.list()):
        p.mapbox.tokens.create(["styles:read", "fonts:read"], note=SHOP)
    return f"a token named {SHOP}"


def _agora(p: Platforms) -> str:
    if all(ban.channel != "stage" for ban in p.agora.bans.list()):
        p.agora.bans.create("stage", uid=13, seconds=86_400, privileges=["publish_audio"])
    return "a ban from speaking on the stage"


_SEEDS: Mapping[str, Callable[[Platforms], str]] = {
    "agora": _agora, "github": _github, "gitlab": _gitlab, "logrocket": _logrocket, "mapbox": _mapbox,
    "openai": _openai, "redis": _redis, "stripe": _stripe, "supabase": _supabase,
}  # fmt: skip
