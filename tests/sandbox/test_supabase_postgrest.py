"""The examples of PostgREST's documentation, each asked of the counterpart and its answer compared.

https://docs.postgrest.org/en/stable/references/api.html
"""

import re

import pytest


@pytest.mark.parametrize(
    ("path", "sent", "told"),
    [
        ("add_them", {"json": {"a": 1, "b": 2}}, 3),
        ("add_them", {"data": {"a": "1", "b": "2"}}, 3),
        ("mult_them", {"json": {"x": 4, "y": 2}}, 8),
        ("plus_one", {"json": {"arr": [1, 2, 3, 4]}}, [2, 3, 4, 5]),
        ("plus_two", {"json": {"v": [1, 2]}}, [3, 4]),
        ("shout", {"content": "hey", "headers": {"Content-Type": "text/plain"}}, "HEY"),
        ("size_of", {"content": b"\x00\xff'", "headers": {"Content-Type": "application/octet-stream"}}, 3),
    ],
)
def test_calls(rest, path, sent, told):
    assert rest.post(f"/rpc/{path}", **sent).json() == told


def test_a_function_that_returns_nothing(rest):
    reply = rest.post("/rpc/nothing", json={})
    assert (reply.status_code, reply.content) == (204, b"")


REFUSED = [
    ("GET", "people?age=nonsense", {}, 400, "PGRST100"),
    ("PUT", "rpc/add_them", {}, 405, "PGRST101"),
    ("POST", "people", {"content": b"{no json"}, 400, "PGRST102"),
    ("POST", "people", {"json": [{"id": 8}, {"age": 9}]}, 400, "PGRST102"),
    ("GET", "people?limit=-1", {}, 416, "PGRST103"),
    ("GET", "people", {"headers": {"Range": "5-2"}}, 416, "PGRST103"),
    ("GET", "people?offset=100", {"headers": {"Prefer": "count=exact"}}, 416, "PGRST103"),
    ("PUT", "employees?name=eq.x", {"json": {"id": 4}}, 405, "PGRST105"),
    ("GET", "people", {"headers": {"Accept-Profile": "tenant3"}}, 406, "PGRST106"),
    ("GET", "people", {"headers": {"Accept": "unknown/unknown"}}, 406, "PGRST107"),
    ("GET", "films?select=id&actors.first_name=eq.John", {}, 400, "PGRST108"),
    ("GET", "films?select=id&order=directors(last_name)", {}, 400, "PGRST108"),
    ("POST", "rpc/headless", {"json": {}}, 500, "PGRST111"),
    ("PUT", "employees?id=eq.4&limit=1", {"json": {"id": 4}}, 400, "PGRST114"),
    ("PUT", "employees?id=eq.4", {"json": {"id": 5}}, 400, "PGRST115"),
    ("GET", "people?id=eq.99", {"headers": {"Accept": "application/vnd.pgrst.object+json"}}, 406, "PGRST116"),
    ("TRACK", "people", {}, 405, None),
    ("GET", "films?select=id,actors(id)&order=actors(last_name)", {}, 400, "PGRST118"),
    ("GET", "films?select=id,actors(id)&actors=eq.1", {}, 400, "PGRST120"),
    ("POST", "rpc/nonsense", {"json": {}}, 500, "PGRST121"),
    ("GET", "people", {"headers": {"Prefer": "handling=strict, foo, bar"}}, 400, "PGRST122"),
    ("DELETE", "items?id=lt.15", {"headers": {"Prefer": "handling=strict, max-affected=10"}}, 400, "PGRST124"),
    ("POST", "rpc/delete_items", {"json": {}, "headers": {"Prefer": "handling=strict, max-affected=10"}}, 400, "PGRST124"),
    ("GET", "films/1/director", {}, 404, "PGRST125"),
    ("GET", "directors?select=id,...films(year.max())", {}, 400, "PGRST127"),
    ("POST", "rpc/nothing", {"json": {}, "headers": {"Prefer": "handling=strict, max-affected=1"}}, 400, "PGRST128"),
    ("GET", "films?select=id,clients(id)", {}, 400, "PGRST200"),
    ("GET", "orders?select=*,addresses(*)", {}, 300, "PGRST201"),
    ("POST", "rpc/nonexistent_function", {"json": {}}, 404, "PGRST202"),
    ("POST", "rpc/unclear", {"json": {"a": 1}}, 300, "PGRST203"),
    ("POST", "people?columns=nope", {"json": {"id": 8}}, 400, "PGRST204"),
    ("GET", "nope", {}, 404, "PGRST205"),
    ("GET", "timestamps", {"headers": {"Prefer": "timezone=Jupiter/Red_Spot"}}, 400, "22023"),
    ("GET", "rpc/delete_items", {}, 405, "25006"),
    ("POST", "projects", {"json": {"name": "foo"}}, 400, "23502"),
    ("DELETE", "people", {}, 400, "21000"),
    ("POST", "rpc/just_fail", {"json": {}}, 400, "P0001"),
    ("POST", "rpc/pay", {"json": {}}, 402, "PT402"),
    ("POST", "rpc/nerd", {"json": {}}, 402, "123"),
]  # fmt: skip


