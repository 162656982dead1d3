# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# The reason: what JSON holds is Any, and what is found in it by isinstance is a list or dict of unknown parts.
"""Which recorded interaction answers a request, and what to say if none does."""

import json
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher
from typing import Any, cast
from urllib.parse import urlsplit

from unifykit.testing.cassettes.written import Written

VOLATILE = frozenset(("idempotency_key", "idempotency-key", "nonce", "code_challenge", "code_verifier", "x-amz-date"))
"""Names whose values are new each time."""

_ATOM = re.compile(
    r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|(?<![\w-])(?:[0-9a-f]{32}|[A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86})(?![\w-])"
    r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?"
)
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]")
_ENOUGH = 5
_LONGEST = 120


class Matcher:
    """Compares requests, as they are written.

    Args:
        ignore: Names of fields, parameters and headers that are not compared.
    """

    def __init__(self, ignore: Iterable[str]) -> None:
        self._ignored = VOLATILE | {*ignore}

    def same(self, recorded: Written, asked: Written) -> bool:
        """Whether they are the same request."""
        return _at_one_place(recorded, asked) and self._kept(_told(recorded)) == self._kept(_told(asked))

    def alike(self, recorded: Written, asked: Written, names: dict[str, str]) -> dict[str, str] | None:
        """What a request calls differently, if that is all: ids, keys and times that are made anew each time.

        Returns the asked name for each recorded one. `names` are those that are known.
        """
        if not _at_one_place(recorded, asked):
            return None
        one, other = self._kept(_told(recorded)), self._kept(_told(asked))
        if {**one, "body": None, "commands": None} != {**other, "body": None, "commands": None}:
            return None
        found = dict(names)
        pairs = [(one.get(part), other.get(part)) for part in ("body", "commands")]
        return found if all(_alike(mine, theirs, found) for mine, theirs in pairs) else None

    def differences(self, recorded: Written, asked: Written) -> list[str]:
        """What distinguishes two requests, in words."""
        found = list(_differences(self._kept(_told(recorded)), self._kept(_told(asked)), ""))
        if not _at_one_place(recorded, asked):
            found.insert(0, f"host: {_origin(recorded)} was recorded, {_origin(asked)} is asked")
        return found

    def _kept(self, value: Any) -> Any:
        if isinstance(value, dict):
            fields = value
            return {name: self._kept(part) for name, part in fields.items() if name not in self._ignored}
        return [self._kept(part) for part in value] if isinstance(value, list) else value


def _told(written: Written) -> Written:
    if "commands" in written:
        return {"platform": written["platform"], "commands": written["commands"]}
    request = written["request"]
    parts = {name: part for name, part in request.items() if name not in ("url", "home")}
    return {"platform": written["platform"], "path": urlsplit(request["url"]).path, **parts}


def _origin(written: Written) -> str:
    parts = urlsplit(written["request"]["url"]) if "request" in written else urlsplit("")
    return f"{parts.scheme}://{parts.netloc}"


def _at_one_place(recorded: Written, asked: Written) -> bool:
    """Whether both go to the same host; a platform's own is one wherever it is."""
    if "commands" in recorded or "commands" in asked:
        return "commands" in recorded and "commands" in asked
    home = recorded["request"].get("home") and asked["request"].get("home")
    return bool(home) or _origin(recorded) == _origin(asked)


def _alike(recorded: Any, asked: Any, names: dict[str, str]) -> bool:
    if isinstance(recorded, str) and isinstance(asked, str):
        return recorded == asked or _renamed(recorded, asked, names)
    if isinstance(recorded, dict) and isinstance(asked, dict):
        same = recorded.keys() == asked.keys()
        return same and all(_alike(part, asked[name], names) for name, part in recorded.items())
    if isinstance(recorded, list) and isinstance(asked, list):
        pairs = zip(recorded, asked, strict=False)
        return len(recorded) == len(asked) and all(_alike(mine, theirs, names) for mine, theirs in pairs)
    return bool(recorded == asked)


def _renamed(recorded: str, asked: str, names: dict[str, str]) -> bool:
    if _ATOM.sub("\0", recorded) != _ATOM.sub("\0", asked):
        return False
    for old, new in zip(_ATOM.findall(recorded), _ATOM.findall(asked), strict=True):
        if _TIME.match(old) or _TIME.match(new):
            continue
        taken = new in names.values() and names.get(old) != new
        if names.setdefault(old, new) != new or taken:
            return False
    return True


def renamed(written: Written, names: dict[str, str]) -> Written:
    """The same with other names in the place of some."""
    text = json.dumps(written)
    for old, new in names.items():
        if old != new:
            text = text.replace(old, new)
    return cast("Written", json.loads(text))


def _differences(recorded: Any, asked: Any, where: str) -> Iterator[str]:
    if recorded == asked:
        return
    if isinstance(recorded, dict) and isinstance(asked, dict):
        for name in dict.fromkeys((*recorded, *asked)):
            yield from _differences(recorded.get(name), asked.get(name), f"{where}.{name}".lstrip("."))
    elif isinstance(recorded, list) and isinstance(asked, list) and len(recorded) == len(asked):
        for index, (mine, theirs) in enumerate(zip(recorded, asked, strict=True)):
            yield from _differences(mine, theirs, f"{where}[{index}]")
    else:
        yield f"{where}: {_short(recorded)} was recorded, {_short(asked)} is asked"


def _short(value: Any) -> str:
    text = "nothing" if value is None else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def title(written: Written) -> str:
    """A request in one line."""
    if "commands" in written:
        return "; ".join(" ".join(map(_word, command)) for command in written["commands"][:_ENOUGH])[:_LONGEST]
    request = written["request"]
    query = "&".join(f"{name}={value}" for name, value in request.get("query", {}).items())
    return f"{request['method']} {request['url']}{'?' if query else ''}{query}"


def _word(part: Any) -> str:
    return part if isinstance(part, str) else "<bytes>"


def likeness(recorded: Written, asked: Written) -> float:
    """How much two requests have in common, from 0 to 1."""
    if recorded["platform"] != asked["platform"]:
        return 0.0
    one, other = _told(recorded), _told(asked)
    first = SequenceMatcher(None, title(recorded), title(asked), autojunk=False).ratio()
    mine, theirs = (
        json.dumps(part.get("body") or part.get("commands"), sort_keys=True)[:1000] for part in (one, other)
    )
    return (3 * first + SequenceMatcher(None, mine, theirs, autojunk=False).ratio()) / 4
