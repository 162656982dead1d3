"""Doubles: real objects of the real types, whose operations answer what the test says and never reach a wire."""

import asyncio
import inspect
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from tests.testing.conftest import Fakes

from unifykit import (
    AsyncPager,
    AsyncPlatforms,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    NotFoundError,
    Pager,
    Platforms,
    deadline,
)
from unifykit._wires.clock import SYSTEM
from unifykit.events import OutcomeEvent
from unifykit.providers.github import GitHub
from unifykit.providers.github.models import Issue, User
from unifykit.providers.logrocket.models import HighlightsResult
from unifykit.providers.openai.models import ChatReply
from unifykit.providers.redis.coordination import Lock
from unifykit.providers.redis.models import Message
from unifykit.providers.stripe.customers import Customers
from unifykit.providers.stripe.models import Customer
from unifykit.providers.supabase.rows import Rows
from unifykit.testing import AnswerError, AsyncFakePlatforms, FakePlatforms, VirtualClock, sample
from unifykit.testing.shapes import find

ADA = sample(Customer, id="cus_1", email="ada@example.com")


# -- the types


def test_it_is_the_real_thing_by_every_type(fakes):
    p = fakes.p
    assert isinstance(p, AsyncPlatforms if fakes.is_async else Platforms)
    assert isinstance(p.github, GitHub)
    assert isinstance(p.stripe.customers, Customers)
    assert type(p.stripe.customers).__name__ == "Customers"
    assert repr(p.stripe.customers) == "<stripe.customers>"
    assert isinstance(p.stripe.customers.list(), AsyncPager if fakes.is_async else Pager)
    assert inspect.signature(p.stripe.customers.get) == inspect.signature(Customers.get.body.__get__(p))


def test_real_platforms_stay_real(fake):
    from unifykit.settings import StripeSettings

    real = Platforms(stripe=StripeSettings(secret_key="sk_test_x"))
    assert type(real.stripe.customers) is Customers
    assert type(fake.stripe.customers) is not Customers


# -- values


def test_a_value(fakes, fake):
    fake.when("stripe.customers.get").returns(ADA)
    assert fakes.run(lambda p: p.stripe.customers.get("cus_1")) is ADA


def test_the_method_itself_names_the_operation(fakes, fake):
    fake.when(fake.stripe.customers.get, "cus_1").returns(ADA)
    assert fakes.run(lambda p: p.stripe.customers.get("cus_1")) is ADA
    assert [call.operation for call in fake.calls(fake.stripe.customers.get)] == ["stripe.customers.get"]


def test_answers_come_in_order_and_the_last_stays(fakes, fake):
    fake.when("redis.cache.get").returns(1).raises(NotFoundError("gone")).returns(None)
    assert fakes.run(lambda p: p.redis.cache.get("k")) == 1
    with pytest.raises(NotFoundError, match=r"^redis.cache.get: gone$"):
        fakes.run(lambda p: p.redis.cache.get("k"))
    assert [fakes.run(lambda p: p.redis.cache.get("k")) for _ in range(2)] == [None, None]


def test_an_error_tells_where_it_is_from_and_is_a_new_one_each_time(fakes, fake):
    programmed = NotFoundError("no such customer", status=404)
    fake.when("stripe.customers.get").raises(programmed)
    raised = []
    for _ in range(2):
        with pytest.raises(NotFoundError) as caught:
            fakes.run(lambda p: p.stripe.customers.get("cus_2"))
        raised.append(caught.value)
    assert raised[0] is not raised[1]
    assert (raised[0].provider, raised[0].operation, raised[0].status) == ("stripe", "customers.get", 404)
    assert programmed.operation is None


def test_the_latest_answer_that_matches_the_arguments_counts(fakes, fake):
    grace = sample(Customer, id="cus_2")
    fake.when("stripe.customers.get").raises(NotFoundError)
    fake.when("stripe.customers.get", "cus_1").returns(ADA)
    fake.when("stripe.customers.get", customer_id="cus_2").returns(grace)
    assert fakes.run(lambda p: p.stripe.customers.get("cus_2")) is grace
    assert fakes.run(lambda p: p.stripe.customers.get(customer_id="cus_1")) is ADA
    with pytest.raises(NotFoundError):
        fakes.run(lambda p: p.stripe.customers.get("cus_3"))


def test_a_function_answers_with_the_calls_arguments(fakes, fake):
    fake.when("stripe.customers.get").answers(lambda customer_id: sample(Customer, id=customer_id))
    assert fakes.run(lambda p: p.stripe.customers.get("cus_7")).id == "cus_7"


def test_an_async_function_answers_too():
    async def answer(customer_id):
        await asyncio.sleep(0)
        return sample(Customer, id=customer_id)

    async def go():
        fake = AsyncFakePlatforms()
        fake.when("stripe.customers.get").answers(answer)
        return await fake.stripe.customers.get("cus_7")

    assert asyncio.run(go()).id == "cus_7"


