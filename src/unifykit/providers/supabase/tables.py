"""Tables: what is read from them and written to them."""

# pyright: reportPrivateUsage=false
# A table and its statements are one family.

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Generic, Literal, Self, TypeVar, cast

from pydantic import BaseModel

from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError, UnexpectedResponseError
from unifykit.paging import Page
from unifykit.providers.supabase.filters import Filtered
from unifykit.providers.supabase.resource import SupabaseResource, segment
from unifykit.providers.supabase.rows import Row, Rows, models

if TYPE_CHECKING:
    import httpx

T = TypeVar("T", bound=BaseModel)

Count = Literal["exact", "planned", "estimated"]
"""How the rows are counted: each one, as the planner guesses, or exactly where they are few."""

Returning = Literal["representation", "minimal"]
"""What a write answers: the rows, or nothing."""

_SINGLE = {"Accept": "application/vnd.pgrst.object+json"}
_PAGE = 1000


def _rows(reply: "httpx.Response") -> Rows:
    total = reply.headers.get("content-range", "").rpartition("/")[2]
    found: Any = reply.json() if reply.content else []
    if not isinstance(found, list):
        raise UnexpectedResponseError("Supabase answered with something else than rows.", status=reply.status_code)
    return Rows(cast("list[Row]", found), int(total) if total.isdigit() else None)


def _columns(columns: Sequence[str]) -> str:
    """Columns without the blanks of a text over several lines, but with those within quotes."""
    pieces = ",".join(columns or ("*",)).split('"')
    return '"'.join(piece if index % 2 else "".join(piece.split()) for index, piece in enumerate(pieces))


class _Statement(Filtered[M], Generic[M]):
    """A statement as it goes out."""

    def __init__(self, parent: SupabaseResource[M], table: str, count: Count | None = None) -> None:
        super().__init__(parent, table)
        self._count = count
        self._preferences: tuple[str, ...] = (f"count={count}",) if count else ()
        self._body: Any = None

    async def _send(
        self, method: str, *, headers: Mapping[str, str] | None = None, more: Iterable[tuple[str, str]] = ()
    ) -> "httpx.Response":
        sent = dict(headers or {})
        if self._preferences:
            sent["Prefer"] = ",".join(self._preferences)
        params = [*self._params, *more]
        return await self.fetch(method, f"/rest/v1/{self._table}", params=params, body=self._body, headers=sent)


