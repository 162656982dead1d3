"""One request as the handlers see it, and what they answer."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlencode

from .errors import Refusal, forbidden, invalid_request, moved, not_found, not_implemented

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .links import Links
    from .quota import Quota, Window
    from .state import Account, Issue, Repository, World

_Kind = TypeVar("_Kind")
_JSON_NAMES: dict[type, str] = {
    str: "a string",
    bool: "a boolean",
    int: "an integer",
    list: "an array",
    dict: "an object",
}
NO_RIGHTS = "Resource not accessible by personal access token"
ADMIN_ONLY = "Must have admin rights to Repository."


@dataclass
class Reply:
    """What goes back: JSON, raw bytes, or nothing."""

    body: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict[str, str])
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"


def no_content(status: int = 204) -> Reply:
    """Answer without a body.

    Args:
        status: 204 unless the operation has another.

    Returns:
        The reply.
    """
    return Reply(status=status, raw=b"")


@dataclass
class Call:
    """One request."""

    world: World
    method: str
    path: str
    params: Mapping[str, Any]
    query: Mapping[str, str]
    accept: str
    content: bytes
    links: Links
    viewer: Account | None
    quota: Quota
    caller: str
    window: Window

    @property
    def now(self) -> datetime:
        """The moment of the request."""
        return self.world.clock()

    @property
    def user(self) -> Account:
        """The caller, on a route that needs one."""
        assert self.viewer is not None
        return self.viewer

    @cached_property
    def json(self) -> Any:
        """The body, whatever JSON it is; an empty body counts as an empty object."""
        try:
            return json.loads(self.content) if self.content.strip() else {}
        except ValueError:
            raise Refusal(400, "Problems parsing JSON") from None

    @cached_property
    def body(self) -> dict[str, Any]:
        """The body, which must be an object."""
        value = self.json
        if not isinstance(value, dict):
            raise Refusal(400, "Body should be a JSON object")
        return cast("dict[str, Any]", value)

    @cached_property
    def repo(self) -> Repository:
        """The repository of the path, or 404: what one may not see is not there."""
        repo = self.world.repo(self.params["owner"], self.params["repo"])
        if repo is None:
            raise self._moved()
        if not repo.allows(self.viewer, "read"):
            raise not_found()
        return repo

    def _moved(self) -> Refusal:
        """Lead from a repository's old name to the repository, or say that there is nothing."""
        named = f"/repos/{self.params['owner']}/{self.params['repo']}"
        repo = self.world.moved.get(named.removeprefix("/repos/").lower())
        if (
            repo is None
            or self.world.repo(repo.owner.login, repo.name) is not repo
            or not repo.allows(self.viewer, "read")
        ):
            return not_found()
        rest = self.path.removeprefix(named) + (f"?{urlencode(self.query)}" if self.query else "")
        return moved(self.links(f"/repositories/{repo.id}{rest}"), safe=self.method in ("GET", "HEAD"))

    def repo_for(self, level: str, message: str = NO_RIGHTS) -> Repository:
        """Give the repository if the caller may do this.

        Args:
            level: What is needed.
            message: What GitHub says to those who may not; empty for a plain 404.

        Returns:
            The repository.
        """
        if not self.repo.allows(self.viewer, level):
            raise forbidden(message) if message else not_found()
        return self.repo

    def issue(self, *, pull: bool = False) -> Issue:
        """Give the issue or pull request of the path, or 404.

        Args:
            pull: Whether only a pull request will do.

        Returns:
            The issue.
        """
        issue = self.repo.issues.get(self.params["number"])
        if issue is None or (pull and issue.pull is None):
            raise not_found()
        return issue

    def field(self, name: str, kind: type[_Kind]) -> _Kind | None:
        """Read an optional field of the body, of the right type.

        Args:
            name: The field.
            kind: Its type.

        Returns:
            The value; None when absent or null.
        """
        value = self.body.get(name)
        if value is None:
            return None
        # To JSON a boolean is no number, to Python it is.
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise invalid_request(f"For 'properties/{name}', {json.dumps(value)} is not {_JSON_NAMES[kind]}.")
        return value

    def need(self, name: str) -> str:
        """Read a text field the operation cannot do without.

        Args:
            name: The field.

        Returns:
            The value.
        """
        value = self.field(name, str)
        if value is None:
            raise invalid_request(f'"{name}" wasn\'t supplied.')
        return value

    def texts(self, name: str) -> list[str] | None:
        """Read an optional list of strings.

        Args:
            name: The field.

        Returns:
            The strings; None when absent.
        """
        values = cast("list[Any] | None", self.field(name, list))
        for value in values or []:
            if not isinstance(value, str):
                raise invalid_request(f"For 'items', {json.dumps(value)} is not a string.")
        return values

    def choice(self, name: str, allowed: Sequence[str], default: str) -> str:
        """Read a query parameter that has a fixed set of values; GitHub takes the default for any other.

        Args:
            name: The parameter.
            allowed: Its values.
            default: What holds without it.

        Returns:
            One of the values.
        """
        value = self.query.get(name, default)
        return value if value in allowed else default

    def since(self, name: str = "since") -> datetime | None:
        """Read a moment from the query.

        Args:
            name: The parameter.

        Returns:
            The moment; None when absent.
        """
        text = self.query.get(name)
        if text is None:
            return None
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            raise invalid_request(f"For '{name}', {json.dumps(text)} is not a date-time.") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=self.now.tzinfo)

    def unsupported(self, *names: str) -> None:
        """Refuse query parameters the sandbox would otherwise silently pass over.

        Args:
            names: The parameters.
        """
        for name in names:
            if name in self.query:
                raise not_implemented(f"{self.method} {self.path} with the parameter {name}")

    @cached_property
    def media(self) -> str:
        """The representation asked for: json, raw, diff, patch, html, sha, object or another.

        https://docs.github.com/en/rest/using-the-rest-api/getting-started-with-the-rest-api#media-types
        """
        for part in self.accept.split(","):
            kind = part.partition(";")[0].strip().removeprefix("application/vnd.github.").removeprefix("v3.")
            if kind.removesuffix("+json") in ("raw", "diff", "patch", "html", "sha", "object"):
                return kind.removesuffix("+json")
        return "json"
