"""python-gitlab on our wire. Its retry loop has no switch in the constructor, so the one method that holds it is told each time."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urljoin

import gitlab
import requests
from gitlab.exceptions import GitlabAuthenticationError, GitlabHttpError, RedirectError
from urllib3 import BaseHTTPResponse
from urllib3.exceptions import HTTPError

from unifykit._wires.requests import KeepingSession, requests_error
from unifykit._wires.urllib3 import Call, Wire, split
from unifykit.errors import UnifyError

_MOVED = frozenset((301, 302, 303, 307, 308))
_HOPS = 5
_NOT_MODIFIED, _UNAUTHORIZED = 304, 401


class WiredGitlab(gitlab.Gitlab):
    """`gitlab.Gitlab` with its retries off and its traffic through our wire."""

    def __init__(self, wire: Wire, *, base_url: str, token: str, user_agent: str) -> None:
        super().__init__(
            base_url, private_token=token, user_agent=user_agent, session=KeepingSession(wire),
            keep_base_url=True,  # pages that a proxied instance links under another host stay at home
        )  # fmt: skip
        self._wire = wire
        self._api = split(self.api_url)

    def http_request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """See `gitlab.Gitlab.http_request`. The engine alone tries again, whatever the caller says."""
        kwargs.update(obey_rate_limit=False, retry_transient_errors=False, max_retries=0)
        return super().http_request(*args, **kwargs)

    def exchange(self, method: str, path: str, query: Mapping[str, Any], body: Any = None) -> None:
        """What `http_request` does with JSON, at less than half its cost: no session, no prepared request, no reply object.

        The reply's bytes are the operation's. 304, which GitLab says to a write that changes nothing, is no refusal here.

        Raises:
            gitlab.GitlabError: GitLab said no, as `http_request` would have raised.
        """
        scheme, host, port, root = self._api
        headers = {**self.headers, "PRIVATE-TOKEN": str(self.private_token), "Accept-Encoding": "gzip, deflate"}
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        encoded = f"{'&' if '?' in path else '?'}{urlencode(query)}" if query else ""
        call = Call(method, scheme, host, port, f"{root}{path}{encoded}", headers, data)
        reply = self._sent(call)
        if reply.status >= 300 and reply.status != _NOT_MODIFIED:  # noqa: PLR2004 -- no success
            raise _refusal(reply)

    def _sent(self, call: Call) -> BaseHTTPResponse:
        reply = self._send(call)
        for _ in range(_HOPS):
            location = reply.headers.get("location")
            if reply.status not in _MOVED or not location:
                return reply
            port = f":{call.port}" if call.port else ""
            there = urljoin(f"{call.scheme}://{call.host}{port}{call.target}", location)
            if call.method != "GET":
                raise RedirectError(f"{reply.status} to {there.partition('?')[0]}")
            call = Call(
                "GET", *split(there), dict(call.headers)
            )  # the wire takes the credential out where it is not at home
            reply = self._send(call)
        raise RedirectError(f"more than {_HOPS} in a row")

    def _send(self, call: Call) -> BaseHTTPResponse:
        try:
            return self._wire.send(call)
        except UnifyError:  # a deadline is a TimeoutError, and so an OSError
            raise
        except (HTTPError, OSError) as error:
            raise requests_error(error, None) from error

    def __getstate__(self) -> Any:
        raise TypeError("this client holds a credential: build it anew instead of pickling it")


def _refusal(reply: BaseHTTPResponse) -> GitlabHttpError | GitlabAuthenticationError:
    kind = GitlabAuthenticationError if reply.status == _UNAUTHORIZED else GitlabHttpError
    return kind(reply.data.decode("utf-8", "replace"), reply.status, reply.data)
