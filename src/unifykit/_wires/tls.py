"""One TLS context for every connection of every client. Loading certificates costs 20 ms, so the first handshake does it."""

import os
import ssl
import threading
from typing import Any


class LazyContext(ssl.SSLContext):
    """A verifying client context that loads its certificate authorities when it is first used.

    ``SSL_CERT_FILE`` and ``SSL_CERT_DIR`` are honoured, then ``REQUESTS_CA_BUNDLE``, else certifi's list is used.
    """

    _lock = threading.Lock()
    _loaded = False

    def load(self) -> None:
        """Load the authorities, once."""
        if self._loaded:
            return
        with self._lock:
            if not self._loaded:
                _load_authorities(self)
                self._loaded = True

    def wrap_socket(self, *args: Any, **kwargs: Any) -> ssl.SSLSocket:
        """See `ssl.SSLContext.wrap_socket`."""
        self.load()
        return super().wrap_socket(*args, **kwargs)

    def wrap_bio(self, *args: Any, **kwargs: Any) -> ssl.SSLObject:
        """See `ssl.SSLContext.wrap_bio`."""
        self.load()
        return super().wrap_bio(*args, **kwargs)


def _load_authorities(context: ssl.SSLContext) -> None:
    bundle = os.environ.get("SSL_CERT_FILE") or os.environ.get("REQUESTS_CA_BUNDLE")
    folder = os.environ.get("SSL_CERT_DIR")
    if bundle or folder:
        context.load_verify_locations(cafile=bundle or None, capath=folder or None)
        return
    import certifi

    context.load_verify_locations(cafile=certifi.where())


def _make() -> LazyContext:
    context = LazyContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    return context


CONTEXT = _make()
"""The context that all clients of the process share."""


def is_certificate_error(error: BaseException | None) -> bool:
    """True if this is about a certificate that is not to be trusted, which no further attempt will change."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__ or _argument(error)
    return False


def _argument(error: BaseException) -> BaseException | None:
    return next((arg for arg in error.args if isinstance(arg, BaseException)), None)
