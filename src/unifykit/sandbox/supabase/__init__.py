"""A counterpart of Supabase for development and tests: a real PostgreSQL behind a gateway of our own.

Tables and functions speak PostgREST's dialect, under row-level security; accounts, files, functions and realtime
channels are served too: changes come from the database's own log, for the tables that are in its publication
``supabase_realtime``. What the counterpart does not have, it answers with 501 and says so.

https://supabase.com/docs/guides/getting-started/architecture
"""

from .functions import FunctionRequest
from .hooks import Hook
from .line import DatabaseError
from .project import SupabaseProject

__all__ = ["DatabaseError", "FunctionRequest", "Hook", "SupabaseProject"]
