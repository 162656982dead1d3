"""Tokens, with which an application's users enter. They are made here: no request is sent.

https://docs.agora.io/en/video-calling/token-authentication/deploy-token-server
"""

import importlib
import secrets
from typing import TYPE_CHECKING, Any, Literal

from unifykit._core.extras import extra
from unifykit._core.mode import M
from unifykit._core.operation import Resource
from unifykit.errors import InvalidRequestError, UnifyError, UnsupportedError
from unifykit.providers.agora import access_token
from unifykit.providers.agora.access_token import (
    CHAT,
    CHAT_APP,
    CHAT_USER,
    JOIN,
    LOGIN,
    PUBLISH_AUDIO,
    PUBLISH_DATA,
    PUBLISH_VIDEO,
    RTC,
    RTM,
    Service,
)
from unifykit.providers.agora.arguments import account, channel_name, lifetime, secret_hex, user_name

if TYPE_CHECKING:
    from unifykit.settings import AgoraSettings

Role = Literal["publisher", "subscriber"]
Version = Literal["007", "006"]

_PUBLISHER, _SUBSCRIBER, _RTM_USER = 1, 2, 1
_LARGEST_SALT = 99_999_999


class Tokens(Resource[M]):
    """`p.agora.tokens`: the same plain methods in both modes, because nothing waits."""

    def rtc(
        self, channel: str, *, uid: int | str = 0, role: Role = "publisher", expires_in: int = 3600,
        version: Version = "007",
    ) -> str:  # fmt: skip
        """A token for a call or a broadcast.

        https://docs.agora.io/en/video-calling/token-authentication/deploy-token-server

        Args:
            channel: The channel.
            uid: The user: a number, a text, or 0 for anybody.
            role: Whether the user may publish. Agora enforces it only where co-host authentication is on.
            expires_in: Seconds from now for which it is valid, at most a day.
            version: ``"006"`` for software that does not know ``"007"`` (extra ``agora``).

        Raises:
            ConfigurationError: The app's id or certificate is missing or malformed.
            MissingExtraError: ``version="006"`` without the extra ``agora``.

        Example:
            >>> p.agora.tokens.rtc("lesson", uid=42, expires_in=600)[:3]
            '007'
        """
        try:
            name, user, seconds = channel_name(channel), account(uid), lifetime(expires_in)
            if role not in ("publisher", "subscriber"):
                raise InvalidRequestError(f"role={role!r}: give 'publisher' or 'subscriber'.")
            if self._is_old(version):
                number = _PUBLISHER if role == "publisher" else _SUBSCRIBER
                return str(
                    _sdk().RtcTokenBuilder.buildTokenWithAccount(
                        *self._keys(), name, user, number, self._now() + seconds
                    )
                )
            rights = [JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA] if role == "publisher" else [JOIN]
            return self._made(Service(RTC, dict.fromkeys(rights, seconds), [name, user]), seconds)
        except UnifyError as error:
            raise error.locate("agora", "tokens.rtc") from error.__cause__

    def rtm(self, user: str, *, expires_in: int = 3600, version: Version = "007") -> str:
        """A token for messages (Signaling).

        https://docs.agora.io/en/signaling/get-started/authentication-workflow

        Args:
            user: The user.
            expires_in: Seconds from now for which it is valid, at most a day.
            version: ``"006"`` for software that does not know ``"007"`` (extra ``agora``).

        Raises:
            ConfigurationError: The app's id or certificate is missing or malformed.

        Example:
            >>> p.agora.tokens.rtm("ada", expires_in=600)[:3]
            '007'
        """
        try:
            name, seconds = user_name(user), lifetime(expires_in)
            if self._is_old(version):
                return str(_sdk().RtmTokenBuilder.buildToken(*self._keys(), name, _RTM_USER, self._now() + seconds))
            return self._made(Service(RTM, {LOGIN: seconds}, [name]), seconds)
        except UnifyError as error:
            raise error.locate("agora", "tokens.rtm") from error.__cause__

    def chat(self, user: str | None = None, *, expires_in: int = 3600, version: Version = "007") -> str:
        """A token for chat, of one user, or of the app itself for Chat's own REST API.

        https://docs.agora.io/en/agora-chat/develop/authentication

        Args:
            user: The user's id in Chat; None for the app.
            expires_in: Seconds from now for which it is valid, at most a day.
            version: Only ``"007"`` has chat.

        Raises:
            ConfigurationError: The app's id or certificate is missing or malformed.
            UnsupportedError: `version` is another one.

        Example:
            >>> p.agora.tokens.chat("5d8f-ada", expires_in=600)[:3]
            '007'
        """
        try:
            name, seconds = "" if user is None else user_name(user), lifetime(expires_in)
            if self._is_old(version):
                raise UnsupportedError("tokens of version 006 know no chat: use 007.")
            right = CHAT_APP if user is None else CHAT_USER
            return self._made(Service(CHAT, {right: seconds}, [name]), seconds)
        except UnifyError as error:
            raise error.locate("agora", "tokens.chat") from error.__cause__

    def _is_old(self, version: str) -> bool:
        if version not in ("007", "006"):
            raise InvalidRequestError(f"version={version!r}: give '007' or '006'.")
        return version == "006"

    def _keys(self) -> tuple[str, str]:
        settings: AgoraSettings = self._client.link.settings
        held = settings.app_certificate
        return (
            secret_hex(settings.app_id, "app id", settings.variables("app_id")),
            secret_hex(
                held.get_secret_value() if held else None, "app certificate", settings.variables("app_certificate")
            ),
        )

    def _now(self) -> int:
        return int(self._client.link.clock.wall())

    def _made(self, service: Service, seconds: int) -> str:
        app_id, certificate = self._keys()
        salt = secrets.randbelow(_LARGEST_SALT) + 1
        return access_token.build(app_id, certificate, [service], issued=self._now(), expires_in=seconds, salt=salt)


def _sdk() -> Any:
    with extra("agora", ("agora_token_builder",)):
        return importlib.import_module("agora_token_builder")
