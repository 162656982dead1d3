"""Keys, access tokens and passwords."""

import base64
import binascii
import hashlib
import hmac
import json
import secrets
from typing import Any, cast

_SCRYPT = {"n": 2**12, "r": 8, "p": 1}
_PARTS = 3


class BadTokenError(Exception):
    """Not a token of ours, or one whose time is over (`expired`)."""

    def __init__(self, message: str, *, expired: bool = False) -> None:
        super().__init__(message)
        self.message = message
        self.expired = expired


class Signer:
    """Signs and verifies JSON Web Tokens (HS256).

    https://www.rfc-editor.org/rfc/rfc7519

    Args:
        secret: What it signs with, in hexadecimal digits; made at the start if not given.
    """

    def __init__(self, secret: str = "") -> None:
        self.secret: str = secret or secrets.token_hex(32)
        self._secret = bytes.fromhex(self.secret)

    def sign(self, claims: dict[str, Any]) -> str:
        """A token with these claims."""
        signed = f"{_pack({'alg': 'HS256', 'typ': 'JWT'})}.{_pack(claims)}"
        return f"{signed}.{self._signature(signed)}"

    def verify(self, token: str, now: float) -> dict[str, Any]:
        """The claims of a token.

        Raises:
            BadTokenError: It is malformed, signed by another, or its time is over.
        """
        parts = token.split(".")
        if len(parts) != _PARTS:
            raise BadTokenError(f"Expected 3 parts in JWT; got {len(parts)}")
        head, body, signature = parts
        header, claims = _unpack(head), _unpack(body)
        right = self._signature(f"{head}.{body}").encode()
        if header.get("alg") != "HS256" or not hmac.compare_digest(signature.encode(), right):
            raise BadTokenError("No suitable key or wrong key type")
        if not isinstance(claims.get("exp", 0), int | float) or claims.get("exp", now + 1) <= now:
            raise BadTokenError("JWT expired", expired=True)
        return claims

    def _signature(self, signed: str) -> str:
        return _encoded(hmac.digest(self._secret, signed.encode(), hashlib.sha256))


def hashed(password: str) -> str:
    """What is kept of a password."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}${hashlib.scrypt(password.encode(), salt=salt, **_SCRYPT).hex()}"


def matches(password: str, kept: str | None) -> bool:
    """Whether it is the password that this was kept of."""
    salt, _, digest = (kept or "").partition("$")
    if not digest:
        return False
    tried = hashlib.scrypt(password.encode(), salt=bytes.fromhex(salt), **_SCRYPT)
    return hmac.compare_digest(tried, bytes.fromhex(digest))


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _pack(value: dict[str, Any]) -> str:
    return _encoded(json.dumps(value, separators=(",", ":")).encode())


def _unpack(part: str) -> dict[str, Any]:
    try:
        found: Any = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (binascii.Error, ValueError):
        raise BadTokenError("JWT cryptographic operation failed") from None
    if not isinstance(found, dict):
        raise BadTokenError("JWT cryptographic operation failed")
    return cast("dict[str, Any]", found)
