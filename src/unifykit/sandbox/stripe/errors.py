"""The refusals, in the shape Stripe gives them.

https://docs.stripe.com/api/errors
"""

from __future__ import annotations

from typing import Any

_DOCS = "https://stripe.com/docs/error-codes"
_INVALID = "invalid_request_error"


class Refusal(Exception):  # noqa: N818 - an answer the handler gives, not a fault of the server
    """An answer other than success; the gateway turns it into Stripe's error body."""

    def __init__(
        self, status: int, message: str, *, kind: str = _INVALID, code: str | None = None, **more: Any
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.kind = kind
        self.code = code
        self.more = more

    @property
    def body(self) -> dict[str, Any]:
        """The JSON body."""
        error: dict[str, Any] = {"message": self.message, "type": self.kind}
        if self.code is not None:
            error |= {"code": self.code, "doc_url": f"{_DOCS}/{self.code.replace('_', '-')}"}
        return {"error": {**error, **{name: value for name, value in self.more.items() if value is not None}}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """Refuse what was sent."""
    return Refusal(400, message, param=param, code=code)


def missing_param(param: str) -> Refusal:
    """Refuse a request that lacks a parameter."""
    return invalid(f"Missing required param: {param}.", param=param, code="parameter_missing")


def no_such(kind: str, given: str, *, param: str, status: int = 400) -> Refusal:
    """Say that an id names nothing: 404 where it stands in the path, 400 in a parameter."""
    said = f"No such {kind}: '{given}'"
    return Refusal(status, said, code="resource_missing", param=param)


def unexpected_state(message: str, intent: dict[str, Any]) -> Refusal:
    """Refuse what a payment intent's status does not allow."""
    return Refusal(400, message, code="payment_intent_unexpected_state", payment_intent=intent)


def not_implemented(what: str, *, param: str | None = None) -> Refusal:
    """Say openly that the sandbox does not have this."""
    return Refusal(501, f"unifykit sandbox: {what} is not implemented.", kind="api_error", param=param)
