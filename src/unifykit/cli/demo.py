"""`unifykit demo`: walks through the sandbox, or through the platforms configured in the environment."""

import secrets
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from unifykit.cli import show, steps, walk
from unifykit.cli.extras import examine
from unifykit.cli.steps import Done
from unifykit.cli.story import App, chapters
from unifykit.cli.tally import NAMES, Tally
from unifykit.errors import ConfigurationError, InvalidRequestError
from unifykit.platforms import PROVIDERS, Platforms
from unifykit.sandbox import COUNTERPARTS, Sandbox

_WALKED = ("github", "redis")  # live, the others are asked one harmless question a part


@dataclass
class _Demo:
    """One run of the demo."""

    progress: Progress
    kinds: dict[str, str] = field(default_factory=dict[str, str])
    tally: Tally = field(default_factory=Tally)
    done: list[Done] = field(default_factory=list[Done])

    @property
    def ok(self) -> bool:
        return bool(self.done) and all(done.ok for done in self.done)

    def walk(self, platform: str, way: walk.Walk, chapter: str = "") -> None:
        task = self.progress.add_task(platform, total=None)
        for done in steps.run(
            platform, way, lambda title: self.progress.update(task, description=f"{platform}: {title}"), chapter
        ):
            self.done.append(done)
            self.progress.advance(task)
        self.progress.remove_task(task)


def run(*, live: bool, write: bool, only: Sequence[str] | None, as_json: bool) -> int:
    """Make the walks, tell what came of them, and return the exit code."""
    demo = _Demo(_progress(hidden=as_json))
    with demo.progress:
        if live:
            _live(demo, only, write=write)
        else:
            _sandboxed(demo, only)
    if as_json:
        show.as_json(_data(demo, live=live))
    else:
        _print(demo)
    return 0 if demo.ok else 1


def _sandboxed(demo: _Demo, only: Sequence[str] | None) -> None:
    extras = {} if only else {name: examine(name) for name in COUNTERPARTS}
    missing = {name: f"left out, not installed: {one.detail}" for name, one in extras.items() if one.state == "missing"}
    names = only or [name for name in COUNTERPARTS if name not in missing]
    with Sandbox(only=names) as sandbox, sandbox.platforms(observers=[demo.tally]) as p:
        demo.kinds = {**sandbox.kinds, **missing}
        app = App(p, sandbox, secrets.token_hex(4))
        for chapter in chapters(list(sandbox.kinds)):
            demo.walk(chapter.platform, chapter.walk(app), chapter.title)


def _way(p: Platforms, platform: str) -> walk.Walk:
    mark = secrets.token_hex(4)
    return (walk.redis if platform == "redis" else walk.github)(p, f"unifykit-demo-{mark}")


def _live(demo: _Demo, only: Sequence[str] | None, *, write: bool) -> None:
    names = _configured(only)
    with Platforms(observers=[demo.tally]) as p:
        for name in names:
            if write and name in _WALKED:
                demo.walk(name, _way(p, name))
            else:
                _check(demo, p, name)


def _check(demo: _Demo, p: Platforms, name: str) -> None:
    task = demo.progress.add_task(f"{name}: check", total=None)
    report = getattr(p, name).check()
    demo.done += [Done(name, item.name, item.ok, " ".join(item.detail.split()), item.seconds) for item in report.items]
    demo.progress.remove_task(task)


def _configured(only: Sequence[str] | None) -> list[str]:
    from unifykit import settings

    unknown = [name for name in only or () if name not in PROVIDERS]
    if unknown:
        raise InvalidRequestError(f"there is no platform {', '.join(unknown)}; there are: {', '.join(PROVIDERS)}.")
    told = settings.environment()
    models: dict[str, type[settings.ProviderSettings]] = {
        name: getattr(settings, kind) for name, (_, kind) in PROVIDERS.items()
    }
    found = [name for name in only or PROVIDERS if any(models[name].find(one, told) for one in models[name].required)]
    if not found:
        raise ConfigurationError(
            "nothing is configured: `unifykit doctor` names the variables, `unifykit demo` needs none."
        )
    return found


def _progress(*, hidden: bool) -> Progress:
    to = Console(stderr=True, highlight=False)
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.completed} steps"),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=to, transient=True, disable=hidden or not to.is_terminal)


def _data(demo: _Demo, *, live: bool) -> dict[str, object]:
    return {
        "ok": demo.ok,
        "mode": "live" if live else "sandbox",
        "sandbox": demo.kinds,
        "steps": [asdict(done) for done in demo.done],
        "pipeline": {name: asdict(account) for name, account in sorted(demo.tally.accounts.items())},
    }


def _print(demo: _Demo) -> None:
    to = show.console()
    for name, kind in demo.kinds.items():
        show.line(to, f"{name}: {kind}")
    show.line(to, "")
    rows = [
        (d.chapter or "check", d.platform, d.step, _verdict(d), d.result, f"{d.seconds * 1000:.1f} ms")
        for d in demo.done
    ]
    show.table(to, "Steps", ("chapter", "platform", "step", "", "what came back", "time"), rows)
    show.table(to, "What the pipeline did", ("platform", *NAMES), list(_counted(demo.tally)))
    failed = [done for done in demo.done if not done.ok]
    for done in failed:
        show.line(to, f"{done.platform}: {done.step} failed: {done.result}", "red")
    if not failed:
        show.line(to, f"all {len(demo.done)} steps succeeded", "green")


def _verdict(done: Done) -> str:
    return "ok" if done.ok else "failed"


def _counted(tally: Tally) -> Iterator[tuple[str, ...]]:
    for name, account in sorted(tally.accounts.items()):
        values = asdict(account)
        yield name, *(f"{value:.3f} s" if isinstance(value, float) else str(value) for value in values.values())
