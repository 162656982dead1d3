"""A fifth of all creates fails, before or after GitLab did its work: nothing is there twice, and what may be there says so."""

import json
import random

from tests.providers.gitlab.conftest import accounts
from tests.sandbox.conftest import Clock, serving

from unifykit import RateLimitedError, UnifyError
from unifykit.sandbox.gitlab import create_app
from unifykit.testing import VirtualClock

CREATES = 150


class Unreliable:
    """An ASGI app around another; of the writes it fails one in five, in turn in each of three ways."""

    def __init__(self, app):
        self.app = app
        self.random = random.Random(7)
        self.failed = {"before": 0, "after": 0, "limited": 0}

    async def __call__(self, scope, receive, send):
        if scope["type"] != "http" or scope["method"] != "POST" or self.random.random() > 0.2:
            await self.app(scope, receive, send)
            return
        way = self.random.choice(sorted(self.failed))
        self.failed[way] += 1
        if way == "after":
            await self.app(scope, receive, _nothing)
        else:
            while (await receive()).get("more_body"):
                pass
        status = 429 if way == "limited" else 503
        body = json.dumps({"message": way}).encode()
        headers = [(b"content-length", str(len(body)).encode()), (b"retry-after", b"1")]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def _nothing(_):
    pass


def test_nothing_is_there_twice(both):
    faulty = Unreliable(create_app(clock=Clock()))
    with serving(faulty) as url:
        h = both(gitlab=accounts(url), clock=VirtualClock())
        made, unclear, refused, refusals = set(), set(), set(), []
        for number in range(CREATES):
            title = f"Issue {number}"
            try:
                h.run(lambda p, title=title: p.gitlab.issues.create(101, title=title))
                made.add(title)
            except UnifyError as error:
                (unclear if error.maybe_executed else refused).add(title)
                refusals += [] if error.maybe_executed else [error]
        there = [issue.title for issue in h.run(lambda p: p.gitlab.issues.list(101, search="Issue "))]
    assert len(there) == len(set(there)), "something is there twice"
    assert made <= set(there) <= made | unclear
    assert not refused & set(there)
    assert all(isinstance(error, RateLimitedError) and error.attempts == 3 for error in refusals)
    assert len(set(there) - made) == faulty.failed["after"] > 0
    assert all(faulty.failed.values())
    assert len(made) == CREATES - faulty.failed["before"] - faulty.failed["after"] - len(refused)
