"""What the database has: relations, their columns and keys, the ways between them, functions."""

import json
from dataclasses import dataclass, field
from typing import Any

from .line import Line
from .schema import EXPOSED

_READ = f"""
select json_build_object(
'tables', (select coalesce(json_agg(json_build_object('name', c.relname, 'columns', (
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
    'outs', coalesce((select json_agg(m) from unnest(p.proargmodes) m where m in ('o', 'b', 't')), '[]'),
    'defaults', p.pronargdefaults, 'arguments', (select coalesce(json_agg(json_build_object('name', coalesce(p.proargnames[o], ''), 'type', format_type(x, null)) order by o), '[]')
      from unnest(p.proargtypes) with ordinality u(x, o)))), '[]')
  from pg_proc p join pg_type r on r.oid = p.prorettype where p.pronamespace = '{EXPOSED}'::regnamespace and p.prokind = 'f' and r.typname <> 'trigger' and r.typname <> 'event_trigger')
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


@dataclass(frozen=True)
class Link:
    """A foreign key."""

    name: str
    source: str
    target: str
    source_columns: list[str]
    target_columns: list[str]


@dataclass(frozen=True)
class Function:
    """A function that `/rpc` may call."""

    name: str
    many: bool
    volatile: str
    returns: str
    rows: bool
    relation: str | None
    arguments: dict[str, str]
    needed: list[str]


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
        return cls(
            version, tables, [Link(**one) for one in said["links"]], [_function(one) for one in said["functions"]]
        )


def _table(said: dict[str, Any]) -> Table:
    columns: list[dict[str, str]] = said["columns"] or []
    defaults = {one["name"]: one["default"] for one in columns if one["default"]}
    return Table(
        said["name"], {one["name"]: one["type"] for one in columns}, defaults, said["keys"], said["primary"] or []
    )


def _function(said: dict[str, Any]) -> Function:
    arguments: dict[str, str] = {one["name"]: one["type"] for one in said["arguments"]}
    needed = list(arguments)[: len(arguments) - said["defaults"]]
    rows = said["relation"] is not None or said["kind"] == "c" or len(said["outs"]) > 1 or "t" in said["outs"]
    return Function(
        said["name"], said["set"], said["volatile"], said["returns"], rows, said["relation"], arguments, needed
    )
