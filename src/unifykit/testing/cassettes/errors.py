"""What goes wrong with a cassette."""

from unifykit.errors import UnifyError


class CassetteError(UnifyError):
    """A cassette cannot be read, written or played."""


class NotRecordedError(CassetteError):
    """A request was made that the cassette has no answer to. The text says what was asked, and what comes nearest."""


class SecretInCassetteError(CassetteError):
    """A secret would have been written. Nothing was; the text says where it stands, and never what it is."""