class Select(_Statement[M], Generic[M]):
    """A query: `p.supabase.table("users").select("name")`. It is not sent until `execute` or another of its operations."""

    def order(
        self, column: str, *, desc: bool = False, nulls_first: bool | None = None, table: str | None = None
    ) -> Self:
        """Sort by a column; a second call sorts what is equal by the first.

        Args:
            column: The column, or ``"author(name)"`` for one of an embedded row.
            desc: Greatest first.
            nulls_first: Where nulls go; by PostgreSQL's rule last, and first with `desc`.
            table: The embedded table that is sorted.
        """
        nulls = "" if nulls_first is None else f".nulls{'first' if nulls_first else 'last'}"
        term, key = f"{column}.{'desc' if desc else 'asc'}{nulls}", f"{table}.order" if table else "order"
        before = next((value for name, value in self._params if name == key), None)
        return self._set(key, f"{before},{term}" if before else term)

    def limit(self, count: int, *, table: str | None = None) -> Self:
        """At most so many rows."""
        return self._set(f"{table}.limit" if table else "limit", str(_natural(count, "limit(count)")))

    def offset(self, count: int, *, table: str | None = None) -> Self:
        """Leave out so many rows first."""
        return self._set(f"{table}.offset" if table else "offset", str(_natural(count, "offset(count)")))

    def range(self, first: int, last: int) -> Self:
        """The rows from `first` to `last`, counted from 0, both included."""
        if not _natural(first, "range(first, …)") <= _natural(last, "range(…, last)"):
            raise InvalidRequestError(f"range(first, last) wants 0 <= first <= last, not {first} and {last}.")
        return self.offset(first).limit(last - first + 1)

    def _set(self, key: str, value: str) -> Self:
        kept = tuple(pair for pair in self._params if pair[0] != key)
        other = self._with()
        other._params = (*kept, (key, value))
        return other

    @operation(SAFE)
    async def execute(self) -> Rows:
        """Fetch the rows; the project's own limit, 1,000 unless changed, cuts them off: see `pages`.

        https://supabase.com/docs/reference/python/select

        Example:
            >>> p.supabase.table("users").select("name").gt("age", 18).order("age", desc=True).execute()
            [{'name': 'Grace'}, {'name': 'Ada'}]
            >>> p.supabase.table("posts").select("title, author:users(name)").eq("id", 3).execute()
            [{'title': 'A bug', 'author': {'name': 'Grace'}}]
        """
        return _rows(await self._send("GET"))

    @operation(SAFE)
    async def single(self) -> Row:
        """Fetch the one row.

        https://supabase.com/docs/reference/python/single

        Raises:
            NotFoundError: There is none, or more than one.

        Example:
            >>> p.supabase.table("users").select("name").eq("id", 1).single()
            {'name': 'Ada'}
        """
        found: Row = (await self._send("GET", headers=_SINGLE)).json()
        return found

    @operation(SAFE)
    async def maybe_single(self) -> Row | None:
        """Fetch the one row, or None.

        https://supabase.com/docs/reference/python/maybesingle

        Raises:
            InvalidRequestError: There are several.

        Example:
            >>> p.supabase.table("users").select("name").eq("id", 99).maybe_single()
        """
        rows = _rows(await self._send("GET"))
        if len(rows) > 1:
            raise InvalidRequestError(f"there are {len(rows)} rows where at most one was asked for.")
        return rows[0] if rows else None

    @operation(SAFE)
    async def into(self, model: type[T]) -> list[T]:
        """Fetch the rows as models of yours.

        https://supabase.com/docs/reference/python/select

        Args:
            model: A pydantic model.

        Raises:
            UnexpectedResponseError: A row does not fit; the text names the columns and holds no values.

        Example:
            >>> from pydantic import BaseModel
            >>> class User(BaseModel):
            ...     name: str
            >>> p.supabase.table("users").select("name").eq("id", 1).into(User)
            [User(name='Ada')]
        """
        return models(model, (await self._send("GET")).content)

    @operation(SAFE)
    async def total(self) -> int:
        """How many rows there are, without fetching any.

        https://supabase.com/docs/reference/python/select

        Example:
            >>> p.supabase.table("users").select().total()
            3
        """
        reply = await self._with(preferences=(f"count={self._count or 'exact'}",))._send("HEAD")
        found = _rows(reply).count
        if found is None:
            raise UnexpectedResponseError("Supabase did not say how many rows there are.", status=reply.status_code)
        return found

    @paged
    async def pages(self, cursor: int | None, size: int = _PAGE) -> Page[Row, int]:
        """All rows, page by page. Order by something unique, or rows may come twice or never.

        https://supabase.com/docs/reference/python/range

        Args:
            size: Rows on a page.

        Example:
            >>> [row["name"] for row in p.supabase.table("users").select("name").order("id").pages(2)]
            ['Ada', 'Grace', 'Linus']
        """
        if size < 1:
            raise InvalidRequestError(f"pages(size) is 1 or more, not {size}.")
        if any(name in ("limit", "offset") for name, _ in self._params):
            raise InvalidRequestError("pages() decides limit and offset itself: leave limit, offset and range out.")
        start = cursor or 0
        other = self if cursor is None else self._with(preferences=())  # past the end a count is an error
        rows = _rows(await other._send("GET", more=(("offset", str(start)), ("limit", str(size)))))
        # a short page is not the end: the project may give fewer rows at once than were asked for
        return Page(list(rows), (start + len(rows),) if rows else (), rows.count)


class _Write(_Statement[M], Generic[M]):
    """A statement that changes rows."""

    def __init__(self, parent: SupabaseResource[M], table: str, returning: Returning, count: Count | None) -> None:
        super().__init__(parent, table, count)
        if returning not in ("representation", "minimal"):
            raise InvalidRequestError(f"returning is 'representation' or 'minimal', not {returning!r}.")
        self._preferences += (f"return={returning}",)

    def select(self, *columns: str) -> Self:
        """What of the changed rows to give back."""
        return self._with(("select", _columns(columns)))


class Insert(_Write[M], Generic[M]):
    """New rows: `p.supabase.table("users").insert({...})`."""

    @operation(UNSAFE)
    async def execute(self) -> Rows:
        """Insert the rows; gives them back unless `returning="minimal"`.

        https://supabase.com/docs/reference/python/insert

        Raises:
            ConflictError: A row like it is there already, or what it refers to is not.

        Example:
            >>> p.supabase.table("users").insert({"name": "Edsger"}).select("name").execute()
            [{'name': 'Edsger'}]
        """
        return _rows(await self._send("POST"))


class Upsert(_Write[M], Generic[M]):
    """New rows, or changed ones where they are there already: `p.supabase.table("users").upsert({...})`."""

    @operation(IDEMPOTENT)
    async def execute(self) -> Rows:
        """Insert or update the rows; gives them back unless `returning="minimal"`.

        https://supabase.com/docs/reference/python/upsert

        Example:
            >>> p.supabase.table("users").upsert({"id": 1, "name": "Augusta"}).select("name").execute()
            [{'name': 'Augusta'}]
        """
        return _rows(await self._send("POST"))


