"""Exchanges held against Stripe's own OpenAPI description (tests/data/stripe-openapi.json.gz).

Stripe's requests are forms with brackets, which the description gives as objects: they are decoded here and each value is read as
the type that its schema names.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote

from jsonschema import Draft202012Validator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FILE = Path(__file__).parent.parent / "data" / "stripe-openapi.json.gz"
_ROOTS = {False: "urn:stripe", True: "urn:stripe-closed"}
_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")


class ContractError(AssertionError):
    """The exchange is not what Stripe describes."""


@cache
def _document():
    return json.loads(gzip.decompress(_FILE.read_bytes()))


def _converted(node, *, closed):
    """Rewrite `nullable` and the references; when closed, allow no property that is not described."""
    if isinstance(node, list):
        return [_converted(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node and isinstance(node["$ref"], str):
        made = {"$ref": _ROOTS[closed] + node["$ref"]}
    else:
        made = {
            key: _converted(value, closed=closed)
            for key, value in node.items()
            if key != "nullable" or value is not True
        }
    if closed and made.get("type") == "object" and made.get("properties"):
        made.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, made]} if node.get("nullable") is True else made


@cache
def _registry():
    components = _document()["components"]
    pairs = [
        (root, DRAFT202012.create_resource({"components": _converted(components, closed=closed)}))
        for closed, root in _ROOTS.items()
    ]
    return Registry().with_resources(pairs)


@cache
def _validator(text, closed):
    return Draft202012Validator(_converted(json.loads(text), closed=closed), registry=_registry())


def _deepest(fault):
    """The fault that matters: of several alternatives the one that came furthest."""
    while fault.context:
        fault = max(fault.context, key=lambda one: (len(one.absolute_path), one.validator != "type"))
    return fault


def _check(schema, value, what, *, closed):
    faults = [_deepest(fault) for fault in _validator(json.dumps(schema, sort_keys=True), closed).iter_errors(value)]
    if faults:
        lines = [
            f"  at {'/'.join(map(str, fault.absolute_path)) or '.'}: {fault.message[:300]}" for fault in faults[:5]
        ]
        raise ContractError("\n".join([f"{what} does not fit Stripe's description:", *lines]))


@cache
def _patterns():
    found = []
    for path in _document()["paths"]:
        parts = re.split(r"\{\w+\}", path)
        found.append((-len("".join(parts)), path, re.compile("([^/]+)".join(map(re.escape, parts)))))
    return [(path, pattern) for _, path, pattern in sorted(found, key=lambda item: item[:2])]


def find_operation(method, path):
    """Give the template of a path and its operation."""
    for template, pattern in _patterns():
        operation = _document()["paths"][template].get(method.lower())
        if operation and pattern.fullmatch(unquote(path)):
            return template, operation
    raise ContractError(f"Stripe describes no {method.upper()} {path}")


# -- requests


def decode(text):
    """The tree that a form stands for."""
    tree = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        found = _KEY.fullmatch(key)
        if found is None:
            raise ContractError(f"{key!r} is no name of a parameter")
        node, names = tree, [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])]
        for name in names[:-1]:
            node = node.setdefault(name or str(len(node)), {})
        node[names[-1] or str(len(node))] = value
    return tree


def _read(schema, value):
    """What the form's text means under a schema; the text itself where it means nothing."""
    for one in schema.get("anyOf", ()):
        found = _read(one, value)
        if Draft202012Validator(_converted(one, closed=True)).is_valid(found):
            return found
    kind = schema.get("type")
    if isinstance(value, dict):
        if kind == "array":
            return [_read(schema["items"], value[name]) for name in sorted(value, key=int)]
        known, other = schema.get("properties", {}), schema.get("additionalProperties")
        return {
            name: _read(known.get(name, other if isinstance(other, dict) else {}), below)
            for name, below in value.items()
        }
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    if kind == "number" and re.fullmatch(r"-?\d+(\.\d+)?", value):
        return float(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def _check_request(what, method, operation, query, body):
    if method.upper() == "POST":
        if query:
            raise ContractError(f"{what} has a query, which Stripe does not expect")
        schema = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
        _check(schema, _read(schema, decode(body)), f"{what}: the request", closed=True)
        return
    known = {item["name"]: item for item in operation.get("parameters", []) if item["in"] == "query"}
    if body and method.upper() == "DELETE":
        query = body
    if operation.get("requestBody") and method.upper() == "DELETE":
        content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
        known |= {name: {"schema": schema} for name, schema in content["schema"].get("properties", {}).items()}
    given = decode(query)
    for name, value in given.items():
        if name not in known:
            raise ContractError(f"{what} has the parameter {name}, which Stripe does not know")
        schema = known[name]["schema"]
        _check(schema, _read(schema, value), f"{what}: the parameter {name}", closed=True)
    missing = [name for name, item in known.items() if item.get("required") and name not in given]
    if missing:
        raise ContractError(f"{what} lacks the parameter {missing[0]}")


def validate_request(method, path, body):
    """Check a request: its path as sent, with the query, and its body as text. Returns the path's template."""
    bare, _, query = path.partition("?")
    template, operation = find_operation(method, bare)
    _check_request(f"{method.upper()} {path}", method, operation, query, body or "")
    return template


def validate_exchange(method, path, status, request_body, response_body, *, closed=True):
    """Check a request and its reply.

    Args:
        method: The HTTP method.
        path: As sent, with the query, without scheme and host.
        status: The reply's status.
        request_body: The request's form, as text.
        response_body: The reply's JSON.
        closed: Whether properties Stripe does not describe are faults too.

    Returns:
        The description's template for the path.

    Raises:
        ContractError: If anything is not as Stripe describes it.
    """
    bare, _, _ = path.partition("?")
    what = f"{method.upper()} {path}"
    template, operation = find_operation(method, bare)
    # A refused request may be just what the refusal says is wrong with it.
    if status < 400:
        validate_request(method, path, request_body)
    described = operation["responses"].get(str(status)) or operation["responses"]["default"]
    _check(
        described["content"]["application/json"]["schema"], response_body, f"{what}: the reply {status}", closed=closed
    )
    return template
