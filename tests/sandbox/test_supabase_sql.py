"""No request can say SQL of its own, and nothing is left when the server is gone."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from unifykit.sandbox.serving import Serving
from unifykit.sandbox.supabase import DatabaseError, SupabaseProject
from unifykit.sandbox.supabase.multipart import parts_of
from unifykit.sandbox.supabase.tokens import BadTokenError, Signer

SCHEMA = """
CREATE TABLE users (id UUID PRIMARY KEY DEFAULT uuid_generate_v4(), email VARCHAR(255) UNIQUE NOT NULL, stripe_customer_id VARCHAR(255),
    subscription_status VARCHAR(50), created_at TIMESTAMP DEFAULT NOW());
CREATE TABLE subscriptions (id UUID PRIMARY KEY DEFAULT uuid_generate_v4(), user_id UUID REFERENCES users(id), stripe_subscription_id VARCHAR(255),
    plan_name VARCHAR(100), status VARCHAR(50), current_period_end TIMESTAMP);
CREATE TABLE api_usage (id UUID PRIMARY KEY DEFAULT uuid_generate_v4(), user_id UUID REFERENCES users(id), service VARCHAR(50),
    tokens_used INTEGER, cost DECIMAL(10,4), created_at TIMESTAMP DEFAULT NOW());
