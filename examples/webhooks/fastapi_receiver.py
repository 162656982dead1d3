"""Webhooks in FastAPI: proven to come from their sender, fresh, and each handled once among all processes.

    pip install fastapi uvicorn 'unifykit[redis]'
    uvicorn --app-dir examples/webhooks fastapi_receiver:app

Set REDIS_URL, and GITHUB_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET, … for the senders that you have; several secrets, separated by
spaces, while one is being replaced. A sender delivers to /hooks/github, /hooks/stripe, …
"""

import logging
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import get_args

from fastapi import FastAPI, HTTPException, Request

from unifykit import AsyncPlatforms, ConflictError, WebhookVerificationError, webhooks

log = logging.getLogger("uvicorn.error")
p = AsyncPlatforms()
secrets = {
    sender: os.environ.get(f"{sender.upper()}_WEBHOOK_SECRET", "").split() for sender in get_args(webhooks.Provider)
}


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """Close the connections when the server stops."""
    async with p:
        yield


app = FastAPI(lifespan=lifespan)


async def handle(event: webhooks.WebhookEvent) -> str:
    """Do the work of one event."""
    log.warning("%s says %s (%s)", event.provider, event.type, event.id)
    return "done"


@app.post("/hooks/{sender}", status_code=204)
async def receive(sender: webhooks.Provider, request: Request) -> None:
    """Check a delivery, and handle it unless that was done."""
    if not secrets[sender]:
        raise HTTPException(404, "nobody delivers here")
    try:
        event = webhooks.verify(sender, request.headers, await request.body(), secrets[sender])
    except WebhookVerificationError as error:
        raise HTTPException(400, error.message) from None
    try:  # a handler that fails frees the key, and the sender's next attempt is handled
        key = f"webhook:{sender}:{event.id}"
        await p.redis.idempotency.once(key, lambda: handle(event), ttl=webhooks.REMEMBER, lease=60)
    except ConflictError:
        raise HTTPException(409, "another process is at it") from None
