"""What callers give, refused before the network if Agora could not mean it."""

import ipaddress
import string
from collections.abc import Sequence
from typing import Literal, get_args

from unifykit.errors import ConfigurationError, InvalidRequestError

Privilege = Literal["join_channel", "publish_audio", "publish_video"]
"""What a ban takes away."""

_CHANNEL = frozenset(string.ascii_letters + string.digits + " !#$%&()+-:;<=.>?@[]^_{}|~,")
_LONGEST_CHANNEL, _LONGEST_ACCOUNT, _LONGEST_RTM = 64, 255, 64
_LARGEST_UID = 2**32 - 1
_DAY = 86_400
_HEX = frozenset(string.hexdigits)
_DIGITS = 32


def _whole(value: object, least: int, most: int) -> bool:
    """Whether this is a whole number within bounds; to Python a boolean is one."""
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most


def secret_hex(value: str | None, what: str, variables: Sequence[str]) -> str:
    """An app's id or certificate: 32 hexadecimal digits."""
    names = ", ".join(variables)
    if not value:
        raise ConfigurationError(f"the {what} is missing: set one of {names}.")
    if len(value) != _DIGITS or not set(value) <= _HEX:
        raise ConfigurationError(f"the {what} is not {_DIGITS} hexadecimal digits: look at {names}.")
    return value


def channel_name(value: str) -> str:
    """A channel's name.

    https://docs.agora.io/en/api-reference/api-ref/rtc
    """
    if not 1 <= len(value) <= _LONGEST_CHANNEL or not set(value) <= _CHANNEL:
        raise InvalidRequestError(
            f"{value!r} is no channel: a name has 1 to {_LONGEST_CHANNEL} ASCII letters, digits, spaces and "
            "!#$%&()+-:;<=.>?@[]^_{}|~,"
        )
    return value


def numeric_uid(value: int, *, least: int = 1) -> int:
    """A user's number."""
    if not _whole(value, least, _LARGEST_UID):
        raise InvalidRequestError(f"uid={value!r} is no user: give a whole number of {least} to {_LARGEST_UID}.")
    return value


def account(value: int | str) -> str:
    """A user in a token: a number, 0 for anybody, or a text."""
    if isinstance(value, str):
        return user_name(value, _LONGEST_ACCOUNT)
    return str(numeric_uid(value, least=0)) if value else _anybody(value)


def _anybody(value: int) -> str:
    numeric_uid(value, least=0)
    return ""


def user_name(value: str, longest: int = _LONGEST_RTM) -> str:
    """A user's name, of a bounded number of bytes."""
    if not value.strip() or len(value.encode()) > longest:
        raise InvalidRequestError(f"{value!r} is no user: give a text of 1 to {longest} bytes.")
    return value


def lifetime(seconds: int) -> int:
    """How long a token is valid, counted from now: an instant, which is what version 006 wants, would be refused here."""
    if not _whole(seconds, 1, _DAY):
        raise InvalidRequestError(f"expires_in={seconds!r} is no lifetime: give 1 to {_DAY} seconds, counted from now.")
    return seconds


def ban_seconds(seconds: int) -> int:
    """How long a ban lasts; 0 only throws the user out."""
    least, most = 10, 86_430
    if not _whole(seconds, 0, 0) and not _whole(seconds, least, most):
        raise InvalidRequestError(
            f"seconds={seconds!r} is no length of a ban: give {least} to {most}, or 0 to throw out without a ban."
        )
    return seconds


def taken_away(privileges: Sequence[Privilege]) -> list[Privilege]:
    """What a ban takes away: at least one thing."""
    if isinstance(privileges, str) or not privileges or not set(privileges) <= set(get_args(Privilege)):
        raise InvalidRequestError(
            f"privileges={privileges!r}: give a list of at least one of {', '.join(get_args(Privilege))}."
        )
    return sorted(set(privileges))


def address(value: str | None) -> str | None:
    """An IP address."""
    if value is None:
        return None
    try:
        return str(ipaddress.ip_address(value))
    except ValueError:
        raise InvalidRequestError(f"ip={value!r} is no IP address.") from None
