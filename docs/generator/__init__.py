"""The pages that the code itself can tell. Every page is a function of the code, so a second run changes nothing."""

from collections.abc import Callable

from generator import classes, cli, conformance, errors, operations, sandbox, settings, support, webhooks
from generator.walk import providers_with_operations

HEAD = "<!-- Written by docs/generate.py from the code; edit the code. -->\n\n"

_PAGES: dict[str, Callable[[], str]] = {
    "reference/settings.md": settings.page,
    "reference/errors.md": errors.page,
    "reference/platforms.md": classes.platforms,
    "reference/policies.md": classes.policies,
    "reference/paging.md": classes.paging,
    "reference/events.md": classes.events,
    "reference/testing.md": classes.testing,
    "reference/webhooks.md": webhooks.page,
    "reference/cli.md": cli.page,
    "reference/conformance.md": conformance.page,
    "reference/sandbox.md": sandbox.page,
    "support.md": support.page,
}


def pages() -> dict[str, str]:
    """The text of every generated page, by its path in docs/."""
    found = {name: page() for name, page in _PAGES.items()}
    found |= {f"reference/{name}.md": operations.page(name) for name in providers_with_operations()}
    return {name: HEAD + text.strip() + "\n" for name, text in found.items()}
