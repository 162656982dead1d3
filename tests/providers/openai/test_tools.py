"""Python functions as tools: what the model is told of them, and the loop that calls them."""

import enum
import json
from collections.abc import Sequence
from typing import Annotated, Any

import pytest
from pydantic import BaseModel, Field
from tests.loopback import Loopback, Reply

from unifykit import InvalidRequestError, UnexpectedResponseError
from unifykit.providers.openai.schemas import output_format, tool_of
from unifykit.providers.openai.toolbox import told

MODEL = "gpt-5-mini"


class Unit(enum.Enum):
    C = "celsius"
    F = "fahrenheit"


def get_weather(city: str, unit: Unit = Unit.C, days: Annotated[int, Field(ge=1, le=7)] = 1) -> str:
    """Tell the weather
    in a city.

    Not part of what the model reads.

    Args:
        city: Its name.
        unit (Unit): Of the temperature.
    """
    return f"{days} days at 12 {unit.value} in {city}"


def test_what_the_model_is_told():
    definition = tool_of(get_weather).definition
    assert definition["name"] == "get_weather"
    assert definition["description"] == "Tell the weather in a city."
    schema = definition["parameters"]
    assert schema["required"] == ["city"]
    assert schema["additionalProperties"] is False
    assert schema["properties"]["city"] == {"type": "string", "description": "Its name.", "title": "City"}
    assert schema["properties"]["unit"]["description"] == "Of the temperature."
    assert schema["properties"]["days"]["maximum"] == 7
    assert schema["$defs"]["Unit"]["enum"] == ["celsius", "fahrenheit"]


def no_hint(city):
    return city


def variadic(*cities: str) -> str:
    return str(cities)


def positional(city: str, /) -> str:
    return city


def opaque(connection: Loopback) -> None:
    pass


def unknown(x: "Nowhere") -> None:  # noqa: F821
    pass


@pytest.mark.parametrize(
    ("function", "says"),
    [(no_hint, "no type hint"), (variadic, "must have names"), (positional, "must have names"), (opaque, "no JSON schema"),
     (unknown, "no JSON schema|no type hint"), (lambda city: city, "define a function")],
)  # fmt: skip
def test_what_is_no_tool(both, function, says):
    for call in (
        lambda p: p.openai.chat.complete(MODEL, "x", tools=[function]),
        lambda p: p.openai.chat.run_tools(MODEL, "x", [function]),
        lambda p: p.openai.responses.create(MODEL, "x", tools=[function]),
        lambda p: p.openai.assistants.create(name="a", instructions="", model=MODEL, tools=[function]),
    ):
        from tests.providers.openai.conftest import settings

        with pytest.raises(InvalidRequestError, match=says):
            both(openai=settings("http://127.0.0.1:9")).run(call)


def test_an_object_and_a_method_are_tools():
    class Weather:
        """Tells the weather."""

        def __call__(self, city: str) -> str:
            return city

        def tomorrow(self, city: str) -> str:
            """Tell tomorrow's weather."""
            return city

    assert tool_of(Weather()).name == "Weather"
    assert list(tool_of(Weather().tomorrow).definition["parameters"]["properties"]) == ["city"]


# -- the loop


def test_the_loop(world):
    run = world.do(lambda p: p.openai.chat.run_tools(MODEL, "Tell the weather in Oslo", [get_weather]))
    assert run.text == str(run) == "The result is: 1 days at 12 celsius in Oslo"
    (step,) = run.steps
    assert (step.name, step.error) == ("get_weather", None)
    assert json.loads(step.arguments)["city"] == "Oslo"
    assert [one["role"] for one in run.messages] == ["user", "assistant", "tool", "assistant"]
    assert run.usage.output_tokens > run.reply.usage.output_tokens
    assert world.harness.p.openai.usage[MODEL] == run.usage
    again = world.do(
        lambda p: p.openai.chat.run_tools(MODEL, [*run.messages, {"role": "user", "content": "Hello"}], [get_weather])
    )
    assert again.text == "Hello!"
    assert again.steps == []


def test_a_tool_that_fails_tells_the_model(world):
    def weather(city: str) -> str:
        raise LookupError(f"no station in {city}")

    run = world.do(lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [weather]))
    assert run.text == "The result is: Error: LookupError: no station in Oslo"
    assert isinstance(run.steps[0].error, LookupError)


def test_an_interruption_is_not_told(world):
    class Stop(BaseException):
        pass

    def weather(city: str) -> str:
        raise Stop

    with pytest.raises(Stop):
        world.do(lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [weather]))


def test_async_tools(world):
    async def weather(city: str) -> str:
        return f"sun in {city}"

    if world.is_async:
        assert world.do(lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [weather])).text.endswith(
            "sun in Oslo"
        )
    else:
        world.do(lambda p: p.openai.models.list().first())
        with pytest.raises(InvalidRequestError, match="use AsyncPlatforms"):
            world.do(lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [weather]))


def test_a_tool_may_call_the_same_platform(world):
    """Its requests are operations of their own, judged by themselves."""
    if world.is_async:

        async def weather(city: str) -> str:
            return (await world.harness.p.openai.embeddings.create("text-embedding-3-small", city)).model
    else:

        def weather(city: str) -> str:
            return world.harness.p.openai.embeddings.create("text-embedding-3-small", city).model

    run = world.do(lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [weather]))
    assert run.text == "The result is: text-embedding-3-small"


