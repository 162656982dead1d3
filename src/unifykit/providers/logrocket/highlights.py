"""What a user's sessions were about, told by LogRocket's model.

https://docs.logrocket.com/docs/session-highlights-api
"""

import functools
from datetime import datetime

from unifykit._core.arguments import given
from unifykit._core.mode import M
from unifykit._core.model import Model
from unifykit._core.operation import SAFE, UNSAFE, operation
from unifykit._core.poller import Poller
from unifykit._core.rest import Rest
from unifykit.errors import InvalidRequestError, ServerError
from unifykit.providers.logrocket.models import HighlightsResult, HighlightsStatus

_EVERY = 5.0
"""Seconds between two looks; LogRocket takes one to three minutes."""


class _Requested(Model):
    id: str


class Highlights(Rest[M]):
    """`p.logrocket.highlights`: asked for now, there in some minutes."""

    @operation(UNSAFE)
    async def request(
        self, *, user_id: str | None = None, email: str | None = None, since: datetime, until: datetime,
        question: str | None = None, webhook_url: str | None = None,
    ) -> Poller[HighlightsResult, M]:  # fmt: skip
        """Have a user's sessions summarized, the ten latest of a period.

        Its `wait` gives the result; its `id` lets another process wait: see `resume`.

        https://docs.logrocket.com/docs/session-highlights-api

        Args:
            user_id: The application's id of the user; either this or `email`.
            email: Their address.
            since: From when on.
            until: Until when.
            question: What to look for.
            webhook_url: Where LogRocket posts the result. It does not sign it: put a secret of your own into the address.

        Example:
            >>> from datetime import UTC, datetime
            >>> period = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 2, 1, tzinfo=UTC)}
            >>> poller = p.logrocket.highlights.request(user_id="42", **period)
            >>> poller.wait(timeout=60).sessions[0].highlights
            '- Opened the pricing page.'
        """
        if (user_id is None) == (email is None):
            raise InvalidRequestError("whose sessions? Give either user_id or email.")
        period = {"startMs": _epoch(since, "since"), "endMs": _epoch(until, "until")}
        if period["startMs"] >= period["endMs"]:
            raise InvalidRequestError("the period ends before it begins: since must lie before until.")
        body = given(userID=user_id, userEmail=email, question=question, webhookURL=webhook_url) | {"timeRange": period}
        reply = await self.send("POST", "/highlights/", json=body)
        return self.resume(_Requested.model_validate_json(reply.content).id)

    def resume(self, request_id: str) -> Poller[HighlightsResult, M]:
        """Go on waiting for what was requested, in this or another process. Sends nothing.

        Args:
            request_id: The `id` of the poller.

        Example:
            >>> p.logrocket.highlights.resume("h1").id
            'h1'
        """
        return Poller(self._client, request_id, functools.partial(self._look, request_id), _EVERY)

    @operation(SAFE)
    async def get(self, request_id: str) -> HighlightsStatus:
        """How far LogRocket is with a request.

        https://docs.logrocket.com/docs/session-highlights-api

        Args:
            request_id: The `id` of the poller.

        Raises:
            NotFoundError: There is no such request.

        Example:
            >>> from datetime import UTC, datetime
            >>> period = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 2, 1, tzinfo=UTC)}
            >>> poller = p.logrocket.highlights.request(email="ada@example.com", **period)
            >>> p.logrocket.highlights.get(poller.id).status
            'PENDING'
        """
        return await self._status(request_id)

    async def _status(self, request_id: str) -> HighlightsStatus:
        reply = await self.send("GET", "/highlights", {"id": request_id})
        return HighlightsStatus.model_validate_json(reply.content)

    async def _look(self, request_id: str) -> HighlightsResult | None:
        found = await self._status(request_id)
        if found.status == "FAILED":
            raise ServerError("LogRocket could not summarize these sessions.", code=found.status)
        return found.result  # where LogRocket knows more words for being ready, the result says so


def _epoch(moment: datetime, what: str) -> int:
    if moment.tzinfo is None:
        raise InvalidRequestError(f"{what} has no time zone: give datetime(..., tzinfo=UTC).")
    return int(moment.timestamp() * 1000)