@pytest.mark.parametrize("asked", REFUSED, ids=[f"{one[0]} {one[1]} {one[4]}" for one in REFUSED])
def test_refusals(rest, asked):
    method, path, sent, status, code = asked
    reply = rest.request(method, f"/{path}", **sent)
    assert reply.status_code == status
    if code:
        assert (reply.json()["code"], set(reply.json())) == (code, {"code", "message", "details", "hint"})
        assert reply.headers["proxy-status"] == f"PostgREST; error={code}"
    assert len(rest.get("/items").json()) == 14


def test_the_words_of_refusals(rest):
    assert rest.get("/people", headers={"Prefer": "handling=strict, foo, bar"}).json() == {
        "code": "PGRST122", "message": "Invalid preferences given with handling=strict",
        "details": "Invalid preferences: foo, bar", "hint": None,
    }  # fmt: skip
    assert rest.delete("/items?id=lt.15", headers={"Prefer": "handling=strict, max-affected=10"}).json() == {
        "code": "PGRST124", "message": "Query result exceeds max-affected preference constraint",
        "details": "The query affects 14 rows", "hint": None,
    }  # fmt: skip
    assert rest.get("/orders?select=*,addresses(*)").json() == {
        "code": "PGRST201",
        "message": "Could not embed because more than one relationship was found for 'orders' and 'addresses'",
        "hint": "Try changing 'addresses' to one of the following: 'addresses!billing', 'addresses!shipping'. "
        "Find the desired relationship in the 'details' key.",
        "details": [
            {
                "cardinality": "many-to-one", "embedding": "orders with addresses",
                "relationship": f"{name} using orders({name}_address_id) and addresses(id)",
            }
            for name in ("billing", "shipping")
        ],
    }  # fmt: skip
    assert rest.post("/rpc/just_fail", json={}).json() == {
        "message": "I refuse!", "details": "Pretty simple", "hint": "There is nothing you can do.", "code": "P0001",
    }  # fmt: skip
    nerd = rest.post("/rpc/nerd", json={})
    assert nerd.json() == {
        "message": "Payment Required", "details": "Quota exceeded", "hint": "Upgrade your plan", "code": "123",
    }  # fmt: skip
    assert nerd.headers["x-powered-by"] == "Nerd Rage"


STATUS = {
    "08006": 503, "09000": 500, "0L000": 403, "0P000": 403, "23503": 409, "23505": 409, "25006": 405, "25000": 500, "28000": 403,
    "2D000": 500, "38000": 500, "39000": 500, "3B000": 500, "40001": 500, "53400": 500, "53000": 503, "54000": 500, "55000": 500,
    "57014": 500, "58000": 500, "F0000": 500, "HV000": 500, "P0001": 400, "P0002": 500, "XX000": 500, "42883": 404, "42P01": 404,
    "42P17": 500, "42501": 403, "22012": 400,
}  # fmt: skip


