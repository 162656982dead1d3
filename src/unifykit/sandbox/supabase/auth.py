"""`/auth/v1`: accounts, sessions, and their administration.

https://supabase.com/docs/reference/self-hosting-auth/introduction
"""

import json
import re
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from . import recovery
from .call import Call, Reply
from .hooks import asked
from .line import DatabaseError, Line
from .refusals import Refusal, auth, unknown
from .sessions import USER, User, body_of, checked_email, opened, user_of
from .tokens import hashed, matches

_SHORTEST_PASSWORD = 6
_UUID = re.compile(r"[0-9a-fA-F-]{36}")
_COLUMNS = {
    "email": "email", "phone": "phone", "role": "role", "user_metadata": "raw_user_meta_data", "data": "raw_user_meta_data",
    "app_metadata": "raw_app_meta_data",
}  # fmt: skip
_SETTINGS = {
    "external": {"email": True, "phone": False, "google": True, "github": True, "anonymous_users": False},
    "disable_signup": False, "mailer_autoconfirm": True, "phone_autoconfirm": False, "sms_provider": "", "saml_enabled": False,
}  # fmt: skip


async def answer(call: Call) -> Reply:
    """Answer one request to `/auth/v1`."""
    place = call.path.removeprefix("/auth/v1").strip("/")
    try:
        if place.startswith("admin/users"):
            return await _administered(call, place.removeprefix("admin/users").strip("/"))
        handler = _HANDLERS.get((call.method, place))
        if handler is None:
            raise unknown(call.method, call.path)
        return await handler(call)
    except DatabaseError as error:
        if error.code == "23505":
            raise auth(422, "user_already_exists", "User already registered") from error
        raise auth(500, "unexpected_failure", f"Database error: {error.message}") from error


def _checked_password(password: Any) -> str:
    if not isinstance(password, str) or not password:
        raise auth(400, "validation_failed", "Signup requires a valid password")
    if len(password) < _SHORTEST_PASSWORD:
        refusal = auth(422, "weak_password", f"Password should be at least {_SHORTEST_PASSWORD} characters.")
        refusal.body["weak_password"] = {"reasons": ["length"]}
        raise refusal
    return password


async def _signed_up(call: Call) -> Reply:
    given = body_of(call)
    if not given.get("email"):
        raise auth(422, "anonymous_provider_disabled", "Anonymous sign-ins are disabled")
    password, email = hashed(_checked_password(given.get("password"))), checked_email(given["email"])
    async with call.database(role="postgres") as line:
        data = json.dumps(given.get("data") or {})
        sql = f"insert into auth.users (email, encrypted_password, raw_user_meta_data, email_confirmed_at) values ($1, $2, $3, now()) returning {USER}"
        user = user_of(await line.run(sql, email, password, data))
        await _announced(call, user)
        return Reply(await opened(call, line, user))


async def _announced(call: Call, user: User) -> None:
    """Nobody is made whom the hook does not want."""
    about = {"uuid": str(uuid.uuid4()), "time": user["created_at"], "name": "before-user-created"}
    await asked(call.project, "before_user_created", {"metadata": {**about, "ip_address": "127.0.0.1"}, "user": user})


async def _tokened(call: Call) -> Reply:
    kind = call.argument.get("grant_type")
    if kind == "password":
        return await _signed_in(call)
    if kind == "refresh_token":
        return await _refreshed(call)
    if kind == "pkce":
        return await recovery.exchanged(call)
    raise auth(400, "unsupported_grant_type", "unsupported_grant_type")


async def _signed_in(call: Call) -> Reply:
    given = body_of(call)
    async with call.database(role="postgres") as line:
        sql = (
            f"select {USER}, encrypted_password, coalesce(banned_until > now(), false) from auth.users where email = $1"
        )
        rows = await line.run(sql, str(given.get("email", "")).lower())
        valid = bool(rows) and matches(str(given.get("password", "")), rows[0][1])
        if rows:
            await _attempted(call, user_of(rows), valid=valid)
        if not valid:
            raise auth(400, "invalid_credentials", "Invalid login credentials")
        if rows[0][2] == "t":
            raise auth(400, "user_banned", "User is banned")
        return Reply(await opened(call, line, user_of(rows)))


async def _attempted(call: Call, user: User, *, valid: bool) -> None:
    said = await asked(call.project, "password_verification_attempt", {"user_id": user["id"], "valid": valid})
    if said is not None and said.get("decision") == "reject":
        raise auth(400, "invalid_credentials", str(said.get("message") or "Invalid login credentials"))


async def _refreshed(call: Call) -> Reply:
    token = str(body_of(call).get("refresh_token", ""))
    async with call.database(role="postgres") as line:
        rows = await line.run(
            "update auth.refresh_tokens set revoked = true where token = $1 and not revoked returning session_id", token
        )
        if not rows:
            known = await line.run("select 1 from auth.refresh_tokens where token = $1", token)
            if known:
                raise auth(400, "refresh_token_already_used", "Invalid Refresh Token: Already Used")
            raise auth(400, "refresh_token_not_found", "Invalid Refresh Token: Refresh Token Not Found")
        sql = f"select {USER} from auth.users where id = (select user_id from auth.sessions where id = $1)"
        return Reply(await opened(call, line, user_of(await line.run(sql, rows[0][0])), rows[0][0]))


async def _signed(call: Call, line: Line) -> User:
    """The user who sends this, if the session is still open."""
    if "sub" not in call.claims:
        raise auth(403, "bad_jwt", "invalid claim: missing sub claim")
    open_still = await line.run("select 1 from auth.sessions where id = $1", str(call.claims.get("session_id")))
    if not open_still:
        raise auth(403, "session_not_found", "Session from session_id claim in JWT does not exist")
    return user_of(await line.run(f"select {USER} from auth.users where id = $1", str(call.claims["sub"])))