"""


@pytest.fixture(scope="module")
def project():
    project = SupabaseProject()
    yield project
    project.close()


@pytest.fixture(scope="module")
def http(project):
    serving = Serving(project.app)
    with httpx.Client(base_url=serving.url, headers={"apikey": project.service_key}, trust_env=False) as client:
        yield client
    serving.close()


EVIL = [
    "1; drop table posts; --", "' or '1'='1", "'; drop table posts; --", '"; drop table posts; --', "$1", "\\'; drop table posts",
    "1) or (1=1", 'id"=1 or 1=1--', "E'\\x00'", "users; select pg_sleep(9)",
]  # fmt: skip
PLACES = [
    lambda evil: {"name": f"eq.{evil}"}, lambda evil: {evil: "eq.1"}, lambda evil: {"select": evil}, lambda evil: {"select": f"id::{evil}"},
    lambda evil: {"select": f"{evil}:id"}, lambda evil: {"order": evil}, lambda evil: {"limit": evil}, lambda evil: {"offset": evil},
    lambda evil: {"or": f"({evil})"}, lambda evil: {"name": f"in.({evil})"}, lambda evil: {"name": f"fts({evil}).x"},
    lambda evil: {f"meta->>{evil}": "eq.1"}, lambda evil: {"select": f"meta->{evil}"}, lambda evil: {"select": f"posts!{evil}(id)"},
    lambda evil: {"name": f"eq({evil}).x"}, lambda evil: {"order": f"id.{evil}"}, lambda evil: {"name": f"is.{evil}"},
]  # fmt: skip


def test_a_search_is_in_a_language_with_a_name(http):
    assert http.get("/rest/v1/users", params={"name": "fts(0).x"}).json()["code"] == "PGRST100"  # an object's id


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("evil", EVIL)
def test_what_callers_say_stays_what_they_said(http, place, evil):
    reply = http.get("/rest/v1/users", params=place(evil))
    assert reply.status_code < 500, reply.text
    assert reply.status_code >= 400 or len(reply.json()) <= 3
    assert '"code":"42601"' not in reply.text.replace(" ", ""), "the database saw broken SQL"
    assert http.get("/rest/v1/posts").status_code == 200


@pytest.mark.parametrize("evil", EVIL)
def test_nor_in_bodies_tables_functions_and_headers(http, evil):
    assert http.post("/rest/v1/users", json={evil: 1}).status_code == 400
    assert http.post("/rest/v1/users", json={"name": evil}, params={"on_conflict": evil}).status_code in (201, 400)
    assert http.post("/rest/v1/users", json=[{"name": evil}], params={"columns": evil}).status_code == 400
    assert http.patch("/rest/v1/users", json={"name": evil}, params={"id": f"eq.{evil}"}).status_code == 400
    assert (
        http.post(
            f"/rest/v1/rpc/{httpx.URL('/').copy_with(path='/' + evil).raw_path.decode()[1:]}", json={}
        ).status_code
        == 404
    )
    assert http.post("/rest/v1/rpc/add", json={evil: 1, "a": 1}).status_code == 404
    assert http.get("/rest/v1/users", headers={"Prefer": f"count={evil}"}).status_code == 200
    assert http.get("/rest/v1/posts").status_code == 200


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=30), place=st.sampled_from(PLACES))
def test_nor_whatever_else_they_say(http, text, place):
    reply = http.get("/rest/v1/users", params=place(text))
    assert reply.status_code < 500, reply.text
    assert '"code":"42601"' not in reply.text.replace(" ", ""), reply.text


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30))
def test_every_text_comes_back_as_it_was(http, text):
    made = http.post(
        "/rest/v1/articles", json={"title": text, "content": ""}, headers={"Prefer": "return=representation"}
    ).json()
    assert made[0]["title"] == text
    found = http.get(
        "/rest/v1/articles", params={"title": f"eq.{text}", "id": f"eq.{made[0]['id']}", "select": "title"}
    ).json()
    assert found == [{"title": text}]
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    assert (
        http.get(
            "/rest/v1/articles", params={"title": f'in.("{quoted}")', "id": f"eq.{made[0]['id']}", "select": "title"}
        ).json()
        == found
    )


def test_the_schema_of_the_reference_document_loads_as_written():
    project = SupabaseProject(SCHEMA)
    try:
        assert project.sql("insert into users (email) values ('a@b.c') returning length(id::text)") == [("36",)]
        with pytest.raises(DatabaseError, match="already exists"):
            project.sql(SCHEMA)
        project.sql("alter table users add column plan text")
        serving = Serving(project.app)
        with httpx.Client(base_url=serving.url, headers={"apikey": project.anon_key}, trust_env=False) as http:
            assert http.get("/rest/v1/users?select=email,plan,subscriptions(status)").json() == [
                {"email": "a@b.c", "plan": None, "subscriptions": []}
            ]
            project.sql("alter table users add column later int default 7")  # seen without a restart
            assert http.get("/rest/v1/users?select=later").json() == [{"later": 7}]
        serving.close()
    finally:
        project.close()
    assert not Path(project.folder).exists()


CHILD = """
import sys, time
from unifykit.sandbox.supabase.postgres import PostgresServer
server = PostgresServer().start()
print(server.folder, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_the_server_does_not_outlive_its_process(how):
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    folder = Path(child.stdout.readline().strip())
    postmaster = int((folder / "data" / "postmaster.pid").read_text().splitlines()[0])
    os.kill(postmaster, 0)
    child.send_signal(how)
    child.wait(10)
    child.stdout.close()
    until = time.monotonic() + 10
    while folder.exists() and time.monotonic() < until:
        pass
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(postmaster, 0)


def test_tokens_are_verified():
    signer = Signer()
    token = signer.sign({"role": "anon", "exp": 100})
    assert signer.verify(token, 99) == {"role": "anon", "exp": 100}
    head, body, signature = token.split(".")
    none = "eyJhbGciOiJub25lIn0"
    for forged in (
        f"{head}.{body}.",
        f"{none}.{body}.",
        f"{none}.{body}.{signature}",
        f"{head}.{body}x.{signature}",
        "a.b.c",
        "",
        Signer().sign({"exp": 100}),
    ):
        with pytest.raises(BadTokenError):
            signer.verify(forged, 99)
    with pytest.raises(BadTokenError) as over:
        signer.verify(token, 100)
    assert over.value.expired


@given(content=st.binary(max_size=200), name=st.text("abc", min_size=1))
def test_forms_are_read_as_httpx_writes_them(content, name):
    request = httpx.Request("POST", "http://x/", files={"file": (f"{name}.txt", content, "text/x")}, data={"a": "b"})
    found = {part.name: part for part in parts_of(request.read(), request.headers["content-type"])}
    assert (found["file"].content, found["file"].kind, found["a"].content) == (content, "text/x", b"b")


def test_a_connection_that_breaks_is_replaced(project):
    from unifykit.sandbox.supabase.line import Lines

    async def go():
        lines = Lines(project.folder + "/.s.PGSQL.5432", "project", most=1)
        with pytest.raises(ConnectionError):
            async with lines.transaction() as line:
                await line.run("select pg_terminate_backend(pg_backend_pid())")
        async with lines.transaction() as line:
            found = await line.run("select 1")
        lines.close()
        return found

    assert asyncio.run(go()) == [("1",)]
