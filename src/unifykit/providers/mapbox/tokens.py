"""Access tokens.

https://docs.mapbox.com/api/accounts/tokens
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

from unifykit._core.arguments import given, segment
from unifykit._core.mode import M
from unifykit._core.model import parse_list
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import AuthenticationError, InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.mapbox.models import Token, TokenStatus
from unifykit.providers.mapbox.resource import MapboxResource

_HOUR = 3600
_PARTS = 3


class Tokens(MapboxResource[M]):
    """`p.mapbox.tokens`: needs a secret token (``sk.``) with the scopes ``tokens:read`` and ``tokens:write``."""

    @operation(UNSAFE)
    async def create(
        self, scopes: Sequence[str], *, note: str | None = None, allowed_urls: Sequence[str] | None = None,
        expires_in: int | None = None, user: str | None = None,
    ) -> Token:  # fmt: skip
        """Make a token.

        https://docs.mapbox.com/api/accounts/tokens/#create-a-token

        Args:
            scopes: What it may do, such as ``["styles:read", "fonts:read"]``.
            note: What it is for.
            allowed_urls: The web pages that may use it; all where it is not given.
            expires_in: Seconds for which a temporary token is valid, at most an hour; it has no note and is not listed.
            user: Whose; the owner of the token in use where it is not given.

        Raises:
            PermissionDeniedError: The token in use may not make this one.

        Example:
            >>> made = p.mapbox.tokens.create(["styles:read"], note="web")
            >>> made.token
            SecretStr('**********')
        """
        if isinstance(scopes, str) or not scopes:
            raise InvalidRequestError("scopes takes a list of at least one scope.")
        if expires_in is not None:
            if not 1 <= expires_in <= _HOUR or note is not None or allowed_urls is not None:
                raise InvalidRequestError(
                    f"a temporary token lives 1 to {_HOUR} seconds, without note and allowed_urls."
                )
            until = datetime.fromtimestamp(self._client.link.clock.wall() + expires_in, UTC)
            body = {"scopes": list(scopes), "expires": until.strftime("%Y-%m-%dT%H:%M:%S.000Z")}
        else:
            urls = None if allowed_urls is None else list(allowed_urls)
            body = given(scopes=list(scopes), note=note or "", allowedUrls=urls)
        return await self.fetch(Token, self._path(user), body=body)

    @paged
    async def list(self, start: str | None, *, user: str | None = None, per_page: int = 50) -> Page[Token, str]:
        """The tokens of a user.

        https://docs.mapbox.com/api/accounts/tokens/#list-tokens

        Args:
            user: Whose; the owner of the token in use where it is not given.
            per_page: How many a request brings, at most 100.

        Example:
            >>> [token.note for token in p.mapbox.tokens.list()]
            ['Default public token']
        """
        most = 100
        if not 1 <= per_page <= most:
            raise InvalidRequestError(f"per_page={per_page}: give 1 to {most}.")
        reply = await self.send("GET", self._path(user), {"limit": per_page, "start": start})
        after = reply.links.get("next", {}).get("url", "")
        then = parse_qs(urlsplit(after).query).get("start", [])
        return Page(parse_list(Token, reply.content), then[:1])

    @operation(IDEMPOTENT)
    async def delete(self, token_id: str, *, user: str | None = None) -> None:
        """Make a token worthless.

        https://docs.mapbox.com/api/accounts/tokens/#delete-a-token

        Args:
            token_id: Its id, not its value.
            user: Whose; the owner of the token in use where it is not given.

        Raises:
            NotFoundError: There is no such token. With `maybe_executed`, an earlier attempt of this call may have deleted it.

        Example:
            >>> p.mapbox.tokens.delete(p.mapbox.tokens.create(["styles:read"]).id)
        """
        await self.send("DELETE", f"{self._path(user)}/{segment(token_id, 'id of a token')}")

    @operation(SAFE)
    async def verify(self) -> TokenStatus:
        """Whether the token in use is valid; Mapbox answers 200 where it is not.

        https://docs.mapbox.com/api/accounts/tokens/#retrieve-a-token

        Raises:
            AuthenticationError: It is not: `code` says why.

        Example:
            >>> p.mapbox.tokens.verify().code
            'TokenValid'
        """
        found = await self.fetch(TokenStatus, "/tokens/v2")
        if found.code != "TokenValid":
            raise AuthenticationError("Mapbox does not accept the token.", status=200, code=found.code)
        return found

    def _path(self, user: str | None) -> str:
        return f"/tokens/v2/{segment(user or self._owner(), 'user')}"

    def _owner(self) -> str:
        """The user to whom the token in use belongs, whom its middle part names."""
        parts = self._client.link.settings.access_token.get_secret_value().split(".")
        try:
            told: Any = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
            if len(parts) == _PARTS and isinstance(told["u"], str):
                return str(told["u"])
        except (IndexError, ValueError, KeyError, TypeError):
            pass
        raise InvalidRequestError("the token in use does not say whose it is: give user=….")
