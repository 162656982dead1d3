"""The errors page: the tree, what each status becomes, and each class."""

import inspect
from http import HTTPStatus

from generator.docstrings import markdown
from unifykit import errors
from unifykit._core.dialect import TRANSIENT
from unifykit._core.translate import BY_STATUS, kind_of
from unifykit.errors import UnifyError
from unifykit.providers.redis.errors import BY_WORD

INTRO = """# Errors

Everything that an operation raises is a `UnifyError`. What to catch, and what to do then, is in
[the guide](../how-to/errors.md).
"""


def page() -> str:
    """The whole page."""
    classes = "\n\n".join(_class(getattr(errors, name)) for name in _in_order())
    return f"{INTRO}\n## The tree\n\n{_tree()}\n\n## By status\n\n{_statuses()}\n\n## By Redis's word\n\n{_words()}\n\n{classes}"


def _tree() -> str:
    lines = inspect.cleandoc(errors.__doc__ or "").splitlines()
    drawn = [line.removeprefix("    ") for line in lines if line.startswith("    ")]
    return "```text\n" + "\n".join(drawn) + "\n```"


def _in_order() -> list[str]:
    """The names in the order of the tree."""
    return sorted(errors.__all__, key=lambda name: _tree().index(f"{name}" + (" " if name != "UnifyError" else "")))


def _statuses() -> str:
    rows = [
        _row(str(status), _reason(status), kind.__name__, status in TRANSIENT)
        for status, kind in sorted(BY_STATUS.items())
    ]
    rows += [
        _row("other 4xx", "", kind_of(400).__name__, False),
        _row("other 5xx", "", kind_of(599).__name__, "500 and 520 to 530"),
    ]
    return "\n".join(
        [
            "A provider may say more in the reply's headers or body, and that counts first: a 403 of GitHub that is a limit is",
            "`RateLimitedError`, and a 429 that says the credit is used up is `QuotaExceededError`.",
            "",
            "| status | | error | transient: may be sent again |",
            "| --- | --- | --- | --- |",
            *rows,
        ]
    )


def _words() -> str:
    rows = [f"| `{word}` | [`{kind.__name__}`](#{kind.__name__.lower()}) |" for word, kind in sorted(BY_WORD.items())]
    head = "An error of Redis begins with a word, which is the error's `code`. Any other word is `InvalidRequestError`."
    return "\n".join([head, "", "| word | error |", "| --- | --- |", *rows])


def _row(status: str, reason: str, error: str, transient: bool | str) -> str:
    again = (
        transient
        if isinstance(transient, str)
        else "yes"
        if transient
        else "after the wait"
        if error == "RateLimitedError"
        else "no"
    )
    return f"| {status} | {reason} | [`{error}`](#{error.lower()}) | {again} |"


def _reason(status: int) -> str:
    return HTTPStatus(status).phrase


def _class(cls: type[UnifyError]) -> str:
    parents = ", ".join(f"`{base.__name__}`" for base in cls.__bases__)
    advice = f"\n\nIts text ends with: *{cls.advice}*" if cls.__dict__.get("advice") else ""
    return f"## {cls.__name__}\n\nSubclass of {parents}.\n\n{markdown(cls)}{advice}{_members(cls)}"


def _members(cls: type[UnifyError]) -> str:
    if cls is not UnifyError:
        return ""
    return f"\n\n- `retryable`: {markdown(UnifyError.retryable)}"
