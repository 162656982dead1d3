"""Sessions of users.

https://cheatsheetseries.owasp.org/cheatsheets/Session_Management_Cheat_Sheet.html
"""

import builtins
import re
import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, operation
from unifykit.errors import InvalidRequestError, NotFoundError
from unifykit.providers.redis.codec import Seconds, decode, encode, milliseconds, text
from unifykit.providers.redis.models import Session
from unifykit.providers.redis.resource import RedisResource
from unifykit.providers.redis.scripts import END_SESSION, LIST_SESSIONS, OPEN_SESSION, USE_SESSION

_BYTES = 32
_ID = re.compile(r"[A-Za-z0-9_-]{43}")
_SESSIONS, _USERS = "session:{sessions}:", "session:{sessions}:user:"
_ENDED = "there is no such session, or it has ended."


class Sessions(RedisResource[M]):
    """`p.redis.sessions`: what a cookie's id stands for. Each use of a session lets it live on for its whole time."""

    @operation(IDEMPOTENT)
    async def create(self, data: Mapping[str, Any], *, ttl: Seconds, user: str | None = None) -> Session:
        """Open a session. Its id has 256 random bits: whoever has it is the user.

        Args:
            data: What to keep; each value is what JSON can hold.
            ttl: Seconds, or a timedelta, without use after which it ends.
            user: Whose it is, for `list`.

        Example:
            >>> session = p.redis.sessions.create({"cart": [1, 2]}, ttl=1800, user="ada")
            >>> p.redis.sessions.get(session.id).data
            {'cart': [1, 2]}
        """
        if user == "":
            raise InvalidRequestError("the user is empty: give a name, or None.")
        session_id = secrets.token_urlsafe(_BYTES)
        fields = _pairs(data)
        keys = [f"{_SESSIONS}{session_id}", f"{_USERS}{user or ''}"]
        found = await self.run(OPEN_SESSION, keys, session_id, milliseconds(ttl, "ttl"), user or "", *fields)
        return _session(session_id, found[0], found[1])

    @operation(IDEMPOTENT)
    async def get(self, session_id: str) -> Session | None:
        """A session, or None if there is none or it has ended. Lets it live on.

        Args:
            session_id: What the cookie carries; anything that is no session's id gives None.

        Example:
            >>> p.redis.sessions.get("forged") is None
            True
        """
        return await self._use(session_id)

    @operation(IDEMPOTENT)
    async def update(self, session_id: str, data: Mapping[str, Any], *, remove: Sequence[str] = ()) -> Session:
        """Store entries of a session beside those that it has, in one step. Lets it live on.

        Args:
            session_id: What the cookie carries.
            data: The entries to store.
            remove: Names of entries to remove.

        Raises:
            NotFoundError: There is no such session, or it has ended.

        Example:
            >>> session = p.redis.sessions.create({"theme": "dark", "step": 1}, ttl=1800)
            >>> p.redis.sessions.update(session.id, {"step": 2}, remove=["theme"]).data
            {'step': 2}
        """
        return _there(await self._use(session_id, removed=[f"={name}" for name in remove], fields=_pairs(data)))

    @operation(IDEMPOTENT)
    async def touch(self, session_id: str, *, ttl: Seconds | None = None) -> Session:
        """Let a session live on.

        Args:
            session_id: What the cookie carries.
            ttl: Seconds, or a timedelta, without use after which it ends from now on; as before when None.

        Raises:
            NotFoundError: There is no such session, or it has ended.

        Example:
            >>> session = p.redis.sessions.create({}, ttl=60)
            >>> p.redis.sessions.touch(session.id, ttl=3600).expires_at > session.expires_at
            True
        """
        return _there(await self._use(session_id, ttl="" if ttl is None else milliseconds(ttl, "ttl")))

    @operation(IDEMPOTENT)
    async def destroy(self, session_id: str) -> bool:
        """End a session; returns whether there was one.

        Args:
            session_id: What the cookie carries.

        Example:
            >>> session = p.redis.sessions.create({}, ttl=60)
            >>> p.redis.sessions.destroy(session.id), p.redis.sessions.get(session.id)
            (True, None)
        """
        if not _ID.fullmatch(session_id):
            return False
        return bool(await self.run(END_SESSION, [f"{_SESSIONS}{session_id}"], _USERS, session_id))

    @operation(IDEMPOTENT)
    async def list(self, user: str) -> builtins.list[Session]:
        """A user's sessions that have not ended, the next to end first. They are not let live on.

        Args:
            user: Whose, as `create` was told.

        Example:
            >>> opened = p.redis.sessions.create({"device": "phone"}, ttl=60, user="grace")
            >>> [session.data for session in p.redis.sessions.list("grace")]
            [{'device': 'phone'}]
        """
        found = await self.run(LIST_SESSIONS, [f"{_USERS}{user}"], _SESSIONS)
        return [_session(text(session_id), expires, fields) for session_id, expires, fields in found]

    async def _use(
        self, session_id: str, *, ttl: int | str = "", removed: Sequence[str] = (), fields: Sequence[str | bytes] = ()
    ) -> Session | None:
        if not _ID.fullmatch(session_id):
            return None
        given = (_USERS, session_id, ttl, len(removed), *removed, *fields)
        found = await self.run(USE_SESSION, [f"{_SESSIONS}{session_id}"], *given)
        return None if found is None else _session(session_id, found[0], found[1])


def _pairs(data: Mapping[str, Any]) -> list[str | bytes]:
    return [part for name, value in data.items() for part in (f"={name}", encode(value))]


def _there(session: Session | None) -> Session:
    if session is None:
        raise NotFoundError(_ENDED)
    return session


def _session(session_id: str, expires: int, flat: Iterable[bytes]) -> Session:
    parts = iter(flat)
    fields = {text(name): value for name, value in zip(parts, parts, strict=True)}
    return Session(
        id=session_id,
        user=text(fields[".user"]) or None,
        data={name[1:]: decode(value, None) for name, value in sorted(fields.items()) if name.startswith("=")},
        created_at=_instant(int(fields[".created"])),
        expires_at=_instant(expires),
    )


def _instant(epoch_ms: int) -> datetime:
    return datetime.fromtimestamp(epoch_ms / 1000, UTC)
