"""`/storage/v1`: buckets and files; who may do what is row-level security on `storage.objects`.

https://supabase.com/docs/reference/self-hosting-storage/introduction
"""

import hashlib
import json
import mimetypes
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import quote, unquote

from .call import Call, Reply
from .line import DatabaseError, Line, literal_array
from .multipart import parts_of
from .refusals import storage, unknown
from .tokens import BadTokenError

_UNITS = {"": 1, "b": 1, "kb": 10**3, "mb": 10**6, "gb": 10**9, "kib": 2**10, "mib": 2**20, "gib": 2**30}
_KEY = re.compile(r"(\w|/|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*", re.ASCII)
_BUCKET = """json_build_object('id', id, 'name', name, 'owner', owner, 'public', public, 'type', 'STANDARD',
    'file_size_limit', file_size_limit, 'allowed_mime_types', allowed_mime_types, 'created_at', created_at, 'updated_at', updated_at)::text"""
_OBJECT = """json_build_object('id', id, 'name', name, 'bucket_id', bucket_id, 'owner', coalesce(owner::text, ''), 'version', version,
    'metadata', metadata, 'user_metadata', user_metadata, 'created_at', created_at, 'updated_at', updated_at,
    'last_accessed_at', last_accessed_at)::text"""

_UPLOAD_SECONDS = 7200
_REPLACING = "on conflict (bucket_id, name) do update set version = excluded.version, metadata = excluded.metadata, user_metadata = excluded.user_metadata, updated_at = now()"
Place = list[str]


async def answer(call: Call) -> Reply:
    """Answer one request to `/storage/v1`."""
    path = call.path.removeprefix("/storage/v1").strip("/")
    for method, pattern, handler in _ROUTES:
        found = re.fullmatch(pattern, path) if method == call.method else None
        if found:
            return await _guarded(call, handler, [unquote(part) for part in found.groups()])
    raise unknown(call.method, call.path)


async def _guarded(call: Call, handler: "_Handler", place: Place) -> Reply:
    try:
        return await handler(call, place)
    except DatabaseError as error:
        if error.code == "42501":
            raise storage(403, "Unauthorized", error.message) from error
        if error.code == "23505":
            raise storage(409, "Duplicate", "The resource already exists") from error
        if error.code == "23503":
            raise storage(404, "Bucket not found", "Bucket not found") from error
        raise storage(500, "DatabaseError", error.message) from error
    except BadTokenError as error:
        raise storage(400, "InvalidJWT", error.message) from error
    except (ValueError, TypeError, KeyError) as error:
        raise storage(400, "Error", f"the body is not what it should be: {error}") from error


# -- buckets


async def _buckets(call: Call, _: Place) -> Reply:
    async with call.database() as line:
        rows = await line.run(f"select {_BUCKET} from storage.buckets order by name")
    return Reply([json.loads(row[0] or "{}") for row in rows])


