"""What a double refuses: wrong names, arguments and answers at once, and what the operation itself refuses."""

import pytest

from unifykit import (
    InvalidRequestError,
    UnsupportedError,
)
from unifykit.providers.openai.models import ChatReply
from unifykit.providers.stripe.models import Customer
from unifykit.testing import AnswerError, FakePlatforms, sample

REPLY = sample(ChatReply, choices=[{"message": {"content": "Bonjour"}}])
ADA = sample(Customer, id="cus_1", email="ada@example.com")


def test_an_operation_without_an_answer_says_what_to_write(fakes, fake):
    with pytest.raises(AnswerError) as caught:
        fakes.run(lambda p: p.stripe.customers.get("cus_1"))
    assert str(caught.value).startswith("stripe.customers.get(customer_id='cus_1') has no answer here.")
    assert "fake.when('stripe.customers.get').returns(Customer)" in str(caught.value)
    with pytest.raises(AnswerError, match=r"streams\(str, …, final=ChatReply\)"):
        fakes.take(lambda p: p.openai.chat.stream("gpt-5-mini", "Bonjour !"), 1)


def test_bad_input_is_refused_by_the_operation_itself(fakes, fake):
    fake.when("stripe.customers.get").returns(ADA)
    with pytest.raises(InvalidRequestError, match="give its id"):
        fakes.run(lambda p: p.stripe.customers.get(""))
    with pytest.raises(TypeError, match="customer_id"):
        fakes.run(lambda p: p.stripe.customers.get())
    with pytest.raises(TypeError, match="nonsense"):
        fakes.run(lambda p: p.github.issues.list("o/r", nonsense=1))
    assert fake.calls() == []


@pytest.mark.parametrize(
    ("program", "text"),
    [
        (lambda f: f.when("stripe.customer.get"), "Did you mean stripe.customers.get"),
        (lambda f: f.when("strip.customers.get"), "Did you mean stripe"),
        (lambda f: f.when("nonsense"), "a platform's, a group's and an operation's"),
        (lambda f: f.when(print), "no operation"),
        (lambda f: f.when("stripe.customers.get", nonsense=1), "unexpected keyword argument 'nonsense'"),
        (lambda f: f.when("stripe.customers.get", 1, 2), "too many positional"),
        (lambda f: f.calls("stripe.customers.gets"), "Did you mean"),
        (lambda f: f.calls("stripe.customers.get", nonsense=1), "nonsense"),
        (lambda f: f.when("stripe.customers.get").returns({"id": "cus_1"}), "gives Customer, not .* sample"),
        (lambda f: f.when("stripe.customers.get").returns(), "gives Customer, not None"),
        (lambda f: f.when("stripe.customers.list").returns(ADA), r"gives a list of Customer"),
        (lambda f: f.when("stripe.customers.list").returns([ADA, 1]), "gives Customer, not 1"),
        (lambda f: f.when("stripe.customers.list").pages([ADA], ["x"]), "gives Customer, not 'x'"),
        (lambda f: f.when("stripe.customers.get").pages([ADA]), r"pages.* is not for .* write returns\(Customer\)"),
        (lambda f: f.when("stripe.customers.get").streams(ADA), "streams.* is not for"),
        (lambda f: f.when("stripe.customers.get").polls(ADA), "polls.* is not for"),
        (lambda f: f.when("openai.chat.stream").streams("a"), "gives ChatReply, not None"),
        (lambda f: f.when("openai.chat.stream").streams(1, final=REPLY), "gives str, not 1"),
        (lambda f: f.when("openai.chat.stream").pages(["a"]), r"write streams\(str, …, final=ChatReply\)"),
        (lambda f: f.when("logrocket.highlights.request").returns(1), "gives HighlightsResult"),
        (lambda f: f.when("logrocket.highlights.request").streams(1), r"write polls\(HighlightsResult\)"),
        (lambda f: f.when("redis.cache.exists").returns("yes"), "gives bool"),
        (lambda f: f.when("stripe.customers.get").raises(KeyError("x")), "raises a UnifyError"),
        (lambda f: f.when("stripe.customers.get").raises(KeyError), "raises a UnifyError"),
    ],
)
def test_a_wrong_answer_is_refused_at_once(program, text):
    with pytest.raises(AnswerError, match=text):
        program(FakePlatforms())


def test_a_wrong_answer_of_a_function_is_refused_when_it_is_called(fakes, fake):
    fake.when("stripe.customers.get").answers(lambda customer_id: customer_id)
    with pytest.raises(AnswerError, match="gives Customer, not 'cus_1'"):
        fakes.run(lambda p: p.stripe.customers.get("cus_1"))


def test_the_vendors_client_is_not_there(fake):
    with pytest.raises(UnsupportedError, match="use the sandbox"):
        _ = fake.stripe.native
