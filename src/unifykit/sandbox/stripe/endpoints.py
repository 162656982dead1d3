"""Webhook endpoints and events.

https://docs.stripe.com/api/webhook_endpoints, https://docs.stripe.com/api/events
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .errors import invalid, missing_param
from .paging import PAGING, page_of
from .routing import Routes

if TYPE_CHECKING:
    from .call import Call

Json = dict[str, Any]
routes: Routes = Routes()
_TAKES = "url enabled_events description metadata"


@routes("POST", "/v1/webhook_endpoints", f"{_TAKES} api_version")
def create(call: Call) -> Json:
    """Make an endpoint; its secret is told only now."""
    number = call.world.new_id("webhook_endpoint")
    endpoint: Json = {
        "id": number,
        "object": "webhook_endpoint",
        "api_version": call.fields.text("api_version"),
        "application": None,
        "created": call.now,
        "description": None,
        "enabled_events": [],
        "livemode": False,
        "metadata": {},
        "status": "enabled",
        "url": "",
    }
    call.fields.need("url")
    if not call.fields.texts("enabled_events"):
        raise missing_param("enabled_events")
    _write(call, endpoint)
    call.world.add(endpoint)
    call.world.secrets[number] = f"whsec_{call.world.scramble(number, 32)}"
    return {**endpoint, "secret": call.world.secrets[number]}


@routes("GET", "/v1/webhook_endpoints", PAGING)
def index(call: Call) -> Json:
    """List endpoints."""
    return page_of(call, call.world.kind("webhook_endpoint").values())


@routes("GET", "/v1/webhook_endpoints/{id}")
def read(call: Call) -> Json:
    """One endpoint."""
    return call.target("webhook_endpoint")


@routes("POST", "/v1/webhook_endpoints/{id}", f"{_TAKES} disabled")
def update(call: Call) -> Json:
    """Change an endpoint."""
    endpoint = call.target("webhook_endpoint")
    _write(call, endpoint)
    disabled = call.fields.boolean("disabled")
    if disabled is not None:
        endpoint["status"] = "disabled" if disabled else "enabled"
    return endpoint


@routes("DELETE", "/v1/webhook_endpoints/{id}")
def delete(call: Call) -> Json:
    """Delete an endpoint."""
    return call.world.remove(call.target("webhook_endpoint"))


def _write(call: Call, endpoint: Json) -> None:
    fields = call.fields
    url = fields.text("url")
    if url is not None and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
        raise invalid(
            "Invalid URL: An explicit scheme (such as https) must be provided.", param="url", code="url_invalid"
        )
    endpoint["url"] = url or endpoint["url"]
    endpoint["metadata"] = fields.metadata(endpoint["metadata"])
    if fields.texts("enabled_events"):
        endpoint["enabled_events"] = fields.texts("enabled_events")
    fields.copy_to(endpoint, texts="description")


@routes("GET", "/v1/events", f"{PAGING} created type types")
def events(call: Call) -> Json:
    """List events."""
    kinds = call.fields.texts("types") or [kind for kind in (call.fields.text("type"),) if kind]
    found = call.world.kind("event").values()
    return page_of(call, [one for one in found if not kinds or _is(one["type"], kinds)])


def _is(kind: str, kinds: list[str]) -> bool:
    return any(kind == one or (one.endswith(".*") and kind.startswith(one[:-1])) for one in kinds)


@routes("GET", "/v1/events/{id}")
def event(call: Call) -> Json:
    """One event."""
    return call.target("event")
