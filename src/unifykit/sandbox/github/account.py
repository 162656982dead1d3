"""Operations on accounts, and what the API says about itself.

https://docs.github.com/en/rest/users/users, https://docs.github.com/en/rest/meta/meta
"""

from __future__ import annotations

from .call import Call, Reply
from .paging import page_of
from .render_accounts import full_org, private_user, public_user, simple_org
from .repos import account_or_404
from .routing import Routes

routes: Routes = Routes()
_VERSIONS = ["2022-11-28"]
_ROOT = {
    "current_user_url": "/user",
    "current_user_authorizations_html_url": "/settings/connections/applications{/client_id}",
    "authorizations_url": "/authorizations",
    "code_search_url": "/search/code?q={query}{&page,per_page,sort,order}",
    "commit_search_url": "/search/commits?q={query}{&page,per_page,sort,order}",
    "emails_url": "/user/emails",
    "emojis_url": "/emojis",
    "events_url": "/events",
    "feeds_url": "/feeds",
    "followers_url": "/user/followers",
    "following_url": "/user/following{/target}",
    "gists_url": "/gists{/gist_id}",
    "issue_search_url": "/search/issues?q={query}{&page,per_page,sort,order}",
    "issues_url": "/issues",
    "keys_url": "/user/keys",
    "label_search_url": "/search/labels?q={query}&repository_id={repository_id}{&page,per_page}",
    "notifications_url": "/notifications",
    "organization_url": "/orgs/{org}",
    "organization_repositories_url": "/orgs/{org}/repos{?type,page,per_page,sort}",
    "organization_teams_url": "/orgs/{org}/teams",
    "public_gists_url": "/gists/public",
    "rate_limit_url": "/rate_limit",
    "repository_url": "/repos/{owner}/{repo}",
    "repository_search_url": "/search/repositories?q={query}{&page,per_page,sort,order}",
    "current_user_repositories_url": "/user/repos{?type,page,per_page,sort}",
    "starred_url": "/user/starred{/owner}{/repo}",
    "starred_gists_url": "/gists/starred",
    "topic_search_url": "/search/topics?q={query}{&page,per_page}",
    "user_url": "/users/{user}",
    "user_organizations_url": "/user/orgs",
    "user_repositories_url": "/users/{user}/repos{?type,page,per_page,sort}",
    "user_search_url": "/search/users?q={query}{&page,per_page,sort,order}",
}


@routes("GET", "/", "meta/meta#github-api-root")
def root(call: Call) -> Reply:
    """Give the API's own map."""
    return Reply({name: call.links.base + path for name, path in _ROOT.items()})


@routes("GET", "/versions", "meta/meta#get-all-api-versions")
def versions(call: Call) -> Reply:
    """List the versions of the API that are spoken."""
    del call
    return Reply(list(_VERSIONS))


@routes("GET", "/meta", "meta/meta#get-github-meta-information")
def meta(call: Call) -> Reply:
    """Give what little there is to say about the sandbox's network."""
    del call
    return Reply({"verifiable_password_authentication": False, "hooks": ["127.0.0.1/32", "::1/128"]})


@routes("GET", "/user", "users/users#get-the-authenticated-user", token=True)
def user(call: Call) -> Reply:
    """Give the caller's own profile."""
    return Reply(private_user(call.links, call.world, call.user))


@routes("GET", "/users/{username}", "users/users#get-a-user")
def other_user(call: Call) -> Reply:
    """Give anyone's profile."""
    return Reply(public_user(call.links, call.world, account_or_404(call, "username")))


@routes("GET", "/user/orgs", "orgs/orgs#list-organizations-for-the-authenticated-user", token=True)
def orgs(call: Call) -> Reply:
    """List the caller's organizations."""
    found = [account for account in call.world.accounts.values() if call.user.login in account.members]
    page, headers = page_of(call, found)
    return Reply([simple_org(call.links, org) for org in page], headers=headers)


@routes("GET", "/orgs/{org}", "orgs/orgs#get-an-organization")
def org(call: Call) -> Reply:
    """Give an organization."""
    return Reply(full_org(call.links, call.world, account_or_404(call, "org", "Organization")))


@routes("GET", "/rate_limit", "rate-limit/rate-limit#get-rate-limit-status-for-the-authenticated-user")
def rate_limit(call: Call) -> Reply:
    """Tell what is left; asking costs nothing."""
    names = ("core", "search")
    windows = {name: call.quota.window(call.caller, name, anonymous=call.viewer is None).body() for name in names}
    return Reply({"resources": windows, "rate": windows["core"]})
