"""openai-python alone against the counterpart; every exchange as OpenAI's own description has it."""

import base64
import io
import json
import warnings
import wave
import zlib
from datetime import UTC, datetime, timedelta

import openai
import pytest
from tests.contracts.openai import ContractError, find_operation, validate_exchange
from tests.sandbox.conftest import serving
from tests.sandbox.openai_contract import Contract

from unifykit.sandbox.openai import Limits, create_app

CHAT = "gpt-5-mini"
WEATHER = {
    "name": "get_weather",
    "description": "The weather in a city.",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
LINE = json.dumps({"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]}) + "\n"


def client_for(url, **given):
    return openai.OpenAI(**{"api_key": "sk-sandbox", "base_url": f"{url}/v1", "max_retries": 0, **given})


@pytest.fixture
def served(clock):
    contract = Contract(create_app(clock=clock))
    with serving(contract) as url:
        yield url
    assert contract.faults == []
    assert contract.checked


@pytest.fixture
def client(served):
    with client_for(served) as made:
        yield made


def say(text, **more):
    return [{"role": "user", "content": text, **more}]


def test_the_reference_documents_own_test(client):
    """Its "Tests unitaires complets"; gpt-3.5-turbo is gone, so another model stands in for it."""
    models = client.models.list()
    assert len(models.data) > 0
    response = client.chat.completions.create(model="gpt-4o-mini", messages=say("Say hello"), max_tokens=5)
    assert response.choices[0].message.content is not None
    response = client.embeddings.create(model="text-embedding-ada-002", input="Test text")
    assert len(response.data[0].embedding) > 0
    assert client.files.list().data == []
    assert client.fine_tuning.jobs.list(limit=1).data == []


# -- chat


def test_a_chat(client):
    messages = [{"role": "system", "content": "Tu es un assistant utile."}, *say("Bonjour!")]
    reply = client.chat.completions.create(model=CHAT, messages=messages)
    assert reply.choices[0].message.content == "Bonjour !"
    assert reply.choices[0].finish_reason == "stop"
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens
    longer = client.chat.completions.create(model=CHAT, messages=[*messages, *say("Encore")])
    assert longer.usage.prompt_tokens > reply.usage.prompt_tokens
    assert reply._request_id.startswith("req_")


@pytest.mark.parametrize("usage", [False, True])
def test_a_stream(client, usage):
    options = {"stream_options": {"include_usage": True}} if usage else {}
    chunks = list(
        client.chat.completions.create(model=CHAT, messages=say("Raconte une histoire"), stream=True, **options)
    )
    told = [chunk for chunk in chunks if chunk.choices]
    assert "".join(chunk.choices[0].delta.content or "" for chunk in told) == "You said: Raconte une histoire"
    assert told[-1].choices[0].finish_reason == "stop"
    assert len(told) > 5
    assert (chunks[-1].usage is not None) is usage
    assert len({chunk.id for chunk in chunks}) == 1


def test_a_function_of_the_old_kind(client):
    question = say("Quelle température à Paris?")
    reply = client.chat.completions.create(model=CHAT, messages=question, functions=[WEATHER])
    assert reply.choices[0].finish_reason == "function_call"
    assert reply.choices[0].message.function_call.name == "get_weather"
    assert json.loads(reply.choices[0].message.function_call.arguments) == {"city": "Paris"}


def test_tools(client):
    tools = [{"type": "function", "function": WEATHER}]
    messages = say("What is the weather in Oslo?")
    first = client.chat.completions.create(model=CHAT, messages=messages, tools=tools).choices[0]
    assert first.finish_reason == "tool_calls"
    (one,) = first.message.tool_calls
    assert json.loads(one.function.arguments) == {"city": "Oslo"}
    messages += [first.message, {"role": "tool", "tool_call_id": one.id, "content": "12 degrees"}]
    last = client.chat.completions.create(model=CHAT, messages=messages, tools=tools).choices[0]
    assert last.message.content == "The result is: 12 degrees"


def test_tools_are_not_called_without_reason(client):
    tools = [{"type": "function", "function": WEATHER}]
    reply = client.chat.completions.create(model=CHAT, messages=say("Hello"), tools=tools)
    assert reply.choices[0].message.tool_calls is None
    forced = {"type": "function", "function": {"name": "get_weather"}}
    reply = client.chat.completions.create(model=CHAT, messages=say("Hello"), tools=tools, tool_choice=forced)
    assert reply.choices[0].message.tool_calls[0].function.name == "get_weather"
    none = client.chat.completions.create(model=CHAT, messages=say("Weather?"), tools=tools, tool_choice="none")
    assert none.choices[0].message.tool_calls is None


def test_tool_calls_in_a_stream(client):
    tools = [{"type": "function", "function": WEATHER}]
    with client.chat.completions.stream(model=CHAT, messages=say("The weather in Oslo?"), tools=tools) as stream:
        final = stream.get_final_completion()
    assert json.loads(final.choices[0].message.tool_calls[0].function.arguments) == {"city": "Oslo"}


def test_structured_output(client):
    from pydantic import BaseModel

    class Step(BaseModel):
        title: str
        minutes: int

    class Recipe(BaseModel):
        name: str
        kind: str | None
        steps: list[Step]

    reply = client.chat.completions.parse(
        model=CHAT, messages=say("A recipe for Bread in 45 minutes"), response_format=Recipe
    )
    found = reply.choices[0].message.parsed
    assert found.name == "Bread"
    assert found.steps[0].minutes == 45


def test_a_picture_is_looked_at(client):
    picture = base64.b64decode(client.images.generate(model="gpt-image-2", prompt="a cat").data[0].b64_json)
    url = f"data:image/png;base64,{base64.b64encode(picture).decode()}"
    parts = [{"type": "text", "text": "Décris"}, {"type": "image_url", "image_url": {"url": url}}]
    plain = client.chat.completions.create(model=CHAT, messages=say([parts[0]]))
    reply = client.chat.completions.create(model=CHAT, messages=say(parts))
    assert reply.choices[0].message.content == "I see an image. You said: Décris"
    assert reply.usage.prompt_tokens == plain.usage.prompt_tokens + 85
    parts[1]["image_url"]["url"] = "data:image/png;base64,bm90IGFuIGltYWdl"
    with pytest.raises(openai.BadRequestError, match="unsupported image"):
        client.chat.completions.create(model=CHAT, messages=say(parts))


def test_an_answer_is_cut(client):
    reply = client.chat.completions.create(model=CHAT, messages=say("one two three four"), max_completion_tokens=3)
    assert reply.choices[0].finish_reason == "length"
    assert reply.usage.completion_tokens == 3
    reply = client.chat.completions.create(model=CHAT, messages=say("one two"), stop=[" two"], n=2)
    assert [choice.message.content for choice in reply.choices] == ["You said: one"] * 2


# -- responses and conversations


def test_responses_are_kept(client):
    first = client.responses.create(model=CHAT, input="Hello", instructions="Be kind.")
    assert first.output_text == "Hello!"
    second = client.responses.create(model=CHAT, input="And you?", previous_response_id=first.id)
    assert second.usage.input_tokens > first.usage.input_tokens - 3
    assert client.responses.retrieve(first.id).output_text == "Hello!"
    assert [item.content[0].text for item in client.responses.input_items.list(first.id)] == ["Hello"]
    client.responses.delete(first.id)
    with pytest.raises(openai.NotFoundError):
        client.responses.retrieve(first.id)
    with pytest.raises(openai.BadRequestError, match="not found"):
        client.responses.create(model=CHAT, input="x", previous_response_id=first.id)


def test_a_stream_of_a_response(client):
    with client.responses.stream(model=CHAT, input="Tell me a story") as stream:
        kinds = [event.type for event in stream]
        final = stream.get_final_response()
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert final.output_text == "You said: Tell me a story"


def test_a_function_in_a_response(client):
    tools = [{"type": "function", "strict": False, **WEATHER}]
    first = client.responses.create(model=CHAT, input="Weather in Oslo?", tools=tools)
    (called,) = first.output
    assert json.loads(called.arguments) == {"city": "Oslo"}
    output = [{"type": "function_call_output", "call_id": called.call_id, "output": "12"}]
    with pytest.raises(openai.BadRequestError, match="No tool output"):
        client.responses.create(model=CHAT, input="and?", previous_response_id=first.id)
    assert (
        client.responses.create(model=CHAT, input=output, previous_response_id=first.id).output_text
        == "The result is: 12"
    )


def test_a_conversation(client):
    kept = client.conversations.create(metadata={"topic": "maths"})
    client.conversations.items.create(
        kept.id, items=[{"type": "message", "role": "user", "content": "Résous x + 1 = 0"}]
    )
    reply = client.responses.create(
        model=CHAT,
        conversation=kept.id,
        input="Go on",
        tools=[{"type": "code_interpreter", "container": {"type": "auto"}}],
    )
    assert reply.output_text == "You said: Go on"
    items = list(client.conversations.items.list(kept.id, order="asc", limit=2))
    assert [(item.role, item.content[0].text) for item in items] == [
        ("user", "Résous x + 1 = 0"), ("user", "Go on"), ("assistant", "You said: Go on"),
    ]  # fmt: skip
    assert client.conversations.items.retrieve(items[0].id, conversation_id=kept.id).id == items[0].id
    assert client.conversations.retrieve(kept.id).metadata == {"topic": "maths"}
    assert client.conversations.delete(kept.id).deleted


# -- embeddings, images, audio


def dot(one, other):
    return sum(a * b for a, b in zip(one, other, strict=True))


def test_embeddings(client):
    found = client.embeddings.create(model="text-embedding-3-small", input=["Texte 1", "Texte 2", "un chat"])
    one, two, cat = (item.embedding for item in found.data)
    assert len(one) == 1536
    assert dot(one, one) == pytest.approx(1)
    assert dot(one, two) > dot(one, cat) + 0.2
    plain = client.embeddings.create(model="text-embedding-3-small", input="Texte 1", encoding_format="float")
    assert plain.data[0].embedding == pytest.approx(one)
    small = client.embeddings.create(model="text-embedding-3-large", input="Texte 1", dimensions=8)
    assert len(small.data[0].embedding) == 8
    assert small.usage.prompt_tokens == 2


def pixels(png):
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = int.from_bytes(png[16:20]), int.from_bytes(png[20:24])
    at = png.index(b"IDAT")
    raw = zlib.decompress(png[at + 4 : at + 4 + int.from_bytes(png[at - 4 : at])])
    assert len(raw) == height * (1 + width * 3)
    return width, height


def test_images(client):
    made = client.images.generate(model="gpt-image-2", prompt="Un chat astronaute", n=2, size="1536x1024")
    first, second = (base64.b64decode(one.b64_json) for one in made.data)
    assert pixels(first) == (1536, 1024)
    assert first != second
    edited = client.images.edit(
        model="gpt-image-2", image=first, mask=second, prompt="Ajouter un chapeau", size="1024x1024"
    )
    assert pixels(base64.b64decode(edited.data[0].b64_json)) == (1024, 1024)
    assert edited.usage.input_tokens_details.image_tokens > 0
    with pytest.raises(openai.BadRequestError, match="Invalid image file"):
        client.images.edit(model="gpt-image-2", image=b"no", prompt="x")


def test_audio(client, tmp_path):
    path = tmp_path / "said.wav"
    with client.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts", voice="alloy", input="Bonjour, comment allez-vous?", response_format="wav"
    ) as reply:
        reply.stream_to_file(path)
    with wave.open(io.BytesIO(path.read_bytes())) as sound:
        assert sound.getnframes() > 1000
    assert client.audio.transcriptions.create(model="gpt-transcribe", file=path).text == "Bonjour, comment allez-vous?"
    assert (
        client.audio.transcriptions.create(model="whisper-1", file=path, response_format="text")
        == "Bonjour, comment allez-vous?\n"
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        assert client.audio.translations.create(model="whisper-1", file=path).text == "Bonjour, comment allez-vous?"
    with pytest.raises(openai.BadRequestError, match="could not be decoded"):
        client.audio.transcriptions.create(model="whisper-1", file=("a.wav", b"no sound"))


# -- files, fine-tuning, models


def test_files(client):
    made = [client.files.create(file=(f"{n}.txt", f"text {n}\r\n--x".encode()), purpose="user_data") for n in range(3)]
    assert [one.id for one in client.files.list(limit=2)] == [one.id for one in reversed(made)]
    assert [one.id for one in client.files.list(order="asc", limit=1)] == [one.id for one in made]
    assert client.files.list(purpose="vision").data == []
    assert client.files.content(made[1].id).read() == b"text 1\r\n--x"
    assert client.files.retrieve(made[0].id).bytes == 11
    assert client.files.delete(made[0].id).deleted
    with pytest.raises(openai.NotFoundError, match="No such File object"):
        client.files.retrieve(made[0].id)


def test_fine_tuning(client):
    training = client.files.create(file=("training_data.jsonl", (LINE * 10).encode()), purpose="fine-tune")
    job = client.fine_tuning.jobs.create(training_file=training.id, model="gpt-4.1-mini")
    assert job.status == "validating_files"
    states = [client.fine_tuning.jobs.retrieve(job.id) for _ in range(4)]
    assert [one.status for one in states] == ["queued", "running", "succeeded", "succeeded"]
    assert client.fine_tuning.jobs.list_events(job.id, limit=1).data[0].message.endswith("successfully completed")
    assert len(list(client.fine_tuning.jobs.list_events(job.id, limit=2))) == 6
    name = states[-1].fine_tuned_model
    assert (
        client.chat.completions.create(model=name, messages=say("Test")).choices[0].message.content == "You said: Test"
    )
    assert client.models.delete(name).deleted
    other = client.fine_tuning.jobs.create(training_file=training.id, model="gpt-4.1-mini")
    assert client.fine_tuning.jobs.cancel(other.id).status == "cancelled"
    with pytest.raises(openai.BadRequestError, match="already been cancelled"):
        client.fine_tuning.jobs.cancel(other.id)


def test_models_say_when_they_end(client):
    assert client.models.retrieve("gpt-4o").shutdown_date == "2027-01-14"
    assert client.models.retrieve("gpt-5.5").shutdown_date is None


# -- refusals


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        (lambda c: c.chat.completions.create(model="gpt-4", messages=say("x")), 404, "model_not_found"),
        (lambda c: c.chat.completions.create(model="nope", messages=say("x")), 404, "model_not_found"),
        (lambda c: c.chat.completions.create(model=CHAT, messages=[]), 400, "empty_array"),
        (lambda c: c.chat.completions.create(model=CHAT, messages=say("x"), temperature=3), 400, "decimal_above_max_value"),
        (lambda c: c.chat.completions.create(model=CHAT, messages=say("x"), extra_body={"temprature": 1}), 400, "unknown_parameter"),
        (lambda c: c.embeddings.create(model=CHAT, input="x"), 403, None),
        (lambda c: c.embeddings.create(model="text-embedding-3-small", input=""), 400, None),
        (lambda c: c.responses.create(model=CHAT, input="x", max_output_tokens=1), 400, "integer_below_min_value"),
        (lambda c: c.images.generate(model="dall-e-3", prompt="x"), 404, "model_not_found"),
        (lambda c: c.images.create_variation(image=b"x"), 410, "endpoint_retired"),
        (lambda c: c.beta.assistants.create(model=CHAT), 410, "endpoint_retired"),
        (lambda c: c.beta.threads.messages.list("thread_1"), 410, "endpoint_retired"),
        (lambda c: c.batches.list(), 501, None),
        (lambda c: c.with_options(api_key="sk-wrong-wrong-wrong").models.list(), 401, "invalid_api_key"),
    ],
)  # fmt: skip
def test_a_refusal(client, call, status, code):
    with warnings.catch_warnings(), pytest.raises(openai.APIStatusError) as raised:
        warnings.simplefilter("ignore", DeprecationWarning)
        call(client)
    assert raised.value.status_code == status
    assert raised.value.code == code
    assert raised.value.request_id.startswith("req_")


def test_a_key_is_not_repeated(client):
    with pytest.raises(openai.AuthenticationError) as raised:
        client.with_options(api_key="sk-secret-secret-secret").models.list()
    assert "secret-secret" not in str(raised.value)


def test_an_unknown_route_names_itself(client):
    with pytest.raises(openai.InternalServerError, match="GET /v1/vector_stores is not implemented"):
        client.vector_stores.list()


def test_limits_are_told_and_kept(clock):
    with serving(create_app(clock=clock, limits=Limits(requests=2, tokens=1000))) as url, client_for(url) as client:
        raw = client.chat.completions.with_raw_response
        told = raw.create(model=CHAT, messages=say("Hello")).headers
        assert told["x-ratelimit-remaining-requests"] == "1"
        assert told["x-ratelimit-reset-requests"] == "30s"
        assert 900 < int(told["x-ratelimit-remaining-tokens"]) < 1000
        raw.create(model=CHAT, messages=say("Hello"))
        with pytest.raises(openai.RateLimitError) as raised:
            raw.create(model=CHAT, messages=say("Hello"))
        assert raised.value.code == "rate_limit_exceeded"
        assert raised.value.response.headers["retry-after"] == "30"
        raw.create(model="gpt-5", messages=say("Hello"))
        clock.tick(seconds=30)
        raw.create(model=CHAT, messages=say("Hello"))


def test_an_account_without_credit():
    with serving(create_app(limits=Limits(credit=False))) as url, client_for(url) as client:
        assert client.models.list().data
        with pytest.raises(openai.RateLimitError) as raised:
            client.embeddings.create(model="text-embedding-3-small", input="x")
        assert raised.value.code == "insufficient_quota"


def test_organizations_do_not_see_each_other():
    with serving(create_app(keys={"sk-a": "org-a", "sk-b": "org-b"})) as url:
        with client_for(url, api_key="sk-a") as a, client_for(url, api_key="sk-b") as b:
            made = a.files.create(file=("a.txt", b"a"), purpose="user_data")
            assert [one.id for one in a.files.list()] == [made.id]
            assert b.files.list().data == []


@pytest.mark.parametrize(
    ("seconds", "text"), [(0, "0s"), (0.0201, "20ms"), (0.00001, "1ms"), (1, "1s"), (1.5, "1.5s"), (360, "6m0s"), (59.9996, "1m0s"), (3661, "61m1s")]
)  # fmt: skip
def test_durations(seconds, text):
    from unifykit._core.hints import duration
    from unifykit.sandbox.openai.quota import go_duration

    assert go_duration(seconds) == text
    assert duration(text) == pytest.approx(seconds, abs=1e-2)


def test_every_route_is_described():
    for route in create_app().routes[:-1]:
        if not route.path.startswith(("/v1/assistants", "/v1/threads", "/v1/images/variations")):
            (method,) = route.methods - {"HEAD"}
            find_operation(method, route.path.replace("{", "").replace("}", ""))


@pytest.mark.parametrize("broken", [{"object": "chat"}, {"choices": [{}]}, {"usage": None}, {"created": "today"}])
def test_the_contract_bites(client, served, broken):
    reply = client.chat.completions.create(model=CHAT, messages=say("x")).model_dump(exclude_unset=True)
    sent = "POST", "/v1/chat/completions", 200, "application/json", b"", "application/json"
    assert validate_exchange(*sent, json.dumps(reply).encode()) == "/chat/completions"
    with pytest.raises(ContractError):
        validate_exchange(*sent, json.dumps({**reply, **broken}).encode())


def test_time_is_the_clocks(client, clock):
    clock.now = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=5)
    assert client.responses.create(model=CHAT, input="x").created_at == clock.now.timestamp()
