"""Run the benchmarks and print a table: `python -m benchmarks [NAME …]`."""

import contextlib
import json
import resource
import statistics
import subprocess
import sys
import urllib.request
from collections.abc import Callable, Iterator

Row = tuple[str, str, str]

ROUNDS = 7


@contextlib.contextmanager
def server(latency_ms: float = 0) -> Iterator[str]:
    """The canned server in a process of its own."""
    process = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.server", str(latency_ms)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    with process.stdout, process.stdin:
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    process.wait(10)


def child(code: str, *arguments: str) -> dict[str, float]:
    """Run a measurement in a fresh process; it prints a JSON object."""
    done = subprocess.run([sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def cpu_of(code: str) -> float:
    """CPU seconds of a whole interpreter that runs `code`."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def spread(values: list[float], unit: str = "") -> str:
    """Median (min to max)."""
    return f"{statistics.median(values):.3g}{unit} ({min(values):.3g} to {max(values):.3g})"


def bench_import() -> Iterator[Row]:
    """Import and construction."""
    cases = {"import unifykit": "import unifykit", "Platforms()": "import unifykit; unifykit.Platforms()"}
    found: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(ROUNDS):
        bare = cpu_of("pass")
        for name, code in cases.items():
            found[name].append((cpu_of(code) - bare) * 1e3)
    for name, values in found.items():
        yield name, "CPU over the bare interpreter", spread(values, " ms")


BUILD = """
import json, os, sys, time
import github, gitlab, openai, redis, stripe, supabase
base = sys.argv[1]
clock = time.process_time
def by_hand():
    gh = github.Github(auth=github.Auth.Token("x"), base_url=base)
    gl = gitlab.Gitlab(base, private_token="x")
    sb = supabase.create_client(base, "sb_publishable_x")
    sb.postgrest, sb.auth, sb.storage, sb.functions
    return gh, gl, sb, stripe.StripeClient("x", base_addresses={"api": base}), openai.OpenAI(api_key="x", base_url=base), \
        redis.Redis.from_url("redis://127.0.0.1:1")
names = {"GITHUB_TOKEN": "x", "GITHUB_BASE_URL": base, "GITLAB_TOKEN": "x", "GITLAB_BASE_URL": base, "SUPABASE_URL": base,
         "SUPABASE_KEY": "x", "STRIPE_SECRET_KEY": "x", "STRIPE_BASE_URL": base, "OPENAI_API_KEY": "x", "OPENAI_BASE_URL": base + "/v1",
         "REDIS_URL": "redis://127.0.0.1:1"}
os.environ.update({"UNIFYKIT_" + name: value for name, value in names.items()})
import unifykit  # its import has a figure of its own
def ours():
    p = unifykit.Platforms()
    natives = p.github.native, p.gitlab.native, p.supabase.native, p.stripe.native, p.openai.native, p.redis.native
    sb = natives[2]
    sb.postgrest, sb.auth, sb.storage, sb.functions
    return natives
build = ours if sys.argv[2] == "ours" else by_hand
a = clock(); first = build(); b = clock(); first[0].get_repo("octo-org/hello-world"); c = clock()
rounds = 20
for _ in range(rounds): build()
d = clock()
print(json.dumps({"first": b - a, "with call": c - a, "further": (d - c) / rounds}))
"""


def bench_build() -> Iterator[Row]:
    """The six native clients."""
    found: dict[str, list[float]] = {"first": [], "with call": [], "further": []}
    with server() as base:
        for _ in range(ROUNDS):
            hand, ours = child(BUILD, base, "hand"), child(BUILD, base, "ours")
            for name, values in found.items():
                values.append(ours[name] / hand[name])
    for name, values in found.items():
        yield f"build six clients, {name}", "CPU ÷ by hand", spread(values)


FIRST = """
import json, os, sys, time
base, redis_url, kind, clock = sys.argv[1], sys.argv[2], sys.argv[3], time.process_time
names = {"GITHUB_TOKEN": "x", "GITHUB_BASE_URL": base, "GITLAB_TOKEN": "x", "GITLAB_BASE_URL": base, "SUPABASE_URL": base,
         "SUPABASE_KEY": "sb_publishable_x", "STRIPE_SECRET_KEY": "x", "STRIPE_BASE_URL": base, "OPENAI_API_KEY": "x",
         "OPENAI_BASE_URL": base + "/v1", "REDIS_URL": redis_url}
os.environ.update({"UNIFYKIT_" + name: value for name, value in names.items()})
said = [{"role": "user", "content": "hi"}]
def by_github():
    import github
    return github.Github(auth=github.Auth.Token("x"), base_url=base).get_repo("octo-org/hello-world").full_name
def by_gitlab():
    import gitlab
    return gitlab.Gitlab(base, private_token="x").projects.get(4).name
def by_supabase():
    import supabase
    return supabase.create_client(base, "sb_publishable_x").table("items").select("*").execute().data[0]["title"]
def by_stripe():
    import stripe
    return stripe.StripeClient("x", base_addresses={"api": base}).v1.customers.retrieve("cus_1").email
def by_openai():
    import openai
    client = openai.OpenAI(api_key="x", base_url=base + "/v1")
    return client.chat.completions.create(model="m", messages=said).choices[0].message.content
def by_redis():
    import redis
    return redis.Redis.from_url(redis_url).get("k") or True
p = None
def platforms():
    global p
    import unifykit
    p = unifykit.Platforms()
    return p
hand = {"start": lambda: True, "github": by_github, "gitlab": by_gitlab, "supabase": by_supabase, "stripe": by_stripe, "openai": by_openai,
        "redis": by_redis}
ours = {"start": platforms, "github": lambda: p.github.repos.get("octo-org/hello-world").full_name,
        "gitlab": lambda: p.gitlab.projects.get(4).name,
        "supabase": lambda: p.supabase.table("items").select("*").execute()[0]["title"],
        "stripe": lambda: p.stripe.customers.get("cus_1").email, "openai": lambda: p.openai.chat.complete("m", said).text,
        "redis": lambda: p.redis.native.get("k") or True}
found, began = {}, clock()
for name, call in (ours if kind == "ours" else hand).items():
    before = clock()
    assert call()
    found[name] = clock() - before
print(json.dumps({**found, "all": clock() - began}))
"""


def bench_first() -> Iterator[Row]:
    """The first call of a fresh interpreter on each of six platforms, one after the other."""
    from unifykit.sandbox.redis import RedisServer

    ratios: dict[str, list[float]] = {}
    with server() as base, RedisServer() as redis:
        for turn in range(ROUNDS):
            kinds = ("hand", "ours")[:: -1 if turn % 2 else 1]
            once = {kind: child(FIRST, base, redis.url, kind) for kind in kinds}
            for name, seconds in once["ours"].items():
                if name != "start":
                    ratios.setdefault(name, []).append(seconds / once["hand"][name])
    for name, values in ratios.items():
        yield f"first call, {name}", "CPU ÷ the SDK's, imports included", spread(values)


GET = """
import json, os, sys, time
base = sys.argv[1]
if sys.argv[2] == "PyGithub":
    import github
    gh = github.Github(auth=github.Auth.Token("x"), base_url=base, seconds_between_requests=None, seconds_between_writes=None)
    call = lambda: gh.get_repo("octo-org/hello-world").full_name
else:
    os.environ.update(UNIFYKIT_GITHUB_TOKEN="x", UNIFYKIT_GITHUB_BASE_URL=base)
    import unifykit
    p = unifykit.Platforms()
    typed = lambda: p.github.repos.get("octo-org/hello-world").full_name
    native = lambda: p.github.native.get_repo("octo-org/hello-world").full_name
    call = typed if sys.argv[2] == "typed" else native
for _ in range(50): call()
a = time.process_time()
for _ in range(500): call()
print(json.dumps({"us": (time.process_time() - a) / 500 * 1e6}))
"""


def bench_get() -> Iterator[Row]:
    """One repository."""
    typed, native = [], []
    with server() as base:
        for _ in range(ROUNDS):
            sdk = child(GET, base, "PyGithub")["us"]
            typed.append(child(GET, base, "typed")["us"] / sdk)
            native.append(child(GET, base, "native")["us"] / sdk)
    yield "github.repos.get, typed", "CPU ÷ PyGithub get_repo", spread(typed)
    yield "github.native.get_repo", "CPU ÷ PyGithub get_repo", spread(native)


NATIVE = """
import json, os, sys, time
from unifykit.sandbox.redis import RedisServer
import redis, unifykit
with RedisServer() as server:
    os.environ["UNIFYKIT_REDIS_URL"] = server.url
    p, plain = unifykit.Platforms(), redis.Redis.from_url(server.url)
    ours = p.redis.native
    plain.set("k", b"x" * 256)
    found = {"plain": [], "ours": []}
    for _ in range(9):
        for name, client in (("plain", plain), ("ours", ours)):
            for _ in range(50): client.get("k")
            a = time.process_time()
            for _ in range(1000): client.get("k")
            found[name].append((time.process_time() - a) * 1e3)
    p.close(); plain.close()
print(json.dumps({name: sorted(values)[4] for name, values in found.items()}))
"""


NATIVE_HTTP = """
import gc, json, sys, time
import openai, supabase, unifykit
from unifykit.settings import OpenAISettings, SupabaseSettings
base, said = sys.argv[1], [{"role": "user", "content": "hi"}]
p = unifykit.Platforms(openai=OpenAISettings(api_key="x", base_url=base + "/v1"), supabase=SupabaseSettings(url=base, key="sb_publishable_x"))
def chat(client): return lambda: client.chat.completions.create(model="m", messages=said)
def rows(client): return lambda: client.table("items").select("*").execute()
calls = {
    "openai": {"sdk": chat(openai.OpenAI(api_key="x", base_url=base + "/v1")), "native": chat(p.openai.native),
               "typed": lambda: p.openai.chat.complete("m", said)},
    "supabase": {"sdk": rows(supabase.create_client(base, "sb_publishable_x")), "native": rows(p.supabase.native),
                 "typed": rows(p.supabase)},
}
found = {}
for name, kinds in calls.items():
    spent = {kind: [] for kind in kinds}
    for turn in range(15):
        for kind in list(kinds)[:: -1 if turn % 2 else 1]:
            gc.collect()
            a = time.process_time()
            for _ in range(60): kinds[kind]()
            spent[kind].append((time.process_time() - a) / 60 * 1e6)
    found[name] = sorted(ours - sdk for ours, sdk in zip(spent["native"], spent["sdk"]))[7]
    found[name + " typed"] = sorted(ours / sdk for ours, sdk in zip(spent["typed"], spent["sdk"]))[7]
p.close()
print(json.dumps(found))
"""


def bench_native() -> Iterator[Row]:
    """What the pipeline costs, and what a typed operation spares."""
    with server() as base:
        once = [child(NATIVE_HTTP, base) for _ in range(3)]
    for name in ("openai", "supabase"):
        yield f"{name} native", "µs CPU added to the SDK", spread([one[name] for one in once], " µs")
        yield f"{name} typed", "CPU ÷ the SDK's", spread([one[f"{name} typed"] for one in once])
    found = [child(NATIVE) for _ in range(3)]
    yield "redis native GET", "µs CPU added to redis-py", spread([one["ours"] - one["plain"] for one in found], " µs")


LIST = """
import json, os, sys, time
base = sys.argv[1]
if sys.argv[2] == "PyGithub":
    import github
    gh = github.Github(auth=github.Auth.Token("x"), base_url=base, per_page=100, lazy=True, seconds_between_requests=None,
                       seconds_between_writes=None)
    repo = gh.get_repo("octo-org/hello-world")
    listing = lambda: [issue.number for issue in repo.get_issues()]
else:
    os.environ.update(UNIFYKIT_GITHUB_TOKEN="x", UNIFYKIT_GITHUB_BASE_URL=base)
    import unifykit
    p = unifykit.Platforms()
    p.github.repos.get("octo-org/hello-world")
    listing = lambda: [issue.number for issue in p.github.issues.list("octo-org/hello-world")]
a, c = time.perf_counter(), time.process_time()
assert listing() == list(range(1, 3001))
print(json.dumps({"wall": time.perf_counter() - a, "cpu": time.process_time() - c}))
"""


def bench_list() -> Iterator[Row]:
    """Three thousand issues."""
    found: dict[str, list[float]] = {"wall": [], "cpu": []}
    with server(60) as base:
        for _ in range(3):
            ours, sdk = child(LIST, base, "ours"), child(LIST, base, "PyGithub")
            for name, values in found.items():
                values.append(ours[name] / sdk[name])
        peak = urllib.request.urlopen(base + "/peak").read().decode()
    for name, values in found.items():
        yield f"list 3,000 issues, {name}", "÷ PyGithub, pacing off", spread(values)
    yield "list 3,000 issues", "requests in flight at most", peak


CHAT = """
import asyncio, json, os, sys, time
base, kind, calls, width = sys.argv[1], sys.argv[2], 2000, 64
messages = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Explain middleware in one paragraph."}]
if kind.startswith("openai"):
    import openai
    chosen = {"http_client": openai.DefaultAioHttpClient()} if kind.endswith("aiohttp") else {}
    client = openai.AsyncOpenAI(api_key="x", base_url=base + "/v1", **chosen)
    async def ask(): return (await client.chat.completions.create(model="m", messages=messages)).choices[0].message.content
else:
    os.environ.update(UNIFYKIT_OPENAI_API_KEY="x", UNIFYKIT_OPENAI_BASE_URL=base + "/v1", UNIFYKIT_OPENAI_TRANSPORT=kind)
    import unifykit
    client = unifykit.AsyncPlatforms()
    async def ask(): return (await client.openai.chat.complete("m", messages)).text
async def work(numbers):
    for _ in numbers: assert await ask()
async def main():
    await asyncio.gather(*[ask() for _ in range(width)])
    numbers, wall, cpu = iter(range(calls)), time.perf_counter(), time.process_time()
    await asyncio.gather(*[work(numbers) for _ in range(width)])
    found = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    await (client.close() if kind.startswith("openai") else client.aclose())
    return found
print(json.dumps(asyncio.run(main())))
"""


def bench_chat() -> Iterator[Row]:
    """Two thousand chat completions, 64 at once."""
    kinds = "openai", "openai aiohttp", "httpx", "aiohttp"
    found: dict[str, dict[str, list[float]]] = {kind: {"wall": [], "cpu": []} for kind in kinds[1:]}
    with server(60) as base:
        for turn in range(5):
            once = {kind: child(CHAT, base, kind) for kind in kinds[:: -1 if turn % 2 else 1]}
            for kind, values in found.items():
                values["wall"].append(once["openai"]["wall"] / once[kind]["wall"])
                values["cpu"].append(once[kind]["cpu"] / once["openai"]["cpu"])
    for kind, values in found.items():
        name = kind if kind.startswith("openai") else f"openai.chat.complete, {kind}"
        yield f"2,000 of {name}", "throughput ÷ AsyncOpenAI's", spread(values["wall"])
        yield f"2,000 of {name}", "CPU ÷ AsyncOpenAI's", spread(values["cpu"])


BENCHES: dict[str, Callable[[], Iterator[Row]]] = {
    "import": bench_import, "build": bench_build, "first": bench_first, "get": bench_get, "native": bench_native, "list": bench_list,
    "chat": bench_chat,
}  # fmt: skip


def main(names: list[str]) -> None:
    """Run the named benchmarks, or all."""
    print("| what | measure | median (range) |\n| --- | --- | --- |")
    for name in names or BENCHES:
        for row in BENCHES[name]():
            print(f"| {' | '.join(row)} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
