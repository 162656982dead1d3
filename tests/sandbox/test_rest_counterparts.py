"""The counterparts of the platforms without an SDK, asked by a plain HTTP client: what they refuse, and how."""

import httpx
import pytest
from tests.sandbox.conftest import serving

from unifykit.sandbox import Sandbox, agora, logrocket, mapbox

ROCKET = "/v1/orgs/sandbox/apps/app"
TOKEN = {"Authorization": f"Token {logrocket.API_KEY}"}


@pytest.fixture(params=["agora", "logrocket", "mapbox"])
def name(request):
    return request.param


APPS = {
    "agora": lambda: agora.create_app(queries=2, clock=lambda: 1000.0),
    "logrocket": lambda: logrocket.create_app(requests=2, clock=lambda: 1000.0),
    "mapbox": lambda: mapbox.create_app(requests=2, clock=lambda: 1000.0),
}
KEYS = {
    "agora": {"auth": agora.CUSTOMER},
    "logrocket": {"headers": TOKEN},
    "mapbox": {"params": {"access_token": mapbox.ACCESS_TOKEN, "q": "louvre"}},
}
PATHS = {
    "agora": f"/dev/v1/channel/{agora.APP_ID}",
    "logrocket": f"{ROCKET}/audit/logs/",
    "mapbox": "/search/geocode/v6/forward",
}
REFUSED = {
    "agora": {"message": "Invalid authentication credentials"},
    "logrocket": {"error": "Invalid API key"},
    "mapbox": {"message": "Not Authorized - No Token", "error_code": "NO_TOKEN"},
}
LIMITED = {
    "agora": {"message": "API rate limit exceeded"},
    "logrocket": {"error": "Too many requests"},
    "mapbox": {"message": "Too Many Requests"},
}


@pytest.fixture
def get(name):
    with serving(APPS[name]()) as url, httpx.Client(base_url=url, trust_env=False) as client:
        yield client.get


def test_without_a_credential(name, get):
    reply = get(PATHS[name])
    assert (reply.status_code, reply.json()) == (401, REFUSED[name])


def test_too_many_in_a_second(name, get):
    replies = [get(PATHS[name], **KEYS[name]) for _ in range(3)]
    assert [reply.status_code for reply in replies] == [200, 200, 429]
    assert replies[2].json() == LIMITED[name]


def test_what_it_does_not_have(name, get):
    path = f"{ROCKET}/nothing" if name == "logrocket" else "/nothing"
    reply = get(path, **KEYS[name])
    assert reply.status_code == 501
    assert f"unifykit sandbox: GET {path} is not implemented." in reply.text


def test_another_project_of_logrocket():
    with serving(logrocket.create_app()) as url, httpx.Client(base_url=url, trust_env=False, headers=TOKEN) as client:
        assert client.get("/v1/orgs/sandbox/apps/other/audit/logs/").status_code == 403


def test_the_store_takes_a_signature_and_nothing_else():
    with serving(logrocket.create_app()) as url, httpx.Client(base_url=url, trust_env=False) as client:
        listed = client.get(f"{ROCKET}/data-export/", params={"limit": 1}, headers=TOKEN).json()
        [address] = [one["url"] for one in listed["sessions"]]
        assert client.get(address).status_code == 200
        assert client.get(address, headers=TOKEN).status_code == 400
        assert client.get(f"{address}0").status_code == 403
        assert client.get(address.partition("?")[0]).status_code == 403


def test_a_body_that_is_none_is_refused():
    with serving(agora.create_app()) as url, httpx.Client(base_url=url, trust_env=False, auth=agora.CUSTOMER) as client:
        for content in (b"", b"[]", b"{"):
            assert client.post("/dev/v1/kicking-rule", content=content).status_code == 400


def test_the_launcher_s_settings_fit_and_a_reset_forgets(name):
    with Sandbox(only=[name]) as sandbox, sandbox.platforms() as p:
        assert getattr(p, name).check().ok
        if name == "agora":
            p.agora.bans.create(uid=1)
            sandbox.reset()
            assert p.agora.bans.list().collect() == []
        sandbox.faults(name).status(503, times=1)
        assert getattr(p, name).check().ok  # the fault is retried
