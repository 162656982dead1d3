"""Operations on workflows and their runs.

Nothing is executed. A run moves one step each time it is read: queued, in progress, completed. It fails if its
workflow has a step `run: exit 1`, and succeeds otherwise.

https://docs.github.com/en/rest/actions/workflows, https://docs.github.com/en/rest/actions/workflow-runs
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from unifykit.sandbox.git.content import HEADS
from unifykit.sandbox.git.merging import signature_of

from .call import ADMIN_ONLY, Call, Reply, no_content
from .errors import Refusal, forbidden, not_found
from .links import node_id, stamp
from .paging import page_of
from .render_accounts import simple_user
from .render_repos import minimal_repo
from .repos import REPO
from .routing import Routes
from .state import Run

if TYPE_CHECKING:
    from .state import Repository

routes: Routes = Routes()
_FOLDER = ".github/workflows"
_WORKFLOWS = f"{REPO}/actions/workflows"
_WORKFLOW = f"{_WORKFLOWS}/{{workflow}}"
_RUNS = f"{REPO}/actions/runs"
_RUN = f"{_RUNS}/{{run_id:int}}"
_PAGE = "actions/workflows"
_RUNS_PAGE = "actions/workflow-runs"
_NAME = re.compile(r"^name:\s*(?P<quote>['\"]?)(?P<name>.+?)(?P=quote)\s*$", re.MULTILINE)
_FAILS = re.compile(r"^[\s-]*run:\s*exit 1\s*$", re.MULTILINE)


def _files(repo: Repository, sha: str | None = None) -> dict[str, str]:
    tip = sha or repo.git.branch(repo.default_branch)
    folder = repo.git.entry(repo.git.tree_of(tip), _FOLDER) if tip else None
    if folder is None or not folder.is_dir:
        return {}
    found = repo.git.listing(folder.sha, folder.path)
    return {
        entry.path: repo.git.blob(entry.sha).decode("utf-8", "replace")
        for entry in found
        if entry.name.endswith((".yml", ".yaml"))
    }


def _id(call: Call, repo: Repository, path: str) -> int:
    if path not in repo.workflow_ids:
        repo.workflow_ids[path] = call.world.next_id("workflow", 161335)
    return repo.workflow_ids[path]


def _title(path: str, text: str) -> str:
    named = _NAME.search(text)
    return named["name"] if named else path


def _render(call: Call, repo: Repository, path: str, text: str) -> dict[str, Any]:
    number, file = _id(call, repo, path), path.rpartition("/")[2]
    return {
        "id": number,
        "node_id": node_id("Workflow", number),
        "name": _title(path, text),
        "path": path,
        "state": "active",
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.created_at),
        "url": call.links(f"/repos/{repo.full_name}/actions/workflows/{number}"),
        "html_url": call.links(f"/{repo.full_name}/blob/{repo.default_branch}/{path}"),
        "badge_url": call.links(f"/{repo.full_name}/actions/workflows/{file}/badge.svg"),
    }


@routes("GET", _WORKFLOWS, f"{_PAGE}#list-repository-workflows")
def list_all(call: Call) -> Reply:
    """List the workflow files of the default branch."""
    found = list(_files(call.repo).items())
    page, headers = page_of(call, found)
    rendered = [_render(call, call.repo, path, text) for path, text in page]
    return Reply({"total_count": len(found), "workflows": rendered}, headers=headers)


def _workflow(call: Call, repo: Repository) -> tuple[str, str]:
    wanted = str(call.params["workflow"])
    for path, text in _files(repo).items():
        if wanted in (path.rpartition("/")[2], str(_id(call, repo, path))):
            return path, text
    raise not_found()


@routes("GET", _WORKFLOW, f"{_PAGE}#get-a-workflow")
def get(call: Call) -> Reply:
    """Give a workflow by id or file name."""
    return Reply(_render(call, call.repo, *_workflow(call, call.repo)))


@routes("POST", f"{_WORKFLOW}/dispatches", f"{_PAGE}#create-a-workflow-dispatch-event")
def dispatch(call: Call) -> Reply:
    """Start a run."""
    repo = call.repo_for("write", ADMIN_ONLY)
    (path, text), ref = _workflow(call, repo), call.need("ref")
    branch = ref.removeprefix(HEADS)
    sha = repo.git.branch(branch) or repo.git.ref(f"refs/tags/{branch.removeprefix('refs/tags/')}")
    if sha is None:
        raise Refusal(422, f"No ref found for: {ref}")
    if "workflow_dispatch" not in text:
        raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
    _check_inputs(call, text)
    run = _start(call, repo, path, branch, sha)
    if not call.field("return_run_details", bool):
        return no_content()
    url = call.links(f"/repos/{repo.full_name}/actions/runs/{run.id}")
    page = call.links(f"/{repo.full_name}/actions/runs/{run.id}")
    return Reply({"workflow_run_id": run.id, "run_url": url, "html_url": page})


def _check_inputs(call: Call, text: str) -> None:
    inputs = cast("dict[str, Any]", call.field("inputs", dict) or {})
    unknown = [name for name in inputs if not re.search(rf"^\s+{re.escape(name)}:", text, re.MULTILINE)]
    if unknown:
        raise Refusal(422, f"Unexpected inputs provided: {unknown}".replace("'", '"'))


def _start(call: Call, repo: Repository, path: str, branch: str, sha: str) -> Run:
    text = _files(repo, sha).get(path, "")
    number = call.world.next_id("run", 30433642)
    count = sum(run.path == path for run in repo.runs.values()) + 1
    now = call.now
    run = Run(
        number, count, _id(call, repo, path), path, _title(path, text), "workflow_dispatch", branch, sha, call.user,
        now, now, now,
    )  # fmt: skip
    repo.runs[number] = run
    return run


def _advance(call: Call, repo: Repository, run: Run) -> None:
    if run.status == "completed":
        return
    run.updated_at = call.now
    if run.status == "queued":
        run.status = "in_progress"
    else:
        text = _files(repo, run.sha).get(run.path, "")
        run.status, run.conclusion = "completed", "failure" if _FAILS.search(text) else "success"


def _render_run(call: Call, repo: Repository, run: Run) -> dict[str, Any]:
    url = call.links(f"/repos/{repo.full_name}/actions/runs/{run.id}")
    suite = run.id + 1000000
    previous = f"{url}/attempts/{run.attempt - 1}" if run.attempt > 1 else None
    found = repo.git.commit(run.sha)
    return {
        "id": run.id,
        "name": run.name,
        "node_id": node_id("WorkflowRun", run.id),
        "check_suite_id": suite,
        "check_suite_node_id": node_id("CheckSuite", suite),
        "head_branch": run.branch,
        "head_sha": run.sha,
        "path": run.path,
        "display_title": run.name if run.event == "workflow_dispatch" else found.message.decode().partition("\n")[0],
        "run_number": run.number,
        "run_attempt": run.attempt,
        "event": run.event,
        "status": run.status,
        "conclusion": run.conclusion,
        "workflow_id": run.workflow_id,
        "url": url,
        "html_url": call.links(f"/{repo.full_name}/actions/runs/{run.id}"),
        "pull_requests": [],
        "created_at": stamp(run.created_at),
        "updated_at": stamp(run.updated_at),
        "run_started_at": stamp(run.started_at),
        "actor": simple_user(call.links, run.actor),
        "triggering_actor": simple_user(call.links, run.actor),
        "referenced_workflows": [],
        **{f"{name}_url": f"{url}/{name}" for name in ("jobs", "logs", "artifacts", "cancel", "rerun")},
        "check_suite_url": call.links(f"/repos/{repo.full_name}/check-suites/{suite}"),
        "workflow_url": call.links(f"/repos/{repo.full_name}/actions/workflows/{run.workflow_id}"),
        "previous_attempt_url": previous,
        "head_commit": _head_commit(repo, run.sha),
        "repository": minimal_repo(call, repo),
        "head_repository": minimal_repo(call, repo),
    }


def _head_commit(repo: Repository, sha: str) -> dict[str, Any]:
    found = repo.git.commit(sha)
    author = signature_of(found.author, found.author_time)
    committer = signature_of(found.committer, found.commit_time)
    return {
        "id": sha,
        "tree_id": repo.git.tree_of(sha),
        "message": found.message.decode(),
        "timestamp": stamp(committer.when),
        "author": {"name": author.name, "email": author.email},
        "committer": {"name": committer.name, "email": committer.email},
    }


def _listed(call: Call, workflow_id: int | None) -> Reply:
    call.unsupported("created", "check_suite_id", "exclude_pull_requests")
    repo = call.repo
    found = [run for run in sorted(repo.runs.values(), key=lambda run: -run.id) if _wanted(call, run, workflow_id)]
    page, headers = page_of(call, found)
    reply = Reply(
        {"total_count": len(found), "workflow_runs": [_render_run(call, repo, run) for run in page]}, headers=headers
    )
    # One listing is one look at every run, however many pages it takes.
    if call.query.get("page", "1") == "1":
        for run in repo.runs.values():
            _advance(call, repo, run)
    return reply


def _wanted(call: Call, run: Run, workflow_id: int | None) -> bool:
    query, actor = call.query, call.query.get("actor", "").lower()
    checks = (
        workflow_id in (None, run.workflow_id),
        query.get("branch") in (None, run.branch),
        query.get("event") in (None, run.event),
        # https://docs.github.com/en/rest/actions/workflow-runs: a conclusion may be given as status.
        query.get("status") in (None, run.status, run.conclusion or run.status),
        query.get("head_sha") in (None, run.sha),
        actor in ("", run.actor.login.lower()),
    )
    return all(checks)


@routes("GET", _RUNS, f"{_RUNS_PAGE}#list-workflow-runs-for-a-repository")
def runs(call: Call) -> Reply:
    """List a repository's runs, newest first."""
    return _listed(call, None)


