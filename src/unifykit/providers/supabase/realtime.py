"""Realtime: not offered yet, and honest about it."""

from typing import Never

from unifykit._core.mode import M
from unifykit.errors import UnsupportedError
from unifykit.providers.supabase.resource import SupabaseResource


class Realtime(SupabaseResource[M]):
    """`p.supabase.realtime`: changes as they happen."""

    def channel(self, name: str) -> Never:
        """Open a channel. Not offered yet.

        https://supabase.com/docs/reference/python/subscribe

        Raises:
            UnsupportedError: Always; the text says what to use instead.
        """
        if self._client.is_async:
            why = "unifykit has no realtime channels yet: p.supabase.native.channel(...) is the SDK's own, outside the pipeline."
        else:
            why = "realtime is async only, as in supabase-py: use AsyncPlatforms, whose native client has channels."
        raise UnsupportedError(f"channel {name!r}: {why}", provider="supabase", operation="realtime.channel")
