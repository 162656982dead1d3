"""The httpx client of a platform that has no SDK."""

from collections.abc import Callable
from typing import Any

import httpx
from pydantic import SecretStr

from unifykit._core.client import Link
from unifykit._core.dialect import Dialect
from unifykit._wires.httpx import QUERY, family
from unifykit._wires.origin import Home

__all__ = ["QUERY", "rest_client"]


def rest_client(
    link: Link, dialect: Dialect, *, base_url: str, authorization: str | None = None,
    query: tuple[str, str] | None = None,
) -> Any:  # fmt: skip
    """A client on our wire, for the link's mode.

    Args:
        link: The account's link.
        dialect: How the platform speaks.
        base_url: What paths are relative to.
        authorization: The value of the ``Authorization`` header.
        query: Name and value of a credential that travels in the query.
    """
    classes = family(httpx)
    secret = None if authorization is None else SecretStr(authorization.rpartition(" ")[2])
    home = Home(base_url, dialect.trusted, query=query, secrets=(secret,))
    auth = None if authorization is None else _authorized(authorization)
    kind, name, pools = (
        (classes.AsyncClient, "httpx async", classes.AsyncPools)
        if link.is_async
        else (classes.Client, "httpx", classes.SyncPools)
    )
    return kind(link.engine, link.clock, dialect, home, link.share(name, pools), base_url=base_url, auth=auth)


def _authorized(value: str) -> Callable[[httpx.Request], httpx.Request]:
    def authorize(request: httpx.Request) -> httpx.Request:
        request.headers["Authorization"] = value
        return request

    return authorize
