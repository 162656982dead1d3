"""One door for webhooks: `verify(provider, headers, body, secrets)` gives a `WebhookEvent` or raises.

Signatures are compared in constant time, over the body's own bytes. Several secrets allow rotation. Where the sender signs a
timestamp, what is too old or too far in the future is refused. Whatever is malformed raises `WebhookVerificationError` and nothing else,
and no secret, signature or payload is repeated in the error.
"""

import base64
import binascii
import builtins
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast, get_args
from urllib.parse import parse_qs

from unifykit.errors import InvalidRequestError, WebhookVerificationError

__all__ = ["Provider", "WebhookEvent", "verify"]

if TYPE_CHECKING:
    from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound="BaseModel")

Provider = Literal["agora", "github", "gitlab", "openai", "stripe", "supabase"]
"""The senders that are understood."""

Headers = Mapping[str, str] | Mapping[bytes, bytes] | Iterable[tuple[str, str]] | Iterable[tuple[bytes, bytes]]
"""Headers as any framework gives them: a mapping, or pairs, of text or bytes; names in any case."""

Dedupe = Callable[[str, float], bool]
"""Told a delivery's key and for how many seconds to remember it; answers True if the key is new."""

MAX_BODY = 25 * 1024 * 1024
"""Bytes. GitHub sends no more: https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap"""

REMEMBER = 3 * 24 * 3600.0
"""Seconds for which a delivery's key is remembered; Stripe retries for three days."""

_DIGITS = re.compile(r"[0-9]{1,15}")
_SEPARATORS = re.compile(r",?\s+")
_MAX_SIGNATURES = 32


