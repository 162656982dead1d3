"""OpenAI over openai-python (extra ``openai``).

https://platform.openai.com/docs/api-reference
"""

from unifykit.providers.openai.client import OpenAI

__all__ = ["OpenAI"]
