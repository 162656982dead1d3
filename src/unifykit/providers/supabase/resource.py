"""What Supabase's resources share: one request over supabase-py's HTTP client, in the name of one key or one user."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, Literal, TypeVar, cast
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from unifykit._core.client import Dual
from unifykit._core.mode import M
from unifykit.errors import AuthenticationError, InvalidRequestError

if TYPE_CHECKING:
    import httpx

    from unifykit._wires.straight import AsyncStraight

T = TypeVar("T")

KeyRole = Literal["anon", "service", "user", "unknown"]
"""What a client may do: what anyone may, what passes every policy, or what one user may."""

_ROLES: dict[str, KeyRole] = {"anon": "anon", "service_role": "service", "authenticated": "user"}
_REDIRECTS = 300


class _Headers(dict[str, str]):
    def __repr__(self) -> str:
        return f"<{', '.join(self)}>"


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
        headers = _Headers(apikey=key)
        if self.access is not None or not key.startswith("sb_"):  # the new keys are no tokens
            headers["Authorization"] = f"Bearer {bearer}"
        object.__setattr__(self, "headers", headers)

    def __reduce__(self) -> Any:
        raise TypeError("these are secrets: read the settings anew in the other process instead of pickling them")

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


class SupabaseResource(Dual[M, "AsyncStraight"], Generic[M]):
    """Operations on requests of our own: building those of supabase-py's builders costs more than sending them."""

    async def ask(self, step: "Callable[[AsyncStraight], Awaitable[T]]") -> T:
        """Send something; the only thing that a body may await."""
        own: Any = self._client  # the client of this provider, which imports this module
        answer = step(own.straight)
        return await answer if own.is_async else cast("T", answer)

    @property
    def _credentials(self) -> Credentials:
        found: Any = self._client
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
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
    ) -> "httpx.Response":
        """One request; a reply that says no is raised. `body` is sent as JSON, `content` as it is."""
        sent = {**self._credentials.headers, **(headers or {})}
        if body is not None:
            content = encoded(body)
            sent.setdefault("Content-Type", "application/json")
        target = f"{path}?{urlencode(params)}" if params else path
        return _yes(await self.ask(lambda straight: straight.exchange(method, target, sent, content)))

    async def post_form(self, path: str, files: Any, data: Any, headers: Mapping[str, str]) -> "httpx.Response":
        """Send a form with files, which are read while it goes out."""
        known = self._credentials
        url, sent = f"{known.url.rstrip('/')}{path}", {**known.headers, **headers}
        return _yes(await self.ask(lambda straight: straight.client.post(url, headers=sent, files=files, data=data)))


def _yes(reply: "httpx.Response") -> "httpx.Response":
    if reply.is_success:
        return reply
    if reply.status_code == _REDIRECTS:
        said = reply.json()
        raise InvalidRequestError(f"{said.get('message')}; {said.get('hint')}", status=300, code="PGRST201")
    return reply.raise_for_status()


def encoded(body: Any) -> bytes:
    """Values as JSON; times, ids, exact numbers and models too."""
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
