"""`despool agent …`: the commands of the agent, which an admin gives on the server it runs on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot.terminal.ending import status_of
from bot.terminal.output import write

# As in bot.cli nothing else is imported here: these commands are made at every start.

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="The read-only agent on a server: it tells the bot who holds a file.",
)
config_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="The agent's configuration."
)
app.add_typer(config_app, name="config")

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Without it the usual place of this system."),
]


@app.command()
def enroll(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where the bot is reached, https.")],
    code: Annotated[str, typer.Option("--code", help="The code of the invitation.")],
    config: Config = None,
    roots: Annotated[
        list[Path] | None,
        typer.Option("--root", metavar="DIR", help="A folder whose files may be asked about."),
    ] = None,
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="PATH=DIR",
            help=r"Where a path of the log is: 'E:\SMS_PKGE=/srv/pkge'.",
        ),
    ] = None,
    logs: Annotated[
        list[Path] | None,
        typer.Option("--log", metavar="FILE", help="A log to follow, such as Despool.log."),
    ] = None,
    events: Annotated[
        list[str] | None,
        typer.Option(
            "--events", metavar="SOURCE", help="Application (Windows), or an .evt or .evtx file."
        ),
    ] = None,
    aliases: Annotated[
        list[str] | None,
        typer.Option("--alias", metavar="NAME", help="Another name of this server."),
    ] = None,
    ca_file: Annotated[
        Path | None,
        typer.Option("--ca-file", metavar="FILE", help="A private authority's certificate, PEM."),
    ] = None,
) -> None:
    """Register this server with the bot, and write the agent's configuration and key.

    An admin gets the code with `despool agents invite NAME` where the bot runs. A server that
    enrols again keeps what its configuration says already.

    \b
    despool agent enroll https://despool.example --code ABCDE-… --root E:\\SMS_PKGE
      --log C:\\SMS\\LOGS\\Despool.log --events Application

    Exit status: 0 enrolled, 2 not, and nothing was written.
    """

    def start() -> int:
        from bot.agent.terminal import enroll_here

        return enroll_here(
            write,
            address=url,
            code=code,
            config=config,
            roots=roots or [],
            maps=maps or [],
            logs=logs or [],
            events=events or [],
            aliases=aliases or [],
            ca_file=ca_file,
        )

    _exit(start)


@app.command()
def run(config: Config = None) -> None:
    """Run the agent until it is told to stop."""

    def start() -> int:
        from bot.agent.terminal import run_here

        return run_here(config)

    _exit(start)


@app.command()
def status(
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Say whether the agent runs and is connected.

    Exit status: 0 connected, 1 not, 2 the configuration cannot be used.
    """

    def start() -> int:
        from bot.agent.terminal import tell_status

        return tell_status(write, config, as_json=as_json)

    _exit(start)


@config_app.command("check")
def check(config: Config = None) -> None:
    """Check the configuration, and say which key is wrong.

    Exit status: 0 all is well, 2 something is not.
    """

    def start() -> int:
        from bot.agent.terminal import check_config

        return check_config(write, config)

    _exit(start)


@app.command("install-service")
def install_service(config: Config = None) -> None:
    """Set the agent up as a service of this system, and say how to start it."""

    def start() -> int:
        from bot.agent.installing import install

        return install(write, config)

    _exit(start)


@app.command()
def selftest(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
) -> None:
    """Lock a file of its own, and see whether every probe of this system finds that out."""

    def start() -> int:
        from bot.agent.selftest import selftest as try_probes

        return try_probes(as_json)

    _exit(start)


def _exit(command: Callable[[], int]) -> NoReturn:
    raise typer.Exit(status_of(command))
