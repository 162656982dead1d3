"""Credentials stay on their origin: scheme, host and port."""

import logging
import re
import weakref
from collections.abc import Iterable, Mapping, MutableMapping
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

CREDENTIALS = frozenset(
    (
        "authorization",
        "proxy-authorization",
        "private-token",
        "job-token",
        "deploy-token",
        "apikey",
        "x-api-key",
        "cookie",
    )
)
"""Headers that carry a credential on any of the platforms."""

_SHORTEST = 8  # what is shorter is no credential, and may be part of a word
_HIDDEN = b"[credential]"

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


class Home:
    """Where a client's credential may go: its base URL's origin, and the hosts that the provider's dialect trusts.

    Attributes:
        query: Name and value of a credential that travels in the query; the wire adds it below everything that logs URLs.
    """

    def __init__(self, base_url: str, trusted: Iterable[str] = (), *, query: tuple[str, str] | None = None) -> None:
        self._origins = {origin_of(base_url), *(("https", host, 443) for host in trusted)}
        self.query: tuple[str, str] | None = query
        if query is not None:
            _MASK.add(self)

    def __repr__(self) -> str:
        return "<Home>"

    def owns(self, scheme: str, host: str, port: int | None) -> bool:
        """Whether the credential may be sent there."""
        return (scheme, host.strip("[]").lower(), port or _PORTS.get(scheme)) in self._origins

    def guard(self, scheme: str, host: str, port: int | None, headers: MutableMapping[str, str]) -> None:
        """Take the credential out of a request that leaves home."""
        if self.owns(scheme, host, port):
            return
        for name in [name for name in headers if name.lower() in CREDENTIALS]:
            del headers[name]


def added(query: bytes, more: str) -> bytes:
    """A query with another part."""
    return b"&".join(part for part in (query, more.encode()) if part)


def without(query: bytes, name: str) -> bytes:
    """A query without a parameter."""
    kept = [part for part in query.split(b"&") if unquote_plus(part.partition(b"=")[0].decode("latin-1")) != name]
    return b"&".join(kept)


def unrepeated(text: str, name: str) -> str:
    """The text of a ``Location`` or a ``Link``, whose addresses do not have the parameter."""
    return re.sub(r"\?([^?>\s\"#]*)", lambda query: _unasked(query[1], name), text)


def _unasked(query: str, name: str) -> str:
    kept = without(query.encode(), name).decode("utf-8", "replace")
    return f"?{kept}" if kept else ""


def hidden(body: bytes, secret: str) -> bytes:
    """A refusal's body without a credential, however it is spelled."""
    spellings = {secret, quote(secret, safe=""), quote(secret), quote_plus(secret), secret.replace("/", "\\/")}
    for spelling in spellings if len(secret) >= _SHORTEST else ():
        body = body.replace(spelling.encode(), _HIDDEN)
    return body


def without_credentials(body: bytes, sent: Mapping[str, str | bytes]) -> bytes:
    """A refusal's body without the credentials of the request: some gateways repeat them, and SDKs log what they read."""
    for name, value in sent.items():
        if name.lower() in CREDENTIALS:
            text = value if isinstance(value, bytes) else value.encode()
            secret = text.rpartition(b" ")[2]
            if len(secret) >= _SHORTEST:
                body = body.replace(secret, _HIDDEN).replace(secret.replace(b"/", b"\\/"), _HIDDEN)
    return body


class _Mask(logging.Filter):
    """Hides credentials that a platform repeats in the headers of its replies, which httpcore logs as they come."""

    def __init__(self) -> None:
        super().__init__()
        self._homes: list[weakref.ref[Home]] = []

    def add(self, home: Home) -> None:
        """Hide this client's credential from now on."""
        self._homes.append(weakref.ref(home, self._homes.remove))
        for name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpx"):
            logging.getLogger(name).addFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the credentials."""
        text = before = record.getMessage().encode("utf-8", "surrogateescape")
        for known in tuple(self._homes):
            home = known()
            if home is not None and home.query is not None:
                text = hidden(text, home.query[1])
        if text != before:
            record.msg, record.args = text.decode("utf-8", "surrogateescape"), ()
        return True


_MASK = _Mask()
