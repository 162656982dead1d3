"""Operations on webhooks.

https://docs.github.com/en/rest/repos/webhooks
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from unifykit.sandbox.git.content import HEADS

from . import happenings
from .call import Call, Reply, no_content
from .errors import field_error, not_found, validation_failed
from .links import stamp
from .paging import page_of
from .repos import REPO
from .routing import Routes
from .state import Hook
from .webhooks import deliver

if TYPE_CHECKING:
    from .state import Delivery, Repository

routes: Routes = Routes()
_HOOKS = f"{REPO}/hooks"
_HOOK = f"{_HOOKS}/{{hook_id:int}}"
_PAGE = "repos/webhooks"
_MASK = "********"
_EVENTS = frozenset(
    [
        "*",
        "branch_protection_rule",
        "check_run",
        "check_suite",
        "code_scanning_alert",
        "commit_comment",
        "create",
        "delete",
        "dependabot_alert",
        "deploy_key",
        "deployment",
        "deployment_status",
        "discussion",
        "discussion_comment",
        "fork",
        "gollum",
        "issue_comment",
        "issues",
        "label",
        "member",
        "meta",
        "milestone",
        "package",
        "page_build",
        "ping",
        "project",
        "project_card",
        "project_column",
        "public",
        "pull_request",
        "pull_request_review",
        "pull_request_review_comment",
        "pull_request_review_thread",
        "push",
        "registry_package",
        "release",
        "repository",
        "repository_import",
        "repository_vulnerability_alert",
        "secret_scanning_alert",
        "star",
        "status",
        "team_add",
        "watch",
        "workflow_job",
        "workflow_run",
    ]
)


def _render(call: Call, repo: Repository, hook: Hook) -> dict[str, Any]:
    url = call.links(f"/repos/{repo.full_name}/hooks/{hook.id}")
    last = next((one for one in hook.deliveries if one.status != "pending"), None)
    response: dict[str, Any] = {"code": None, "status": "unused", "message": None}
    if last:
        status = "active" if last.status == "OK" else "misconfigured"
        response = {"code": last.status_code, "status": status, "message": last.status}
    secret = {"secret": _MASK} if hook.config.get("secret") else {}
    return {
        "type": "Repository",
        "id": hook.id,
        "name": "web",
        "active": hook.active,
        "events": list(hook.events),
        "config": {**hook.config, **secret},
        "updated_at": stamp(hook.updated_at),
        "created_at": stamp(hook.created_at),
        "url": url,
        "test_url": f"{url}/test",
        "ping_url": f"{url}/pings",
        "deliveries_url": f"{url}/deliveries",
        "last_response": response,
    }


def _config(call: Call, before: dict[str, Any] | None) -> dict[str, Any]:
    given = cast("dict[str, Any] | None", call.field("config", dict))
    if given is None and before is not None:
        return before
    config: dict[str, Any] = {"content_type": "form", "insecure_ssl": "0", **(given or {})}
    config["insecure_ssl"] = str(config["insecure_ssl"])
    url = config.get("url")
    if not isinstance(url, str) or not urlsplit(url).hostname or urlsplit(url).scheme not in ("http", "https"):
        raise validation_failed(field_error("Hook", "url", "custom", message="Config must contain URL for webhooks"))
    if config["content_type"] not in ("json", "form"):
        raise validation_failed(field_error("Hook", "content_type", "invalid"))
    if config.get("secret") == _MASK and before and "secret" in before:
        config["secret"] = before["secret"]
    return config


def _events(call: Call, before: list[str]) -> list[str]:
    events = call.texts("events") or before
    unknown = [event for event in events if event not in _EVENTS]
    if unknown:
        message = f"invalid event name: {unknown[0]}"
        raise validation_failed(field_error("Hook", "events", "custom", message=message))
    return events


def _hook(call: Call) -> Hook:
    hook = call.repo_for("admin", "").hooks.get(call.params["hook_id"])
    if hook is None:
        raise not_found()
    return hook


@routes("GET", _HOOKS, f"{_PAGE}#list-repository-webhooks", token=True)
def list_all(call: Call) -> Reply:
    """List a repository's webhooks."""
    repo = call.repo_for("admin", "")
    page, headers = page_of(call, list(repo.hooks.values()))
    return Reply([_render(call, repo, hook) for hook in page], headers=headers)


