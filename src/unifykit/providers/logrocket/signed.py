"""Signed addresses: whoever has one may use it, so no log shows it and no credential goes there."""

from typing import Any
from urllib.parse import urlsplit

from unifykit.errors import UnexpectedResponseError

_STORES = ("storage.googleapis.com", "logrocket.com")
"""Where LogRocket keeps files; hosts below them too."""


def request_to(url: str, base_url: str, hosts: tuple[str, ...] = ()) -> tuple[str, dict[str, Any]]:
    """An address without its query, and what a request there has: no credential, and the query below all logs.

    Raises:
        UnexpectedResponseError: The address is not one of LogRocket's stores.
    """
    from unifykit._wires.rest import QUERY

    parts, home = urlsplit(url), urlsplit(base_url)
    host = parts.hostname or ""
    ours = (parts.scheme, parts.netloc) == (home.scheme, home.netloc)
    known = any(host == store or host.endswith(f".{store}") for store in (*_STORES, *hosts))
    if not ours and not (known and parts.scheme == "https"):
        raise UnexpectedResponseError(
            f"LogRocket's signed address leads to {host or 'nowhere'}, which is none of its stores; "
            "name the host in hosts=[…] if it is yours."
        )
    return parts._replace(query="", fragment="").geturl(), {"auth": None, "extensions": {QUERY: parts.query}}
