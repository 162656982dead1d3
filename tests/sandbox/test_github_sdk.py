"""The reference document's calls for GitHub, by PyGithub alone, against the sandbox.

Corrected only where the call is no longer there: a rate limit has `resources`. PyGithub's own pauses between requests are off.
"""

import github
import pytest

EAGER = {"seconds_between_requests": None, "seconds_between_writes": None}


@pytest.fixture
def g(github_url):
    with github.Github(auth=github.Auth.Token("sandbox-token"), base_url=github_url, **EAGER) as client:
        yield client


@pytest.fixture
def hubot(github_url):
    with github.Github(auth=github.Auth.Token("sandbox-reviewer"), base_url=github_url, **EAGER) as client:
        yield client


@pytest.fixture
def repo(g):
    return g.get_user().create_repo("nom-repo", description="Description", auto_init=True)


def test_github_complet(g):
    """Its "Tests unitaires complets"."""
    user = g.get_user()
    assert user.login is not None
    rate = g.get_rate_limit()
    assert rate.resources.core.remaining >= 0
    repos = list(user.get_repos())[:5]
    assert len(repos) > 0
    assert [org.login for org in user.get_orgs()] == ["github-sandbox"]
    assert [list(gist.files) for gist in user.get_gists()] == [["hello_world.py"]]
    assert [event.type for event in list(user.get_events())[:10]] == []
    assert list(g.get_user().get_notifications()) == []


def test_repositories_of_the_document(g, hubot, repo):
    assert repo.full_name in {one.full_name for one in g.get_user().get_repos()}
    repo = g.get_repo("octocat/nom-repo")
    repo.edit(description="Nouvelle description")
    assert g.get_repo("octocat/nom-repo").description == "Nouvelle description"
    forked = hubot.get_repo("octocat/nom-repo").create_fork()
    assert (forked.full_name, forked.parent.full_name) == ("hubot/nom-repo", "octocat/nom-repo")
    assert repo.get_contents("README.md").decoded_content.startswith(b"# nom-repo")
    repo.delete()
    with pytest.raises(github.UnknownObjectException):
        g.get_repo("octocat/nom-repo")


def test_issues_of_the_document(repo):
    issue = repo.create_issue(title="Bug", body="Description", labels=["bug"])
    assert [one.number for one in repo.get_issues(state="open")] == [issue.number]
    assert issue.create_comment("Commentaire").body == "Commentaire"
    issue.edit(assignees=["octocat"])
    issue.add_to_labels("enhancement", "priority-high")
    issue.edit(state="closed")
    found = repo.get_issue(issue.number)
    assert (found.state, found.comments, [one.login for one in found.assignees]) == ("closed", 1, ["octocat"])
    assert {label.name for label in found.labels} == {"bug", "enhancement", "priority-high"}


def test_pull_requests_branches_and_commits_of_the_document(repo, hubot):
    main = repo.get_branch("main")
    ref = repo.create_git_ref(ref="refs/heads/feature-branch", sha=main.commit.sha)
    assert ref.ref == "refs/heads/feature-branch"
    repo.create_file("x.txt", "Add x", "x", branch="feature-branch")
    assert {branch.name for branch in repo.get_branches()} == {"main", "feature-branch"}
    assert repo.compare("main", "feature-branch").ahead_by == 1
    pr = repo.create_pull(title="Feature X", body="Description", head="feature-branch", base="main")
    assert [one.number for one in repo.get_pulls(state="open")] == [pr.number]
    hubot.get_repo(repo.full_name).get_pull(pr.number).create_review(body="LGTM", event="APPROVE")
    pr.create_issue_comment("Bon travail!")
    assert pr.merge(commit_message="Merged feature X").merged
    newest = next(iter(repo.get_commits()))
    assert "Merged feature X" in repo.get_commit(newest.sha).commit.message


def test_hooks_runs_and_people_of_the_document(repo):
    hook = repo.create_hook("web", {"url": "https://example.com/webhook"}, ["push", "pull_request"], active=False)
    assert [one.id for one in repo.get_hooks()] == [hook.id]
    hook.test()
    assert repo.get_workflow_runs().totalCount == 0
    assert [one.login for one in repo.get_collaborators()] == ["octocat"]
    repo.add_to_collaborators("hubot", permission="push")
    assert repo.get_collaborator_permission("octocat") == "admin"
    repo.remove_from_collaborators("hubot")


def test_a_repository_is_found_under_its_old_name(g, repo):
    issue = repo.create_issue(title="Bug")
    repo.edit(name="nouveau-nom")
    found = g.get_repo("octocat/nom-repo")
    assert (found.full_name, found.id) == ("octocat/nouveau-nom", repo.id)
    assert g.get_repo(repo.id).full_name == "octocat/nouveau-nom"
    assert g.get_repo("octocat/nouveau-nom").get_issue(issue.number).title == "Bug"
    again = g.get_user().create_repo("nom-repo")
    assert g.get_repo("octocat/nom-repo").id == again.id != repo.id
