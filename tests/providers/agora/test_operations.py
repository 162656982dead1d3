"""What Agora's operations do, in both modes, over a socket."""

from datetime import UTC, datetime, timedelta

import pytest
from tests.loopback import Hang, Loopback, Reply, Reset
from tests.providers.agora.conftest import settings

from unifykit import (
    AuthenticationError,
    ConfigurationError,
    ConflictError,
    InvalidRequestError,
    NotFoundError,
    RateLimitedError,
    Retry,
    ServerError,
    UnavailableError,
    UnexpectedResponseError,
)
from unifykit.errors import DeadlineExceededError
from unifykit.providers.agora import Storage
from unifykit.testing import VirtualClock

BUCKET = Storage(
    vendor=1, region=0, bucket="lessons", access_key="AKIA", secret_key="storage-secret", prefix=["a", "b"]
)


def wall(clock):
    return datetime.fromtimestamp(clock.wall(), UTC)


def test_channels_come_page_by_page(w):
    found = w.do(lambda a: a.channels.list(per_page=1))
    assert [(one.name, one.user_count) for one in found] == [("lesson", 2), ("stage", 4)]
    users = w.do(lambda a: a.channels.users("stage"))
    assert (users.exists, users.broadcasters, users.audience, users.audience_total) == (True, [10], [11, 12, 13], 3)
    assert w.do(lambda a: a.channels.users("stage", hosts_only=True)).broadcasters == [10]
    assert not w.do(lambda a: a.channels.users("nowhere")).exists
    status = w.do(lambda a: a.channels.user_status("lesson", 2))
    assert (status.in_channel, status.role, status.joined) == (True, 1, datetime(2021, 12, 24, 7, 19, 42, tzinfo=UTC))
    assert not w.do(lambda a: a.channels.user_status("lesson", 99)).in_channel


def test_a_ban_from_beginning_to_end(w):
    made = w.do(
        lambda a: a.bans.create(
            "lesson", uid=2, ip="10.0.0.1", seconds=600, privileges=["publish_video", "publish_audio"]
        )
    )
    assert made.expires_at == wall(w.clock) + timedelta(seconds=600)
    [listed] = w.do(lambda a: a.bans.list())
    assert (listed.id, listed.channel, listed.uid, listed.ip) == (made.id, "lesson", 2, "10.0.0.1")
    assert listed.privileges == ["publish_audio", "publish_video"]
    changed = w.do(lambda a: a.bans.update(made.id, minutes=5))
    assert changed.expires_at == wall(w.clock) + timedelta(minutes=5)
    w.clock.advance(301)
    assert w.do(lambda a: a.bans.list()) == []
    with pytest.raises(NotFoundError):
        w.do(lambda a: a.bans.update(made.id, minutes=5))
    other = w.do(lambda a: a.bans.create(uid=3))
    w.do(lambda a: a.bans.delete(other.id))
    with pytest.raises(NotFoundError):
        w.do(lambda a: a.bans.delete(other.id))


def test_throwing_out_leaves_no_ban(w):
    w.do(lambda a: a.bans.create("lesson", uid=2, seconds=0))
    assert w.do(lambda a: a.bans.list()) == []


def test_a_recording_from_beginning_to_end(w):
    made = w.do(
        lambda a: a.recordings.start("lesson", uid=900, storage=BUCKET, token="007x", config={"maxIdleTime": 30})
    )
    assert (made.channel, made.uid, made.mode) == ("lesson", "900", "mix")
    status = w.do(lambda a: a.recordings.query(made))
    assert (status.state.name, status.sid) == ("RECORDING", made.sid)
    assert status.files[0]["isPlayable"]
    w.do(lambda a: a.recordings.update(made, audio_uids=[1], video_uids=[]))
    with pytest.raises(ConflictError, match="task conflict") as caught:
        w.do(lambda a: a.recordings.start("lesson", uid=900, storage=BUCKET))
    assert (caught.value.code, caught.value.status) == ("53", 400)
    stopped = w.do(lambda a: a.recordings.stop(made))
    assert stopped.response["uploadingStatus"] == "uploaded"
    for call in (lambda a: a.recordings.query(made), lambda a: a.recordings.stop(made)):
        with pytest.raises(NotFoundError, match="failed to find worker"):
            w.do(call)


