"""The HTML of a sandbox's page: no asset from elsewhere, and everything that came from outside is escaped."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from html import escape
from typing import Any

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 76rem; padding: 0 1rem; color: #222; background: #fff }
table { border-collapse: collapse; width: 100%; margin-bottom: 2rem }
th, td { text-align: left; vertical-align: top; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid #ddd }
code, td.path { font: 13px ui-monospace, monospace; overflow-wrap: anywhere }
small { color: #666 } form { display: inline } .bad { color: #b00 }
@media (prefers-color-scheme: dark) { body { color: #ddd; background: #181a1b } th, td { border-color: #444 } .bad { color: #f77 } }
"""
_SCRIPT = """
const body = document.getElementById("requests");
async function look() {
  const found = await (await fetch("/requests")).json();
  body.replaceChildren(...found.map(one => {
    const row = document.createElement("tr");
    const cells = [new Date(one.at * 1000).toISOString().slice(11, 23), one.platform, one.method, one.path, one.status, (one.seconds * 1000).toFixed(1)];
    row.append(...cells.map(cell => { const td = document.createElement("td"); td.textContent = cell; return td }));
    row.children[3].className = "path";
    return row;
  }));
}
setInterval(() => { if (!document.hidden) look().catch(() => {}) }, 2000);
"""
_FAILED = 400


def sheet(
    state: Mapping[str, Any], requests: Iterable[Mapping[str, Any]], taken: Iterable[str], token: str, nonce: str
) -> str:
    """The whole page."""
    parts = "".join(_part(name, one) for name, one in state.items())
    rows = "".join(_request(one) for one in requests)
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>unifykit sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><style nonce="{nonce}">{_STYLE}</style></head><body>
<h1>unifykit sandbox</h1>
<p>{_button("reset", "Reset everything", token)} {_button("snapshot", "Take a snapshot", token, '<input name="name" placeholder="its name" maxlength="80">')}</p>
{_snapshots(taken, token)}
<h2>Counterparts</h2>
<table><thead><tr><th>platform</th><th>holds</th><th>requests</th><th>planned to go wrong</th></tr></thead><tbody>{parts}</tbody></table>
<h2>Last requests</h2>
<table><thead><tr><th>UTC</th><th>platform</th><th>method</th><th>path</th><th>status</th><th>ms</th></tr></thead>
<tbody id="requests">{rows}</tbody></table>
<p><small>The same as JSON: <a href="/state">/state</a>, <a href="/requests">/requests</a>. Redis's commands are not in the list.</small></p>
<script nonce="{nonce}">{_SCRIPT}</script></body></html>
"""


def _button(action: str, label: str, token: str, fields: str = "") -> str:
    hidden = f'<input type="hidden" name="token" value="{escape(token)}">'
    return f'<form method="post" action="/{action}">{hidden}{fields} <button>{escape(label)}</button></form>'


def _snapshots(taken: Iterable[str], token: str) -> str:
    rows = "".join(
        f"<li>{escape(name)} {_button('restore', 'Go back', token, _number(number))}</li>"
        for number, name in enumerate(taken)
    )
    return f"<h2>Snapshots</h2><ul>{rows}</ul>" if rows else ""


def _number(number: int) -> str:
    return f'<input type="hidden" name="number" value="{number}">'


def _part(name: str, one: Mapping[str, Any]) -> str:
    urls = " ".join(f"<code>{escape(url)}</code>" for url in one["urls"].values())
    held = "<br>".join(
        f"{held['count']} {escape(what)} <small>{escape(', '.join(held['last']))}</small>"
        for what, held in one["holds"].items()
        if held["count"]
    )
    asked = "" if one["requests"] is None else one["requests"]
    faults = "<br>".join(escape(fault) for fault in one["faults"])
    title = f"<b>{escape(name)}</b><br><small>{escape(one['kind'])}</small><br>{urls}"
    return f"<tr><td>{title}</td><td>{held}</td><td>{asked}</td><td>{faults}</td></tr>"


def _request(one: Mapping[str, Any]) -> str:
    moment = datetime.fromtimestamp(one["at"], UTC).strftime("%H:%M:%S.%f")[:-3]
    bad = ' class="bad"' if one["status"] >= _FAILED or not one["status"] else ""
    return (
        f"<tr><td>{moment}</td><td>{escape(one['platform'])}</td><td>{escape(one['method'])}</td>"
        f'<td class="path">{escape(one["path"])}</td><td{bad}>{one["status"]}</td><td>{one["seconds"] * 1000:.1f}</td></tr>'
    )
