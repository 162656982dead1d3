"""Auth hooks: before accounts does something, it asks a URL of yours, in a message signed by Standard Webhooks.

https://supabase.com/docs/guides/auth/auth-hooks
"""

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import urlsplit

import httpx

from unifykit.errors import InvalidRequestError

from .refusals import Refusal, auth

if TYPE_CHECKING:
    from .call import Project

HookName = Literal["before_user_created", "custom_access_token", "password_verification_attempt", "send_email"]
"""The hooks that the counterpart calls."""

_TIMEOUT, _PAUSE, _ATTEMPTS, _MOST = 5.0, 2.0, 3, 200 * 1024
_AGAIN, _OK = (429, 503), (200, 202, 204)
_CLAIMS = ("aud", "exp", "iat", "sub", "email", "phone", "role", "aal", "session_id", "is_anonymous")


@dataclass(frozen=True)
class Hook:
    """Where a hook is asked, and what its messages are signed with.

    Attributes:
        url: On this machine: nothing else is ever sent to.
        secret: As the dashboard shows it: ``v1,whsec_…``, several joined by ``|``.
    """

    url: str
    secret: str

    def __post_init__(self) -> None:
        host = urlsplit(self.url).hostname or ""
        if host != "localhost" and not _is_loopback(host):
            raise InvalidRequestError(f"a hook of the sandbox is on this machine, not at {host!r}.")

    def headers(self, message: str, now: int, body: bytes) -> dict[str, str]:
        """The headers of a signed message.

        https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
        """
        signed = f"{message}.{now}.".encode() + body
        keys = (base64.b64decode(one.removeprefix("v1,").removeprefix("whsec_")) for one in self.secret.split("|"))
        told = ["v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode() for key in keys]
        return {
            "Content-Type": "application/json", "webhook-id": message, "webhook-timestamp": str(now),
            "webhook-signature": ", ".join(told),
        }  # fmt: skip


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


async def asked(project: "Project", name: HookName, payload: dict[str, Any]) -> dict[str, Any] | None:
    """What the hook answers; None if there is none of this name.

    Raises:
        Refusal: The hook says no, or no answer that makes sense.
    """
    hook = project.hooks.get(name)
    if hook is None:
        return None
    body = json.dumps(payload, separators=(",", ":")).encode()
    headers = hook.headers(secrets.token_hex(16), int(project.now()), body)
    reply = await _sent(hook, headers, body)
    if reply.status_code not in _OK:
        raise auth(500, "unexpected_failure", _meaning(reply.status_code))
    return _told(reply)


async def _sent(hook: Hook, headers: dict[str, str], body: bytes) -> httpx.Response:
    async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False) as client:  # a proxy has no business with loopback
        for _ in range(_ATTEMPTS):
            try:
                reply = await client.post(hook.url, content=body, headers=headers)
            except httpx.TimeoutException:
                raise auth(422, "hook_timeout", f"Failed to reach hook within maximum time of {_TIMEOUT:f} seconds") from None  # fmt: skip
            except httpx.HTTPError:
                await asyncio.sleep(_PAUSE)
                continue
            wait = reply.headers.get("retry-after")
            if reply.status_code not in _AGAIN or wait is None:
                return reply
            await asyncio.sleep(min(_PAUSE, float(wait)) if wait.isdigit() else _PAUSE)
    raise auth(422, "hook_timeout_after_retry", "Failed to reach hook after maximum retries")


def _meaning(status: int) -> str:
    known = {400: "Invalid payload sent to hook", 401: "Hook requires authorization token"}
    return known.get(status, f"Unexpected status code returned from hook: {status}")


def _told(reply: httpx.Response) -> dict[str, Any]:
    if reply.status_code == 204 or not reply.content:  # noqa: PLR2004 -- no content
        return {}
    if len(reply.content) > _MOST:
        raise auth(422, "hook_payload_over_size_limit", f"Payload size exceeded size limit of {_MOST} bytes")
    if not reply.headers.get("content-type", "").startswith("application/json"):
        raise auth(400, "hook_payload_invalid_content_type", "Invalid JSON response. Received content-type: " + reply.headers.get("content-type", ""))  # fmt: skip
    try:
        said: Any = reply.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise auth(500, "unexpected_failure", "Error unmarshaling JSON output.")
    found = cast("dict[str, Any]", said)
    error: Any = found.get("error")
    if isinstance(error, dict):
        raise _no(cast("dict[str, Any]", error))
    return found


def _no(error: dict[str, Any]) -> Refusal:
    status = error.get("http_code") or 500
    return Refusal(int(status), {"code": int(status), "msg": str(error.get("message", ""))})


def checked_claims(said: dict[str, Any]) -> dict[str, Any]:
    """The claims that a hook gave for a token.

    https://supabase.com/docs/guides/auth/auth-hooks/custom-access-token-hook
    """
    claims: Any = said.get("claims")
    missing = [name for name in _CLAIMS if not isinstance(claims, dict) or name not in claims]
    if missing:
        text = "output claims do not conform to the expected schema: "
        raise auth(500, "unexpected_failure", text + ", ".join(f"(root): {name} is required" for name in missing))
    return cast("dict[str, Any]", claims)
