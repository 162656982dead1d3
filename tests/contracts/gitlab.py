"""Checks an exchange against GitLab's own description of its API, which is CC BY-SA and so no part of this repository.

`UNIFYKIT_GITLAB_SPEC` names the file, `openapi_v2.yaml`, plain or gzipped. It marks almost no field of a reply as required
and types many loosely, so of replies it is the names that are checked.
"""

import gzip
import json
import os
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

VARIABLE = "UNIFYKIT_GITLAB_SPEC"
_NAMED = os.environ.get(VARIABLE)  # read here, because tests run in an environment without such names
_TYPES = {"string": str, "integer": int, "boolean": bool, "array": list, "object": dict, "number": (int, float)}
# What GitLab's generated description leaves out, though docs.gitlab.com has it.
_UNDESCRIBED = (
    r"/api/v4/user",
    r"/api/v4/projects/[^/]+/(issues|merge_requests)/\d+/notes(/\d+)?",
    r"/api/v4/projects/[^/]+/boards(/.*)?",
)
# Fields of replies that docs.gitlab.com shows and the generated description does not have, by its schema.
_MORE = {
    "API_Entities_MergeRequestApprovals": {
        "id", "iid", "project_id", "title", "description", "state", "created_at", "updated_at", "merge_status",
        "approvals_required", "approvals_left", "require_password_to_approve",
    },
}  # fmt: skip
# Fields of requests that docs.gitlab.com has and the generated description has not, by the end of the path.
_ASKED_MORE = {"/add_spent_time": {"summary"}}
# Fields that the description says are one thing where GitLab sends several.
_MANY = {"approved_by", "assignees", "reviewers", "tags"}
# Fields that the description says are texts where GitLab sends objects: https://docs.gitlab.com/api/snippets/
_MISTYPED = {"API_Entities_Snippet": {"files"}}
# Schemas that a reply has in the place of the one that is named.
_INSTEAD = {"API_Entities_BasicProjectDetails": "API_Entities_ProjectWithAccess"}


class ContractError(AssertionError):
    """The exchange is not what GitLab describes."""


def description():
    """The path that the environment names, or None."""
    if not _NAMED:
        return None
    path = Path(_NAMED)
    if path.is_dir():
        path = next(iter(sorted(path.glob("*.yaml*"))))
    return path


@cache
def _load(path):
    import yaml

    data = path.read_bytes()
    text = gzip.decompress(data) if path.suffix == ".gz" else data
    return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _document():
    return _load(description())


@cache
def _patterns():
    found = []
    for path in _document()["paths"]:
        parts = re.split(r"\{(\w+)\}|\*(\w+)", path)
        text, fixed = "", 0
        for number in range(0, len(parts), 3):
            text += re.escape(parts[number])
            fixed += len(parts[number])
            if number + 1 < len(parts):
                text += "([^/]+)" if parts[number + 1] else "(.+)"
        found.append((-fixed, path, re.compile(text)))
    return [(path, pattern) for _, path, pattern in sorted(found, key=lambda item: item[:2])]


def find_operation(method, path):
    """Give an operation's description, or None where GitLab's description is known to have none."""
    for template, pattern in _patterns():
        operation = _document()["paths"][template].get(method.lower())
        if operation and pattern.fullmatch(path):
            return operation
    if any(re.fullmatch(pattern, path) for pattern in _UNDESCRIBED):
        return None
    raise ContractError(f"GitLab describes no {method} {path}")


def _check_value(what, schema, value, *, in_query=False):
    kind = schema.get("type")
    if in_query and kind == "integer":
        ok = re.fullmatch(r"-?\d+", value)
    elif in_query and kind == "boolean":
        ok = value in ("true", "false")
    elif in_query or kind is None:
        ok = True
    else:
        ok = isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))
    if not ok:
        raise ContractError(f"{what}: {value!r} is no {kind}")
    if "enum" in schema and value not in schema["enum"] and not isinstance(value, list):
        raise ContractError(f"{what}: {value!r} is none of {schema['enum']}")


def _check_query(what, operation, query):
    known = {item["name"].removesuffix("[]"): item for item in operation.get("parameters", []) if item["in"] == "query"}
    for name, value in parse_qsl(query, keep_blank_values=True):
        bare = name.removesuffix("[]")
        if bare in ("pagination", "cursor"):  # of every list: https://docs.gitlab.com/api/rest/#keyset-based-pagination
            continue
        if bare not in known:
            raise ContractError(f"{what} has the parameter {name}, which GitLab does not know")
        _check_value(f"{what}, {name}", known[bare], value, in_query=True)


def _check_body(what, operation, body):
    items = [item for item in operation.get("parameters", []) if item["in"] == "body"]
    if body is None:
        return
    if not items:
        if body:
            raise ContractError(f"{what} has a body, which GitLab does not expect")
        return
    schema = _resolved(items[0]["schema"])
    for name in schema.get("required", []):
        if name not in body:
            raise ContractError(f"{what} lacks {name}")
    for name, value in body.items():
        if name in _ASKED_MORE.get(what[what.rindex("/") :], ()):
            continue
        if name not in schema.get("properties", {}):
            raise ContractError(f"{what} has the field {name}, which GitLab does not know")
        _check_value(f"{what}, {name}", schema["properties"][name], value)


def _resolved(schema):
    return _document()["definitions"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def _check_reply(what, operation, status, body):
    described = operation["responses"].get(str(status)) or operation["responses"].get(status)
    if described is None or status >= 400 or not isinstance(body, dict | list):
        return
    schema = described.get("schema", {})
    name = (schema.get("$ref") or schema.get("items", {}).get("$ref") or "").rpartition("/")[2]
    known = _document()["definitions"].get(_INSTEAD.get(name, name), {}).get("properties")
    if known is None:
        return
    for one in body if isinstance(body, list) else [body]:
        extra = set(one) - set(known) - _MORE.get(name, set())
        if extra:
            raise ContractError(f"{what}: the reply has {sorted(extra)}, which {name} does not")


def validate_exchange(method, target, status, asked, answered):
    """Check a request and, as far as the description goes, its reply.

    Args:
        method: The HTTP method.
        target: Path and query as sent.
        status: The reply's status.
        asked: The request's body, empty for none.
        answered: The reply's JSON; anything else for other media types.

    Raises:
        ContractError: If anything is not as GitLab describes it.
    """
    path, _, query = target.partition("?")
    if not path.startswith("/api/v4/"):
        return
    operation = find_operation(method, path)
    if operation is None or status >= 400:  # a refused request may be just what the refusal says is wrong with it
        return
    what = f"{method} {target}"
    _check_query(what, operation, query)
    _check_body(what, operation, json.loads(asked) if asked else None)
    _check_reply(what, operation, status, answered)


def described_fields(name):
    """The fields of a schema."""
    return set(_document()["definitions"][name]["properties"])


def example(name):
    """An instance of a schema, made of its fields' examples; what has none is left out, and so is a thing without an id."""
    found = {}
    for field, schema in _document()["definitions"][name]["properties"].items():
        if field in _MISTYPED.get(name, ()):
            continue
        if "example" in schema:
            value = schema["example"]
            found[field] = [value] if schema.get("type") == "array" and not isinstance(value, list) else value
        elif "$ref" in schema:
            inner = schema["$ref"].rpartition("/")[2]
            if "example" in _document()["definitions"][inner]["properties"].get("id", {"example": None}):
                found[field] = [example(inner)] if field in _MANY else example(inner)
    return found