@pytest.mark.parametrize("code", STATUS)
def test_from_sqlstate_to_http(rest, code):
    reply = rest.post("/rpc/raised", json={"code": code})
    assert (reply.status_code, reply.json()["code"]) == (STATUS[code], code)


def test_who_is_nobody_in_particular_is_asked_to_say_who_he_is(documented, rest):
    reply = rest.post("/rpc/raised", json={"code": "42501"}, headers={"apikey": documented.anon_key})
    assert reply.status_code == 401


def test_functions_say_status_and_headers_themselves(rest):
    reply = rest.post("/rpc/teapot", json={})
    assert (reply.status_code, reply.headers["x-tea"], reply.json()) == (418, "green", 1)


@pytest.mark.parametrize(
    ("path", "headers", "status", "span"),
    [
        ("people", {}, 200, "0-2/*"),
        ("smalltable?limit=15&offset=30", {}, 200, "30-44/*"),
        ("people", {"Range-Unit": "items", "Range": "0-19"}, 200, "0-2/*"),
        ("smalltable", {"Range": "310-"}, 200, "310-320/*"),
        ("smalltable", {"Range": "0-24", "Prefer": "count=exact"}, 206, "0-24/321"),
        ("smalltable?limit=25", {"Prefer": "count=planned"}, 206, "0-24/321"),
        ("smalltable?limit=25", {"Prefer": "count=estimated"}, 206, "0-24/321"),
        ("bigtable?limit=25&id=lt.5000", {"Prefer": "count=estimated"}, 206, "0-24/3000"),
        ("bigtable", {"Prefer": "count=exact"}, 206, "0-999/3000"),
        ("people?id=eq.99", {"Prefer": "count=exact"}, 200, "*/0"),
    ],
)
def test_ranges_and_counts(rest, path, headers, status, span):
    for method in ("GET", "HEAD"):
        reply = rest.request(method, f"/{path}", headers=headers)
        assert (reply.status_code, reply.headers["content-range"]) == (status, span)
        assert bool(reply.content) == (method == "GET")


def test_time_zones(rest):
    def told(zone):
        reply = rest.get("/timestamps", headers={"Prefer": f"timezone={zone}"})
        assert reply.headers["preference-applied"] == f"timezone={zone}"
        return reply.json()[0]["t"]

    assert told("America/Los_Angeles") == "2023-10-18T05:37:59.611-07:00"
    assert told("05:30") == "2023-10-18T18:07:59.611+05:30"
    assert told("-03:00") == "2023-10-18T09:37:59.611-03:00"


def test_representations(rest):
    one = rest.get("/items?id=eq.1", headers={"Accept": "application/vnd.pgrst.object+json"})
    assert (one.json(), one.headers["content-type"]) == (
        {"id": 1}, "application/vnd.pgrst.object+json; charset=utf-8",
    )  # fmt: skip
    bare = {"Accept": "application/vnd.pgrst.array+json;nulls=stripped"}
    assert rest.get("/projects?id=gt.3&order=id&select=id,name,client_id,another_col", headers=bare).json() == [
        {"id": 4, "name": "OSX", "client_id": 2, "another_col": "val"}, {"id": 5, "name": "Orphan"},
    ]  # fmt: skip
    text = rest.get("/people?select=id,first_name,student&order=id&id=lt.3", headers={"Accept": "text/csv"})
    assert (text.text, text.headers["content-type"]) == (
        "id,first_name,student\n1,John,f\n2,Jane,t", "text/csv; charset=utf-8",
    )  # fmt: skip
    assert rest.get("/people?id=eq.99", headers={"Accept": "text/csv"}).text == ""


