"""PyGithub on our wire. It leans on two private names, `_Requester__persist` and `_Github__requester`.

PyGithub takes no session and no adapter. Its public `injectConnectionClasses` does, once it is called on a subclass,
so that no other client of the process is touched. Its own connection class keeps the request between `request()` and
`getresponse()` on the shared connection, which crosses threads; ours keeps it per thread. And it follows a permanent
redirect without its query, so that every page of a renamed repository's list is the first: ours follows it whole.
"""

# ruff: noqa: C901, N802, SLF001 -- classes made around one wire, with PyGithub's own names

import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urljoin

import github
import requests
from github.Auth import Auth
from github.GithubObject import is_undefined
from github.Requester import Requester
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from unifykit._wires.requests import requests_error
from unifykit._wires.urllib3 import Call, Wire, split
from unifykit.errors import UnexpectedResponseError, UnifyError

_ACCEPTED = 202
_FOUND = 302
_MOVED = frozenset((301, 307, 308))
_HOPS = 5


class Reply:
    """What PyGithub wants of a response."""

    def __init__(self, reply: BaseHTTPResponse) -> None:
        self._reply = reply
        self.status = reply.status

    def getheaders(self) -> Iterable[tuple[str, str]]:
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
                reply = _send(wire, call)
            except UnifyError:  # a deadline's error is an OSError too
                raise
            except (HTTPError, OSError) as error:
                raise requests_error(error, None) from error
            if reply.status == _ACCEPTED and call.method in ("GET", "HEAD"):
                # PyGithub would poll for ever here, asleep.
                raise UnexpectedResponseError(
                    "GitHub is still computing this result; ask again in a few seconds.", status=_ACCEPTED
                )
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


def _send(wire: Wire, call: Call) -> BaseHTTPResponse:
    """Send a request, and send it again to where GitHub says that it has moved.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    """
    reply = wire.send(call)
    for _ in range(_HOPS):
        location = reply.headers.get("location")
        if reply.status not in _MOVED or not location:
            return reply
        port = f":{call.port}" if call.port else ""
        scheme, host, port_there, target = split(urljoin(f"{call.scheme}://{call.host}{port}{call.target}", location))
        if not wire.home.owns(scheme, host, port_there) or not isinstance(call.body, str | bytes | None):
            break
        call = replace(call, scheme=scheme, host=host, port=port_there, target=target)
        reply.drain_conn()
        reply = wire.send(call)
    raise _astray(reply.headers.get("location", ""))


def _astray(location: str) -> UnexpectedResponseError:
    there = split(location)[1] or "the same place"
    return UnexpectedResponseError(
        f"GitHub redirects this to {there}, where it cannot be followed: is the base URL right?"
    )


class WiredGithub(github.Github):
    """`github.Github` with its retries and its pacing off and its traffic through our wire."""

    def __init__(self, wire: Wire, *, auth: Auth, base_url: str, user_agent: str, per_page: int, lazy: bool) -> None:
        super().__init__(
            base_url=base_url, user_agent=user_agent, per_page=per_page, lazy=lazy,
            retry=None, seconds_between_requests=None, seconds_between_writes=None,
        )  # fmt: skip
        self._wire = wire
        kwargs: dict[str, Any] = {**self.requester.kwargs, "auth": auth}
        self._Github__requester = requester_class(wire)(**kwargs)

    def follow(self, location: str, accept: str) -> int:
        """Read what a 302 points at, by its address as it is (PyGithub writes signed queries anew); returns the status.

        The wire takes the credential out where the address is not at home.
        """
        url = location
        for _ in range(_HOPS):
            headers: dict[str, Any] = {"User-Agent": "unifykit", "Accept": accept}
            auth: Any = self.requester.auth
            auth.authentication(headers)
            reply = self._wire.send(Call("GET", *split(url), headers))
            if reply.status != _FOUND:
                return reply.status
            url = urljoin(url, reply.headers.get("location", ""))
        raise _astray(url)

    def __reduce__(self) -> Any:
        raise TypeError("this client holds a credential: build it anew instead of pickling it")