@dataclass(frozen=True, slots=True)
class WebhookEvent:
    """A delivery that is proven to come from its sender.

    Attributes:
        provider: The sender.
        type: What happened, in the sender's words, such as ``"pull_request"`` or ``"invoice.paid"``.
        id: The delivery's id, the same when it is delivered again, or None where the sender gives none.
        timestamp: When the sender signed it, in epoch seconds, or None where it signs no time.
        data: The payload.
        raw: The body's bytes as they came.
    """

    provider: str
    type: str
    id: str | None
    timestamp: float | None
    data: dict[str, Any] = field(repr=False)
    raw: bytes = field(repr=False)

    def into(self, model: builtins.type[ModelT]) -> ModelT:
        """The payload as a model: one of unifykit's, such as `unifykit.providers.stripe.Event`, or your own.

        Raises:
            WebhookVerificationError: The payload does not fit; the text names the fields and holds no values.

        Example:
            >>> from pydantic import BaseModel
            >>> from unifykit.webhooks import WebhookEvent
            >>> class Ping(BaseModel):
            ...     zen: str
            >>> WebhookEvent("github", "ping", None, None, {"zen": "Design for failure."}, b"").into(Ping)
            Ping(zen='Design for failure.')
        """
        from pydantic import ValidationError

        try:
            return model.model_validate(self.data)
        except ValidationError as error:
            where = ", ".join(sorted({".".join(map(str, one["loc"])) or "the whole" for one in error.errors()}))
            raise _refuse(f"the payload is no {model.__name__}: {where}").locate(self.provider, "webhook") from None


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What one check works on."""

    headers: Mapping[str, str]
    body: bytes
    secrets: Sequence[str]
    tolerance: float
    now: float

    def header(self, name: str) -> str:
        """A header that must be there."""
        value = self.headers.get(name)
        if not value:
            raise _refuse(f"the header {name} is missing")
        return value

    def fresh(self, text: str) -> float:
        """The signed instant, refused if it is outside the window on either side."""
        if not _DIGITS.fullmatch(text):
            raise _refuse("the timestamp is no whole number of seconds")
        if abs(self.now - int(text)) > self.tolerance:
            raise _refuse("the timestamp is outside the window: too old, or a clock is wrong")
        return float(text)


def verify(
    provider: Provider,
    headers: Headers,
    body: bytes | bytearray | str,
    secrets: str | Sequence[str],
    *,
    tolerance: float = 300,
    now: float | None = None,
    dedupe: Dedupe | None = None,
) -> WebhookEvent:
    """Check a delivery's signature and freshness, and read its payload.

    Args:
        provider: The sender.
        headers: The request's headers.
        body: The request's body as it came: bytes, not parsed and written again.
        secrets: The endpoint's secret, or several while one is being replaced.
        tolerance: Seconds by which a signed timestamp may differ from `now`, either way.
        now: The time in epoch seconds; the machine's clock when None.
        dedupe: Remembers deliveries; one that was seen before is refused with the code ``"duplicate"``. In sync code
            with Redis: ``lambda key, ttl: p.redis.idempotency.first(key, ttl=ttl)``.

    Raises:
        WebhookVerificationError: The delivery is not proven to come from the sender, is not fresh, is malformed, or was
            seen before.
        InvalidRequestError: `provider` is none of the known ones.
    """
    check = _CHECKS.get(provider)
    if check is None:
        raise InvalidRequestError(f"webhooks of {provider!r} are not known; known are {', '.join(get_args(Provider))}.")
    try:
        delivery = _Delivery(
            _lower(headers), _bytes(body), _list(secrets), tolerance, time.time() if now is None else now
        )
        event = check(delivery)
    except WebhookVerificationError as error:
        raise error.locate(provider, "webhook") from None
    except (ValueError, TypeError, AttributeError, KeyError, RecursionError, OverflowError):
        raise _refuse("the delivery is malformed").locate(provider, "webhook") from None
    if dedupe is not None and event.id is not None and not dedupe(f"webhook:{provider}:{event.id}", REMEMBER):
        raise WebhookVerificationError(
            "this delivery was received before.", provider=provider, operation="webhook", code="duplicate"
        )
    return event


def _refuse(why: str) -> WebhookVerificationError:
    return WebhookVerificationError(f"{why}.")


def _lower(headers: Headers) -> dict[str, str]:
    if isinstance(headers, Mapping):
        pairs = cast("Iterable[tuple[str | bytes, str | bytes]]", headers.items())
    else:
        pairs = cast("Iterable[tuple[str | bytes, str | bytes]]", headers)
    found: dict[str, str] = {}
    for name, value in pairs:
        key, text = _text(name).lower(), _text(value)
        found[key] = f"{found[key]}, {text}" if key in found else text
    return found


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _bytes(body: bytes | bytearray | str) -> bytes:
    raw = body.encode() if isinstance(body, str) else bytes(body)
    if len(raw) > MAX_BODY:
        raise _refuse("the body is larger than any sender's limit")
    return raw


def _list(secrets: str | Sequence[str]) -> list[str]:
    found: list[Any] = [secrets] if isinstance(secrets, str) else list(secrets)
    if not found or not all(isinstance(secret, str) and secret for secret in found):
        raise _refuse("there is no secret to check against: an empty secret proves nothing")
    return found


def _payload(body: bytes) -> dict[str, Any]:
    data = json.loads(body)
    if not isinstance(data, dict):
        raise _refuse("the payload is no JSON object")
    return data  # pyright: ignore[reportUnknownVariableType] -- keys of a JSON object are text


def _word(value: Any, otherwise: str = "") -> str:
    return value if isinstance(value, str) and value else otherwise


def _mac(secret: bytes, signed: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(secret, signed, digest).digest()


def _any_matches(expected: Iterable[bytes], given: Iterable[bytes]) -> bool:
    """Compare every pair, so that the time taken says nothing about which one matched."""
    given = list(given)
    found = False
    for mine in expected:
        for theirs in given:
            found |= hmac.compare_digest(mine, theirs)
    return found


def _hex(text: str) -> bytes:
    return binascii.unhexlify(text.encode("ascii"))


# -- the senders


def _github(delivery: _Delivery) -> WebhookEvent:
    """https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries."""
    algorithm, _, signature = delivery.header("x-hub-signature-256").partition("=")
    if algorithm != "sha256":
        raise _refuse("the signature is not of the form sha256=…")
    expected = (_mac(secret.encode(), delivery.body) for secret in delivery.secrets)
    if not _any_matches(expected, [_hex(signature)]):
        raise _refuse("the signature does not match")
    body = delivery.body
    if delivery.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        body = parse_qs(body.decode(), strict_parsing=True)["payload"][0].encode()
    stated = "content-type" in delivery.headers
    data = _payload(body) if stated or body.lstrip()[:1] == b"{" else {}
    kind, message = (delivery.headers.get(f"x-github-{name}") for name in ("event", "delivery"))
    return WebhookEvent("github", kind or "", message, None, data, delivery.body)


def _stripe(delivery: _Delivery) -> WebhookEvent:
    """https://docs.stripe.com/webhooks/signature. The key is the whole secret, ``whsec_`` included."""
    parts = [part.strip().partition("=") for part in delivery.header("stripe-signature").split(",")]
    instants = [value for name, _, value in parts if name == "t"]
    signatures = [
        _hex(value) for name, _, value in parts if name == "v1" and len(value) == 2 * hashlib.sha256().digest_size
    ]
    if len(instants) != 1 or not signatures or len(signatures) > _MAX_SIGNATURES:
        raise _refuse("the signature header has no single t= with a v1=")
    signed = instants[0].encode() + b"." + delivery.body
    if not _any_matches((_mac(secret.encode(), signed) for secret in delivery.secrets), signatures):
        raise _refuse("the signature does not match")
    timestamp = delivery.fresh(instants[0])
    data = _payload(delivery.body)
    return WebhookEvent(
        "stripe", _word(data.get("type")), _word(data.get("id")) or None, timestamp, data, delivery.body
    )