def test_a_page_is_recorded(w):
    made = w.do(
        lambda a: a.recordings.start("lesson", uid=901, storage=BUCKET, mode="web", page_url="https://example.com")
    )
    assert w.do(lambda a: a.recordings.update(made, on_hold=True)).sid == made.sid


def test_the_storage_s_secret_is_not_shown():
    assert "storage-secret" not in repr(BUCKET)
    assert BUCKET.fields()["fileNamePrefix"] == ["a", "b"]


def test_check(w, both):
    report = w.do(lambda a: a.check())
    assert report.ok
    assert [item.name for item in report.items] == ["tokens", "channels", "bans"]
    alone = both(agora=settings(customer_id=None, customer_secret=None))
    assert [item.name for item in alone.run(lambda p: p.agora.check()).items] == ["tokens"]
    wrong = both(agora=settings(w.url, customer_secret="other"))
    assert not wrong.run(lambda p: p.agora.check()).ok


def test_an_unknown_request_names_itself(w):
    reply = w.do(lambda a: a.native.get("/dev/v9/nothing"))
    assert reply.status_code == 501
    assert reply.json() == {"message": "unifykit sandbox: GET /dev/v9/nothing is not implemented."}
    assert w.do(lambda a: a.native.get("/dev/v1/channel/other")).status_code == 404


@pytest.mark.parametrize(
    "call",
    [
        lambda a: a.channels.list(per_page=501),
        lambda a: a.channels.users("../x\n"),
        lambda a: a.channels.user_status("lesson", 0),
        lambda a: a.bans.create(),
        lambda a: a.bans.create(uid=1, seconds=9),
        lambda a: a.bans.create(uid=1, seconds=86_431),
        lambda a: a.bans.create(uid=1, privileges=[]),
        lambda a: a.bans.create(uid=1, privileges="join_channel"),
        lambda a: a.bans.create(ip="nowhere"),
        lambda a: a.bans.update(1, minutes=0),
        lambda a: a.recordings.start("c", uid=0, storage=BUCKET),
        lambda a: a.recordings.start("c", uid=1, storage=BUCKET, mode="all"),
        lambda a: a.recordings.start("c", uid=1, storage=BUCKET, mode="web"),
        lambda a: a.recordings.start("c", uid=1, storage=BUCKET, hours=721),
    ],
)
def test_what_makes_no_sense_is_not_sent(call, both):
    with Loopback() as server:
        h = both(agora=settings(server.url))
        with pytest.raises(InvalidRequestError):
            h.run(lambda p: call(p.agora))
        assert server.seen == []


def test_no_customer_says_what_to_set(both):
    with pytest.raises(ConfigurationError, match=r"AGORA_CUSTOMER_ID.*AGORA_CUSTOMER_SECRET"):
        both(agora=settings(customer_id=None)).run(lambda p: p.agora.bans.list())


RULES = Reply(body={"status": "success", "rules": []})
REPLIES = [
    (Reply(401, {"message": "Invalid authentication credentials"}), AuthenticationError, 1),
    (Reply(404, {"message": "no Route matched with those values"}), NotFoundError, 1),
    (Reply(400, {"code": 2, "reason": "invalid parameter"}), InvalidRequestError, 1),
    (Reply(415, {"message": "Unsupported Media Type"}), InvalidRequestError, 1),
    (Reply(429, {"message": "API rate limit exceeded"}), RateLimitedError, 3),
    (Reply(500, b"<html>"), ServerError, 3),
    (Reply(504, {"code": 62, "reason": "request timeout"}), UnavailableError, 3),
    (Reply(200, b"<html>welcome</html>", {"Content-Type": "text/html"}), UnexpectedResponseError, 1),
    (Reply(200, b"[]"), UnexpectedResponseError, 1),
    (Reply(200, {"status": "failed", "message": "no"}), UnexpectedResponseError, 1),
    (Reply(200, {"success": False}), UnexpectedResponseError, 1),
    (Reply(200, {"status": "success"}), UnexpectedResponseError, 1),
    (Reply(302, b"", {"Location": "/x"}), UnexpectedResponseError, 1),
]


@pytest.mark.parametrize(("reply", "kind", "sent"), REPLIES)
def test_what_each_reply_means(both, reply, kind, sent):
    with Loopback([reply]) as server:
        h = both(agora=settings(server.url), clock=VirtualClock(), random=lambda: 0.5)
        with pytest.raises(kind) as caught:
            h.run(lambda p: p.agora.bans.list())
        assert type(caught.value) is kind
        assert caught.value.status == reply.status
        assert len(server.seen) == sent


