"""Accounts: signing up and in, and what a user may do with his own account."""

import functools
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import BaseModel, ConfigDict

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import AuthenticationError, InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.supabase.models import Session, SignUp, User
from unifykit.providers.supabase.resource import SupabaseResource, segment

_PER_PAGE = 100


class _Users(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)

    users: list[User]


def _address(email: str) -> str:
    if "@" not in email:
        raise InvalidRequestError("email is an address, such as 'ada@example.com'.")
    return email


def _given(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


class Auth(SupabaseResource[M]):
    """`p.supabase.auth`: accounts.

    Signing in changes nothing here: it returns a session, and `p.supabase.as_user(session)` is that user.
    """

    @operation(UNSAFE)
    async def sign_up(self, email: str, password: str, *, data: Mapping[str, Any] | None = None) -> SignUp:
        """Make an account.

        https://supabase.com/docs/reference/python/auth-signup

        Args:
            email: The address.
            password: The password.
            data: What to keep with the account, as its `user_metadata`.

        Raises:
            ConflictError: There is an account with this address.
            InvalidRequestError: The password is too weak.

        Example:
            >>> p.supabase.auth.sign_up("alan@example.com", "correct horse", data={"name": "Alan"}).user.user_metadata
            {'name': 'Alan'}
        """
        body = {"email": _address(email), "password": password, "data": dict(data or {})}
        reply = await self.fetch("POST", "/auth/v1/signup", body=body)
        if "access_token" in reply.json():
            session = Session.model_validate_json(reply.content)
            return SignUp(user=session.user, session=session)
        return SignUp(user=User.model_validate_json(reply.content))

    @operation(IDEMPOTENT)
    async def sign_in(self, email: str, password: str) -> Session:
        """Open a session.

        https://supabase.com/docs/reference/python/auth-signinwithpassword

        Raises:
            AuthenticationError: There is no such account, or the password is another.

        Example:
            >>> _ = p.supabase.auth.sign_up("alan@example.com", "correct horse")
            >>> p.supabase.auth.sign_in("alan@example.com", "correct horse").user.email
            'alan@example.com'
        """
        body = {"email": _address(email), "password": password}
        reply = await self.fetch("POST", "/auth/v1/token", params=[("grant_type", "password")], body=body)
        return Session.model_validate_json(reply.content)

    @operation(UNSAFE)
    async def refresh(self, refresh_token: str | None = None) -> Session:
        """Exchange a refresh token for a new session; the token is used up.

        https://supabase.com/docs/reference/python/auth-refreshsession

        Args:
            refresh_token: The token; that of the session which this client was made of by default.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> p.supabase.as_user(session).auth.refresh().user.email
            'alan@example.com'
        """
        kept = self._credentials.refresh
        token = refresh_token or (kept.get_secret_value() if kept else None)
        if token is None:
            raise AuthenticationError(
                "there is no refresh token: give one, or use p.supabase.as_user(session).auth.refresh()."
            )
        body = {"refresh_token": token}
        reply = await self.fetch("POST", "/auth/v1/token", params=[("grant_type", "refresh_token")], body=body)
        return Session.model_validate_json(reply.content)

    @operation(IDEMPOTENT)
    async def sign_out(self, *, everywhere: bool = True) -> None:
        """Close the user's sessions; access tokens that are out stay good until they end.

        https://supabase.com/docs/reference/python/auth-signout

        Args:
            everywhere: False to close this session only.

        Raises:
            AuthenticationError: This client is no user: see `as_user`.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> p.supabase.as_user(session).auth.sign_out()
        """
        self._signed_in("sign_out()")
        await self.fetch("POST", "/auth/v1/logout", params=[("scope", "global" if everywhere else "local")])

    @operation(SAFE)
    async def user(self) -> User:
        """The account of the user, as it is now.

        https://supabase.com/docs/reference/python/auth-getuser

        Raises:
            AuthenticationError: This client is no user: see `as_user`.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> p.supabase.as_user(session).auth.user().email
            'alan@example.com'
        """
        self._signed_in("user()")
        return User.model_validate_json((await self.fetch("GET", "/auth/v1/user")).content)

    @operation(UNSAFE)
    async def update_user(
        self, *, data: Mapping[str, Any] | None = None, email: str | None = None, password: str | None = None
    ) -> User:
        """Change the user's own account.

        https://supabase.com/docs/reference/python/auth-updateuser

        Args:
            data: What to change in its `user_metadata`; the rest stays.
            email: A new address; where addresses are confirmed, mails are sent.
            password: A new password.

        Raises:
            AuthenticationError: This client is no user: see `as_user`.

        Example:
            >>> session = p.supabase.auth.sign_up("alan@example.com", "correct horse").session
            >>> p.supabase.as_user(session).auth.update_user(data={"name": "Alan"}).user_metadata
            {'name': 'Alan'}
        """
        self._signed_in("update_user()")
        body = _given(data=dict(data) if data is not None else None, email=email, password=password)
        if not body:
            raise InvalidRequestError("update_user needs data, email or password.")
        return User.model_validate_json((await self.fetch("PUT", "/auth/v1/user", body=body)).content)

    @operation(UNSAFE)
    async def reset_password(self, email: str, *, redirect_to: str | None = None) -> None:
        """Mail a link to set a new password; whether there is such an account is not told.

        https://supabase.com/docs/reference/python/auth-resetpasswordforemail

        Args:
            email: The address.
            redirect_to: Where the link ends; the project must allow it.

        Example:
            >>> p.supabase.auth.reset_password("ada@example.com")
        """
        params = [("redirect_to", redirect_to)] if redirect_to else None
        await self.fetch("POST", "/auth/v1/recover", params=params, body={"email": _address(email)})

    def oauth_url(self, provider: str, *, redirect_to: str | None = None, scopes: str | None = None) -> str:
        """Where to send a browser that shall sign in elsewhere. Nothing is sent.

        https://supabase.com/docs/reference/python/auth-signinwithoauth

        Args:
            provider: Such as ``"google"``.
            redirect_to: Where the browser comes back to; the project must allow it.
            scopes: What to ask for there, joined by blanks.

        Example:
            >>> p.supabase.auth.oauth_url("google").partition("/auth")[2]
            '/v1/authorize?provider=google'
        """
        query = urlencode(_given(provider=segment(provider, "a provider"), redirect_to=redirect_to, scopes=scopes))
        return f"{self._credentials.url.rstrip('/')}/auth/v1/authorize?{query}"

    @functools.cached_property
    def admin(self) -> "Admin[M]":
        """All accounts, for the service key."""
        return Admin(self._client)


class Admin(SupabaseResource[M]):
    """`p.supabase.auth.admin`: all accounts. It needs the service key."""

    @paged
    async def list_users(self, cursor: int | None) -> Page[User, int]:
        """All accounts, newest first.

        https://supabase.com/docs/reference/python/auth-admin-listusers

        Example:
            >>> _ = p.supabase.auth.admin.create_user("alan@example.com")
            >>> [user.email for user in p.supabase.auth.admin.list_users()]
            ['alan@example.com']
        """
        page = cursor or 1
        params = [("page", str(page)), ("per_page", str(_PER_PAGE))]
        reply = await self.fetch("GET", "/auth/v1/admin/users", params=params)
        users, total = _Users.model_validate_json(reply.content).users, reply.headers.get("x-total-count", "")
        return Page(users, (page + 1,) if len(users) == _PER_PAGE else (), int(total) if total.isdigit() else None)

    @operation(UNSAFE)
    async def create_user(
        self,
        email: str,
        *,
        password: str | None = None,
        data: Mapping[str, Any] | None = None,
        email_confirm: bool = True,
    ) -> User:
        """Make an account; nothing is mailed.

        https://supabase.com/docs/reference/python/auth-admin-createuser

        Args:
            email: The address.
            password: The password, if it shall have one.
            data: What to keep with the account, as its `user_metadata`.
            email_confirm: Whether the address counts as confirmed.

        Raises:
            ConflictError: There is an account with this address.

        Example:
            >>> p.supabase.auth.admin.create_user("alan@example.com", data={"name": "Alan"}).user_metadata
            {'name': 'Alan'}
        """
        metadata = dict(data) if data is not None else None
        body = _given(email=_address(email), password=password, user_metadata=metadata, email_confirm=email_confirm)
        return User.model_validate_json((await self.fetch("POST", "/auth/v1/admin/users", body=body)).content)

    @operation(SAFE)
    async def get_user(self, uid: str) -> User:
        """One account.

        https://supabase.com/docs/reference/python/auth-admin-getuserbyid

        Raises:
            NotFoundError: There is none of this id.

        Example:
            >>> made = p.supabase.auth.admin.create_user("alan@example.com")
            >>> p.supabase.auth.admin.get_user(made.id).email
            'alan@example.com'
        """
        return User.model_validate_json((await self.fetch("GET", _user_path(uid))).content)

    @operation(UNSAFE)
    async def update_user(
        self, uid: str, *, email: str | None = None, password: str | None = None,
        data: Mapping[str, Any] | None = None, app_metadata: Mapping[str, Any] | None = None,
    ) -> User:  # fmt: skip
        """Change an account.

        https://supabase.com/docs/reference/python/auth-admin-updateuserbyid

        Args:
            uid: Its id.
            email: A new address.
            password: A new password.
            data: What to change in its `user_metadata`.
            app_metadata: What to change in its `app_metadata`, which the user cannot change.

        Example:
            >>> made = p.supabase.auth.admin.create_user("alan@example.com")
            >>> p.supabase.auth.admin.update_user(made.id, app_metadata={"plan": "pro"}).app_metadata["plan"]
            'pro'
        """
        body = _given(email=email, password=password, user_metadata=data, app_metadata=app_metadata)
        return User.model_validate_json((await self.fetch("PUT", _user_path(uid), body=body)).content)

    @operation(IDEMPOTENT)
    async def delete_user(self, uid: str) -> None:
        """Delete an account.

        https://supabase.com/docs/reference/python/auth-admin-deleteuser

        Raises:
            NotFoundError: There is none of this id.

        Example:
            >>> p.supabase.auth.admin.delete_user(p.supabase.auth.admin.create_user("alan@example.com").id)
        """
        await self.fetch("DELETE", _user_path(uid))


def _user_path(uid: str) -> str:
    return f"/auth/v1/admin/users/{segment(uid, 'a user id')}"
