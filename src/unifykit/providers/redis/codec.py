"""Values as they are stored: JSON, which other programs can read."""

import functools
import json
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, cast

from typing_extensions import TypeVar

from unifykit.errors import InvalidRequestError

T = TypeVar("T", default=Any)

Seconds = float | timedelta
"""A time span: seconds, or a timedelta."""


def encode(value: Any) -> bytes:
    """A value as JSON: what `json` knows, pydantic models, dataclasses, dates, decimals, sets and enums."""
    import pydantic_core

    try:
        return pydantic_core.to_json(value)
    except (pydantic_core.PydanticSerializationError, ValueError) as error:
        raise InvalidRequestError(f"{type(value).__name__} is nothing that JSON can hold: {error}.") from error


def decode(body: bytes, into: type[T] | None) -> T:
    """A stored value, validated where a type is given."""
    if into is None:
        return cast("T", json.loads(body))
    return cast("T", _adapter(cast("Any", into)).validate_json(body))


@functools.lru_cache(maxsize=256)
def _adapter(into: Any) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(into)


def stable(value: Any) -> Any:
    """A value in a form that is the same in every process, and another for every other value.

    What JSON does not know carries its type: the decimal 1 is not the text "1". Lists and tuples are one.
    """
    import pydantic_core

    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, list | tuple):
        return [stable(member) for member in cast("list[Any]", value)]
    if isinstance(value, set | frozenset):
        return _tagged("set", _sorted(stable(member) for member in cast("set[Any]", value)))
    if isinstance(value, dict):
        return _tagged("dict", _sorted([stable(one), stable(value[one])] for one in list[Any](value)))  # pyright: ignore[reportUnknownArgumentType]
    return _tagged(f"{type(value).__module__}.{type(value).__qualname__}", pydantic_core.to_jsonable_python(value))


def _tagged(kind: str, value: Any) -> dict[str, Any]:
    return {"type": kind, "value": value}


def _sorted(members: Iterable[Any]) -> list[Any]:
    return sorted(members, key=lambda member: json.dumps(member, sort_keys=True))


def milliseconds(span: Seconds, name: str) -> int:
    """A time span in whole milliseconds, refused if that is none."""
    seconds = span.total_seconds() if isinstance(span, timedelta) else span
    found = round(seconds * 1000) if 0 < seconds < 1e10 else 0  # noqa: PLR2004 -- three centuries; Redis refuses more
    if found < 1:
        raise InvalidRequestError(f"{name} is a number of seconds, or a timedelta, of at least a millisecond.")
    return found


def lifetime(ttl: Seconds | None) -> int:
    """A time to live in milliseconds; 0 for ever."""
    return 0 if ttl is None else milliseconds(ttl, "ttl")


def key(kind: str, name: str, *parts: str) -> str:
    """A key of ours. What stands in braces decides where a cluster keeps it: all keys of one name stay together.

    https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#hash-tags
    """
    if not name:
        raise InvalidRequestError("the key is empty: give it a name.")
    tag = name.replace("%", "%25").replace("}", "%7D")
    return ":".join((f"{kind}:{{{tag}}}", *parts))


def text(value: Any) -> str:
    """What Redis gave, as text."""
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
