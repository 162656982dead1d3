"""Cut Supabase Auth's OpenAPI description down to what the sandbox speaks: python trim_supabase.py auth.openapi.yaml

The input is `openapi.yaml` of the repository supabase/auth. Kept are the operations named here with every component they
reference; prose, examples and vendor extensions are left out.
"""

import sys
from pathlib import Path

import yaml
from trim_openapi import kept, write

OUTPUT = Path(__file__).with_name("supabase-auth-openapi.json.gz")
PATHS = "/admin/users /admin/users/{userId} /authorize /health /logout /recover /settings /signup /token /user"
LOOSE = ("ErrorSchema",)
"""What no kept path refers to by a plain reference: refusals."""


def main(source):
    write(OUTPUT, kept(yaml.safe_load(Path(source).read_text()), PATHS.split(), LOOSE))


if __name__ == "__main__":
    main(sys.argv[1])
