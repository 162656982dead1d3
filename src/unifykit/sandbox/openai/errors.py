"""The refusals, in the shape OpenAI gives them.

https://platform.openai.com/docs/guides/error-codes
"""

from __future__ import annotations

from typing import Any

_INVALID = "invalid_request_error"


class Refusal(Exception):  # noqa: N818 - an answer the handler gives, not a fault of the server
    """An answer other than success; the gateway turns it into OpenAI's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        kind: str = _INVALID,
        param: str | None = None,
        code: str | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = headers or {}
        self.body: dict[str, Any] = {"error": {"message": message, "type": kind, "param": param, "code": code}}


def invalid(message: str, *, param: str | None = None, code: str | None = None) -> Refusal:
    """Refuse what was sent."""
    return Refusal(400, message, param=param, code=code)


def missing(param: str) -> Refusal:
    """Refuse a request that lacks a parameter."""
    return invalid(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def wrong_type(param: str, wanted: str, got: object) -> Refusal:
    """Refuse a parameter of the wrong type."""
    names: dict[type, str] = {
        str: "a string",
        bool: "a boolean",
        int: "an integer",
        float: "a decimal",
        list: "an array",
        dict: "an object",
    }
    said = names.get(type(got), "null")
    return invalid(
        f"Invalid type for '{param}': expected {wanted}, but got {said} instead.", param=param, code="invalid_type"
    )


def invalid_value(param: str, said: str) -> Refusal:
    """Refuse a parameter's value."""
    return invalid(said, param=param, code="invalid_value")


def not_found(message: str, *, param: str | None = "id", code: str | None = None) -> Refusal:
    """Say that there is no such thing."""
    return Refusal(404, message, param=param, code=code)


def not_implemented(what: str, *, param: str | None = None) -> Refusal:
    """Say openly that the sandbox does not have this."""
    return Refusal(501, f"unifykit sandbox: {what} is not implemented.", kind="api_error", param=param)
