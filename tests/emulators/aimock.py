"""OpenAI as npm `@copilotkit/aimock` plays it: it says what it was told to say, in the forms that OpenAI says it in.

https://www.npmjs.com/package/@copilotkit/aimock
"""

import json
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.emulators.processes import deno, environment, npm_cache, prepared, running

AIMOCK = "npm:@copilotkit/aimock@1.43.0"


def prepare(where: Path) -> None:
    """Bring aimock (npm) into `where`."""
    npm_cache(where, AIMOCK)


@contextmanager
def aimock(says: Sequence[Mapping[str, Any]], where: Path | None = None) -> Generator[str, None, None]:
    """Run aimock and give its address; what it was not told to answer is a 503, and any key is good.

    Args:
        says: What it answers to what, such as `{"match": {"userMessage": "hi"}, "response": {"content": "Hello!"}}`.
        where: The folder that `prepare` filled; `UNIFYKIT_EMULATORS` names it otherwise.

    Raises:
        EmulatorError: Not prepared, or it did not start.
    """
    home = prepared(where)

    def command(port: int, folder: Path) -> list[str]:
        told = folder / "told.json"
        told.write_text(json.dumps({"fixtures": list(says)}), "utf-8")
        permissions = [
            "--cached-only", "--no-prompt", "--no-config", f"--allow-net=127.0.0.1:{port}",
            f"--allow-read={home / 'cache'},{folder}", "--allow-env", "--allow-sys",
        ]  # fmt: skip
        options = ["--port", str(port), "--fixtures", str(told), "--strict", "--validate-on-load"]
        return [str(deno(home)), "run", *permissions, f"{AIMOCK}/llmock", *options]

    with running(command, answers="/v1/models", env=environment(home)) as (url, _):
        yield url
