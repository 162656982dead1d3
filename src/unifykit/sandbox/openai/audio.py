"""Speech: a real WAV that carries its text in its metadata, which a transcription reads back.

https://platform.openai.com/docs/api-reference/audio
"""

from __future__ import annotations

import base64
import hashlib
import io
import math
import struct
import wave
from typing import TYPE_CHECKING

from .errors import invalid, missing, not_implemented
from .models import named
from .routing import Json, Reply, Routes
from .tokens import count, pieces

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .call import Call

routes: Routes = Routes()

_RATE = 8000
_PER_LETTER = 0.06
_LONGEST_INPUT = 4096
_TYPES = {"wav": "audio/wav", "pcm": "audio/pcm"}
_VOICES = (
    "alloy",
    "ash",
    "ballad",
    "coral",
    "echo",
    "fable",
    "onyx",
    "nova",
    "sage",
    "shimmer",
    "verse",
    "marin",
    "cedar",
)
_NOTE = b"ICMT"
_SILENCE = "(silence)"


@routes("POST", "/audio/speech", "model input voice instructions response_format speed stream_format", costs=True)
def speak(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/audio/createSpeech."""
    named(call, "speech")
    text = call.need("input")
    if len(text) > _LONGEST_INPUT:
        said = f"Invalid 'input': string too long. Expected a string with maximum length {_LONGEST_INPUT}, but got a string with length {len(text)} instead."
        raise invalid(said, param="input", code="string_above_max_length")
    if call.body.get("voice") is None:
        raise missing("voice")
    voice = call.choice("voice", _VOICES, "alloy")
    call.between("speed", 0.25, 4)
    form = call.choice("response_format", ("mp3", "opus", "aac", "flac", "wav", "pcm"), "mp3")
    if call.choice("stream_format", ("audio", "sse"), "audio") == "sse":
        return Reply(events=_events(text, voice), tokens=count(text))
    # There is no encoder here: what would be an MP3 is a WAV that says so, and players tell by the content.
    content = _samples(text, voice) if form == "pcm" else recording(text, voice)
    return Reply(raw=content, content_type=_TYPES.get(form, "audio/wav"), tokens=count(text))


@routes(
    "POST",
    "/audio/transcriptions",
    "file model language languages prompt response_format temperature timestamp_granularities include stream chunking_strategy keywords",
    costs=True,
)
def transcribe(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/audio/createTranscription."""
    return _heard(call, str(call.body.get("language") or "english"))


@routes("POST", "/audio/translations", "file model prompt response_format temperature", costs=True)
def translate(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/audio/createTranslation."""
    if call.body.get("model") not in (None, "whisper-1"):
        raise invalid("Translations are only supported by whisper-1.", param="model")
    return _heard(call, "english")


def _heard(call: Call, language: str) -> Reply:
    model = named(call, "transcription")
    upload = call.file("file")
    form = call.choice("response_format", ("json", "text", "srt", "verbose_json", "vtt"), "json")
    if call.body.get("stream") == "true":
        raise not_implemented("streams of transcriptions", param="stream")
    text, seconds = listen(upload.content)
    tokens = count(text)
    if form in ("srt", "vtt", "text"):
        return Reply(
            raw=_captions(form, text, seconds).encode(), content_type="text/plain; charset=utf-8", tokens=tokens
        )
    body: Json = {"text": text}
    if form == "verbose_json":
        body |= {"language": language, "duration": seconds, "segments": [_segment(text, seconds)]}
    elif call.path.endswith("/transcriptions"):
        body["usage"] = _usage(model, seconds, tokens)
    return Reply(body, tokens=tokens)


def _usage(model: str, seconds: float, tokens: int) -> Json:
    if model == "whisper-1":
        return {"type": "duration", "seconds": math.ceil(seconds)}
    heard = math.ceil(seconds * 10)
    return {
        "type": "tokens", "input_tokens": heard, "input_token_details": {"text_tokens": 0, "audio_tokens": heard},
        "output_tokens": tokens, "total_tokens": heard + tokens,
    }  # fmt: skip


def _segment(text: str, seconds: float) -> Json:
    return {
        "id": 0, "seek": 0, "start": 0.0, "end": seconds, "text": text, "tokens": [], "temperature": 0.0,
        "avg_logprob": -0.1, "compression_ratio": 1.0, "no_speech_prob": 0.0,
    }  # fmt: skip


def _captions(form: str, text: str, seconds: float) -> str:
    if form == "text":
        return f"{text}\n"
    dot = "," if form == "srt" else "."
    end = f"{int(seconds // 3600):02}:{int(seconds // 60 % 60):02}:{int(seconds % 60):02}{dot}{int(seconds % 1 * 1000):03}"
    head = "1\n" if form == "srt" else "WEBVTT\n\n"
    return f"{head}00:00:00{dot}000 --> {end}\n{text}\n\n"


def _events(text: str, voice: str) -> Iterator[tuple[str, Json]]:
    content = recording(text, voice)
    for at in range(0, len(content), 4096):
        yield (
            "speech.audio.delta",
            {"type": "speech.audio.delta", "audio": base64.b64encode(content[at : at + 4096]).decode()},
        )
    words = len(pieces(text))
    usage = {"input_tokens": words, "output_tokens": words * 10, "total_tokens": words * 11}
    yield "speech.audio.done", {"type": "speech.audio.done", "usage": usage}


def recording(text: str, voice: str) -> bytes:
    """A WAV with a tone for every letter, and the text in its metadata."""
    written = io.BytesIO()
    with wave.open(written, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(_RATE)
        sound.writeframes(_samples(text, voice))
    said = text.encode()
    note = _NOTE + struct.pack("<I", len(said)) + said + b"\0" * (len(said) % 2)
    info = b"LIST" + struct.pack("<I", len(note) + 4) + b"INFO" + note
    whole = written.getvalue() + info
    return whole[:4] + struct.pack("<I", len(whole) - 8) + whole[8:]


def _samples(text: str, voice: str) -> bytes:
    base = 200 + hashlib.sha256(voice.encode()).digest()[0]
    each = int(_RATE * _PER_LETTER)
    tones: list[int] = []
    for letter in text:
        pitch = base + ord(letter) % 64 * 8
        tones += [int(8000 * math.sin(2 * math.pi * pitch * at / _RATE)) for at in range(each)]
    return struct.pack(f"<{len(tones)}h", *tones)


def listen(content: bytes) -> tuple[str, float]:
    """The text that a recording carries, and its length in seconds."""
    try:
        with wave.open(io.BytesIO(content), "rb") as sound:
            seconds = sound.getnframes() / sound.getframerate()
    except (wave.Error, EOFError, ZeroDivisionError):
        said = "The audio file could not be decoded or its format is not supported."
        raise invalid(said, param="file", code="unsupported_format") from None
    at = content.find(_NOTE)
    if at < 0:
        return _SILENCE, seconds
    (length,) = struct.unpack("<I", content[at + 4 : at + 8])
    return content[at + 8 : at + 8 + length].decode("utf-8", "replace"), seconds