async def _shown(call: Call) -> Reply:
    async with call.database(role="postgres") as line:
        return Reply(await _signed(call, line))


async def _changed(call: Call) -> Reply:
    given = body_of(call)
    async with call.database(role="postgres") as line:
        user = await _signed(call, line)
        allowed = {key: given[key] for key in ("email", "phone", "password", "data") if given.get(key) is not None}
        return Reply(await _update(line, user, allowed))


async def _update(line: Line, user: User, given: dict[str, Any]) -> User:
    sets, values = ["updated_at = now()"], [str(user["id"])]
    for key, value in given.items():
        if key == "password":
            values.append(hashed(_checked_password(value)))
            sets.append(f"encrypted_password = ${len(values)}")
        elif key == "email_confirm" and value:
            sets.append("email_confirmed_at = coalesce(email_confirmed_at, now())")
        elif key == "ban_duration":
            values.append("0s" if value == "none" else str(value))
            sets.append(f"banned_until = now() + ${len(values)}::interval")
        elif key in _COLUMNS:
            column = _COLUMNS[key]
            values.append(
                json.dumps(value)
                if column.startswith("raw")
                else checked_email(value)
                if key == "email"
                else str(value)
            )
            place = f"${len(values)}"
            # what is in metadata already stays unless it is named
            sets.append(f"{column} = {column} || {place}::jsonb" if column.startswith("raw") else f"{column} = {place}")
    return user_of(await line.run(f"update auth.users set {', '.join(sets)} where id = $1 returning {USER}", *values))


async def _signed_out(call: Call) -> Reply:
    scope = call.argument.get("scope", "global")
    async with call.database(role="postgres") as line:
        user = await _signed(call, line)
        which = {"global": "true", "local": "id = $2", "others": "id <> $2"}.get(scope)
        if which is None:
            raise auth(400, "validation_failed", f"Unsupported logout scope {scope!r}")
        sql = f"delete from auth.sessions where user_id = $1 and ({which} or $2::uuid is null)"
        await line.run(sql, user["id"], str(call.claims["session_id"]))
    return Reply(None, 204)


async def _settings(_: Call) -> Reply:
    return Reply(_SETTINGS)


async def _health(_: Call) -> Reply:
    return Reply(
        {"version": "sandbox", "name": "GoTrue", "description": "GoTrue is a user registration and authentication API"}
    )


_HANDLERS: dict[tuple[str, str], Callable[[Call], Awaitable[Reply]]] = {
    ("POST", "signup"): _signed_up, ("POST", "token"): _tokened, ("GET", "user"): _shown, ("PUT", "user"): _changed,
    ("POST", "logout"): _signed_out, ("POST", "recover"): recovery.asked_for, ("GET", "settings"): _settings,
    ("GET", "health"): _health, ("GET", "verify"): recovery.followed, ("POST", "verify"): recovery.verified,
}  # fmt: skip


# -- administration


async def _administered(call: Call, uid: str) -> Reply:
    if call.role != "service_role":
        raise auth(403, "not_admin", "User not allowed")
    if uid and not _UUID.fullmatch(uid):
        raise auth(404, "validation_failed", "user_id must be an UUID")
    async with call.database(role="postgres") as line:
        if not uid and call.method == "GET":
            return await _listed(call, line)
        if not uid and call.method == "POST":
            return await _created(call, line)
        user = user_of(await line.run(f"select {USER} from auth.users where id = $1", uid))
        if call.method == "GET":
            return Reply(user)
        if call.method == "PUT":
            return Reply(await _update(line, user, body_of(call)))
        if call.method == "DELETE":
            await line.run("delete from auth.users where id = $1", uid)
            return Reply({})
    raise unknown(call.method, call.path)


async def _listed(call: Call, line: Line) -> Reply:
    page, size = (_number(call.argument.get(key), default) for key, default in (("page", 1), ("per_page", 50)))
    rows = await line.run(
        f"select {USER} from auth.users order by created_at desc, id limit $1 offset $2",
        str(size),
        str((page - 1) * size),
    )
    total = int((await line.run("select count(*) from auth.users"))[0][0] or 0)
    last = max(1, -(-total // size))
    links = [f'<{call.path}?page={last}&per_page={size}>; rel="last"']
    if page < last:
        links.insert(0, f'<{call.path}?page={page + 1}&per_page={size}>; rel="next"')
    headers = {"X-Total-Count": str(total), "Link": ", ".join(links)}
    return Reply({"users": [user_of([row]) for row in rows], "aud": "authenticated"}, 200, headers)


def _number(said: str | None, default: int) -> int:
    return int(said) if said and said.isdigit() and int(said) else default


async def _created(call: Call, line: Line) -> Reply:
    given = body_of(call)
    if not given.get("email") and not given.get("phone"):
        raise auth(400, "validation_failed", "Cannot create a user without either an email or phone")
    email = checked_email(given["email"]) if given.get("email") else None
    try:
        made = await line.run(
            f"insert into auth.users (email, phone) values ($1, $2) returning {USER}", email, given.get("phone")
        )
    except DatabaseError as error:
        raise _taken(error) from error
    others = {key: value for key, value in given.items() if key not in ("email", "phone") and value is not None}
    return Reply(await _update(line, user_of(made), others))


def _taken(error: DatabaseError) -> Refusal:
    if error.code == "23505":
        return auth(422, "email_exists", "A user with this email address has already been registered")
    return auth(500, "unexpected_failure", error.message)
