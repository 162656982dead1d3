"""Models: which there are, what each is for, and which are gone.

https://platform.openai.com/docs/api-reference/models, https://platform.openai.com/docs/deprecations
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from .errors import Refusal, invalid, missing, not_found
from .routing import Json, Reply, Routes

if TYPE_CHECKING:
    from .call import Call
    from .state import World

routes: Routes = Routes()

_CREATED = 1_754_000_000
_KINDS: dict[str, tuple[str, ...]] = {
    "chat": (
        "gpt-5.6-sol", "gpt-5.5", "gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano", "gpt-5.2", "gpt-5.1", "gpt-5", "gpt-5-mini",
        "gpt-5-nano", "gpt-4.1", "gpt-4.1-mini", "gpt-4o", "gpt-4o-mini",
    ),
    "embedding": ("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002"),
    "image": ("gpt-image-2", "gpt-image-1.5", "gpt-image-1-mini"),
    "speech": ("gpt-4o-mini-tts", "tts-1", "tts-1-hd"),
    "transcription": ("gpt-transcribe", "gpt-4o-transcribe", "whisper-1"),
    "moderation": ("omni-moderation-latest",),
}  # fmt: skip
_SHUTDOWN: dict[str, str] = {
    "gpt-5": "2026-12-11", "gpt-4o": "2027-01-14", "gpt-4o-mini": "2027-01-14", "gpt-4.1": "2027-01-14",
    "gpt-image-1.5": "2026-12-01", "gpt-image-1-mini": "2026-12-01", "gpt-4o-mini-tts": "2027-01-06",
    "tts-1": "2027-01-06", "tts-1-hd": "2027-01-06", "whisper-1": "2027-02-26", "gpt-4o-transcribe": "2027-02-26",
}  # fmt: skip
_GONE = re.compile(r"gpt-(3\.5|4($|-(turbo|vision|32k|\d))|image-1$)|dall-e-|o1-(preview|mini)")
_KNOWN: dict[str, str] = {model: kind for kind, models in _KINDS.items() for model in models}
_REFUSED: dict[str, tuple[int, str]] = {
    "chat": (
        404,
        (
            "This is not a chat model and thus not supported in the v1/chat/completions endpoint. Did you mean to use "
            "v1/completions?"
        ),
    ),
    "embedding": (403, "You are not allowed to generate embeddings from this model"),
}


@routes("GET", "/models")
def list_models(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/models/list."""
    tuned = list(call.world.tuned.values())
    return Reply({"object": "list", "data": [*map(_described, _KNOWN), *tuned]})


@routes("GET", "/models/{id}")
def get_model(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/models/retrieve."""
    name = call.ids["id"]
    if name in call.world.tuned:
        return Reply(call.world.tuned[name])
    if name not in _KNOWN:
        raise not_found(f"The model '{name}' does not exist", param="model", code="model_not_found")
    return Reply(_described(name))


@routes("DELETE", "/models/{id}")
def delete_model(call: Call) -> Reply:
    """https://platform.openai.com/docs/api-reference/models/delete."""
    name = call.ids["id"]
    if call.world.tuned.pop(name, None) is None:
        raise not_found(f"The model '{name}' does not exist", param="model", code="model_not_found")
    return Reply({"id": name, "object": "model", "deleted": True})


def _described(name: str) -> Json:
    described: Json = {"id": name, "object": "model", "created": _CREATED, "owned_by": "system"}
    return {**described, "shutdown_date": _SHUTDOWN[name]} if name in _SHUTDOWN else described


def tuned_model(name: str, now: int, organization: str) -> Json:
    """The description of a fine-tuned model."""
    return {"id": name, "object": "model", "created": now, "owned_by": organization}


def named(call: Call, kind: str) -> str:
    """The model that a request names, if it can do this."""
    name = call.body.get("model")
    if name is None or name == "":
        if kind == "chat":
            raise invalid("you must provide a model parameter")
        raise missing("model")
    if not isinstance(name, str):
        raise invalid("Invalid type for 'model': expected a string.", param="model", code="invalid_type")
    check(call.world, name, kind)
    return name


def check(world: World, name: str, kind: str) -> None:
    """Refuse a model that does not exist, is gone, or is for something else."""
    is_for = "chat" if name in world.tuned else _KNOWN.get(name)
    if is_for is None:
        raise Refusal(404, _unknown(name), code="model_not_found")
    if is_for != kind:
        status, said = _REFUSED.get(kind, (400, f"The model '{name}' is not supported by this endpoint."))
        raise Refusal(status, said, param="model")


def _unknown(name: str) -> str:
    if _GONE.match(name):
        return f"The model `{name}` has been deprecated, learn more here: https://platform.openai.com/docs/deprecations"
    return f"The model `{name}` does not exist or you do not have access to it."


def usage_of(prompt: int, completion: int) -> dict[str, Any]:
    """Tokens as chat completions count them."""
    return {
        "prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0, "rejected_prediction_tokens": 0,
        },
    }  # fmt: skip
