"""Webhooks in Flask: proven to come from their sender, fresh, and each handled once among all processes.

    pip install flask 'unifykit[redis]'
    flask --app examples/webhooks/flask_receiver.py run

Set REDIS_URL, and GITHUB_WEBHOOK_SECRET, STRIPE_WEBHOOK_SECRET, … for the senders that you have; several secrets, separated by
spaces, while one is being replaced. A sender delivers to /hooks/github, /hooks/stripe, …
"""

import os
from typing import get_args

from flask import Flask, Response, request

from unifykit import ConflictError, Platforms, WebhookVerificationError, webhooks

app = Flask(__name__)
p = Platforms()
secrets = {
    sender: os.environ.get(f"{sender.upper()}_WEBHOOK_SECRET", "").split() for sender in get_args(webhooks.Provider)
}


def handle(event: webhooks.WebhookEvent) -> str:
    """Do the work of one event."""
    app.logger.warning("%s says %s (%s)", event.provider, event.type, event.id)
    return "done"


@app.post("/hooks/<sender>")
def receive(sender: webhooks.Provider) -> Response:
    """Check a delivery, and handle it unless that was done."""
    if not secrets.get(sender):
        return Response("nobody delivers here", 404)
    try:
        event = webhooks.verify(sender, request.headers, request.get_data(), secrets[sender])
    except WebhookVerificationError as error:
        return Response(error.message, 400)
    try:  # a handler that fails frees the key, and the sender's next attempt is handled
        key = f"webhook:{sender}:{event.id}"
        p.redis.idempotency.once(key, lambda: handle(event), ttl=webhooks.REMEMBER, lease=60)
    except ConflictError:
        return Response("another process is at it", 409)
    return Response(status=204)
