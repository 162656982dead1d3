"""What LogRocket's operations do, in both modes, over a socket."""

import json
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from tests.loopback import Loopback, Reply, Reset, Truncate
from tests.providers.logrocket.conftest import settings

from unifykit import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    ConnectionFailedError,
    InvalidRequestError,
    NotFoundError,
    PermissionDeniedError,
    Platforms,
    RateLimitedError,
    ServerError,
    UnexpectedResponseError,
)
from unifykit.errors import DeadlineExceededError
from unifykit.providers.logrocket.models import Export
from unifykit.testing import VirtualClock

PERIOD = {"since": datetime(2026, 1, 1, tzinfo=UTC), "until": datetime(2026, 2, 1, tzinfo=UTC)}


def test_a_user_keeps_what_is_not_given(w):
    w.do(lambda lr: lr.users.identify("a/b", name="Ada", email="a@b.c", traits={"plan": "pro", "seats": 5, "on": True}))
    user = w.do(lambda lr: lr.users.identify("a/b", traits={"plan": ""}))
    assert (user.id, user.name, user.email) == ("a/b", "Ada", "a@b.c")
    assert user.traits == {"seats": "5", "on": "true"}


def test_highlights_are_waited_for(w):
    poller = w.do(lambda lr: lr.highlights.request(user_id="42", question="pricing?", **PERIOD))
    assert repr(poller) == f"<logrocket poller {poller.id}>"
    assert w.do(lambda lr: poller.poll()) is None
    found = w.do(lambda lr: poller.wait(timeout=60))
    assert found.sessions[0].recording_id == "5-0190"
    other = w.do(lambda lr: lr.highlights.request(email="a@b.c", **PERIOD))
    assert w.do(lambda lr: lr.highlights.get(other.id)).status == "PENDING"
    assert w.do(lambda lr: lr.highlights.resume(other.id).wait()).highlights == "The user looked at prices."
    w.clock.slept.clear()
    third = w.do(lambda lr: lr.highlights.request(user_id="1", **PERIOD))
    w.do(lambda lr: third.wait())
    assert w.clock.slept == [5.0]


def test_highlights_that_fail_say_so(w):
    poller = w.do(lambda lr: lr.highlights.request(user_id="42", question="fail", **PERIOD))
    with pytest.raises(ServerError) as caught:
        w.do(lambda lr: poller.wait())
    assert caught.value.code == "FAILED"
    with pytest.raises(NotFoundError):
        w.do(lambda lr: lr.highlights.get("h99"))


def test_highlights_that_take_too_long_may_be_waited_for_again(both):
    clock = VirtualClock()
    pending = Reply(body={"requestID": "h1", "status": "PENDING", "result": None})
    ready = Reply(body={"requestID": "h1", "status": "COMPLETE", "result": {"highlights": "x"}})
    with Loopback([pending]) as server:
        h = both(logrocket=settings(server.url), clock=clock)
        poller = h.p.logrocket.highlights.resume("h1")
        with pytest.raises(DeadlineExceededError, match="goes on") as caught:
            h.run(lambda p: poller.wait(timeout=12))
        assert (caught.value.phase, caught.value.operation) == ("poll", "poller.wait")
        assert clock.slept == [5.0, 5.0, 2.0]
        server.script([ready])
        assert h.run(lambda p: poller.wait(timeout=1)).highlights == "x"
        with pytest.raises(InvalidRequestError):
            h.run(lambda p: poller.wait(timeout=0))


def test_a_deadline_ends_the_waiting(both):
    clock = VirtualClock()
    with Loopback([Reply(body={"requestID": "h1", "status": "PENDING", "result": None})]) as server:
        h = both(logrocket=settings(server.url), clock=clock, timeout=7.0)
        with pytest.raises(DeadlineExceededError):
            h.run(lambda p: p.logrocket.highlights.resume("h1").wait(timeout=600))
    assert sum(clock.slept) == pytest.approx(7.0)


def test_exports_come_page_by_page_and_resume(w):
    found = w.do(lambda lr: lr.exports.list(per_page=2))
    assert len(found) == len({export.url.get_secret_value() for export in found}) == 3
    pager = w.harness.p.logrocket.exports.list(per_page=2)
    first = w.do(lambda lr: pager.first(2))
    rest = w.do(lambda lr: lr.exports.list(per_page=2).resume(pager.cursor))
    assert [*first, *rest] == found


def test_a_file_s_events_arrive_one_by_one(w):
    [export] = w.do(lambda lr: lr.exports.list().first(1))
    events = w.harness.take(lambda p: p.logrocket.exports.sessions(export), 10)
    assert [event["type"] for event in events] == ["lr.PageView", "lr.Click"]


def test_the_audit_log_walks_its_pages(w):
    found = w.do(lambda lr: lr.audit_logs.list(per_page=1, since=datetime(2024, 1, 1, tzinfo=UTC)))
    assert [entry.action for entry in found] == ["MEMBER_INVITED", "PROJECT_CREATED", "API_KEY_CREATED"]
    assert found[0].time == datetime(2024, 2, 2, 20, 49, 12, tzinfo=UTC)


