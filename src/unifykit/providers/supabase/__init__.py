"""Supabase over supabase-py (extra ``supabase``).

https://supabase.com/docs/reference/python
"""

from unifykit.providers.supabase.client import Supabase

__all__ = ["Supabase"]
