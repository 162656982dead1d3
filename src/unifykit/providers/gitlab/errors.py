"""GitLab's way of saying no."""

from typing import Any, cast

from unifykit._core.context import Operation
from unifykit._core.dialect import Dialect, LimitHeaders, json_body
from unifykit._core.translate import answered, from_failure, from_reply
from unifykit.errors import ConflictError, ConnectionFailedError, DeadlineExceededError, InvalidRequestError, UnifyError

_NOT_MERGEABLE = (405, 406, 422)

DIALECT = Dialect(
    provider="gitlab",
    # The reset is in epoch seconds, unlike that of the IETF's draft of the same name.
    # https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers
    limits=(LimitHeaders("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"),),
    request_id=("x-request-id",),
    shared_limit=True,
)


def translate(error: Exception, op: Operation) -> UnifyError:
    """The uniform error for what python-gitlab, the network or a model raised."""
    from gitlab.exceptions import RedirectError

    if isinstance(error, RedirectError):
        return InvalidRequestError(f"GitLab redirects this where it is not followed ({error}): is the base URL right?")
    reply = answered(op)
    if reply is None:
        return _broken_off(error) or from_failure(op, error)
    # Both say that its state does not allow it: https://docs.gitlab.com/api/merge_requests/#merge-a-merge-request
    kind = ConflictError if reply.status in _NOT_MERGEABLE and op.name == "merge_requests.merge" else None
    return from_reply(DIALECT, op, reply, _message(reply.status, json_body(lambda: reply.body)), kind=kind)


def _broken_off(error: Exception) -> UnifyError | None:
    """The error for a reply that began well and did not come to its end, as a download may."""
    import requests

    if isinstance(error, requests.Timeout) or (
        isinstance(error, requests.ConnectionError) and "timed out" in str(error)
    ):
        return DeadlineExceededError(f"the reply did not come to its end in time ({error}).", phase="attempt")
    if isinstance(error, requests.ConnectionError | requests.exceptions.ChunkedEncodingError):
        return ConnectionFailedError(f"the reply broke off ({error}).")
    return None


def _message(status: int, body: dict[str, object]) -> str:
    """GitLab says ``message`` or ``error``, as text, as a list, or as texts by field.

    https://docs.gitlab.com/api/rest/troubleshooting/
    """
    said = body.get("message") or body.get("error_description") or body.get("error")
    return (_flat(said) or f"GitLab answered {status} without saying why").rstrip(".") + "."


def _flat(said: Any) -> str:
    if isinstance(said, dict):
        return "; ".join(f"{name} {_flat(value)}" for name, value in cast("dict[str, Any]", said).items())
    if isinstance(said, list):
        return ", ".join(map(_flat, said))  # pyright: ignore[reportUnknownArgumentType] -- JSON values
    return str(said or "")
