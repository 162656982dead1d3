"""Cut GitHub's OpenAPI description down to what the sandbox speaks: python trim_openapi.py api.github.com.json.gz

The input is `generated/api.github.com.json` of the npm package @octokit/openapi, gzipped. Kept are the operations named
here with every component they reference; prose, examples and vendor extensions are left out.
"""

import gzip
import json
import sys
from pathlib import Path

OUTPUT = Path(__file__).with_name("github-openapi.json.gz")
REPO = "/repos/{owner}/{repo}"
PATHS = """
/ /versions /meta /user /users/{username} /user/repos /users/{username}/repos /orgs/{org} /user/orgs /orgs/{org}/repos
/rate_limit /gists /gists/{gist_id} /users/{username}/events /events /notifications /notifications/threads/{thread_id}
/search/repositories /user/repository_invitations /user/repository_invitations/{invitation_id}
"""
REPO_PATHS = """
/forks /contents/{path} /readme /languages /topics /invitations /labels /labels/{name}
/issues /issues/{issue_number} /issues/{issue_number}/comments /issues/comments/{comment_id}
/issues/{issue_number}/assignees /issues/{issue_number}/labels /issues/{issue_number}/labels/{name}
/pulls /pulls/{pull_number} /pulls/{pull_number}/files /pulls/{pull_number}/commits /pulls/{pull_number}/reviews
/pulls/{pull_number}/merge /branches /branches/{branch} /git/refs /git/ref/{ref} /git/refs/{ref}
/git/matching-refs/{ref} /commits /commits/{ref} /compare/{basehead} /hooks /hooks/{hook_id} /hooks/{hook_id}/tests
/hooks/{hook_id}/pings /hooks/{hook_id}/deliveries /hooks/{hook_id}/deliveries/{delivery_id} /actions/workflows
/actions/workflows/{workflow_id} /actions/workflows/{workflow_id}/dispatches /actions/workflows/{workflow_id}/runs
/actions/runs /actions/runs/{run_id} /actions/runs/{run_id}/rerun /actions/runs/{run_id}/cancel
/collaborators /collaborators/{username} /collaborators/{username}/permission
"""
PROSE = {"description", "summary", "title", "example", "examples", "externalDocs", "tags", "deprecated"}
# Below these keys stand names of the API's own, which may well be "description" or "title".
NAMED = {"properties", "parameters", "responses", "schemas", "headers", "paths"}


def stripped(node, *, named=False):
    if isinstance(node, list):
        return [stripped(item) for item in node]
    if not isinstance(node, dict):
        return node
    kept = {key: value for key, value in node.items() if named or (key not in PROSE and not key.startswith("x-"))}
    return {key: stripped(value, named=not named and key in NAMED) for key, value in kept.items()}


def references(node):
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for item in node:
            yield from references(item)


def kept(description, paths, loose=()):
    """These paths of a description, and every component that they reference; `loose` names schemas that none does."""
    result = {
        "openapi": description["openapi"],
        "info": {"title": description["info"]["title"], "version": str(description["info"]["version"])},
        "paths": {path: stripped(description["paths"][path]) for path in paths},
        "components": {},
    }
    todo = [*references(result["paths"]), *(f"#/components/schemas/{name}" for name in loose)]
    while todo:
        _, _, kind, name = todo.pop().split("/")
        group = result["components"].setdefault(kind, {})
        if name not in group:
            group[name] = stripped(description["components"][kind][name])
            todo.extend(references(group[name]))
    return result


def write(output, value):
    text = json.dumps(value, separators=(",", ":"), sort_keys=True)
    output.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(source):
    wanted = [*PATHS.split(), REPO, *(REPO + path for path in REPO_PATHS.split())]
    write(OUTPUT, kept(json.loads(gzip.decompress(Path(source).read_bytes())), wanted))


if __name__ == "__main__":
    main(sys.argv[1])
