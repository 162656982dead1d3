"""What is refused before the network."""

from datetime import timedelta
from enum import Enum
from typing import Any
from uuid import UUID

import pytest

from unifykit import InvalidRequestError, settings
from unifykit.events import AttemptEvent

NOWHERE = settings.SupabaseSettings(url="http://127.0.0.1:9", key="k")


class Colour(Enum):
    RED = "red"


def rows(p: Any) -> Any:
    return p.supabase.table("t").select("id")


REFUSED = {
    "the text of an object": (lambda p: rows(p).eq("a", object()).execute(), "is of type object"),
    "the text of a list": (lambda p: rows(p).eq("a", [1]).execute(), "is of type list"),
    "bytes": (lambda p: rows(p).eq("a", b"x").execute(), "is of type bytes"),
    "the text of a member": (lambda p: rows(p).in_("a", [Colour.RED]).execute(), "an item is of type Colour"),
    "one of nothing": (lambda p: rows(p).in_("a", 5).execute(), "a list of values"),
    "a number for a column": (lambda p: rows(p).eq(5, "x").execute(), "the name of a column"),
    "a blank column": (lambda p: rows(p).eq(" ", "x").execute(), "the name of a column"),
    "a limit as text": (lambda p: rows(p).limit("5").execute(), "is 0 or more, not '5'"),
    "a range of halves": (lambda p: rows(p).range(0, 1.5).execute(), "is 0 or more, not 1.5"),
    "a token of two lines": (lambda p: p.supabase.as_user("a\r\nX: b").auth.user(), "without line breaks"),
    "a token of other letters": (lambda p: p.supabase.as_user("t\u00f6ken").auth.user(), "access token"),
    "two headers in one": (
        lambda p: p.supabase.storage.bucket("b").upload("x", b"1", content_type="a/b\r\nX: c"), "content_type is such as",
    ),
    "a past in a cache": (lambda p: p.supabase.storage.bucket("b").upload("x", b"1", cache_seconds=-1), "0 or more"),
    "a method": (lambda p: p.supabase.functions.invoke("f", method="G E T"), "give one of 'GET', 'POST'"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_refused_before_the_network(both, case):
    call, text = REFUSED[case]
    seen: list[Any] = []
    harness = both(supabase=NOWHERE, observers=[seen.append])
    with pytest.raises(InvalidRequestError, match=text):
        harness.run(call)
    assert not [event for event in seen if isinstance(event, AttemptEvent)]


def test_what_has_a_text_of_its_own_is_taken(both):
    harness = both(supabase=NOWHERE)
    found = rows(harness.p).eq("a", UUID(int=1)).gt("b", timedelta(hours=1)).in_("c", [1, 2.5, "x"])
    assert found._params[-3:] == (
        ("a", "eq.00000000-0000-0000-0000-000000000001"), ("b", "gt.1:00:00"), ("c", "in.(1,2.5,x)"),
    )  # fmt: skip
