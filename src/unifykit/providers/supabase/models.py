"""What Supabase answers."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import Field

from unifykit._core.model import Model
from unifykit.errors import UnexpectedResponseError


class User(Model):
    """An account."""

    id: str
    email: str | None = None
    phone: str | None = None
    role: str | None = None
    created_at: datetime
    updated_at: datetime | None = None
    last_sign_in_at: datetime | None = None
    email_confirmed_at: datetime | None = None
    app_metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    user_metadata: dict[str, Any] = Field(default_factory=dict[str, Any])
    is_anonymous: bool = False


class Session(Model):
    """A user who is signed in: give it to `p.supabase.as_user`. Its tokens are not shown."""

    access_token: str = Field(repr=False)
    refresh_token: str = Field(repr=False)
    token_type: str = "bearer"  # noqa: S105 -- the name of a scheme
    expires_in: int
    expires_at: int | None = None
    user: User


class SignUp(Model):
    """A new account; `session` is None where the address is to be confirmed first."""

    user: User
    session: Session | None = None


class BucketInfo(Model):
    """A bucket of files."""

    id: str
    name: str
    public: bool = False
    file_size_limit: int | None = None
    allowed_mime_types: list[str] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None


class StoredFile(Model):
    """A file, or a folder: that has a name alone."""

    name: str
    id: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    metadata: dict[str, Any] | None = None

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.id is None

    @property
    def size(self) -> int | None:
        """Its size in bytes."""
        return (self.metadata or {}).get("size")


class Upload(Model):
    """A file that was stored."""

    key: str = Field(alias="Key")
    id: str | None = Field(default=None, alias="Id")


@dataclass(frozen=True, slots=True)
class FunctionReply:
    """What a function answered.

    Attributes:
        status: The HTTP status, 200 to 299.
        headers: Its headers; names in lower case.
        bytes: The body.
    """

    status: int
    headers: Mapping[str, str]
    bytes: bytes

    def json(self) -> Any:
        """The body as JSON.

        Raises:
            UnexpectedResponseError: It is none.
        """
        try:
            return json.loads(self.bytes)
        except ValueError:
            raise UnexpectedResponseError(
                "the function's reply is not JSON.", provider="supabase", status=self.status
            ) from None

    @property
    def text(self) -> str:
        """The body as text."""
        return self.bytes.decode()


class Column(Model):
    """A column of a table that changed."""

    name: str
    type: str


class PostgresChange(Model):
    """A row that was written.

    Attributes:
        event: ``"INSERT"``, ``"UPDATE"`` or ``"DELETE"``.
        schema_name: The table's schema.
        record: The row as it is now; None of one that was deleted.
        old_record: What the database tells of the row before: its key, or all of it under ``replica identity full``.
        errors: Why there is no row here, such as columns that this role may not see.
    """

    event: str = Field(alias="type")
    schema_name: str = Field(alias="schema")
    table: str
    commit_timestamp: datetime
    record: dict[str, Any] | None = None
    old_record: dict[str, Any] | None = None
    columns: list[Column] = Field(default_factory=list[Column])
    errors: list[str] | str | None = None


class Broadcast(Model):
    """A message that another client of the channel sent."""

    event: str
    payload: Any = None
    meta: dict[str, Any] | None = None


class Presence(Model):
    """Somebody came or went; after each such group one of event ``"sync"``, when the state is whole again.

    Attributes:
        event: ``"join"``, ``"leave"`` or ``"sync"``.
        key: Who.
        presences: What they track, one entry for each of their connections.
    """

    event: str
    key: str | None = None
    presences: list[dict[str, Any]] = Field(default_factory=list[dict[str, Any]])


class Missed(Model):
    """Messages are gone for good: read the state anew.

    Attributes:
        why: ``"reconnected"``: the connection broke, and nobody kept what happened meanwhile; ``"slow"``: more messages
            waited here than `backlog` allows.
        count: How many, if that is known.
    """

    why: str
    count: int | None = None


Happening = PostgresChange | Broadcast | Presence | Missed
"""What `async for` gives on a channel."""
