"""What one organization has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .quota import Quota

Json = dict[str, Any]


@dataclass
class StoredFile:
    """A file and its bytes."""

    fields: Json
    content: bytes


@dataclass
class StoredResponse:
    """A response, and the items that it was an answer to."""

    fields: Json
    inputs: list[Json]
    history: list[Json]


@dataclass
class Conversation:
    """A conversation and its items."""

    fields: Json
    items: list[Json] = field(default_factory=list[Json])


@dataclass
class Job:
    """A fine-tuning job and what happened to it, the oldest first."""

    fields: Json
    examples: int
    events: list[Json] = field(default_factory=list[Json])


@dataclass
class World:
    """One organization."""

    organization: str
    clock: Callable[[], datetime]
    quota: Quota
    files: dict[str, StoredFile] = field(default_factory=dict[str, StoredFile])
    responses: dict[str, StoredResponse] = field(default_factory=dict[str, StoredResponse])
    conversations: dict[str, Conversation] = field(default_factory=dict[str, Conversation])
    jobs: dict[str, Job] = field(default_factory=dict[str, Job])
    tuned: dict[str, Json] = field(default_factory=dict[str, Json])
    _made: int = 0

    @property
    def now(self) -> int:
        """The moment, in epoch seconds."""
        return int(self.clock().timestamp())

    def new_id(self, prefix: str, joint: str = "_") -> str:
        """An id that nothing else has."""
        self._made += 1
        return f"{prefix}{joint}{self._made:024x}"
