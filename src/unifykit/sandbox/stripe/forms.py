"""Form-encoded parameters with brackets, as Stripe takes them.

https://docs.stripe.com/api#intro
"""

from __future__ import annotations

import re
from typing import Any, cast
from urllib.parse import parse_qsl

from .errors import invalid, missing_param, not_implemented

Json = dict[str, Any]

_KEY = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_MOST_KEYS = 50
_LONGEST_KEY, _LONGEST_VALUE = 40, 500


def decode(text: str) -> Json:
    """The tree that a form or a query stands for: groups are dicts, numbered or bare brackets are lists, leaves are text."""
    tree: Json = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        found = _KEY.fullmatch(key)
        if found is None:
            raise invalid(f"Invalid parameter name: {key}", param=key)
        _put(tree, [found[1], *re.findall(r"\[([^\[\]]*)\]", found[2])], value, key)
    return {name: _listed(value) for name, value in tree.items()}


def _put(tree: Json, names: list[str], value: str, key: str) -> None:
    for name in names[:-1]:
        below = tree.setdefault(name or str(len(tree)), {})
        if not isinstance(below, dict):
            raise invalid(f"Invalid parameter: {key} is both a value and a group", param=key)
        tree = cast("Json", below)
    tree[names[-1] or str(len(tree))] = value


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    group = {name: _listed(below) for name, below in cast("Json", value).items()}
    if all(name.isdigit() for name in group):
        return [group[name] for name in sorted(group, key=int)]
    return group


class Fields:
    """The parameters of a request, or of a group within it, each read as the type it must have."""

    def __init__(self, tree: Json, path: str = "") -> None:
        self._tree = tree
        self._path = path

    def __contains__(self, name: str) -> bool:
        return name in self._tree

    def param(self, name: str) -> str:
        """The name of a parameter as the caller wrote it."""
        return f"{self._path}[{name}]" if self._path else name

    def only(self, names: str, where: str) -> Fields:
        """Refuse what the sandbox would otherwise silently pass over."""
        for name in self._tree:
            if name not in names.split():
                raise not_implemented(f"{where} with the parameter {self.param(name)}", param=self.param(name))
        return self

    def text(self, name: str) -> str | None:
        """A text; None where it is absent or empty, which unsets."""
        value = self._tree.get(name)
        if value is not None and not isinstance(value, str):
            raise invalid(f"Invalid string: {value}", param=self.param(name))
        return value or None

    def need(self, name: str) -> str:
        """A text the operation cannot do without."""
        value = self.text(name)
        if value is None:
            raise missing_param(self.param(name))
        return value

    def integer(self, name: str, *, least: int | None = None) -> int | None:
        """A whole number."""
        value = self.text(name)
        if value is None:
            return None
        if not re.fullmatch(r"-?\d{1,18}", value):
            raise invalid(f"Invalid integer: {value}", param=self.param(name), code="parameter_invalid_integer")
        if least is not None and int(value) < least:
            said = f"This value must be greater than or equal to {least}."
            raise invalid(said, param=self.param(name), code="parameter_invalid_integer")
        return int(value)

    def boolean(self, name: str) -> bool | None:
        """True or false."""
        value = self.text(name)
        if value not in (None, "true", "false"):
            raise invalid(f"Invalid boolean: {value}", param=self.param(name))
        return None if value is None else value == "true"

    def choice(self, name: str, allowed: str) -> str | None:
        """One of a few words."""
        value = self.text(name)
        if value is not None and value not in allowed.split():
            words = allowed.split()
            said = ", ".join(words[:-1]) + f", or {words[-1]}" if len(words) > 1 else words[0]
            raise invalid(f"Invalid {self.param(name)}: must be one of {said}", param=self.param(name))
        return value

    def group(self, name: str, names: str) -> Fields | None:
        """A group of parameters; None where it is absent or empty, which unsets."""
        value = self._tree.get(name)
        if value in (None, ""):
            return None
        if not isinstance(value, dict):
            raise invalid("Invalid object", param=self.param(name))
        return Fields(cast("Json", value), self.param(name)).only(names, "a request")

    def grouped(self, name: str) -> bool:
        """Whether what was given under this name is a group."""
        return isinstance(self._tree.get(name), dict)

    def groups(self, name: str, names: str) -> list[Fields]:
        """A list of groups."""
        found: list[Fields] = []
        for number, value in enumerate(self._list(name)):
            path = f"{self.param(name)}[{number}]"
            if not isinstance(value, dict):
                raise invalid("Invalid object", param=path)
            found.append(Fields(cast("Json", value), path).only(names, "a request"))
        return found

    def texts(self, name: str) -> list[str]:
        """A list of texts."""
        values = self._list(name)
        for number, value in enumerate(values):
            if not isinstance(value, str):
                raise invalid(f"Invalid string: {value}", param=f"{self.param(name)}[{number}]")
        return values

    def _list(self, name: str) -> list[Any]:
        value = self._tree.get(name)
        if value in (None, ""):
            return []
        if not isinstance(value, list):
            raise invalid("Invalid array", param=self.param(name))
        return value  # pyright: ignore[reportUnknownVariableType]

    def metadata(self, old: Json | None = None) -> Json:
        """The metadata after this request: keys given empty are dropped.

        https://docs.stripe.com/api/metadata
        """
        kept = dict(old or {})
        given = self._tree.get("metadata")
        if given is None:
            return kept
        if given == "":
            return {}
        if not isinstance(given, dict):
            raise invalid("Invalid object", param=self.param("metadata"))
        kept |= cast("Json", given)
        kept = {key: value for key, value in kept.items() if value != ""}
        for key, value in kept.items():
            if not isinstance(value, str) or len(key) > _LONGEST_KEY or len(value) > _LONGEST_VALUE:
                raise invalid(f"Invalid metadata: {key}", param=self.param(f"metadata[{key}]"))
        if len(kept) > _MOST_KEYS:
            raise invalid("You can only have up to 50 metadata keys.", param=self.param("metadata"))
        return kept

    def copy_to(self, thing: Json, *, texts: str = "", integers: str = "", booleans: str = "") -> None:
        """Write the parameters that were given into an object."""
        for name in texts.split():
            if name in self:
                thing[name] = self.text(name)
        for name in integers.split():
            if name in self:
                thing[name] = self.integer(name)
        for name in booleans.split():
            if (flag := self.boolean(name)) is not None:
                thing[name] = flag
