"""How one provider speaks HTTP: its limit headers, its retry advice, what its status codes mean. Data, one per provider."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field

from unifykit._core import hints
from unifykit._core.hints import Headers
from unifykit._core.outcome import Kind, Outcome, Quota

TRANSIENT = frozenset({408, 500, 502, 503, 504, *range(520, 531)})
"""Statuses that say: not your fault, try again. 520 to 530 are Cloudflare's."""

Body = Callable[[], bytes]
"""Reads the reply's body; asked for only where the status needs it."""


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """The names under which a provider tells of one allowance; `remaining` is empty if it never tells what is left."""

    limit: str
    remaining: str
    reset: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One provider's way of saying things.

    Attributes:
        provider: Its name here.
        limits: Its limit headers; of several, the one with the least left counts.
        advice: The header with which it says whether to retry.
        request_id: The headers that carry the id of an exchange, the first found counts.
        bucket: Which allowance a path draws on.
        free: Whether a path costs nothing of the allowance.
        verdict: What a status means where it differs from the rule, given the headers and the body.
        untouched: Whether a transient refusal proves that nothing was executed, where its status leaves that open.
        least_wait: Seconds to wait after a limit that came without a hint.
        shared_limit: True if a limit with a hint concerns the whole account, so that all its calls wait.
        trusted: Hosts beside the base URL's that may see the credential.
    """

    provider: str
    limits: tuple[LimitHeaders, ...] = ()
    advice: str | None = None
    request_id: tuple[str, ...] = ("x-request-id",)
    bucket: Callable[[str], str] = field(default=lambda _path: "")
    free: Callable[[str], bool] = field(default=lambda _path: False)
    verdict: Callable[[int, Headers, Body], Kind | None] = field(default=lambda _status, _headers, _body: None)
    untouched: Callable[[int, Headers, Body], bool] = field(default=lambda _status, _headers, _body: False)
    least_wait: float | None = None
    shared_limit: bool = False
    trusted: frozenset[str] = frozenset()


def judge(  # noqa: PLR0917 -- the facts of a reply, in one order everywhere
    dialect: Dialect, status: int, headers: Headers, body: Body, wall: float, received: int = 0
) -> Outcome:
    """What a reply means. `wall` is the time in epoch seconds, `received` the size of the body as far as known."""
    quota = _quota(dialect, headers, wall)
    if status < 400:  # noqa: PLR2004 -- where HTTP's errors begin
        return Outcome(Kind.OK, status=status, quota=quota, received=received)
    kind = _kind(dialect, status, headers, body)
    waits = kind in (Kind.THROTTLED, Kind.TRANSIENT)
    hint = _hint(dialect, kind, headers, quota, wall) if waits else None
    if kind is Kind.THROTTLED and dialect.shared_limit and hint:
        quota = Quota(quota.limit if quota else None, 0, wall + hint)
    executed = kind is Kind.TRANSIENT and not dialect.untouched(status, headers, body)
    return Outcome(kind, executed=executed, retry_after=hint, status=status, quota=quota, received=received)


def json_body(body: Body) -> dict[str, object]:
    """The body as a JSON object, or an empty one if it is none."""
    try:
        value: object = json.loads(body())
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}  # pyright: ignore[reportUnknownVariableType] -- keys of JSON are str


def _kind(dialect: Dialect, status: int, headers: Headers, body: Body) -> Kind:
    advice = headers.get(dialect.advice) if dialect.advice else None
    if advice == "false":
        return Kind.FINAL
    said = dialect.verdict(status, headers, body)
    if said is not None:
        return said
    if status == 429:  # noqa: PLR2004
        return Kind.THROTTLED
    return Kind.TRANSIENT if status in TRANSIENT or advice == "true" else Kind.FINAL


def _hint(dialect: Dialect, kind: Kind, headers: Headers, quota: Quota | None, wall: float) -> float | None:
    said = hints.retry_after(headers, wall)
    if said is not None or kind is not Kind.THROTTLED:
        return said
    if quota is not None and quota.remaining == 0 and quota.reset_at is not None:
        return max(0.0, quota.reset_at - wall)
    if quota is not None and quota.remaining is None and quota.reset_at is not None:  # it does not count aloud
        return max(0.0, quota.reset_at - wall)
    return dialect.least_wait


def _quota(dialect: Dialect, headers: Headers, wall: float) -> Quota | None:
    tightest = uncounted = None
    for names in dialect.limits:
        remaining = hints.number(headers.get(names.remaining))
        limit = hints.number(headers.get(names.limit))
        reset = hints.reset_at(headers.get(names.reset), wall)
        most = None if limit is None else int(limit)
        if remaining is None:
            uncounted = Quota(most, None, reset) if not names.remaining and most is not None else uncounted
        elif tightest is None or remaining < (tightest.remaining or 0):
            tightest = Quota(most, int(remaining), reset)
    if tightest is not None or uncounted is not None:
        return tightest or uncounted
    said = headers.get("ratelimit")
    if said is None:
        return None
    left, reset = hints.ietf_rate_limit(said, wall)
    return None if left is None else Quota(None, left, reset)
