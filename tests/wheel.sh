#!/usr/bin/env bash
# The wheel as a user gets it: tests/wheel.sh dist/unifykit-*.whl. Alone in a fresh environment, then with each extra alone.
set -euo pipefail
unset PYTHONDONTWRITEBYTECODE PYTHONPATH
wheel=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # so that no source tree is found instead of the wheel

fail() { printf 'wheel: %s\n' "$1" >&2; exit 1; }
environment() { # environment NAME REQUIREMENT: a fresh environment with one thing installed
    python3 -m venv --without-pip "$work/$1"
    python3 -m pip --python "$work/$1/bin/python" install -qq --disable-pip-version-check --no-compile "$2"
}

environment bare "$wheel"
bare/bin/python - <<'EOT' || fail "the wheel without extras"
import sys

import unifykit
from unifykit import MissingExtraError, Platforms

assert unifykit.__file__.startswith(sys.prefix), unifykit.__file__
from unifykit.settings import GitHubSettings

with Platforms(github=GitHubSettings(token="wheel")) as p:
    repr(p)
    try:
        p.github.native
    except MissingExtraError as error:
        assert "pip install 'unifykit[github]'" in str(error), error
        assert isinstance(error, ImportError)
    else:
        raise SystemExit("p.github.native works without PyGithub?")
print("bare: imports, Platforms(), the pip line")
EOT

code=0
bare/bin/unifykit doctor >out 2>err || code=$?
[ "$code" = 2 ] || fail "unifykit without its extra exits with $code instead of 2: $(cat out err)"
grep -qF "pip install 'unifykit[cli]'" err || fail "unifykit without its extra does not give the pip line: $(cat out err)"
[ ! -s out ] || fail "unifykit without its extra writes to standard output: $(cat out)"
echo "bare: the command gives the pip line and exits with 2"

use_extra() { # use_extra EXTRA: what the extra is for works with it alone, so nothing that it needs is another's
    environment "$1" "unifykit[$1] @ file://$wheel"
    "$1/bin/python" - "$1" <<'EOT'
import subprocess
import sys
from pathlib import Path

from unifykit import Platforms, settings

NOWHERE = "http://127.0.0.1:9"
GIVEN = {
    "github": lambda: settings.GitHubSettings(token="wheel"),
    "gitlab": lambda: settings.GitLabSettings(token="wheel"),
    "supabase": lambda: settings.SupabaseSettings(url=NOWHERE, key="wheel"),
    "stripe": lambda: settings.StripeSettings(secret_key="sk_test_wheel"),
    "openai": lambda: settings.OpenAISettings(api_key="wheel"),
    "redis": lambda: settings.RedisSettings(redis_url="redis://127.0.0.1:9"),
    "agora": lambda: settings.AgoraSettings(app_id="0" * 32, app_certificate="1" * 32, customer_id="a", customer_secret="b"),
    "logrocket": lambda: settings.LogRocketSettings(api_key="wheel:app:secret"),
    "mapbox": lambda: settings.MapboxSettings(access_token="pk.wheel"),
}


def platform(name):
    with Platforms(**{name: GIVEN[name]()}) as p:
        native = getattr(p, name).native
        return f"{type(native).__module__}.{type(native).__qualname__}"


def cli():
    command = Path(sys.executable).with_name("unifykit")
    return subprocess.run([command, "--version"], check=True, capture_output=True, text=True).stdout.strip()


def sandbox():
    from unifykit.sandbox import Sandbox

    with Sandbox() as running:
        return f"{len(running.kinds)} counterparts"


def otel():
    from unifykit.otel import OpenTelemetry

    return repr(OpenTelemetry)


def notebook():
    import pandas, rich, tqdm  # noqa: E401, F401

    return "pandas, rich, tqdm"


name = sys.argv[1]
told = platform(name) if name in GIVEN else {"cli": cli, "sandbox": sandbox, "otel": otel, "notebook": notebook}[name]()
print(f"{name}: {told}")
EOT
}

extras="github gitlab supabase stripe openai redis agora logrocket mapbox cli sandbox otel notebook"
export -f use_extra environment
export work wheel
echo $extras | tr ' ' '\n' | xargs -P 2 -I{} bash -euo pipefail -c 'use_extra {}' || fail "an extra alone"
