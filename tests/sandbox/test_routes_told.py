"""The table of what the counterparts do is true: its routes are there, and what it says is missing says so itself."""

import re
import sys
from base64 import b64encode
from pathlib import Path

import httpx
import pytest

from unifykit.sandbox import COUNTERPARTS, Sandbox

sys.path.insert(0, str(Path(__file__).parents[2] / "docs"))

from generator import sandbox as told

SPOKEN = sorted(set(COUNTERPARTS) - {"redis"})
WORDS = {"org": "sandbox", "app": "app"}


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(only=SPOKEN) as made:
        yield made


def credentials(name, values):
    """Headers and parameters with which this platform lets one in."""
    if name == "agora":
        pair = f"{values['customer_id']}:{values['customer_secret']}"
        return {"authorization": f"Basic {b64encode(pair.encode()).decode()}"}, {}
    if name == "mapbox":
        return {}, {"access_token": values["access_token"]}
    if name == "logrocket":
        return {"authorization": f"Token {values['api_key']}"}, {}
    key = next(values[field] for field in ("token", "api_key", "secret_key", "key") if field in values)
    return {"authorization": f"Bearer {key}", "apikey": key, "user-agent": "tests"}, {}


def status(sandbox, name, method, path):
    return answer(sandbox, name, method, path).status_code


def unknown(reply):
    """Whether a reply says that there is no such route; 501 alone may be for what the request asks of it."""
    return reply.status_code == 405 or (reply.status_code == 501 and reply.request.url.path in reply.text)


def answer(sandbox, name, method, path):
    values = sandbox._parts[name].accounts["default"]
    url = next(value for value in values.values() if value.startswith("http")).removesuffix("/v1")
    headers, query = credentials(name, values)
    filled = re.sub(r"\{(\w+)\}", lambda found: WORDS.get(found[1], "1") if name == "logrocket" else "1", path)
    with httpx.Client(base_url=url, headers=headers, params=query, trust_env=False) as client:
        return client.request(method, filled)


@pytest.mark.parametrize("name", SPOKEN)
def test_each_route_that_is_told_is_there(sandbox, name):
    known = told.routes(name)
    assert len(known) > 5
    # A WebSocket's address answers a plain request with 501.
    found = {route: answer(sandbox, name, *route) for route in known if not route[1].endswith("/websocket")}
    assert [route for route, reply in found.items() if unknown(reply)] == []
    assert [route for route, reply in found.items() if reply.status_code >= 500 and reply.status_code != 501] == []


@pytest.mark.parametrize("name", SPOKEN)
def test_what_is_told_to_be_missing_says_so(sandbox, name):
    assert {route: code for route in told.missing(name) if (code := status(sandbox, name, *route)) != 501} == {}
    assert status(sandbox, name, "GET", "/v1/no/such/route") in (403, 404, 501)


def test_every_counterpart_is_told():
    page = told.page()
    for name in COUNTERPARTS:
        assert f"\n## {name}\n" in page