def test_source_maps_reach_the_store(w, tmp_path):
    for name in ("app.js", "app.js.map", "lazy/one.js.map", "readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(f"the content of {name}".encode())
    assert w.do(lambda lr: lr.releases.create("1.0/beta")).created
    assert not w.do(lambda lr: lr.releases.create("1.0/beta")).created
    told = []
    sent = w.do(
        lambda lr: lr.releases.upload_sourcemaps("1.0/beta", tmp_path, progress=lambda *step: told.append(step))
    )
    assert sent.files == ["~/app.js", "~/app.js.map", "~/lazy/one.js.map"]
    assert told == [(1, 3), (2, 3), (3, 3)]
    assert w.state.stored["1.0/beta|~/lazy/one.js.map"] == b"the content of lazy/one.js.map"
    assert len(w.state.stored) == 3
    with pytest.raises(NotFoundError, match="Release not found"):
        w.do(lambda lr: lr.releases.upload_sourcemaps("2.0", tmp_path))


def test_what_the_caller_s_progress_raises_is_the_caller_s(w, tmp_path):
    (tmp_path / "a.js").write_text("x")
    w.do(lambda lr: lr.releases.create("1"))

    def progress(done, total):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        w.do(lambda lr: lr.releases.upload_sourcemaps("1", tmp_path, progress=progress))


def test_check(w, both):
    assert w.do(lambda lr: lr.check()).ok
    report = both(logrocket=settings(w.url, "sandbox:app:other")).run(lambda p: p.logrocket.check())
    assert not report.ok
    assert "Invalid API key" in report["exports"].detail


def test_an_unknown_request_names_itself(w):
    reply = w.do(lambda lr: lr.native.get("/sessions/"))
    assert reply.status_code == 501
    assert reply.json() == {"error": "unifykit sandbox: GET /v1/orgs/sandbox/apps/app/sessions/ is not implemented."}


@pytest.mark.parametrize(
    "call",
    [
        lambda lr: lr.users.identify(" "),
        lambda lr: lr.users.identify(".."),
        lambda lr: lr.users.identify("1", traits={"a": "x" * 1025}),
        lambda lr: lr.highlights.request(**PERIOD),
        lambda lr: lr.highlights.request(user_id="1", email="a@b.c", **PERIOD),
        lambda lr: lr.highlights.request(user_id="1", since=PERIOD["until"], until=PERIOD["since"]),
        lambda lr: lr.highlights.request(user_id="1", since=datetime(2026, 1, 1), until=PERIOD["until"]),
        lambda lr: lr.exports.list(per_page=101),
        lambda lr: lr.exports.list(since=datetime(2026, 1, 1)),
        lambda lr: lr.releases.create(""),
        lambda lr: lr.releases.upload_sourcemaps("1", "/nowhere"),
    ],
)
def test_what_makes_no_sense_is_not_sent(call, both):
    with Loopback() as server:
        with pytest.raises(InvalidRequestError):
            both(logrocket=settings(server.url)).run(lambda p: call(p.logrocket))
        assert server.seen == []


@pytest.mark.parametrize("key", ["secret", "org:app", "org::secret", "a:b:c:d"])
def test_a_key_that_is_none_names_its_variable_and_not_itself(key, both):
    with pytest.raises(ConfigurationError, match="LOGROCKET_API_KEY") as caught:
        both(logrocket=settings("http://127.0.0.1:9", key)).run(lambda p: p.logrocket.exports.list())
    assert "secret" not in str(caught.value).replace("org:app:secret", "")


REPLIES = [
    (Reply(401, {"error": "Invalid API key"}), AuthenticationError, "Invalid API key", 1),
    (Reply(403, {"message": "not yours"}), PermissionDeniedError, "not yours", 1),
    (Reply(404, b"Not here", {"Content-Type": "text/plain"}), NotFoundError, "Not here", 1),
    (Reply(409, {"error": "exists"}), ConflictError, "exists", 1),
    (Reply(422, {"error": "bad"}), InvalidRequestError, "bad", 1),
    (Reply(429, {"error": "slow"}, {"Retry-After": "2"}), RateLimitedError, "slow", 3),
    (Reply(500, b"<html>oops</html>"), ServerError, "without saying why", 3),
    (Reply(200, b"<html>hi</html>"), UnexpectedResponseError, "not what the API promises", 1),
    (Reply(200, {}), UnexpectedResponseError, "not what the API promises", 1),
    (Reply(200, {"cursor": "c", "sessions": [{"address": "x"}]}), UnexpectedResponseError, "not what the API", 1),
]


@pytest.mark.parametrize(("reply", "kind", "text", "sent"), REPLIES)
def test_what_each_reply_means(both, reply, kind, text, sent):
    with Loopback([reply]) as server:
        h = both(logrocket=settings(server.url), clock=VirtualClock())
        with pytest.raises(kind, match=text) as caught:
            h.run(lambda p: p.logrocket.exports.list())
        assert (type(caught.value), caught.value.status, len(server.seen)) == (kind, reply.status, sent)
        assert server.seen[0].headers["authorization"] == "token sandbox:app:secret-of-the-sandbox"
        assert server.seen[0].path == "/v1/orgs/sandbox/apps/app/data-export/?limit=100"


def test_a_request_for_highlights_is_not_repeated_blindly(both):
    with Loopback([Reset()]) as server:
        with pytest.raises(ConnectionFailedError) as caught:
            both(logrocket=settings(server.url), clock=VirtualClock()).run(
                lambda p: p.logrocket.highlights.request(user_id="1", **PERIOD)
            )
        assert caught.value.maybe_executed
        assert len(server.seen) == 1


def export_at(url):
    return Export(url=url)


def test_a_file_that_is_cut_off_is_an_error_after_its_whole_lines(both):
    lines = b'{"n": 1}\n' * 50
    with Loopback([Truncate(Reply(body=lines))]) as server:
        h = both(logrocket=settings(server.url))
        with pytest.raises(ConnectionFailedError, match="cut off"):
            h.take(lambda p: p.logrocket.exports.sessions(export_at(f"{server.url}/f?sig=1")), 100)


@pytest.mark.parametrize("line", [b"not json\n", b"[1]\n"])
def test_a_line_that_is_no_event_is_an_error(both, line):
    with Loopback([Reply(body=b'{"n": 1}\n\n' + line)]) as server:
        h = both(logrocket=settings(server.url))
        with pytest.raises(UnexpectedResponseError):
            h.take(lambda p: p.logrocket.exports.sessions(export_at(f"{server.url}/f?sig=1")), 100)


def test_a_last_line_without_an_end_counts(both):
    with Loopback([Reply(body=b'{"n": 1}\n{"n": 2}')]) as server:
        h = both(logrocket=settings(server.url))
        found = h.take(lambda p: p.logrocket.exports.sessions(export_at(f"{server.url}/f?sig=1")), 100)
        assert found == [{"n": 1}, {"n": 2}]
        assert server.seen[0].path == "/f?sig=1"
        assert "authorization" not in server.seen[0].headers


@pytest.mark.parametrize(
    "url",
    [
        "http://169.254.169.254/latest?sig=1",
        "https://evil.example/x?sig=1",
        "https://storage.googleapis.com.evil.example/x",
        "https://evilstorage.googleapis.com/x",
        "http://storage.googleapis.com/x?sig=1",
        "file:///etc/passwd",
        "",
    ],
)
def test_an_address_that_leads_elsewhere_is_not_followed(both, url):
    h = both(logrocket=settings("http://127.0.0.1:9"))
    with pytest.raises(UnexpectedResponseError, match="none of its stores"):
        h.take(lambda p: p.logrocket.exports.sessions(export_at(url)), 1)


def test_an_address_for_source_maps_is_held_to_the_same(both, tmp_path):
    (tmp_path / "a.js").write_text("x")
    with Loopback([Reply(body={"signed_url": "https://evil.example/x?sig=1"})]) as server:
        with pytest.raises(UnexpectedResponseError, match=r"evil\.example"):
            both(logrocket=settings(server.url)).run(lambda p: p.logrocket.releases.upload_sourcemaps("1", tmp_path))
        assert [seen.method for seen in server.seen] == ["POST"]


class Scripts(HTMLParser):
    """What a browser would see."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.texts.append(data.strip())


def test_the_snippet_holds_nothing_that_a_browser_would_take_for_something_else(both):
    nasty = "</script><img src=x onerror=alert(1)>'\"\\ \u2028 &amp; <!--"
    p = both(logrocket=settings("http://127.0.0.1:9")).p
    text = p.logrocket.snippet(
        user_id=nasty,
        name=nasty,
        email=nasty,
        traits={nasty: nasty, "n": 1},
        release=nasty,
        nonce='a"b',
        src='https://x/"y',
    )
    seen = Scripts()
    seen.feed(text)
    assert [tag for tag, _ in seen.tags] == ["script", "script"]
    assert seen.tags[0][1] == {"src": 'https://x/"y', "crossorigin": "anonymous", "nonce": 'a"b'}
    assert "secret-of-the-sandbox" not in text
    assert 'init("sandbox/app", {"dom": {"inputSanitizer": true}' in text
    code = "".join(seen.texts)
    assert not set("<>'\u2028\u2029") & set(code)
    assert "&" not in code.replace(" && ", "")
    user, traits = json.loads("[" + re.search(r"identify\((.*)\); \}", code)[1] + "]")
    assert (user, traits) == (nasty, {"name": nasty, "email": nasty, nasty: nasty, "n": 1})


def test_the_snippet_without_a_user_identifies_nobody():
    with Platforms(logrocket=settings("http://127.0.0.1:9")) as p:
        assert "identify" not in p.logrocket.snippet()
        assert '"inputSanitizer": false' in p.logrocket.snippet(mask_inputs=False)
