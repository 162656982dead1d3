"""LogRocket over its REST API; it needs no extra.

https://docs.logrocket.com/reference
"""

from unifykit.providers.logrocket.client import LogRocket

__all__ = ["LogRocket"]
