"""The commands and their options. What they do is imported when they run, so that help is quick."""

from pathlib import Path
from typing import Annotated

import typer

from unifykit import __version__

app: typer.Typer = typer.Typer(
    name="unifykit", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False,
    help="One object for the services your application lives on.",
)  # fmt: skip
sandbox: typer.Typer = typer.Typer(
    no_args_is_help=True, help="Local counterparts of the platforms, without accounts or network."
)
app.add_typer(sandbox, name="sandbox")

Only = Annotated[str, typer.Option(help="Platforms, separated by commas; all by default.", metavar="NAMES")]
Json = Annotated[bool, typer.Option("--json", help="Write JSON to standard output, and nothing else.")]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"unifykit {__version__}")
        raise typer.Exit


@app.callback()
def unifykit(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hold the options of the command itself."""


@app.command()
def demo(
    live: Annotated[
        bool, typer.Option("--live", help="Ask the platforms configured in the environment; reads only.")
    ] = False,
    write: Annotated[
        bool,
        typer.Option(
            "--write", help="With --live: the whole walk, in a throw-away repository and under a random prefix."
        ),
    ] = False,
    only: Only = "",
    as_json: Json = False,
) -> None:
    """Walk the platforms through real work, in the sandbox unless told otherwise, and show what the pipeline did."""
    from unifykit.cli.demo import run

    if write and not live:
        raise typer.BadParameter("--write goes with --live: the sandbox is always written to")
    raise typer.Exit(run(live=live, write=write, only=_names(only), as_json=as_json))


@app.command()
def doctor(
    live: Annotated[bool, typer.Option("--live", help="Also ask each configured platform; reads only.")] = False,
    only: Only = "",
    env_file: Annotated[
        Path | None, typer.Option(help="A .env file to read beside the environment.", exists=True, dir_okay=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Say what is installed, configured and reachable. Exits with 1 if something configured is broken."""
    from unifykit.cli.doctor import run

    raise typer.Exit(run(live=live, only=_names(only), env_file=env_file, as_json=as_json))


@sandbox.command()
def up(
    only: Only = "",
    env: Annotated[bool, typer.Option("--env", help="Write the environment's lines and nothing else.")] = False,
    persist: Annotated[
        Path | None,
        typer.Option(
            help="A folder: go on from the state and the ports in it, and save the state there.", metavar="DIR"
        ),
    ] = None,
) -> None:
    """Start the sandbox, print the variables that lead to it, and run until Ctrl-C."""
    from unifykit.cli.up import run

    run(only=_names(only), env_only=env, persist=persist)


@sandbox.command()
def seed(
    only: Only = "",
    persist: Annotated[
        Path | None,
        typer.Option(help="The folder of the sandbox; found by the environment otherwise.", metavar="DIR"),
    ] = None,
) -> None:
    """Fill a running sandbox with example data; a second time changes nothing. Nothing but this machine is written to."""
    from unifykit.cli.up import seed

    seed(only=_names(only), persist=persist)


def _names(text: str) -> list[str] | None:
    return [name.strip() for name in text.split(",") if name.strip()] or None
