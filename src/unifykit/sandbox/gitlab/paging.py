"""Pages: by number with totals, or by keyset without.

https://docs.gitlab.com/api/rest/#pagination
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

from .errors import Refusal, parameter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from .call import Call

_Item = TypeVar("_Item")
_DEFAULT_SIZE = 20
_LARGEST_SIZE = 100
_MOST_COUNTED = 10_000


def _number(call: Call, name: str, default: int) -> int:
    value = call.integer(name)
    if value is not None and value < 1:
        raise parameter(f"{name} does not have a valid value")
    return default if value is None else value


def page_of(call: Call, items: Sequence[_Item]) -> tuple[list[_Item], dict[str, str]]:
    """Cut the page that was asked for; gives it with its headers. Past 10,000 items GitLab leaves the totals out."""
    size, page = min(_number(call, "per_page", _DEFAULT_SIZE), _LARGEST_SIZE), _number(call, "page", 1)
    last = max(-(-len(items) // size), 1)
    start = (page - 1) * size
    following, preceding = page + 1 if page < last else None, page - 1 if page > 1 else None
    headers = {
        "X-Next-Page": str(following or ""),
        "X-Page": str(page),
        "X-Per-Page": str(size),
        "X-Prev-Page": str(preceding or ""),
    }
    targets = {"prev": preceding, "next": following, "first": 1}
    if len(items) <= _MOST_COUNTED:
        headers |= {"X-Total": str(len(items)), "X-Total-Pages": str(last)}
        targets["last"] = last
    rels = [_rel(call, rel, page=str(number)) for rel, number in targets.items() if number]
    return list(items[start : start + size]), {**headers, "Link": ", ".join(rels)}


def keyset_of(
    call: Call, items: Sequence[_Item], number_of: Callable[[_Item], int]
) -> tuple[list[_Item], dict[str, str]]:
    """Cut the page after the last one's last id.

    https://docs.gitlab.com/api/rest/#keyset-based-pagination
    """
    if call.text("order_by") not in ("id", None):
        raise Refusal(405, "Keyset pagination is not yet available for this type of request", key="error")
    size = min(_number(call, "per_page", _DEFAULT_SIZE), _LARGEST_SIZE)
    newest_first = call.text("sort") != "asc"
    edge = call.integer("id_before" if newest_first else "id_after")
    ordered = sorted(items, key=number_of, reverse=newest_first)
    if edge is not None:
        ordered = [item for item in ordered if (number_of(item) < edge) == newest_first and number_of(item) != edge]
    page = ordered[:size]
    if len(ordered) <= size:
        return page, {}
    name = "id_before" if newest_first else "id_after"
    return page, {"Link": _rel(call, "next", **{name: str(number_of(page[-1]))})}


def _rel(call: Call, rel: str, **changed: str) -> str:
    query = {**dict(call.query), **changed}
    return f'<{call.base}{call.path}?{urlencode(query)}>; rel="{rel}"'