@routes("GET", f"{_WORKFLOW}/runs", f"{_RUNS_PAGE}#list-workflow-runs-for-a-workflow")
def runs_of_workflow(call: Call) -> Reply:
    """List a workflow's runs, newest first."""
    path, _ = _workflow(call, call.repo)
    return _listed(call, _id(call, call.repo, path))


def _run(call: Call) -> Run:
    run = call.repo.runs.get(call.params["run_id"])
    if run is None:
        raise not_found()
    return run


@routes("GET", _RUN, f"{_RUNS_PAGE}#get-a-workflow-run")
def get_run(call: Call) -> Reply:
    """Give a run as it stands, and move it on."""
    run = _run(call)
    reply = Reply(_render_run(call, call.repo, run))
    _advance(call, call.repo, run)
    return reply


@routes("POST", f"{_RUN}/rerun", f"{_RUNS_PAGE}#re-run-a-workflow")
def rerun(call: Call) -> Reply:
    """Start a completed run once more."""
    call.repo_for("write", ADMIN_ONLY)
    run = _run(call)
    if run.status != "completed":
        raise forbidden("This workflow run is already running")
    run.attempt, run.status, run.conclusion = run.attempt + 1, "queued", None
    run.started_at = run.updated_at = call.now
    return Reply({}, 201)


@routes("POST", f"{_RUN}/cancel", f"{_RUNS_PAGE}#cancel-a-workflow-run")
def cancel(call: Call) -> Reply:
    """Stop a run."""
    call.repo_for("write", ADMIN_ONLY)
    run = _run(call)
    if run.status == "completed":
        raise Refusal(409, "Cannot cancel a workflow run that is completed.")
    run.status, run.conclusion, run.updated_at = "completed", "cancelled", call.now
    return Reply({}, 202)


@routes("DELETE", _RUN, f"{_RUNS_PAGE}#delete-a-workflow-run")
def delete_run(call: Call) -> Reply:
    """Remove a run."""
    call.repo_for("write", ADMIN_ONLY)
    del call.repo.runs[_run(call).id]
    return no_content()
