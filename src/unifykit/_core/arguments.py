"""What callers give, refused before the network if no platform could mean it."""

from typing import Any, get_args
from urllib.parse import quote

from unifykit.errors import InvalidRequestError


def given(**fields: Any) -> dict[str, Any]:
    """The fields that the caller gave."""
    return {name: value for name, value in fields.items() if value is not None}


def changes(**fields: Any) -> dict[str, Any]:
    """The fields to change, of which there must be one."""
    found = given(**fields)
    if not found:
        raise InvalidRequestError(f"nothing to change: give one of {', '.join(fields)}.")
    return found


def segment(value: str, what: str = "name") -> str:
    """A name as one segment of a path, quoted whole."""
    if not value.strip() or value in (".", ".."):
        raise InvalidRequestError(f"{value!r} is no {what}: give a text.")
    return quote(value, safe="")


def numbered(number: Any, what: str) -> str:
    """A number that a platform counts by: an issue's, an id."""
    if type(number) is not int or number < 1:  # to isinstance a boolean is a number too
        raise InvalidRequestError(f"{number!r} is no {what}: give a whole number from 1 on.")
    return str(number)


def text(value: str, what: str) -> str:
    """A text that the platform would refuse empty."""
    if not value.strip():
        raise InvalidRequestError(f"{what} is empty: give a text.")
    return value


def choice(value: Any, known: Any, what: str) -> Any:
    """One of the values of a `Literal`, or None."""
    values = get_args(known)
    if value is not None and value not in values:
        raise InvalidRequestError(f"{what}={value!r} is unknown: give one of {', '.join(map(repr, values))}.")
    return value
