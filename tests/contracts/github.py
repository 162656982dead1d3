"""Checks an exchange against GitHub's own OpenAPI description (tests/data/github-openapi.json.gz).

GitHub writes OpenAPI 3.0, whose schemas are nearly JSON Schema; `nullable` is rewritten and the rest is taken as it is.
"""

import gzip
import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

_FILE = Path(__file__).parent.parent / "data" / "github-openapi.json.gz"
_ROOT = {False: "urn:github", True: "urn:github:closed"}
_FORMATS = FormatChecker(())
# What any operation may answer though its description does not list it, with the schema it then has.
# https://docs.github.com/en/rest/using-the-rest-api/troubleshooting-the-rest-api
_ANYWHERE = {400: "basic-error", 401: "basic-error", 403: "basic-error", 404: "basic-error", 409: "basic-error",
             422: "validation-error"}  # fmt: skip
# Operations the description leaves out, by the one whose shape they share.
_ALIASES = {
    ("get", "/repos/{owner}/{repo}/git/refs/{ref}"): "/repos/{owner}/{repo}/git/ref/{ref}",
    ("get", "/repos/{owner}/{repo}/contents"): "/repos/{owner}/{repo}/contents/{path}",
    ("get", "/repos/{owner}/{repo}/git/refs"): "/repos/{owner}/{repo}/git/matching-refs/{ref}",
}
# These placeholders hold slashes.
_DEEP = {"path", "ref", "branch", "basehead", "name"}
_PAYLOADS = {
    "CreateEvent": "create-event",
    "DeleteEvent": "delete-event",
    "ForkEvent": "fork-event",
    "IssueCommentEvent": "issue-comment-event",
    "IssuesEvent": "issues-event",
    "MemberEvent": "member-event",
    "PublicEvent": "public-event",
    "PullRequestEvent": "pull-request-event",
    "PullRequestReviewEvent": "pull-request-review-event",
    "PushEvent": "push-event",
    "ReleaseEvent": "release-event",
    "WatchEvent": "watch-event",
}


class ContractError(AssertionError):
    """The exchange is not what GitHub describes."""


@_FORMATS.checks("date-time")
def _is_date_time(value):
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)
    )


@_FORMATS.checks("date")
def _is_date(value):
    return not isinstance(value, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))


@_FORMATS.checks("uri")
def _is_uri(value):
    return not isinstance(value, str) or (bool(urlsplit(value).scheme) and " " not in value)


@_FORMATS.checks("email")
def _is_email(value):
    return not isinstance(value, str) or "@" in value


