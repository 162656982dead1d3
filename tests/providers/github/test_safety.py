"""Every operation says what repeating it can do."""

from tests.operations import described, groups

from unifykit import Safety
from unifykit._core.operation import Paged
from unifykit.providers.github import GitHub

READS = {
    "get",
    "list",
    "contents",
    "download",
    "search",
    "comments",
    "files",
    "compare",
    "permission",
    "me",
    "rate_limit",
    "check",
}
UNSAFE = {
    "repos.create", "issues.create", "issues.comment", "pulls.create", "pulls.review", "pulls.merge", "pulls.comment",
    "branches.create", "hooks.create", "hooks.test", "hooks.ping", "runs.rerun", "runs.cancel", "workflows.dispatch",
}  # fmt: skip
IDEMPOTENT = {
    "repos.update", "repos.delete", "repos.fork", "repos.put_file", "repos.delete_file", "issues.update", "issues.close",
    "issues.assign", "issues.add_labels", "issues.remove_label", "pulls.update", "branches.delete", "hooks.delete",
    "collaborators.add", "collaborators.remove",
}  # fmt: skip


def test_the_declarations():
    for one in described(GitHub):
        verb = one.name.rpartition(".")[2]
        wanted = Safety.SAFE if verb in READS else Safety.UNSAFE if one.name in UNSAFE else Safety.IDEMPOTENT
        assert one.safety is wanted, one.name
        assert verb in READS or one.name in UNSAFE | IDEMPOTENT, f"{one.name} is a write that this test does not know"


def test_every_public_coroutine_function_is_an_operation():
    import inspect

    for cls in groups(GitHub).values():
        for name, value in vars(cls).items():
            assert name.startswith("_") or hasattr(value, "safety") or not inspect.isfunction(value), (
                f"{cls.__name__}.{name}"
            )


def test_lists_are_pagers():
    assert all(isinstance(one, Paged) for one in described(GitHub) if one.name.endswith(".list"))
