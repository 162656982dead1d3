"""Real calls, recorded once and played anywhere.

A cassette stands below the engine, at the wires' tap: what it records and plays is an attempt. So the same file serves
sync and async, operations and the SDKs' own clients, and a retried request is played with its retries. See `Cassette`.
"""

from unifykit.testing.cassettes.errors import CassetteError, NotRecordedError, SecretInCassetteError
from unifykit.testing.cassettes.tape import Cassette

__all__ = ["Cassette", "CassetteError", "NotRecordedError", "SecretInCassetteError"]