def completion(calls=(), text=None):
    tools = [{"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": arguments}} for n, (name, arguments) in enumerate(calls)]  # fmt: skip
    message = {"role": "assistant", "content": text, **({"tool_calls": tools} if tools else {})}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls" if tools else "stop"}
    return Reply(body={"id": "1", "object": "chat.completion", "model": "m", "created": 1, "choices": [choice]})


@pytest.mark.parametrize(
    ("call", "says"),
    [(("get_weather", "{"), "arguments are wrong"), (("get_weather", '{"city": 1}'), "city: Input should be a valid string"),
     (("get_weather", '{"town": "Oslo"}'), "town: Extra inputs"), (("get_wether", "{}"), "there is no tool 'get_wether'")],
)  # fmt: skip
def test_a_wrong_call_goes_back_to_the_model(at, call, says):
    with Loopback([completion([call]), completion(text="sorry")]) as server:
        run = at(server.url).do(lambda p: p.openai.chat.run_tools("m", "x", [get_weather]))
        assert run.text == "sorry"
        assert says in run.steps[0].result
        assert json.loads(server.seen[1].body)["messages"][-1]["content"] == run.steps[0].result


def test_several_calls_at_once(at):
    calls = [("get_weather", '{"city": "Oslo"}'), ("get_weather", '{"city": "Rome", "unit": "fahrenheit"}')]
    with Loopback([completion(calls), completion(text="done")]) as server:
        at(server.url).do(lambda p: p.openai.chat.run_tools("m", "x", [get_weather], tool_choice="get_weather"))
        first, second = (json.loads(one.body) for one in server.seen)
        assert first["tool_choice"] == {"type": "function", "function": {"name": "get_weather"}}
        assert "tool_choice" not in second
        assert [(one.get("tool_call_id"), one["content"]) for one in second["messages"][-2:]] == [
            ("call_0", "1 days at 12 celsius in Oslo"), ("call_1", "1 days at 12 fahrenheit in Rome"),
        ]  # fmt: skip


def test_a_model_that_never_stops(at):
    with Loopback([completion([("get_weather", '{"city": "Oslo"}')])]) as server:
        with pytest.raises(UnexpectedResponseError, match="after 2 rounds") as raised:
            at(server.url).do(lambda p: p.openai.chat.run_tools("m", "x", [get_weather], max_rounds=2))
        assert raised.value.code == "max_rounds"
        assert len(server.seen) == 3


class Point(BaseModel):
    x: int


@pytest.mark.parametrize(
    ("result", "text"),
    [("é", "é"), (1, "1"), (None, "null"), ({"a": [1]}, '{"a":[1]}'), (Point(x=1), '{"x":1}'), ([Point(x=1)], '[{"x":1}]'), (Unit.C, '"celsius"')],
)  # fmt: skip
def test_what_a_tool_gives_is_told(result, text):
    assert told(result) == text


def test_what_json_cannot_hold_is_told_as_text():
    assert "object" in told(object())


def test_a_typed_answer_after_tools(world):
    class Report(BaseModel):
        city: str

    run = world.do(
        lambda p: p.openai.chat.run_tools(MODEL, "The weather in Oslo", [get_weather], response_model=Report)
    )
    assert run.parsed == Report(city="Oslo")
    reply = world.do(
        lambda p: p.openai.chat.complete(MODEL, "The weather in Oslo", tools=[get_weather], response_model=Report)
    )
    with pytest.raises(InvalidRequestError, match="called tools"):
        _ = reply.parsed


# -- schemas of answers


class Node(BaseModel):
    name: str = "x"
    below: Sequence["Node"] = ()
    either: int | Point | None = None


def test_a_schema_is_closed_and_complete():
    made = output_format(Node)
    assert (made["name"], made["strict"]) == ("Node", True)

    def check(node: Any) -> int:
        if isinstance(node, list):
            return sum(map(check, node))
        if not isinstance(node, dict):
            return 0
        if node.get("type") == "object":
            assert node["additionalProperties"] is False
            assert sorted(node["required"]) == sorted(node["properties"])
        assert "default" not in node
        return (node.get("type") == "object") + sum(map(check, node.values()))

    assert check(made["schema"]) == 3  # at the root, and among the definitions
    assert made["schema"]["properties"]["below"]["items"] == {"$ref": "#/$defs/Node"}


@pytest.mark.parametrize(("kind", "says"), [(int, "must be a pydantic model"), (list[int], "must be a pydantic model"), (Loopback, "not a type that pydantic")])  # fmt: skip
def test_what_is_no_answer(kind, says):
    with pytest.raises(InvalidRequestError, match=says):
        output_format(kind)


def test_free_keys_cannot_be_promised():
    class Bag(BaseModel):
        things: dict[str, int]

    with pytest.raises(InvalidRequestError, match="free keys"):
        output_format(Bag)


def test_a_wrong_answer_is_not_shown(at):
    with Loopback([completion(text='{"x": "secret words"}')]) as server:
        with pytest.raises(UnexpectedResponseError, match="no Point: 1 faults") as raised:
            at(server.url).do(lambda p: p.openai.chat.complete("m", "x", response_model=Point))
        assert raised.value.code == "invalid_answer"
        assert "secret" not in str(raised.value)


def test_a_refusal_is_told(at):
    reply = completion()
    reply.body["choices"][0]["message"]["refusal"] = "I cannot help with that."
    with Loopback([reply]) as server, pytest.raises(UnexpectedResponseError, match="refused: I cannot") as raised:
        at(server.url).do(lambda p: p.openai.chat.complete("m", "x", response_model=Point))
    assert raised.value.code == "refusal"