def _standard(delivery: _Delivery, keys: Iterable[bytes]) -> tuple[str, float]:
    """Standard Webhooks: the message id and the instant. https://github.com/standard-webhooks/standard-webhooks.

    Supabase joins several signatures with a comma and a space instead of a space.
    """
    message, instant = delivery.header("webhook-id"), delivery.header("webhook-timestamp")
    tokens = [token.partition(",") for token in _SEPARATORS.split(delivery.header("webhook-signature").strip())]
    if len(tokens) > _MAX_SIGNATURES:
        raise _refuse("there are too many signatures")
    signatures = [base64.b64decode(value, validate=True) for version, _, value in tokens if version == "v1"]
    signed = f"{message}.{instant}.".encode() + delivery.body
    if not _any_matches((_mac(key, signed) for key in keys), signatures):
        raise _refuse("the signature does not match")
    return message, delivery.fresh(instant)


def _key(secret: str) -> bytes:
    """The key of a ``whsec_`` secret."""
    return base64.b64decode(secret.removeprefix("whsec_"), validate=True)


def _gitlab(delivery: _Delivery) -> WebhookEvent:
    """https://docs.gitlab.com/user/project/integrations/webhooks/. A signature that is there must be right: no way back to the token."""
    signing = [secret for secret in delivery.secrets if secret.startswith("whsec_")]
    if "webhook-signature" in delivery.headers:
        message, timestamp = _standard(delivery, map(_key, signing))
    else:
        token = delivery.header("x-gitlab-token").encode()
        if not _any_matches((secret.encode() for secret in delivery.secrets if secret not in signing), [token]):
            raise _refuse("the token does not match")
        message, timestamp = (
            delivery.headers.get("x-gitlab-event-uuid") or delivery.headers.get("idempotency-key", ""),
            None,
        )
    data = _payload(delivery.body)
    kind = _word(data.get("object_kind")) or _word(data.get("event_name")) or delivery.headers.get("x-gitlab-event", "")
    return WebhookEvent("gitlab", kind, message or None, timestamp, data, delivery.body)


def _openai(delivery: _Delivery) -> WebhookEvent:
    """https://platform.openai.com/docs/guides/webhooks. A secret without ``whsec_`` is used as it is."""
    keys = (_key(secret) if secret.startswith("whsec_") else secret.encode() for secret in delivery.secrets)
    message, timestamp = _standard(delivery, keys)
    data = _payload(delivery.body)
    return WebhookEvent("openai", _word(data.get("type")), message, timestamp, data, delivery.body)


def _supabase(delivery: _Delivery) -> WebhookEvent:
    """https://supabase.com/docs/guides/auth/auth-hooks. The dashboard shows ``v1,whsec_…``, several joined by ``|``."""
    secrets = [part.strip() for secret in delivery.secrets for part in secret.split("|")]
    message, timestamp = _standard(delivery, (_key(secret.removeprefix("v1,")) for secret in secrets))
    data = _payload(delivery.body)
    return WebhookEvent("supabase", _supabase_type(data), message, timestamp, data, delivery.body)


def _supabase_type(data: dict[str, Any]) -> str:
    metadata = data.get("metadata")
    named = _word(metadata.get("name")) if isinstance(metadata, dict) else ""  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]
    by_field = {
        "email_data": "send-email", "sms": "send-sms", "claims": "custom-access-token",
        "factor_id": "mfa-verification-attempt", "valid": "password-verification-attempt",
    }  # fmt: skip
    return named or next((kind for name, kind in by_field.items() if name in data), "auth-hook")


def _agora(delivery: _Delivery) -> WebhookEvent:
    """https://docs.agora.io/en/video-calling/advanced-features/receive-notifications. The older SHA-1 counts only without the newer one."""
    name, digest = (
        ("agora-signature-v2", "sha256") if "agora-signature-v2" in delivery.headers else ("agora-signature", "sha1")
    )
    expected = (_mac(secret.encode(), delivery.body, digest) for secret in delivery.secrets)
    if not _any_matches(expected, [_hex(delivery.header(name))]):
        raise _refuse("the signature does not match")
    data = _payload(delivery.body)
    sent = data.get("notifyMs")
    timestamp = sent / 1000 if isinstance(sent, int) and not isinstance(sent, bool) else None
    kind = data.get("eventType")
    return WebhookEvent(
        "agora", "" if kind is None else str(kind), _word(data.get("noticeId")) or None, timestamp, data, delivery.body
    )


_CHECKS: dict[str, Callable[[_Delivery], WebhookEvent]] = {
    "agora": _agora, "github": _github, "gitlab": _gitlab, "openai": _openai, "stripe": _stripe, "supabase": _supabase,
}  # fmt: skip
