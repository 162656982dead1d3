"""Files in buckets."""

import mimetypes
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Generic
from urllib.parse import quote

from unifykit._core.mode import M
from unifykit._core.model import parse_list
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError, UnexpectedResponseError
from unifykit.paging import Page
from unifykit.providers.supabase.models import BucketInfo, StoredFile, Upload
from unifykit.providers.supabase.resource import SupabaseResource, file_path, segment

if TYPE_CHECKING:
    import builtins

_PER_PAGE = 100
_UNKNOWN = "application/octet-stream"


class Storage(SupabaseResource[M]):
    """`p.supabase.storage`: buckets of files."""

    def bucket(self, name: str) -> "Bucket[M]":
        """The files of one bucket."""
        return Bucket(self, name)

    @operation(SAFE)
    async def list_buckets(self) -> list[BucketInfo]:
        """All buckets that the client may see.

        https://supabase.com/docs/reference/python/storage-listbuckets

        Example:
            >>> p.supabase.storage.create_bucket("avatars", public=True)
            >>> [bucket.name for bucket in p.supabase.storage.list_buckets()]
            ['avatars']
        """
        return parse_list(BucketInfo, (await self.fetch("GET", "/storage/v1/bucket")).content)

    @operation(UNSAFE)
    async def create_bucket(
        self, name: str, *, public: bool = False, file_size_limit: int | None = None,
        allowed_mime_types: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Make a bucket.

        https://supabase.com/docs/reference/python/storage-createbucket

        Args:
            name: Its name.
            public: Whether anyone may download from it.
            file_size_limit: The largest file, in bytes.
            allowed_mime_types: The kinds of files that it takes, such as ``"image/*"``.

        Raises:
            ConflictError: There is one of this name.

        Example:
            >>> p.supabase.storage.create_bucket("avatars", public=True, file_size_limit=1_000_000)
        """
        body: dict[str, Any] = {"id": segment(name, "a bucket"), "name": name, "public": public}
        if file_size_limit is not None:
            body["file_size_limit"] = file_size_limit
        if allowed_mime_types is not None:
            body["allowed_mime_types"] = list(allowed_mime_types)
        await self.fetch("POST", "/storage/v1/bucket", body=body)

    @operation(SAFE)
    async def get_bucket(self, name: str) -> BucketInfo:
        """One bucket.

        https://supabase.com/docs/reference/python/storage-getbucket

        Raises:
            NotFoundError: There is none of this name.

        Example:
            >>> p.supabase.storage.create_bucket("avatars", public=True)
            >>> p.supabase.storage.get_bucket("avatars").public
            True
        """
        reply = await self.fetch("GET", f"/storage/v1/bucket/{segment(name, 'a bucket')}")
        return BucketInfo.model_validate_json(reply.content)

    @operation(IDEMPOTENT)
    async def delete_bucket(self, name: str) -> None:
        """Delete a bucket, which must be empty.

        https://supabase.com/docs/reference/python/storage-deletebucket

        Raises:
            ConflictError: There are files in it.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> p.supabase.storage.delete_bucket("avatars")
        """
        await self.fetch("DELETE", f"/storage/v1/bucket/{segment(name, 'a bucket')}", body={})


class Bucket(SupabaseResource[M], Generic[M]):
    """One bucket's files: `p.supabase.storage.bucket("avatars")`."""

    def __init__(self, parent: SupabaseResource[M], name: str) -> None:
        super().__init__(parent._client)  # noqa: SLF001 -- a resource makes another of its client
        self._name = segment(name, "a bucket")

    def _url(self, path: str, how: str = "") -> str:
        return f"/storage/v1/object/{how}{self._name}/{file_path(path)}"

    @operation(UNSAFE)
    async def upload(
        self, path: str, data: "bytes | str | PathLike[str] | BinaryIO", *, content_type: str | None = None,
        upsert: bool = False, cache_seconds: int = 3600,
    ) -> Upload:  # fmt: skip
        """Store a file.

        https://supabase.com/docs/reference/python/storage-from-upload

        Args:
            path: Its path in the bucket.
            data: Its bytes, the path of a local file, or a file that is open for reading bytes.
            content_type: Its kind; guessed from the path by default.
            upsert: Whether to replace a file that is there already.
            cache_seconds: How long browsers may keep it.

        Raises:
            ConflictError: There is one already.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> p.supabase.storage.bucket("avatars").upload("ada/face.txt", b":-)").key
            'avatars/ada/face.txt'
        """
        kind = content_type or mimetypes.guess_type(path)[0] or _UNKNOWN
        if not (kind.isascii() and kind.isprintable()) or cache_seconds < 0:
            raise InvalidRequestError("content_type is such as 'image/png', and cache_seconds is 0 or more.")
        url, headers = self._url(path), {"x-upsert": str(upsert).lower()}
        with _opened(data) as file:
            form = {"file": (quote(path.rpartition("/")[2]), file, kind)}
            said = {"cacheControl": str(cache_seconds)}
            reply = await self.post_form(url, form, said, headers)
        return Upload.model_validate_json(reply.content)

    @operation(SAFE)
    async def download(self, path: str) -> bytes:
        """Fetch a file.

        https://supabase.com/docs/reference/python/storage-from-download

        Raises:
            NotFoundError: There is none at this path that the client may see.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> _ = p.supabase.storage.bucket("avatars").upload("ada.txt", b":-)")
            >>> p.supabase.storage.bucket("avatars").download("ada.txt")
            b':-)'
        """
        return (await self.fetch("GET", self._url(path))).content

    @paged
    async def list(self, cursor: int | None, prefix: str = "") -> Page[StoredFile, int]:
        """The files and folders right in a folder, by name.

        https://supabase.com/docs/reference/python/storage-from-list

        Args:
            prefix: The folder's path; the bucket itself by default.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> _ = p.supabase.storage.bucket("avatars").upload("ada/face.txt", b":-)")
            >>> [(file.name, file.size) for file in p.supabase.storage.bucket("avatars").list("ada")]
            [('face.txt', 3)]
        """
        offset = cursor or 0
        sort = {"column": "name", "order": "asc"}
        body = {"prefix": prefix.strip("/"), "limit": _PER_PAGE, "offset": offset, "sortBy": sort}
        reply = await self.fetch("POST", f"/storage/v1/object/list/{self._name}", body=body)
        found = parse_list(StoredFile, reply.content)
        return Page(found, (offset + _PER_PAGE,) if len(found) == _PER_PAGE else ())

    @operation(IDEMPOTENT)
    async def remove(self, paths: Sequence[str]) -> "builtins.list[StoredFile]":
        """Delete files; returns those that were there.

        https://supabase.com/docs/reference/python/storage-from-remove

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> _ = p.supabase.storage.bucket("avatars").upload("ada.txt", b":-)")
            >>> [file.name for file in p.supabase.storage.bucket("avatars").remove(["ada.txt", "bob.txt"])]
            ['ada.txt']
        """
        if isinstance(paths, str) or not paths:
            raise InvalidRequestError("remove(paths) wants a list of at least one path.")
        body = {"prefixes": [path.strip("/") for path in paths]}
        return parse_list(
            StoredFile, (await self.fetch("DELETE", f"/storage/v1/object/{self._name}", body=body)).content
        )

    def public_url(self, path: str) -> str:
        """Where anyone can download a file of a public bucket. Nothing is sent, so whether it is there is not known.

        https://supabase.com/docs/reference/python/storage-from-getpublicurl

        Example:
            >>> p.supabase.storage.bucket("avatars").public_url("ada face.png").partition("/storage")[2]
            '/v1/object/public/avatars/ada%20face.png'
        """
        return self._credentials.url.rstrip("/") + self._url(path, "public/")

    @operation(SAFE)
    async def signed_url(self, path: str, *, expires_in: int) -> str:
        """A URL with which anyone can download a file for a while. It is a secret: whoever has it needs no key.

        https://supabase.com/docs/reference/python/storage-from-createsignedurl

        Args:
            path: The file's path.
            expires_in: Seconds for which the URL is good.

        Raises:
            NotFoundError: There is no such file.

        Example:
            >>> p.supabase.storage.create_bucket("private")
            >>> _ = p.supabase.storage.bucket("private").upload("file.pdf", b"%PDF")
            >>> "/object/sign/private/file.pdf?token=" in p.supabase.storage.bucket("private").signed_url("file.pdf", expires_in=60)
            True
        """
        if expires_in < 1:
            raise InvalidRequestError(f"expires_in is 1 second or more, not {expires_in}.")
        reply = await self.fetch("POST", self._url(path, "sign/"), body={"expiresIn": expires_in})
        said = reply.json().get("signedURL")
        if not isinstance(said, str):
            raise UnexpectedResponseError("Supabase answered without a signed URL.", status=reply.status_code)
        return f"{self._credentials.url.rstrip('/')}/storage/v1/{said.lstrip('/')}"

    @operation(UNSAFE)
    async def move(self, source: str, target: str) -> None:
        """Move a file within the bucket.

        https://supabase.com/docs/reference/python/storage-from-move

        Raises:
            NotFoundError: There is no such file.
            ConflictError: There is one at the new path already.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> _ = p.supabase.storage.bucket("avatars").upload("old.txt", b":-)")
            >>> p.supabase.storage.bucket("avatars").move("old.txt", "new.txt")
        """
        await self.fetch("POST", "/storage/v1/object/move", body=self._pair(source, target))

    @operation(UNSAFE)
    async def copy(self, source: str, target: str) -> None:
        """Copy a file within the bucket.

        https://supabase.com/docs/reference/python/storage-from-copy

        Raises:
            NotFoundError: There is no such file.
            ConflictError: There is one at the new path already.

        Example:
            >>> p.supabase.storage.create_bucket("avatars")
            >>> _ = p.supabase.storage.bucket("avatars").upload("a.txt", b":-)")
            >>> p.supabase.storage.bucket("avatars").copy("a.txt", "b.txt")
        """
        await self.fetch("POST", "/storage/v1/object/copy", body=self._pair(source, target))

    def _pair(self, source: str, target: str) -> dict[str, str]:
        _ = file_path(source), file_path(target)
        return {"bucketId": self._name, "sourceKey": source.strip("/"), "destinationKey": target.strip("/")}


def _opened(data: "bytes | str | PathLike[str] | BinaryIO") -> "AbstractContextManager[Any]":
    """What to read the file from; what we open we close."""
    if isinstance(data, bytes | bytearray | memoryview):
        return nullcontext(bytes(data))
    if isinstance(data, str | PathLike):
        try:
            return Path(data).open("rb")
        except OSError as error:
            raise InvalidRequestError(f"the file {str(data)!r} cannot be read ({error.strerror}).") from error
    if not hasattr(data, "read") or isinstance(getattr(data, "newlines", b""), str | tuple):
        raise InvalidRequestError("data is bytes, the path of a local file, or a file that is open for reading bytes.")
    return nullcontext(data)
