"""What repeating a request can do: the operation's declaration, or for the SDK's own calls what HTTP says of its method."""

from collections.abc import Mapping

from unifykit._core.context import Operation
from unifykit._core.outcome import Safety

KEY = "idempotency-key"
_SAFE = frozenset(("GET", "HEAD", "OPTIONS", "TRACE"))
_IDEMPOTENT = frozenset(("PUT", "DELETE"))


def safety_of(method: str, headers: Mapping[str, str], op: Operation) -> Safety:
    """What repeating this request can do.

    A read is safe whatever operation it is part of. https://www.rfc-editor.org/rfc/rfc9110#name-idempotent-methods
    """
    if method in _SAFE:
        return Safety.SAFE
    if op.safety is not None:
        return op.safety
    if method in _IDEMPOTENT:
        return Safety.IDEMPOTENT
    return Safety.KEYED if _has(headers, KEY) else Safety.UNSAFE


def _has(headers: Mapping[str, str], name: str) -> bool:
    return name in headers or any(key.lower() == name for key in headers)
