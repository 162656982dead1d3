"""How a caller of `/rest/v1` wants the answer: media types and preferences.

https://docs.postgrest.org/en/stable/references/api/preferences.html
https://docs.postgrest.org/en/stable/references/api/resource_representation.html
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from .call import Call
from .refusals import rest

OBJECT, ARRAY, PLAN = "application/vnd.pgrst.object", "application/vnd.pgrst.array", "application/vnd.pgrst.plan"
_JSON = {"application/json", "*/*", "application/*", ""}
_FORMS = {"application/json": "application/json", "text/csv": "text/csv", "application/vnd.pgrst.object": OBJECT,
          "application/vnd.pgrst.array": ARRAY, "application/vnd.pgrst.plan": PLAN}  # fmt: skip
_KNOWN = {
    "return": ("minimal", "headers-only", "representation"), "count": ("exact", "planned", "estimated"),
    "resolution": ("merge-duplicates", "ignore-duplicates"), "missing": ("default", "null"),
    "tx": ("commit", "rollback"), "handling": ("strict", "lenient"),
}  # fmt: skip
_FREE = ("timezone", "max-affected")
_PARAMETER = re.compile(r';\s*([a-z]+)\s*=\s*("[^"]*"|[^;\s]*)')
_OPTIONS = ("analyze", "verbose", "settings", "buffers", "wal")


@dataclass(frozen=True)
class Media:
    """One media type of an ``Accept`` header."""

    kind: str
    parameters: Mapping[str, str] = field(default_factory=dict[str, str])
    suffix: str = ""

    @property
    def content_type(self) -> str:
        """As the answer says it."""
        told = "".join(f"; {name}={value}" for name, value in self.parameters.items())
        return f"{self.kind}{self.suffix}{told}; charset=utf-8"


@dataclass(frozen=True)
class Wish:
    """How the caller wants the answer."""

    media: Media
    preferences: Mapping[str, str]

    @property
    def singular(self) -> bool:
        """One object, not an array."""
        return OBJECT in (self.media.kind, self.planned)

    @property
    def stripped(self) -> bool:
        """Without what is null."""
        return self.media.parameters.get("nulls") == "stripped"

    @property
    def csv(self) -> bool:
        """As lines of text."""
        return self.media.kind == "text/csv"

    @property
    def planned(self) -> str:
        """Of what kind of answer the plan is asked for, if it is."""
        if self.media.kind != PLAN:
            return ""
        wanted = self.media.parameters.get("for", "").strip('"').partition(";")[0]
        return wanted.partition("+")[0] if wanted.startswith("application/vnd.pgrst") else wanted or "application/json"

    @property
    def returning(self) -> str:
        """What a write answers."""
        return self.preferences.get("return", "minimal")

    @property
    def count(self) -> str | None:
        """How all rows are counted."""
        return self.preferences.get("count")

    @property
    def most(self) -> int | None:
        """How many rows may be changed."""
        said = self.preferences.get("max-affected", "")
        return int(said) if said.isdigit() and self.preferences.get("handling") == "strict" else None

    def explained(self, sql: str) -> str:
        """The statement that asks for the plan of another one."""
        said = self.media.parameters.get("options", "").split("|")
        options = [option for option in _OPTIONS if option in said]
        form = "json" if self.media.suffix == "+json" else "text"
        return f"explain ({', '.join([*options, f'format {form}'])}) {sql}"

    def applied(self, *names: str) -> dict[str, str]:
        """The header that says which preferences counted; `names` are those that only some requests know."""
        always = ("count", "handling", "timezone")
        order = ("resolution", "missing", "return", "count", "handling", "timezone", "max-affected")
        kept = [name for name in order if name in (*always, *names) and name in self.preferences]
        if self.most is None and "max-affected" in kept:
            kept.remove("max-affected")
        told = ", ".join(f"{name}={self.preferences[name]}" for name in kept)
        return {"Preference-Applied": told} if told else {}


def read_wish(call: Call) -> Wish:
    """Read the headers.

    Raises:
        Refusal: None of the media types is to be had, or a preference is unknown and the caller is strict.
    """
    return Wish(_media(call.headers.get("accept", "")), _preferences(call.headers.get("prefer", "")))


def _media(header: str) -> Media:
    offered = _split(header)
    for one in offered:
        kind = one.partition(";")[0].strip().lower()
        base, _, suffix = kind.partition("+")
        if kind in _JSON:
            return Media("application/json")
        if base in _FORMS and suffix in (("json", "text", "") if base == PLAN else ("json", "")):
            parameters = {name: value for name, value in _PARAMETER.findall(one) if name != "q"}
            suffix = "+text" if base == PLAN and suffix != "json" else "+json"
            return Media(_FORMS[base], parameters, suffix if base.startswith("application/vnd") else "")
    raise rest(406, "PGRST107", f"None of these media types are available: {', '.join(offered)}")


def _split(header: str) -> list[str]:
    """At commas that are not within quotes."""
    return [part.strip() for part in re.findall(r'(?:[^,"]|"[^"]*")+', header)] or [""]


def _preferences(header: str) -> dict[str, str]:
    said = [part.strip() for part in header.split(",") if part.strip()]
    found, wrong = dict[str, str](), list[str]()
    for part in said:
        name, _, value = part.partition("=")
        known = value in _KNOWN.get(name, ()) or (name in _FREE and bool(value))
        if known:
            found.setdefault(name, value)
        else:
            wrong.append(part)
    if wrong and found.get("handling") == "strict":
        raise rest(
            400,
            "PGRST122",
            "Invalid preferences given with handling=strict",
            f"Invalid preferences: {', '.join(wrong)}",
        )
    return found
