"""supabase-py's query builder against the counterpart: each of its methods, driven through the SDK alone."""

import httpx
import pytest
import supabase
from postgrest import APIError, CountMethod, ReturnMethod

from unifykit.sandbox.serving import Serving

pytestmark = pytest.mark.filterwarnings("ignore:The '(timeout|verify|proxy)' parameter:DeprecationWarning")

FILTERS = [
    (lambda q: q.lte("age", 30).gte("age", 13), [1, 2]),
    (lambda q: q.match({"age": 30, "first_name": "John"}), [1]),
    (lambda q: q.neq("first_name", "Jane"), [1, 3]),
    (lambda q: q.eq("json_data->>age", "30"), [2]),
    (lambda q: q.like("last_name", "%an"), [1, 2, 3]),
    (lambda q: q.ilike("last_name", "%OLD%"), [1]),
    (lambda q: q.like_all_of("last_name", "O*,*n"), [1, 3]),
    (lambda q: q.like_any_of("last_name", "P*,*ldman"), [1, 2]),
    (lambda q: q.ilike_all_of("last_name", "o*,*N"), [1, 3]),
    (lambda q: q.ilike_any_of("last_name", "p*,*LDMAN"), [1, 2]),
    (lambda q: q.is_("grade", "null"), [1]),
    (lambda q: q.not_.is_("grade", "null"), [2, 3]),
    (lambda q: q.in_("first_name", ["Kid", "Jane", "a,b"]), [2, 3]),
    (lambda q: q.not_.in_("id", [1]), [2, 3]),
    (lambda q: q.or_("age.eq.12,first_name.eq.John"), [1, 3]),
    (lambda q: q.or_("age.gt.29,and(first_name.eq.Kid,age.lt.13)"), [1, 3]),
    (lambda q: q.or_("id.in.(1,3),last_name.like.P*"), [1, 2, 3]),
    (lambda q: q.filter("age", "gt", 12).filter("age", "lt", 30), [2]),
    (lambda q: q.text_search("my_tsv", "amusant", {"config": "french"}), [1]),
    (lambda q: q.text_search("my_text_column", "fat cats", {"type": "plain", "config": "english"}), [2]),
]
RANGES = [
    (lambda q: q.contains("age_range", "[30,35)"), [2]),
    (lambda q: q.contained_by("age_range", "[1,40)"), [1, 2]),
    (lambda q: q.overlaps("age_range", "[10,30)"), [1, 2]),
    (lambda q: q.range_gt("age_range", ["20", "25"]), [2, 3]),
    (lambda q: q.range_gte("age_range", ["24", "30"]), [2, 3]),
    (lambda q: q.range_lt("age_range", ["40", "50"]), [1, 2]),
    (lambda q: q.range_lte("age_range", ["20", "39"]), [1]),
    (lambda q: q.range_adjacent("age_range", ["17", "25"]), [1, 2]),
]


@pytest.fixture(scope="module")
def client(documented):
    serving = Serving(documented.app)
    with httpx.Client(trust_env=False) as http:
        options = supabase.ClientOptions(httpx_client=http, auto_refresh_token=False)
        yield supabase.create_client(serving.url, documented.service_key, options)
    serving.close()


@pytest.mark.parametrize(("narrow", "found"), FILTERS)
def test_filters(client, narrow, found):
    rows = narrow(client.table("people").select("id")).order("id").execute().data
    assert [row["id"] for row in rows] == found


@pytest.mark.parametrize(("narrow", "found"), RANGES)
def test_ranges_of_values(client, narrow, found):
    rows = narrow(client.table("survey").select("id")).order("id").execute().data
    assert [row["id"] for row in rows] == found


def test_arrays(client):
    def codes(narrow):
        return [row["id"] for row in narrow(client.table("countries").select("id")).order("id").execute().data]

    assert codes(lambda q: q.contains("languages", ["fr", "de"])) == [6]
    assert codes(lambda q: q.contained_by("languages", ["en", "it"])) == [5]
    assert codes(lambda q: q.overlaps("languages", ["de", "en"])) == [5, 6]


@pytest.mark.parametrize("kind", [CountMethod.exact, CountMethod.planned, CountMethod.estimated])
def test_counts(client, kind):
    found = client.table("smalltable").select("id", count=kind).limit(2).execute()
    assert (len(found.data), found.count) == (2, 321)
    head = client.table("smalltable").select("id", count=kind, head=True).execute()
    assert (head.data, head.count) == ([], 321)


