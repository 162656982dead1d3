"""Tokens of version 007.

https://docs.agora.io/en/video-calling/token-authentication/deploy-token-server
"""

import base64
import hmac
import struct
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

VERSION = "007"
RTC, RTM, CHAT = 1, 2, 5
JOIN, PUBLISH_AUDIO, PUBLISH_VIDEO, PUBLISH_DATA = 1, 2, 3, 4
LOGIN = 1
CHAT_USER, CHAT_APP = 1, 2


@dataclass(frozen=True, slots=True)
class Service:
    """What a token permits with one of Agora's services.

    Attributes:
        kind: Which service.
        privileges: Seconds from the token's issue by privilege.
        fields: What the privileges are for, such as channel and user.
    """

    kind: int
    privileges: Mapping[int, int]
    fields: Sequence[str]

    def packed(self) -> bytes:
        """The service as Agora reads it."""
        parts = [struct.pack("<HH", self.kind, len(self.privileges))]
        parts += [struct.pack("<HI", name, seconds) for name, seconds in sorted(self.privileges.items())]
        return b"".join([*parts, *(_text(field.encode()) for field in self.fields)])


def build(
    app_id: str, certificate: str, services: Sequence[Service], *, issued: int, expires_in: int, salt: int
) -> str:
    """A signed token.

    Args:
        app_id: The app's id.
        certificate: The app's certificate; the token does not contain it.
        services: What the token permits.
        issued: When it is issued, in epoch seconds.
        expires_in: How long it is valid, in seconds from then.
        salt: A random number.
    """
    told = struct.pack("<IIIH", issued, expires_in, salt, len(services))
    ordered = sorted(services, key=lambda service: service.kind)
    info = _text(app_id.encode()) + told + b"".join(service.packed() for service in ordered)
    key = _signed(struct.pack("<I", salt), _signed(struct.pack("<I", issued), certificate.encode()))
    return VERSION + base64.b64encode(zlib.compress(_text(_signed(key, info)) + info)).decode()


def _signed(key: bytes, message: bytes) -> bytes:
    return hmac.new(key, message, sha256).digest()


def _text(value: bytes) -> bytes:
    return struct.pack("<H", len(value)) + value
