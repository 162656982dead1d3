"""A script of requests, run by plain HTTP on any server, and what tells two servers' replies apart."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

_WORDS = {dict: "object", list: "array", str: "string", bool: "boolean", int: "integer", float: "number"}


@dataclass(frozen=True)
class Step:
    """One request. Braces in the path and in what is sent stand for what earlier steps have kept."""

    name: str
    method: str
    path: str
    send: Mapping[str, Any] | None = None
    """JSON for GitHub, a form for Stripe."""
    keep: Mapping[str, str] = field(default_factory=dict)
    """What to keep of the reply, by name: a path such as "data.0.id"."""
    who: str = "first"
    """Whose credentials go along: "first", "other", "nobody"."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Server:
    """Where a script runs, and the credentials of those who take part."""

    url: str
    credentials: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Seen:
    """A reply, and the request's target for those who want to look it up."""

    method: str
    target: str
    sent: str
    status: int
    headers: httpx.Headers
    body: Any


def run(server: Server, steps: Iterable[Step], *, form: bool) -> dict[str, Seen]:
    """Each step's reply by its name. A step whose braces nothing has filled is not run."""
    kept: dict[str, str] = {}
    seen: dict[str, Seen] = {}
    with httpx.Client(base_url=server.url, trust_env=False, timeout=30) as client:
        for step in steps:
            if set(re.findall(r"\{(\w+)\}", step.path + json.dumps(step.send))) <= set(kept):
                seen[step.name] = _ask(client, server, step, kept, form=form)
                kept |= _kept(step, seen[step.name].body)
    return seen


def _ask(client: httpx.Client, server: Server, step: Step, kept: Mapping[str, str], *, form: bool) -> Seen:
    sent = None if step.send is None else {name: _filled(value, kept) for name, value in step.send.items()}
    reply = client.request(
        step.method,
        _filled(step.path, kept),
        headers={**server.credentials.get(step.who, {}), **step.headers},
        **({} if sent is None else {"data" if form else "json": sent}),
    )
    target = reply.request.url.raw_path.decode()
    return Seen(step.method, target, reply.request.content.decode(), reply.status_code, reply.headers, _body(reply))


def _filled(value: Any, kept: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(item, kept) for item in value]
    return re.sub(r"\{(\w+)\}", lambda found: kept[found[1]], value) if isinstance(value, str) else value


def _body(reply: httpx.Response) -> Any:
    try:
        return reply.json() if reply.content else None
    except ValueError:
        return reply.text


def _kept(step: Step, body: Any) -> dict[str, str]:
    found = {name: _at(body, path.split(".")) for name, path in step.keep.items()}
    return {name: str(value) for name, value in found.items() if isinstance(value, str | int)}


def _at(node: Any, path: list[str]) -> Any:
    for name in path:
        if isinstance(node, list) and name.isdigit() and int(name) < len(node):
            node = node[int(name)]
        elif isinstance(node, dict):
            node = node.get(name)
        else:
            return None
    return node


# -- what tells two replies apart


def compare(
    ours: Mapping[str, Seen], theirs: Mapping[str, Seen], steps: Iterable[Step], *, form: bool
) -> dict[str, list[str]]:
    """What is not the same, by step; of Stripe's objects, which say what they are, the fields by kind."""
    found = {step.name: _differences(ours.get(step.name), theirs.get(step.name), fields=not form) for step in steps}
    if form:
        both = [
            (ours[name].body, theirs[name].body) for name in ours if name in theirs and _done(ours[name], theirs[name])
        ]
        mine, yours = (_kinds(pair[side] for pair in both) for side in (0, 1))
        found |= {f"the fields of {kind}": _fields(mine[kind], yours[kind]) for kind in sorted(set(mine) & set(yours))}
    return {name: told for name, told in found.items() if told}


def _done(ours: Seen, theirs: Seen) -> bool:
    return ours.status < 400 and theirs.status < 400


def _kinds(bodies: Iterable[Any]) -> dict[str, dict[str, str]]:
    """The shapes of all objects that say what they are, by what they say."""
    found: dict[str, dict[str, str]] = {}
    for node in _objects(bodies):
        shape = {
            path: kind
            for path, kind in _shape(node).items()
            if kind != "null" or path not in found.get(node["object"], {})
        }
        found.setdefault(node["object"], {}).update(shape)
    return found


def _objects(nodes: Iterable[Any]) -> Iterable[dict[str, Any]]:
    for node in nodes:
        if isinstance(node, dict) and isinstance(node.get("object"), str):
            yield node
        if isinstance(node, dict | list):
            yield from _objects(node.values() if isinstance(node, dict) else node)