def test_ranges_of_rows(client):
    query = client.table("smalltable").select("id", count=CountMethod.exact).order("id")
    assert [row["id"] for row in query.range(10, 12).execute().data] == [11, 12, 13]
    assert client.table("smalltable").select("id").offset(320).execute().data == [{"id": 321}]
    with pytest.raises(APIError) as past:
        client.table("smalltable").select("id", count=CountMethod.exact).range(400, 401).execute()
    assert past.value.code == "PGRST103"


def test_one_row(client):
    def one(name):
        return client.table("people").select("first_name, age").eq("first_name", name)

    assert one("Jane").single().execute().data == {"first_name": "Jane", "age": 20}
    assert one("Jane").maybe_single().execute().data == {"first_name": "Jane", "age": 20}
    assert one("nobody").maybe_single().execute() is None
    with pytest.raises(APIError) as none:
        one("nobody").single().execute()
    assert none.value.code == "PGRST116"


def test_orders(client):
    rows = client.table("people").select("id").order("grade", desc=True, nullsfirst=False).order("age").execute().data
    assert [row["id"] for row in rows] == [2, 3, 1]
    rows = client.table("films").select("id, actors(first_name)").eq("id", 5)
    rows = rows.order("last_name", foreign_table="actors", desc=True).limit(1, foreign_table="actors").execute().data
    assert rows == [{"id": 5, "actors": [{"first_name": "Harvey"}]}]
    rows = client.table("films").select("actors!inner(first_name)").or_("id.eq.1,id.eq.2", reference_table="actors")
    assert [row["actors"][0]["first_name"] for row in rows.order("id").execute().data] == ["Jehanne", "Willem"]


def test_embedding(client):
    rows = client.table("orders").select("id, billing:addresses!billing(name), customers!inner(name)").eq("id", 1)
    assert rows.execute().data == [
        {"id": 1, "billing": {"name": "32 Glenlake Dr."}, "customers": {"name": "Customer A"}}
    ]
    with pytest.raises(APIError) as unclear:
        client.table("orders").select("id, addresses(name)").execute()
    assert unclear.value.code == "PGRST201"


def test_other_forms_of_answers(client):
    two = client.table("projects").select("id, name").in_("id", [1, 3]).order("id")
    assert two.csv().execute().data == 'id,name\n1,"Windows 7"\n3,IOS'
    plan = client.table("projects").select("id").eq("id", 1).explain(format="json", analyze=True).execute()
    assert plan.data[0]["Plan"]["Node Type"] == "Aggregate"
    text = client.table("projects").select("id").eq("id", 1).explain(verbose=True, buffers=True, analyze=True).execute()
    assert "Index Cond: (" in text


def test_functions(client):
    films = client.rpc("getallfilms", {}).select("id, directors(last_name)").eq("id", 1)
    assert films.single().execute().data == {"id": 1, "directors": {"last_name": "Lumière"}}
    assert [row["id"] for row in client.rpc("getallfilms", {}).select("id").order("id").range(1, 2).execute().data] == [
        2, 3,
    ]  # fmt: skip
    assert (
        client.rpc("getallprojects", {}, get=True, count=CountMethod.exact).select("id").limit(1).execute().count == 5
    )
    assert client.rpc("getallprojects", {}, head=True, count=CountMethod.exact).execute().count == 5
    assert client.rpc("greet_user", {"username": "Ada"}, get=True).execute().data == "Hello Ada!"


def test_writes(client):
    table = client.table("foo")
    made = table.insert(
        [{"bar": "a"}, {"bar": "b", "baz": 7}], default_to_null=False, count=CountMethod.exact
    ).execute()
    assert ([row["baz"] for row in made.data], made.count) == ([100, 7], 2)
    first, second = (row["id"] for row in made.data)
    none = table.insert({"bar": "c"}, returning=ReturnMethod.minimal).execute()
    assert none.data == []
    kept = table.upsert({"id": first, "bar": "x"}, ignore_duplicates=True).execute()
    assert kept.data == []
    changed = table.upsert([{"id": first, "bar": "x", "baz": 1}, {"id": 99, "bar": "new", "baz": 2}]).execute()
    assert [row["bar"] for row in changed.data] == ["x", "new"]
    assert table.update({"baz": 3}, count=CountMethod.exact).in_("id", [first, second]).execute().count == 2
    gone = table.delete(count=CountMethod.exact).gt("id", 0).execute()
    assert (len(gone.data), gone.count) == (4, 4)
    with pytest.raises(APIError) as all_of_them:
        table.delete().execute()
    assert all_of_them.value.code == "21000"


def test_another_schema(client):
    with pytest.raises(APIError) as hidden:
        client.schema("private").table("people").select("*").execute()
    assert (hidden.value.code, hidden.value.hint) == ("PGRST106", "Only the following schemas are exposed: public")
    assert client.schema("public").table("projects").select("id").limit(1).execute().data
