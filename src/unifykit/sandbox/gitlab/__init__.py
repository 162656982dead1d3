"""A stateful counterpart of the GitLab REST API for development and tests.

Projects are real git repositories in memory, so commits, diffs and merges are true. Whatever the counterpart does not
have, it answers with 501 and says so.

https://docs.gitlab.com/api/rest/
"""

from __future__ import annotations

from .app import DEFAULT_TOKENS, create_app
from .quota import Limits

__all__ = ["DEFAULT_TOKENS", "Limits", "create_app"]
