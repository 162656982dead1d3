"""Speech, and what was said.

https://platform.openai.com/docs/api-reference/audio
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, UNSAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.openai.arguments import File, filled, given, named_file, within
from unifykit.providers.openai.media import Speech, Transcript
from unifykit.providers.openai.models import Usage
from unifykit.providers.openai.resource import OpenAIResource, nonsense

_FORMATS = ("mp3", "opus", "aac", "flac", "wav", "pcm")
_LONGEST = 4096


class Audio(OpenAIResource[M]):
    """`p.openai.audio`: text to speech and back.

    Speech is made and billed anew, so `speak` is unsafe: see `chat`. A transcript only reads what it is given, so
    `transcribe` and `translate` are idempotent; a repeated one may be billed twice.
    """

    @operation(UNSAFE)
    async def speak(
        self, model: str, text: str, *, voice: str, to: str | os.PathLike[str] | None = None, format: str = "mp3",  # noqa: A002
        speed: float | None = None, instructions: str | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Speech:  # fmt: skip
        """Say a text.

        https://platform.openai.com/docs/api-reference/audio/createSpeech

        Args:
            model: The model's name.
            text: What to say, at most 4,096 characters.
            voice: Such as ``"alloy"``.
            to: A file to write to as the sound arrives; it appears when it is whole. Without it the sound is in memory.
            format: ``"mp3"``, ``"opus"``, ``"aac"``, ``"flac"``, ``"wav"`` or ``"pcm"``.
            speed: 0.25 to 4.
            instructions: How to say it, where the model can.
            extra: Further parameters, as the API names them.

        Example:
            >>> speech = p.openai.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav")
            >>> speech.content[:4]
            b'RIFF'
        """
        if format not in _FORMATS:
            raise InvalidRequestError(f"format={format!r}: give one of {', '.join(_FORMATS)}.")
        if len(text) > _LONGEST:
            raise InvalidRequestError(f"the text has {len(text)} characters: give at most {_LONGEST} at once.")
        fields = {
            "model": filled("model", model), "input": filled("text", text), "voice": filled("voice", voice),
            "response_format": format, "speed": within("speed", speed, 0.25, 4), "instructions": instructions,
        }  # fmt: skip
        if to is None:
            content = await self._read(given(fields, extra))
            return Speech(content=content, format=format, size=len(content))
        path = Path(to)
        return Speech(format=format, path=path, size=await self._write(given(fields, extra), path))

    @operation(IDEMPOTENT)
    async def transcribe(
        self, model: str, file: File, *, language: str | None = None, prompt: str | None = None,
        temperature: float | None = None, timestamps: bool = False, extra: Mapping[str, Any] | None = None,
    ) -> Transcript:  # fmt: skip
        """What is said in a recording.

        https://platform.openai.com/docs/api-reference/audio/createTranscription

        Args:
            model: The model's name.
            file: The recording, at most 25 MB: its path, a name and bytes, or the bytes of an MP3.
            language: Its language as two letters, such as ``"fr"``.
            prompt: Words that are likely to occur.
            temperature: 0 to 1.
            timestamps: Whether to tell segments with their times, where the model can.
            extra: Further parameters, as the API names them.

        Example:
            >>> speech = p.openai.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav")
            >>> p.openai.audio.transcribe("gpt-transcribe", ("hello.wav", speech.content)).text
            'Bonjour !'
        """
        fields = {
            "model": filled("model", model), "language": language, "prompt": prompt,
            "temperature": within("temperature", temperature, 0, 1),
            "response_format": "verbose_json" if timestamps else "json",
        }  # fmt: skip
        return await self._heard("/audio/transcriptions", model, file, given(fields, extra))

    @operation(IDEMPOTENT)
    async def translate(
        self, model: str, file: File, *, prompt: str | None = None, temperature: float | None = None,
        timestamps: bool = False, extra: Mapping[str, Any] | None = None,
    ) -> Transcript:  # fmt: skip
        """What is said in a recording, in English.

        https://platform.openai.com/docs/api-reference/audio/createTranslation

        Args:
            model: The model's name; of OpenAI's own, only ``"whisper-1"`` translates.
            file: The recording, at most 25 MB: its path, a name and bytes, or the bytes of an MP3.
            prompt: English words that are likely to occur.
            temperature: 0 to 1.
            timestamps: Whether to tell segments with their times.
            extra: Further parameters, as the API names them.

        Example:
            >>> speech = p.openai.audio.speak("gpt-4o-mini-tts", "Hello", voice="alloy", format="wav")
            >>> p.openai.audio.translate("whisper-1", ("hello.wav", speech.content)).text
            'Hello'
        """
        fields = {
            "model": filled("model", model), "prompt": prompt, "temperature": within("temperature", temperature, 0, 1),
            "response_format": "verbose_json" if timestamps else "json",
        }  # fmt: skip
        return await self._heard("/audio/translations", model, file, given(fields, extra))

    async def _heard(self, path: str, model: str, file: File, fields: Mapping[str, Any]) -> Transcript:
        name, content = named_file(file, "audio.mp3")
        if not content:
            raise InvalidRequestError("the recording is empty.")
        found = Transcript.model_validate_json(
            await self.fetch("post", path, dict(fields), files=[("file", (name, content))])
        )
        told: Any = found.raw.get("usage") or {}
        self.count(
            model, Usage(input_tokens=told.get("input_tokens") or 0, output_tokens=told.get("output_tokens") or 0)
        )
        return found

    async def _read(self, body: Mapping[str, Any]) -> bytes:
        pieces: list[bytes] = []
        chunks = await self.open("/audio/speech", body)
        try:
            while (piece := await self.next_piece(chunks)) is not None:
                pieces.append(piece)
        finally:
            await self.shut(chunks)
        return _whole(b"".join(pieces))

    async def _write(self, body: Mapping[str, Any], path: Path) -> int:
        """Write to a file beside, which takes the name when it is whole."""
        if not path.parent.is_dir():
            raise InvalidRequestError(f"there is no directory {str(path.parent)!r}.")
        part = path.with_name(f".{path.name}.part")
        chunks = await self.open("/audio/speech", body)
        try:
            with part.open("wb") as written:
                while (piece := await self.next_piece(chunks)) is not None:
                    written.write(piece)
            size = chunks.arrived.size
            part.replace(path)
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
            await self.shut(chunks)
        return size


def _whole(content: bytes) -> bytes:
    if not content:
        raise nonsense("the speech is empty.")
    return content
