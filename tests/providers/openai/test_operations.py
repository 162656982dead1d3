"""OpenAI's operations in both modes, over a socket."""

import io
import json
import pickle
import wave
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from unifykit import ConfigurationError, InvalidRequestError, NotFoundError, UnexpectedResponseError
from unifykit.providers.openai.models import ChatReply, Usage

CHAT = "gpt-5-mini"
LINES = b'{"messages": []}\n' * 10


class Step(BaseModel):
    title: str
    minutes: int = Field(default=1, ge=1)


class Recipe(BaseModel):
    name: str
    kind: Literal["bread", "soup"]
    steps: list[Step]
    note: str | None = None


# -- chat


def test_a_chat(world):
    reply = world.do(lambda p: p.openai.chat.complete(CHAT, "Bonjour !", system="Tu es un assistant utile."))
    assert (reply.text, str(reply), reply.finish_reason, reply.refusal) == ("Bonjour !", "Bonjour !", "stop", None)
    assert reply.usage == Usage(input_tokens=19, output_tokens=3, cached_tokens=0)
    assert reply.usage.total_tokens == 22
    assert reply.parsed is None
    assert reply.raw["usage"]["prompt_tokens"] == 19
    assert pickle.loads(pickle.dumps(reply)) == reply


def test_a_conversation_goes_on_with_a_reply(world):
    first = world.do(lambda p: p.openai.chat.complete(CHAT, "Hello"))
    said = [{"role": "user", "content": "Hello"}, first, {"role": "user", "content": "Repeat: again"}]
    reply = world.do(lambda p: p.openai.chat.complete(CHAT, said, temperature=0.5, max_tokens=50, stop="zzz", seed=1))
    assert reply.text == "again"
    assert reply.usage.input_tokens > first.usage.input_tokens


def test_a_stream(world):
    items, stream = world.read(lambda p: p.openai.chat.stream(CHAT, "Raconte une histoire"))
    assert len(items) > 3
    assert "".join(items) == stream.final.text == "You said: Raconte une histoire"
    assert stream.final.usage.output_tokens == 8
    assert stream.final.finish_reason == "stop"
    assert isinstance(stream.final, ChatReply)


def test_typed_answers(world):
    question = "Soup of Lentils in 45 minutes"
    reply = world.do(lambda p: p.openai.chat.complete(CHAT, question, response_model=Recipe))
    assert reply.parsed == Recipe(
        name="Lentils", kind="soup", steps=[Step(title="minutes", minutes=45)], note="minutes"
    )
    _, stream = world.read(lambda p: p.openai.chat.stream(CHAT, question, response_model=Recipe))
    assert stream.final.parsed == reply.parsed
    kept = world.do(lambda p: p.openai.responses.create(CHAT, question, response_model=Recipe))
    assert kept.parsed == reply.parsed
    _, stream = world.read(lambda p: p.openai.responses.stream(CHAT, question, response_model=Recipe))
    assert stream.final.parsed == reply.parsed


def test_a_typed_answer_that_was_cut(world):
    with pytest.raises(UnexpectedResponseError, match="cut") as raised:
        world.do(lambda p: p.openai.chat.complete(CHAT, "Soup", response_model=Recipe, max_tokens=3))
    assert raised.value.code == "length"
    with pytest.raises(UnexpectedResponseError, match="cut"):
        world.do(
            lambda p: p.openai.responses.create(
                CHAT, "Soup of many words and more", response_model=Recipe, max_tokens=16
            )
        )


@pytest.mark.parametrize("form", ["bytes", "path", "data"])
def test_pictures(world, tmp_path, form):
    image = world.do(lambda p: p.openai.images.generate("gpt-image-1.5", "a cat"))
    picture = {"bytes": image.content, "path": image.save(tmp_path / "cat.png"), "data": "https://example.com/cat.png"}[
        form
    ]
    assert (
        world.do(lambda p: p.openai.chat.complete(CHAT, "Décris", images=[picture])).text
        == "I see an image. You said: Décris"
    )
    seen = world.do(lambda p: p.openai.responses.create(CHAT, "Décris", images=[picture, picture]))
    assert seen.text == "I see 2 images. You said: Décris"


# -- responses


def test_responses(world):
    first = world.do(lambda p: p.openai.responses.create(CHAT, "Hello", instructions="Be kind.", metadata={"a": "b"}))
    assert (first.text, first.status, first.usage.output_tokens) == ("Hello!", "completed", 2)
    items, stream = world.read(lambda p: p.openai.responses.stream(CHAT, "And you there", previous=first.id))
    assert "".join(items) == stream.final.text == "You said: And you there"
    assert world.do(lambda p: p.openai.responses.get(stream.final.id)).text == stream.final.text
    world.do(lambda p: p.openai.responses.delete(first.id))
    with pytest.raises(NotFoundError) as raised:
        world.do(lambda p: p.openai.responses.get(first.id))
    assert raised.value.operation == "responses.get"
    assert raised.value.request_id.startswith("req_")


