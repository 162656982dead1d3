"""What LogRocket's operations give."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, SecretStr

from unifykit._core.model import Model

_NO_TRAITS: Mapping[str, str] = {}


def _of_milliseconds(value: Any) -> Any:
    return value / 1000 if isinstance(value, int) and not isinstance(value, bool) else value


Instant = Annotated[datetime, BeforeValidator(_of_milliseconds)]
"""An aware moment, of epoch milliseconds or a text."""


class User(Model):
    """A user of the application, as LogRocket knows them.

    https://docs.logrocket.com/docs/user-identification-api

    Attributes:
        traits: Notes; LogRocket turns every value into a text.
    """

    id: str = Field(alias="userID")
    name: str | None = None
    email: str | None = None
    traits: Mapping[str, str] = _NO_TRAITS


class SessionHighlights(Model):
    """What one session was about, in Markdown."""

    recording_id: str | None = Field(default=None, alias="recordingID")
    session_id: str | int | None = Field(default=None, alias="sessionID")
    highlights: str = ""


class HighlightsResult(Model):
    """What a user's latest sessions were about.

    Attributes:
        highlights: The whole, in Markdown.
        sessions: The sessions one by one, at most ten.
    """

    highlights: str = ""
    sessions: Sequence[SessionHighlights] = ()


class HighlightsStatus(Model):
    """How far LogRocket is.

    Attributes:
        status: ``"PENDING"``, ``"READY"``, ``"FAILED"``; others may come.
        result: What was found, once it is.
    """

    id: str = Field(alias="requestID")
    status: str
    result: HighlightsResult | None = None


class Export(Model):
    """A file of a finished session's events.

    Attributes:
        url: Where it is. Whoever has this address can read it, so it is shown nowhere.
    """

    url: SecretStr


class AuditLog(Model):
    """Something that a member of the organization did."""

    time: Instant | None = None
    created_date: Instant | None = None
    user: str | Mapping[str, Any] | None = None
    action: str
    description: str | None = None


class Release(Model):
    """A version of the application.

    Attributes:
        created: False if LogRocket had it already.
    """

    version: str
    created: bool = True


class Upload(Model):
    """The source maps that were sent.

    Attributes:
        files: Their addresses in the application, in order.
    """

    version: str
    files: Sequence[str] = ()
