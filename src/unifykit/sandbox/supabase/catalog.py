"""What the database has: relations, their columns and keys, the ways between them, functions."""

import json
from dataclasses import dataclass, field, replace
from typing import Any

from .line import Line
from .schema import EXPOSED

_READ = rf"""
select json_build_object(
'tables', (select coalesce(json_agg(json_build_object('name', c.relname, 'view', c.relkind in ('v', 'm'), 'columns', (
    select json_agg(json_build_object('name', a.attname, 'type', format_type(a.atttypid, null), 'default',
        case when a.attidentity <> '' then format('nextval(%L)', pg_get_serial_sequence(quote_ident(n.nspname) || '.' || quote_ident(c.relname), a.attname))
        when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end) order by a.attnum)
    from pg_attribute a left join pg_attrdef d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped),
  'keys', (select coalesce(json_agg((select json_agg(a.attname) from unnest(i.indkey) k join pg_attribute a on a.attrelid = c.oid and a.attnum = k)
    order by i.indisprimary desc), '[]')
    from pg_index i where i.indrelid = c.oid and i.indisunique and i.indpred is null and i.indexprs is null),
  'primary', (select json_agg(a.attname) from pg_index i, unnest(i.indkey) k join pg_attribute a on a.attnum = k
    where i.indrelid = c.oid and i.indisprimary and a.attrelid = c.oid))), '[]')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = '{EXPOSED}' and c.relkind in ('r', 'p', 'v', 'm', 'f')),
'links', (select coalesce(json_agg(json_build_object('name', k.conname, 'source', s.relname, 'target', t.relname,
    'source_columns', (select json_agg(a.attname order by o) from unnest(k.conkey) with ordinality x(n, o) join pg_attribute a on a.attrelid = s.oid and a.attnum = x.n),
    'target_columns', (select json_agg(a.attname order by o) from unnest(k.confkey) with ordinality x(n, o) join pg_attribute a on a.attrelid = t.oid and a.attnum = x.n))
    order by k.conname), '[]')
  from pg_constraint k join pg_class s on s.oid = k.conrelid join pg_class t on t.oid = k.confrelid
  where k.contype = 'f' and s.relnamespace = '{EXPOSED}'::regnamespace and t.relnamespace = '{EXPOSED}'::regnamespace),
'functions', (select coalesce(json_agg(json_build_object('name', p.proname, 'set', p.proretset, 'volatile', p.provolatile,
    'returns', format_type(p.prorettype, null), 'kind', r.typtype, 'relation', (select relname from pg_class where oid = r.typrelid and relkind in ('r', 'p', 'v', 'm', 'f')),
    'outs', coalesce((select json_agg(m) from unnest(p.proargmodes) m where m in ('o', 'b', 't')), '[]'), 'estimate', p.prorows, 'variadic', p.provariadic <> 0,
    'row_of', (select c.relname from pg_type t join pg_class c on c.oid = t.typrelid where t.oid = p.proargtypes[0] and c.relkind in ('r', 'p', 'v', 'm', 'f')),
    'defaults', p.pronargdefaults, 'arguments', (select coalesce(json_agg(json_build_object('name', coalesce(p.proargnames[o], ''), 'type', format_type(x, null)) order by o), '[]')
      from unnest(p.proargtypes) with ordinality u(x, o)))), '[]')
  from pg_proc p join pg_type r on r.oid = p.prorettype where p.pronamespace = '{EXPOSED}'::regnamespace and p.prokind = 'f' and r.typname <> 'trigger' and r.typname <> 'event_trigger'),
'origins', (select coalesce(json_agg(json_build_object('view', v.relname, 'column', a.attname, 'table', t.relname, 'source', o.attname)), '[]')
  from pg_class v join pg_rewrite w on w.ev_class = v.oid,
    regexp_matches(w.ev_action::text, ':resno (\d+) :resname (\S+) :ressortgroupref \d+ :resorigtbl (\d+) :resorigcol (\d+)', 'g') m
    join pg_class t on t.oid = m[3]::oid join pg_attribute o on o.attrelid = t.oid and o.attnum = m[4]::int
    join pg_attribute a on a.attnum = m[1]::int and a.attname = replace(m[2], '\', '')
  where v.relkind in ('v', 'm') and v.relnamespace = '{EXPOSED}'::regnamespace and t.relnamespace = v.relnamespace and a.attrelid = v.oid)
)::text
"""


@dataclass(frozen=True)
class Table:
    """A table or view: column types and defaults by name, what is unique, and the primary key."""

    name: str
    types: dict[str, str]
    defaults: dict[str, str]
    keys: list[list[str]]
    primary: list[str]
    is_view: bool = False


