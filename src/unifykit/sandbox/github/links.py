"""The addresses, node ids and dates that replies carry."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Links:
    """Addresses on the host the client itself used; its SDK insists on that."""

    base: str

    def __call__(self, path: str) -> str:
        """Give the address of a path; what is not URL-safe is escaped, templates are left alone.

        Args:
            path: Begins with a slash.

        Returns:
            The address.
        """
        return self.base + quote(path, safe="/{}?=&,+:@.~#-_")


def node_id(kind: str, number: int | str) -> str:
    """Give the global id in GitHub's older, readable scheme: length, type name, number.

    Args:
        kind: The type's name, such as Repository.
        number: The id within the type.

    Returns:
        For example MDQ6VXNlcjU4MzIzMQ== for User 583231.
    """
    return b64encode(f"0{len(kind)}:{kind}{number}".encode()).decode()


def stamp(moment: datetime) -> str:
    """Write a moment as GitHub does, in UTC to the second.

    Args:
        moment: An aware datetime.

    Returns:
        For example 2011-01-26T19:01:12Z.
    """
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def stamp_or_none(moment: datetime | None) -> str | None:
    """Write a moment that may not have come yet.

    Args:
        moment: An aware datetime or None.

    Returns:
        The date or None.
    """
    return None if moment is None else stamp(moment)
