"""What `unifykit doctor` finds out: plain data, without a word on how to show it."""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args
from urllib.parse import urlsplit
from urllib.request import getproxies

from pydantic import SecretStr

from unifykit import settings
from unifykit.cli.extras import Extra, examine
from unifykit.cli.reach import Reach, reach
from unifykit.errors import ConfigurationError, InvalidRequestError, UnifyError
from unifykit.platforms import PROVIDERS, Platforms

if TYPE_CHECKING:
    from unifykit._core.check import CheckReport

_ANY = "ANYACCOUNT"
_SECRET = "set (secret)"  # noqa: S105 -- what is shown instead of one


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting that has a value.

    Attributes:
        name: Its name.
        value: The value; for a secret only that it is set.
        source: The variable that it comes from, with the file's name where it is not the environment, or ``"default"``.
    """

    name: str
    value: str
    source: str


@dataclass(slots=True)
class Account:
    """One configured account of a platform.

    Attributes:
        name: ``"default"``, or the name under which `p.github["name"]` gives it.
        settings: Its settings.
        fault: Why its settings cannot be used.
        reach: What came of connecting to its host.
        report: What its check answered, with ``--live``.
    """

    name: str
    settings: list[Setting]
    fault: str = ""
    reach: Reach | None = None
    report: "CheckReport | None" = None

    @property
    def ok(self) -> bool:
        """Whether nothing that was looked at is broken."""
        reached = self.reach is None or self.reach.ok
        checked = self.report is None or self.report.ok or not self.report.items
        return not self.fault and reached and checked


@dataclass(slots=True)
class Finding:
    """What was found of one platform."""

    provider: str
    extra: Extra
    accounts: list[Account] = field(default_factory=list[Account])

    @property
    def ok(self) -> bool:
        """False if it is configured and broken; what is not configured is no fault."""
        return not self.accounts or (self.extra.state == "installed" and all(account.ok for account in self.accounts))


def find(only: Sequence[str] | None, env_file: Path | None, *, live: bool) -> list[Finding]:
    """Look at each platform; hosts are connected to side by side."""
    unknown = [name for name in only or () if name not in PROVIDERS]
    if unknown:
        raise InvalidRequestError(f"there is no platform {', '.join(unknown)}; there are: {', '.join(PROVIDERS)}.")
    told = settings.environment(env_file)
    found = [Finding(name, examine(name), _accounts(name, told, env_file)) for name in only or PROVIDERS]
    _connect([(finding.provider, account) for finding in found for account in finding.accounts], told)
    if live:
        _ask(found, env_file)
    return found


def proxies() -> dict[str, str]:
    """The proxies in effect by scheme, without the names and passwords that they may carry."""
    return {
        scheme: url if scheme == "no" else _without_credentials(url) for scheme, url in sorted(getproxies().items())
    }


def _accounts(provider: str, told: Mapping[str, str], env_file: Path | None) -> list[Account]:
    model = _model(provider)
    names = [None] if any(model.find(name, told) for name in model.required) else []
    return [_account(model, name, told, env_file) for name in [*names, *_named(model, told)]]


def _named(model: type[settings.ProviderSettings], told: Mapping[str, str]) -> Iterator[str]:
    """The accounts that the environment names: `UNIFYKIT_GITHUB_BOT_TOKEN` names "bot"."""
    seen: set[str] = set()
    for name in model.required:
        pattern = re.compile(model.variables(name, _ANY)[0].replace(_ANY, r"(\w+)"))
        others = {variable for field in model.model_fields for variable in model.variables(field)}
        seen |= {match[1].lower() for text in told if text not in others and (match := pattern.fullmatch(text))}
    yield from sorted(seen)


def _account(
    model: type[settings.ProviderSettings], name: str | None, told: Mapping[str, str], env_file: Path | None
) -> Account:
    fault = ""
    try:
        made = model.read(told, name)
    except ConfigurationError as error:
        made, fault = None, error.message
    shown = [
        Setting(field, _shown(model, field, made), _source(model.find(field, told, name), env_file))
        for field in model.model_fields
        if model.find(field, told, name) or (made is not None and _default(made, field))
    ]
    return Account(name or "default", shown, fault)


def _default(made: settings.ProviderSettings, field: str) -> bool:
    return getattr(made, field) not in (None, False, "")


def _shown(model: type[settings.ProviderSettings], field: str, made: settings.ProviderSettings | None) -> str:
    kind = model.model_fields[field].annotation
    if SecretStr in (kind, *get_args(kind)):
        return _SECRET
    if made is None:
        return "set"  # what is malformed may be a secret in the wrong place
    value = str(getattr(made, field))
    return _without_credentials(value) if "://" in value else value


def _source(variable: str | None, env_file: Path | None) -> str:
    if variable is None:
        return "default"
    return variable if env_file is None or variable in os.environ else f"{variable} in {env_file}"


def _connect(accounts: Sequence[tuple[str, Account]], told: Mapping[str, str]) -> None:
    usable = [(provider, account) for provider, account in accounts if not account.fault]
    if not usable:
        return
    with ThreadPoolExecutor(len(usable)) as threads:
        urls = [_url(provider, account.name, told) for provider, account in usable]
        for (_, account), result in zip(usable, threads.map(reach, urls), strict=True):
            account.reach = result


def _url(provider: str, account: str, told: Mapping[str, str]) -> str:
    made: Any = _model(provider).read(told, None if account == "default" else account)
    for name in ("base_url", "url"):
        if hasattr(made, name):
            return str(getattr(made, name))
    return str(made.redis_url.get_secret_value())


def _ask(found: Sequence[Finding], env_file: Path | None) -> None:
    with Platforms(env_file=env_file) as p:
        for finding in found:
            for account in finding.accounts:
                if finding.extra.state == "installed" and not account.fault:
                    _check(p, finding.provider, account)


def _check(p: Platforms, provider: str, account: Account) -> None:
    from unifykit._core.check import CheckItem, CheckReport

    try:
        client: Any = getattr(p, provider)
        account.report = (client if account.name == "default" else client[account.name]).check()
    except UnifyError as error:
        account.report = CheckReport(provider, (CheckItem("check", False, str(error), 0.0),))


def _model(provider: str) -> type[settings.ProviderSettings]:
    model: type[settings.ProviderSettings] = getattr(settings, PROVIDERS[provider][1])
    return model


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
