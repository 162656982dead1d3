"""Pictures and sound that OpenAI's operations give back."""

import base64
import os
from html import escape
from pathlib import Path
from typing import Any

from pydantic import Field

from unifykit._core.model import Model
from unifykit.errors import InvalidRequestError
from unifykit.providers.openai.models import Usage

_TYPES = {"mp3": "audio/mpeg", "opus": "audio/ogg", "aac": "audio/aac", "flac": "audio/flac", "wav": "audio/wav"}


class Image(Model):
    """A picture; notebooks show it.

    Attributes:
        content: Its bytes.
        format: ``"png"``, ``"jpeg"`` or ``"webp"``.
        more: The other pictures, where several were asked for.
        revised_prompt: What the model made of the prompt, if it says.
        usage: Tokens of the whole request.
    """

    content: bytes = Field(repr=False)
    format: str = "png"
    more: tuple["Image", ...] = ()
    revised_prompt: str | None = None
    usage: Usage = Usage()

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the picture to a file; returns its path."""
        written = Path(path)
        written.write_bytes(self.content)
        return written

    def _repr_png_(self) -> bytes | None:
        return self.content if self.format == "png" else None

    def _repr_jpeg_(self) -> bytes | None:
        return self.content if self.format == "jpeg" else None


class Speech(Model):
    """Spoken text; notebooks play it.

    Attributes:
        content: The sound; empty where it was written to a file.
        format: ``"mp3"``, ``"opus"``, ``"aac"``, ``"flac"``, ``"wav"`` or ``"pcm"``.
        path: The file, where it was written to one.
        size: Bytes.
    """

    content: bytes = Field(default=b"", repr=False)
    format: str
    path: Path | None = None
    size: int

    def __len__(self) -> int:
        return self.size

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the sound to a file; returns its path.

        Raises:
            InvalidRequestError: It is in a file already.
        """
        if self.path is not None:
            raise InvalidRequestError(f"the speech is in {str(self.path)!r} already: copy that file.")
        written = Path(path)
        written.write_bytes(self.content)
        return written

    def _repr_html_(self) -> str:
        content = self.content or (self.path.read_bytes() if self.path is not None else b"")
        source = f"data:{_TYPES.get(self.format, 'audio/basic')};base64,{base64.b64encode(content).decode()}"
        return f'<audio controls src="{escape(source)}"></audio>'


class Transcript(Model):
    """What was said in a recording.

    Attributes:
        text: The words.
        language: In which language, where that was asked for and told.
        duration: Seconds, where that was asked for and told.
        segments: Parts with their times, where that was asked for.
    """

    text: str
    language: str | None = None
    duration: float | None = None
    segments: list[dict[str, Any]] | None = None

    def __str__(self) -> str:
        return self.text
