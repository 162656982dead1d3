"""Every operation of every platform as a double: it takes answers of its type, and never reaches the network."""

from unifykit import AsyncPager, InvalidRequestError, Pager, UnifyError
from unifykit.platforms import PROVIDERS
from unifykit.providers.redis.coordination import Lock
from unifykit.testing import AnswerError, FakePlatforms
from unifykit.testing.samples import _value
from unifykit.testing.shapes import find, operations

NAMES = [name for provider in PROVIDERS for name in operations(provider)]


def test_every_operation_has_a_shape_and_takes_an_answer_of_its_type():
    fake = FakePlatforms()
    for name in NAMES:
        shape, rule = find(name), fake.when(name)
        if name in ("redis.locks.acquire", "supabase.realtime.subscribe"):
            continue  # a lock and a channel belong to their client
        value = _value(shape.gives, "answer", object)
        final = None if shape.final is None else _value(shape.final, "answer", object)
        if shape.kind == "stream":
            rule.streams(value, final=final)
        else:
            rule.returns([value] if shape.kind == "list" else value)


HANDED_OUT = {
    "redis.locks.extend": lambda p: Lock(p.redis, "l", 1, "m", 1),
    "redis.streams.group": lambda p: p.redis.streams.group("s", "g"),
    "supabase.admin": lambda p: p.supabase.auth.admin,
    "supabase.realtime": lambda p: p.supabase.realtime.channel("room"),
    "supabase.bucket": lambda p: p.supabase.storage.bucket("b"),
    "supabase.select": lambda p: p.supabase.table("t").select(),
    "supabase.insert": lambda p: p.supabase.table("t").insert({"a": 1}),
    "supabase.upsert": lambda p: p.supabase.table("t").upsert({"a": 1}),
    "supabase.update": lambda p: p.supabase.table("t").update({"a": 1}).eq("a", 1),
    "supabase.delete": lambda p: p.supabase.table("t").delete().eq("a", 1),
    "logrocket.poller": lambda p: p.logrocket.highlights.resume("h"),
}


def _owner(p, name):
    for prefix, make in HANDED_OUT.items():
        if name.startswith(prefix):
            return make(p)
    owner = p
    for part in name.split(".")[:-1]:
        owner = getattr(owner, part)
    return owner


def _arguments(name):
    """Something for everything that must be given."""
    known = {"repo": "octo/hello", "project": "octo/hello", "repository": "octo/hello", "path": "a.txt"}
    for parameter in find(name).signature.parameters.values():
        if parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        ):
            try:
                yield parameter.name, known.get(parameter.name) or _value(parameter.annotation, parameter.name, object)
            except InvalidRequestError:
                yield parameter.name, lambda *_: None


async def _drained(called):
    if hasattr(called, "__aenter__"):
        async with called as block:
            return [item async for item in block] if hasattr(block, "__aiter__") else block
    return await (called.collect() if isinstance(called, AsyncPager) else called)


def _sync_drained(called):
    if hasattr(called, "__enter__"):
        with called as block:
            return list(block) if hasattr(block, "__iter__") else block
    return called.collect() if isinstance(called, Pager) else called


def _error(fakes, name):
    """What a call of the operation raises, if it does."""
    drain = _drained if fakes.is_async else _sync_drained
    method = name.rpartition(".")[2]
    try:
        fakes.run(lambda p: drain(getattr(_owner(p, name), method)(**dict(_arguments(name)))))
    except (AnswerError, UnifyError) as error:
        return error


def test_no_operation_reaches_the_network(fakes, tmp_path, monkeypatch):
    """Whatever it is called with, it asks for an answer, is refused, or needs no platform."""
    monkeypatch.chdir(tmp_path)
    errors = {name: _error(fakes, name) for name in NAMES}
    assert [name for name, error in errors.items() if getattr(error, "attempts", 0)] == []
    assert sum(isinstance(error, AnswerError) for error in errors.values()) > 0.6 * len(NAMES)
    assert list(tmp_path.iterdir()) == []
