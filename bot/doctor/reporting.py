"""The check of the agents: who may report, and who does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bot.admission import rows_of
from bot.agents import Agents
from bot.control import Control
from bot.doctor.case import Case
from bot.doctor.row import Row, failed, well
from bot.errors import DespoolError

_FIX = (
    "On that server see `despool agent status`, and start the agent; one that is no more goes with "
    "`despool agents revoke NAME`."
)


async def agents(case: Case) -> Row:
    """Say how many servers are looked after, and which agent is down."""
    try:
        if case.agents is not None:
            return row_of(await _in_this_process(case.agents), runs=True)
        address = case.settings.database_url.get_secret_value()
        async with case.alone:
            rows, runs = await rows_of(Control.at(case.settings.data_dir), address)
    except DespoolError as error:
        return failed("agents", str(error), "Look at the row `database` first.")
    return row_of(rows, runs=runs)


async def _in_this_process(port: Agents) -> list[Mapping[str, Any]]:
    rows: list[Mapping[str, Any]] = [one.as_json() for one in await port.enrolled()]
    known = {row["name"] for row in rows}
    # one that was enrolled meanwhile
    late = [status for status in port.statuses() if status.name not in known]
    return rows + [{"name": one.name, "connected": True, "blind": one.blind} for one in late]


def row_of(rows: Sequence[Mapping[str, Any]], *, runs: bool) -> Row:
    """Return the row for the agents that are enrolled; `runs`: they could be connected."""
    if not rows:
        return well("agents", "No agent yet.")
    up = [row for row in rows if row["connected"]]
    if not up and not runs:
        return well("agents", f"{len(rows)} enrolled; no bot runs here that they could report to.")
    blind = [f"{row['name']} ({', '.join(row['blind'])})" for row in up if row["blind"]]
    note = f"; cannot look everywhere: {', '.join(blind)}" if blind else ""
    down = ", ".join(row["name"] for row in rows if not row["connected"])
    if down:
        return failed("agents", f"{len(up)} connected{note}; not connected: {down}.", _FIX)
    return well("agents", f"{len(up)} connected{note}.")