def test_a_response_that_is_not_stored(world):
    made = world.do(lambda p: p.openai.responses.create(CHAT, "Hello", store=False))
    with pytest.raises(NotFoundError):
        world.do(lambda p: p.openai.responses.get(made.id))


# -- images and audio


def test_images(world, tmp_path):
    image = world.do(
        lambda p: p.openai.images.generate("gpt-image-2", "Un chat astronaute", n=2, size="1536x1024", quality="low")
    )
    assert len(image.more) == 1
    assert image._repr_png_() == image.content
    assert image._repr_jpeg_() is None
    assert image.usage.output_tokens == 544
    path = image.save(tmp_path / "cat.png")
    edited = world.do(
        lambda p: p.openai.images.edit(path, model="gpt-image-2", mask=image.more[0].content, prompt="Un chapeau")
    )
    several = world.do(
        lambda p: p.openai.images.edit([path, ("b.png", image.content)], model="gpt-image-2", prompt="Both")
    )
    varied = world.do(lambda p: p.openai.images.vary(path, model="gpt-image-2", n=2))
    assert len({image.content, edited.content, several.content, varied.content}) == 4
    assert len(varied.more) == 1


def test_speech(world, tmp_path):
    speech = world.do(lambda p: p.openai.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav"))
    with wave.open(io.BytesIO(speech.content)) as sound:
        assert sound.getnframes()
    assert len(speech) == speech.size == len(speech.content)
    assert "audio/wav" in speech._repr_html_()
    kept = world.do(
        lambda p: p.openai.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", to=tmp_path / "a.mp3")
    )
    assert kept.path.read_bytes() == speech.save(tmp_path / "b.wav").read_bytes()
    assert (kept.content, kept.size) == (b"", speech.size)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.mp3", "b.wav"]
    with pytest.raises(InvalidRequestError, match="copy that file"):
        kept.save(tmp_path / "c.mp3")
    heard = world.do(lambda p: p.openai.audio.transcribe("gpt-transcribe", kept.path, language="fr"))
    assert str(heard) == "Bonjour !"
    timed = world.do(lambda p: p.openai.audio.transcribe("whisper-1", speech.content, timestamps=True))
    assert timed.duration == pytest.approx(0.54)
    assert timed.segments[0]["text"] == "Bonjour !"
    assert world.do(lambda p: p.openai.audio.translate("whisper-1", ("a.wav", speech.content))).text == "Bonjour !"


def test_a_speech_that_fails_leaves_no_file(world, tmp_path):
    with pytest.raises(NotFoundError):
        world.do(lambda p: p.openai.audio.speak("nope", "x", voice="alloy", to=tmp_path / "a.mp3"))
    assert list(tmp_path.iterdir()) == []


# -- threads


def test_threads(world):
    tutor = world.do(lambda p: p.openai.assistants.create(
        name="Math Tutor", instructions="Tu es un tuteur.", model=CHAT, tools=[{"type": "code_interpreter", "container": {"type": "auto"}}]
    ))  # fmt: skip
    thread = world.do(lambda p: p.openai.threads.create())
    added = world.do(lambda p: p.openai.threads.add(thread, "Résous x^2 + 2x + 1 = 0"))
    assert (added.role, added.text) == ("user", "Résous x^2 + 2x + 1 = 0")
    world.do(lambda p: p.openai.threads.run(thread, tutor))
    world.do(lambda p: p.openai.threads.run(thread.id, tutor, text="Repeat: x = -1"))
    said = world.do(lambda p: p.openai.threads.messages(thread))
    assert [(one.role, one.text) for one in said] == [
        ("user", added.text), ("assistant", f"You said: {added.text}"), ("user", "Repeat: x = -1"), ("assistant", "x = -1"),
    ]  # fmt: skip
    newest = world.do(lambda p: p.openai.threads.messages(thread, order="desc").first(1))
    assert newest[0].text == "x = -1"
    world.do(lambda p: p.openai.threads.delete(thread))
    with pytest.raises(NotFoundError):
        world.do(lambda p: p.openai.threads.add(thread, "x"))


def test_an_assistant_with_functions(world):
    def get_weather(city: str) -> dict[str, str]:
        """The weather in a city."""
        return {"city": city, "sky": "clear"}

    helper = world.do(lambda p: p.openai.assistants.create(name="a", instructions="", model=CHAT, tools=[get_weather]))
    thread = world.do(lambda p: p.openai.threads.create())
    reply = world.do(lambda p: p.openai.threads.run(thread, helper, text="What is the weather in Oslo?"))
    assert reply.text == 'The result is: {"city":"Oslo","sky":"clear"}'
    kinds = [one.type for one in world.do(lambda p: p.openai.threads.messages(thread))]
    assert kinds == ["message", "function_call", "function_call_output", "message"]


# -- files, fine-tuning, models


def test_files(world, tmp_path):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"Buy milk.\r\n" * 1000)
    made = world.do(lambda p: p.openai.files.upload(path, purpose="user_data"))
    assert (made.filename, made.size, made.purpose) == ("notes.txt", 11_000, "user_data")
    assert world.do(lambda p: p.openai.files.content(made.id)) == path.read_bytes()
    assert world.do(lambda p: p.openai.files.get(made.id)) == made
    other = world.do(lambda p: p.openai.files.upload(b"x", purpose="vision"))
    assert [one.id for one in world.do(lambda p: p.openai.files.list(purpose="vision"))] == [other.id]
    assert {one.id for one in world.do(lambda p: p.openai.files.list())} >= {made.id, other.id}
    for one in (made, other):
        world.do(lambda p, one=one: p.openai.files.delete(one.id))
    with pytest.raises(NotFoundError):
        world.do(lambda p: p.openai.files.get(made.id))


