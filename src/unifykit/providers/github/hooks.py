"""Webhooks of a repository.

https://docs.github.com/en/rest/repos/webhooks
"""

from collections.abc import Sequence
from typing import Literal

from unifykit._core.arguments import choice, given, numbered
from unifykit._core.mode import M
from unifykit._core.operation import IDEMPOTENT, SAFE, UNSAFE, operation, paged
from unifykit.errors import InvalidRequestError
from unifykit.paging import Page
from unifykit.providers.github.arguments import names, slug, web_address
from unifykit.providers.github.models import Hook
from unifykit.providers.github.resource import Cursor, GitHubResource

ContentType = Literal["json", "form"]


def _path(repo: str, hook_id: int) -> str:
    return f"{slug(repo)}/hooks/{numbered(hook_id, 'hook id')}"


class Hooks(GitHubResource[M]):
    """`p.github.hooks`: webhooks of a repository. What they deliver is checked with `unifykit.webhooks.verify`."""

    @operation(UNSAFE)
    async def create(
        self,
        repo: str,
        *,
        url: str,
        events: Sequence[str] = ("push",),
        secret: str | None = None,
        content_type: ContentType = "json",
        active: bool = True,
    ) -> Hook:
        """Have GitHub deliver events to a URL.

        https://docs.github.com/en/rest/repos/webhooks#create-a-repository-webhook

        Args:
            repo: Owner and name.
            url: Where to deliver.
            events: Their names, such as ``"push"`` and ``"issues"``; ``["*"]`` means all.
            secret: What deliveries are signed with; GitHub never shows it again.
            content_type: ``"json"`` or ``"form"``.
            active: Whether it delivers.

        Raises:
            InvalidRequestError: There is such a hook already, or GitHub does not know an event.

        Example:
            >>> p.github.hooks.create("octocat/hello-world", url="https://example.com/hook", events=["push"]).active
            True
        """
        choice(content_type, ContentType, "content_type")
        wanted = names(events, "events")
        if not wanted:
            raise InvalidRequestError("events is empty: name one, such as 'push', or '*' for all.")
        config = given(url=web_address(url), content_type=content_type, secret=secret, insecure_ssl="0")
        fields = {"name": "web", "active": active, "events": wanted, "config": config}
        return Hook.model_validate_json((await self.fetch("POST", f"{slug(repo)}/hooks", body=fields)).body)

    @paged
    async def list(self, cursor: Cursor | None, repo: str) -> Page[Hook, Cursor]:
        """The webhooks of a repository; secrets are masked.

        https://docs.github.com/en/rest/repos/webhooks#list-repository-webhooks

        Args:
            repo: Owner and name.

        Example:
            >>> p.github.hooks.list("octocat/hello-world").collect()
            []
        """
        return await self.fetch_page(Hook, cursor, f"{slug(repo)}/hooks")

    @operation(SAFE)
    async def get(self, repo: str, hook_id: int) -> Hook:
        """One webhook, with how its last delivery went.

        https://docs.github.com/en/rest/repos/webhooks#get-a-repository-webhook

        Args:
            repo: Owner and name.
            hook_id: Its id.

        Raises:
            NotFoundError: There is no such hook.

        Example:
            >>> hook = p.github.hooks.create("octocat/hello-world", url="https://example.com/hook")
            >>> p.github.hooks.get("octocat/hello-world", hook.id).events
            ('push',)
        """
        return Hook.model_validate_json((await self.fetch("GET", _path(repo, hook_id))).body)

    @operation(UNSAFE)
    async def test(self, repo: str, hook_id: int) -> None:
        """Deliver the latest push to the hook, if it listens to pushes.

        https://docs.github.com/en/rest/repos/webhooks#test-the-push-repository-webhook

        Args:
            repo: Owner and name.
            hook_id: Its id.

        Raises:
            NotFoundError: There is no such hook.

        Example:
            >>> hook = p.github.hooks.create("octocat/hello-world", url="https://example.com/hook", active=False)
            >>> p.github.hooks.test("octocat/hello-world", hook.id)
        """
        await self.fetch("POST", f"{_path(repo, hook_id)}/tests")

    @operation(UNSAFE)
    async def ping(self, repo: str, hook_id: int) -> None:
        """Deliver a ping to the hook.

        https://docs.github.com/en/rest/repos/webhooks#ping-a-repository-webhook

        Args:
            repo: Owner and name.
            hook_id: Its id.

        Raises:
            NotFoundError: There is no such hook.

        Example:
            >>> hook = p.github.hooks.create("octocat/hello-world", url="https://example.com/hook", active=False)
            >>> p.github.hooks.ping("octocat/hello-world", hook.id)
        """
        await self.fetch("POST", f"{_path(repo, hook_id)}/pings")

    @operation(IDEMPOTENT)
    async def delete(self, repo: str, hook_id: int) -> None:
        """Delete a webhook.

        https://docs.github.com/en/rest/repos/webhooks#delete-a-repository-webhook

        Args:
            repo: Owner and name.
            hook_id: Its id.

        Raises:
            NotFoundError: There is no such hook.

        Example:
            >>> hook = p.github.hooks.create("octocat/hello-world", url="https://example.com/hook", active=False)
            >>> p.github.hooks.delete("octocat/hello-world", hook.id)
        """
        await self.fetch("DELETE", _path(repo, hook_id))
