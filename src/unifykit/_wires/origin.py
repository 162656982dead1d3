"""Credentials stay on their origin: scheme, host and port."""

from collections.abc import Iterable, MutableMapping
from urllib.parse import urlsplit

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

_PORTS = {"http": 80, "https": 443}

Origin = tuple[str, str, int | None]


def origin_of(url: str) -> Origin:
    """Scheme, host and port of a URL."""
    parts = urlsplit(url)
    return parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme)


class Home:
    """Where a client's credential may go: its base URL's origin, and the hosts that the provider's dialect trusts."""

    def __init__(self, base_url: str, trusted: Iterable[str] = ()) -> None:
        self._origins = {origin_of(base_url), *(("https", host, 443) for host in trusted)}

    def owns(self, scheme: str, host: str, port: int | None) -> bool:
        """Whether the credential may be sent there."""
        return (scheme, host.strip("[]").lower(), port or _PORTS.get(scheme)) in self._origins

    def guard(self, scheme: str, host: str, port: int | None, headers: MutableMapping[str, str]) -> None:
        """Take the credential out of a request that leaves home."""
        if self.owns(scheme, host, port):
            return
        for name in [name for name in headers if name.lower() in CREDENTIALS]:
            del headers[name]
