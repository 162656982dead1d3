"""Accounts as JSON.

https://docs.github.com/en/rest/users/users, https://docs.github.com/en/rest/orgs/orgs
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .links import Links, node_id, stamp

if TYPE_CHECKING:
    from .state import Account, World

_USER_LINKS = {
    "followers_url": "/followers",
    "following_url": "/following{/other_user}",
    "gists_url": "/gists{/gist_id}",
    "starred_url": "/starred{/owner}{/repo}",
    "subscriptions_url": "/subscriptions",
    "organizations_url": "/orgs",
    "repos_url": "/repos",
    "events_url": "/events{/privacy}",
    "received_events_url": "/received_events",
}
_PERMISSIONS = {"pull": 1, "triage": 2, "push": 3, "maintain": 4, "admin": 5}


def simple_user(links: Links, account: Account) -> dict[str, Any]:
    """Render an account as it appears inside other things.

    Args:
        links: For addresses.
        account: The account.

    Returns:
        GitHub's simple-user.
    """
    url = links(f"/users/{account.login}")
    return {
        "login": account.login,
        "id": account.id,
        "node_id": node_id(account.kind, account.id),
        "avatar_url": links(f"/u/{account.id}?v=4"),
        "gravatar_id": "",
        "url": url,
        "html_url": links(f"/{account.login}"),
        **{name: url + tail for name, tail in _USER_LINKS.items()},
        "type": account.kind,
        "user_view_type": "public",
        "site_admin": False,
    }


def simple_user_or_none(links: Links, account: Account | None) -> dict[str, Any] | None:
    """Render an account that may be missing.

    Args:
        links: For addresses.
        account: The account or None.

    Returns:
        GitHub's nullable-simple-user.
    """
    return None if account is None else simple_user(links, account)


def public_user(links: Links, world: World, account: Account) -> dict[str, Any]:
    """Render a profile as anyone sees it.

    Args:
        links: For addresses.
        world: For the counts.
        account: The account.

    Returns:
        GitHub's public-user.
    """
    owned = [repo for repo in world.repos.values() if repo.owner is account]
    gists = [gist for gist in world.gists.values() if gist.owner is account]
    return {
        **simple_user(links, account),
        "name": account.name,
        "company": None,
        "blog": "",
        "location": None,
        "email": None,
        "hireable": None,
        "bio": None,
        "twitter_username": None,
        "public_repos": sum(not repo.private for repo in owned),
        "public_gists": sum(gist.public for gist in gists),
        "followers": 0,
        "following": 0,
        "created_at": stamp(account.created_at),
        "updated_at": stamp(account.created_at),
    }


def private_user(links: Links, world: World, account: Account) -> dict[str, Any]:
    """Render a profile as its owner sees it.

    Args:
        links: For addresses.
        world: For the counts.
        account: The account.

    Returns:
        GitHub's private-user.
    """
    owned = [repo for repo in world.repos.values() if repo.owner is account and repo.private]
    gists = [gist for gist in world.gists.values() if gist.owner is account and not gist.public]
    return {
        **public_user(links, world, account),
        "user_view_type": "private",
        "notification_email": None,
        "private_gists": len(gists),
        "total_private_repos": len(owned),
        "owned_private_repos": len(owned),
        "disk_usage": 0,
        "collaborators": 0,
        "two_factor_authentication": True,
        "plan": {"name": "free", "space": 976562499, "collaborators": 0, "private_repos": 10000},
    }


def simple_org(links: Links, org: Account) -> dict[str, Any]:
    """Render an organization as it appears in lists.

    Args:
        links: For addresses.
        org: The organization.

    Returns:
        GitHub's organization-simple.
    """
    url = links(f"/orgs/{org.login}")
    tails = ("repos", "events", "hooks", "issues")
    return {
        "login": org.login,
        "id": org.id,
        "node_id": node_id(org.kind, org.id),
        "url": url,
        **{f"{tail}_url": f"{url}/{tail}" for tail in tails},
        "members_url": url + "/members{/member}",
        "public_members_url": url + "/public_members{/member}",
        "avatar_url": links(f"/u/{org.id}?v=4"),
        "description": org.name,
    }


def full_org(links: Links, world: World, org: Account) -> dict[str, Any]:
    """Render an organization's own page.

    Args:
        links: For addresses.
        world: For the counts.
        org: The organization.

    Returns:
        GitHub's organization-full.
    """
    owned = [repo for repo in world.repos.values() if repo.owner is org and not repo.private]
    return {
        **simple_org(links, org),
        "name": org.name,
        "is_verified": False,
        "has_organization_projects": True,
        "has_repository_projects": True,
        "public_repos": len(owned),
        "public_gists": 0,
        "followers": 0,
        "following": 0,
        "html_url": links(f"/{org.login}"),
        "type": org.kind,
        "created_at": stamp(org.created_at),
        "updated_at": stamp(org.created_at),
        "archived_at": None,
    }


def permissions(level: str) -> dict[str, bool]:
    """Spell a level out as GitHub's five flags.

    Args:
        level: none, read, triage, write, maintain or admin.

    Returns:
        Flags by name.
    """
    rank = ("none", "read", "triage", "write", "maintain", "admin").index(level)
    return {name: rank >= least for name, least in _PERMISSIONS.items()}
