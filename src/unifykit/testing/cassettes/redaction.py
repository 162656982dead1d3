# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# The reason: what JSON holds is Any, and what is found in it by isinstance is a list or dict of unknown parts.
"""Taking secrets out of what is about to be written, and of what is compared with it."""

import base64
import functools
import json
import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote, quote_plus, unquote_plus

from unifykit.testing.cassettes.secrets import (
    REDACTED,
    SHORTEST,
    is_named_value,
    is_secret,
    is_secret_query,
    names_a_secret,
)

_JWT = re.compile(r"\b(eyJ[A-Za-z0-9_-]{6,})\.(eyJ[A-Za-z0-9_-]{6,})\.([A-Za-z0-9_-]{8,})")
_UNSIGNED = base64.urlsafe_b64encode(REDACTED.encode()).decode().rstrip("=")
_TOKENS = re.compile(
    r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|gl(?:pat|dt|rt|cbt|ptt|ft|soat)-[\w-]{16,}|[srp]k_live_\w{8,}|"
    r"rk_test_\w{8,}|whsec_[\w+/=-]{8,}|sk-[A-Za-z0-9_-]{24,}|sb_secret_\w{8,}|sbp_\w{20,}|AKIA[0-9A-Z]{16})"
)
_QUERY = re.compile(r"([?&;]|\\u0026|&amp;)([A-Za-z0-9_.\[\]-]{1,64})=([^&;\s\"'<>#\\]+)")
_LOGIN = re.compile(r"(?<=://)[^/@\s\"'<>]+(?=@)")
_MEMBER = re.compile(r'(\\*")([A-Za-z0-9_.-]{1,64})\1(\s*:\s*)\1((?:(?!\1).)+)\1')
_AFTER = frozenset(("AUTH", "REQUIREPASS", "MASTERAUTH", "MASTERUSER"))
_LONGEST_LOGIN = 2


class Redactor:
    """Hides some secrets, and whatever goes by a secret's name."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        known = {secret for secret in secrets if len(secret) >= SHORTEST and secret not in REDACTED}
        found = {spelling for secret in known for spelling in _spellings(secret)}
        self._spellings = sorted(found, key=len, reverse=True)  # the longest first: one may be part of another

    def text(self, text: str) -> str:
        """A text without secrets: in the open, in the queries of addresses, in JSON, in tokens that sign themselves."""
        text = self._hidden(text)
        text = _LOGIN.sub(REDACTED, text)
        text = _QUERY.sub(_without_value, text)
        text = _MEMBER.sub(_without_member, text)
        text = _JWT.sub(self._unsigned, text)
        return _TOKENS.sub(REDACTED, text)

    def named(self, name: str, value: str, platform: str = "") -> str:
        """A value by its name; a token that signs itself stays one, so that it can be read, but signs nothing any more."""
        if not value or not is_secret(name, platform):
            return self.text(value)
        return self._unsigned(found) if (found := _JWT.fullmatch(value)) else REDACTED

    def parameter(self, name: str, value: str) -> str:
        """The value of a query's parameter."""
        return REDACTED if value and is_secret_query(name) else self.text(value)

    def json(self, value: Any, platform: str = "", name: str = "") -> Any:
        """A JSON value without secrets."""
        if isinstance(value, str):
            return self.named(name, value, platform)
        if isinstance(value, list):
            return [self.json(part, platform, name) for part in value]
        if not isinstance(value, dict):
            return value
        fields = value
        hides = names_a_secret(fields)
        return {
            self.text(key): REDACTED if hides and is_named_value(key) and part else self.json(part, platform, key)
            for key, part in fields.items()
        }

    def data(self, data: bytes) -> bytes:
        """Bytes that are no text, without the secrets that stand in them in the open."""
        text = data.decode("latin-1")
        return data if self._hidden(text) == text else self._hidden(text).encode("latin-1")

    def command(self, parts: list[str | None]) -> list[str | None]:
        """A Redis command's parts, None for what is no text.

        https://redis.io/docs/latest/commands/auth/
        """
        name = (parts[0] or "").upper()
        if name == "AUTH":
            return [parts[0], *[REDACTED for _ in parts[1:]]]
        hidden: list[str | None] = []
        waiting = 0
        for index, part in enumerate(parts):
            if part is None:
                hidden.append(None)
            elif waiting or (name == "ACL" and part.startswith((">", "<", "#"))):
                hidden.append(REDACTED)
            else:
                hidden.append(self.value(part))
            waiting = max(0, waiting - 1)
            if index and part is not None and part.upper() in _AFTER:
                waiting = _LONGEST_LOGIN if name == "HELLO" else 1
            elif index > 1 and part is not None and not waiting and is_secret(part):
                waiting = 1
        return hidden

    def value(self, text: str) -> str:
        """A text that may be JSON."""
        if text.startswith(("{", "[")):
            with suppress(ValueError, RecursionError):
                value = json.loads(text)
                hidden = self.json(value)
                return text if hidden == value else json.dumps(hidden, ensure_ascii=False, separators=(",", ":"))
        return self.text(text)

    def _hidden(self, text: str) -> str:
        for spelling in self._spellings:
            if spelling in text:
                text = text.replace(spelling, REDACTED)
        return text

    def _unsigned(self, token: re.Match[str]) -> str:
        claims = b"".join(_decoded(part) for part in token.groups()[:2]).decode("utf-8", "replace")
        return REDACTED if self._hidden(claims) != claims else f"{token[1]}.{token[2]}.{_UNSIGNED}"


@functools.lru_cache(maxsize=1024)
def _spellings(secret: str) -> frozenset[str]:
    """How a secret is written in JSON, in addresses and in forms."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    quoted = {quote(secret, safe=""), quote(secret), quote_plus(secret)}
    misread = secret.encode().decode("latin-1")  # in a header, and in bytes that are no text
    return frozenset((secret, misread, *escaped, *quoted, *(text.replace("/", "\\/") for text in escaped)))


def _decoded(segment: str) -> bytes:
    with suppress(ValueError):
        return base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4))
    return b""


def _without_value(found: re.Match[str]) -> str:
    return f"{found[1]}{found[2]}={REDACTED}" if is_secret_query(unquote_plus(found[2])) else found[0]


def _without_member(found: re.Match[str]) -> str:
    quotes, name, colon, value = found.groups()
    if not is_secret(name) or _JWT.fullmatch(value):
        return found[0]
    return f"{quotes}{name}{quotes}{colon}{quotes}{REDACTED}{quotes}"
