"""One call of every operation of OpenAI's, with as many of its arguments as go together."""

import contextlib
from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from unifykit import InvalidRequestError

STEPS: dict[str, Callable[[Any], None]] = {}
CHAT = "gpt-5-mini"
LINES = b'{"messages": []}\n' * 10


class Answer(BaseModel):
    text: str
    sure: bool


def weather(city: str) -> dict[str, str]:
    """The weather in a city."""
    return {"city": city, "sky": "clear"}


def step(name: str) -> Callable[[Callable[[Any], None]], Callable[[Any], None]]:
    def keep(body: Callable[[Any], None]) -> Callable[[Any], None]:
        STEPS[name] = body
        return body

    return keep


# -- text


@step("chat.complete")
def _(w):
    w.do(
        lambda s: s.chat.complete(CHAT, "Hello", system="Be kind.", temperature=0.5, max_tokens=50, stop="zzz", seed=1)
    )


@step("chat.complete: with a picture, typed")
def _(w):
    picture = "https://example.com/cat.png"
    w.do(lambda s: s.chat.complete(CHAT, "Soup of Lentils", images=[picture], response_model=Answer))


@step("chat.stream")
def _(w):
    w.read(lambda s: s.chat.stream(CHAT, "Hello", response_model=Answer))


@step("chat.run_tools")
def _(w):
    w.do(lambda s: s.chat.run_tools(CHAT, "What is the weather in Oslo?", tools=[weather]))


@step("responses.create")
def _(w):
    first = w.do(lambda s: s.responses.create(CHAT, "Hello", instructions="Be kind.", metadata={"a": "b"}))
    w.do(lambda s: s.responses.create(CHAT, "Soup", previous=first.id, response_model=Answer))
    w.do(
        lambda s: s.responses.create(
            CHAT, "Décris", images=["https://example.com/cat.png"], tools=[weather], store=False
        )
    )


@step("responses.stream")
def _(w):
    w.read(lambda s: s.responses.stream(CHAT, "Hello"))


@step("responses.get")
def _(w):
    made = w.do(lambda s: s.responses.create(CHAT, "Hello"))
    w.do(lambda s: s.responses.get(made.id))


@step("responses.delete")
def _(w):
    made = w.do(lambda s: s.responses.create(CHAT, "Hello"))
    w.do(lambda s: s.responses.delete(made.id))


@step("embeddings.create")
def _(w):
    w.do(lambda s: s.embeddings.create("text-embedding-3-small", "Hello", dimensions=64))


@step("embeddings.batch")
def _(w):
    w.do(lambda s: s.embeddings.batch("text-embedding-3-small", ["one", "two"]))


# -- pictures and sound


@step("images.generate")
def _(w):
    w.do(lambda s: s.images.generate("gpt-image-2", "a cat", n=2, size="1536x1024", quality="low"))


@step("images.edit")
def _(w):
    picture = w.do(lambda s: s.images.generate("gpt-image-2", "a cat")).content
    w.do(lambda s: s.images.edit(picture, model="gpt-image-2", mask=picture, prompt="A hat"))
    w.do(lambda s: s.images.edit([("a.png", picture), ("b.png", picture)], model="gpt-image-2", prompt="Both"))


@step("images.vary")
def _(w):
    picture = w.do(lambda s: s.images.generate("gpt-image-2", "a cat")).content
    w.do(lambda s: s.images.vary(picture, model="gpt-image-2", n=2))


@step("audio.speak")
def _(w):
    w.do(lambda s: s.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav"))


@step("audio.transcribe")
def _(w):
    sound = w.do(lambda s: s.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav")).content
    w.do(lambda s: s.audio.transcribe("gpt-transcribe", ("a.wav", sound), language="fr"))
    w.do(lambda s: s.audio.transcribe("whisper-1", ("a.wav", sound), timestamps=True))


@step("audio.translate")
def _(w):
    sound = w.do(lambda s: s.audio.speak("gpt-4o-mini-tts", "Bonjour !", voice="alloy", format="wav")).content
    w.do(lambda s: s.audio.translate("whisper-1", ("a.wav", sound)))


# -- threads, which are conversations today


@step("threads.create")
def _(w):
    w.do(lambda s: s.threads.create())


@step("threads.add")
def _(w):
    thread = w.do(lambda s: s.threads.create())
    w.do(lambda s: s.threads.add(thread, "x + 1 = 0"))


@step("threads.run")
def _(w):
    thread, tutor = w.do(lambda s: s.threads.create()), w.tutor(tools=[weather])
    w.do(lambda s: s.threads.run(thread, tutor, text="What is the weather in Oslo?"))


@step("threads.messages")
def _(w):
    thread = w.do(lambda s: s.threads.create())
    w.do(lambda s: s.threads.messages(thread, order="desc"))


@step("threads.delete")
def _(w):
    thread = w.do(lambda s: s.threads.create())
    w.do(lambda s: s.threads.delete(thread))


# -- files, models


@step("files.upload")
def _(w):
    w.file()


@step("files.get")
def _(w):
    made = w.file()
    w.do(lambda s: s.files.get(made))


@step("files.content")
def _(w):
    made = w.file()
    w.do(lambda s: s.files.content(made))


@step("files.list")
def _(w):
    w.do(lambda s: s.files.list(purpose="fine-tune", order="asc"))


@step("files.delete")
def _(w):
    made = w.file()
    w.do(lambda s: s.files.delete(made))


@step("fine_tuning.create")
def _(w):
    data = w.file()
    w.do(lambda s: s.fine_tuning.create("gpt-4.1-mini", data, suffix="mine", seed=7))


@step("fine_tuning.get")
def _(w):
    job = w.job()
    w.do(lambda s: s.fine_tuning.get(job))


@step("fine_tuning.list")
def _(w):
    w.do(lambda s: s.fine_tuning.list())


@step("fine_tuning.events")
def _(w):
    job = w.job()
    w.do(lambda s: s.fine_tuning.events(job))


@step("fine_tuning.cancel")
def _(w):
    job = w.job()
    with contextlib.suppress(InvalidRequestError):
        w.do(lambda s: s.fine_tuning.cancel(job))


@step("models.list")
def _(w):
    w.do(lambda s: s.models.list())


@step("models.get")
def _(w):
    w.do(lambda s: s.models.get(CHAT))


@step("check")
def _(w):
    w.do(lambda s: s.check())


class World:
    """One OpenAI, seen through one harness."""

    def __init__(self, harness: Any) -> None:
        self.harness = harness

    def do(self, call: Callable[[Any], Any]) -> Any:
        return self.harness.run(lambda p: call(p.openai))

    def read(self, call: Callable[[Any], Any]) -> Any:
        """All items of a stream."""
        return self.harness.take(lambda p: call(p.openai), 10**9)

    def tutor(self, **more: Any) -> Any:
        fields = {"name": "Tutor", "instructions": "Tu es un tuteur.", "model": CHAT, **more}
        return self.do(lambda s: s.assistants.create(**fields))

    def file(self) -> str:
        """The id of a new file."""
        return str(self.do(lambda s: s.files.upload(("data.jsonl", LINES), purpose="fine-tune")).id)

    def job(self) -> str:
        """The id of a new fine-tuning job."""
        data = self.file()
        return str(self.do(lambda s: s.fine_tuning.create("gpt-4.1-mini", data)).id)
