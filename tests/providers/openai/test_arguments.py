"""What is refused before the network, and what is sent."""

import json

import pytest
from tests.loopback import Loopback, Reply
from tests.providers.openai.conftest import settings

from unifykit import InvalidRequestError
from unifykit.providers.openai.arguments import picture_type, place

NOWHERE = settings("http://127.0.0.1:9")
PNG = b"\x89PNG\r\n\x1a\n...."

REFUSED = {
    "no model": (lambda ai: ai.chat.complete("", "x"), "model is empty"),
    "no message": (lambda ai: ai.chat.complete("m", " "), "no messages"),
    "no messages": (lambda ai: ai.chat.complete("m", []), "no messages"),
    "an odd role": (lambda ai: ai.chat.complete("m", [{"role": "usr", "content": "x"}]), "the role 'usr'"),
    "too hot": (lambda ai: ai.chat.complete("m", "x", temperature=2.5), "from 0 to 2"),
    "top_p": (lambda ai: ai.chat.complete("m", "x", top_p=-1), "from 0 to 1"),
    "no such picture": (lambda ai: ai.chat.complete("m", "x", images=["cat.png"]), "no file 'cat.png'"),
    "no picture": (lambda ai: ai.chat.complete("m", "x", images=[b"text"]), "none of PNG"),
    "a picture for nobody": (lambda ai: ai.chat.complete("m", [{"role": "system", "content": "x"}], images=[PNG]), "message of the user"),
    "no rounds": (lambda ai: ai.chat.run_tools("m", "x", [], max_rounds=0), "max_rounds"),
    "no input": (lambda ai: ai.responses.create("m", ""), "input is empty"),
    "no id": (lambda ai: ai.responses.get(""), "no id"),
    "a blank id": (lambda ai: ai.files.get(" "), "give it as the platform told it"),
    "nothing to be made": (lambda ai: ai.chat.complete("m", "x", max_tokens=0), "the least is 1"),
    "hardly anything to be made": (lambda ai: ai.responses.create("m", "x", max_tokens=1), "the least is 16"),
    "an id that climbs": (lambda ai: ai.files.get(".."), "no id"),
    "no text": (lambda ai: ai.embeddings.create("m", ""), "text 0 is empty"),
    "an empty text": (lambda ai: ai.embeddings.batch("m", ["a", "", "b"]), "text 1 is empty"),
    "too many at once": (lambda ai: ai.embeddings.batch("m", ["a"], concurrency=0), "from 1 to 64"),
    "no dimensions": (lambda ai: ai.embeddings.create("m", "x", dimensions=0), "1 or more"),
    "no prompt": (lambda ai: ai.images.generate("m", ""), "prompt is empty"),
    "too many pictures": (lambda ai: ai.images.generate("m", "x", n=11), "from 1 to 10"),
    "nothing to edit": (lambda ai: ai.images.edit([], model="m", prompt="x"), "no picture to edit"),
    "an edit of text": (lambda ai: ai.images.edit(b"text", model="m", prompt="x"), "none of PNG"),
    "a voice": (lambda ai: ai.audio.speak("m", "x", voice=""), "voice is empty"),
    "a format": (lambda ai: ai.audio.speak("m", "x", voice="v", format="ogg"), "mp3, opus"),
    "a long text": (lambda ai: ai.audio.speak("m", "x" * 4097, voice="v"), "at most 4096"),
    "too fast": (lambda ai: ai.audio.speak("m", "x", voice="v", speed=5), "from 0.25 to 4"),
    "no directory": (lambda ai: ai.audio.speak("m", "x", voice="v", to="/nowhere/a.mp3"), "no directory"),
    "no recording": (lambda ai: ai.audio.transcribe("m", "nowhere.mp3"), "no file"),
    "an empty recording": (lambda ai: ai.audio.transcribe("m", b""), "recording is empty"),
    "no purpose": (lambda ai: ai.files.upload(b"x", purpose=""), "purpose is empty"),
    "no upload": (lambda ai: ai.files.upload("nowhere.txt", purpose="x"), "no file"),
    "an unnamed assistant": (lambda ai: ai.assistants.create(name="", instructions="", model="m"), "name is empty"),
    "nothing said": (lambda ai: ai.threads.add("conv_1", ""), "text is empty"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_refused_before_the_network(both, name):
    call, says = REFUSED[name]
    with pytest.raises(InvalidRequestError, match=says) as raised:
        both(openai=NOWHERE).run(lambda p: call(p.openai))
    assert raised.value.attempts == 0
    assert raised.value.provider == "openai"


def test_a_stream_is_refused_when_it_is_read(both):
    with pytest.raises(InvalidRequestError, match="no messages"):
        both(openai=NOWHERE).take(lambda p: p.openai.chat.stream("m", ""), 1)


def test_ids_stay_in_their_place():
    assert place("/models/{}", "ft:gpt/../x?y#z") == "/models/ft:gpt%2F..%2Fx%3Fy%23z"


def test_pictures_are_told_by_their_content():
    assert picture_type(PNG) == "image/png"
    assert picture_type(b"\xff\xd8\xff\xe0") == "image/jpeg"
    assert picture_type(b"GIF89a...") == "image/gif"
    assert picture_type(b"RIFF....WEBP") == "image/webp"


def test_what_was_not_given_is_not_sent(at):
    body = {"id": "1", "model": "m", "output": [], "status": "completed", "created_at": 1}
    with Loopback([Reply(body=body)]) as server:
        world = at(server.url)
        world.do(lambda p: p.openai.responses.create("m", "x"))
        world.do(lambda p: p.openai.responses.create("m", "x", extra={"background": True, "truncation": "auto"}))
        world.do(lambda p: p.openai.responses.create("m", "x", reasoning_effort="low", tool_choice="f", images=[PNG]))
        sent = [json.loads(one.body) for one in server.seen]
    assert sent[0] == {"model": "m", "input": "x"}
    assert sent[1] == {"model": "m", "input": "x", "background": True, "truncation": "auto"}
    assert sent[2]["reasoning"] == {"effort": "low"}
    assert sent[2]["tool_choice"] == {"type": "function", "name": "f"}
    assert [part["type"] for part in sent[2]["input"][0]["content"]] == ["input_text", "input_image"]


def test_the_callers_messages_are_not_changed(at):
    body = {"id": "1", "model": "m", "choices": [{"message": {"content": "x"}}]}
    messages = [{"role": "user", "content": [{"type": "text", "text": "x"}]}]
    with Loopback([Reply(body=body)]) as server:
        at(server.url).do(lambda p: p.openai.chat.complete("m", messages, images=[PNG], system="s"))
    assert messages == [{"role": "user", "content": [{"type": "text", "text": "x"}]}]


def test_a_request_is_the_one_that_the_sdk_would_send(at):
    """The first of a path and those after it, header by header."""
    said = [{"role": "user", "content": "Grüße"}]
    done = {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "x"}}
    reply = Reply(body={"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [done]})
    with Loopback([reply]) as server:
        world = at(server.url)
        world.do(lambda p: p.openai.native.chat.completions.create(model="m", messages=said))
        for _ in range(2):
            world.do(lambda p: p.openai.chat.complete("m", said))
        theirs, *ours = server.seen
        for one in ours:
            assert (one.method, one.path, one.headers) == (theirs.method, theirs.path, theirs.headers)
            assert json.loads(one.body) == json.loads(theirs.body)


def test_a_changed_key_counts_at_once(at):
    with Loopback([Reply(body={"id": "c", "object": "conversation", "created_at": 1})]) as server:
        world = at(server.url)
        world.do(lambda p: p.openai.threads.create())
        world.harness.p.openai.native.api_key = "sk-other"
        world.do(lambda p: p.openai.threads.create())
        assert [seen.headers["authorization"] for seen in server.seen] == ["Bearer sk-sandbox", "Bearer sk-other"]
