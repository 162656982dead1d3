"""GitHub's models against GitHub's own payloads: 329 webhook examples and the recorded replies of 11 scenarios."""

import gzip
import json
import re
from collections import Counter
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from unifykit._core.model import Model
from unifykit.providers.github import models as gh

DATA = Path(__file__).parents[2] / "data"


@cache
def recorded(name):
    return json.loads(gzip.decompress((DATA / f"octokit-{name}.json.gz").read_bytes()))


# Which objects of a payload are which model.


def person(key, found, path):
    if {"login", "id"} <= found.keys() and key not in {"organization", "invitation"}:
        return gh.User
    return gh.GitActor if key in {"author", "committer"} else None


def pull_request(found, path):
    return gh.IssuePullRequest if path[-2] in {"issue", "old_issue", "new_issue"} else gh.PullRequest


def repository(found, path):
    return gh.Repository if "full_name" in found else gh.RepositoryRef


def side(found, path):
    return gh.BranchRef if path[-2] == "pull_request" else gh.BranchTip


def commit(found, path):
    if path[-2] == "branches":
        return gh.CommitRef
    return gh.GitCommit if path[-2] == "commit" else gh.Commit


def repository_access(found, path):
    return gh.RepositoryAccess if "pull" in found else None  # the others are an app's permissions


def always(model):
    return lambda found, path: model


def only_below(parent, model):
    return lambda found, path: model if path[-2] == parent else None


BY_KEY = {
    "base": side,
    "branches": always(gh.Branch),
    "comment": always(gh.Comment),
    "commit": commit,
    "commits": always(gh.PushedCommit),
    "config": only_below("hook", gh.HookConfig),
    "forkee": always(gh.Repository),
    "head": side,
    "head_commit": always(gh.PushedCommit),
    "head_repository": always(gh.Repository),
    "hook": always(gh.Hook),
    "issue": always(gh.Issue),
    "label": always(gh.Label),
    "labels": always(gh.Label),
    "last_response": always(gh.HookResponse),
    "license": always(gh.License),
    "milestone": always(gh.Milestone),
    "new_issue": always(gh.Issue),
    "new_repository": always(gh.Repository),
    "old_issue": always(gh.Issue),
    "old_repository": always(gh.Repository),
    "organization": always(gh.Organization),
    "parents": always(gh.CommitRef),
    "permissions": repository_access,
    "pull_request": pull_request,
    "pull_requests": always(gh.PullRequestRef),
    "repo": repository,
    "repositories": always(gh.Repository),
    "repositories_added": always(gh.Repository),
    "repositories_removed": always(gh.Repository),
    "repository": repository,
    "review": always(gh.Review),
    "verification": always(gh.Verification),
    "workflow": always(gh.Workflow),
    "workflow_run": always(gh.WorkflowRun),
}

# Addresses only, the old values of an edited field, free-form contents of a package: none is what its key says.
NOT_OBJECTS = {"_links", "client_payload", "container_metadata", "inputs"}


def not_an_object(path):
    edited = path[-2:] == ("changes", "repository") or path[-1] == "from"
    return edited or path[-1] in NOT_OBJECTS or path[-3:] == ("package_version", "body", "repository")


def objects(value, path):
    """Every object that one of our models describes, with the model."""
    if isinstance(value, list):
        for each in value:
            yield from objects(each, path)
    if not isinstance(value, dict):
        return
    if not not_an_object(path):
        model = person(path[-1], value, path) or BY_KEY.get(path[-1], always(None))(value, path)
        if model:
            yield model, value
    if path[-1] not in NOT_OBJECTS:
        for key, inner in value.items():
            yield from objects(inner, (*path, key))


# What a model must do with an object.


def moment(value):
    if isinstance(value, int) and not isinstance(value, bool) and value > 10**9:
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d", value):
        found = datetime.fromisoformat(value)
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None


