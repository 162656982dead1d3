"""Limits as OpenAI tells of them: requests and tokens a minute, with resets as Go durations.

https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .errors import Refusal

_MINUTE = 60.0


@dataclass(frozen=True)
class Limits:
    """How much a minute holds, and whether there is credit.

    Args:
        requests: Requests a minute.
        tokens: Tokens a minute.
        credit: False for an account that has spent its credit: every request that costs is refused.
    """

    requests: int = 10_000
    tokens: int = 2_000_000
    credit: bool = True


@dataclass
class Bucket:
    """What is left of one model's minute; it fills up evenly."""

    limits: Limits
    requests: float
    tokens: float
    at: float = 0.0

    def refill(self, now: float) -> None:
        """Let time pass."""
        share = max(0.0, now - self.at) / _MINUTE
        self.requests = min(self.limits.requests, self.requests + share * self.limits.requests)
        self.tokens = min(self.limits.tokens, self.tokens + share * self.limits.tokens)
        self.at = now

    def headers(self) -> dict[str, str]:
        """The six headers of a reply that counted."""
        limits = self.limits
        return {
            "x-ratelimit-limit-requests": str(limits.requests),
            "x-ratelimit-limit-tokens": str(limits.tokens),
            "x-ratelimit-remaining-requests": str(max(0, math.floor(self.requests))),
            "x-ratelimit-remaining-tokens": str(max(0, math.floor(self.tokens))),
            "x-ratelimit-reset-requests": go_duration((limits.requests - self.requests) / limits.requests * _MINUTE),
            "x-ratelimit-reset-tokens": go_duration((limits.tokens - self.tokens) / limits.tokens * _MINUTE),
        }


@dataclass
class Quota:
    """One organization's minutes, by model."""

    limits: Limits
    _buckets: dict[str, Bucket] = field(default_factory=dict[str, Bucket])

    def bucket(self, model: str, now: float) -> Bucket:
        """The minute of a model."""
        found = self._buckets.get(model)
        if found is None:
            found = self._buckets[model] = Bucket(self.limits, self.limits.requests, self.limits.tokens, now)
        found.refill(now)
        return found

    def admit(self, model: str, now: float) -> Bucket:
        """Count a request, or refuse it."""
        if not self.limits.credit:
            raise Refusal(
                429,
                "You exceeded your current quota, please check your plan and billing details. For more information on "
                "this error, read the docs: https://platform.openai.com/docs/guides/error-codes/api-errors.",
                kind="insufficient_quota",
                code="insufficient_quota",
            )
        bucket = self.bucket(model, now)
        for name, left, limit in (
            ("requests", bucket.requests, self.limits.requests),
            ("tokens", bucket.tokens, self.limits.tokens),
        ):
            if left < 1:
                raise _limited(model, name, limit, (1 - left) / limit * _MINUTE, bucket)
        bucket.requests -= 1
        return bucket


def _limited(model: str, name: str, limit: int, wait: float, bucket: Bucket) -> Refusal:
    short = "RPM" if name == "requests" else "TPM"
    said = (
        f"Rate limit reached for {model} on {name} per min ({short}): Limit {limit}. Please try again in "
        f"{go_duration(wait)}. Visit https://platform.openai.com/account/rate-limits to learn more."
    )
    headers = {**bucket.headers(), "retry-after-ms": str(math.ceil(wait * 1000)), "retry-after": str(math.ceil(wait))}
    return Refusal(429, said, kind=name, code="rate_limit_exceeded", headers=headers)


def go_duration(seconds: float) -> str:
    """A duration as Go writes it: 0s, 20ms, 1.5s, 6m0s."""
    if seconds <= 0:
        return "0s"
    if seconds < 1:
        return f"{max(1, round(seconds * 1000))}ms"
    minutes, rest = divmod(round(seconds, 3), _MINUTE)
    shown = f"{rest:.3f}".rstrip("0").rstrip(".")
    return f"{int(minutes)}m{shown}s" if minutes else f"{shown}s"
