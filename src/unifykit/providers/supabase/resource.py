"""What Supabase's resources share: one request over supabase-py's HTTP client, in the name of one key or one user."""

import base64
import binascii
import json
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, cast
from urllib.parse import quote

from pydantic import SecretStr

from unifykit._core.client import Dual
from unifykit._core.mode import M
from unifykit.errors import AuthenticationError, InvalidRequestError

if TYPE_CHECKING:
    import httpx
    import supabase

KeyRole = Literal["anon", "service", "user", "unknown"]
"""What a client may do: what anyone may, what passes every policy, or what one user may."""

_ROLES: dict[str, KeyRole] = {"anon": "anon", "service_role": "service", "authenticated": "user"}
_REDIRECTS = 300


@dataclass(frozen=True)
class Credentials:
    """A project's URL and key, and the user in whose name requests are sent, if any."""

    url: str
    key: SecretStr
    access: SecretStr | None = None
    refresh: SecretStr | None = None
    headers: Mapping[str, str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        key = self.key.get_secret_value()
        bearer = key if self.access is None else self.access.get_secret_value()
        headers = {"apikey": key}
        if self.access is not None or not key.startswith("sb_"):  # the new keys are no tokens
            headers["Authorization"] = f"Bearer {bearer}"
        object.__setattr__(self, "headers", headers)

    @property
    def role(self) -> KeyRole:
        """Read from the key itself."""
        key = self.key.get_secret_value()
        if self.access is not None:
            return "user"
        if key.startswith("sb_"):
            return "service" if key.startswith("sb_secret_") else "anon"
        return _ROLES.get(str(claims(key).get("role")), "unknown")


def claims(token: str) -> dict[str, Any]:
    """What a JSON Web Token says, unverified; empty if it is none."""
    body = token.split(".")[1] if token.count(".") == 2 else ""  # noqa: PLR2004 -- head.body.signature
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (binascii.Error, ValueError):
        return {}
    return found if isinstance(found, dict) else {}  # pyright: ignore[reportUnknownVariableType] -- keys of JSON are str


class SupabaseResource(Dual[M, "supabase.AsyncClient"], Generic[M]):
    """Operations over the HTTP client that supabase-py was given."""

    @property
    def _credentials(self) -> Credentials:
        found: Any = self._client  # the client of this provider, which imports this module
        return cast("Credentials", found.credentials)

    def _signed_in(self, what: str) -> Credentials:
        """The user's credentials, or an error that says how to get them."""
        found = self._credentials
        if found.access is None:
            raise AuthenticationError(
                f"{what} needs a user, and this client is none: use p.supabase.as_user(session), with the session that sign_in returned."
            )
        return found

    async def fetch(
        self,
        method: str,
        path: str,
        *,
        params: list[tuple[str, str]] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        **content: Any,
    ) -> "httpx.Response":
        """One request; a reply that says no is raised. `body` is sent as JSON."""
        known = self._credentials
        url = f"{known.url.rstrip('/')}{path}"
        sent = {**known.headers, **(headers or {})}
        if body is not None:
            content["content"] = _encoded(body)
            sent.setdefault("Content-Type", "application/json")
        given: dict[str, Any] = {"headers": sent, **content}
        if params:
            given["params"] = params

        def send(client: "supabase.AsyncClient") -> "Awaitable[httpx.Response]":
            assert client.options.httpx_client is not None  # we gave it
            return client.options.httpx_client.request(method, url, **given)

        reply = await self.ask(send)
        if reply.status_code == _REDIRECTS:
            raise InvalidRequestError(
                f"{reply.json().get('message')}; {reply.json().get('hint')}", status=300, code="PGRST201"
            )
        reply.raise_for_status()
        return reply


def _encoded(body: Any) -> bytes:
    try:
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=_plain, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise InvalidRequestError(f"the values are not JSON: {error}.") from error


def _plain(value: Any) -> Any:
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if type(value).__name__ in ("UUID", "Decimal"):
        return str(value)
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def segment(text: str, what: str) -> str:
    """A name as one part of a path."""
    if not text or text in (".", "..") or "/" in text:
        raise InvalidRequestError(f"{what} is a name without slashes, not {text!r}.")
    return quote(text, safe="")


def file_path(text: str) -> str:
    """A file's path within its bucket."""
    parts = text.strip("/").split("/")
    if any(part in ("", ".", "..") for part in parts):
        raise InvalidRequestError(f"a path is names joined by slashes, such as 'folder/file.png', not {text!r}.")
    return "/".join(quote(part, safe="") for part in parts)
