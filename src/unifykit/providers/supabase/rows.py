"""Rows: what the database answers."""

import functools
from collections.abc import Iterable
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from unifykit.errors import UnexpectedResponseError

T = TypeVar("T", bound=BaseModel)

Row = dict[str, Any]
"""One row: plain JSON values by column."""


class Rows(list[Row]):
    """Rows, as a list; `count` is how many there are in all, where the query asked for it."""

    count: int | None  # type: ignore[assignment]  # Supabase's word, and nobody counts rows that are equal

    def __init__(self, rows: Iterable[Row] = (), count: int | None = None) -> None:
        super().__init__(rows)
        self.count = count  # pyright: ignore[reportIncompatibleMethodOverride]

    @property
    def data(self) -> list[Row]:
        """The rows as a plain list."""
        return list(self)

    def into(self, model: type[T]) -> list[T]:
        """The rows as models of yours.

        Raises:
            UnexpectedResponseError: A row does not fit; the text names the columns and holds no values.

        Example:
            >>> from pydantic import BaseModel
            >>> class User(BaseModel):
            ...     name: str
            >>> p.supabase.table("users").select("name").order("id").execute().into(User)[0]
            User(name='Ada')
        """
        try:
            return _many(model).validate_python(list(self))
        except ValidationError as error:
            raise misfit(model, error) from None


def models(model: type[T], content: bytes) -> list[T]:
    """The rows of a reply as models, without a dict for each on the way."""
    try:
        return _many(model).validate_json(content)
    except ValidationError as error:
        raise misfit(model, error) from None


@functools.cache
def _many(model: type[T]) -> TypeAdapter[list[T]]:
    return TypeAdapter(list[model])  # type: ignore[valid-type]


def misfit(model: type[BaseModel], error: ValidationError) -> UnexpectedResponseError:
    """What to say of rows that are not what the caller's model wants; what they hold stays out of it."""
    faults = {
        f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}"
        for one in error.errors(include_input=False, include_url=False)
    }
    return UnexpectedResponseError(f"the rows are not {model.__name__}: {'; '.join(sorted(faults))}.")