class Update(_Write[M], Generic[M]):
    """Changed rows: `p.supabase.table("users").update({...}).eq("id", 1)`."""

    @operation(UNSAFE)
    async def execute(self) -> Rows:
        """Change the rows that the conditions name; gives them back unless `returning="minimal"`.

        https://supabase.com/docs/reference/python/update

        Raises:
            InvalidRequestError: There is no condition.

        Example:
            >>> p.supabase.table("users").update({"age": 37}).eq("id", 1).select("age").execute()
            [{'age': 37}]
        """
        return _rows(await self._conditional("PATCH"))

    async def _conditional(self, method: str) -> "httpx.Response":
        if all(name == "select" for name, _ in self._params):
            raise InvalidRequestError(
                "which rows? Add a condition such as .eq('id', 1); for all rows one that all satisfy, such as .not_.is_('id', None)."
            )
        return await self._send(method)


class Delete(Update[M], Generic[M]):
    """Rows that go: `p.supabase.table("users").delete().eq("id", 1)`."""

    @operation(IDEMPOTENT)
    async def execute(self) -> Rows:
        """Delete the rows that the conditions name; gives them back unless `returning="minimal"`.

        https://supabase.com/docs/reference/python/delete

        Raises:
            InvalidRequestError: There is no condition.

        Example:
            >>> p.supabase.table("messages").delete().eq("room", "lobby").execute()
            []
        """
        return _rows(await self._conditional("DELETE"))


class Table(SupabaseResource[M], Generic[M]):
    """One table or view: `p.supabase.table("users")`."""

    def __init__(self, parent: SupabaseResource[M], name: str) -> None:
        super().__init__(parent._client)
        self._name = segment(name, "a table")

    def select(self, *columns: str, count: Count | None = None) -> Select[M]:
        """Read rows.

        https://supabase.com/docs/reference/python/select

        Args:
            columns: The columns, all by default; ``"*, author:users(*)"`` brings related rows along.
            count: Whether and how to count all rows; `Rows.count` has it.
        """
        return Select(self, self._name, count)._with(("select", _columns(columns)))

    def insert(
        self, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, returning: Returning = "representation",
        count: Count | None = None, default_to_null: bool = True,
    ) -> Insert[M]:  # fmt: skip
        """Add rows.

        Args:
            rows: One row or several.
            returning: Whether to give them back.
            count: Whether and how to count them.
            default_to_null: False to give what a row leaves out its column's default instead of null, where rows differ.
        """
        made = Insert(self, self._name, returning, count)
        return made._with(*_named(rows), body=rows, preferences=made._preferences + _missing(default_to_null))

    def upsert(
        self, rows: Mapping[str, Any] | Sequence[Mapping[str, Any]], *, on_conflict: str | None = None,
        ignore_duplicates: bool = False, returning: Returning = "representation", count: Count | None = None,
        default_to_null: bool = True,
    ) -> Upsert[M]:  # fmt: skip
        """Add rows, or change those that are there already.

        Args:
            rows: One row or several.
            on_conflict: The unique columns by which rows are recognised, joined by commas; the primary key by default.
            ignore_duplicates: Leave those that are there already as they are.
            returning: Whether to give them back.
            count: Whether and how to count them.
            default_to_null: False to give what a row leaves out its column's default instead of null, where rows differ.
        """
        made = Upsert(self, self._name, returning, count)
        how = f"resolution={'ignore' if ignore_duplicates else 'merge'}-duplicates"
        target = (("on_conflict", on_conflict),) if on_conflict else ()
        preferences = (*made._preferences, how, *_missing(default_to_null))
        return made._with(*target, *_named(rows), body=rows, preferences=preferences)

    def update(
        self, values: Mapping[str, Any], *, returning: Returning = "representation", count: Count | None = None
    ) -> Update[M]:
        """Change rows; say which ones by conditions.

        Args:
            values: The new values by column.
            returning: Whether to give the rows back.
            count: Whether and how to count them.
        """
        if not values:
            raise InvalidRequestError("update needs at least one column and its value.")
        return Update(self, self._name, returning, count)._with(body=dict(values))

    def delete(self, *, returning: Returning = "representation", count: Count | None = None) -> Delete[M]:
        """Delete rows; say which ones by conditions."""
        return Delete(self, self._name, returning, count)


def _named(rows: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    """The columns of several rows, which need not all have the same."""
    if isinstance(rows, Mapping):
        return ()
    names = dict.fromkeys(name for row in rows for name in row)
    escaped = ('"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"' for name in names)
    return (("columns", ",".join(escaped)),) if names else ()


def _missing(default_to_null: bool) -> tuple[str, ...]:
    return () if default_to_null else ("missing=default",)


def _natural(count: int, what: str) -> int:
    if type(count) is not int or count < 0:  # to isinstance a boolean is a number too
        raise InvalidRequestError(f"{what} is 0 or more, not {count!r}.")
    return count