def test_lists_go_on_from_page_to_page(world, monkeypatch):
    monkeypatch.setattr("unifykit.providers.openai.files._PAGE", 2)
    made = [world.do(lambda p: p.openai.files.upload(b"x", purpose="assistants")).id for _ in range(5)]
    assert [one.id for one in world.do(lambda p: p.openai.files.list(purpose="assistants", order="asc"))] == made
    for one in made:
        world.do(lambda p, one=one: p.openai.files.delete(one))


def test_fine_tuning(world):
    data = world.do(lambda p: p.openai.files.upload(("data.jsonl", LINES), purpose="fine-tune"))
    job = world.do(lambda p: p.openai.fine_tuning.create("gpt-4.1-mini", data.id, suffix="mine", seed=7))
    assert not job.is_over
    states = [world.do(lambda p: p.openai.fine_tuning.get(job.id)) for _ in range(3)]
    assert [one.status for one in states] == ["queued", "running", "succeeded"]
    assert states[-1].is_over
    name = states[-1].fine_tuned_model
    assert world.do(lambda p: p.openai.chat.complete(name, "Hello")).text == "Hello!"
    assert world.do(lambda p: p.openai.models.get(name)).owned_by == "org-sandbox"
    assert len(world.do(lambda p: p.openai.fine_tuning.events(job.id))) == 6
    assert job.id in [one.id for one in world.do(lambda p: p.openai.fine_tuning.list())]
    with pytest.raises(InvalidRequestError, match="already completed"):
        world.do(lambda p: p.openai.fine_tuning.cancel(job.id))


# -- usage, check, settings


def test_usage_is_summed_by_model(world):
    world.do(lambda p: p.openai.chat.complete(CHAT, "Hello"))
    first = world.harness.p.openai.usage[CHAT]
    world.do(lambda p: p.openai.with_options(timeout=60).chat.complete(CHAT, "Hello"))
    world.read(lambda p: p.openai.chat.stream(CHAT, "Hello"))
    world.do(lambda p: p.openai.embeddings.batch("text-embedding-3-small", ["one", "two"]))
    told = world.harness.p.openai.usage
    assert told[CHAT] == first + first + first
    assert told["text-embedding-3-small"] == Usage(input_tokens=2)
    assert set(told) == {CHAT, "text-embedding-3-small"}


def test_the_check_costs_nothing(world):
    report = world.do(lambda p: p.openai.check())
    assert [item.name for item in report.items] == ["models", "files", "fine-tuning jobs"]
    assert report.ok
    assert world.harness.p.openai.usage == {}


def test_the_check_says_what_fails(world):
    report = world.do(lambda p: p.openai.check(chat_model="gpt-4"))
    assert not report.ok
    assert "deprecated" in report["chat"].detail


def test_a_key_is_wanted(both):
    with pytest.raises(ConfigurationError, match="OPEN_AI_API_KEY"):
        both().run(lambda p: p.openai.models.list())


def test_the_reference_documents_calls_have_their_place(world):
    """Section 5: a function definition as `functions=` took it is a tool."""
    weather = {"name": "get_weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}
    reply = world.do(lambda p: p.openai.chat.complete(CHAT, "Quelle température à Paris?", tools=[weather]))
    assert [(one.name, one.parsed()) for one in reply.tool_calls] == [("get_weather", {"city": "Paris"})]
    kept = world.do(lambda p: p.openai.responses.create(CHAT, "Quelle température à Paris?", tools=[weather]))
    assert json.loads(kept.tool_calls[0].arguments) == {"city": "Paris"}


def test_any_server_that_speaks_the_api(at):
    """A server that knows neither base64 vectors nor usage."""
    from tests.loopback import Loopback, Reply

    chat = {"id": "1", "model": "m", "object": "chat.completion", "created": 1, "choices": [{"index": 0, "message": {"role": "assistant", "content": "hi"}, "finish_reason": "stop"}]}  # fmt: skip
    with Loopback(
        [Reply(body=chat), Reply(body={"model": "m", "data": [{"index": 0, "embedding": [0.5, 1]}]})]
    ) as server:
        world = at(server.url)
        assert world.do(lambda p: p.openai.chat.complete("m", "x")).usage == Usage()
        assert world.do(lambda p: p.openai.embeddings.create("m", "x")).vector == [0.5, 1.0]
        assert json.loads(server.seen[0].body) == {"model": "m", "messages": [{"role": "user", "content": "x"}]}
