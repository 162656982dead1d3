"""Forgotten passwords: the mail, and the link and the code in it, each of which opens a session once, within an hour.

https://supabase.com/docs/guides/auth/passwords
"""

import base64
import hashlib
import hmac
import secrets
import uuid
from typing import Any
from urllib.parse import urlencode

from .call import Call, Reply
from .hooks import asked
from .line import Line
from .refusals import Refusal, auth, unknown
from .sessions import USER, User, body_of, checked_email, opened, user_of

_KIND = "recovery"
_VALID = "recovery_sent_at > now() - interval '1 hour' and coalesce(banned_until < now(), true)"


async def asked_for(call: Call) -> Reply:
    """`POST /recover`: a mail for a user, and the same answer for nobody."""
    given = body_of(call)
    email = checked_email(given.get("email"))
    async with call.database(role="postgres") as line:
        found = await line.run(
            f"update auth.users set recovery_sent_at = now() where email = $1 returning {USER}", email
        )
        if found:
            await _mailed(call, line, user_of(found), _challenge(given))
    return Reply({})


def _challenge(given: dict[str, Any]) -> str | None:
    """What the one who asks will prove later, as supabase-py does by default: PKCE."""
    if not given.get("code_challenge"):
        return None
    method = str(given.get("code_challenge_method", "")).lower()
    if method not in ("s256", "plain"):
        raise auth(400, "validation_failed", "code challenge method must be either plain or s256")
    return f"{method}:{given['code_challenge']}"


async def _mailed(call: Call, line: Line, user: User, challenge: str | None) -> None:
    """Sent by the hook, or kept among the project's mails."""
    code, redirect = f"{secrets.randbelow(1_000_000):06d}", call.argument.get("redirect_to", "")
    token = ("pkce_" if challenge else "") + _hash(user["email"], code)
    sql = "update auth.users set recovery_token = $2, recovery_challenge = $3, recovery_code = null where id = $1"
    await line.run(sql, user["id"], token, challenge)
    about = {
        "token": code, "token_hash": token, "redirect_to": redirect, "email_action_type": _KIND, "site_url": call.base,
        "token_new": "", "token_hash_new": "",
    }  # fmt: skip
    if await asked(call.project, "send_email", {"user": user, "email_data": about}) is None:
        query = {"token": token, "type": _KIND, **({"redirect_to": redirect} if redirect else {})}
        link = f"{call.base}/auth/v1/verify?{urlencode(query)}"
        mail = {"to": user["email"], "kind": _KIND, "link": link, "code": code, "token_hash": token}
        call.project.mails.append({**mail, "redirect_to": redirect})


def _hash(email: str, code: str) -> str:
    return hashlib.sha224(f"{email}{code}".encode()).hexdigest()


async def verified(call: Call) -> Reply:
    """`POST /verify`: a code, or the hash of one, becomes a session."""
    given = body_of(call)
    _known(call, str(given.get("type") or ""))
    code = str(given.get("token", ""))
    tokens = [str(given["token_hash"])] if "token_hash" in given else _hashes(str(given.get("email", "")).lower(), code)
    async with call.database(role="postgres") as line:
        return Reply(await opened(call, line, (await _redeemed(line, tokens))[0], by="otp"))


def _hashes(email: str, code: str) -> list[str]:
    return [_hash(email, code), f"pkce_{_hash(email, code)}"]


async def followed(call: Call) -> Reply:
    """`GET /verify`, the link: leads on to the application, with a session or with what was wrong."""
    _known(call, call.argument.get("type", ""))
    to = call.argument.get("redirect_to") or call.base
    try:
        async with call.database(role="postgres") as line:
            user, challenge = await _redeemed(line, [call.argument.get("token", "")])
            if challenge is not None:
                return _onward(f"{to}{'&' if '?' in to else '?'}code={await _coded(line, user)}")
            session = await opened(call, line, user, by="otp")
    except Refusal as refusal:
        wrong = {"error": "access_denied", "error_code": refusal.body["error_code"]}
        return _onward(f"{to}#{urlencode({**wrong, 'error_description': 'Email link is invalid or has expired'})}")
    told = {name: value for name, value in session.items() if name != "user"}
    return _onward(f"{to}#{urlencode({**told, 'type': _KIND})}")


def _onward(to: str) -> Reply:
    return Reply(None, 303, {"Location": to})


async def _coded(line: Line, user: User) -> str:
    code = str(uuid.uuid4())
    await line.run("update auth.users set recovery_code = $2 where id = $1", user["id"], code)
    return code


async def exchanged(call: Call) -> Reply:
    """`POST /token?grant_type=pkce`: who can show what the challenge was made of has the session."""
    given = body_of(call)
    async with call.database(role="postgres") as line:
        sql = f"select {USER}, recovery_challenge from auth.users where recovery_code = $1 and {_VALID}"
        rows = await line.run(sql, str(given.get("auth_code", "")))
        if not rows:
            raise auth(404, "flow_state_not_found", "invalid flow state, no valid flow state found")
        if not _proves(str(given.get("code_verifier", "")), str(rows[0][1])):
            said = "code challenge does not match previously saved code verifier"
            raise auth(400, "bad_code_verifier", said)
        user = user_of(rows)
        await line.run("update auth.users set recovery_code = null where id = $1", user["id"])
        return Reply(await opened(call, line, user, by="otp"))


def _proves(verifier: str, kept: str) -> bool:
    method, _, challenge = kept.partition(":")
    if method == "s256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return hmac.compare_digest(verifier.encode(), challenge.encode())


async def _redeemed(line: Line, tokens: list[str]) -> tuple[User, str | None]:
    """Whose token it is, and what is to be proved; it is worth nothing from now on."""
    rows = await line.run(
        f"update auth.users set recovery_token = null, email_confirmed_at = coalesce(email_confirmed_at, now())"
        f" where recovery_token in ($1, $2) and {_VALID} returning {USER}, recovery_challenge",
        tokens[0], tokens[-1],
    )  # fmt: skip
    if not rows:
        raise auth(403, "otp_expired", "Token has expired or is invalid")
    return user_of(rows), rows[0][1]


def _known(call: Call, kind: str) -> None:
    if not kind:
        raise auth(400, "validation_failed", "Verify requires a verification type")
    if kind != _KIND:
        raise unknown(call.method, f"{call.path} of type {kind!r}")