def test_plans(rest):
    plan = rest.get("/employees?id=eq.1", headers={"Accept": "application/vnd.pgrst.plan"})
    assert plan.headers["content-type"].startswith("application/vnd.pgrst.plan+text")
    assert "Aggregate" in plan.text
    inlined = rest.get("/rpc/getallprojects?id=eq.1", headers={"Accept": "application/vnd.pgrst.plan"}).text
    assert "Index Cond: (id = 1)" in inlined
    assert "Function Scan" not in inlined
    asked = 'application/vnd.pgrst.plan+json; for="application/json"; options=analyze|buffers'
    told = rest.get("/employees", headers={"Accept": asked}).json()
    assert told[0]["Plan"]["Actual Rows"] == 1
    assert "Shared Hit Blocks" in told[0]["Plan"]
    rest.delete("/items?id=eq.1", headers={"Accept": "application/vnd.pgrst.plan"})
    assert len(rest.get("/items").json()) == 14


def test_what_a_path_allows(rest):
    assert rest.options("/people").headers["allow"] == "OPTIONS,GET,HEAD,POST,PUT,PATCH,DELETE"
    assert rest.options("/rpc/add_them").headers["allow"] == "OPTIONS,GET,HEAD,POST"
    assert rest.options("/rpc/delete_items").headers["allow"] == "OPTIONS,POST"
    described = rest.get("/", headers={"Accept": "application/openapi+json"}).json()
    assert described["definitions"]["products"]["properties"]["price"] == {"format": "integer"}
    assert set(described["paths"]["/rpc/delete_items"]) == {"post"}


def test_inserts(fresh):
    reply = fresh.post("/projects", json={"id": 33, "name": "x"})
    assert (reply.status_code, reply.content, reply.headers["content-range"]) == (201, b"", "*/*")
    reply = fresh.post("/projects", json={"id": 34, "name": "x"}, headers={"Prefer": "return=headers-only"})
    assert (reply.headers["location"], reply.headers["preference-applied"]) == (
        "/projects?id=eq.34", "return=headers-only",
    )  # fmt: skip
    full = {"Prefer": "return=representation, count=exact"}
    reply = fresh.post("/projects?select=id,name", json={"id": 35, "name": "x"}, headers=full)
    assert (reply.status_code, reply.json(), reply.headers["content-range"]) == (201, [{"id": 35, "name": "x"}], "*/1")
    assert reply.headers["preference-applied"] == "return=representation, count=exact"
    fresh.post("/people", data={"id": "50", "first_name": "John Doe", "age": "50"})
    lines = "id,first_name,age\n62,J Doe,70\n63,,NULL\n"
    assert fresh.post("/people", content=lines, headers={"Content-Type": "text/csv"}).status_code == 201
    assert fresh.get("/people?select=id,first_name,age&id=gte.50&order=id").json() == [
        {"id": 50, "first_name": "John Doe", "age": 50}, {"id": 62, "first_name": "J Doe", "age": 70},
        {"id": 63, "first_name": "", "age": None},
    ]  # fmt: skip
    more = {"id": 64, "first_name": "only this", "extra": "...", "age": 5}
    assert fresh.post("/people?columns=id,first_name", json=more).status_code == 201
    assert fresh.get("/people?select=age&id=eq.64").json() == [{"age": None}]
    embedded = fresh.post(
        "/films?select=title,year,director:directors(first_name,last_name)", headers=full,
        json={"id": 100, "director_id": 40, "title": "127 hours", "year": 2010, "rating": 7.6, "language": "english"},
    )  # fmt: skip
    assert embedded.json() == [
        {"title": "127 hours", "year": 2010, "director": {"first_name": "Danny", "last_name": "Boyle"}}
    ]
    related = fresh.patch("/employees?id=eq.3&select=name,supervisor(name)", json={"salary": 5}, headers=full)
    assert related.json() == [{"name": "Miller", "supervisor": {"name": "Taylor"}}]


def test_what_rows_leave_out(fresh):
    rows = [{"bar": "val1"}, {"bar": "val2", "baz": 15}]
    wish = {"Prefer": "missing=default, return=representation"}
    assert fresh.post("/foo?columns=id,bar,baz", json=rows, headers=wish).json() == [
        {"id": 1, "bar": "val1", "baz": 100}, {"id": 2, "bar": "val2", "baz": 15},
    ]  # fmt: skip
    full = {"Prefer": "return=representation"}
    assert fresh.patch("/foo?id=eq.2&columns=bar,baz", json={"bar": "b"}, headers=full).json()[0]["baz"] is None
    assert fresh.patch("/foo?id=eq.2&columns=bar,baz", json={"bar": "b"}, headers=wish).json()[0]["baz"] == 100


