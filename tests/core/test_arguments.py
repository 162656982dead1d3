"""What callers give, refused before the network."""

from typing import Literal

import pytest

from unifykit import InvalidRequestError
from unifykit._core.arguments import changes, choice, given, numbered, segment, text

State = Literal["open", "closed"]


def test_what_was_not_given_is_left_out_and_what_is_empty_is_not():
    assert given(title="", labels=[], state=None, draft=False) == {"title": "", "labels": [], "draft": False}


def test_a_change_changes_something():
    assert changes(title="a", body=None) == {"title": "a"}
    with pytest.raises(InvalidRequestError, match="give one of title, body"):
        changes(title=None, body=None)


@pytest.mark.parametrize("value", ["", " ", ".", ".."])
def test_a_segment_cannot_leave_its_place(value):
    with pytest.raises(InvalidRequestError, match="is no owner: give a text"):
        segment(value, "owner")


def test_a_segment_is_quoted_whole():
    assert segment("a/b ü") == "a%2Fb%20%C3%BC"


@pytest.mark.parametrize("number", [0, -1, True, "1", 1.0, None])
def test_a_number_counts_from_one(number):
    with pytest.raises(InvalidRequestError, match="is no issue: give a whole number from 1 on"):
        numbered(number, "issue")
    assert numbered(7, "issue") == "7"


def test_a_text_says_something():
    assert text(" a", "body") == " a"
    with pytest.raises(InvalidRequestError, match="body is empty: give a text"):
        text("\n", "body")


def test_a_choice_is_one_of_those_known_or_none():
    assert (choice("open", State, "state"), choice(None, State, "state")) == ("open", None)
    with pytest.raises(InvalidRequestError, match=r"state='shut' is unknown: give one of 'open', 'closed'\."):
        choice("shut", State, "state")
