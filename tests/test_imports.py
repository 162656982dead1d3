"""What is not used is not loaded."""

import json
import subprocess
import sys

import pytest

HEAVY = {
    "anyio", "asyncio", "concurrent", "dotenv", "github", "gitlab", "httpcore", "httpx", "httpx2", "openai", "pandas", "pydantic",
    "pydantic_settings", "redis", "requests", "ssl", "stripe", "supabase", "tenacity", "tqdm", "urllib3",
}  # fmt: skip


def loaded_by(code):
    """The heavy packages that a fresh interpreter has loaded after running `code`."""
    program = f"{code}\nimport json, sys\nprint(json.dumps(sorted({{name.partition('.')[0] for name in sys.modules}})))"
    ran = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    return HEAVY & set(json.loads(ran.stdout.splitlines()[-1]))


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("import unifykit", set()),
        ("from unifykit import NotFoundError, Retry, RateLimit, Breaker", set()),
        ("from unifykit import Platforms; Platforms()", set()),
        ("from unifykit import AsyncPlatforms; AsyncPlatforms(retry=None)", set()),
        ("from unifykit import deadline; deadline(1)", set()),
    ],
)
def test_nothing_heavy_is_loaded_before_a_platform_is_used(code, expected):
    assert loaded_by(code) == expected


def test_the_guard_sees_what_is_loaded():
    assert "httpx" in loaded_by("import httpx")