def test_upserts(fresh):
    rows = [
        {"sku": "CL2031", "name": "Existing T-shirt", "price": 35},
        {"sku": "AC1022", "name": "New Cap", "price": 30},
    ]
    merge = {"Prefer": "resolution=merge-duplicates"}
    reply = fresh.post("/products", json=rows, headers=merge)
    assert (reply.status_code, reply.headers["preference-applied"]) == (201, "resolution=merge-duplicates")
    assert fresh.post("/products", json=rows, headers=merge).status_code == 200
    assert fresh.get("/products?select=price&order=sku").json() == [{"price": 30}, {"price": 35}, {"price": 50}]
    ignore = {"Prefer": "resolution=ignore-duplicates, return=representation"}
    rows = [{"sku": "CL2031", "name": "n", "price": 1}, {"sku": "N1", "name": "n", "price": 2}]
    assert [row["sku"] for row in fresh.post("/products", json=rows, headers=ignore).json()] == ["N1"]
    by_name = [{"id": 9, "name": "Taylor", "salary": 40}, {"id": 10, "name": "New", "salary": 6}]
    both = {"Prefer": "resolution=merge-duplicates, return=representation"}
    with pytest.raises(AssertionError, match="23503"):  # its key would change, and others refer to it
        assert "23503" not in fresh.post("/employees?on_conflict=name", json=by_name, headers=both).text
    assert fresh.post("/employees?on_conflict=name", json=[{"id": 3, "name": "Miller", "salary": 7}], headers=both).json()[0]["salary"] == 7  # fmt: skip


def test_put(fresh):
    body = {"id": 4, "name": "Sara B.", "salary": 60000}
    full = {"Prefer": "return=representation"}
    made = fresh.put("/employees?id=eq.4&select=id,name", json=body, headers=full)
    assert (made.status_code, made.json()) == (201, [{"id": 4, "name": "Sara B."}])
    assert fresh.put("/employees?id=eq.4", json={**body, "salary": 1}, headers=full).status_code == 200
    assert fresh.put("/employees?id=eq.4", json=body).status_code == 204
    assert fresh.get("/employees?select=salary&id=eq.4").json() == [{"salary": 60000}]


def test_updates_and_deletes(fresh):
    changed = fresh.patch("/people?age=lt.13", json={"category": "child"}, headers={"Prefer": "count=exact"})
    assert (changed.status_code, changed.headers["content-range"]) == (204, "0-0/1")
    none = fresh.patch("/people?age=lt.0", json={"category": "x"}, headers={"Prefer": "return=representation"})
    assert (none.status_code, none.json(), none.headers["content-range"]) == (200, [], "*/*")
    gone = fresh.delete("/people?category=eq.child&select=id,first_name", headers={"Prefer": "return=representation"})
    assert (gone.status_code, gone.json()) == (200, [{"id": 3, "first_name": "Kid"}])
    one = {"Accept": "application/vnd.pgrst.object+json", "Prefer": "return=representation"}
    assert fresh.delete("/items?id=lt.3", headers=one).json()["code"] == "PGRST116"
    assert len(fresh.get("/items").json()) == 14, "a refused change is undone"


def test_a_function_that_changes_things_runs_once(fresh):
    reply = fresh.post("/rpc/count_up", json={}, headers={"Prefer": "count=exact"})
    assert (reply.json(), reply.headers["content-range"]) == ([{"id": 15}], "0-0/1")
    assert len(fresh.get("/items").json()) == 15


def test_no_more_rows_than_the_project_gives(rest):
    assert len(rest.get("/bigtable").json()) == len(rest.get("/bigtable?limit=2500").json()) == 1000
    assert re.fullmatch(r"0-999/\*", rest.get("/bigtable").headers["content-range"])
