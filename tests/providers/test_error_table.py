"""Each row of the table of refusals of GitHub, GitLab, Redis and Agora, through an operation, in both modes.

What a platform says, what its SDK raises of itself, and what the network does: which uniform error it becomes.
"""

import builtins
import pickle
import sys
from collections.abc import Callable
from typing import Any

import pytest
from tests.accounts import ACCOUNTS, REDIS
from tests.loopback import Drip, Hang, Loopback, Reply, Reset, Truncate, refused_port
from tests.resp import CLOSE, HANG, RESET, Resp

from unifykit import ConfigurationError, InvalidRequestError, MissingExtraError, NotFoundError, Retry, UnifyError
from unifykit.errors import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    PermissionDeniedError,
    RateLimitedError,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
)
from unifykit.testing import VirtualClock

NOW = 1_800_000_000
SAYS = {"message": "It says why."}
HTML = {"Content-Type": "text/html"}
GitHub, GitLab, Agora = "github", "gitlab", "agora"
EVERY = (GitHub, GitLab, Agora)


def no(status: int, body: Any = SAYS, **headers: str) -> Reply:
    return Reply(status, body, {name.replace("_", "-"): value for name, value in headers.items()})


Row = tuple[tuple[str, ...], Any, type[UnifyError], float | None]

# row -> platforms, what the server does, error, seconds to wait
HTTP: dict[str, Row] = {
    "401": (EVERY, no(401), AuthenticationError, None),
    "403": (EVERY, no(403), PermissionDeniedError, None),
    "451": ((GitHub,), no(451), PermissionDeniedError, None),
    "429": ((GitLab,), no(429), RateLimitedError, None),
    "429, GitHub: a minute at least": ((GitHub,), no(429), RateLimitedError, 60),
    "429, Agora: it counts by the second": ((Agora,), no(429), RateLimitedError, 1),
    "429 with seconds": (EVERY, no(429, Retry_After="90"), RateLimitedError, 90),
    "429 with a date": (EVERY, no(429, Retry_After="Fri, 15 Jan 2027 08:01:30 GMT"), RateLimitedError, 90),
    "429 with a reset, GitHub": (
        (GitHub,), no(429, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 90)), RateLimitedError, 90
    ),
    "429 with a reset, GitLab": (
        (GitLab,), no(429, RateLimit_Remaining="0", RateLimit_Reset=str(NOW + 90)), RateLimitedError, 90
    ),
    "403 with Retry-After": ((GitHub,), no(403, Retry_After="90"), RateLimitedError, 90),
    "403 with nothing remaining": (
        (GitHub,), no(403, X_RateLimit_Remaining="0", X_RateLimit_Reset=str(NOW + 90)), RateLimitedError, 90
    ),
    "403 that speaks of a limit": (
        (GitHub,), no(403, {"message": "You have exceeded a secondary rate limit."}), RateLimitedError, 60
    ),
    "404": (EVERY, no(404), NotFoundError, None),
    "410": ((GitHub,), no(410), NotFoundError, None),
    "409": ((GitHub, GitLab), no(409), ConflictError, None),
    "412": ((GitHub, GitLab), no(412), ConflictError, None),
    "423": ((GitLab,), no(423), ConflictError, None),
    "422": ((GitHub, GitLab), no(422), InvalidRequestError, None),
    "400": (EVERY, no(400), InvalidRequestError, None),
    "405": ((GitHub, GitLab), no(405), InvalidRequestError, None),
    "406": ((GitHub, GitLab), no(406), InvalidRequestError, None),
    "413": ((GitHub, GitLab), no(413), InvalidRequestError, None),
    "415": (EVERY, no(415), InvalidRequestError, None),
    "502": ((GitHub, GitLab), no(502, "<html>", **HTML), UnavailableError, None),
    "503": ((GitHub, GitLab), no(503), UnavailableError, None),
    "500": (EVERY, no(500), ServerError, None),
    "520": ((GitHub, GitLab), no(520, "<html>", **HTML), ServerError, None),
    "408": (EVERY, no(408), DeadlineExceededError, None),
    "504": (EVERY, no(504), UnavailableError, None),
    "silence": (EVERY, Hang(), DeadlineExceededError, None),
    "silence within a reply": (EVERY, Drip(0.4, Reply()), DeadlineExceededError, None),
    "a reset": (EVERY, Reset(), ConnectionFailedError, None),
    "a reply that is cut": (EVERY, Truncate(Reply(body={"id": 1, "padding": "p" * 99})), ConnectionFailedError, None),
    "a chunk that is cut": (
        (GitHub, GitLab), Reply(200, "5\r\n{", {"Transfer-Encoding": "chunked", "Content-Length": None, "Connection": "close"}),
        ConnectionFailedError, None,
    ),
    "broken JSON": (EVERY, Reply(200, "{oops"), UnexpectedResponseError, None),
    "no JSON": (EVERY, Reply(200, "<html>", HTML), UnexpectedResponseError, None),
    "other types": (EVERY, Reply(200, {"id": "x", "rules": [{"id": []}], "status": "success"}), UnexpectedResponseError, None),
    "a list": (EVERY, Reply(200, "[]"), UnexpectedResponseError, None),
    "a list that says no": ((GitHub, GitLab), no(400, ["No"]), InvalidRequestError, None),
}  # fmt: skip

