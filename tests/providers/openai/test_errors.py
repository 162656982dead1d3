"""OpenAI's refusals, over a socket, in both modes. https://platform.openai.com/docs/guides/error-codes"""

import pickle

import pytest
from tests.loopback import Loopback, Reply, Reset, refused_port

from unifykit import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    QuotaExceededError,
    RateLimitedError,
    Retry,
    ServerError,
    UnavailableError,
)
from unifykit.testing import VirtualClock


def refusal(status, headers=None, **fault):
    body = {"error": {"message": "It says why.", "type": "invalid_request_error", "param": None, "code": None, **fault}}
    return Reply(status, body, {"x-request-id": "req_1", **(headers or {})})


CASES = [
    (refusal(400, code="context_length_exceeded"), InvalidRequestError, "context_length_exceeded", 1),
    (refusal(401, code="invalid_api_key"), AuthenticationError, "invalid_api_key", 1),
    (refusal(403, code="unsupported_country_region_territory"), PermissionDeniedError, "unsupported_country_region_territory", 1),
    (refusal(404, code="model_not_found"), NotFoundError, "model_not_found", 1),
    (refusal(410, code="endpoint_retired"), NotFoundError, "endpoint_retired", 1),
    (refusal(408), DeadlineExceededError, "invalid_request_error", 1),
    (refusal(409), ConflictError, "invalid_request_error", 1),
    (refusal(413), InvalidRequestError, "invalid_request_error", 1),
    (refusal(422), InvalidRequestError, "invalid_request_error", 1),
    (refusal(429, code="rate_limit_exceeded", type="tokens"), RateLimitedError, "rate_limit_exceeded", 3),
    (refusal(429, {"x-should-retry": "false"}, code="rate_limit_exceeded"), RateLimitedError, "rate_limit_exceeded", 1),
    (refusal(429, code="insufficient_quota", type="insufficient_quota"), QuotaExceededError, "insufficient_quota", 1),
    (refusal(429, type="insufficient_quota", code="credit_balance_exhausted"), QuotaExceededError, "credit_balance_exhausted", 1),
    (refusal(429, type="insufficient_quota"), QuotaExceededError, "insufficient_quota", 1),
    (refusal(500, type="server_error"), ServerError, "server_error", 1),
    (refusal(502), UnavailableError, "invalid_request_error", 1),
    (refusal(503, code="server_is_overloaded"), UnavailableError, "server_is_overloaded", 3),
    (refusal(503, code="slow_down"), UnavailableError, "slow_down", 3),
    (refusal(503, code="engine_failed"), UnavailableError, "engine_failed", 1),
    (refusal(504), UnavailableError, "invalid_request_error", 1),
    (refusal(520), ServerError, "invalid_request_error", 1),
    (Reply(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html", "x-request-id": "req_1"}), UnavailableError, None, 1),
]  # fmt: skip


@pytest.mark.parametrize(("reply", "error", "code", "sent"), CASES)
def test_a_refused_answer(at, reply, error, code, sent):
    with Loopback([reply]) as server:
        with pytest.raises(error) as raised:
            at(server.url, clock=VirtualClock()).do(lambda p: p.openai.chat.complete("m", "x"))
        found = raised.value
        assert type(found) is error
        assert (found.code, found.status, found.request_id) == (code, reply.status, "req_1")
        assert (found.provider, found.operation) == ("openai", "chat.complete")
        assert len(server.seen) == found.attempts == sent
        assert found.maybe_executed is (sent == 1 and (reply.status >= 500 or reply.status == 408))
        assert type(found.__cause__).__module__.startswith("openai")
        assert str(pickle.loads(pickle.dumps(found))) == str(found)


@pytest.mark.parametrize(("status", "sent"), [(500, 3), (503, 3), (429, 3), (408, 3), (409, 1)])
def test_a_refused_read_is_tried_again(at, status, sent):
    with Loopback([refusal(status)]) as server:
        with pytest.raises(Exception, match="It says why"):
            at(server.url, clock=VirtualClock()).do(lambda p: p.openai.models.get("m"))
        assert len(server.seen) == sent


def test_nobody_answers(at):
    nowhere = f"http://127.0.0.1:{refused_port()}"
    with pytest.raises(ConnectionFailedError) as raised:
        at(nowhere, retry=Retry.off()).do(lambda p: p.openai.chat.complete("m", "x"))
    assert not raised.value.maybe_executed
    assert raised.value.retryable


def test_a_delete_whose_reply_was_lost(at):
    """The second attempt finds nothing: the first may be why."""
    with Loopback([Reset(), refusal(404)]) as server:
        with pytest.raises(NotFoundError) as raised:
            at(server.url, clock=VirtualClock()).do(lambda p: p.openai.files.delete("file-1"))
        assert raised.value.maybe_executed
        assert len(server.seen) == 2


def test_no_key_is_in_an_error(at):
    fault = refusal(401, message="Incorrect API key provided: sk-sandbox. Find it elsewhere.")
    with Loopback([fault]) as server, pytest.raises(AuthenticationError) as raised:
        at(server.url).do(lambda p: p.openai.models.get("m"))
    assert "sk-sandbox" not in f"{raised.value} {raised.value!r} {raised.value.__cause__}"
