"""Credentials stay on their origin: scheme, host and port."""

import json
import logging
import re
import weakref
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus, unquote_plus, urlsplit

from pydantic import SecretStr

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
_SHOWN = "[credential]"
_HIDDEN = _SHOWN.encode()

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


class Query(NamedTuple):
    """A credential that travels in the query."""

    name: str
    value: str

    def __repr__(self) -> str:
        return f"<{self.name}>"


class Home:
    """Where a client's credential may go: its base URL's origin, and the hosts that the provider's dialect trusts.

    Args:
        base_url: Where the platform is.
        trusted: Other hosts of its own.
        query: Name and value of a credential that travels in the query; the wire adds it below everything that logs URLs.
        secrets: What no log may show, in the spelling in which it is sent.
    """

    def __init__(
        self, base_url: str, trusted: Iterable[str] = (), *, query: tuple[str, str] | None = None,
        secrets: Iterable[SecretStr | None] = (),
    ) -> None:  # fmt: skip
        self._origins = {origin_of(base_url), *(("https", host, 443) for host in trusted)}
        self.query: Query | None = None if query is None else Query(*query)
        self._secrets = tuple(secret for secret in secrets if secret is not None)
        _MASK.add(self)

    def cleaned(self, body: bytes, told: MutableMapping[str, str], sent: Mapping[str, str | bytes]) -> bytes:
        """A refusal's body without the credentials of the request, which `told`, its headers, lose too.

        Some gateways repeat them, and SDKs log what they read and keep it in their errors.
        """
        for secret in (*_credentials(sent), *([self.query.value] if self.query else ())):
            for way in spellings(secret):
                body = body.replace(way.encode(), _HIDDEN)
                for name in [name for name, value in told.items() if way in value]:
                    told[name] = told[name].replace(way, _SHOWN)
        return body

    def secrets(self) -> set[str]:
        """What no log may show, in all its spellings."""
        known = [secret.get_secret_value() for secret in self._secrets] + ([self.query.value] if self.query else [])
        return {way for secret in known for way in spellings(secret)}

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


def spellings(secret: str) -> set[str]:
    """How a credential may be written; none of what is too short to be one."""
    if len(secret) < _SHORTEST:
        return set()
    in_json = json.dumps(secret)[1:-1]
    quoted = quote(secret, safe=""), quote(secret), quote_plus(secret)
    return {secret, *quoted, in_json, secret.replace("/", "\\/"), repr(secret)[1:-1]}


def hidden(body: bytes, secret: str) -> bytes:
    """A refusal's body without a credential, however it is spelled."""
    for spelling in spellings(secret):
        body = body.replace(spelling.encode(), _HIDDEN)
    return body


def _credentials(sent: Mapping[str, str | bytes]) -> Iterator[str]:
    for name, value in sent.items():
        if name.lower() in CREDENTIALS:
            yield (value if isinstance(value, str) else value.decode("latin-1")).rpartition(" ")[2]


_LOGGERS = (
    *(f"{core}.{part}" for core in ("httpcore", "httpcore2") for part in ("connection", "http11", "http2", "proxy", "socks")),
    "httpx", "httpx2", "urllib3.connectionpool", "github.Requester", "stripe", "openai", "openai._base_client",
)  # fmt: skip
"""Those that write what a platform answers: bodies, headers, addresses."""

_SIGNED = re.compile(
    r"([?&](?:token|jwt|access_token|private_token|apikey|sig|signature|x-signature|x-(?:amz|goog)-(?:signature|credential|security-token))=)[^&\s\"'>]+",
    re.IGNORECASE,
)  # fmt: skip
"""The parts of a signed address with which others could use it."""


_NAMED = re.compile(
    r"""(["'][a-z_]{0,30}(?:secret|password|token)\\*["']: ?(?P<quote>\\*["']))(?:(?!(?P=quote))(?:\\.|.))+""",
    re.IGNORECASE | re.DOTALL,
)
"""Fields of what is sent and answered with which others could pass for the caller."""


class _Mask(logging.Filter):
    """Hides credentials in what the SDKs log, where a platform or a gateway repeats them, and what addresses are signed with.

    A success is the caller's as it came; only the log is kept clean of it. A record that nobody asks for costs nothing.
    """

    def __init__(self) -> None:
        super().__init__()
        self._homes: list[weakref.ref[Home]] = []

    def add(self, home: Home) -> None:
        """Hide this client's credentials from now on."""
        if not self._homes:
            for name in _LOGGERS:
                logging.getLogger(name).addFilter(self)
        self._homes.append(weakref.ref(home, self._homes.remove))

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass, without the credentials."""
        before = record.getMessage()
        text = _NAMED.sub(rf"\1{_SHOWN}", _SIGNED.sub(rf"\1{_SHOWN}", before))
        for known in tuple(self._homes):
            home = known()
            for secret in () if home is None else home.secrets():
                text = text.replace(secret, _SHOWN)
        if text != before:
            record.msg, record.args = text, ()
        return True


_MASK = _Mask()
