"""Calling functions: `/rest/v1/rpc`.

https://docs.postgrest.org/en/stable/references/api/functions.html
"""

import json
from typing import Any, cast

from .answers import aggregated, content_range, over_limit, planned, shaped, with_own
from .bodies import body_of, kind_of
from .call import Call, Reply
from .catalog import Catalog, Function
from .line import Line, literal_array
from .query import parse
from .reading import fetched, opened, ranged
from .refusals import Refusal, rest
from .schema import EXPOSED
from .statement import Builder, Source
from .ways import full, name
from .wish import Wish

_RAW = {"text/plain": ("text",), "text/xml": ("xml",), "application/octet-stream": ("bytea",)}
_JSON = ("json", "jsonb")


async def called(call: Call, wanted: str, wish: Wish) -> Reply:
    """What a function returns."""
    given = _given(call)
    async with opened(call, wish) as line:
        function = _chosen(call, wanted, given)
        if wish.most is not None and not function.many:
            raise rest(400, "PGRST128", "Function must return SETOF or TABLE when max-affected preference is used with handling=strict")  # fmt: skip
        skip = () if call.method == "POST" else tuple(function.arguments)
        tree = ranged(call, parse(call.pairs, skip=skip))
        if not function.rows:
            return await _scalar(call, line, function, given, wish)
        relation = call.project.catalog.tables.get(function.relation or "")

        def source(make: Builder) -> Source:
            return Source(_invocation(call, make, function, given), make.alias(), relation)

        return await fetched(call, line, tree, source, wish, lone=not function.many, by=function)


def _given(call: Call) -> Any:
    """The arguments; of a body that is none of JSON's, its text."""
    if call.method != "POST":
        found: dict[str, Any] = {}
        for key, value in call.pairs:
            found[key] = [*found[key], value] if key in found else [value]
        return found
    kind = kind_of(call)
    if kind in _RAW:
        return "\\x" + call.content.hex() if kind == "application/octet-stream" else call.content.decode()
    return body_of(call)


async def _scalar(call: Call, line: Line, function: Function, given: Any, wish: Wish) -> Reply:
    make = Builder(call.project.catalog)
    rows = f"select {_invocation(call, make, function, given)} as pgrst_scalar"
    whole = aggregated("select * from rows", wish) if wish.csv else "coalesce(json_agg(pgrst_scalar), '[]')::text"
    sql = f"with rows as ({rows}) select {whole}, count(*) from rows as r"
    if wish.planned:
        return await planned(line, sql, make.values, wish)
    found, shown = (await line.run(sql, *make.values))[0]
    if function.returns == "void":
        return await with_own(line, Reply(None, 204, {"Content-Range": "*/*"}))
    count = int(shown or 0)
    over_limit(count, wish)
    body = shaped(found or "", count, wish, lone=not function.many)
    headers = {**content_range(0, count, count if wish.count else None), **wish.applied("max-affected")}
    return await with_own(line, Reply(body, 200, headers, wish.media.content_type))


def _invocation(call: Call, make: Builder, function: Function, given: Any) -> str:
    if list(function.arguments) == [""]:
        said = given if kind_of(call) in _RAW else json.dumps(given)
        return f"{full(function.name)}({make.value(said)}::{function.arguments['']})"
    said = [(one, kind) for one, kind in function.arguments.items() if one in given]
    if call.method != "POST":
        parts = [f"{name(one)} => {make.value(_text(function, one, given[one]))}::{kind}" for one, kind in said]
    else:
        body = make.value(json.dumps(given)) if said else ""
        parts = [
            f"{name(one)} => (select a.{name(one)} from json_to_record({body}::json) as a({name(one)} {kind}))"
            for one, kind in said
        ]
    if parts and function.variadic and said[-1][0] == list(function.arguments)[-1]:
        parts[-1] = f"variadic {parts[-1]}"
    return f"{full(function.name)}({', '.join(parts)})"


def _text(function: Function, argument: str, values: list[str]) -> str:
    if function.variadic and argument == list(function.arguments)[-1]:
        return literal_array(values)
    return values[-1]


def _chosen(call: Call, wanted: str, given: Any) -> Function:
    """The function of this name whose arguments these are."""
    catalog, posted = call.project.catalog, call.method == "POST"
    named = [one for one in catalog.functions if one.name == wanted]
    kinds = _RAW.get(kind_of(call), _JSON) if posted else ()
    lone = [one for one in named if list(one.arguments) == [""] and one.arguments[""] in kinds]
    names = set(cast("dict[str, Any]", given)) if isinstance(given, dict) else set[str]()
    raw = posted and kinds is not _JSON
    fitting = [] if raw else [one for one in named if _fits(one, names, exact=posted)]
    if not fitting:
        fitting = lone
    most = max((len(names & set(one.arguments)) for one in fitting), default=0)
    best = [one for one in fitting if len(names & set(one.arguments)) == most]
    if len(best) > 1 and len({frozenset(one.arguments) for one in best}) < len(best):
        raise _ambiguous(best)
    if not best:
        raise _no_function(catalog, wanted, names)
    return min(best, key=lambda one: len(one.arguments))


def _fits(function: Function, names: set[str], *, exact: bool) -> bool:
    known = set(function.arguments)
    return set(function.needed) <= names and (names <= known or not exact) and known != {""}


def _ambiguous(functions: list[Function]) -> Refusal:
    spelled = [
        f"{EXPOSED}.{one.name}({', '.join(f'{name} => {kind}' for name, kind in one.arguments.items())})"
        for one in functions
    ]
    return rest(300, "PGRST203", f"Could not choose the best candidate function between: {', '.join(spelled)}",
                hint="Try renaming the parameters or the function itself in the database so function overloading can be resolved")  # fmt: skip


def _no_function(catalog: Catalog, wanted: str, names: set[str]) -> Refusal:
    said = f"({', '.join(sorted(names))})" if names else ""
    told = (
        f"with parameter{'s' if len(names) > 1 else ''} {', '.join(sorted(names))}" if names else "without parameters"
    )
    close = [one for one in catalog.functions if one.name == wanted]
    hint = (
        f"Perhaps you meant to call the function {EXPOSED}.{wanted}({', '.join(close[0].arguments)})" if close else None
    )
    return rest(404, "PGRST202", f"Could not find the function {EXPOSED}.{wanted}{said or ' without parameters'} in the schema cache",
                f"Searched for the function {EXPOSED}.{wanted} {told}, but no matches were found in the schema cache.", hint)  # fmt: skip
