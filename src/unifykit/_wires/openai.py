"""openai-python on our wire, deaf to the ``OPENAI_*`` variables that would lead an explicitly configured account elsewhere."""

from typing import Any

import openai

_AMBIENT = ("organization", "project", "webhook_secret", "admin_api_key")


def _forget_ambient(client: Any, given: dict[str, Any]) -> None:
    """Take back what the constructor read from the environment. A copy (`with_options`) is built the same way."""
    for name in _AMBIENT:
        setattr(client, name, given.get(name))
    client._custom_headers = dict(given.get("default_headers") or {})  # noqa: SLF001 -- `OPENAI_CUSTOM_HEADERS` would be among them


class WiredOpenAI(openai.OpenAI):
    """`openai.OpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)


class WiredAsyncOpenAI(openai.AsyncOpenAI):
    """`openai.AsyncOpenAI` under the settings alone."""

    def __init__(self, **given: Any) -> None:
        given["max_retries"] = 0
        super().__init__(**given)
        _forget_ambient(self, given)
