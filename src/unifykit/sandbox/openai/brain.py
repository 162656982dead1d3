"""What the "model" answers: rules, so that the same question always gets the same answer."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from .filling import Filler

if TYPE_CHECKING:
    from collections.abc import Sequence

_GREETINGS = {"hello": "Hello!", "bonjour": "Bonjour !", "hi": "Hi!", "salut": "Salut !"}
_WORD = re.compile(r"[^\W_]+")
_REPEAT = re.compile(r"^\s*(?:repeat|répète)\s*:\s*", re.IGNORECASE)
_SHORTEST = 4
"""Shorter words than this say nothing of what is meant."""


@dataclass(frozen=True)
class Tool:
    """A function that the model may call."""

    name: str
    description: str = ""
    parameters: dict[str, Any] = field(default_factory=dict[str, Any])


@dataclass(frozen=True)
class ToolResult:
    """What a function gave back."""

    text: str


@dataclass(frozen=True)
class Question:
    """All that an answer depends on.

    Attributes:
        text: What the user said last.
        images: How many images came with it.
        results: What functions gave back since.
        tools: The functions that may be called.
        choice: ``"auto"``, ``"none"``, ``"required"`` or a function's name.
        parallel: Whether several may be called at once.
        schema: What the answer must satisfy.
        any_json: Whether it must be a JSON object.
    """

    text: str
    images: int = 0
    results: Sequence[ToolResult] = ()
    tools: Sequence[Tool] = ()
    choice: str = "auto"
    parallel: bool = True
    schema: dict[str, Any] | None = None
    any_json: bool = False


@dataclass(frozen=True)
class Answer:
    """A text, or calls of functions: their names and arguments as JSON."""

    text: str = ""
    calls: Sequence[tuple[str, str]] = ()


def answer(question: Question) -> Answer:
    """What the model says."""
    wanted = _wanted(question)
    if wanted:
        return Answer(calls=[(tool.name, _arguments(tool, question.text)) for tool in wanted])
    if question.schema is not None:
        return Answer(_dumped(Filler(question.text, question.schema).fill(question.schema)))
    said = _said(question)
    return Answer(_dumped({"answer": said}) if question.any_json else said)


def _wanted(question: Question) -> Sequence[Tool]:
    """The functions to call: those that are forced, else those that the text speaks of, once."""
    forced = [tool for tool in question.tools if tool.name == question.choice]
    if question.results or question.choice == "none" or forced:
        return forced if not question.results else ()
    spoken_of = [tool for tool in question.tools if _words(question.text) & _about(tool)]
    if not spoken_of and (question.choice == "required" or question.text.rstrip().endswith("?")):
        spoken_of = list(question.tools[:1])
    return spoken_of if question.parallel else spoken_of[:1]


def _words(text: str) -> set[str]:
    return {word for word in _WORD.findall(text.lower()) if len(word) >= _SHORTEST}


def _about(tool: Tool) -> set[str]:
    return _words(tool.name.replace("_", " ")) | _words(tool.description)


def _arguments(tool: Tool, text: str) -> str:
    schema = {"type": "object", **tool.parameters}
    return _dumped(Filler(text, schema).fill(schema))


def _said(question: Question) -> str:
    if question.results:
        return f"The result is: {'; '.join(result.text for result in question.results)}"
    if question.images:
        shown = "an image" if question.images == 1 else f"{question.images} images"
        return f"I see {shown}. You said: {question.text}" if question.text else f"I see {shown}."
    if _REPEAT.match(question.text):
        return _REPEAT.sub("", question.text)
    greeting = next((_GREETINGS[word] for word in _WORD.findall(question.text.lower()) if word in _GREETINGS), None)
    return greeting or f"You said: {question.text}"


def _dumped(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
