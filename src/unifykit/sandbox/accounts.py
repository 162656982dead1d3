"""The settings with which `Platforms` reaches a sandbox."""

from collections.abc import Iterator, Mapping
from typing import Any

from unifykit.errors import ConfigurationError


class Accounts(Mapping[str, Any]):
    """The accounts of one platform in a sandbox, and no others: nothing is looked up in the environment instead."""

    def __init__(self, provider: str, made: Mapping[str, Any]) -> None:
        self._provider = provider
        self._made = made

    def __getitem__(self, account: str) -> Any:
        if account not in self._made:
            has = ", ".join(self._made) or "none"
            raise ConfigurationError(
                f"the sandbox has no account {account!r} of {self._provider}; it has: {has}.", provider=self._provider
            )
        return self._made[account]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)