def test_what_a_function_raises_reaches_the_caller(fakes, fake):
    def answer(customer_id):
        raise KeyError(customer_id)

    fake.when("stripe.customers.get").answers(answer).raises(ConflictError)
    with pytest.raises(KeyError, match="cus_1"):
        fakes.run(lambda p: p.stripe.customers.get("cus_1"))
    with pytest.raises(ConflictError):
        fakes.run(lambda p: p.stripe.customers.get("cus_1"))


def test_every_account_and_every_variant_is_a_double(fakes, fake):
    fake.when("github.me").returns(sample(User, login="ada"))
    assert fakes.run(lambda p: p.github["bot"].me()).login == "ada"
    assert fakes.run(lambda p: p.github.with_options(timeout=5).me()).login == "ada"
    assert len(fake.calls("github.me")) == 2


def test_statements_are_doubles_however_they_are_made(fakes, fake):
    fake.when("supabase.select.execute").where(lambda call: "users" in repr(call.on)).returns(Rows([{"name": "Ada"}]))
    fake.when("supabase.insert.execute").returns(Rows())
    assert fakes.run(lambda p: p.supabase.table("users").select("name").eq("id", 1).limit(1).execute()) == [
        {"name": "Ada"}
    ]
    assert fakes.run(lambda p: p.supabase.table("posts").insert({"a": 1}).execute()) == []
    with pytest.raises(AnswerError, match="no answer here"):
        fakes.run(lambda p: p.supabase.table("posts").select().execute())


def test_what_needs_no_platform_is_done_unless_the_test_says_otherwise(fakes, fake):
    assert fake.agora.tokens.rtc("lesson", uid=1).startswith("007")
    assert fake.supabase.key_role == "service"
    assert fake.supabase.auth.oauth_url("github").startswith("https://fake.invalid/auth/v1/authorize")
    assert fakes.run(lambda p: p.redis.cache.many([])) == {}
    fake.when("redis.cache.many").returns({"a": 1})
    assert fakes.run(lambda p: p.redis.cache.many([])) == {"a": 1}


# -- lists, streams, blocks, pollers


def test_a_list(fakes, fake):
    fake.when("stripe.customers.list").returns([ADA, ADA])
    assert fakes.run(lambda p: p.stripe.customers.list()) == [ADA, ADA]


def test_pages_are_fetched_as_they_are_asked_for_and_a_cursor_resumes(mode):
    fakes = Fakes(mode)
    made = [sample(Customer, id=f"cus_{n}") for n in range(5)]
    fakes.fake.when("stripe.customers.list").pages(made[:2], made[2:4], made[4:]).returns([])

    async def steps(p):
        pager = p.stripe.customers.list()
        first = await pager.first(3)
        rest = await pager.resume(pager.cursor).collect()
        return first, rest, await p.stripe.customers.list().collect()

    def sync_steps(p):
        pager = p.stripe.customers.list()
        return pager.first(3), pager.resume(pager.cursor).collect(), p.stripe.customers.list().collect()

    first, rest, again = fakes.run(steps if fakes.is_async else sync_steps)
    assert (first, rest, again) == (made[:3], made[3:], [])
    assert len(fakes.fake.calls("stripe.customers.list")) == 2
    fakes.close()


def test_a_list_that_fails(fakes, fake):
    fake.when("github.issues.list").raises(NotFoundError)
    with pytest.raises(NotFoundError, match=r"github\.issues\.list"):
        fakes.run(lambda p: p.github.issues.list("octo/hello"))


def _listen(fakes, count=10):
    def go(p):
        with p.openai.chat.stream("gpt-5-mini", "Bonjour !") as stream:
            return [*stream], stream.final

    async def ago(p):
        async with p.openai.chat.stream("gpt-5-mini", "Bonjour !") as stream:
            return [item async for item in stream], stream.final

    return fakes.run(ago if fakes.is_async else go)


REPLY = sample(ChatReply, choices=[{"message": {"content": "Bonjour"}, "finish_reason": "stop"}])


def test_a_stream_with_its_end_value(fakes, fake):
    fake.when("openai.chat.stream").streams("Bon", "jour", final=REPLY)
    assert _listen(fakes) == (["Bon", "jour"], REPLY)


def test_a_stream_that_breaks(fakes, fake):
    fake.when("openai.chat.stream").streams("Bon", error=ConnectionFailedError("cut"))
    with pytest.raises(ConnectionFailedError, match=r"openai\.chat\.stream: cut"):
        _listen(fakes)


def test_a_generator_streams_and_returns_the_end_value(fakes, fake):
    def answer(model, messages):
        yield from messages.split()
        return sample(ChatReply, model=model)

    fake.when("openai.chat.stream").answers(answer)
    said, final = _listen(fakes)
    assert (said, final.model) == (["Bonjour", "!"], "gpt-5-mini")


def test_a_stream_that_stands_when_its_block_begins(fakes, fake):
    message = sample(Message, body=b"hello")
    fake.when("redis.pubsub.subscribe").returns([message])
    assert fakes.take(lambda p: p.redis.pubsub.subscribe("news"), 5) == [message]


