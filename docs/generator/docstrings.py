"""Google's docstring sections as Markdown."""

import inspect
import re
from collections.abc import Iterator

from unifykit import errors

_SECTION = re.compile(r"^(Args|Arguments|Attributes|Returns|Yields|Raises|Example|Examples|Note):$")
_ITEM = re.compile(r"^(\*{0,2}[\w., ]+?)(?: \([^)]*\))?: (.*)$")
_URL = re.compile(r"^(https?://\S+)$")
_TITLES = {"Args": "Parameters", "Arguments": "Parameters", "Example": "Example", "Examples": "Example"}


def markdown(thing: object) -> str:
    """The docstring of a thing as Markdown; an empty text where it has none of its own."""
    return render(inspect.cleandoc(getattr(thing, "__doc__", None) or ""))


def render(text: str) -> str:
    """A docstring's text as Markdown."""
    return "\n\n".join(block for title, lines in _sections(text) if (block := _section(title, lines)))


def _sections(text: str) -> Iterator[tuple[str, list[str]]]:
    title, lines = "", list[str]()
    for line in text.splitlines():
        heading = _SECTION.match(line)
        if heading is None:
            lines.append(line)
            continue
        yield title, lines
        title, lines = heading[1], []
    yield title, lines


def _section(title: str, lines: list[str]) -> str:
    if not title:
        return _prose(lines)
    body = inspect.cleandoc("\n".join(lines)) if lines and not lines[0].strip() else _dedented(lines)
    name = _TITLES.get(title, title)
    if name == "Example":
        return f"**{name}**\n\n{_example(body)}"
    items = _items(body)
    if not items:
        return f"**{name}**\n\n{_inline(body)}"
    return f"**{name}**\n\n" + "\n".join(f"- {_term(term, title)}: {_inline(told)}" for term, told in items)


def _dedented(lines: list[str]) -> str:
    return inspect.cleandoc("\n" + "\n".join(lines))


def _term(term: str, title: str) -> str:
    if title == "Raises":
        page = "errors.md" if term in errors.__all__ else "testing.md"
        return f"[`{term}`]({page}#{term.lower()})"
    return ", ".join(f"`{name.strip()}`" for name in term.split(","))


def _items(body: str) -> list[tuple[str, str]]:
    items: list[tuple[str, str]] = []
    for line in body.splitlines():
        found = _ITEM.match(line)
        if found and not line.startswith(" "):
            items.append((found[1], found[2]))
        elif items and line.strip():
            items[-1] = (items[-1][0], f"{items[-1][1]} {line.strip()}")
        elif line.strip():
            return []
    return items


def _example(body: str) -> str:
    return body if body.startswith("```") else f"```pycon\n{body.strip()}\n```"


def _prose(lines: list[str]) -> str:
    """Paragraphs; an indented or fenced part stays as it is, a lone address becomes a link."""
    fenced, told = False, list[str]()
    for line in lines:
        fenced ^= line.startswith("```")
        address = _URL.match(line)
        if fenced or line.startswith(("```", "    ")):
            told.append(line)
        elif address:
            told.append(f"Reference: <{address[1]}>")
        else:
            told.append(_inline(line))
    return "\n".join(told).strip()


def _inline(text: str) -> str:
    return re.sub(r"(?<![<`\w])(?<!\]\()(https?://[^\s)>]+[^\s)>.,])", r"<\1>", re.sub(r"``(.+?)``", r"`\1`", text))
