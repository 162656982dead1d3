"""Tables over sockets, in both modes, against a real PostgreSQL."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from pydantic import BaseModel

from unifykit import errors
from unifykit.providers.supabase.rows import Rows


def names(rows):
    return [row["name"] for row in rows]


@pytest.mark.parametrize(
    ("narrow", "found"),
    [
        (lambda q: q.eq("name", "Ada"), ["Ada"]),
        (lambda q: q.neq("name", "Ada"), ["Grace", "Linus"]),
        (lambda q: q.gt("age", 36), ["Grace"]),
        (lambda q: q.gte("age", 36), ["Ada", "Grace"]),
        (lambda q: q.lt("age", 36), ["Linus"]),
        (lambda q: q.lte("age", 36), ["Ada", "Linus"]),
        (lambda q: q.like("name", "%a%"), ["Ada", "Grace"]),
        (lambda q: q.ilike("name", "A%"), ["Ada"]),
        (lambda q: q.in_("name", ["Ada", 'x"y,(z)', "Linus"]), ["Ada", "Linus"]),
        (lambda q: q.in_("name", []), []),
        (lambda q: q.is_("age", None), []),
        (lambda q: q.not_.is_("age", None), ["Ada", "Grace", "Linus"]),
        (lambda q: q.not_.in_("id", [1, 2]), ["Linus"]),
        (lambda q: q.or_("age.gt.40,and(name.eq.Ada,age.not.is.null)"), ["Ada", "Grace"]),
        (lambda q: q.not_.or_("age.gt.40,name.eq.Ada"), ["Linus"]),
        (lambda q: q.match({"name": "Ada", "age": 36}), ["Ada"]),
        (lambda q: q.lt("created_at", datetime(2001, 1, 1, tzinfo=UTC)), []),
        (lambda q: q.limit(2), ["Ada", "Grace"]),
        (lambda q: q.range(1, 2), ["Grace", "Linus"]),
        (lambda q: q.offset(2), ["Linus"]),
        (lambda q: q.filter("age", "eq", "17"), ["Linus"]),
    ],
)
def test_filters(here, narrow, found):
    assert names(here.run(lambda p: narrow(p.supabase.table("users").select("name")).order("id").execute())) == found


def test_arrays_and_json(here):
    def titles(narrow):
        return [
            row["id"]
            for row in here.run(lambda p: narrow(p.supabase.table("posts").select("id")).order("id").execute())
        ]

    assert titles(lambda q: q.contains("tags", ["math"])) == [1, 2]
    assert titles(lambda q: q.contained_by("tags", ["math", "b c"])) == [2]
    assert titles(lambda q: q.overlaps("tags", ["history", 'odd "one"'])) == [1, 3]
    assert titles(lambda q: q.contains("meta", {"by": {"name": "ada"}})) == [1]
    assert titles(lambda q: q.eq("meta->by->>name", "ada")) == [1]
    assert titles(lambda q: q.gt("meta->stars", 3)) == [1, 3]


def test_full_text_search(here):
    def found(**how):
        query, words = how.pop("query"), how
        return here.run(
            lambda p: p.supabase.table("articles").select("title").text_search("content", query, **words).execute()
        )

    assert found(query="'cat' & 'dog'", config="english") == [{"title": "Both"}]
    assert found(query="fat cat", type="plain", config="english") == [{"title": "Cats"}]
    assert found(query="dogs are pets", type="phrase", config="english") == [{"title": "Both"}]
    assert found(query="dog -cat", type="web_search", config="english") == [{"title": "Dogs"}]


def test_joins_and_what_is_within_them(here):
    posts = here.run(
        lambda p: p.supabase.table("posts")
        .select("title, author:users(name), comments(body)")
        .order("id").order("body", desc=True, table="comments").limit(1, table="comments").execute()
    )  # fmt: skip
    assert posts[0] == {
        "title": "Notes on the engine",
        "author": {"name": "Ada"},
        "comments": [{"body": "Where is the source?"}],
    }
    inner = here.run(
        lambda p: p.supabase.table("users").select("name, posts!inner(title)").eq("posts.title", "A bug").execute()
    )
    assert inner == [{"name": "Grace", "posts": [{"title": "A bug"}]}]


def test_a_query_is_never_changed(here):
    base = here.p.supabase.table("users").select("name").order("id")
    narrow = base.eq("name", "Ada")
    assert names(here.run(lambda _: base.execute())) == ["Ada", "Grace", "Linus"]
    assert names(here.run(lambda _: narrow.execute())) == ["Ada"]
    assert names(here.run(lambda _: base.limit(2).limit(1).execute())) == ["Ada"]


def test_counts(here):
    rows = here.run(lambda p: p.supabase.table("users").select("name", count="exact").limit(1).execute())
    assert (len(rows), rows.count, rows.data) == (1, 3, [{"name": "Ada"}])
    assert here.run(lambda p: p.supabase.table("users").select().limit(1).execute()).count is None
    assert here.run(lambda p: p.supabase.table("users").select().gt("age", 20).total()) == 2


def test_single(here):
    def one(name):
        return here.p.supabase.table("users").select("name").eq("name", name)

    assert here.run(lambda _: one("Ada").single()) == {"name": "Ada"}
    assert here.run(lambda _: one("nobody").maybe_single()) is None
    with pytest.raises(errors.NotFoundError, match="0 rows") as none:
        here.run(lambda _: one("nobody").single())
    assert (none.value.code, none.value.status) == ("PGRST116", 406)
    with pytest.raises(errors.InvalidRequestError, match="3 rows"):
        here.run(lambda p: p.supabase.table("users").select().maybe_single())


class Person(BaseModel):
    name: str
    age: int | None = None


class Strict(BaseModel):
    name: int


def test_rows_into_models(here):
    users = here.run(lambda p: p.supabase.table("users").select("name, age").order("id").into(Person))
    assert users[0] == Person(name="Ada", age=36)
    rows = here.run(lambda p: p.supabase.table("users").select("name, age").execute())
    assert isinstance(rows, Rows)
    assert rows.into(Person)[0].name == "Ada"
    with pytest.raises(errors.UnexpectedResponseError, match="name: Input should be a valid integer") as misfit:
        here.run(lambda p: p.supabase.table("users").select("name").into(Strict))
    assert "Ada" not in str(misfit.value)


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_pages(here, size):
    assert names(here.run(lambda p: p.supabase.table("users").select("name").order("id").pages(size))) == [
        "Ada",
        "Grace",
        "Linus",
    ]
    assert names(
        here.run(lambda p: p.supabase.table("users").select("name", count="exact").order("id").pages(size))
    ) == ["Ada", "Grace", "Linus"]


def test_writes(here):
    table = here.p.supabase.table("users")
    made = here.run(lambda _: table.insert([{"name": "A"}, {"name": "B", "age": 3}]).select("name, age").execute())
    assert made == [{"name": "A", "age": None}, {"name": "B", "age": 3}]
    assert here.run(lambda _: table.insert({"name": "C"}, returning="minimal").execute()) == []
    assert here.run(lambda _: table.update({"age": 9}).in_("name", ["A", "B"]).select("age").execute()) == [
        {"age": 9},
        {"age": 9},
    ]
    again = table.upsert({"name": "Augusta", "email": "ada@example.com"}, on_conflict="email").select("id,name")
    assert here.run(lambda _: again.execute()) == [{"id": 1, "name": "Augusta"}]
    left = table.upsert({"name": "X", "email": "ada@example.com"}, on_conflict="email", ignore_duplicates=True)
    assert here.run(lambda _: left.execute()) == []
    assert names(here.run(lambda _: table.delete().eq("name", "C").execute())) == ["C"]
    assert here.run(lambda _: table.select().eq("name", "C").total()) == 0


def test_defaults_where_rows_differ(here):
    table = here.p.supabase.table("messages")
    rows = [{"body": "a", "room": "x"}, {"body": "b"}]
    with pytest.raises(errors.InvalidRequestError, match="null value"):
        here.run(lambda _: table.insert(rows).execute())
    made = here.run(lambda _: table.insert(rows, default_to_null=False).select("room").execute())
    assert made == [{"room": "x"}, {"room": "lobby"}]


def test_values_that_json_has_not(here):
    when = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    made = here.run(
        lambda p: p.supabase.table("users").insert({"name": "T", "created_at": when}).select("created_at").execute()
    )
    assert made == [{"created_at": "2026-01-02T03:04:00+00:00"}]
    with pytest.raises(errors.InvalidRequestError, match="not JSON"):
        here.run(lambda p: p.supabase.table("users").insert({"name": object()}).execute())
    assert here.run(lambda p: p.supabase.table("notes").select().eq("owner", UUID(int=1)).execute()) == []


def test_functions_of_the_database(here):
    assert here.run(lambda p: p.supabase.rpc("add", {"a": 2, "b": 3})) == 5
    assert names(here.run(lambda p: p.supabase.rpc("adults"))) == ["Ada", "Grace"]
    with pytest.raises(errors.NotFoundError) as missing:
        here.run(lambda p: p.supabase.rpc("subtract", {"a": 1}))
    assert missing.value.code == "PGRST202"


@pytest.mark.parametrize(
    ("call", "kind", "code"),
    [
        (lambda p: p.table("nope").select().execute(), errors.NotFoundError, "PGRST205"),
        (lambda p: p.table("users").select("nope").execute(), errors.InvalidRequestError, "42703"),
        (lambda p: p.table("users").select("nope(*)").execute(), errors.InvalidRequestError, "PGRST200"),
        (
            lambda p: p.table("users").insert({"name": "A", "email": "ada@example.com"}).execute(),
            errors.ConflictError,
            "23505",
        ),
        (lambda p: p.table("posts").insert({"title": "A", "author_id": 99}).execute(), errors.ConflictError, "23503"),
        (lambda p: p.table("users").insert({"nope": 1}).execute(), errors.InvalidRequestError, "PGRST204"),
        (
            lambda p: p.table("users").select(count="exact").range(50, 60).execute(),
            errors.InvalidRequestError,
            "PGRST103",
        ),
        (lambda p: p.table("users").select().eq("age", "old").execute(), errors.InvalidRequestError, "22P02"),
        (lambda p: p["anon"].table("notes").insert({"body": "x"}).execute(), errors.PermissionDeniedError, "42501"),
        (lambda p: p.as_user("a.b.c").table("users").select().execute(), errors.AuthenticationError, "PGRST301"),
        (
            lambda p: p.table("posts").select("comments(users!comments_author_id_fkey(posts(nope)))").execute(),
            errors.InvalidRequestError,
            "42703",
        ),
    ],
)
def test_what_the_database_refuses(here, call, kind, code):
    with pytest.raises(kind) as refused:
        here.run(lambda p: call(p.supabase))
    assert type(refused.value) is kind
    assert refused.value.code == code
    assert refused.value.request_id


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda p: p.table("users").select().eq("age", None), "is_"),
        (lambda p: p.table("users").select().in_("age", "12"), "list"),
        (lambda p: p.table("users").select().or_(""), "condition"),
        (lambda p: p.table("users").select().limit(-1), "limit"),
        (lambda p: p.table("users").select().range(3, 1), "range"),
        (lambda p: p.table("users").update({}), "at least one column"),
        (lambda p: p.table("users").update({"age": 1}).execute(), "condition"),
        (lambda p: p.table("users").delete().select("id").execute(), "condition"),
        (lambda p: p.table("a/b"), "slashes"),
        (lambda p: p.table("users").select().text_search("name", "x", type="fuzzy"), "web_search"),
        (lambda p: p.table("users").insert({}, returning="all"), "minimal"),
    ],
)
def test_what_is_refused_before_the_network(both, call, says):
    from unifykit.settings import SupabaseSettings

    harness = both(supabase=SupabaseSettings(url="http://127.0.0.1:9", key="k"))
    with pytest.raises(errors.InvalidRequestError, match=says):
        harness.run(lambda p: call(p.supabase))
