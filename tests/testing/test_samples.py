"""Samples: valid results from few fields."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, Field, SecretStr
from typing_extensions import TypedDict

from unifykit import InvalidRequestError
from unifykit.providers.github.models import Issue, PullRequest
from unifykit.providers.openai.chat import ToolRun
from unifykit.providers.openai.models import ChatReply
from unifykit.providers.stripe.models import Customer
from unifykit.testing import sample


def test_the_required_fields_are_filled_and_the_given_ones_kept():
    issue = sample(Issue, title="A bug", labels=[{"name": "bug"}])
    assert (issue.title, issue.labels[0].name, issue.number) == ("A bug", "bug", 1)
    assert issue.raw["title"] == "A bug"
    assert sample(Customer, email="ada@example.com").id == "customer_1"


def test_it_is_as_valid_as_what_the_vendor_sends():
    pull = sample(PullRequest)
    assert PullRequest.model_validate(pull.raw) == pull


def test_models_within_models_are_filled_too():
    reply = sample(ChatReply, choices=[{"message": {"content": "Bonjour"}}])
    assert reply.text == "Bonjour"
    assert sample(ToolRun, reply=reply).text == "Bonjour"


class Colour(Enum):
    RED = "red"


class Named(TypedDict):
    name: str


@dataclass
class Point:
    x: float
    label: str
    y: float = 2.0


class Everything(BaseModel):
    email: str
    home_url: str
    id: str
    kind: Literal["a", "b"]
    colour: Colour
    at: datetime
    secret: SecretStr
    point: Point
    pair: tuple[int, str]
    many: list[Point]
    some: Annotated[list[Point], Field(min_length=2)]
    short: Annotated[str, Field(max_length=10)]
    either: int | str
    perhaps: Point | None
    named: Named
    facts: dict[str, int]
    wire: str = Field(alias="wireName")
    left_out: str = "as it is"


def test_every_kind_of_field():
    made = sample(Everything, wire="w")
    assert (made.email, made.home_url, made.id) == ("ada@example.com", "https://example.com/", "everything_1")
    assert (made.kind, made.colour, made.point, made.pair) == ("a", Colour.RED, Point(1.0, "label"), (1, "pair"))
    assert (made.many, len(made.some), made.perhaps, made.named, made.facts) == ([], 2, None, {"name": "name"}, {})
    assert (made.either, made.wire, made.left_out) == (1, "w", "as it is")
    assert sample(Everything, perhaps={"x": 3.0}).perhaps == Point(3.0, "label")


def test_a_dataclass():
    assert sample(Point, x=5.0) == Point(5.0, "label", 2.0)


class Narrow(BaseModel):
    code: str = Field(pattern="^[0-9]+$")


@dataclass
class Odd:
    thing: complex


@pytest.mark.parametrize(
    ("make", "text"),
    [
        (lambda: sample(Customer, mail="x"), "Customer has no field mail: it has id, "),
        (lambda: sample(Customer, email=5), "other values of: email"),
        (lambda: sample(Narrow), "other values of: code"),
        (lambda: sample(Odd), "makes no complex: give thing="),
        (lambda: sample(str), "makes models and dataclasses"),
    ],
)
def test_what_cannot_be_made_is_refused(make, text):
    with pytest.raises(InvalidRequestError, match=text):
        make()
    assert sample(Narrow, code="5").code == "5"