def differences(sent, kept, path=""):
    if isinstance(sent, dict) and isinstance(kept, dict):
        if sent.keys() != kept.keys():
            yield f"{path}: {sent.keys() ^ kept.keys()}"
        for key in sent.keys() & kept.keys():
            yield from differences(sent[key], kept[key], f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(kept, list) and len(sent) == len(kept):
        for one, other in zip(sent, kept, strict=True):
            yield from differences(one, other, f"{path}[]")
    elif (type(sent), sent) != (type(kept), kept) and (moment(sent) is None or moment(sent) != moment(kept)):
        yield f"{path}: {sent!r} became {kept!r}"


def naive_datetimes(value):
    if isinstance(value, datetime):
        yield from [value] if value.tzinfo is None else []
    elif isinstance(value, Model):
        for name in type(value).model_fields:
            yield from naive_datetimes(getattr(value, name))
    elif isinstance(value, tuple):
        for each in value:
            yield from naive_datetimes(each)


def parse(model, sent):
    made = model.model_validate_json(json.dumps(sent))
    assert list(differences(sent, made.raw)) == [], model
    assert list(naive_datetimes(made)) == []
    with pytest.raises(ValidationError, match="frozen"):
        setattr(made, next(iter(type(made).model_fields)), None)
    with pytest.raises(ValidationError, match="frozen"):
        made.never_heard_of = None
    return made


def test_every_webhook_payload_parses_and_keeps_every_field():
    payloads = [payload for examples in recorded("webhooks").values() for payload in examples]
    parsed = Counter()
    for payload in payloads:
        for model, sent in objects(payload, ("", "")):
            parse(model, sent)
            parsed[model.__name__] += 1

    assert len(recorded("webhooks")) == 58
    assert len(payloads) == 329
    assert parsed == {
        "Branch": 10,
        "BranchRef": 82,
        "BranchTip": 42,
        "Comment": 23,
        "Commit": 4,
        "CommitRef": 11,
        "GitActor": 52,
        "GitCommit": 4,
        "Hook": 6,
        "HookConfig": 6,
        "HookResponse": 3,
        "Issue": 40,
        "IssuePullRequest": 4,
        "Label": 90,
        "License": 14,
        "Milestone": 40,
        "Organization": 120,
        "PullRequest": 41,
        "PullRequestRef": 21,
        "PushedCommit": 22,
        "Repository": 389,
        "RepositoryAccess": 3,
        "RepositoryRef": 42,
        "Review": 4,
        "User": 1262,
        "Verification": 4,
        "Workflow": 6,
        "WorkflowRun": 8,
    }


def one(model):
    return lambda reply: [(model, reply)]


def many(model):
    return lambda reply: [(model, each) for each in reply]


def nothing(reply):
    return []


REPLIES = [
    (r"PUT /repos/[^/]+/[^/]+/collaborators/[^/]+ 201", one(gh.Invitation)),
    (r"GET /repos/[^/]+/[^/]+/invitations 200", many(gh.Invitation)),
    (r"GET /repos/[^/]+/[^/]+/collaborators 200", many(gh.Collaborator)),
    (r"POST /repos/[^/]+/[^/]+/issues 201", one(gh.Issue)),
    (r"GET /(repos/[^/]+/[^/]+|repositories/\d+)/issues\?\S+ 200", many(gh.Issue)),
    (r"GET /search/issues\?\S+ 200", lambda reply: many(gh.Issue)(reply["items"])),
    (r"POST /repos/[^/]+/[^/]+/issues/\d+/labels 200", many(gh.Label)),
    (r"GET /repos/[^/]+/[^/]+/labels 200", many(gh.Label)),
    (r"(GET|PATCH) /repos/[^/]+/[^/]+/labels/[^/]+ 200", one(gh.Label)),
    (r"POST /repos/[^/]+/[^/]+/labels 201", one(gh.Label)),
    (r"GET /repos/[^/]+/[^/]+/contents/ 200", many(gh.Content)),
    (r"GET /repos/[^/]+/[^/]+/contents/README.md 200", nothing),  # asked for the bytes, not for JSON
    (r"GET /orgs/[^/]+ 200", one(gh.Organization)),
    (r"(GET|PATCH) /(repos/[^/]+/[^/]+|repositories/\d+) 200", one(gh.Repository)),
    (r"GET /repos/[^/]+/[^/]+/git/refs/ 200", many(gh.Reference)),
    (r"(POST|PATCH) /repos/[^/]+/[^/]+/git/refs\S* 20[01]", one(gh.Reference)),
    (r"\S+ \S+ (204|3\d\d|4\d\d)", nothing),
]


def test_every_recorded_reply_parses_with_the_model_of_its_operation():
    parsed = Counter()
    for scenario, exchanges in recorded("fixtures").items():
        for each in exchanges:
            request = f"{each['method'].upper()} {each['path']} {each['status']}"
            rules = [split for pattern, split in REPLIES if re.fullmatch(pattern, request)]
            assert len(rules) == 1, (scenario, request)
            for model, sent in rules[0](each["response"]):
                parse(model, sent)
                parsed[model.__name__] += 1

    assert len(recorded("fixtures")) == 11
    assert parsed == {
        "Collaborator": 3,
        "Content": 1,
        "Invitation": 2,
        "Issue": 16,
        "Label": 15,
        "Organization": 1,
        "Reference": 5,
        "Repository": 4,
    }


# What GitHub may send that no example shows.

ENUMS = {
    gh.Content: {"type", "encoding"},
    gh.Comparison: {"status"},
    gh.Event: {"type"},
    gh.GitObject: {"type"},
    gh.Hook: {"type"},
    gh.HookConfig: {"content_type"},
    gh.Invitation: {"permissions"},
    gh.Issue: {"state", "state_reason", "author_association"},
    gh.Milestone: {"state"},
    gh.Notification: {"reason"},
    gh.NotificationSubject: {"type"},
    gh.Permission: {"permission", "role_name"},
    gh.PullRequest: {"state", "mergeable_state"},
    gh.PullRequestFile: {"status"},
    gh.Repository: {"visibility"},
    gh.Review: {"state", "author_association"},
    gh.User: {"type"},
    gh.Verification: {"reason"},
    gh.Workflow: {"state"},
    gh.WorkflowRun: {"status", "conclusion", "event"},
}

USER = {"login": "octocat", "id": 1}
REPOSITORY = {"id": 1, "name": "hello", "full_name": "octocat/hello", "private": False}
COMMIT = {"sha": "a" * 40, "commit": {"message": "m"}}
SIDE = {"ref": "main", "sha": "a" * 40}
LEAST = {
    gh.Branch: {"name": "main", "commit": {"sha": "a"}, "protected": False},
    gh.BranchRef: {**SIDE, "repo": None, "user": None},
    gh.BranchTip: SIDE,
    gh.ChangedFile: {"filename": "f", "status": "added", "additions": 1, "deletions": 0, "changes": 1},
    gh.Collaborator: USER,
    gh.Comment: {"id": 1, "user": None},
    gh.Commit: {**COMMIT, "author": None},
    gh.CommitRef: {"sha": "a"},
    gh.CommitStats: {},
    gh.Comparison: {"status": "ahead", "ahead_by": 1, "behind_by": 0, "total_commits": 1, "commits": [COMMIT]},
    gh.Content: {"type": "file", "name": "f", "path": "f", "sha": "a", "size": 0},
    gh.Event: {"id": "1", "repo": {"id": 1, "name": "octocat/hello"}, "payload": {}, "type": None, "created_at": None},
    gh.Gist: {"id": "a", "files": {"f.py": {"filename": "f.py", "size": 3}}, "public": True},
    gh.GistFile: {},
    gh.GitActor: {},
    gh.FileCommit: {"content": None, "commit": {"sha": "a", "message": "m"}},
    gh.GitCommit: {"message": ""},
    gh.GitObject: {"type": "commit", "sha": "a"},
    gh.Hook: {"id": 1, "type": "Repository", "name": "web", "active": True, "events": ["push"], "config": {}},
    gh.HookConfig: {"insecure_ssl": 0},
    gh.HookResponse: {},
    gh.Invitation: {"id": 1, "permissions": "write", "repository": REPOSITORY},
    gh.Issue: {"id": 1, "number": 1, "title": "t", "user": None},
    gh.IssuePullRequest: {},
    gh.Label: {"name": "bug"},
    gh.License: {},
    gh.MergeResult: {"sha": "a", "merged": True, "message": "m"},
    gh.Milestone: {"id": 1, "number": 1, "title": "t", "state": "open"},
    gh.NewCommit: {"sha": "a", "message": "m"},
    gh.Notification: {
        "id": "1",
        "reason": "mention",
        "unread": True,
        "subject": {"title": "t", "type": "Issue", "url": None},
        "repository": REPOSITORY,
    },
    gh.NotificationSubject: {"title": "t", "type": "Issue", "url": None},
    gh.Organization: {"login": "octo-org", "id": 1},
    gh.Permission: {"permission": "read", "user": None},
    gh.PullRequest: {"id": 1, "number": 1, "title": "t", "state": "open", "head": SIDE, "base": SIDE},
    gh.PullRequestFile: {"filename": "f", "status": "added", "additions": 1, "deletions": 0, "changes": 1},
    gh.PullRequestRef: {"id": 1, "number": 1, "url": "u", "head": SIDE, "base": SIDE},
    gh.PushedCommit: {"id": "a", "message": "m"},
    gh.RateLimit: {"limit": 60, "remaining": 59, "reset": 1700000000},
    gh.RateLimitOverview: {"resources": {"core": {"limit": 60, "remaining": 59, "reset": 1700000000, "used": 1}}},
    gh.Reference: {"ref": "refs/heads/main", "object": {"type": "commit", "sha": "a"}},
    gh.Repository: REPOSITORY,
    gh.RepositoryAccess: {},
    gh.RepositoryRef: {"id": 1, "name": "hello"},
    gh.RepositorySearch: {"total_count": 1, "incomplete_results": False, "items": [REPOSITORY]},
    gh.Review: {"id": 1, "state": "APPROVED", "user": None, "commit_id": None},
    gh.User: USER,
    gh.Verification: {"verified": False},
    gh.Workflow: {"id": 1, "name": "ci", "path": "p", "state": "active"},
    gh.WorkflowDispatch: {"workflow_run_id": 1},
    gh.WorkflowList: {"total_count": 0, "workflows": []},
    gh.WorkflowRun: {"id": 1, "run_number": 1, "workflow_id": 1, "head_sha": "a", "event": "push", "conclusion": None},
    gh.WorkflowRunList: {"total_count": 0, "workflow_runs": []},
}


def test_the_least_of_every_model_parses():
    assert {model.__name__ for model in LEAST} == set(gh.__all__)
    for model, sent in LEAST.items():
        parse(model, sent)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(
    model=st.sampled_from(sorted(LEAST, key=lambda each: each.__name__)),
    unknown=st.dictionaries(st.text(), JSON, max_size=4),
)
def test_unknown_fields_never_fail_and_are_kept(model, unknown):
    extra = {key: value for key, value in unknown.items() if key not in model.model_fields}
    sent = {**LEAST[model], **extra}
    assert list(differences(sent, model.model_validate_json(json.dumps(sent)).raw)) == []


@given(model=st.sampled_from(sorted(ENUMS, key=lambda each: each.__name__)), value=st.text())
def test_unknown_values_of_enumerations_never_fail(model, value):
    sent = LEAST[model] | dict.fromkeys(ENUMS[model], value)
    made = model.model_validate_json(json.dumps(sent))
    assert {getattr(made, name) for name in ENUMS[model]} == {value}


def test_a_file_decodes_to_its_bytes():
    sent = LEAST[gh.Content] | {"encoding": "base64", "content": "aGVsbG8g\nd29ybGQA/w==\n", "size": 13}
    assert parse(gh.Content, sent).decoded == b"hello world\x00\xff"
    assert parse(gh.Content, sent | {"content": "", "size": 0}).decoded == b""


@pytest.mark.parametrize(
    "sent",
    [
        {"type": "file", "encoding": "none", "content": "", "size": 2_000_000},  # 1 to 100 MiB
        {"type": "file"},  # in a listing
        {"type": "dir"},
        {"type": "symlink", "target": "/elsewhere"},
        {"type": "submodule", "submodule_git_url": "git://example.org/one.git"},
    ],
)
def test_what_came_without_content_says_so(sent):
    entry = parse(gh.Content, LEAST[gh.Content] | sent)
    assert entry.is_directory is (sent["type"] == "dir")
    with pytest.raises(ValueError, match="without its content"):
        _ = entry.decoded


def test_a_directory_as_one_object_has_entries():
    folder = parse(gh.Content, LEAST[gh.Content] | {"type": "dir", "entries": [LEAST[gh.Content]]})
    assert [entry.path for entry in folder.entries] == ["f"]


def test_a_commit_of_nobody_known():
    made = gh.Commit.model_validate({**COMMIT, "author": {}, "committer": None})
    assert (made.author, made.committer, made.message) == (None, None, "m")


def test_a_label_may_be_a_bare_name():
    made = gh.Issue.model_validate({**LEAST[gh.Issue], "labels": ["bug", {"name": "ui", "color": "ff0000"}]})
    assert [label.name for label in made.labels] == ["bug", "ui"]


def test_an_issue_knows_whether_it_is_a_pull_request():
    assert not gh.Issue.model_validate(LEAST[gh.Issue]).is_pull_request
    assert gh.Issue.model_validate({**LEAST[gh.Issue], "pull_request": {"url": "u"}}).is_pull_request


@pytest.mark.parametrize(
    "sent", ["2019-05-15T15:20:18Z", "2019-05-15T17:20:18+02:00", "2019-05-15 15:20:18", 1557933618]
)
def test_moments_are_aware(sent):
    made = gh.Repository.model_validate({**REPOSITORY, "pushed_at": sent})
    assert made.pushed_at == datetime(2019, 5, 15, 15, 20, 18, tzinfo=UTC)


def test_a_quota_says_when_it_is_full_again():
    assert gh.RateLimit(limit=60, remaining=0, reset=1700000000).reset_at == datetime(
        2023, 11, 14, 22, 13, 20, tzinfo=UTC
    )


def test_a_hook_does_not_print_its_secret():
    made = gh.Hook.model_validate({**LEAST[gh.Hook], "config": {"url": "u", "secret": "hunter2"}})
    assert "hunter2" not in repr(made)
    assert made.config.secret == "hunter2"
