"""The contestants of bench_slack as processes: started, looked at from outside, ended."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from slack_side import SECRET, SlackSide

HERE = Path(__file__).parent
BARE = [sys.executable, str(HERE / "bare_bolt.py")]
PROXIES = ("http_proxy", "https_proxy", "all_proxy")


def despool(folder: Path) -> list[str]:
    """Return the command that runs the Despool of a folder."""
    return ["env", f"PYTHONPATH={folder}", sys.executable, "-m", "bot", "run"]


@asynccontextmanager
async def started(
    command: Sequence[str], mode: str, slack: SlackSide, folder: Path
) -> AsyncIterator[tuple[int, int]]:
    """Run a contestant; gives its process id and its port."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if name.lower() not in PROXIES}
    environment |= {
        "SLACK_BOT_TOKEN": "xoxb-bench",
        "DESPOOL_SLACK_API_URL": slack.url,
        "DESPOOL_DATA_DIR": str(folder),
        "PORT": str(port),
        **({"SLACK_SIGNING_SECRET": SECRET} if mode == "http" else {"SLACK_APP_TOKEN": "xapp-b"}),
    }
    with (folder / "output.txt").open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, env=environment, stdout=output, stderr=output
        )
        try:
            yield process.pid, port
        finally:
            process.terminate()
            await process.wait()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def peak(pid: int) -> float:
    """Return the most memory a process has held, in MiB."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def processor_time(pid: int) -> float:
    """Return the seconds of processor time that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
