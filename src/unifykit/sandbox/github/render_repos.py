"""Repositories as JSON.

https://docs.github.com/en/rest/repos/repos
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from .languages import main_language
from .links import node_id, stamp
from .render_accounts import permissions, simple_user

if TYPE_CHECKING:
    from .call import Call
    from .state import Repository

_LINKS = {
    "archive_url": "/{archive_format}{/ref}",
    "assignees_url": "/assignees{/user}",
    "blobs_url": "/git/blobs{/sha}",
    "branches_url": "/branches{/branch}",
    "collaborators_url": "/collaborators{/collaborator}",
    "comments_url": "/comments{/number}",
    "commits_url": "/commits{/sha}",
    "compare_url": "/compare/{base}...{head}",
    "contents_url": "/contents/{+path}",
    "contributors_url": "/contributors",
    "deployments_url": "/deployments",
    "downloads_url": "/downloads",
    "events_url": "/events",
    "forks_url": "/forks",
    "git_commits_url": "/git/commits{/sha}",
    "git_refs_url": "/git/refs{/sha}",
    "git_tags_url": "/git/tags{/sha}",
    "hooks_url": "/hooks",
    "issue_comment_url": "/issues/comments{/number}",
    "issue_events_url": "/issues/events{/number}",
    "issues_url": "/issues{/number}",
    "keys_url": "/keys{/key_id}",
    "labels_url": "/labels{/name}",
    "languages_url": "/languages",
    "merges_url": "/merges",
    "milestones_url": "/milestones{/number}",
    "notifications_url": "/notifications{?since,all,participating}",
    "pulls_url": "/pulls{/number}",
    "releases_url": "/releases{/id}",
    "stargazers_url": "/stargazers",
    "statuses_url": "/statuses/{sha}",
    "subscribers_url": "/subscribers",
    "subscription_url": "/subscription",
    "tags_url": "/tags",
    "teams_url": "/teams",
    "trees_url": "/git/trees{/sha}",
}


def _identity(call: Call, repo: Repository) -> dict[str, Any]:
    url = call.links(f"/repos/{repo.full_name}")
    return {
        "id": repo.id,
        "node_id": node_id("Repository", repo.id),
        "name": repo.name,
        "full_name": repo.full_name,
        "private": repo.private,
        "owner": simple_user(call.links, repo.owner),
        "html_url": call.links(f"/{repo.full_name}"),
        "description": repo.settings["description"],
        "fork": repo.parent is not None,
        "url": url,
        **{name: url + tail for name, tail in _LINKS.items()},
    }


def _clone_links(call: Call, repo: Repository) -> dict[str, Any]:
    host = urlsplit(call.links.base).netloc
    page = call.links(f"/{repo.full_name}")
    return {
        "git_url": f"git://{host}/{repo.full_name}.git",
        "ssh_url": f"git@{host}:{repo.full_name}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
    }


def _counts(call: Call, repo: Repository) -> dict[str, Any]:
    forks = sum(other.parent is repo for other in call.world.repos.values())
    opened = sum(issue.state == "open" for issue in repo.issues.values())
    return {
        "size": sum(len(repo.git.blob(file.sha)) for file in _files(repo)) // 1024,
        "stargazers_count": 0,
        "watchers_count": 0,
        "forks_count": forks,
        "open_issues_count": opened,
        "forks": forks,
        "open_issues": opened,
        "watchers": 0,
    }


def _files(repo: Repository) -> list[Any]:
    tip = repo.git.branch(repo.default_branch)
    return list(repo.git.walk(repo.git.tree_of(tip))) if tip else []


def minimal_repo(call: Call, repo: Repository) -> dict[str, Any]:
    """Render a repository as it appears in lists.

    Args:
        call: The request.
        repo: The repository.

    Returns:
        What satisfies GitHub's minimal-repository and repository alike.
    """
    settings = repo.settings
    features = ("has_issues", "has_projects", "has_downloads", "has_wiki", "has_pages", "has_discussions")
    return {
        **_identity(call, repo),
        "created_at": stamp(repo.created_at),
        "updated_at": stamp(repo.updated_at),
        "pushed_at": stamp(repo.pushed_at),
        **_clone_links(call, repo),
        "homepage": settings["homepage"],
        **_counts(call, repo),
        "language": main_language(repo),
        **{feature: settings[feature] for feature in features},
        "mirror_url": None,
        "archived": settings["archived"],
        "disabled": False,
        "license": None,
        "allow_forking": settings["allow_forking"],
        "is_template": settings["is_template"],
        "web_commit_signoff_required": settings["web_commit_signoff_required"],
        "topics": list(repo.topics),
        "visibility": "private" if repo.private else "public",
        "default_branch": repo.default_branch,
        **({"permissions": permissions(repo.level_of(call.viewer))} if call.viewer else {}),
    }


def full_repo(call: Call, repo: Repository) -> dict[str, Any]:
    """Render a repository's own page.

    Args:
        call: The request.
        repo: The repository.

    Returns:
        GitHub's full-repository.
    """
    merges = ("allow_squash_merge", "allow_merge_commit", "allow_rebase_merge", "allow_auto_merge")
    more = ("delete_branch_on_merge", "allow_update_branch")
    body = {
        **minimal_repo(call, repo),
        "network_count": 0,
        "subscribers_count": 0,
        **{name: repo.settings[name] for name in merges + more},
    }
    if repo.owner.kind == "Organization":
        body["organization"] = simple_user(call.links, repo.owner)
    if repo.parent:
        source = repo.parent
        while source.parent:
            source = source.parent
        body |= {"parent": minimal_repo(call, repo.parent), "source": minimal_repo(call, source)}
    return body
