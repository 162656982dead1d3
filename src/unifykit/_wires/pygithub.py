"""PyGithub on our wire. It leans on two private names, `_Requester__persist` and `_Github__requester`.

PyGithub takes no session and no adapter. Its public `injectConnectionClasses` does, once it is called on a subclass,
so that no other client of the process is touched. Its own connection class keeps the request between `request()` and
`getresponse()` on the shared connection, which crosses threads; ours keeps it per thread.
"""

import threading
from collections.abc import ItemsView, Iterator
from typing import Any

import github
import requests
from github.Auth import Auth
from github.GithubObject import is_undefined
from github.Requester import Requester
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from unifykit._wires.requests import requests_error
from unifykit._wires.urllib3 import Call, Wire
from unifykit.errors import UnexpectedResponseError

_ACCEPTED = 202


class Reply:
    """What PyGithub wants of a response."""

    def __init__(self, reply: BaseHTTPResponse) -> None:
        self._reply = reply
        self.status = reply.status

    def getheaders(self) -> ItemsView[str, str]:
        """The headers, name and value."""
        return self._reply.headers.items()

    def read(self) -> str:
        """The body as text; bytes that are no text are replaced (the wire keeps the bytes)."""
        return self._reply.data.decode("utf-8", "replace")

    def iter_content(self, chunk_size: int | None = 1) -> Iterator[bytes]:
        """The body as it arrives."""
        return self._reply.stream(chunk_size)

    def raise_for_status(self) -> None:
        """Raise for a status of 400 and above."""
        if self.status >= 400:  # noqa: PLR2004
            raise requests.HTTPError(f"{self.status} {self._reply.reason}")


def requester_class(wire: Wire) -> type[Requester]:
    """A `Requester` whose traffic passes this wire, and whose derived requesters do too."""

    class Connection:
        scheme = "https"

        def __init__(self, host: str, port: int | None = None, **_options: Any) -> None:
            self.host = host
            self.port = port
            self._call = threading.local()

        def request(self, verb: str, url: str, input: Any, headers: dict[str, str], stream: bool = False) -> None:  # noqa: A002
            self._call.it = Call(verb, self.scheme, self.host, self.port, url, headers, input, stream)

        def getresponse(self) -> Reply:
            call: Call = self._call.it
            try:
                reply = wire.send(call)
            except (HTTPError, OSError) as error:
                raise requests_error(error, None) from error
            if reply.status == _ACCEPTED and call.method in ("GET", "HEAD"):
                # PyGithub would poll for ever here, asleep.
                raise UnexpectedResponseError("GitHub is still computing this result; ask again in a few seconds.", status=_ACCEPTED)
            return Reply(reply)

        def close(self) -> None:
            """The pools are the wire's."""

    class PlainConnection(Connection):
        scheme = "http"

    class WiredRequester(Requester):
        def _derive(self, **changes: Any) -> Requester:
            return type(self)(**{**self.kwargs, **changes})

        def withAuth(self, auth: Auth | None) -> Requester:
            return self._derive(auth=auth)

        def withLazy(self, lazy: Any) -> Requester:
            return self if is_undefined(lazy) or self.is_lazy == lazy else self._derive(lazy=lazy)

        def withApiVersion(self, api_version: str | None) -> Requester:
            return self if api_version == self.api_version else self._derive(api_version=api_version)

    WiredRequester.injectConnectionClasses(PlainConnection, Connection)  # type: ignore[arg-type]
    WiredRequester._Requester__persist = True  # type: ignore[attr-defined]  # injecting unset it, and that path races
    return WiredRequester


class WiredGithub(github.Github):
    """`github.Github` with its retries and its pacing off and its traffic through our wire."""

    def __init__(self, wire: Wire, *, auth: Auth, base_url: str, user_agent: str, per_page: int, lazy: bool) -> None:
        super().__init__(
            base_url=base_url, user_agent=user_agent, per_page=per_page, lazy=lazy,
            retry=None, seconds_between_requests=None, seconds_between_writes=None,
        )  # fmt: skip
        kwargs = {**self.requester.kwargs, "auth": auth}
        self._Github__requester = requester_class(wire)(**kwargs)

    def __reduce__(self) -> Any:
        raise TypeError("this client holds a credential: build it anew instead of pickling it")
