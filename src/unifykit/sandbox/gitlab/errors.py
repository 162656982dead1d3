"""The refusals, in the shapes GitLab gives them.

https://docs.gitlab.com/api/rest/troubleshooting/
"""

from __future__ import annotations

from typing import Any


class Refusal(Exception):  # noqa: N818 - an answer the handler gives, not a fault of the server
    """An answer other than success: `message` where GitLab's own code refuses, `error` where its parameter check does."""

    def __init__(self, status: int, message: Any, *, key: str = "message") -> None:
        super().__init__(str(message))
        self.status = status
        self.body: dict[str, Any] = {key: message}


def unauthorized() -> Refusal:
    """Say that a token is needed, or not known."""
    return Refusal(401, "401 Unauthorized")


def forbidden(reason: str = "") -> Refusal:
    """Refuse for want of rights."""
    return Refusal(403, f"403 Forbidden - {reason}" if reason else "403 Forbidden")


def not_found(what: str = "") -> Refusal:
    """Say that there is nothing here, or nothing the caller may see."""
    return Refusal(404, f"404 {what} Not Found" if what else "404 Not found")


def bad_request(reason: str) -> Refusal:
    """Refuse what was sent, with GitLab's prefix."""
    return Refusal(400, f"400 Bad request - {reason}")


def invalid(**faults: list[str]) -> Refusal:
    """Refuse what was sent, with the faults by field."""
    return Refusal(400, faults)


def not_allowed() -> Refusal:
    """Refuse what the thing's state does not allow."""
    return Refusal(405, "405 Method Not Allowed")


def parameter(fault: str) -> Refusal:
    """Refuse a parameter that is missing or malformed."""
    return Refusal(400, fault, key="error")


def not_implemented(what: str) -> Refusal:
    """Say openly that the sandbox does not have this."""
    return Refusal(501, f"unifykit sandbox: {what} is not implemented")
