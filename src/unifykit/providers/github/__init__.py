"""GitHub over PyGithub (extra ``github``).

https://docs.github.com/en/rest
"""

from unifykit.providers.github.client import GitHub

__all__ = ["GitHub"]
