"""Triage: label the issues of a repository that nobody has labelled, comment once, and close what is a duplicate by title.

    python examples/github_issues.py octocat/hello-world

Settings come from the environment: GITHUB_TOKEN, or what `unifykit sandbox up` prints. `--async` runs the twin.
"""

import asyncio
import sys

from unifykit import AsyncPlatforms, NotFoundError, Platforms, deadline

SECONDS = 60.0


def triage(repo: str) -> None:
    """Go through the open issues, the oldest first."""
    with Platforms() as p, deadline(SECONDS):
        seen: dict[str, int] = {}
        for issue in sorted(p.github.issues.list(repo, state="open"), key=lambda issue: issue.number):
            if not issue.labels:
                p.github.issues.add_labels(repo, issue.number, ["triage"])
                print(f"#{issue.number} labelled")
            first = seen.setdefault(issue.title.casefold(), issue.number)
            if first != issue.number:
                p.github.issues.comment(repo, issue.number, f"The same as #{first}.")
                p.github.issues.close(repo, issue.number)
                print(f"#{issue.number} closed, the same as #{first}")
        print(f"{p.github.quota['core'].remaining} requests left")


async def triage_async(repo: str) -> None:
    """Do the same, awaited; what does not depend on each other goes at once."""
    async with AsyncPlatforms() as p:
        with deadline(SECONDS):
            issues = await p.github.issues.list(repo, state="open").collect()
            bare = [issue.number for issue in issues if not issue.labels]
            await asyncio.gather(*(p.github.issues.add_labels(repo, number, ["triage"]) for number in bare))
            seen: dict[str, int] = {}
            for issue in sorted(issues, key=lambda issue: issue.number):
                first = seen.setdefault(issue.title.casefold(), issue.number)
                if first != issue.number:
                    await p.github.issues.comment(repo, issue.number, f"The same as #{first}.")
                    await p.github.issues.close(repo, issue.number)
                    print(f"#{issue.number} closed, the same as #{first}")
            print(f"{len(bare)} labelled")


def main(arguments: list[str]) -> int:
    """Run one of them."""
    repo = next((argument for argument in arguments if not argument.startswith("--")), "octocat/hello-world")
    try:
        if "--async" in arguments:
            asyncio.run(triage_async(repo))
        else:
            triage(repo)
    except NotFoundError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
