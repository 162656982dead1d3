"""Arguments of another type than the signature says are refused before the network, with what to give instead."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, ClassVar, Literal, Protocol, TypedDict

import pytest

from unifykit import InvalidRequestError, settings
from unifykit._core.fit import misfit, rules
from unifykit.events import AttemptEvent


class Part(TypedDict):
    name: str


class Unasked(Protocol):
    name: str


def told(hint: Any, value: Any) -> str | None:
    async def body(self: Any, x: Any) -> None: ...

    body.__annotations__["x"] = hint
    found = misfit(rules(body, 1), (), {"x": value})
    return None if found is None else found.message


FITTING = [
    (str, "a"), (int, 1), (float, 1.5), (float, 1), (bool, True), (str | None, None), (datetime, datetime.now(UTC)),
    (Literal["a", "b"], "a"), (Sequence[str], ["a"]), (Sequence[str], ()), (Iterable[str], (c for c in "ab")),
    (Mapping[str, str], {"a": "b"}), (Mapping[str, Any], {"a": object()}), (tuple[float, float], (1.0, 2)), (tuple[float, float], [1.0, 2.0]),
    (Part, {"name": "a"}), (str | Path | BinaryIO, object()), (Callable[..., Any], print), (type[int], list[int]), ("Nowhere", object()), (Any, object()),
    (ClassVar[int], "a"), (None, None), (Unasked, object()),
]  # fmt: skip

WRONG = [
    (str, 1, "x is of type int: give a text."),
    (str, None, "x is None: give a text."),
    (str, b"secret", "x is of type bytes: give a text."),
    (int, True, "x is of type bool: give a whole number."),
    (int | None, 1.5, "x is of type float: give a whole number."),
    (float, math.nan, "x is nan: give a finite number."),
    (float, 10**400, "x is of type int: give a finite number."),
    (bool | None, 1, "x is of type int: give True or False."),
    (datetime, "2026-01-01", "x is of type str: give a datetime."),
    (Literal["a", "b"] | None, "c", "x is 'c': give one of 'a', 'b'."),
    (Literal["a", 1], True, "x is of type bool: give one of 'a', 1."),
    (Sequence[str], "abc", "x is of type str: give a list of texts."),
    (Sequence[str], [1], "x is a list of something else: give a list of texts."),
    (str | Sequence[int], {"a"}, "x is a set of something else: give a text or a list of whole numbers."),
    (Mapping[str, str], {"a": 1}, "x is a dict of something else: give a mapping."),
    (tuple[float, float], (1.0,), "x is a tuple of something else: give a list of finite numbers."),
    (Sequence[tuple[float, float]], [(1.0, 2.0), 3], "x is a list of something else: give a list of list of finite numbers."),
    (type[int], "int", "x is of type str: give a type."),
    (Part, [], "x is of type list: give a Part."),
]  # fmt: skip


@pytest.mark.parametrize(("hint", "value"), FITTING, ids=[str(hint) for hint, _ in FITTING])
def test_what_the_signature_asks_for_fits(hint, value):
    assert told(hint, value) is None


@pytest.mark.parametrize(("hint", "value", "text"), WRONG, ids=repr)
def test_what_does_not_fit_is_told_without_its_value(hint, value, text):
    assert told(hint, value) == text


def test_the_default_fits_whatever_its_type():
    async def body(self: Any, x: int = None) -> None: ...  # type: ignore[assignment]  # noqa: RUF013

    assert misfit(rules(body, 1), (None,), {}) is None


def test_positional_arguments_are_looked_at_too():
    async def body(self: Any, a: str, b: int, /) -> None: ...

    found = misfit(rules(body, 1), ("a", "b"), {})
    assert found is not None
    assert found.message == "b is of type str: give a whole number."


def test_each_of_several_positional_arguments_is_looked_at():
    async def body(self: Any, *names: str, patterns: Sequence[str] = ()) -> None: ...

    assert misfit(rules(body, 1), ("a", "b", "c"), {"patterns": ["a*"]}) is None
    found = misfit(rules(body, 1), ("a", "b", 3), {})
    assert found is not None
    assert found.message == "names is of type int: give a text."


NOWHERE = "http://127.0.0.1:9"  # nothing is asked of it
ACCOUNTS = {
    "gitlab": settings.GitLabSettings(token="t", base_url=NOWHERE),
    "openai": settings.OpenAISettings(api_key="k", base_url=NOWHERE),
    "mapbox": settings.MapboxSettings(access_token="pk.a", base_url=NOWHERE),
    "agora": settings.AgoraSettings(app_id="0" * 32, app_certificate="1" * 32, base_url=NOWHERE),
    "redis": settings.RedisSettings(redis_url="redis://127.0.0.1:9"),
}
CALLS = [
    (lambda p: p.gitlab.issues.create("a/b", title="t", confidential="no"), "confidential is of type str: give True or False"),
    (lambda p: p.openai.chat.complete("gpt-5", "Hi", temperature="hot"), "temperature is of type str: give a finite number"),
    (lambda p: p.agora.tokens.rtm("ann", version="005"), "version"),
    (lambda p: p.redis.rate_limits.hit("k", limit="5", period=1), "limit"),
    (lambda p: p.gitlab.issues.get("a/b", "1"), "'1' is no issue: give a whole number from 1 on"),
]  # fmt: skip


@pytest.mark.parametrize(("call", "text"), CALLS, ids=[text for _, text in CALLS])
def test_an_operation_refuses_before_the_network(both, call, text):
    seen: list[Any] = []
    harness = both(observers=[seen.append], **ACCOUNTS)
    with pytest.raises(InvalidRequestError, match=text) as caught:
        harness.run(call)
    assert not caught.value.maybe_executed
    assert not [event for event in seen if isinstance(event, AttemptEvent)]


def test_so_do_pagers(both):
    harness = both(**ACCOUNTS)
    with pytest.raises(InvalidRequestError, match="search is of type object: give a text"):
        harness.run(lambda p: p.gitlab.projects.list(search=object()).first(1))


def test_so_do_streams(both):
    harness = both(**ACCOUNTS)
    with pytest.raises(InvalidRequestError, match=r"max_tokens.*whole number"):
        harness.take(lambda p: p.openai.chat.stream("gpt-5", "Hi", max_tokens=1.5), 1)


def test_what_asks_no_platform_refuses_too(both):
    harness = both(**ACCOUNTS)
    with pytest.raises(InvalidRequestError, match="instructions is of type int: give a text"):
        harness.run(lambda p: p.openai.assistants.create(name="a", instructions=5, model="m"))