def test_a_limit_without_a_hint_is_waited_for(both):
    clock = VirtualClock()
    with Loopback([Reply(429, {"message": "API rate limit exceeded"}), RULES]) as server:
        both(agora=settings(server.url), clock=clock, random=lambda: 0.0).run(lambda p: p.agora.bans.list())
    assert clock.slept == [1.0]


def test_a_ban_that_was_made_without_an_answer_is_found(both):
    clock = VirtualClock()
    until = wall(clock) + timedelta(seconds=600)
    rule = {"id": 7, "cname": "c", "uid": 2, "ip": "", "privileges": ["join_channel"], "ts": until.isoformat()}
    older = {**rule, "id": 6, "ts": (until - timedelta(seconds=500)).isoformat()}
    others = [{**rule, "id": 8, "uid": 3}, {**rule, "id": 9, "privileges": ["publish_audio"]}]
    for failure in (Reset(), Reply(504, {"message": "timeout"})):
        with Loopback([failure, Reply(body={"status": "success", "rules": [older, rule, *others]})]) as server:
            h = both(agora=settings(server.url), clock=clock)
            made = h.run(lambda p: p.agora.bans.create("c", uid=2, seconds=600))
            assert made.id == 7
            assert [seen.method for seen in server.seen] == ["POST", "GET"]


def test_a_ban_that_was_not_made_is_made(both):
    clock = VirtualClock()
    with Loopback([Reset(), RULES, Reply(body={"status": "success", "id": 8})]) as server:
        made = both(agora=settings(server.url), clock=clock).run(lambda p: p.agora.bans.create("c", uid=2))
        assert made.id == 8
        assert [seen.method for seen in server.seen] == ["POST", "GET", "POST"]


def test_a_ban_that_never_gets_an_answer_is_given_up_as_the_retry_says(both):
    script = [Reset(), RULES, Reset(), RULES]
    with Loopback(script) as server:
        h = both(agora=settings(server.url), clock=VirtualClock(), retry=Retry(max_attempts=2, base=0))
        with pytest.raises(Exception, match="no reply") as caught:
            h.run(lambda p: p.agora.bans.create("c", uid=2))
        assert not caught.value.maybe_executed  # the rules said that it is not there
        assert [seen.method for seen in server.seen] == ["POST", "GET", "POST", "GET"]


def test_a_ban_about_which_nothing_can_be_learned_says_so(both):
    with Loopback([Reset(), Reply(403, {"message": "no"})]) as server:
        h = both(agora=settings(server.url), clock=VirtualClock(), retry=Retry(max_attempts=1))
        with pytest.raises(Exception, match="no reply") as caught:
            h.run(lambda p: p.agora.bans.create("c", uid=2))
        assert caught.value.maybe_executed
        assert caught.value.status is None


def test_a_ban_about_which_nothing_can_be_learned_is_not_made_again(both):
    with Loopback([Reset(), Reply(403, {"message": "no"})]) as server:
        h = both(agora=settings(server.url), clock=VirtualClock(), retry=Retry(max_attempts=3, base=0))
        with pytest.raises(Exception, match="no reply") as caught:
            h.run(lambda p: p.agora.bans.create("c", uid=2))
        assert caught.value.maybe_executed
        assert [seen.method for seen in server.seen] == ["POST", "GET"]


def test_throwing_out_is_not_repeated_blindly(both):
    with Loopback([Reset()]) as server:
        h = both(agora=settings(server.url), clock=VirtualClock())
        with pytest.raises(Exception, match="no reply") as caught:
            h.run(lambda p: p.agora.bans.create("c", uid=2, seconds=0))
        assert caught.value.maybe_executed
        assert len(server.seen) == 1


def test_a_ban_that_times_out_really(both):
    until = datetime.now(UTC) + timedelta(seconds=600)
    rule = {"id": 7, "cname": "c", "uid": 2, "ip": "", "privileges": ["join_channel"], "ts": until.isoformat()}

    def script(seen):
        return Hang() if seen.method == "POST" else Reply(body={"status": "success", "rules": [rule]})

    with Loopback(script) as server:
        h = both(agora=settings(server.url), attempt_timeout=0.3)
        assert h.run(lambda p: p.agora.bans.create("c", uid=2, seconds=600)).id == 7