async def _bucket(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        return Reply(await _found_bucket(line, place[0]))


async def _found_bucket(line: Line, bucket: str) -> dict[str, Any]:
    rows = await line.run(f"select {_BUCKET} from storage.buckets where id = $1", bucket)
    if not rows:
        raise storage(404, "Bucket not found", "Bucket not found")
    found: dict[str, Any] = json.loads(rows[0][0] or "{}")
    return found


def _options(given: dict[str, Any]) -> list[str | None]:
    limit, types = given.get("file_size_limit"), given.get("allowed_mime_types")
    size = None if limit is None else str(_bytes(str(limit)))
    return [str(bool(given.get("public"))).lower(), size, None if types is None else literal_array(types)]


def _bytes(said: str) -> int:
    found = re.fullmatch(r"(\d+)\s*([a-z]*)", said.strip().lower())
    if found is None or found[2] not in _UNITS:
        raise storage(422, "InvalidRequest", f"Invalid file size format: {said}")
    return int(found[1]) * _UNITS[found[2]]


async def _make_bucket(call: Call, _: Place) -> Reply:
    given = call.json()
    bucket = str(given.get("id") or given["name"])
    async with call.database() as line:
        sql = "insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types) values ($1, $2, $3, $4, $5)"
        await line.run(sql, bucket, str(given.get("name") or bucket), *_options(given))
    return Reply({"name": bucket})


async def _change_bucket(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        await _found_bucket(line, place[0])
        sql = "update storage.buckets set public = $2, file_size_limit = $3, allowed_mime_types = $4, updated_at = now() where id = $1"
        await line.run(sql, place[0], *_options(call.json()))
    return Reply({"message": "Successfully updated"})


async def _empty_bucket(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        await _found_bucket(line, place[0])
        gone = await line.run("delete from storage.objects where bucket_id = $1 returning version", place[0])
    for row in gone:
        call.project.files.pop(row[0] or "", None)
    return Reply({"message": "Successfully emptied"})


async def _drop_bucket(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        await _found_bucket(line, place[0])
        if await line.run("select 1 from storage.objects where bucket_id = $1 limit 1", place[0]):
            raise storage(409, "InvalidRequest", "The bucket you tried to delete is not empty")
        await line.run("delete from storage.buckets where id = $1", place[0])
    return Reply({"message": "Successfully deleted"})


# -- files


def _checked_key(name: str) -> None:
    if not name or not _KEY.fullmatch(name):
        raise storage(400, "InvalidKey", f"Invalid key: {name}")


async def _upload(call: Call, place: Place) -> Reply:
    upsert = call.headers.get("x-upsert", "").lower() == "true" or call.method == "PUT"
    return await _stored(call, place[0], place[1], upsert=upsert)


async def _stored(call: Call, bucket: str, name: str, *, upsert: bool, role: str | None = None) -> Reply:
    _checked_key(name)
    content, kind, said, cache = _sent(call, name)
    async with call.database(role="postgres") as line:
        _fits(await _found_bucket(line, bucket), content, kind)
        before = await line.run("select version from storage.objects where bucket_id = $1 and name = $2", bucket, name)
    version = secrets.token_hex(16)
    facts = {
        "eTag": f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"', "size": len(content), "mimetype": kind,
        "cacheControl": cache, "contentLength": len(content), "httpStatusCode": 200,
    }  # fmt: skip
    async with call.database(role=role) as line:
        sql = "insert into storage.objects (bucket_id, name, version, metadata, user_metadata) values ($1, $2, $3, $4, $5)"
        # no `returning`: to write a file one need not be allowed to read it
        await line.run(f"{sql} {_REPLACING if upsert else ''}", bucket, name, version, json.dumps(facts), said)
        call.project.files[version] = content
        uid = (
            await line.run("select id from storage.objects where bucket_id = $1 and name = $2", bucket, name) or [("",)]
        )[0][0]
    for row in before:
        call.project.files.pop(row[0] or "", None)
    return Reply({"Key": f"{bucket}/{name}", "Id": uid})


def _sent(call: Call, name: str) -> tuple[bytes, str, str | None, str]:
    kind, cache = call.headers.get("content-type", ""), call.headers.get("cache-control", "no-cache")
    if not kind.startswith("multipart/form-data"):
        return call.content, kind or "application/octet-stream", None, cache
    found = parts_of(call.content, kind)
    file = next((part for part in found if part.filename is not None), None)
    if file is None:
        raise storage(400, "InvalidRequest", "No file in the form")
    fields = {part.name: part.content.decode() for part in found if part.filename is None}
    guessed = mimetypes.guess_type(name)[0] or "application/octet-stream"
    seconds = fields.get("cacheControl")
    return file.content, file.kind or guessed, fields.get("metadata"), f"max-age={seconds}" if seconds else cache


def _fits(bucket: dict[str, Any], content: bytes, kind: str) -> None:
    limit, allowed = bucket["file_size_limit"], bucket["allowed_mime_types"]
    if limit is not None and len(content) > limit:
        raise storage(413, "Payload too large", "The object exceeded the maximum allowed size")
    plain = kind.partition(";")[0].strip()
    if allowed and not any(one in (plain, "*/*", f"{plain.partition('/')[0]}/*") for one in allowed):
        raise storage(415, "invalid_mime_type", f"mime type {plain} is not supported")


async def _download(call: Call, place: Place) -> Reply:
    return await _sent_back(call, place[0], place[1])


async def _public(call: Call, place: Place) -> Reply:
    async with call.database(role="postgres") as line:
        if not (await _found_bucket(line, place[0]))["public"]:
            raise storage(404, "Bucket not found", "Bucket not found")
    return await _sent_back(call, place[0], place[1], role="postgres")


async def _signed(call: Call, place: Place) -> Reply:
    claims = call.project.signer.verify(call.argument.get("token", ""), call.project.now())
    if claims.get("url") != f"{place[0]}/{place[1]}" or "upsert" in claims:
        raise storage(400, "InvalidSignature", "The url do not match the signature")
    return await _sent_back(call, place[0], place[1], role="postgres")


async def _sent_back(call: Call, bucket: str, name: str, role: str | None = None) -> Reply:
    async with call.database(role=role) as line:
        found = await _found_object(line, bucket, name)
    facts = found["metadata"]
    headers = {"ETag": facts["eTag"], "Cache-Control": facts["cacheControl"]}
    if "download" in call.argument:
        said = call.argument["download"] or name.rpartition("/")[2]
        headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(said)}"
    return Reply(call.project.files[found["version"]], 200, headers, facts["mimetype"])


async def _found_object(line: Line, bucket: str, name: str) -> dict[str, Any]:
    rows = await line.run(f"select {_OBJECT} from storage.objects where bucket_id = $1 and name = $2", bucket, name)
    if not rows:
        raise storage(404, "not_found", "Object not found")
    found: dict[str, Any] = json.loads(rows[0][0] or "{}")
    return found


async def _info(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        found = await _found_object(line, place[0], place[1])
    facts = found.pop("metadata")
    shown = {
        "size": facts["size"],
        "content_type": facts["mimetype"],
        "cache_control": facts["cacheControl"],
        "etag": facts["eTag"],
    }
    return Reply({**found, **shown, "metadata": found.pop("user_metadata"), "last_modified": found["updated_at"]})


async def _list(call: Call, place: Place) -> Reply:
    given = call.json()
    prefix = str(given.get("prefix") or "").strip("/")
    sort: dict[str, str] = given.get("sortBy") or {}
    folder = f"{prefix}/" if prefix else ""
    async with call.database() as line:
        rows = await line.run(
            f"select {_OBJECT} from storage.objects where bucket_id = $1 and starts_with(name, $2) order by name",
            place[0],
            folder,
        )
    entries = _entries([json.loads(row[0] or "{}") for row in rows], folder, str(given.get("search") or ""))
    column = sort.get("column", "name")
    entries.sort(key=lambda entry: (entry[column] is None, entry[column] or ""), reverse=sort.get("order") == "desc")
    first, most = int(given.get("offset") or 0), int(given.get("limit") or 100)
    return Reply(entries[first : first + most])


def _entries(files: list[dict[str, Any]], folder: str, search: str) -> list[dict[str, Any]]:
    """What is right in a folder: its files, and its folders by name alone."""
    found: dict[str, dict[str, Any]] = {}
    for file in files:
        name, deeper, _ = file["name"][len(folder) :].partition("/")
        if search.lower() not in name.lower():
            continue
        about = dict.fromkeys(("id", "updated_at", "created_at", "last_accessed_at", "metadata")) if deeper else file
        found.setdefault(
            name,
            {
                **{key: about[key] for key in ("id", "updated_at", "created_at", "last_accessed_at", "metadata")},
                "name": name,
            },
        )
    return list(found.values())


async def _remove(call: Call, place: Place) -> Reply:
    names = literal_array([str(name) for name in call.json()["prefixes"]])
    async with call.database() as line:
        sql = f"delete from storage.objects where bucket_id = $1 and name = any($2) returning {_OBJECT}"
        gone = [json.loads(row[0] or "{}") for row in await line.run(sql, place[0], names)]
    for one in gone:
        call.project.files.pop(one["version"], None)
    return Reply(gone)


async def _remove_one(call: Call, place: Place) -> Reply:
    async with call.database() as line:
        await _found_object(line, place[0], place[1])
        await line.run("delete from storage.objects where bucket_id = $1 and name = $2", place[0], place[1])
    return Reply({"message": "Successfully deleted"})


async def _move(call: Call, _: Place) -> Reply:
    given = call.json()
    bucket, target = given["bucketId"], given.get("destinationBucket") or given["bucketId"]
    async with call.database() as line:
        found = await _found_object(line, bucket, given["sourceKey"])
        sql = "update storage.objects set bucket_id = $2, name = $3, updated_at = now() where id = $1"
        await line.run(sql, found["id"], target, given["destinationKey"])
    return Reply({"message": "Successfully moved"})


async def _copy(call: Call, _: Place) -> Reply:
    given = call.json()
    bucket, target, name = (
        given["bucketId"],
        given.get("destinationBucket") or given["bucketId"],
        given["destinationKey"],
    )
    version = secrets.token_hex(16)
    async with call.database() as line:
        found = await _found_object(line, bucket, given["sourceKey"])
        sql = "insert into storage.objects (bucket_id, name, version, metadata, user_metadata) values ($1, $2, $3, $4, $5) returning id"
        facts, said = json.dumps(found["metadata"]), json.dumps(found["user_metadata"])
        uid = (await line.run(sql, target, name, version, facts, said))[0][0]
    call.project.files[version] = call.project.files[found["version"]]
    return Reply({"Key": f"{target}/{name}", "Id": uid})


async def _sign(call: Call, place: Place) -> Reply:
    given = call.json()
    if given.get("transform"):
        raise unknown(call.method, f"{call.path} with transform")
    async with call.database(role=None) as line:
        await _found_object(line, place[0], place[1])
    return Reply({"signedURL": _signed_path(call, place[0], place[1], given["expiresIn"])})


async def _sign_upload(call: Call, place: Place) -> Reply:
    """A place where anybody who has its token may upload to, for two hours, if the one who asks may."""
    _checked_key(place[1])
    upsert = call.headers.get("x-upsert", "").lower() == "true"
    async with call.database() as line:
        await line.run("savepoint allowed")
        sql = "insert into storage.objects (bucket_id, name, version, metadata) values ($1, $2, '', '{}')"
        await line.run(f"{sql} {_REPLACING if upsert else ''}", place[0], place[1])
        await line.run("rollback to savepoint allowed")
    now = int(call.project.now())
    about = {"url": f"{place[0]}/{place[1]}", "upsert": upsert, "owner": call.claims.get("sub")}
    token = call.project.signer.sign({**about, "iat": now, "exp": now + _UPLOAD_SECONDS})
    return Reply({"url": f"/object/upload/sign/{quote(place[0])}/{quote(place[1])}?token={token}", "token": token})


async def _upload_signed(call: Call, place: Place) -> Reply:
    claims = call.project.signer.verify(call.argument.get("token", ""), call.project.now())
    if claims.get("url") != f"{place[0]}/{place[1]}" or "upsert" not in claims:
        raise storage(400, "InvalidSignature", "The url do not match the signature")
    return await _stored(call, place[0], place[1], upsert=claims["upsert"], role="postgres")


async def _sign_many(call: Call, place: Place) -> Reply:
    given = call.json()
    paths = [str(path) for path in given["paths"]]
    async with call.database() as line:
        sql = "select name from storage.objects where bucket_id = $1 and name = any($2)"
        there = {row[0] for row in await line.run(sql, place[0], literal_array(paths))}
    return Reply([
        {"error": None, "path": path, "signedURL": _signed_path(call, place[0], path, given["expiresIn"])} if path in there
        else {"error": "Either the object does not exist or you do not have access to it", "path": path, "signedURL": None}
        for path in paths
    ])  # fmt: skip


def _signed_path(call: Call, bucket: str, name: str, seconds: Any) -> str:
    now = int(call.project.now())
    token = call.project.signer.sign({"url": f"{bucket}/{name}", "iat": now, "exp": now + int(seconds)})
    return f"/object/sign/{quote(bucket)}/{quote(name)}?token={token}"


_Handler = Callable[[Call, Place], Awaitable[Reply]]
_ROUTES: list[tuple[str, str, _Handler]] = [
    ("GET", "bucket", _buckets), ("POST", "bucket", _make_bucket), ("GET", "bucket/([^/]+)", _bucket),
    ("PUT", "bucket/([^/]+)", _change_bucket), ("DELETE", "bucket/([^/]+)", _drop_bucket),
    ("POST", "bucket/([^/]+)/empty", _empty_bucket),
    ("POST", "object/move", _move), ("POST", "object/copy", _copy), ("POST", "object/list/([^/]+)", _list),
    ("POST", "object/sign/([^/]+)", _sign_many), ("POST", "object/sign/([^/]+)/(.+)", _sign),
    ("GET", "object/sign/([^/]+)/(.+)", _signed), ("GET", "object/public/([^/]+)/(.+)", _public),
    ("GET", "object/info/([^/]+)/(.+)", _info), ("GET", "object/info/authenticated/([^/]+)/(.+)", _info),
    ("GET", "object/authenticated/([^/]+)/(.+)", _download), ("GET", "object/([^/]+)/(.+)", _download),
    ("POST", "object/upload/sign/([^/]+)/(.+)", _sign_upload), ("PUT", "object/upload/sign/([^/]+)/(.+)", _upload_signed),
    ("POST", "object/([^/]+)/(.+)", _upload), ("PUT", "object/([^/]+)/(.+)", _upload),
    ("DELETE", "object/([^/]+)", _remove), ("DELETE", "object/([^/]+)/(.+)", _remove_one),
]  # fmt: skip
