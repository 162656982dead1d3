"""Files.

https://platform.openai.com/docs/api-reference/files
"""

from contextlib import ExitStack
from typing import Any

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.paging import Page
from unifykit.providers.openai.arguments import File, existing, filled, place
from unifykit.providers.openai.models import StoredFile
from unifykit.providers.openai.resource import OpenAIResource

_PAGE = 1000


class Files(OpenAIResource[M]):
    """`p.openai.files`: files that models, batches and fine-tuning jobs read."""

    @operation(UNSAFE)
    async def upload(self, file: File, *, purpose: str) -> StoredFile:
        """Upload a file, up to 512 MB; a path is read as it is sent.

        https://platform.openai.com/docs/api-reference/files/create

        Args:
            file: Its path, its bytes, or a name and bytes.
            purpose: ``"fine-tune"``, ``"batch"``, ``"user_data"``, ``"vision"``, ``"assistants"`` or ``"evals"``.

        Example:
            >>> p.openai.files.upload(("notes.txt", b"Buy milk."), purpose="user_data").size
            9
        """
        with ExitStack() as opened:
            content: Any
            if isinstance(file, bytes):
                name, content = "file", file
            elif isinstance(file, tuple):
                name, content = file
            else:
                path = existing(file)
                name, content = path.name, opened.enter_context(path.open("rb"))
            form = {"purpose": filled("purpose", purpose)}
            body = await self.fetch("post", "/files", form, files=[("file", (name, content))])
        return StoredFile.model_validate_json(body)

    @paged
    async def list(
        self, page: str | None, *, purpose: str | None = None, order: str | None = None
    ) -> Page[StoredFile, str]:
        """Your files, the newest first.

        https://platform.openai.com/docs/api-reference/files/list

        Args:
            purpose: Only those for this.
            order: ``"asc"`` for the oldest first.

        Example:
            >>> p.openai.files.list(purpose="fine-tune").collect()
            []
        """
        return await self.fetch_page(StoredFile, page, "/files", {"purpose": purpose, "order": order}, _PAGE)

    @operation(SAFE)
    async def get(self, id: str) -> StoredFile:  # noqa: A002
        """A file.

        https://platform.openai.com/docs/api-reference/files/retrieve

        Args:
            id: Its id.

        Example:
            >>> made = p.openai.files.upload(("notes.txt", b"Buy milk."), purpose="user_data")
            >>> p.openai.files.get(made.id).filename
            'notes.txt'
        """
        return StoredFile.model_validate_json(await self.fetch("get", place("/files/{}", id)))

    @operation(SAFE)
    async def content(self, id: str) -> bytes:  # noqa: A002
        """A file's bytes.

        https://platform.openai.com/docs/api-reference/files/retrieve-contents

        Args:
            id: Its id.

        Example:
            >>> made = p.openai.files.upload(("notes.txt", b"Buy milk."), purpose="user_data")
            >>> p.openai.files.content(made.id)
            b'Buy milk.'
        """
        return await self.fetch("get", place("/files/{}/content", id))

    @operation(IDEMPOTENT)
    async def delete(self, id: str) -> None:  # noqa: A002
        """Delete a file.

        https://platform.openai.com/docs/api-reference/files/delete

        Args:
            id: Its id.

        Example:
            >>> made = p.openai.files.upload(("notes.txt", b"Buy milk."), purpose="user_data")
            >>> p.openai.files.delete(made.id)
        """
        await self.fetch("delete", place("/files/{}", id))
