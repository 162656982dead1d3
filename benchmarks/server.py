"""Canned platforms on 127.0.0.1: one asyncio protocol, no HTTP library, so that the client is what is measured.

python -m benchmarks.server LATENCY_MS      prints its port
"""

import asyncio
import json
import re
import sys
from typing import Any

ITEMS, PER_PAGE = 3000, 100
_LIMITS = b"X-RateLimit-Limit: 5000\r\nX-RateLimit-Remaining: 4999\r\nX-RateLimit-Reset: 2000000000\r\nX-RateLimit-Resource: core\r\n"

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)

flying = peak = 0


def user() -> dict[str, Any]:
    """A user as GitHub gives it."""
    base = "https://api.github.com/users/octocat"
    links = (
        "followers",
        "following",
        "gists",
        "starred",
        "subscriptions",
        "organizations",
        "repos",
        "events",
        "received_events",
    )
    return {
        "login": "octocat", "id": 1, "node_id": "MDQ6VXNlcjE=", "avatar_url": "https://github.com/a.gif", "url": base,
        "html_url": "https://github.com/octocat", "type": "User", "site_admin": False,
        **{f"{name}_url": f"{base}/{name}" for name in links},
    }  # fmt: skip


def repository() -> dict[str, Any]:
    """A repository as GitHub gives it."""
    base = "https://api.github.com/repos/octo-org/hello-world"
    links = ("forks", "keys", "teams", "hooks", "events", "tags", "trees", "languages", "stargazers", "contributors", "commits",
             "comments", "contents", "compare", "merges", "downloads", "issues", "pulls", "milestones", "labels", "releases")  # fmt: skip
    return {
        "id": 1296269, "node_id": "R_1", "name": "hello-world", "full_name": "octo-org/hello-world", "private": False,
        "owner": user(), "html_url": "https://github.com/octo-org/hello-world", "description": "A repository.", "fork": False,
        "url": base, **{f"{name}_url": f"{base}/{name}" for name in links}, "created_at": "2011-01-26T19:01:12Z",
        "updated_at": "2026-01-26T19:14:43Z", "pushed_at": "2026-01-26T19:06:43Z", "size": 108, "stargazers_count": 80,
        "watchers_count": 80, "language": "Python", "has_issues": True, "has_wiki": True, "forks_count": 9, "archived": False,
        "open_issues_count": 2, "license": None, "topics": ["a", "b"], "visibility": "public", "default_branch": "main",
    }  # fmt: skip


def issue(number: int) -> dict[str, Any]:
    """An issue as GitHub gives it."""
    base = f"https://api.github.com/repos/octo-org/hello-world/issues/{number}"
    return {
        "id": number, "node_id": f"I_{number}", "url": base, "number": number, "state": "open", "title": f"Issue {number}",
        "body": "It does not work. " * 8, "user": user(), "labels": [], "assignee": None, "assignees": [], "comments": 0,
        "created_at": "2026-04-22T13:33:48Z", "updated_at": "2026-04-22T13:33:48Z", "closed_at": None, "locked": False,
        "html_url": f"https://github.com/octo-org/hello-world/issues/{number}",
        **{f"{name}_url": f"{base}/{name}" for name in ("labels", "comments", "events", "timeline")},
    }  # fmt: skip


