"""Images: a real PNG whose colours are a hash of what was asked for.

https://platform.openai.com/docs/api-reference/images
"""

from __future__ import annotations

import base64
import hashlib
import struct
import zlib
from typing import TYPE_CHECKING

from .errors import invalid, invalid_value, not_implemented
from .models import named
from .routing import Json, Reply, Routes
from .tokens import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call
    from .multipart import Upload

routes: Routes = Routes()

_SIZES = ("auto", "1024x1024", "1536x1024", "1024x1536")
_QUALITIES = ("auto", "low", "medium", "high")
_TOKENS = {"low": 272, "medium": 1056, "high": 4160}
_TILES = 8
_TAKES = "model prompt n size quality background output_format output_compression moderation user stream partial_images"


@routes("POST", "/images/generations", f"{_TAKES} response_format style", costs=True)
def generate(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/images/create."""
    return _made(call, [])


@routes("POST", "/images/edits", f"{_TAKES} image mask input_fidelity response_format", costs=True)
def edit(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/images/createEdit."""
    if not call.is_form:
        raise not_implemented("editing images that are given by reference", param="images")
    given = [call.file("image"), *call.files("image")[1:]]
    for one in [*given, *call.files("mask")]:
        _check_picture(one)
    return _made(call, [*given, *call.files("mask")])


def _made(call: Call, given: Sequence[Upload]) -> Reply:
    model, prompt = named(call, "image"), call.need("prompt")
    size, quality = call.choice("size", _SIZES, "auto"), call.choice("quality", _QUALITIES, "auto")
    wanted = _whole(call, "n", 1, 10)
    if call.body.get("response_format") is not None or call.body.get("style") is not None:
        name = "response_format" if call.body.get("response_format") is not None else "style"
        raise invalid(f"Unknown parameter: '{name}'.", param=name, code="unknown_parameter")
    if call.choice("output_format", ("png", "jpeg", "webp"), "png") != "png":
        raise not_implemented("images other than PNG", param="output_format")
    if call.body.get("stream") in (True, "true"):
        raise not_implemented("streams of images", param="stream")
    size = "1024x1024" if size == "auto" else size
    quality = "high" if quality == "auto" else quality
    width, height = map(int, size.split("x"))
    seed = "\0".join([model, prompt, *(hashlib.sha256(one.content).hexdigest() for one in given)])
    data = [
        {"b64_json": base64.b64encode(picture(f"{seed}\0{index}", width, height)).decode()} for index in range(wanted)
    ]
    usage = _usage(count(prompt), len(given), wanted * _TOKENS[quality])
    told = {"background": "opaque", "output_format": "png", "quality": quality, "size": size}
    return Reply({"created": call.now, **told, "data": data, "usage": usage}, tokens=usage["total_tokens"])


def _whole(call: Call, name: str, least: int, most: int) -> int:
    """A whole number, which a form gives as text."""
    value = call.body.get(name, least)
    text = str(value)
    if isinstance(value, bool) or not text.isdigit() or not least <= int(text) <= most:
        raise invalid_value(name, f"Invalid '{name}': expected an integer from {least} to {most}, but got '{text}'.")
    return int(text)


def _usage(text: int, images: int, out: int) -> Json:
    seen = images * 194
    return {
        "input_tokens": text + seen, "input_tokens_details": {"text_tokens": text, "image_tokens": seen},
        "output_tokens": out, "total_tokens": text + seen + out,
    }  # fmt: skip


def _check_picture(upload: Upload) -> None:
    content = upload.content
    if not (content.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8")) or content[8:12] == b"WEBP"):
        raise invalid("Invalid image file or mode for image 1, please check your image file.", param="image", code="invalid_image_file")  # fmt: skip


def picture(seed: str, width: int, height: int) -> bytes:
    """A PNG of tiles, https://www.w3.org/TR/png-3/. Rows repeat, so that a million pixels are a few kilobytes."""
    colours = hashlib.shake_128(seed.encode()).digest(_TILES * _TILES * 3)
    rows = bytearray()
    for down in range(height):
        first = down * _TILES // height * _TILES
        rows += b"\0"
        for across in range(_TILES):
            at = (first + across) * 3
            rows += colours[at : at + 3] * (width // _TILES)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (_chunk(b"IHDR", header), _chunk(b"IDAT", zlib.compress(bytes(rows), 6)), _chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
