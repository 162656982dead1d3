"""Running a walk: each step timed, its result put in a few words, its failure in one sentence."""

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from unifykit.cli.walk import Walk
from unifykit.errors import UnifyError

_TELLING = (
    "text", "email", "full_name", "login", "number", "title", "name", "state", "status", "sha", "merged", "total_commits", "filename",
    "allowed", "remaining", "input_tokens", "output_tokens", "user", "id", "channel", "data", "token",
)  # fmt: skip
_FIELDS = 3
_WIDTH = 72
_LONGEST_WORD = 40
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class Done:
    """One step that was made.

    Attributes:
        platform: Where.
        step: What.
        ok: Whether it succeeded.
        result: What came back in a few words, or the error's sentence.
        seconds: How long it took.
        chapter: The part of the demo's story that it belongs to, if any.
    """

    platform: str
    step: str
    ok: bool
    result: str
    seconds: float
    chapter: str = ""


class _Failed(Exception):  # noqa: N818 -- it only leads a walk to its end
    """A step failed; the walk cleans up."""


def run(platform: str, walk: Walk, begin: Callable[[str], None], chapter: str = "") -> Iterator[Done]:
    """Make the steps of a walk. After a failure or an interrupt only those that clean up are made."""
    interrupted: BaseException | None = None
    advance: Callable[[], Any] = lambda: next(walk)  # noqa: E731
    while True:
        try:
            title, call = advance()
        except (StopIteration, _Failed):
            break
        begin(title)
        began = time.perf_counter()
        try:
            answer = call()
        except Exception as error:  # noqa: BLE001 -- whatever it is, it is this step's result
            yield Done(platform, title, False, _sentence(error), time.perf_counter() - began, chapter)
            advance = _throw(walk)
        except BaseException as error:  # noqa: BLE001 -- raised again when the walk has cleaned up
            interrupted = error
            advance = _throw(walk)
        else:
            yield Done(platform, title, True, told(answer), time.perf_counter() - began, chapter)
            advance = _send(walk, answer)
    if interrupted is not None:
        raise interrupted


def _send(walk: Walk, answer: Any) -> Callable[[], Any]:
    return lambda: walk.send(answer)


def _throw(walk: Walk) -> Callable[[], Any]:
    return lambda: walk.throw(_Failed())


def _sentence(error: Exception) -> str:
    return " ".join((str(error) if isinstance(error, UnifyError) else f"{type(error).__name__}: {error}").split())


def told(value: Any) -> str:
    """A value in a few words."""
    return _cut(_told(value))


def _told(value: Any) -> str:
    if value is None:
        return "done"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    if isinstance(value, str) and "://" in value:
        return value.partition("?")[0]  # a signed link's query is a key
    kind: type[Any] = value.__class__
    if kind in (list, tuple) and value:
        return f"{len(value)}, first: {_told(value[0])}"
    named = _fields(value)
    if not named:
        return repr(value)
    return f"{kind.__name__}({', '.join(f'{name}={_told(found)}' for name, found in named)})"


def _fields(value: Any) -> list[tuple[str, Any]]:
    """What identifies a model or a dataclass: the telling fields, else the first one."""
    kind: type[Any] = value.__class__
    declared: dict[str, Any] = getattr(kind, "model_fields", None) or getattr(kind, "__dataclass_fields__", {})
    names = [name for name, field in declared.items() if field.repr]
    told = [name for name in _TELLING if name in names or isinstance(getattr(kind, name, None), property)]
    telling = [name for name in told if getattr(value, name) is not None and not _is_key(getattr(value, name))]
    return [(name, getattr(value, name)) for name in telling[:_FIELDS] or names[:1]]


def _is_key(value: Any) -> bool:
    """A long random word, such as a session's id: whoever reads it could use it."""
    return isinstance(value, str) and len(value) > _LONGEST_WORD and " " not in value and not _SHA.fullmatch(value)


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 3]}..."
