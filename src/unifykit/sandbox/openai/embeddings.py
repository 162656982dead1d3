"""Embeddings: unit vectors made of hashes of a text's words, so that texts that share words are near each other.

https://platform.openai.com/docs/api-reference/embeddings
"""

# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# JSON of any shape is taken apart here.

from __future__ import annotations

import base64
import hashlib
import math
import re
import struct
from typing import TYPE_CHECKING, Any

from .errors import invalid, missing, wrong_type
from .models import named
from .routing import Reply, Routes
from .tokens import count

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call

routes: Routes = Routes()

_SIZES = {"text-embedding-3-small": 1536, "text-embedding-3-large": 3072, "text-embedding-ada-002": 1536}
_MOST_ITEMS, _MOST_TOKENS, _MOST_ALL = 2048, 8192, 300_000
_WORD = re.compile(r"\w+")


@routes("POST", "/embeddings", "input model encoding_format dimensions user", costs=True)
def create(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/embeddings/create."""
    model = named(call, "embedding")
    texts = _texts(call)
    size = _size(call, model)
    form = call.choice("encoding_format", ("float", "base64"), "float")
    weights = [_weight(one) for one in texts]
    if max(weights) > _MOST_TOKENS:
        raise invalid(f"This model's maximum context length is {_MOST_TOKENS} tokens, however you requested {max(weights)} tokens. Please reduce your prompt.")  # fmt: skip
    if sum(weights) > _MOST_ALL:
        raise invalid(f"Invalid 'input': maximum request size is {_MOST_ALL} tokens per request.", param="input", code="max_tokens_per_request")  # fmt: skip
    vectors = [vector(one, size) for one in texts]
    data = [
        {"object": "embedding", "index": index, "embedding": _packed(one) if form == "base64" else one}
        for index, one in enumerate(vectors)
    ]
    usage = {"prompt_tokens": sum(weights), "total_tokens": sum(weights)}
    return Reply({"object": "list", "data": data, "model": model, "usage": usage}, tokens=sum(weights))


def _texts(call: Call) -> list[str]:
    given: Any = call.body.get("input")
    if given is None:
        raise missing("input")
    if not isinstance(given, str | list):
        raise wrong_type("input", "a string or an array", given)
    items: list[Any] = [given] if isinstance(given, str) else given
    if items and all(isinstance(one, int) for one in items):
        items = [items]  # one text, given as tokens
    if not items or any(one in ("", []) for one in items):
        raise invalid("'$.input' is invalid. Please check the API reference: https://platform.openai.com/docs/api-reference.")  # fmt: skip
    if len(items) > _MOST_ITEMS:
        raise invalid(f"'$.input' is invalid: at most {_MOST_ITEMS} items are allowed.", param="input")
    return [one if isinstance(one, str) else " ".join(map(str, one)) for one in items]


def _weight(text: str) -> int:
    return count(text)


def _size(call: Call, model: str) -> int:
    size = call.get("dimensions", int)
    if size is None:
        return _SIZES[model]
    if model == "text-embedding-ada-002":
        raise invalid("This model does not support specifying dimensions.")
    if not 1 <= size <= _SIZES[model]:
        raise invalid(f"Invalid value for 'dimensions' = {size}. Must be between 1 and {_SIZES[model]}.", param="dimensions")  # fmt: skip
    return size


def vector(text: str, size: int) -> list[float]:
    """The unit vector of a text: the sum of its words'."""
    words = _WORD.findall(text.lower()) or [text]
    total = [0.0] * size
    for word in words:
        for index, value in enumerate(_of_word(word, size)):
            total[index] += value
    length = math.sqrt(math.fsum(value * value for value in total)) or 1.0
    # as near as the four bytes of the other encoding
    return [struct.unpack("<f", struct.pack("<f", value / length))[0] for value in total]


def _of_word(word: str, size: int) -> Sequence[float]:
    noise = hashlib.shake_128(word.encode()).digest(size)
    return [byte - 127.5 for byte in noise]


def _packed(values: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(values)}f", *values)).decode()
