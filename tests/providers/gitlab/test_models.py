"""What GitLab sends becomes frozen values; what has no field stays reachable, and unknown values do not fail."""

import pytest
from pydantic import ValidationError

from unifykit.providers.gitlab import models


def test_unknown_fields_and_values():
    found = models.Pipeline.model_validate_json('{"id": 1, "status": "teleporting", "shiny": {"a": [1]}}')
    assert (found.status, found.finished, found.raw["shiny"]) == ("teleporting", False, {"a": [1]})
    assert found.raw == {"id": 1, "status": "teleporting", "shiny": {"a": [1]}}


def test_values_are_frozen():
    found = models.User(id=1, username="t")
    with pytest.raises(ValidationError):
        found.username = "x"


@pytest.mark.parametrize("name", models.__all__)
def test_every_model_says_where_it_is_described(name):
    assert "https://docs.gitlab.com/" in getattr(models, name).__doc__
