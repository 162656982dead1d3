"""Supabase's ways of saying no, each as the uniform error with its facts, in both modes.

Its database, its accounts, its files and its functions each have their own shape.
"""

import pickle

import httpx
import pytest
from tests.loopback import Hang, Loopback, Reply, Reset, refused_port

from unifykit import (
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    DeadlineExceededError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitedError,
    Retry,
    ServerError,
    UnavailableError,
)
from unifykit.settings import SupabaseSettings
from unifykit.testing import VirtualClock


def rest(code, **more):
    return {"code": code, "message": "It says why.", "details": "Details.", "hint": "A hint.", **more}


def auth(status, code):
    return {"code": status, "error_code": code, "msg": "It says why."}


def files(status, error):
    return {"statusCode": str(status), "error": error, "message": "It says why."}


READ = ("select.execute", lambda p: p.table("t").select().execute())
SINGLE = ("select.single", lambda p: p.table("t").select().single())
WRITE = ("insert.execute", lambda p: p.table("t").insert({"a": 1}).execute())
CALL = ("rpc", lambda p: p.rpc("f"))
SIGN_IN = ("auth.sign_in", lambda p: p.auth.sign_in("a@example.com", "word word"))
SIGN_UP = ("auth.sign_up", lambda p: p.auth.sign_up("a@example.com", "word word"))
RESET = ("auth.reset_password", lambda p: p.auth.reset_password("a@example.com"))
USER = ("auth.user", lambda p: p.as_user("a.b.c").auth.user())
ADMIN = ("admin.create_user", lambda p: p.auth.admin.create_user("a@example.com"))
DOWNLOAD = ("bucket.download", lambda p: p.storage.bucket("b").download("f"))
UPLOAD = ("bucket.upload", lambda p: p.storage.bucket("b").upload("f", b"x"))
INVOKE = ("functions.invoke", lambda p: p.functions.invoke("f"))

# what is asked, status, body -> error, code
TABLE = {
    "bad token": (READ, 401, rest("PGRST301"), AuthenticationError, "PGRST301"),
    "no token": (READ, 401, rest("PGRST302"), AuthenticationError, "PGRST302"),
    "token expired": (READ, 401, rest("PGRST303"), AuthenticationError, "PGRST303"),
    "no key": (READ, 401, {"message": "No API key found in request"}, AuthenticationError, None),
    "no row for single": (SINGLE, 406, rest("PGRST116"), NotFoundError, "PGRST116"),
    "no function": (CALL, 404, rest("PGRST202"), NotFoundError, "PGRST202"),
    "no table": (READ, 404, rest("PGRST205"), NotFoundError, "PGRST205"),
    "policy": (WRITE, 403, rest("42501"), PermissionDeniedError, "42501"),
    "policy for anyone": (WRITE, 401, rest("42501"), PermissionDeniedError, "42501"),
    "unique": (WRITE, 409, rest("23505"), ConflictError, "23505"),
    "foreign key": (WRITE, 409, rest("23503"), ConflictError, "23503"),
    "null": (WRITE, 400, rest("23502"), InvalidRequestError, "23502"),
    "column": (READ, 400, rest("42703"), InvalidRequestError, "42703"),
    "range": (READ, 416, rest("PGRST103"), InvalidRequestError, "PGRST103"),
    "ambiguous": (READ, 300, rest("PGRST201"), InvalidRequestError, "PGRST201"),
    "too long a query": (READ, 500, rest("57014"), DeadlineExceededError, "57014"),
    "raised": (CALL, 400, rest("P0001"), InvalidRequestError, "P0001"),
    "raised with a status": (CALL, 409, rest("PT409"), ConflictError, "PT409"),
    "no database": (READ, 503, rest("PGRST002"), UnavailableError, "PGRST002"),
    "wrong password": (SIGN_IN, 400, auth(400, "invalid_credentials"), AuthenticationError, "invalid_credentials"),
    "not confirmed": (SIGN_IN, 400, auth(400, "email_not_confirmed"), InvalidRequestError, "email_not_confirmed"),
    "bad access token": (USER, 403, auth(403, "bad_jwt"), AuthenticationError, "bad_jwt"),
    "session gone": (USER, 403, auth(403, "session_not_found"), AuthenticationError, "session_not_found"),
    "user gone": (USER, 404, auth(404, "user_not_found"), NotFoundError, "user_not_found"),
    "weak password": (SIGN_UP, 422, auth(422, "weak_password"), InvalidRequestError, "weak_password"),
    "user exists": (SIGN_UP, 422, auth(422, "user_already_exists"), ConflictError, "user_already_exists"),
    "address exists": (ADMIN, 422, auth(422, "email_exists"), ConflictError, "email_exists"),
    "phone exists": (ADMIN, 422, auth(422, "phone_exists"), ConflictError, "phone_exists"),
    "not an admin": (ADMIN, 403, auth(403, "not_admin"), PermissionDeniedError, "not_admin"),
    "too many mails": (RESET, 429, auth(429, "over_email_send_rate_limit"), RateLimitedError, "over_email_send_rate_limit"),
    "too many texts": (RESET, 429, auth(429, "over_sms_send_rate_limit"), RateLimitedError, "over_sms_send_rate_limit"),
    "too many requests": (SIGN_IN, 429, auth(429, "over_request_rate_limit"), RateLimitedError, "over_request_rate_limit"),
    "an OAuth error": (SIGN_IN, 400, {"error": "invalid_grant", "error_description": "It says why."}, InvalidRequestError, "invalid_grant"),
    "no file": (DOWNLOAD, 400, files(404, "not_found"), NotFoundError, "not_found"),
    "no file, newer": (DOWNLOAD, 404, {**files(404, "NoSuchKey"), "code": "NoSuchKey"}, NotFoundError, "NoSuchKey"),
    "no bucket": (UPLOAD, 400, {**files(404, "Bucket not found"), "code": "NoSuchBucket"}, NotFoundError, "NoSuchBucket"),
    "no bucket, older": (UPLOAD, 400, files(404, "Bucket not found"), NotFoundError, None),
    "file exists": (UPLOAD, 400, files(409, "Duplicate"), ConflictError, "Duplicate"),
    "file too large": (UPLOAD, 400, files(413, "Payload too large"), InvalidRequestError, None),
    "files of others": (DOWNLOAD, 400, files(403, "Unauthorized"), PermissionDeniedError, "Unauthorized"),
    "a function's own no": (INVOKE, 418, {"message": "It says why."}, InvalidRequestError, None),
    "a function that dies": (INVOKE, 546, {"code": "WORKER_LIMIT", "message": "It says why."}, ServerError, "WORKER_LIMIT"),
    "a function that is not there": (INVOKE, 404, {"code": "NOT_FOUND", "message": "It says why."}, NotFoundError, "NOT_FOUND"),
    "status 403": (READ, 403, {}, PermissionDeniedError, None),
    "status 408": (READ, 408, {}, DeadlineExceededError, None),
    "status 409": (WRITE, 409, {}, ConflictError, None),
    "status 410": (READ, 410, {}, NotFoundError, None),
    "status 412": (WRITE, 412, {}, ConflictError, None),
    "status 413": (WRITE, 413, {}, InvalidRequestError, None),
    "status 429": (READ, 429, {}, RateLimitedError, None),
    "status 500": (READ, 500, {}, ServerError, None),
    "status 502": (READ, 502, "<html>", UnavailableError, None),
    "status 504": (READ, 504, "<html>", UnavailableError, None),
    "status 522": (READ, 522, "<html>", ServerError, None),
    "status 530": (READ, 530, "<html>", ServerError, None),
}  # fmt: skip