CASES = [(name, platform) for name, row in HTTP.items() for platform in row[0]]


@pytest.mark.parametrize(("row", "platform"), CASES, ids=[f"{platform} {name}" for name, platform in CASES])
def test_http(both: Callable[..., Any], row: str, platform: str) -> None:
    _, action, kind, seconds = HTTP[row]
    waits = isinstance(action, Hang | Drip)
    with Loopback([action]) as server:
        options = {"attempt_timeout": 0.2} if waits else {"clock": VirtualClock(wall=NOW)}
        h = both(**{platform: ACCOUNTS[platform].settings(server.url)}, retry=Retry.off(), **options)
        error = _raised(kind, lambda: h.run(ACCOUNTS[platform].read))
        assert len(server.seen) == 1
    assert (error.provider, error.attempts) == (platform, 1)
    assert error.retry_after == (None if seconds is None else pytest.approx(seconds, abs=1))
    assert error.__cause__ is not None or (platform, kind) == (Agora, UnexpectedResponseError)


def _raised(kind: type[UnifyError], call: Callable[[], Any]) -> UnifyError:
    with pytest.raises(UnifyError) as caught:
        call()
    assert type(caught.value) is kind, repr(caught.value)
    again = pickle.loads(pickle.dumps(caught.value))
    assert (type(again), str(again)) == (kind, str(caught.value))
    return caught.value


@pytest.mark.parametrize("platform", EVERY)
@pytest.mark.parametrize("row", ["nobody listens", "no such host", "a proxy that is not there", "no TLS"])
def test_no_way_there(both: Callable[..., Any], platform: str, row: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback() as plain:
        port = refused_port()
        url = {
            "nobody listens": f"http://127.0.0.1:{port}",
            "no such host": "https://nowhere.invalid",
            "a proxy that is not there": "https://service.test",
            "no TLS": plain.url.replace("http:", "https:"),
        }[row]
        if "proxy" in row:
            monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        h = both(**{platform: ACCOUNTS[platform].settings(url)}, retry=Retry.off())
        error = _raised(ConnectionFailedError, lambda: h.run(ACCOUNTS[platform].read))
    assert error.attempts == 1


REFUSED_AT_ONCE = {
    "github, a repository without an owner": (GitHub, lambda p: p.github.repos.get("r")),
    "github, a label of no text": (GitHub, lambda p: p.github.issues.create("o/r", title="")),
    "gitlab, an empty path": (GitLab, lambda p: p.gitlab.projects.get("")),
    "agora, no target": (Agora, lambda p: p.agora.bans.create()),
}


@pytest.mark.parametrize("row", REFUSED_AT_ONCE)
def test_arguments_that_the_sdk_would_choke_on(both: Callable[..., Any], row: str) -> None:
    platform, call = REFUSED_AT_ONCE[row]
    with Loopback() as server:
        h = both(**{platform: ACCOUNTS[platform].settings(server.url)})
        _raised(InvalidRequestError, lambda: h.run(call))
        assert server.seen == []


def test_gitlab_s_redirect_error(both: Callable[..., Any]) -> None:
    with Loopback([Reply(302, "", {"Location": "/elsewhere"})]) as server:
        h = both(gitlab=ACCOUNTS[GitLab].settings(server.url))
        _raised(InvalidRequestError, lambda: h.run(ACCOUNTS[GitLab].write))
        assert len(server.seen) == 1


SAID = {
    "NOAUTH": AuthenticationError,
    "WRONGPASS": AuthenticationError,
    "NOPERM": PermissionDeniedError,
    "NOSCRIPT": NotFoundError,
    "NOGROUP": NotFoundError,
    "BUSYGROUP": ConflictError,
    "WRONGTYPE": InvalidRequestError,
    "ERR": InvalidRequestError,
    "CROSSSLOT": InvalidRequestError,
    "MOVED": InvalidRequestError,
    "LOADING": UnavailableError,
    "READONLY": UnavailableError,
    "OOM": UnavailableError,
    "BUSY": UnavailableError,
    "MISCONF": UnavailableError,
    "NOREPLICAS": UnavailableError,
    "CLUSTERDOWN": UnavailableError,
    "TRYAGAIN": UnavailableError,
}


@pytest.mark.parametrize("word", SAID)
def test_redis_s_words(both: Callable[..., Any], word: str) -> None:
    text = "3999 127.0.0.1:6381" if word == "MOVED" else "it says why"
    with Resp([f"-{word} {text}\r\n".encode()]) as server:
        h = both(redis=_redis(server.url), retry=Retry.off())
        error = _raised(SAID[word], lambda: h.run(REDIS.read))
    assert (error.provider, error.code, error.attempts) == ("redis", word, 1)


def _redis(url: str) -> Any:
    return type(REDIS.settings(url))(redis_url=url)


def _raises() -> dict[str, tuple[Exception, type[UnifyError]]]:
    import redis
    from redis import exceptions

    return {
        "AuthenticationError": (redis.AuthenticationError("no"), AuthenticationError),
        "AuthorizationError": (exceptions.AuthorizationError("no"), PermissionDeniedError),
        "WatchError": (redis.WatchError("changed"), ConflictError),
        "LockError": (exceptions.LockError("not owned"), ConflictError),
        "DataError": (redis.DataError("no such type"), InvalidRequestError),
        "MaxConnectionsError": (exceptions.MaxConnectionsError("too many"), UnavailableError),
        "other RedisError": (redis.PubSubError("odd"), ServerError),
        "TimeoutError": (redis.TimeoutError("slow"), DeadlineExceededError),
        "ConnectionError": (redis.ConnectionError("gone"), ConnectionFailedError),
        "InvalidResponse": (exceptions.InvalidResponse("?"), UnexpectedResponseError),
    }


@pytest.mark.parametrize("name", list(_raises()))
def test_what_redis_py_raises(both: Callable[..., Any], name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    native, kind = _raises()[name]

    def execute(*_: Any, **__: Any) -> Any:
        raise native

    h = both(redis=_redis("redis://127.0.0.1:9"), retry=Retry.off())
    monkeypatch.setattr(h.p.redis.native, "execute_command", execute)
    assert _raised(kind, lambda: h.run(REDIS.read)).__cause__ is native


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (RESET, ConnectionFailedError), (CLOSE, ConnectionFailedError), ("$9\r\nab", ConnectionFailedError),
        (HANG, DeadlineExceededError), (b"?what\r\n", UnexpectedResponseError), (None, ConnectionFailedError),
    ],
    ids=["a reset", "closed", "cut", "silence", "no RESP", "nobody listens"],
)  # fmt: skip
def test_redis_s_network(both: Callable[..., Any], action: Any, kind: type[UnifyError]) -> None:
    with Resp([action]) as server:
        url = f"redis://127.0.0.1:{refused_port()}" if action is None else server.url
        h = both(redis=_redis(url), retry=Retry.off(), attempt_timeout=0.3)
        _raised(kind, lambda: h.run(REDIS.read))


