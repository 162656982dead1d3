"""Pages and the Link header.

https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Sequence

    from .call import Call

_Item = TypeVar("_Item")
_DEFAULT_SIZE = 30
_LARGEST_SIZE = 100


def _number(text: str | None, default: int) -> int:
    # GitHub takes the default for anything that is not a positive number.
    if text is None or not text.isdigit() or int(text) < 1:
        return default
    return int(text)


def page_of(call: Call, items: Sequence[_Item]) -> tuple[list[_Item], dict[str, str]]:
    """Cut the page that was asked for.

    Args:
        call: The request, for `page` and `per_page`.
        items: Everything there is.

    Returns:
        The page, and the Link header when there is more than this page.
    """
    size = min(_number(call.query.get("per_page"), _DEFAULT_SIZE), _LARGEST_SIZE)
    page = _number(call.query.get("page"), 1)
    last = max(-(-len(items) // size), 1)
    start = (page - 1) * size
    return list(items[start : start + size]), _link_header(call, page, last)


def _link_header(call: Call, page: int, last: int) -> dict[str, str]:
    targets: dict[str, int] = {}
    if page > 1:
        targets["prev"] = min(page - 1, last)
    if page < last:
        targets |= {"next": page + 1, "last": last}
    # Past the end GitHub still tells where the last page is.
    if page > last:
        targets["last"] = last
    if page > 1:
        targets["first"] = 1
    rels = [f'<{_address(call, number)}>; rel="{rel}"' for rel, number in targets.items()]
    return {"Link": ", ".join(rels)} if last > 1 or page > 1 else {}


def _address(call: Call, page: int) -> str:
    query = {**call.query, "page": str(page)}
    return f"{call.links(call.path)}?{urlencode(query)}"
