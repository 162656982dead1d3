"""GitLab over python-gitlab (extra ``gitlab``).

https://docs.gitlab.com/api/rest/
"""

from unifykit.providers.gitlab.client import GitLab

__all__ = ["GitLab"]
