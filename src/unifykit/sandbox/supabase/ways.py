"""The ways from one table to another: foreign keys, tables between, and functions that relate.

https://docs.postgrest.org/en/stable/references/api/resource_embedding.html
"""

from dataclasses import dataclass

from .catalog import Catalog, Function, Link
from .query import Embed
from .refusals import Refusal, rest
from .schema import EXPOSED


def name(text: str) -> str:
    """A quoted identifier."""
    if not text.strip("\0"):
        raise rest(400, "PGRST100", "failed to parse: a name is empty", "unexpected input")
    return '"' + text.replace('"', '""').replace("\0", "") + '"'


def full(table: str) -> str:
    """A table's full name."""
    return f"{name(EXPOSED)}.{name(table)}"


@dataclass(frozen=True)
class Way:
    """How rows of one table find those of another."""

    target: str
    single: bool
    pairs: tuple[tuple[str, str], ...]
    cardinality: str
    relationship: str
    hints: tuple[str, ...] = ()
    junction: tuple[Link, Link] | None = None
    function: str | None = None

    def rows(self, row: str) -> str:
        """The SQL after `from` that has the related rows, or more of them, for a row of the parent."""
        return full(self.target) if self.function is None else f"{full(self.function)}({row})"

    def joined(self, parent: str, child: str) -> str:
        """The condition that relates them, if more is needed than `rows`."""
        if self.junction is None:
            return " and ".join(f"{child}.{name(b)} = {parent}.{name(a)}" for a, b in self.pairs)
        here, there = self.junction
        near = zip(here.source_columns, here.target_columns, strict=True)
        far = zip(there.source_columns, there.target_columns, strict=True)
        both = [f"j.{name(a)} = {parent}.{name(b)}" for a, b in near]
        both += [f"j.{name(a)} = {child}.{name(b)}" for a, b in far]
        return f"exists (select 1 from {full(here.source)} as j where {' and '.join(both)})"


def find_way(catalog: Catalog, parent: str, embed: Embed) -> Way:
    """The one way from a table to the one embedded in it.

    https://docs.postgrest.org/en/stable/references/api/resource_embedding.html
    """
    found = [way for way in _ways(catalog, parent, embed.name) if embed.hint is None or embed.hint in way.hints]
    if not found:
        raise unrelated(parent, embed.name)
    if len(found) > 1:
        details = [
            {
                "cardinality": way.cardinality,
                "embedding": f"{parent} with {way.target}",
                "relationship": way.relationship,
            }
            for way in found
        ]
        hints = ", ".join(f"'{embed.name}!{way.hints[0]}'" for way in found)
        raise rest(300, "PGRST201", f"Could not embed because more than one relationship was found for '{parent}' and '{embed.name}'",
                   details, f"Try changing '{embed.name}' to one of the following: {hints}. Find the desired relationship in the 'details' key.")  # fmt: skip
    return found[0]


def _ways(catalog: Catalog, parent: str, wanted: str) -> list[Way]:
    functions = [one for one in catalog.functions if one.relates and (one.name, one.row_of) == (wanted, parent)]
    if functions:  # they override foreign keys
        return [_computed(one) for one in functions]
    found = [_forth(link) for link in catalog.links if link.source == parent and _names(link, wanted, link.target)]
    found += [
        _back(catalog, link) for link in catalog.links if link.target == parent and wanted in (link.source, link.name)
    ]
    return found + _between(catalog, parent, wanted)


def _names(link: Link, wanted: str, table: str) -> bool:
    return wanted == table or (link.by_name and wanted in (link.name, *link.source_columns))


def _computed(function: Function) -> Way:
    kind = "many-to-one" if function.single else "one-to-many"
    return Way(str(function.relation), function.single, (), kind, function.name, function=function.name)


def _forth(link: Link) -> Way:
    pairs = tuple(zip(link.source_columns, link.target_columns, strict=True))
    return Way(link.target, True, pairs, "many-to-one", _spelled(link), _hints(link, link.target))


def _back(catalog: Catalog, link: Link) -> Way:
    pairs = tuple(zip(link.target_columns, link.source_columns, strict=True))
    single = sorted(link.source_columns) in [sorted(key) for key in catalog.tables[link.source].keys]
    kind = "one-to-one" if single else "one-to-many"
    return Way(link.source, single, pairs, kind, _spelled(link), _hints(link, link.source))


def _hints(link: Link, table: str) -> tuple[str, ...]:
    return (link.name, *link.source_columns, table)


def _spelled(link: Link) -> str:
    ours, theirs = ", ".join(link.source_columns), ", ".join(link.target_columns)
    return f"{link.name} using {link.source}({ours}) and {link.target}({theirs})"


def _between(catalog: Catalog, parent: str, wanted: str) -> list[Way]:
    """Through tables whose primary key holds both foreign keys."""
    return [
        Way(
            wanted, False, (), "many-to-many",
            f"{here.source} using {_part(here)} and {_part(there)}", (here.source, here.name, there.name), (here, there),
        )
        for here in catalog.links
        if here.target == parent and not catalog.tables[here.source].is_view
        for there in catalog.links
        if there.name != here.name and (there.source, there.target) == (here.source, wanted)
        if {*here.source_columns, *there.source_columns} <= set(catalog.tables[here.source].primary)
    ]  # fmt: skip


def _part(link: Link) -> str:
    return f"{link.name}({', '.join(link.source_columns)})"


def unrelated(parent: str, wanted: str) -> Refusal:
    """There is no way."""
    return rest(400, "PGRST200", f"Could not find a relationship between '{parent}' and '{wanted}' in the schema cache",
                f"Searched for a foreign key relationship between '{parent}' and '{wanted}' in the schema '{EXPOSED}', but no matches were found.")  # fmt: skip