@dataclass(frozen=True)
class Link:
    """A foreign key, or what a view shows of one; `by_name` says whether its own name, or its columns', may stand for its target."""

    name: str
    source: str
    target: str
    source_columns: list[str]
    target_columns: list[str]
    by_name: bool = True


@dataclass(frozen=True)
class Function:
    """A function that `/rpc` may call; with `row_of`, its first argument is a row of that table, which it adds to."""

    name: str
    many: bool
    volatile: str
    returns: str
    rows: bool
    relation: str | None
    arguments: dict[str, str]
    needed: list[str]
    row_of: str | None = None
    single: bool = False
    variadic: bool = False

    @property
    def relates(self) -> bool:
        """Whether it is a relationship: from a row of one table to rows of another.

        https://docs.postgrest.org/en/stable/references/api/resource_embedding.html#computed-relationships
        """
        return self.row_of is not None and self.relation is not None and len(self.arguments) == 1


@dataclass
class Catalog:
    """All of it, as it was at one count of changes."""

    version: str = ""
    tables: dict[str, Table] = field(default_factory=dict[str, Table])
    links: list[Link] = field(default_factory=list[Link])
    functions: list[Function] = field(default_factory=list[Function])

    @classmethod
    async def read(cls, line: Line, version: str) -> "Catalog":
        """Read it."""
        said: dict[str, Any] = json.loads((await line.run(_READ))[0][0] or "{}")
        tables = {one["name"]: _table(one) for one in said["tables"]}
        shown = _shown(said["origins"], tables)
        tables |= {view: _keyed(tables[view], columns, tables) for view, columns in shown.items()}
        links = [Link(**one) for one in said["links"]]
        links += [more for link in links for more in _seen_through(link, shown)]
        return cls(version, tables, links, [_function(one) for one in said["functions"]])


_Shown = dict[str, dict[tuple[str, str], str]]
"""By view: the columns of tables that it shows, and as what."""


def _shown(origins: list[dict[str, str]], tables: dict[str, Table]) -> _Shown:
    of = {(one["view"], one["column"]): (one["table"], one["source"]) for one in origins}
    shown: _Shown = {}
    for (view, column), found in of.items():
        origin = found
        while origin in of and tables[origin[0]].is_view:  # a view of a view
            origin = of[origin]
        shown.setdefault(view, {}).setdefault(origin, column)
    return shown


def _keyed(view: Table, columns: dict[tuple[str, str], str], tables: dict[str, Table]) -> Table:
    """A view with those keys of its tables that it shows whole."""
    bases = {table for table, _ in columns}
    keys = [_through(columns, base, key) for base in bases for key in tables[base].keys]
    primary = [_through(columns, base, tables[base].primary) or [] for base in bases]
    return replace(view, keys=[key for key in keys if key], primary=[one for found in primary for one in found])


def _through(columns: dict[tuple[str, str], str], table: str, names: list[str]) -> list[str] | None:
    found = [columns.get((table, name)) for name in names]
    return None if None in found else [name for name in found if name]


def _seen_through(link: Link, shown: _Shown) -> list[Link]:
    """The same foreign key between the views that show its columns.

    https://docs.postgrest.org/en/stable/references/api/resource_embedding.html#foreign-key-joins-on-views
    """
    sources = [(link.source, link.source_columns), *_views(shown, link.source, link.source_columns)]
    targets = [(link.target, link.target_columns), *_views(shown, link.target, link.target_columns)]
    pairs = [(source, target) for source in sources for target in targets][1:]
    return [Link(link.name, a[0], b[0], a[1], b[1], by_name=b[0] == link.target) for a, b in pairs]


def _views(shown: _Shown, table: str, names: list[str]) -> list[tuple[str, list[str]]]:
    found = [(view, _through(columns, table, names)) for view, columns in shown.items()]
    return [(view, columns) for view, columns in found if columns]


def _table(said: dict[str, Any]) -> Table:
    columns: list[dict[str, str]] = said["columns"] or []
    defaults = {one["name"]: one["default"] for one in columns if one["default"]}
    types = {one["name"]: one["type"] for one in columns}
    return Table(said["name"], types, defaults, said["keys"], said["primary"] or [], said["view"])


def _function(said: dict[str, Any]) -> Function:
    arguments: dict[str, str] = {one["name"]: one["type"] for one in said["arguments"]}
    needed = list(arguments)[: len(arguments) - said["defaults"]]
    rows = said["relation"] is not None or said["kind"] == "c" or len(said["outs"]) > 1 or "t" in said["outs"]
    return Function(
        said["name"], said["set"], said["volatile"], said["returns"], rows, said["relation"], arguments, needed,
        said["row_of"], not said["set"] or said["estimate"] == 1, said["variadic"],
    )  # fmt: skip
