"""What the API once had and has no longer; each refusal names what took its place.

https://platform.openai.com/docs/deprecations
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from .errors import Refusal
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

routes: Routes = Routes()

_ASSISTANTS = (
    "The Assistants API was shut down on August 26, 2026. Use the Responses API and the Conversations API instead: "
    "https://platform.openai.com/docs/assistants/migration"
)
_VARIATIONS = "This endpoint is retired and no longer available. Use /v1/images/edits instead."


def _assistants(_: Call) -> NoReturn:
    raise Refusal(410, _ASSISTANTS, code="endpoint_retired")


def _variations(_: Call) -> NoReturn:
    raise Refusal(410, _VARIATIONS, code="endpoint_retired")


_EVERY = "name instructions model tools metadata messages role content assistant_id thread image n size response_format user limit order after before description file_ids temperature top_p tool_resources"
for _path in ("/assistants", "/threads"):
    for _method in ("GET", "POST", "DELETE"):
        routes(_method, _path, _EVERY)(_assistants)
        routes(_method, _path + "/{rest:path}", _EVERY)(_assistants)
routes("POST", "/images/variations", _EVERY)(_variations)
