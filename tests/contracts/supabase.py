"""Exchanges held against Supabase Auth's own OpenAPI description (tests/data/supabase-auth-openapi.json.gz)."""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FILE = Path(__file__).parent.parent / "data" / "supabase-auth-openapi.json.gz"
_ROOT = "urn:supabase-auth"
_REFUSAL = {"$ref": "#/components/schemas/ErrorSchema"}
_EVERYWHERE = {"redirect_to"}
"""Which the description leaves out and its server reads of every request: internal/utilities/request.go of supabase/auth."""
_ADMIN = {"password", "email_confirm", "phone_confirm", "ban_duration", "should_soft_delete"}
"""Which the description leaves out too: https://supabase.com/docs/reference/python/auth-admin-createuser."""
_UNDESCRIBED = {("POST", "/admin/users"): ("PUT", "/admin/users/{userId}")}
"""Making an account is described nowhere; what it takes and gives is what changing one does."""


class ContractError(AssertionError):
    """The exchange is not what Supabase describes."""


@cache
def _document():
    return json.loads(gzip.decompress(_FILE.read_bytes()))


def _converted(node):
    """Rewrite `nullable` and the references; `oneOf` becomes `anyOf`, for the description's alternatives overlap."""
    if isinstance(node, list):
        return [_converted(item) for item in node]
    if not isinstance(node, dict):
        return node
    made = {
        "anyOf" if key == "oneOf" else key: _converted(value)
        for key, value in node.items()
        if (key, value) != ("nullable", True)
    }
    if isinstance(node.get("$ref"), str):
        made["$ref"] = _ROOT + node["$ref"]
    return {"anyOf": [{"type": "null"}, made]} if node.get("nullable") is True else made


@cache
def _validator(text):
    resource = DRAFT202012.create_resource({"components": _converted(_document()["components"])})
    registry = Registry().with_resource(_ROOT, resource)
    return Draft202012Validator(_converted(json.loads(text)), registry=registry, format_checker=FormatChecker())


def _check(schema, value, what):
    faults = [*_validator(json.dumps(schema, sort_keys=True)).iter_errors(value)]
    if faults:
        lines = [f"  at {'/'.join(map(str, one.absolute_path)) or '.'}: {one.message[:300]}" for one in faults[:5]]
        raise ContractError("\n".join([f"{what} does not fit Supabase's description:", *lines]))


def _resolved(schema):
    if "$ref" not in schema:
        return schema
    _, _, kind, name = schema["$ref"].split("/")
    return _document()["components"][kind][name]


def find_operation(method, path):
    """Give the template of a path below /auth/v1 and its operation."""
    for template, item in _document()["paths"].items():
        pattern = "([^/]+)".join(map(re.escape, re.split(r"\{\w+\}", template)))
        if not re.fullmatch(pattern, path.removeprefix("/auth/v1")):
            continue
        other, place = _UNDESCRIBED.get((method.upper(), template), (method, template))
        if other.lower() in _document()["paths"][place]:
            return template, _document()["paths"][place][other.lower()], item
    raise ContractError(f"Supabase describes no {method.upper()} {path}")


def _check_request(what, operation, query, body):
    known = {item["name"] for item in operation.get("parameters", []) if item["in"] == "query"} | _EVERYWHERE
    unknown = {name for name, _ in parse_qsl(query, keep_blank_values=True)} - known
    if unknown:
        raise ContractError(f"{what} has the parameters {sorted(unknown)}, which Supabase does not know")
    schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    said = json.loads(body) if body else {}
    more = _ADMIN if "/admin/" in what else set()
    if schema is None:
        if set(said) - more:
            raise ContractError(f"{what} has a body, which Supabase does not expect")
        return
    # what is not said is not there: SDKs write null or nothing for it
    said = {name: value for name, value in said.items() if value not in (None, {}, {"captcha_token": None})}
    _check(schema, said, f"{what}: the request")
    extra = set(said) - set(_resolved(schema)["properties"]) - more
    if extra:
        raise ContractError(f"{what}: the request has {sorted(extra)}, which Supabase does not know")


def validate_exchange(method, path, status, request_kind, request_body, kind, body):  # noqa: PLR0917
    """Check a request and its reply; see `tests.contracts.openai`. What is not below /auth/v1 is let through."""
    bare, _, query = path.partition("?")
    if not bare.startswith("/auth/v1/"):
        return None
    what = f"{method.upper()} {path}"
    template, operation, _ = find_operation(method, bare)
    if status >= 400:
        _check(_REFUSAL, json.loads(body), f"{what}: the refusal {status}")
        if not {"code", "error_code", "msg"} <= set(json.loads(body)):
            raise ContractError(f"{what}: the refusal {status} does not say why")
        return None
    _check_request(what, operation, query, request_body)
    described = operation["responses"].get(str(status))
    if described is None:
        raise ContractError(f"{what}: {status} is not among {sorted(operation['responses'])}")
    schema = _resolved(described).get("content", {}).get("application/json", {}).get("schema")
    if schema is not None:
        _check(schema, json.loads(body), f"{what}: the reply {status}")
    elif body.strip() not in (b"", b"{}"):
        raise ContractError(f"{what}: the reply {status} has a body, which Supabase does not describe")
    return template
