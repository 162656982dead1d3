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

build_native() { # build_native EXTRA: what `p.EXTRA.native` needs is in the extra, and nothing else's is
    environment "$1" "unifykit[$1] @ file://$wheel"
    "$1/bin/python" - "$1" <<'EOT'
import sys

from unifykit import Platforms, settings

name = sys.argv[1]
given = {
    "github": lambda: settings.GitHubSettings(token="wheel"),
    "gitlab": lambda: settings.GitLabSettings(token="wheel"),
    "supabase": lambda: settings.SupabaseSettings(url="http://127.0.0.1:9", key="wheel"),
    "stripe": lambda: settings.StripeSettings(secret_key="sk_test_wheel"),
    "openai": lambda: settings.OpenAISettings(api_key="wheel"),
    "redis": lambda: settings.RedisSettings(redis_url="redis://127.0.0.1:9"),
}[name]()
with Platforms(**{name: given}) as p:
    native = getattr(p, name).native
    print(f"{name}: {type(native).__module__}.{type(native).__qualname__}")
EOT
}

for extra in github gitlab supabase stripe openai redis; do
    build_native "$extra" || fail "the extra $extra alone"
done
