"""Agora over its REST API, and tokens made here (extra ``agora`` for tokens of version 006 only).

https://docs.agora.io/en/api-reference
"""

from unifykit.providers.agora.client import Agora
from unifykit.providers.agora.recordings import Storage

__all__ = ["Agora", "Storage"]
