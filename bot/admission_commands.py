"""`despool agents …`: the commands by which an admin, on the bot's host, says who may report."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, NoReturn

import typer

from bot.terminal.ending import status_of
from bot.terminal.output import write

# As in bot.cli nothing else is imported here: these commands are made at every start.

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Which servers may report to the bot; run this where the bot runs.",
)

Name = Annotated[str, typer.Argument(metavar="NAME", help="The name of a server: NTSITE1.")]


@app.command()
def invite(name: Name) -> None:
    """Print a code with which the agent of that server enrols, once and within 15 minutes.

    The code stands alone on the last line.

    \b
    despool agents invite NTSITE1 | tail -n 1

    Exit status: 0, 2 that is no name, or the database cannot be used.
    """

    def start() -> int:
        from bot.admission import invite as invite_server

        return invite_server(write, name)

    _exit(start)


@app.command("list")
def list_agents(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows as JSON and nothing else.")
    ] = False,
) -> None:
    """List the agents that are enrolled, and say which are connected.

    Exit status: 0, 2 the database cannot be used.
    """

    def start() -> int:
        from bot.admission import list_all

        return list_all(write, as_json=as_json)

    _exit(start)


@app.command()
def revoke(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name or number, as listed.")],
) -> None:
    """Let an agent report no more, and close its connection at once.

    Exit status: 0 revoked, 2 there is no agent of that name.
    """

    def start() -> int:
        from bot.admission import revoke as revoke_agent

        return revoke_agent(write, name)

    _exit(start)


def _exit(command: Callable[[], int]) -> NoReturn:
    raise typer.Exit(status_of(command))