def completion() -> dict[str, Any]:
    """A chat completion as OpenAI gives it."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": "Middleware stands between. " * 24,
        "refusal": None,
        "annotations": [],
    }
    usage: dict[str, Any] = {
        "prompt_tokens": 119, "completion_tokens": 162, "total_tokens": 281,
        "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 0, "audio_tokens": 0, "accepted_prediction_tokens": 0},
    }  # fmt: skip
    return {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT", "object": "chat.completion", "created": 1790000000,
        "model": "gpt-5-mini-2026-01-01", "service_tier": "default", "system_fingerprint": "fp_44709d6fcb",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}], "usage": usage,
    }  # fmt: skip


def project() -> dict[str, Any]:
    """A project as GitLab gives it."""
    space = {
        "id": 3,
        "name": "Octo",
        "path": "octo",
        "kind": "group",
        "full_path": "octo",
        "web_url": "https://gitlab.com/octo",
    }
    return {
        "id": 4, "name": "hello", "path": "hello", "path_with_namespace": "octo/hello", "name_with_namespace": "Octo / hello",
        "description": "A project.", "default_branch": "main", "visibility": "private", "namespace": space, "archived": False,
        "created_at": "2026-01-26T19:01:12.000Z", "last_activity_at": "2026-01-27T19:01:12.000Z", "topics": [],
        "web_url": "https://gitlab.com/octo/hello", "ssh_url_to_repo": "git@gitlab.com:octo/hello.git",
        "http_url_to_repo": "https://gitlab.com/octo/hello.git", "star_count": 0, "forks_count": 0, "open_issues_count": 1,
    }  # fmt: skip


def customer() -> dict[str, Any]:
    """A customer as Stripe gives it."""
    return {
        "id": "cus_1", "object": "customer", "address": None, "balance": 0, "created": 1790000000, "currency": "eur",
        "default_source": None, "delinquent": False, "description": None, "discount": None, "email": "a@b.c",
        "invoice_prefix": "0759376C", "livemode": False, "metadata": {}, "name": "Ada", "phone": None, "preferred_locales": [],
        "shipping": None, "tax_exempt": "none", "test_clock": None,
    }  # fmt: skip


def rows() -> list[dict[str, Any]]:
    """Rows as PostgREST gives them."""
    return [
        {"id": i, "title": f"Row {i}", "tags": ["a", "b"], "created_at": "2026-09-03T11:02:45+00:00"} for i in range(20)
    ]


def reply(body: bytes, extra: bytes = b"") -> bytes:
    """A whole HTTP reply."""
    return (
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n%s%s\r\n"
        % (len(body), _LIMITS, extra)
        + body
    )


def pages(host: str) -> list[bytes]:
    """Every page of the issues."""
    last = ITEMS // PER_PAGE
    found = []
    for page in range(1, last + 1):
        body = json.dumps([issue((page - 1) * PER_PAGE + i + 1) for i in range(PER_PAGE)]).encode()
        url = f"http://{host}/repos/octo-org/hello-world/issues?per_page={PER_PAGE}&page="
        link = f'Link: <{url}{page + 1}>; rel="next", <{url}{last}>; rel="last"\r\n' if page < last else ""
        found.append(reply(body, link.encode()))
    return found


class Protocol(asyncio.Protocol):
    """Answers by path."""

    latency = 0.0
    repo = b""
    others: dict[bytes, bytes] = {}  # noqa: RUF012 -- set once, before serving
    listing: list[bytes] = []  # noqa: RUF012 -- set once, before serving

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.heard = b""

    def data_received(self, data: bytes) -> None:
        global flying, peak  # noqa: PLW0603 -- one loop, one process
        self.heard += data
        head, end, body = self.heard.partition(b"\r\n\r\n")
        said = _LENGTH.search(head)
        if not end or len(body) < int(said[1] if said else 0):
            return
        data, self.heard = self.heard, b""
        flying += 1
        peak = max(peak, flying)
        asyncio.get_running_loop().call_later(self.latency, self.answer, data.split(b" ", 2)[1])

    def answer(self, path: bytes) -> None:
        global flying  # noqa: PLW0603 -- one loop, one process
        flying -= 1
        if path == b"/peak":
            self.transport.write(reply(b"%d" % peak))
            return
        other = self.others.get(path.split(b"?", 1)[0])
        if other is not None:
            self.transport.write(other)
            return
        page = re.search(rb"[?&]page=(\d+)", path)
        self.transport.write(self.listing[int(page[1]) - 1 if page else 0] if b"/issues" in path else self.repo)


async def main(latency: float) -> None:
    """Serve until the parent goes."""
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    Protocol.latency = latency
    Protocol.repo = reply(json.dumps(repository()).encode())
    others = {
        b"/v1/chat/completions": completion(), b"/v1/customers/cus_1": customer(), b"/api/v4/projects/4": project(),
        b"/rest/v1/items": rows(),
    }  # fmt: skip
    Protocol.others = {path: reply(json.dumps(body).encode()) for path, body in others.items()}
    Protocol.listing = pages(f"127.0.0.1:{port}")
    print(port, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1]) / 1000))
