"""Cut Supabase Auth's OpenAPI description down to what the sandbox speaks: python trim_supabase.py auth.openapi.yaml

The input is `openapi.yaml` of the repository supabase/auth. Kept are the operations named here with every component they
reference; prose, examples and vendor extensions are left out.
"""

import gzip
import json
import sys
from pathlib import Path

import yaml
from trim_openapi import references, stripped

OUTPUT = Path(__file__).with_name("supabase-auth-openapi.json.gz")
PATHS = "/admin/users /admin/users/{userId} /authorize /health /logout /recover /settings /signup /token /user"
LOOSE = ("ErrorSchema",)
"""What no kept path refers to by a plain reference: refusals."""


def trimmed(description):
    result = {
        "openapi": description["openapi"],
        "info": {"title": description["info"]["title"], "version": str(description["info"]["version"])},
        "paths": {path: stripped(description["paths"][path]) for path in PATHS.split()},
        "components": {},
    }
    todo = [*references(result["paths"]), *(f"#/components/schemas/{name}" for name in LOOSE)]
    while todo:
        _, _, kind, name = todo.pop().split("/")
        group = result["components"].setdefault(kind, {})
        if name not in group:
            group[name] = stripped(description["components"][kind][name])
            todo.extend(references(group[name]))
    return result


def main(source):
    description = yaml.safe_load(Path(source).read_text())
    text = json.dumps(trimmed(description), separators=(",", ":"), sort_keys=True)
    OUTPUT.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


if __name__ == "__main__":
    main(sys.argv[1])
