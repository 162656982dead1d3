"""Redis and Valkey over redis-py (extra ``redis``).

https://redis.io/docs/latest/commands/
"""

from unifykit.providers.redis.client import Redis

__all__ = ["Redis"]
