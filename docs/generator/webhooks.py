"""The page of the webhook door."""

from generator.classes import class_
from generator.docstrings import markdown
from generator.source import signature
from unifykit import webhooks


def page() -> str:
    """The whole page."""
    made = signature(webhooks.verify)
    verify = f"## verify\n\n```text\n{made.call('verify')} -> {made.returns}\n```\n\n{markdown(webhooks.verify)}"
    return "\n\n".join(["# Webhooks", markdown(webhooks), verify, class_(webhooks.WebhookEvent)])
