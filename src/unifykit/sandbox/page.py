"""The page of a sandbox: what its counterparts hold, what they were asked, and buttons to go back.

It says nothing to another site: requests must name this very host, and what changes something needs a token from the
page and this very origin.
"""

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from unifykit._core.extras import extra
from unifykit.sandbox.sheet import sheet

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from unifykit.sandbox.counterparts import Counterpart
    from unifykit.sandbox.launcher import Sandbox
    from unifykit.sandbox.snapshots import Snapshot

_SHOWN = 200


class Page:
    """The running page; it answers when this is built, and is gone when `close` returns.

    Args:
        sandbox: What its buttons act on.
        parts: What it shows.

    Attributes:
        url: Where it answers.
    """

    def __init__(self, sandbox: "Sandbox", parts: Mapping[str, "Counterpart"]) -> None:
        with extra("sandbox", ("uvicorn", "starlette")):
            from starlette.applications import Starlette
            from starlette.routing import Route

            from unifykit.sandbox.serving import Serving
        self._sandbox, self._parts = sandbox, parts
        self._token = secrets.token_urlsafe(16)
        self._taken: list[tuple[str, Snapshot]] = []
        acts = [Route(f"/{name}", self._act, methods=["POST"]) for name in ("reset", "snapshot", "restore")]
        looks = [Route("/", self._html), Route("/state", self._state), Route("/requests", self._requests)]
        self._serving = Serving(Starlette(routes=[*looks, *acts]))
        self.url: str = self._serving.url

    def close(self) -> None:
        """Stop."""
        self._serving.close()

    def state(self) -> dict[str, Any]:
        """What each counterpart is, holds, and what is planned to go wrong with it."""
        return {name: self._of(part) for name, part in self._parts.items()}

    def requests(self) -> list[dict[str, Any]]:
        """The last requests of all counterparts, the youngest first, without credentials."""
        values = {value for part in self._parts.values() for one in part.accounts.values() for value in one.values()}
        secret = [value for value in values if "://" not in value]
        found = [seen for part in self._parts.values() if part.gate for seen in part.gate.log.last(secret)]
        return [asdict(seen) for seen in sorted(found, key=lambda seen: -seen.at)[:_SHOWN]]

    @staticmethod
    def _of(part: "Counterpart") -> dict[str, Any]:
        held = {name: {"count": count, "last": list(last)} for name, (count, last) in part.shown().items()}
        urls = {name: value for name, value in part.accounts["default"].items() if "://" in value}
        asked = part.gate.log.total if part.gate else None
        return {"kind": part.kind, "holds": held, "urls": urls, "requests": asked, "faults": part.planned}

    # Plain functions, which the server runs in threads: what they ask of other servers may take a moment.

    def _html(self, request: "Request") -> "Response":
        from starlette.responses import HTMLResponse

        if not self._at_home(request):
            return _refused()
        nonce = secrets.token_urlsafe(12)
        policy = f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        text = sheet(self.state(), self.requests(), [name for name, _ in self._taken], self._token, nonce)
        headers = {"Content-Security-Policy": policy, "Referrer-Policy": "no-referrer", "Cache-Control": "no-store"}
        return HTMLResponse(text, headers={**headers, "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY"})

    def _state(self, request: "Request") -> "Response":
        return _json(self.state()) if self._at_home(request) else _refused()

    def _requests(self, request: "Request") -> "Response":
        return _json(self.requests()) if self._at_home(request) else _refused()

    async def _act(self, request: "Request") -> "Response":
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import PlainTextResponse, RedirectResponse

        given = {name: values[-1] for name, values in parse_qs((await request.body()).decode("latin-1")).items()}
        here = f"http://{request.headers.get('host')}"
        same = hmac.compare_digest(given.get("token", "").encode(), self._token.encode())
        if not self._at_home(request) or request.headers.get("origin", here) != here or not same:
            return _refused()
        done = await run_in_threadpool(self._do, request.url.path.strip("/"), given)
        return RedirectResponse("/", 303) if done else PlainTextResponse("There is no such snapshot.", 404)

    def _do(self, what: str, given: Mapping[str, str]) -> bool:
        if what == "reset":
            self._sandbox.reset()
        elif what == "snapshot":
            name = given.get("name", "").strip()[:80] or f"snapshot {len(self._taken) + 1}"
            self._taken.append((name, self._sandbox.snapshot()))
        else:
            number = given.get("number", "")
            if not number.isdecimal() or int(number) >= len(self._taken):
                return False
            self._sandbox.restore(self._taken[int(number)][1])
        return True

    def _at_home(self, request: "Request") -> bool:
        """Whether the browser was told to come here, and not led by a name that another site gave this address."""
        port = self.url.rpartition(":")[2]
        return request.headers.get("host") in (f"127.0.0.1:{port}", f"localhost:{port}")


def _json(value: Any) -> "Response":
    from starlette.responses import JSONResponse

    return JSONResponse(value, headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"})


def _refused() -> "Response":
    from starlette.responses import PlainTextResponse

    return PlainTextResponse("This page answers to its own address and its own buttons only.", 403)
