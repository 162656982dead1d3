"""LogRocket's and Agora's credentials, and signed addresses, reach no log, no error and no text of an object."""

import pytest
from tests.loopback import Loopback, Reply
from tests.providers.agora.conftest import settings as agora
from tests.providers.logrocket.conftest import settings as logrocket
from tests.test_no_leak import EVENTS, TOKEN, Log, log, nothing_in, nothing_in_error

from unifykit import Platforms, Retry, UnifyError
from unifykit.providers.logrocket.models import Export

__all__ = ["log"]  # a fixture

KEY = f"org:app:{TOKEN}"


CALLS = (
    lambda p, _: p.logrocket.users.identify("1", name="Ada"),
    lambda p, _: p.logrocket.releases.create("1"),
    lambda p, _: p.logrocket.exports.list(),
    lambda p, folder: p.logrocket.releases.upload_sourcemaps("1", folder),
    lambda p, _: p.agora.bans.list(),
    lambda p, _: p.agora.bans.create("c", uid=1),
)


@pytest.mark.parametrize("event", EVENTS)
def test_operations(both, event, log: Log, tmp_path):
    (tmp_path / "a.js").write_text("x")
    with Loopback([EVENTS[event]]) as server:
        h = both(
            logrocket=logrocket(server.url, KEY),
            agora=agora(server.url, customer_secret=TOKEN),
            retry=Retry(max_attempts=2, base=0),
        )
        for call in CALLS:
            try:
                h.run(lambda p, call=call: call(p, tmp_path))
            except Exception as error:
                assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
                nothing_in_error(error)
        assert any(TOKEN in seen.headers.get("authorization", "") for seen in server.seen)
    assert log.records
    nothing_in(log.text.getvalue(), "the log")


def test_a_server_that_repeats_the_credential(both, log: Log):
    with Loopback(lambda seen: Reply(401, {"error": seen.headers["authorization"]})) as server:
        h = both(logrocket=logrocket(server.url, KEY), agora=agora(server.url, customer_secret=TOKEN))
        for call in (lambda p: p.logrocket.exports.list(), lambda p: p.agora.bans.list()):
            with pytest.raises(UnifyError) as caught:
                h.run(call)
            nothing_in_error(caught.value)
    nothing_in(log.text.getvalue(), "the log")


@pytest.mark.parametrize("event", EVENTS)
def test_a_signed_address(both, event, log: Log):
    with Loopback([EVENTS[event]]) as server:
        export = Export(url=f"{server.url}/store/f?X-Goog-Signature={TOKEN}")
        h = both(logrocket=logrocket(server.url), retry=Retry(max_attempts=2, base=0))
        try:
            h.take(lambda p: p.logrocket.exports.sessions(export), 9)
        except Exception as error:
            assert isinstance(error, UnifyError)  # noqa: PT017 -- it need not fail
            nothing_in_error(error)
        assert all(seen.path == f"/store/f?X-Goog-Signature={TOKEN}" for seen in server.seen)
        assert all("authorization" not in seen.headers for seen in server.seen)
        assert server.seen
    nothing_in(f"{export!r} {export!s} {export.raw}", "the export")
    nothing_in(log.text.getvalue(), "the log")


def test_a_signed_upload(both, log: Log, tmp_path):
    (tmp_path / "a.js").write_text("x")
    with Loopback() as server:
        signed = Reply(body={"signed_url": f"{server.url}/store/f?X-Goog-Signature={TOKEN}"})
        server.script(lambda seen: signed if seen.method == "POST" else Reply(403, f"<Error>{TOKEN}</Error>"))
        with pytest.raises(UnifyError) as caught:
            both(logrocket=logrocket(server.url)).run(lambda p: p.logrocket.releases.upload_sourcemaps("1", tmp_path))
        nothing_in_error(caught.value)
        assert [seen.method for seen in server.seen] == ["POST", "PUT"]
        assert "authorization" not in server.seen[1].headers
        assert server.seen[1].path.endswith(TOKEN)
    nothing_in(log.text.getvalue(), "the log")


def test_objects():
    with Platforms(logrocket=logrocket("http://127.0.0.1:9", KEY), agora=agora(customer_secret=TOKEN)) as p:
        for client in (p.logrocket, p.agora):
            for thing in (client, client.native, client.native.auth, client.link.settings, client.link):
                nothing_in(f"{thing!r} {thing!s}", type(thing).__name__)
        nothing_in(p.logrocket.snippet(user_id="1"), "the snippet")
