"""Which values are secret: those that are configured, those that requests carry, and those whose name says so."""

import base64
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from unifykit.settings import ProviderSettings

REDACTED = "REDACTED"
SHORTEST = 6
"""Characters; what is shorter is hidden by its name alone: as a value it may be part of any word."""

CARRIERS = frozenset(
    ("authorization", "proxy-authorization", "private-token", "job-token", "deploy-token", "apikey", "x-api-key", "api-key",
     "cookie", "x-auth-token", "x-access-token")
)  # fmt: skip
"""Headers of requests that carry a credential."""

_TAIL = re.compile(
    r"(?:^|_)(?:password|passwd|passphrase|pwd|secrets?|tokens?|api_?key|private_key|access_key|secret_key|service_key|"
    r"service_role_key|signing_key|credentials?|cookies?|authorization|certificate|otp|token_hash|jwt|cvc|cvv|card_number|"
    r"bearer|auth_code|code_verifier|requirepass|masterauth)$"
)
_NO_SECRETS = re.compile(
    r"page|next|continu|sync|cursor|max|type|count|usage|prompt|completion|input|output|cached|total|limit|remaining"
)
_SIGNED = frozenset(
    ("sig", "signature", "x_amz_signature", "x_amz_credential", "x_amz_security_token", "x_goog_signature", "x_goog_credential",
     "key_pair_id", "policy", "hmac", "awsaccesskeyid")
)  # fmt: skip
"""Names that are secret in a query only."""

_HARMLESS = {
    "mapbox": ("authorization",),  # a token's id
    "openai": ("token", "tokens"),  # pieces of text
}

_NAMED_VALUES = ("value", "val", "secret_value")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_NO_LETTER = re.compile(r"[^a-z0-9]+")


def is_secret(name: str, platform: str = "") -> bool:
    """Whether what goes by this name is a secret."""
    plain = _plain(name)
    if plain in _HARMLESS.get(platform, ()):
        return False
    return _TAIL.search(plain) is not None and _NO_SECRETS.search(plain) is None


def is_secret_query(name: str) -> bool:
    """Whether a query's parameter of this name is a secret."""
    return is_secret(name) or _plain(name) in _SIGNED


def _plain(name: str) -> str:
    return _NO_LETTER.sub("_", _CAMEL.sub("_", name).lower()).strip("_")


def names_a_secret(fields: Mapping[str, Any]) -> bool:
    """Whether an object is a name and a value, and the name is a secret's: a CI variable, a setting."""
    name = fields.get("key") or fields.get("name")
    return isinstance(name, str) and is_secret(name) and any(field in fields for field in _NAMED_VALUES)


def is_named_value(name: str) -> bool:
    """Whether this is the value in such an object."""
    return name in _NAMED_VALUES


def configured(settings: ProviderSettings) -> Iterator[tuple[str, str]]:
    """The secrets of one account's settings, each with its label."""
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            for part in _parts(value.get_secret_value()):
                yield f"{settings.provider}.{name}", part


def _parts(secret: str) -> Iterator[str]:
    """A secret, and what in it is secret by itself: a URL's password, the last part of ``org:app:key``, a JWT's signature."""
    if REDACTED in secret or len(set(secret)) == 1:  # one that stands in for a secret
        return
    if "://" in secret:
        yield from _password(secret)
        return
    yield secret
    if secret.count(":") == 2:  # noqa: PLR2004 -- of three parts
        yield secret.rpartition(":")[2]
    elif secret.count(".") == 2 and secret.startswith("ey"):  # noqa: PLR2004
        yield secret.rpartition(".")[2]


def _password(url: str) -> Iterator[str]:
    with suppress(ValueError):
        password = urlsplit(url).password
        if password:
            yield url
            yield password
            yield unquote(password)


def carried(headers: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The credentials that a request carries in its headers."""
    for name, value in headers:
        if name.lower() not in CARRIERS or REDACTED in value:
            continue
        credential = value.rpartition(" ")[2] if name.lower().endswith("authorization") else value
        label = f"the request's {name.lower()}"
        yield from ((label, part) for part in _parts(credential))
        if value.lower().startswith("basic "):
            with suppress(ValueError):
                password = base64.b64decode(credential).decode().partition(":")[2]
                if password:
                    yield label, password
