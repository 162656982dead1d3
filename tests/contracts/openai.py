"""Exchanges held against OpenAI's own OpenAPI description (tests/data/openai-openapi.json.gz), events of streams included."""

import base64
import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FILE = Path(__file__).parent.parent / "data" / "openai-openapi.json.gz"
_ROOT = "urn:openai"
_CHUNK = {"$ref": "#/components/schemas/CreateChatCompletionStreamResponse"}
_REFUSAL = {"$ref": "#/components/schemas/ErrorResponse"}


class ContractError(AssertionError):
    """The exchange is not what OpenAI describes."""


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
def _registry():
    resource = DRAFT202012.create_resource({"components": _converted(_document()["components"])})
    return Registry().with_resource(_ROOT, resource)


@cache
def _validator(text):
    return Draft202012Validator(_converted(json.loads(text)), registry=_registry())


def _deepest(fault):
    while fault.context:
        fault = max(fault.context, key=lambda one: (len(one.absolute_path), one.validator != "type"))
    return fault


def _check(schema, value, what):
    faults = [_deepest(fault) for fault in _validator(json.dumps(schema, sort_keys=True)).iter_errors(value)]
    if faults:
        lines = [f"  at {'/'.join(map(str, one.absolute_path)) or '.'}: {one.message[:300]}" for one in faults[:5]]
        raise ContractError("\n".join([f"{what} does not fit OpenAI's description:", *lines]))


@cache
def _patterns():
    found = []
    for path in _document()["paths"]:
        parts = re.split(r"\{\w+\}", path)
        found.append((-len("".join(parts)), path, re.compile("([^/]+)".join(map(re.escape, parts)))))
    return [(path, pattern) for _, path, pattern in sorted(found, key=lambda item: item[:2])]


def find_operation(method, path):
    """Give the template of a path below /v1 and its operation."""
    for template, pattern in _patterns():
        operation = _document()["paths"][template].get(method.lower())
        if operation and pattern.fullmatch(path.removeprefix("/v1")):
            return template, operation
    raise ContractError(f"OpenAI describes no {method.upper()} {path}")


def _check_request(what, operation, query, kind, body):
    known = {item["name"] for item in operation.get("parameters", []) if item["in"] == "query"}
    for name, _ in parse_qsl(query, keep_blank_values=True):
        if name not in known:
            raise ContractError(f"{what} has the parameter {name}, which OpenAI does not know")
    if kind == "application/json" and body:
        schema = operation.get("requestBody", {}).get("content", {}).get(kind, {}).get("schema")
        if schema is None and json.loads(body) != {}:
            raise ContractError(f"{what} has a body, which OpenAI does not expect")
        _check(schema or {}, json.loads(body), f"{what}: the request")
    if kind == "multipart/form-data":
        schema = operation["requestBody"]["content"][kind]["schema"]
        target = _document()["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        given = {name.decode().removesuffix("[]") for name in re.findall(rb'[; ]name="([^"]*)"', body)}
        if given - set(target["properties"]) or set(target.get("required", ())) - given:
            raise ContractError(f"{what}: the form has {sorted(given)}")


def events_of(body):
    """The JSON events of a stream, without its end mark."""
    found = [line.removeprefix("data: ") for line in body.decode().splitlines() if line.startswith("data: ")]
    return [json.loads(one) for one in found if one != "[DONE]"]


def _numbers(reply):
    """A reply whose embeddings are numbers: the description leaves out what `encoding_format` base64 gives."""
    for item in reply.get("data", ()):
        if item.get("object") == "embedding" and isinstance(item["embedding"], str):
            item["embedding"] = list(memoryview(base64.b64decode(item["embedding"])).cast("f"))
    return reply


def validate_exchange(method, path, status, request_kind, request_body, kind, body):  # noqa: PLR0917
    """Check a request and its reply.

    Args:
        method: The HTTP method.
        path: As sent, with the query, without scheme and host.
        status: The reply's status.
        request_kind: The request's content type.
        request_body: Its bytes.
        kind: The reply's content type.
        body: Its bytes.

    Returns:
        The description's template for the path.

    Raises:
        ContractError: If anything is not as OpenAI describes it.
    """
    bare, _, query = path.partition("?")
    what, kind = f"{method.upper()} {path}", kind.partition(";")[0]
    if status >= 400:
        _check(_REFUSAL, json.loads(body), f"{what}: the refusal {status}")
        return None
    template, operation = find_operation(method, bare)
    _check_request(what, operation, query, request_kind.partition(";")[0], request_body)
    content = operation["responses"][str(status)].get("content", {})
    if kind == "text/event-stream":
        for event in events_of(body):
            schema = _CHUNK if template == "/chat/completions" else content[kind]["schema"]
            _check(schema, event, f"{what}: an event")
    elif kind == "application/json" and not template.endswith("/content"):
        schema = content.get(kind, {}).get("schema")
        if schema is not None:
            _check(schema, _numbers(json.loads(body)), f"{what}: the reply {status}")
    return template
