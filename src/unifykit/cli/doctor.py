"""`unifykit doctor`: findings as a table or as JSON."""

import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unifykit import __version__
from unifykit.cli import show
from unifykit.cli.findings import Account, Finding, find, proxies


def run(*, live: bool, only: Sequence[str] | None, env_file: Path | None, as_json: bool) -> int:
    """Look, tell, and return the exit code."""
    found = find(only, env_file, live=live)
    ok = all(finding.ok for finding in found)
    if as_json:
        show.as_json(_data(found, ok=ok))
    else:
        _print(found)
    return 0 if ok else 1


def _data(found: Sequence[Finding], *, ok: bool) -> dict[str, Any]:
    return {
        "ok": ok,
        "unifykit": __version__,
        "python": platform.python_version(),
        "proxies": proxies(),
        "platforms": [{**asdict(finding), "ok": finding.ok} for finding in found],
    }


def _print(found: Sequence[Finding]) -> None:
    to = show.console()
    show.line(to, f"unifykit {__version__}, Python {platform.python_version()} ({platform.platform(terse=True)})")
    show.line(to, "proxies: " + (", ".join(f"{scheme} {url}" for scheme, url in proxies().items()) or "none"))
    show.line(to, "")
    show.table(to, "Extras", ("platform", "extra", "version", ""), [_extra(finding) for finding in found])
    rows = [row for finding in found for account in finding.accounts for row in _settings(finding, account)]
    if rows:
        show.table(to, "Settings", ("platform", "setting", "value", "from"), rows)
    rows = [row for finding in found for account in finding.accounts for row in _verdicts(finding, account)]
    if rows:
        show.table(to, "State", ("platform", "what", "verdict", "time", "detail"), rows)
    idle = ", ".join(finding.provider for finding in found if not finding.accounts)
    if idle:
        show.line(to, f"not configured: {idle}")
    broken = ", ".join(finding.provider for finding in found if not finding.ok)
    show.line(to, f"configured and broken: {broken}" if broken else "nothing that is configured is broken")


def _extra(finding: Finding) -> tuple[str, ...]:
    extra = finding.extra
    return finding.provider, extra.state, extra.version or "-", extra.detail


def _settings(finding: Finding, account: Account) -> list[tuple[str, ...]]:
    label = _label(finding, account)
    return [(label, setting.name, setting.value, setting.source) for setting in account.settings]


def _verdicts(finding: Finding, account: Account) -> list[tuple[str, ...]]:
    label = _label(finding, account)
    rows: list[tuple[str, ...]] = []
    if account.fault:
        rows.append((label, "settings", "broken", "-", account.fault))
    if account.reach is not None:
        rows.append(
            (label, "connection", _verdict(account.reach.ok), _time(account.reach.seconds), account.reach.detail)
        )
    if account.report is not None:
        rows += [
            (label, item.name, _verdict(item.ok), _time(item.seconds), " ".join(item.detail.split()))
            for item in account.report.items
        ]
    return rows


def _verdict(ok: bool) -> str:
    return "ok" if ok else "failed"


def _time(seconds: float) -> str:
    return f"{seconds:.2f} s"


def _label(finding: Finding, account: Account) -> str:
    return finding.provider if account.name == "default" else f"{finding.provider}[{account.name}]"
