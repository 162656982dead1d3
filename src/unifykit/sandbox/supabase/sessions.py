"""What accounts share: a user as it is told, and the sessions that are opened for one."""

import json
import re
import secrets
from typing import Any, cast

from .call import Call
from .hooks import asked, checked_claims
from .line import Line
from .refusals import auth

SESSION_SECONDS = 3600
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
USER = """json_build_object('id', id, 'aud', aud, 'role', role, 'email', coalesce(email, ''), 'phone', coalesce(phone, ''),
    'email_confirmed_at', email_confirmed_at, 'confirmed_at', email_confirmed_at, 'recovery_sent_at', recovery_sent_at,
    'last_sign_in_at', last_sign_in_at, 'app_metadata', raw_app_meta_data, 'user_metadata', raw_user_meta_data,
    'identities', json_build_array(json_build_object('identity_id', id, 'id', id, 'user_id', id, 'provider', 'email',
        'identity_data', json_build_object('sub', id, 'email', email), 'created_at', created_at, 'updated_at', updated_at,
        'last_sign_in_at', last_sign_in_at)),
    'banned_until', banned_until, 'is_anonymous', is_anonymous, 'created_at', created_at, 'updated_at', updated_at)::text"""

User = dict[str, Any]


def body_of(call: Call) -> dict[str, Any]:
    """What was sent, as JSON."""
    try:
        found: Any = call.json()
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise auth(400, "bad_json", "Could not parse request body as JSON")
    return cast("dict[str, Any]", found)


def checked_email(email: Any) -> str:
    """An address as accounts keep it."""
    if not isinstance(email, str) or not _EMAIL.fullmatch(email):
        raise auth(400, "validation_failed", "Unable to validate email address: invalid format")
    return email.lower()


async def opened(
    call: Call, line: Line, user: User, session: str | None = None, *, by: str = "password"
) -> dict[str, Any]:
    """Open a session, or go on with one: its tokens, and the user."""
    if session is None:
        made = await line.run("insert into auth.sessions (user_id) values ($1) returning id", user["id"])
        session = made[0][0]
        said = await line.run(
            f"update auth.users set last_sign_in_at = now() where id = $1 returning {USER}", user["id"]
        )
        user = user_of(said)
        method = by
    else:
        method = "token_refresh"
    refresh, now = secrets.token_urlsafe(16), int(call.project.now())
    await line.run("insert into auth.refresh_tokens (token, session_id) values ($1, $2)", refresh, session)
    claims = {
        "iss": f"{call.base}/auth/v1", "sub": user["id"], "aud": user["aud"], "role": user["role"],
        "email": user["email"], "phone": user["phone"], "session_id": session, "iat": now, "exp": now + SESSION_SECONDS,
        "app_metadata": user["app_metadata"], "user_metadata": user["user_metadata"], "is_anonymous": False, "aal": "aal1",
        "amr": [{"method": by, "timestamp": now}],
    }  # fmt: skip
    asking = {"user_id": user["id"], "claims": claims, "authentication_method": method}
    hooked = await asked(call.project, "custom_access_token", asking)
    if hooked is not None:
        claims = checked_claims(hooked)
    return {
        "access_token": call.project.signer.sign(claims), "token_type": "bearer", "expires_in": SESSION_SECONDS,
        "expires_at": now + SESSION_SECONDS, "refresh_token": refresh, "user": user,
    }  # fmt: skip


def user_of(rows: list[tuple[str | None, ...]]) -> User:
    """The user that a query found."""
    if not rows:
        raise auth(404, "user_not_found", "User not found")
    found: User = _known(json.loads(rows[0][0] or "{}"))
    found["identities"] = [_known(identity) for identity in found["identities"]]
    return found


def _known(said: dict[str, Any]) -> dict[str, Any]:
    """What is not known is left out, not null."""
    return {name: value for name, value in said.items() if value is not None}