@routes("POST", _HOOKS, f"{_PAGE}#create-a-repository-webhook")
def create(call: Call) -> Reply:
    """Make a webhook; GitHub pings it at once."""
    repo = call.repo_for("admin", "")
    config, events = _config(call, None), _events(call, ["push"])
    if (call.field("name", str) or "web") != "web":
        raise validation_failed(field_error("Hook", "name", "invalid"))
    # https://docs.github.com/en/rest/repos/webhooks: the same URL may serve several hooks only for different events.
    if any(set(other.events) & set(events) for other in repo.hooks.values() if other.config["url"] == config["url"]):
        error = {"resource": "Hook", "code": "custom", "message": "Hook already exists on this repository"}
        raise validation_failed(error)
    active = call.field("active", bool)
    number = call.world.next_id("hook", 12345678)
    hook = repo.hooks[number] = Hook(number, config, events, active is not False, call.now, call.now)
    _ping(call, repo, hook)
    body = _render(call, repo, hook)
    return Reply(body, 201, {"Location": body["url"]})


def _ping(call: Call, repo: Repository, hook: Hook) -> None:
    about = {"zen": "Keep it logically awesome.", "hook_id": hook.id, "hook": _render(call, repo, hook)}
    deliver(call, repo, hook, "ping", about)


@routes("GET", _HOOK, f"{_PAGE}#get-a-repository-webhook", token=True)
def get(call: Call) -> Reply:
    """Give a webhook."""
    return Reply(_render(call, call.repo, _hook(call)))


@routes("PATCH", _HOOK, f"{_PAGE}#update-a-repository-webhook")
def update(call: Call) -> Reply:
    """Change a webhook."""
    hook = _hook(call)
    config, events, active = _config(call, hook.config), _events(call, hook.events), call.field("active", bool)
    more, less = call.texts("add_events") or [], call.texts("remove_events") or []
    hook.config = config
    hook.events = [event for event in dict.fromkeys(events + more) if event not in less]
    hook.active = hook.active if active is None else active
    hook.updated_at = call.now
    return Reply(_render(call, call.repo, hook))


@routes("DELETE", _HOOK, f"{_PAGE}#delete-a-repository-webhook")
def delete(call: Call) -> Reply:
    """Remove a webhook."""
    del call.repo.hooks[_hook(call).id]
    return no_content()


@routes("POST", f"{_HOOK}/pings", f"{_PAGE}#ping-a-repository-webhook")
def ping(call: Call) -> Reply:
    """Send a ping."""
    _ping(call, call.repo, _hook(call))
    return no_content()


@routes("POST", f"{_HOOK}/tests", f"{_PAGE}#test-the-push-repository-webhook")
def test(call: Call) -> Reply:
    """Send the latest push again, if the hook subscribes to pushes."""
    repo, hook = call.repo, _hook(call)
    tip = repo.git.branch(repo.default_branch)
    if tip and ("push" in hook.events or "*" in hook.events):
        before = next(iter(repo.git.parents(tip)), "0" * 40)
        ref = HEADS + repo.default_branch
        deliver(call, repo, hook, "push", happenings.push_payload(call, repo, ref, before, tip))
    return no_content()


def _item(repo: Repository, one: Delivery) -> dict[str, Any]:
    return {
        "id": one.id,
        "guid": one.guid,
        "delivered_at": stamp(one.delivered_at),
        "redelivery": False,
        "duration": 0.0,
        "status": one.status,
        "status_code": one.status_code,
        "event": one.event,
        "action": one.action,
        "installation_id": None,
        "repository_id": repo.id,
        "throttled_at": None,
    }


@routes("GET", f"{_HOOK}/deliveries", f"{_PAGE}#list-deliveries-for-a-repository-webhook", token=True)
def deliveries(call: Call) -> Reply:
    """List a webhook's messages, newest first. GitHub pages these by cursor; here one page holds what is asked for."""
    call.unsupported("cursor")
    hook = _hook(call)
    page, _ = page_of(call, hook.deliveries)
    return Reply([_item(call.repo, one) for one in page])


@routes(
    "GET", f"{_HOOK}/deliveries/{{delivery_id:int}}", f"{_PAGE}#get-a-delivery-for-a-repository-webhook", token=True
)
def delivery(call: Call) -> Reply:
    """Give one message with its request and response."""
    hook = _hook(call)
    one = next((one for one in hook.deliveries if one.id == call.params["delivery_id"]), None)
    if one is None:
        raise not_found()
    return Reply({
        **_item(call.repo, one),
        "url": hook.config["url"],
        "request": {"headers": one.headers, "payload": one.payload},
        "response": {"headers": one.response_headers, "payload": one.response_body},
    })  # fmt: skip