ACQUIRED = Reply(body={"cname": "c", "uid": "1", "resourceId": "r1"})
BEGUN = Reply(body={"cname": "c", "uid": "1", "resourceId": "r1", "sid": "s1"})
UNFINISHED = Reply(206, {"code": 65, "reason": "request not completed"})


def start(p):
    return p.agora.recordings.start("c", uid=1, storage=BUCKET)


def test_a_request_that_was_not_completed_is_sent_again_with_the_same_parameters(both):
    clock = VirtualClock()
    with Loopback([ACQUIRED, UNFINISHED, UNFINISHED, BEGUN]) as server:
        assert both(agora=settings(server.url), clock=clock).run(start).sid == "s1"
        assert len({(seen.path, seen.body) for seen in server.seen[1:]}) == 1
    assert clock.slept == [3.0, 6.0]


def test_a_request_that_is_never_completed_is_an_error(both):
    with Loopback([ACQUIRED, UNFINISHED]) as server:
        with pytest.raises(UnavailableError) as caught:
            both(agora=settings(server.url), clock=VirtualClock()).run(start)
        assert (caught.value.code, caught.value.status, len(server.seen)) == ("65", 206, 4)


def test_retrying_switched_off_counts_here_too(both):
    with Loopback([ACQUIRED, UNFINISHED]) as server:
        with pytest.raises(UnavailableError):
            both(agora=settings(server.url), clock=VirtualClock(), retry=Retry.off()).run(start)
        assert len(server.seen) == 2


def test_a_recording_that_runs_already_is_no_success(both):
    with Loopback([ACQUIRED, Reply(201, {"code": 7, "reason": "already running"})]) as server:
        with pytest.raises(ConflictError, match="runs already") as caught:
            both(agora=settings(server.url), clock=VirtualClock()).run(start)
        assert (caught.value.code, caught.value.status, caught.value.maybe_executed) == ("7", 201, False)


def test_a_start_whose_answer_was_lost_says_that_it_may_have_started(both):
    with Loopback([ACQUIRED, Reset(), Reply(201, {"code": 7, "reason": "already running"})]) as server:
        with pytest.raises(ConflictError) as caught:
            both(agora=settings(server.url), clock=VirtualClock()).run(start)
        assert caught.value.maybe_executed
        assert len(server.seen) == 3


def test_a_start_that_failed_is_started_again_with_the_same_resource(both):
    clock = VirtualClock()
    with Loopback([ACQUIRED, Reply(500, {"code": 62, "reason": "request timeout"}), BEGUN]) as server:
        assert both(agora=settings(server.url), clock=clock).run(start).sid == "s1"
        assert server.seen[1].path == server.seen[2].path
    assert clock.slept == [3.0]


def test_an_overloaded_vendor_is_waited_for(both):
    clock = VirtualClock()
    with Loopback([Reply(400, {"code": 406, "reason": "vendor_over_load"}), ACQUIRED, BEGUN]) as server:
        assert both(agora=settings(server.url), clock=clock).run(start).sid == "s1"
    with Loopback([Reply(400, {"code": 406, "reason": "vendor_over_load"})]) as server:
        with pytest.raises(UnavailableError) as caught:
            both(agora=settings(server.url), clock=VirtualClock()).run(start)
        assert caught.value.code == "406"


def test_agora_s_pace_is_kept_without_being_told(both):
    clock = VirtualClock()
    page = Reply(body={"success": True, "data": {"channel_exist": False}})
    with Loopback(lambda seen: page if "/channel/" in seen.path else RULES) as server:
        h = both(agora=settings(server.url), clock=clock)
        for _ in range(30):
            h.run(lambda p: p.agora.channels.users("c"))
        assert sum(clock.slept) == pytest.approx(0.5, abs=0.1)  # 20 at once, then 20 a second
        clock.advance(10)
        clock.slept.clear()
        for _ in range(15):
            h.run(lambda p: p.agora.bans.list())
        assert sum(clock.slept) == pytest.approx(0.5, abs=0.1)  # 10 at once, then 10 a second


def test_a_deadline_ends_the_waiting_for_a_recording(both):
    with Loopback([ACQUIRED, UNFINISHED]) as server:
        h = both(agora=settings(server.url), clock=VirtualClock(), timeout=2.0)
        with pytest.raises(DeadlineExceededError):
            h.run(start)
