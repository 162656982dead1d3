"""Every operation says what repeating it can do."""

import inspect

from tests.operations import described, groups

from unifykit import Safety
from unifykit._core.operation import Paged
from unifykit.providers.gitlab import GitLab

READS = {
    "get", "list", "jobs", "log", "artifacts", "artifacts_to", "artifact", "comments", "repositories", "tags", "tag",
    "me", "check",
}  # fmt: skip
UNSAFE = {
    "projects.create", "projects.fork", "pipelines.create", "pipelines.retry", "jobs.retry", "jobs.play",
    "merge_requests.create", "merge_requests.approve", "merge_requests.merge", "merge_requests.comment", "issues.create",
    "issues.comment", "issues.add_spent_time",
}  # fmt: skip
IDEMPOTENT = {
    "projects.update", "projects.archive", "projects.unarchive", "projects.star", "projects.unstar", "projects.delete",
    "pipelines.cancel", "jobs.cancel", "merge_requests.update", "merge_requests.set_reviewers", "issues.update",
    "issues.close", "issues.assign", "issues.add_labels", "issues.reset_spent_time", "registry.delete_tag",
}  # fmt: skip


def test_the_declarations():
    for one in described(GitLab):
        verb = one.name.rpartition(".")[2]
        wanted = Safety.SAFE if verb in READS else Safety.UNSAFE if one.name in UNSAFE else Safety.IDEMPOTENT
        assert one.safety is wanted, one.name
        assert verb in READS or one.name in UNSAFE | IDEMPOTENT, f"{one.name} is a write that this test does not know"


def test_every_public_coroutine_function_is_an_operation():
    for cls in groups(GitLab).values():
        for name, value in vars(cls).items():
            assert name.startswith("_") or hasattr(value, "safety") or not inspect.isfunction(value), (
                f"{cls.__name__}.{name}"
            )


def test_lists_are_pagers():
    verbs = {"list", "jobs", "comments", "repositories", "tags"}
    lists = [one for one in described(GitLab) if one.name.rpartition(".")[2] in verbs]
    assert len(lists) == 14
    assert all(isinstance(one, Paged) for one in lists)
