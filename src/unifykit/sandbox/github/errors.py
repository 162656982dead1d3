"""The refusals, in the shape GitHub gives them.

https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
"""

from __future__ import annotations

from typing import Any

DOCS = "https://docs.github.com/rest"


class Refusal(Exception):  # noqa: N818 - an answer the handler gives, not a fault of the server
    """An answer other than success; the gateway turns it into GitHub's error body."""

    def __init__(
        self,
        status: int,
        message: str,
        *,
        errors: list[Any] | None = None,
        documentation_url: str | None = None,
        status_in_body: bool = True,
        location: str = "",
    ) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        self.errors = errors
        self.documentation_url = documentation_url
        self.status_in_body = status_in_body
        self.location = location

    def body(self, documentation_url: str) -> dict[str, Any]:
        """Give the JSON body, with the operation's documentation unless the refusal names its own.

        Args:
            documentation_url: The page of the operation that was asked for.

        Returns:
            What is sent.
        """
        body: dict[str, Any] = {"message": self.message}
        if self.errors is not None:
            body["errors"] = self.errors
        if self.location:
            body["url"] = self.location
        body["documentation_url"] = self.documentation_url or documentation_url
        if self.status_in_body:
            body["status"] = str(self.status)
        return body


def moved(location: str, *, safe: bool) -> Refusal:
    """Lead to where a thing is today.

    https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects

    Args:
        location: The address.
        safe: Whether the request only reads; others must be repeated as they were.

    Returns:
        The refusal to raise.
    """
    status, message = (301, "Moved Permanently") if safe else (307, "Temporary Redirect")
    return Refusal(status, message, location=location)


def not_found() -> Refusal:
    """Say that there is nothing here, or nothing the caller may see."""
    return Refusal(404, "Not Found")


def validation_failed(*errors: Any) -> Refusal:
    """Refuse what was sent, with one entry for each fault.

    Args:
        errors: Entries with resource, field and code, or plain sentences where GitHub gives those.

    Returns:
        The refusal to raise.
    """
    return Refusal(422, "Validation Failed", errors=list(errors))


def field_error(resource: str, field: str, code: str, **more: Any) -> dict[str, Any]:
    """Describe one faulty field the way GitHub does.

    Args:
        resource: The kind of thing, such as Issue.
        field: The field at fault.
        code: missing, missing_field, invalid, already_exists, unprocessable or custom.
        more: A message, or the value that was refused.

    Returns:
        One entry of `errors`.
    """
    return {"resource": resource, "code": code, "field": field, **more}


def invalid_request(detail: str) -> Refusal:
    """Refuse a body that does not fit the operation's schema.

    Args:
        detail: GitHub's sentence about it.

    Returns:
        The refusal to raise.
    """
    return Refusal(422, f"Invalid request.\n\n{detail}")


def forbidden(message: str) -> Refusal:
    """Refuse for want of rights.

    Args:
        message: GitHub's sentence about it.

    Returns:
        The refusal to raise.
    """
    return Refusal(403, message)


def not_implemented(what: str) -> Refusal:
    """Say openly that the sandbox does not have this.

    Args:
        what: The request or the part of it.

    Returns:
        The refusal to raise.
    """
    return Refusal(501, f"unifykit sandbox: {what} is not implemented", documentation_url=DOCS)
