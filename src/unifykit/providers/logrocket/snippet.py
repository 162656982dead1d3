"""The script that records a session in the browser.

https://docs.logrocket.com/docs/quickstart
"""

import json
from collections.abc import Mapping
from html import escape

SCRIPT = "https://cdn.logr-in.com/LogRocket.min.js"

_IN_SCRIPT = {ord(char): f"\\u{ord(char):04x}" for char in "<>&'\u2028\u2029"}
"""What would end a script or a text in it."""


def script_tags(
    app: str, user_id: str | None, traits: Mapping[str, object], *, mask_inputs: bool, release: str | None,
    nonce: str | None, src: str,
) -> str:  # fmt: skip
    """Two script elements for a page's head; everything in them is escaped."""
    options: dict[str, object] = {"dom": {"inputSanitizer": mask_inputs}}
    if release is not None:
        options["release"] = release
    calls = [f"window.LogRocket.init({_literal(app)}, {_literal(options)});"]
    if user_id is not None:
        calls.append(f"window.LogRocket.identify({_literal(user_id)}, {_literal(dict(traits))});")
    allowed = "" if nonce is None else f' nonce="{escape(nonce)}"'
    return (
        f'<script src="{escape(src)}" crossorigin="anonymous"{allowed}></script>\n'
        f"<script{allowed}>window.LogRocket && (function () {{ {' '.join(calls)} }})();</script>"
    )


def _literal(value: object) -> str:
    return json.dumps(value, ensure_ascii=True).translate(_IN_SCRIPT)
