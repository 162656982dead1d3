"""The sandbox's page: what it shows, what it hides, and whom it obeys."""

import re
from html import unescape
from urllib.parse import urlsplit

import httpx
import pytest

from unifykit.errors import InvalidRequestError
from unifykit.sandbox import Sandbox
from unifykit.sandbox.seen import Log

NASTY = '<script>alert("x")</script>'


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(only=["github", "mapbox", "redis", "stripe"]) as made:
        yield made


@pytest.fixture
def p(sandbox):
    sandbox.reset()
    with sandbox.platforms() as made:
        yield made


@pytest.fixture
def page(sandbox):
    with httpx.Client(base_url=sandbox.url, trust_env=False) as client:
        yield client


def token_of(page):
    return re.search(r'name="token" value="([^"]+)"', page.get("/").text)[1]


def test_it_shows_what_is_held_and_what_was_asked(p, page):
    p.stripe.customers.create(email="ada@example.com")
    p.redis.cache.set("colour", "blue", ttl=None)
    p.sandbox.faults("github").status(503, operation="GET /user", times=2)
    text = unescape(page.get("/").text)
    for shown in (
        "ada@example.com",
        "colour",
        "octocat/hello-world",
        "/v1/customers",
        "status: GET /user, 2 times more",
    ):
        assert shown in text
    state = page.get("/state").json()
    assert state["stripe"]["holds"]["customer"]["count"] == 1
    assert state["redis"]["holds"]["database 0"]["count"] == 1
    assert state["github"]["faults"] == ["status: GET /user, 2 times more"]
    (created,) = [one for one in page.get("/requests").json() if one["method"] == "POST"][:1]
    assert (created["platform"], created["path"], created["status"]) == ("stripe", "/v1/customers", 200)
    assert 0 < created["seconds"] < 30


def test_looking_puts_no_relay_before_redis(p, page):
    page.get("/state")
    assert p.sandbox._parts["redis"]._relay is None


def test_credentials_are_not_shown(p, page):
    token = p.sandbox.environment()["UNIFYKIT_MAPBOX_ACCESS_TOKEN"]
    p.mapbox.tokens.list().collect()
    with httpx.Client(base_url=p.sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"], trust_env=False) as client:
        client.get("/user", params={"access_token": "hunter2-hunter2", "page": "7"})
        client.get("/search/ghp_0123456789abcdefghij")
    for text in (page.get("/").text, page.get("/requests").text, page.get("/state").text):
        for secret in (token, "hunter2", "ghp_0123456789", "sk_test_sandbox", "sandbox-token"):
            assert secret not in text
    assert "access_token=[redacted]" in page.get("/requests").text
    assert "page=7" in page.get("/requests").text


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/a?token=abc&b=1", "/a?token=[redacted]&b=1"),
        ("/a?X-Amz-Signature=ab%20c", "/a?X-Amz-Signature=[redacted]"),
        ("/a/eyJhbGciOi.eyJzdWIi.c2ln/b", "/a/[redacted]/b"),
        ("/a?q=my%2Fsecret", "/a?q=[redacted]"),
        ("/plain?page=2", "/plain?page=2"),
    ],
)
def test_paths_lose_their_credentials(path, shown):
    log = Log("somewhere")
    log.add("GET", path, 200, 0.1)
    assert log.last(["my/secret"])[0].path == shown


def test_the_log_is_bounded():
    log = Log("somewhere")
    for number in range(2000):
        log.add("GET", f"/{number}", 200, 0.0)
    assert log.total == 2000
    assert [len(log.last()), log.last()[-1].path] == [500, "/1999"]


def test_names_and_paths_are_escaped(p, page):
    p.github.issues.create("octocat/hello-world", title=NASTY)
    p.github.repos.create("plain", description=NASTY)
    p.stripe.customers.create(name=NASTY, email="x@example.com")
    p.stripe.products.create(name=NASTY)
    p.redis.cache.set(NASTY, 1, ttl=None)
    with httpx.Client(base_url=p.sandbox.environment()["UNIFYKIT_GITHUB_BASE_URL"], trust_env=False) as client:
        client.get(f"/{NASTY}")
        client.get(f"/x?q={NASTY}")
    page.post("/snapshot", data={"token": token_of(page), "name": NASTY})
    got = page.get("/")
    assert "&lt;script&gt;alert(" in got.text
    assert "<script>alert" not in got.text
    assert len(re.findall("<script", got.text)) == 1
    assert "script-src 'nonce-" in got.headers["content-security-policy"]
    assert "unsafe" not in got.headers["content-security-policy"]


def test_it_fetches_nothing_from_elsewhere(page):
    assert not re.findall(r"""(?:src|href)=["']?(?:https?:)?//""", page.get("/").text)


def test_its_buttons_reset_and_go_back(p, page):
    token = token_of(page)
    p.github.repos.create("first")
    assert page.post("/snapshot", data={"token": token, "name": "with first"}).status_code == 303
    number = page.get("/").text.count('name="number"') - 1
    assert "with first" in page.get("/").text
    assert page.post("/reset", data={"token": token}).status_code == 303
    assert [one.name for one in p.github.repos.list()] == ["hello-world"]
    assert page.post("/restore", data={"token": token, "number": str(number)}).status_code == 303
    assert {one.name for one in p.github.repos.list()} == {"hello-world", "first"}
    assert page.post("/restore", data={"token": token, "number": "99"}).status_code == 404
    assert page.post("/restore", data={"token": token, "number": "-1"}).status_code == 404


@pytest.mark.parametrize("action", ["/reset", "/snapshot", "/restore"])
def test_other_sites_press_no_button(p, page, action):
    p.github.repos.create("precious")
    token = token_of(page)
    elsewhere = {"Origin": "https://evil.example"}
    assert page.post(action, data={"token": token}, headers=elsewhere).status_code == 403
    assert page.post(action, data={"token": token}, headers={"Origin": "null"}).status_code == 403
    assert page.post(action).status_code == 403
    assert page.post(action, data={"token": "guess\u00e9"}).status_code == 403
    assert page.get(action).status_code == 405
    assert "precious" in [one.name for one in p.github.repos.list()]


@pytest.mark.parametrize("path", ["/", "/state", "/requests"])
def test_a_name_that_leads_here_is_not_enough(page, path):
    """As after DNS rebinding: the browser believes that it talks to the other site."""
    assert page.get(path, headers={"Host": "evil.example"}).status_code == 403
    port = urlsplit(str(page.base_url)).port
    assert page.get(path, headers={"Host": f"localhost:{port}"}).status_code == 200


def test_the_vendors_own_root_stays_the_vendor_s(p):
    url = p.sandbox.environment()["UNIFYKIT_STRIPE_BASE_URL"]
    assert "unifykit sandbox</h1>" not in httpx.get(url, trust_env=False).text


def test_without_a_running_sandbox_there_is_no_page():
    with pytest.raises(InvalidRequestError, match="does not run"):
        Sandbox(only=["mapbox"]).url  # noqa: B018
