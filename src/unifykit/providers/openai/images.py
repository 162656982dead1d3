"""Pictures.

https://platform.openai.com/docs/api-reference/images
"""

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import Field

from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.operation import UNSAFE, operation
from unifykit.errors import InvalidRequestError
from unifykit.providers.openai.arguments import File, filled, given, named_file, picture_type
from unifykit.providers.openai.media import Image
from unifykit.providers.openai.models import Usage, usage_of
from unifykit.providers.openai.resource import OpenAIResource, nonsense

_MOST = 10
_VARY = "A variation of this image: keep its subject, style and composition, and change the details."


class _Made(Model):
    b64_json: str | None = None
    revised_prompt: str | None = None


class _Reply(Model):
    data: list[_Made] = Field(min_length=1)
    output_format: str = "png"
    counted: dict[str, Any] | None = Field(default=None, alias="usage")


class Images(OpenAIResource[M]):
    """`p.openai.images`: a model makes pictures.

    Each is made and billed anew, so these operations are unsafe: see `chat`.
    """

    @operation(UNSAFE)
    async def generate(
        self, model: str, prompt: str, *, n: int = 1, size: str | None = None, quality: str | None = None,
        background: str | None = None, output_format: str | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Image:  # fmt: skip
        """Make a picture of a text.

        https://platform.openai.com/docs/api-reference/images/create

        Args:
            model: The model's name.
            prompt: What to show.
            n: How many pictures, 1 to 10; the others are the first one's `more`.
            size: Such as ``"1024x1024"``.
            quality: ``"low"``, ``"medium"`` or ``"high"``.
            background: ``"transparent"``, ``"opaque"`` or ``"auto"``.
            output_format: ``"png"``, ``"jpeg"`` or ``"webp"``.
            extra: Further parameters, as the API names them.

        Example:
            >>> image = p.openai.images.generate("gpt-image-2", "Un chat astronaute", size="1024x1024")
            >>> image.format, image.content[1:4]
            ('png', b'PNG')
        """
        fields = {
            "model": filled("model", model), "prompt": filled("prompt", prompt), "n": _number(n), "size": size,
            "quality": quality, "background": background, "output_format": output_format,
        }  # fmt: skip
        return self._image(await self.fetch("post", "/images/generations", given(fields, extra)), model)

    @operation(UNSAFE)
    async def edit(
        self, image: File | Sequence[File], *, model: str, prompt: str, mask: File | None = None, n: int = 1,
        size: str | None = None, quality: str | None = None, background: str | None = None,
        output_format: str | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Image:  # fmt: skip
        """Change a picture as a text says.

        https://platform.openai.com/docs/api-reference/images/createEdit

        Args:
            image: The picture, or up to 16 of which one is made: paths, bytes, or names and bytes.
            model: The model's name.
            prompt: What to change.
            mask: A PNG of the same size; where it is transparent, the picture may change.
            n: How many pictures, 1 to 10; the others are the first one's `more`.
            size: Such as ``"1024x1024"``.
            quality: ``"low"``, ``"medium"`` or ``"high"``.
            background: ``"transparent"``, ``"opaque"`` or ``"auto"``.
            output_format: ``"png"``, ``"jpeg"`` or ``"webp"``.
            extra: Further parameters, as the API names them.

        Example:
            >>> cat = p.openai.images.generate("gpt-image-2", "a cat")
            >>> p.openai.images.edit(cat.content, model="gpt-image-2", prompt="Ajouter un chapeau").content != cat.content
            True
        """
        fields = {
            "model": filled("model", model), "prompt": filled("prompt", prompt), "n": _number(n), "size": size,
            "quality": quality, "background": background, "output_format": output_format,
        }  # fmt: skip
        return self._image(await self._edited(image, mask, given(fields, extra)), model)

    @operation(UNSAFE)
    async def vary(
        self, image: File, *, model: str, prompt: str = _VARY, n: int = 1, size: str | None = None,
        quality: str | None = None, extra: Mapping[str, Any] | None = None,
    ) -> Image:  # fmt: skip
        """Make a picture like another one.

        OpenAI's endpoint for variations is retired. This asks for an edit of the picture with a prompt that says so: the
        nearest that the API has today.

        https://platform.openai.com/docs/api-reference/images/createEdit

        Args:
            image: The picture: its path, bytes, or a name and bytes.
            model: The model's name.
            prompt: What a variation is.
            n: How many pictures, 1 to 10; the others are the first one's `more`.
            size: Such as ``"1024x1024"``.
            quality: ``"low"``, ``"medium"`` or ``"high"``.
            extra: Further parameters, as the API names them.

        Example:
            >>> cat = p.openai.images.generate("gpt-image-2", "a cat")
            >>> len(p.openai.images.vary(cat.content, model="gpt-image-2", n=2).more)
            1
        """
        fields = {
            "model": filled("model", model), "prompt": filled("prompt", prompt), "n": _number(n), "size": size,
            "quality": quality,
        }  # fmt: skip
        return self._image(await self._edited(image, None, given(fields, extra)), model)

    async def _edited(self, image: File | Sequence[File], mask: File | None, fields: Mapping[str, Any]) -> bytes:
        several = isinstance(image, list) or (isinstance(image, tuple) and not isinstance(image[1], bytes))
        given_ones: list[Any] = list(image) if several else [image]  # type: ignore[arg-type]
        if not given_ones:
            raise InvalidRequestError("there is no picture to edit.")
        name = "image[]" if len(given_ones) > 1 else "image"
        files = [(name, _picture(one)) for one in given_ones]
        if mask is not None:
            files.append(("mask", _picture(mask)))
        return await self.fetch("post", "/images/edits", dict(fields), files=files)

    def _image(self, body: bytes, model: str) -> Image:
        reply = _Reply.model_validate_json(body)
        usage = usage_of(reply.counted)
        self.count(model, usage)
        first, *others = [_image(one, reply.output_format, usage) for one in reply.data]
        return first.model_copy(update={"more": tuple(others)})


def _number(n: int) -> int:
    if not 1 <= n <= _MOST:
        raise InvalidRequestError(f"n={n}: give a number of pictures from 1 to {_MOST}.")
    return n


def _picture(file: File) -> tuple[str, bytes, str]:
    name, content = named_file(file, "image.png")
    return name, content, picture_type(content)


def _image(made: _Made, kind: str, usage: Usage) -> Image:
    try:
        content = base64.b64decode(made.b64_json or "", validate=True)
    except binascii.Error as error:
        raise nonsense("a picture is not in base64.") from error
    if not content:
        raise nonsense("a picture has no content; of a server that gives URLs, ask for response_format b64_json.")
    return Image(content=content, format=kind, revised_prompt=made.revised_prompt, usage=usage)
