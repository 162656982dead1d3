"""A stateful counterpart of the OpenAI API for development and tests.

Its "model" is a handful of rules, so that the same question always gets the same answer; everything around the answer is
as in the service: streams, tools, schemas, usage, files, limits, refusals. What the counterpart does not have, it answers
with 501 and says so.

https://platform.openai.com/docs/api-reference
"""

from __future__ import annotations

from .app import DEFAULT_KEYS, create_app
from .quota import Limits

__all__ = ["DEFAULT_KEYS", "Limits", "create_app"]