def _differences(ours: Seen | None, theirs: Seen | None, *, fields: bool) -> list[str]:
    if ours is None or theirs is None:
        side = "theirs" if ours else "ours"
        return [f"cannot be asked of {side}: it lacks what an earlier step makes"] if ours or theirs else []
    if ours.status != theirs.status:
        return [f"status {ours.status}, theirs {theirs.status}", *_told_apart(ours, theirs)]
    found = [*_heads(ours, theirs), *_told_apart(ours, theirs)]
    if ours.status >= 400:
        return found
    return [
        *found,
        *_counts(ours.body, theirs.body),
        *(_fields(_shape(ours.body), _shape(theirs.body)) if fields else []),
    ]


def _heads(ours: Seen, theirs: Seen) -> list[str]:
    kinds = [seen.headers.get("content-type", "none").partition(";")[0] for seen in (ours, theirs)]
    links = [_pages(seen.headers.get("link", "")) for seen in (ours, theirs)]
    found = [f"content type {kinds[0]}, theirs {kinds[1]}"] if kinds[0] != kinds[1] else []
    return [*found, f"pages {links[0]}, theirs {links[1]}"] if links[0] != links[1] else found


def _pages(link: str) -> str:
    """The relations of a Link header, each with its page."""
    rows = [
        (rel, dict(httpx.URL(url).params).get("page", "-")) for url, rel in re.findall(r'<([^>]+)>; rel="(\w+)"', link)
    ]
    return ", ".join(f"{rel} {page}" for rel, page in sorted(rows)) or "none"


def _told_apart(ours: Seen, theirs: Seen) -> list[str]:
    """Of refusals, what they say."""
    if ours.status < 400 or theirs.status < 400:
        return []
    told = [_refusal(ours.body), _refusal(theirs.body)]
    names = sorted({*told[0], *told[1]})
    return [
        f"{name} {told[0].get(name, 'none')}, theirs {told[1].get(name, 'none')}"
        for name in names
        if told[0].get(name) != told[1].get(name)
    ]


def _refusal(body: Any) -> dict[str, str]:
    """What a program reads of an error; Stripe's sentences are for people and are left out."""
    if not isinstance(body, dict):
        return {"body": "none" if body is None else "text"}
    error = body.get("error")
    if isinstance(error, dict):
        return {name: str(error[name]) for name in ("type", "code", "param", "decline_code") if error.get(name)}
    inner = body.get("errors") or []
    told = [f"{one.get('resource')}.{one.get('field')} {one.get('code')}" for one in inner if isinstance(one, dict)]
    return {"message": str(body.get("message")), **({"errors": "; ".join(told)} if told else {})}


def _fields(mine: Mapping[str, str], yours: Mapping[str, str]) -> list[str]:
    lacks = _outermost(set(mine) - set(yours), set(yours))
    more = _outermost(set(yours) - set(mine), set(mine))
    told = [f"theirs lacks {', '.join(lacks)}"] if lacks else []
    told += [f"ours lacks {', '.join(more)}"] if more else []
    for path in sorted(set(mine) & set(yours)):
        if mine[path] != yours[path] and "null" not in (mine[path], yours[path]):
            told.append(f"{path or 'the body'} is {mine[path]}, theirs {yours[path]}")
    return told


def _counts(ours: Any, theirs: Any) -> list[str]:
    """How many items a list has, and whether more are said to follow."""
    mine, yours = _items(ours), _items(theirs)
    return [f"{mine}, theirs {yours}"] if mine and yours and mine != yours else []


def _items(body: Any) -> str:
    if isinstance(body, dict) and body.get("object") == "list":
        return f"{len(body['data'])} items{' and more' if body['has_more'] else ''}"
    return f"{len(body)} items" if isinstance(body, list) else ""


def _shape(node: Any, path: str = "") -> dict[str, str]:
    """The kind of each field by its path; the fields of a list's items are those of all of them.

    What is below an object that says what it is, is that object's own.
    """
    if (
        isinstance(node, dict)
        and path.rpartition(".")[2] != "metadata"
        and not (path and isinstance(node.get("object"), str))
    ):
        found = {path: "object"}
        for name, value in node.items():
            found |= _shape(value, f"{path}.{name}" if path else name)
        return found
    if isinstance(node, list):
        found = {path: "array"}
        for item in node:
            found |= {
                name: kind for name, kind in _shape(item, f"{path}[]").items() if kind != "null" or name not in found
            }
        return found
    return {path: "null" if node is None else _WORDS[type(node)]}


def _outermost(paths: set[str], others: set[str]) -> list[str]:
    """The fields whose parents both have, and whose parent is not empty or null on the other side."""
    parents = {path: re.sub(r"(\.[^.\[\]]+|\[\])$", "", path) if re.search(r"[.\[]", path) else "" for path in paths}
    return sorted(
        path
        for path in paths
        if parents[path] in others
        and any(other != parents[path] and other.startswith(parents[path]) for other in others)
        and not path.endswith("[]")
    )
