"""The commands: each reads its words, makes one call, and turns the answer into an exit status."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from bot import __version__
from bot.admission_commands import app as admission_app
from bot.agent_commands import app as agent_app
from bot.terminal.ending import UNUSABLE, status_of
from bot.terminal.output import write

# Nothing else is imported at the top: `despool explain` on a small file starts faster than one
# can blink, and Slack, pydantic or rich would each cost more than the analysis itself.

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(?:([kmgt])(i)?)?b?", re.IGNORECASE)

app = typer.Typer(
    name="despool",
    add_completion=False,
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Tell a locked file from a full disk when SMS reports event 109.",
)
app.add_typer(agent_app, name="agent")
app.add_typer(admission_app, name="agents")


database = typer.Typer(help="Look after the database of the bot.", no_args_is_help=True)
app.add_typer(database, name="db")


class Response(StrEnum):
    """The Response settings of an SMS 1.x site, which set the despooler's clock."""

    VERY_FAST = "very-fast"
    FAST = "fast"
    MEDIUM = "medium"
    SLOW = "slow"


def main() -> None:
    """Run the command line; the console script and `python -m bot` come in here."""
    for stream in (sys.stdout, sys.stderr):
        # Log text may hold what the terminal's encoding cannot say; that must not end in a trace.
        if stream is not None and hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
    app()


def _version(wanted: bool) -> None:
    if wanted:
        write(f"despool {__version__}\n".encode())
        raise typer.Exit


def size_in_bytes(text: str | int) -> int:
    """Return the bytes that a size such as `4GiB`, `500MB` or `1048576` stands for."""
    match = _SIZE.fullmatch(str(text).strip())
    size = 0
    if match:
        base = 1024 if match[3] else 1000
        size = int(float(match[1]) * base ** (" kmgt".index((match[2] or " ").lower())))
    if size < 1:
        raise typer.BadParameter("write a size such as 500MB, 4GiB or a number of bytes")
    return size


@app.callback()
def _despool(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Take the options that stand before a command."""


@app.command()
def explain(
    files: Annotated[
        list[str] | None,
        typer.Argument(metavar="FILE...", help="Logs and event exports; - or none: stdin."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    max_size: Annotated[
        int | None,
        typer.Option(
            parser=size_in_bytes,
            metavar="SIZE",
            help="Largest input, and largest sum unpacked from one archive: 500MB, 8GiB, bytes."
            " Without it 4 GiB and 256 MiB.",
        ),
    ] = None,
    response: Annotated[
        Response | None,
        typer.Option(help="Response setting of the SMS 1.x site: adds the times of the retries."),
    ] = None,
) -> None:
    """Say what a log or an event 109 means, which file is locked, and what to do.

    Several files are one body of evidence: give the event and the log together. Text, UTF-16,
    .evt, .evtx, .zip and .gz are read.

    \b
    despool explain Despool.log alert.txt
    despool explain --json export.evtx | jq .findings
    xclip -o | despool explain

    Exit status: 0 something was found, 1 nothing, 2 an input could not be used.
    """

    def start() -> int:
        from bot.terminal.explaining import explain as explain_files

        return explain_files(files or ["-"], as_json, max_size, response)

    _exit(start)


@app.command()
def holders(
    path: Annotated[str, typer.Argument(metavar="PATH", help="A file or folder of this machine.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object and nothing else.")
    ] = False,
    smbstatus: Annotated[
        str | None,
        typer.Option(metavar="PROGRAM", help="Samba's smbstatus, if it is in no usual place."),
    ] = None,
) -> None:
    """Say which process, or which remote user, has a file open now. It changes nothing.

    Exit status: 0 somebody holds it, 1 nobody does or it is gone, 2 that cannot be told.
    """

    def start() -> int:
        from bot.terminal.holders import holders as tell_holders

        return tell_holders(path, as_json, smbstatus)

    _exit(start)


@app.command()
def run() -> None:
    """Run the bot until it is told to stop, with the settings of the environment."""

    def start() -> int:
        from bot.app import run as run_bot
        from bot.settings import load

        return run_bot(load())

    _exit(start)


@app.command()
def demo(
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="A log to post; without it, the event and the line of the article."
        ),
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Post FILE, print the thread, and end.")
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Port of the page; 0: any free one.")
    ] = 0,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page, where there is a screen.")
    ] = True,
) -> None:
    """Try the bot without Slack: a stand-in workspace on this computer, opened in a browser.

    \b
    despool demo
    despool demo --once Despool.log

    Exit status with --once: 0 the bot answered, 1 it stayed silent, 2 FILE could not be used.
    """

    def start() -> int:
        from bot.demo import demo as show_demo

        return show_demo(file, once, port, browser and _sees_a_screen())

    _exit(start)


@app.command()
def doctor(
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the rows as JSON and nothing else.")
    ] = False,
) -> None:
    """Check settings, tokens, scopes, connection, files, clock and versions; say how to mend each.

    Exit status: 0 all is well, 1 something is not.
    """

    def start() -> int:
        from bot.doctor.terminal import consult

        return consult(write, as_json=as_json)

    _exit(start)


@app.command()
def manifest(
    url: Annotated[
        str | None,
        typer.Argument(
            metavar="URL",
            help="Where Slack reaches the bot over HTTP; without it DESPOOL_PUBLIC_URL, and"
            " without that Socket Mode.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the manifest and nothing else.")
    ] = False,
    link: Annotated[
        bool, typer.Option("--link", help="Print the link that creates the app and nothing else.")
    ] = False,
) -> None:
    """Print the manifest of the Slack app, and the link that creates an app from it."""

    def start() -> int:
        from bot.manifest import printed

        return 0 if write(printed(url, as_json=as_json, only_link=link).encode()) else UNUSABLE

    _exit(start)


@database.command()
def upgrade() -> None:
    """Bring the tables in DESPOOL_DATABASE_URL up to date, and say from what to what.

    `despool run` does the same when it starts; this is for those who want it done before.
    """

    def start() -> int:
        from bot.incidents.opening import upgrade_database
        from bot.settings import load_kept

        return 0 if write(upgrade_database(load_kept()[1]).encode()) else UNUSABLE

    _exit(start)


def _sees_a_screen() -> bool:
    """Tell whether somebody sits before it; a browser inside a terminal would be in the way."""
    if sys.stdout is None or not sys.stdout.isatty():
        return False
    return sys.platform in ("win32", "darwin") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )


def _exit(command: Callable[[], int]) -> NoReturn:
    raise typer.Exit(status_of(command))