def _converted(node, *, closed):
    """Rewrite `nullable` and the references; when closed, allow no property that is not described."""
    if isinstance(node, list):
        return [_converted(item, closed=closed) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": _ROOT[closed] + node["$ref"]}
    # A property may be called nullable; the keyword is always a boolean.
    nullable = node.get("nullable") is True
    made = {
        # The members of allOf complete each other and cannot be closed one by one.
        key: _converted(value, closed=closed and key != "allOf")
        for key, value in node.items()
        if key != "nullable" or not nullable
    }
    if closed and made.get("type") == "object" and isinstance(made.get("properties"), dict):
        made.setdefault("additionalProperties", False)
    return {"anyOf": [{"type": "null"}, made]} if nullable else made


@cache
def _document():
    document = json.loads(gzip.decompress(_FILE.read_bytes()))
    # Every payload fits `public-event`, which asks for nothing: it is checked by the event's type instead.
    document["components"]["schemas"]["event"]["properties"]["payload"] = {"type": "object"}
    # GitHub sends it, under GET /rate_limit alone, and does not describe it.
    document["components"]["schemas"]["rate-limit"]["properties"]["resource"] = {"type": "string"}
    return document


@cache
def _registry():
    components = _document()["components"]
    pairs = [
        (root, DRAFT202012.create_resource({"components": _converted(components, closed=closed)}))
        for closed, root in _ROOT.items()
    ]
    return Registry().with_resources(pairs)


def _check(schema, value, what, *, closed=False):
    converted = _converted(schema, closed=closed)
    validator = Draft202012Validator(converted, registry=_registry(), format_checker=_FORMATS)
    faults = sorted(validator.iter_errors(value), key=lambda fault: [str(part) for part in fault.absolute_path])
    if faults:
        lines = [
            f"  at {'/'.join(map(str, fault.absolute_path)) or '.'}: {fault.message[:300]}" for fault in faults[:5]
        ]
        raise ContractError("\n".join([f"{what} does not fit GitHub's description:", *lines]))


@cache
def _patterns():
    found = []
    for path in [*_document()["paths"], *(alias for _, alias in _ALIASES)]:
        parts = re.split(r"\{(\w+)\}", path)
        text = "".join(
            re.escape(part) if not number % 2 else r"(.+)" if part in _DEEP else "([^/]+)"
            for number, part in enumerate(parts)
        )
        # The more is fixed, the better the match.
        found.append((-len("".join(parts[::2])), path, re.compile(text)))
    return [(path, pattern) for _, path, pattern in sorted(found, key=lambda item: item[:2])]


def _resolved(node):
    if "$ref" not in node:
        return node
    _, _, kind, name = node["$ref"].split("/")
    return _document()["components"][kind][name]


def find_operation(method, path):
    """Give the template of a path and its operation.

    Args:
        method: The HTTP method.
        path: As sent, without the query.

    Returns:
        Template and operation.
    """
    path = "/" + path.strip("/") if path != "/" else path
    # Where redirects lead: https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects
    path = re.sub(r"^/repositories/\d+", "/repos/owner/repo", path)
    for template, pattern in _patterns():
        known = _ALIASES.get((method.lower(), template), template)
        operation = _document()["paths"].get(known, {}).get(method.lower())
        if operation and pattern.fullmatch(unquote(path)):
            return template, operation
    raise ContractError(f"GitHub describes no {method.upper()} {path}")


def _check_query(what, operation, query):
    parameters = {
        item["name"]: item for item in map(_resolved, operation.get("parameters", [])) if item["in"] == "query"
    }
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in parameters:
            raise ContractError(f"{what} has the parameter {name}, which GitHub does not know")
        kind = _resolved(parameters[name]["schema"])
        kinds = {_resolved(one).get("type") for one in kind.get("oneOf", [kind])}
        value = int(text) if "integer" in kinds and text.isdigit() else text
        value = text == "true" if "boolean" in kinds else value
        _check(parameters[name]["schema"], value, f"{what}: the parameter {name}")
    missing = [name for name, item in parameters.items() if item.get("required") and f"{name}=" not in query]
    if missing:
        raise ContractError(f"{what} lacks the parameter {missing[0]}")


def _check_request(what, operation, body, *, closed):
    described = operation.get("requestBody")
    if body is None:
        if described and _resolved(described).get("required"):
            raise ContractError(f"{what} has no body")
        return
    if not described:
        raise ContractError(f"{what} has a body, which GitHub does not expect")
    _check(_resolved(described)["content"]["application/json"]["schema"], body, f"{what}: the request", closed=closed)


def _check_response(what, operation, status, body, content_type, *, closed):
    described = operation["responses"].get(str(status))
    if described is None and status in _ANYWHERE:
        described = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{_ANYWHERE[status]}"}}}}
    if described is None:
        raise ContractError(f"{what} was answered with {status}; GitHub describes {sorted(operation['responses'])}")
    content = _resolved(described).get("content", {})
    if body is None:
        # An error may come without a body where only a status is asked for.
        if content and status < 300:
            raise ContractError(f"{what} was answered with {status} and no body")
        return
    kind = content_type.partition(";")[0].strip().lower()
    if kind != "application/json" and not content_type.startswith("application/json"):
        # Raw and diff representations have no schema.
        if not kind.startswith("application/vnd.github"):
            raise ContractError(f"{what} was answered with {content_type}")
        return
    if not content:
        if status < 400:
            raise ContractError(f"{what} was answered with {status} and a body, which GitHub does not describe")
        content = {"application/json": {"schema": {"$ref": "#/components/schemas/basic-error"}}}
    schema = next(value for name, value in content.items() if name in ("application/json", "application/scim+json"))[
        "schema"
    ]
    schema = _as_sent(schema, body, status)
    # GitHub adds `status` to its errors, which their description does not have.
    _check(schema, body, f"{what}: the reply {status}", closed=closed and status < 400)
    for event in body if isinstance(body, list) else []:
        if isinstance(event, dict) and {"payload", "actor", "type"} <= set(event):
            payload = {"$ref": f"#/components/schemas/{_PAYLOADS[event['type']]}"}
            _check(payload, event["payload"], f"{what}: the payload of {event['type']}", closed=closed)


def _as_sent(schema, body, status):
    """Read the description of an error as GitHub must mean it."""
    if status == 422 and isinstance(body, dict):
        # It answers with and without `errors`, whichever of its two shapes an operation names.
        simple = all(isinstance(error, str) for error in body.get("errors", []))
        return {"$ref": f"#/components/schemas/validation-error{'-simple' if simple else ''}"}
    if status >= 400 and "oneOf" in schema:
        # A plain error fits the shape of a rule's violation too, which asks for nothing.
        return {"anyOf": schema["oneOf"]}
    return schema


def validate_exchange(  # noqa: PLR0917 - the parts of an exchange in their order
    method,
    path,
    status,
    request_body,
    response_body,
    content_type="application/json; charset=utf-8",
    *,
    closed=False,
):
    """Check a request and its reply.

    Args:
        method: The HTTP method.
        path: As sent, with the query, without scheme and host.
        status: The reply's status.
        request_body: The request's JSON, or None when it had no body.
        response_body: The reply's JSON, or None when it had no body; anything not None for other media types.
        content_type: The reply's content type.
        closed: Whether properties GitHub does not describe are faults too.

    Returns:
        The description's template for the path.

    Raises:
        ContractError: If anything is not as GitHub describes it.
    """
    bare, _, query = path.partition("?")
    what = f"{method.upper()} {path}"
    template, operation = find_operation(method, bare)
    # A refused request may be just what the refusal says is wrong with it.
    if status < 400:
        _check_query(what, operation, query)
        _check_request(what, operation, request_body, closed=closed)
    if status != 304:
        _check_response(what, operation, status, response_body, content_type, closed=closed)
    return template