def supabase(both, url, **options):
    given = SupabaseSettings(url=url, key="sb_secret_placeholder")
    return both(supabase=given, clock=VirtualClock(), retry=Retry(max_attempts=1), **options)


@pytest.mark.parametrize("case", TABLE)
def test_the_table(both, case):
    (operation, call), status, body, kind, code = TABLE[case]
    headers = {"sb-request-id": "req_1", **({"Retry-After": "7"} if kind is RateLimitedError else {})}
    with Loopback([Reply(status, body, headers)]) as server:
        h = supabase(both, server.url)
        with pytest.raises(kind) as caught:
            h.run(lambda p: call(p.supabase))
    error = caught.value
    assert type(error) is kind
    assert (error.provider, error.operation, error.status, error.code) == ("supabase", operation, status, code)
    assert "It says why" in str(error) or "It says why" not in str(body)
    assert error.retry_after == (7 if kind is RateLimitedError else None)
    assert len(server.seen) == error.attempts == 1
    if status != 300:  # ours alone: no library of theirs raises it
        assert (error.request_id, type(error.__cause__)) == ("req_1", httpx.HTTPStatusError)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), str(copy)) == (type(error), str(error))
    if body and "details" in body:
        assert status == 300 or "Details; A hint." in error.message


@pytest.mark.parametrize("call", [READ, SIGN_IN, DOWNLOAD, UPLOAD, INVOKE], ids=lambda call: call[0])
def test_no_reply(both, call):
    with Loopback([Reset()]) as server, pytest.raises(ConnectionFailedError) as caught:
        supabase(both, server.url).run(lambda p: call[1](p.supabase))
    assert caught.value.operation == call[0]
    with pytest.raises(ConnectionFailedError) as caught:
        supabase(both, f"http://127.0.0.1:{refused_port()}").run(lambda p: call[1](p.supabase))
    assert not caught.value.maybe_executed


def test_too_slow(both):
    with Loopback([Hang()]) as server:
        given = SupabaseSettings(url=server.url, key="sb_secret_placeholder")
        h = both(supabase=given, attempt_timeout=0.2, retry=Retry(max_attempts=1))
        with pytest.raises(DeadlineExceededError):
            h.run(lambda p: READ[1](p.supabase))


def test_a_query_that_takes_too_long_is_not_asked_again(both):
    with Loopback([Reply(500, rest("57014"))]) as server:
        h = both(supabase=SupabaseSettings(url=server.url, key="sb_secret_placeholder"), clock=VirtualClock())
        with pytest.raises(DeadlineExceededError):
            h.run(lambda p: READ[1](p.supabase))
        assert len(server.seen) == 1


def test_without_a_user_nothing_is_sent(both):
    with Loopback() as server:
        with pytest.raises(AuthenticationError, match="as_user"):
            supabase(both, server.url).run(lambda p: p.supabase.auth.user())
    assert server.seen == []