WRONG_SETTINGS: dict[str, Callable[[Any], Any]] = {
    "github, no token": lambda p: p.github.me(),
    "gitlab, no token": lambda p: p.gitlab.me(),
    "redis, no URL": lambda p: p.redis.ping(),
    "agora, no app": lambda p: p.agora.bans.list(),
    "stripe, no key": lambda p: p.stripe.account(),
    "openai, no key": lambda p: p.openai.models.list(),
    "supabase, no project": lambda p: p.supabase.ping(),
}


@pytest.mark.parametrize("row", WRONG_SETTINGS)
def test_no_settings(both: Callable[..., Any], row: str) -> None:
    _raised(ConfigurationError, lambda: both().run(WRONG_SETTINGS[row]))


def test_settings_that_are_malformed(both: Callable[..., Any]) -> None:
    for platform in EVERY:
        with pytest.raises(ConfigurationError):
            ACCOUNTS[platform].settings("no URL")
    h = both(redis=_redis("redis://host:port"), agora=ACCOUNTS[Agora].settings("http://127.0.0.1:9"))
    _raised(ConfigurationError, lambda: h.run(REDIS.read))
    with pytest.raises(ConfigurationError):  # its certificate is none
        h.p.agora.tokens.rtc("room", uid=1)


@pytest.mark.parametrize(
    ("platform", "package"),
    [
        (GitHub, "github"),
        (GitLab, "gitlab"),
        ("redis", "redis"),
        (Agora, "httpx"),
        ("stripe", "stripe"),
        ("openai", "openai"),
        ("supabase", "httpx"),
    ],
)
def test_an_sdk_that_is_not_installed(
    both: Callable[..., Any], platform: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    actual = builtins.__import__

    def refuse(name: str, *args: Any, **given: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ModuleNotFoundError(f"No module named {package!r}", name=package)
        return actual(name, *args, **given)

    account = {**ACCOUNTS, "redis": REDIS}[platform]
    h = both(**{platform: account.settings("redis://127.0.0.1:9" if platform == "redis" else "http://127.0.0.1:9")})
    for name in [name for name in sys.modules if name.startswith("unifykit._wires")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(MissingExtraError, match=rf"pip install 'unifykit\[{platform}\]'"):
        h.run(account.read)