def test_a_block(fakes, fake):
    fake.when("redis.locks.acquire").answers(lambda name, ttl: Lock(fake.redis, name, fence=7, mark="m", ttl=ttl))
    fake.when("redis.locks.extend").returns()
    fence = fakes.held(lambda p: p.redis.locks.acquire("invoices", ttl=30), lambda lock: lock.fence)
    assert fence == 7
    fakes.held(lambda p: p.redis.locks.acquire("invoices", ttl=30), lambda lock: lock.extend())
    assert len(fake.calls("redis.locks.extend")) == 1
    fake.when("redis.locks.acquire").raises(ConflictError)
    with pytest.raises(ConflictError):
        fakes.held(lambda p: p.redis.locks.acquire("invoices", ttl=30), lambda _: pytest.fail("it is not held"))


PERIOD = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 2, 1, tzinfo=UTC)}


def test_a_poller_takes_the_clocks_time(mode):
    clock = VirtualClock()
    fakes = Fakes(mode, clock=clock)
    result = sample(HighlightsResult)
    fakes.fake.when("logrocket.highlights.request").polls(result, after=3)
    poller = fakes.run(lambda p: p.logrocket.highlights.request(user_id="42", **PERIOD))
    assert fakes.run(lambda _: poller.poll()) is None
    assert fakes.run(lambda _: poller.wait()) is result
    assert clock.slept == [5.0, 5.0]
    other = fakes.run(lambda p: p.logrocket.highlights.request(user_id="42", **PERIOD))
    with pytest.raises(DeadlineExceededError):
        fakes.run(lambda _: other.wait(timeout=6))
    fakes.close()


def test_a_poller_that_is_resumed_has_an_operation_of_its_own(fakes, fake):
    result = sample(HighlightsResult)
    fake.when("logrocket.poller.wait").returns(result)
    assert fakes.run(lambda p: p.logrocket.highlights.resume("h1").wait()) is result


# -- what is remembered


def test_calls_are_remembered_with_their_arguments(fakes, fake):
    fake.when("github.issues.create").answers(lambda repo, *, title: sample(Issue, title=title))
    fakes.run(lambda p: p.github.issues.create("octo/hello", title="A bug"))
    fakes.run(lambda p: p.github.issues.create("octo/hello", title="Another"))
    assert [call.arguments["title"] for call in fake.calls()] == ["A bug", "Another"]
    [call] = fake.calls("github.issues.create", title="Another")
    assert (call.operation, call.on) == ("github.issues.create", fake.github.issues)
    assert call.arguments["repo"] == "octo/hello"
    assert fake.calls("github.me") == []


def test_observers_see_every_call(mode):
    seen = []
    fakes = Fakes(mode, observers=[seen.append])
    fakes.fake.when("github.me").returns(sample(User, login="ada")).raises(NotFoundError)
    fakes.run(lambda p: p.github.me())
    with pytest.raises(NotFoundError):
        fakes.run(lambda p: p.github.me())
    ended = [event for event in seen if isinstance(event, OutcomeEvent)]
    assert [(event.operation, event.error) for event in ended] == [("me", None), ("me", "NotFoundError")]
    fakes.close()


def test_a_deadline_of_the_application_does_not_end_what_takes_no_time(monkeypatch):
    """Not even on a machine that was started just now, whose clock is near 0."""
    monkeypatch.setattr(SYSTEM, "now", lambda: 1.0, raising=False)

    async def answer():
        await asyncio.sleep(0)
        return sample(User, login="ada")

    async def go():
        fake = AsyncFakePlatforms()
        fake.when("github.me").answers(answer)
        with deadline(5):
            return await fake.github.me()

    assert asyncio.run(go()).login == "ada"


def test_threads_share_a_double():
    fake = FakePlatforms()
    rule = fake.when("stripe.customers.get")
    for n in range(200):
        rule.returns(sample(Customer, id=f"cus_{n}"))
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: fake.stripe.customers.get("cus_x").id, range(200)))
    assert sorted(found) == sorted(f"cus_{n}" for n in range(200))
    assert len(fake.calls("stripe.customers.get")) == 200


def test_two_doubles_know_nothing_of_each_other():
    one, other = FakePlatforms(), FakePlatforms()
    one.when("stripe.customers.get").returns(ADA)
    assert one.stripe.customers.get("cus_1") is ADA
    with pytest.raises(AnswerError):
        other.stripe.customers.get("cus_1")


def test_the_check_asks_the_double(fakes, fake):
    fake.when("redis.ping").returns(0.001)
    fake.when("redis.info").returns(sample(find("redis.info").gives))
    assert fakes.run(lambda p: p.redis.check()).ok


def test_it_needs_no_sdk_and_no_sandbox():
    code = """
import sys
from unifykit.platforms import PROVIDERS
from unifykit.testing import FakePlatforms
from unifykit.testing.shapes import operations
for name in ("github", "gitlab", "supabase", "stripe", "openai", "redis", "agora_token_builder", "starlette", "uvicorn"):
    sys.modules[name] = None
for provider in PROVIDERS:
    assert operations(provider)
fake = FakePlatforms()
fake.when("redis.cache.get").returns(1)
assert fake.redis.cache.get("k") == 1
assert not any(name.startswith("unifykit.sandbox") for name in sys.modules)
"""
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
