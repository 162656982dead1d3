"""Write octokit-webhooks.json.gz and octokit-fixtures.json.gz from the two unpacked npm packages.

    npm pack @octokit/webhooks-examples@7.6.1
    npm pack @octokit/fixtures@23.1.2
    mkdir webhooks fixtures
    tar xzf octokit-webhooks-examples-7.6.1.tgz -C webhooks
    tar xzf octokit-fixtures-23.1.2.tgz -C fixtures
    python tests/data/fetch_octokit.py webhooks/package fixtures/package

The same packages give the same bytes. OCTOKIT.md says what is kept and why.
"""

import gzip
import io
import json
import re
import sys
from pathlib import Path

VERSIONS = {"@octokit/webhooks-examples": "7.6.1", "@octokit/fixtures": "23.1.2"}
HERE = Path(__file__).parent
KEPT_SCENARIOS = (
    "add-and-remove-repository-collaborator",
    "add-labels-to-issue",
    "errors",
    "get-content",
    "get-organization",
    "get-repository",
    "git-refs",
    "labels",
    "paginate-issues",
    "rename-repository",
    "search-issues",
)
SECRETS = re.compile(
    r"gh[opusr]_\w{10}|github_pat_|AKIA[0-9A-Z]{12}|AIza[\w-]{20}|xox[abp]-|sk_(live|test)_|eyJ[\w-]{20}"
    r"|PRIVATE KEY|Signature=|[?&]token=|\"(temp_clone_token|access_token|client_secret|authorization|password)\":\"[^\"]"
    r"|\"secret\":\"[^\"*]",
    re.IGNORECASE,
)

PRESIGNED = re.compile(r"\?X-Amz-[^\"]*")  # the query of a download address, expired since 2019


def check_version(package, name):
    manifest = json.loads((package / "package.json").read_text("utf-8"))
    found = (manifest["name"], manifest["version"], manifest["license"])
    if found != (name, VERSIONS[name], "MIT"):
        sys.exit(f"{package} is {found}, not {name} {VERSIONS[name]} under MIT")


def webhooks(package):
    check_version(package, "@octokit/webhooks-examples")
    events = json.loads((package / "api.github.com" / "index.json").read_text("utf-8"))
    return {event["name"]: event["examples"] for event in events}


def exchange(recorded):
    kept = ("method", "path", "body", "status", "headers", "response")
    return {key: recorded[key] for key in kept}


def fixtures(package):
    check_version(package, "@octokit/fixtures")
    folder = package / "scenarios" / "api.github.com"
    return {
        name: [exchange(each) for each in json.loads((folder / name / "normalized-fixture.json").read_text("utf-8"))]
        for name in KEPT_SCENARIOS
    }


def write(target, content):
    text = PRESIGNED.sub("", json.dumps(content, ensure_ascii=False, separators=(",", ":")))
    if leak := SECRETS.search(text):
        sys.exit(f"{target.name} would hold what looks like a secret at {leak.start()}")
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(text.encode("utf-8"))
    target.write_bytes(buffer.getvalue())
    print(f"{target.name}: {len(buffer.getvalue())} bytes, {sum(map(len, content.values()))} entries")


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(HERE / "octokit-webhooks.json.gz", webhooks(Path(sys.argv[1])))
    write(HERE / "octokit-fixtures.json.gz", fixtures(Path(sys.argv[2])))


if __name__ == "__main__":
    main()
