"""python-gitlab on our wire. Its retry loop has no switch in the constructor, so the one method that holds it is told each time."""

from typing import Any

import gitlab
import requests

from unifykit._wires.requests import KeepingSession
from unifykit._wires.urllib3 import Wire


class WiredGitlab(gitlab.Gitlab):
    """`gitlab.Gitlab` with its retries off and its traffic through our wire."""

    def __init__(self, wire: Wire, *, base_url: str, token: str, user_agent: str) -> None:
        super().__init__(
            base_url, private_token=token, user_agent=user_agent, session=KeepingSession(wire),
            keep_base_url=True,  # pages that a proxied instance links under another host stay at home
        )  # fmt: skip

    def http_request(self, *args: Any, **kwargs: Any) -> requests.Response:
        """See `gitlab.Gitlab.http_request`. The engine alone tries again, whatever the caller says."""
        kwargs.update(obey_rate_limit=False, retry_transient_errors=False, max_retries=0)
        return super().http_request(*args, **kwargs)

    def __getstate__(self) -> Any:
        raise TypeError("this client holds a credential: build it anew instead of pickling it")
