"""A real model behind the same API: it is small and says what it likes, so what is checked is how it is said."""

import numpy as np
import pytest
from pydantic import BaseModel, Field
from tests import inference
from tests.providers.openai.conftest import World, settings

pytestmark = pytest.mark.inference


@pytest.fixture(scope="module")
def address():
    with inference.running(inference.directory()) as url:
        yield url


@pytest.fixture
def model(both, address):
    return World(both(openai=settings(address)), address)


def test_chat(model):
    reply = model.do(lambda p: p.openai.chat.complete("smollm2", "Say hello.", max_tokens=12, temperature=0, seed=1))
    assert reply.text
    assert 0 < reply.usage.output_tokens <= 12
    assert reply.usage.input_tokens > 10
    assert reply.finish_reason in ("stop", "length")


def test_a_stream(model):
    items, stream = model.read(lambda p: p.openai.chat.stream("smollm2", "Say hello.", max_tokens=12))
    assert len(items) > 2
    assert "".join(items) == stream.final.text
    assert stream.final.usage.output_tokens >= len(items) - 1


def test_a_stream_that_is_left(model):
    for _ in range(3):
        assert (
            len(model.harness.take(lambda p: p.openai.chat.stream("smollm2", "Count to a hundred.", max_tokens=400), 2))
            == 2
        )


def test_a_response(model):
    reply = model.do(lambda p: p.openai.responses.create("smollm2", "Say hello.", max_tokens=16))
    assert reply.text
    assert reply.usage.output_tokens
    items, stream = model.read(lambda p: p.openai.responses.stream("smollm2", "Say hello.", max_tokens=16))
    assert "".join(items) == stream.final.text


def test_a_typed_answer(model):
    class Person(BaseModel):
        age: int = Field(ge=0, le=150)
        tall: bool

    reply = model.do(
        lambda p: p.openai.chat.complete("smollm2", "Ada is 36 and tall.", response_model=Person, max_tokens=60)
    )
    assert 0 <= reply.parsed.age <= 150


def test_models(model):
    assert [one.owned_by for one in model.do(lambda p: p.openai.models.list())] == ["llamacpp"]


def test_vectors(both):
    with inference.running(inference.directory(), "vectors") as url:
        world = World(both(openai=settings(url)), url)
        found = world.do(
            lambda p: p.openai.embeddings.batch("smollm2", ["a cat", "a kitten", "income tax law"])
        ).to_numpy()
    one, two, other = found / np.linalg.norm(found, axis=1, keepdims=True)
    assert found.shape == (3, 576)
    assert one @ two > one @ other
