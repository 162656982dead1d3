"""The settings page: every field, its variables in the order of precedence, its default."""

from collections.abc import Iterator

from generator.docstrings import markdown
from generator.source import fields
from unifykit import settings
from unifykit.settings import ProviderSettings

INTRO = """# Settings

A setting is read in this order; the first that is found counts.

1. An argument: `Platforms(github=GitHubSettings(token="…"))`.
2. The environment variables in the tables below, from left to right.
3. The default.

Where a `.env` file is named, `Platforms(env_file=".env")`, its lines count as environment variables. Where both have a variable of the
same name, the process's environment wins. No file is read unless it is named.

An empty variable counts as not set. A required setting that is found nowhere raises
[`ConfigurationError`](errors.md#configurationerror), which names every variable that was looked for.

A second account of a provider has variables with its name inside: `p.github["bot"]` reads `UNIFYKIT_GITHUB_BOT_TOKEN`.
Only the `UNIFYKIT_` name works for a named account. See [accounts and settings](../how-to/accounts-and-settings.md).

Secrets are `SecretStr`: they are not shown by `repr`, `str` or an error.
"""


def page() -> str:
    """The whole page."""
    return INTRO + "\n" + "\n\n".join(_provider(cls) for cls in _classes()) + "\n\n" + _shared()


def _classes() -> Iterator[type[ProviderSettings]]:
    for name in settings.__all__:
        cls = getattr(settings, name)
        if cls is not ProviderSettings:
            yield cls


def _provider(cls: type[ProviderSettings]) -> str:
    head = f"## {cls.__name__}\n\n{markdown(cls)}\n\n"
    return head + _table(cls, [field.name for field in fields(cls)])


def _shared() -> str:
    head = "## For every provider\n\n"
    return (
        head
        + _table(ProviderSettings, ["allow_insecure"])
        + (
            "\n\nWith `allow_insecure`, plain `http://` to a host that is not loopback is permitted. Without it, such a URL is refused."
        )
    )


def _table(cls: type[ProviderSettings], names: list[str]) -> str:
    rows = [_row(cls, name) for name in names]
    return "\n".join(["| field | variables, the first found counts | default |", "| --- | --- | --- |", *rows])


def _row(cls: type[ProviderSettings], name: str) -> str:
    variables = ", ".join(f"`{variable}`" for variable in cls.variables(name))
    default = cls.model_fields[name].default
    told = "required" if name in cls.required else "none" if default is None else f"`{default}`"
    return f"| `{name}` | {variables} | {told} |"
