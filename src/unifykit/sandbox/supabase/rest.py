"""`/rest/v1`: tables and functions, in PostgREST's dialect.

https://docs.postgrest.org/en/stable/
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import unquote

from . import reading, writing
from .call import Call, Reply
from .calling import called
from .catalog import Table
from .line import DatabaseError
from .refusals import Refusal, rest, status_of
from .schema import EXPOSED
from .wish import Wish, read_wish

_TABLES: dict[str, Callable[[Call, str, Wish], Awaitable[Reply]]] = {
    "GET": reading.selected, "HEAD": reading.selected, "POST": writing.inserted, "PATCH": writing.updated,
    "DELETE": writing.deleted, "PUT": writing.put,
}  # fmt: skip
_OPENAPI = ("application/openapi+json", "application/json", "*/*", "")


async def answer(call: Call) -> Reply:
    """Answer one request to `/rest/v1`."""
    place = [unquote(part) for part in call.path.removeprefix("/rest/v1").strip("/").split("/")]
    try:
        _profile(call)
        if call.method == "OPTIONS":
            return await _allowed(call, place)
        if place == [""]:
            return await _described(call)
        return await _performed(call, place, read_wish(call))
    except DatabaseError as error:
        raise _refused(call, error) from error


async def _performed(call: Call, place: list[str], wish: Wish) -> Reply:
    if len(place) == 2 and place[0] == "rpc":  # noqa: PLR2004 -- rpc/name
        if call.method not in ("GET", "HEAD", "POST"):
            raise rest(405, "PGRST101", f"Cannot use the {call.method} method on RPC")
        return await called(call, place[1], wish)
    if len(place) > 1:
        raise _no_path()
    if call.method not in _TABLES:
        raise rest(405, "PGRST117", f"Unsupported HTTP method: {call.method}")
    return await _TABLES[call.method](call, place[0], wish)


def _no_path() -> Refusal:
    return rest(404, "PGRST125", "Invalid path specified in request URL")


def _profile(call: Call) -> None:
    header = "accept-profile" if call.method in ("GET", "HEAD") else "content-profile"
    wanted = call.headers.get(header, EXPOSED)
    if wanted != EXPOSED:
        raise rest(
            406, "PGRST106", f"Invalid schema: {wanted}", hint=f"Only the following schemas are exposed: {EXPOSED}"
        )


def _refused(call: Call, error: DatabaseError) -> Refusal:
    if error.code == "PGRST":
        return _own(error)
    status = status_of(error.code, anonymous=call.role == "anon")
    return rest(status, error.code, error.message, error.detail, error.hint)


def _own(error: DatabaseError) -> Refusal:
    """What a function of the database wants to be answered.

    https://docs.postgrest.org/en/stable/references/errors.html#add-http-headers-with-raise
    """
    try:
        said, how = json.loads(error.message), json.loads(error.detail or "")
        refusal = rest(how["status"], said["code"], said["message"], said.get("details"), said.get("hint"))
        refusal.headers = {str(name): str(value) for name, value in how["headers"].items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        hint = "DETAIL must be a JSON object with obligatory keys: 'status', 'headers' and optional key: 'status_text'."
        return rest(
            500, "PGRST121", "Could not parse JSON in the \"RAISE SQLSTATE 'PGRST'\" error", error.message, hint
        )
    return refusal


async def _allowed(call: Call, place: list[str]) -> Reply:
    """https://docs.postgrest.org/en/stable/references/api/options.html."""
    async with call.database():
        catalog = call.project.catalog
    allowed = "OPTIONS,GET,HEAD"
    if place[0] == "rpc" and len(place) == 2:  # noqa: PLR2004 -- rpc/name
        volatile = any(one.volatile == "v" for one in catalog.functions if one.name == place[1])
        allowed = "OPTIONS,POST" if volatile else "OPTIONS,GET,HEAD,POST"
    elif len(place) > 1:
        raise _no_path()
    elif place[0]:
        table = reading.table_of(catalog, place[0])
        allowed += f",POST{',PUT' if table.primary else ''},PATCH,DELETE"
    return Reply(b"", 200, {"Allow": allowed, "Access-Control-Allow-Origin": "*"})


async def _described(call: Call) -> Reply:
    """https://docs.postgrest.org/en/stable/references/api/openapi.html."""
    accepted = call.headers.get("accept", "").partition(",")[0].partition(";")[0].strip()
    if call.method not in ("GET", "HEAD"):
        raise rest(405, "PGRST117", f"Unsupported HTTP method: {call.method}")
    if accepted not in _OPENAPI:
        raise rest(406, "PGRST107", f"None of these media types are available: {accepted}")
    async with call.database():
        catalog = call.project.catalog
    paths: dict[str, Any] = {"/": {"get": {"tags": ["Introspection"]}}}
    for table in catalog.tables:
        paths[f"/{table}"] = {verb: {"tags": [table]} for verb in ("get", "post", "delete", "patch")}
    for function in catalog.functions:
        verbs = ("post",) if function.volatile == "v" else ("get", "post")
        paths[f"/rpc/{function.name}"] = {verb: {"tags": [f"(rpc) {function.name}"]} for verb in verbs}
    said = {
        "swagger": "2.0", "info": {"title": "standard public schema", "version": "sandbox"}, "basePath": "/",
        "paths": paths, "definitions": {name: _definition(table) for name, table in catalog.tables.items()},
    }  # fmt: skip
    return Reply(said, 200, {}, "application/openapi+json; charset=utf-8")


def _definition(table: Table) -> dict[str, Any]:
    return {"type": "object", "properties": {name: {"format": kind} for name, kind in table.types.items()}}
