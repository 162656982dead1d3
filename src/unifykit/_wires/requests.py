"""The wire under SDKs that ride on requests (python-gitlab): an adapter that lets the engine drive, and a session that keeps secrets."""

from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any, cast

import requests
from requests.adapters import HTTPAdapter
from requests.models import PreparedRequest, Response
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NewConnectionError,
    ProxyError,
    ReadTimeoutError,
    SSLError,
)

from unifykit._wires.origin import CREDENTIALS
from unifykit._wires.urllib3 import Call, Wire, split
from unifykit.errors import UnifyError

if TYPE_CHECKING:
    from collections.abc import MutableMapping


class Adapter(HTTPAdapter):
    """Sends what requests prepared over our wire."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        super().__init__(max_retries=0)

    def __reduce__(self) -> Any:
        raise TypeError("this adapter holds connections: build its client anew instead of pickling it")

    def send(  # noqa: PLR0917 -- as requests has it
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,  # noqa: ARG002 -- the wire's business
        cert: Any = None,  # noqa: ARG002
        proxies: Any = None,  # noqa: ARG002
    ) -> Response:
        """See `requests.adapters.HTTPAdapter.send`. Certificates and proxies are the wire's business."""
        scheme, host, port, target = split(request.url or "")
        chunked = request.body is not None and "Content-Length" not in request.headers
        call = Call(
            request.method or "GET", scheme, host, port, target, cast("MutableMapping[str, str]", request.headers), request.body, stream,
            _seconds(timeout), chunked,
        )  # fmt: skip
        try:
            reply = self._wire.send(call)
        except UnifyError:
            raise
        except (HTTPError, OSError) as error:
            raise requests_error(error, request) from error
        response = self.build_response(_without_credentials(request), reply)
        if not stream or reply.status >= 400:  # noqa: PLR2004 -- read already
            kept: Any = response
            kept._content = reply.data  # noqa: SLF001 -- as requests itself marks a body that was read
            kept._content_consumed = True  # noqa: SLF001
        return response


class KeepingSession(requests.Session):
    """A session that keeps no cookie, reads no netrc, and lets no credential follow a redirect off its origin."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self.trust_env = False
        self.auth = _no_auth
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        adapter = Adapter(wire)
        self.mount("https://", adapter)
        self.mount("http://", adapter)

    def rebuild_auth(self, prepared_request: PreparedRequest, response: Response) -> None:
        """Strip every credential header, not only `Authorization`, when a redirect leaves the origin."""
        super().rebuild_auth(prepared_request, response)
        if self.should_strip_auth(str(response.request.url), str(prepared_request.url)):
            headers = prepared_request.headers
            for name in [name for name in headers if name.lower() in CREDENTIALS]:
                del headers[name]


def _no_auth(request: PreparedRequest) -> PreparedRequest:
    return request


def _seconds(timeout: float | tuple[float | None, ...] | None) -> float | None:
    parts = timeout if isinstance(timeout, tuple) else (timeout,)
    numbers = [part for part in parts if part is not None]
    return max(numbers) if numbers else None


def requests_error(error: HTTPError | OSError, request: PreparedRequest | None) -> Exception:
    """What requests would have raised, so that callers of the SDK catch what they know."""
    kinds: tuple[tuple[type[Exception], type[requests.RequestException]], ...] = (
        (NewConnectionError, requests.ConnectionError),
        (ConnectTimeoutError, requests.ConnectTimeout),
        (ReadTimeoutError, requests.ReadTimeout),
        (SSLError, requests.exceptions.SSLError),
        (ProxyError, requests.exceptions.ProxyError),
    )
    kind = next((mine for theirs, mine in kinds if isinstance(error, theirs)), requests.ConnectionError)
    return kind(str(error), request=None if request is None else _without_credentials(request))


def _without_credentials(request: PreparedRequest) -> PreparedRequest:
    """What an exception may carry into a log or a pickle."""
    shown = request.copy()
    for name in [name for name in shown.headers if name.lower() in CREDENTIALS]:
        del shown.headers[name]
    return shown
