"""Admitting agents from the bot's host: by the running bot, or in the database where none runs."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bot import journal
from bot.agents.admission import Admission
from bot.control import Answer, Control
from bot.incidents.admitting import admitting, enrolled_in
from bot.settings import load_kept

INVITE, LIST, REVOKE = "agents-invite", "agents-list", "agents-revoke"

Write = Callable[[bytes], bool]


def answers(admission: Admission) -> dict[str, Answer]:
    """Return what can be asked about the agents, by name; all of it is JSON."""

    async def invite(question: Mapping[str, Any]) -> dict[str, Any]:
        code = await admission.invite(str(question["name"]))
        return {"code": code, "known": [one.agent.name for one in await admission.enrolled()]}

    async def listed(_: Mapping[str, Any]) -> list[dict[str, Any]]:
        return [one.as_json() for one in await admission.enrolled()]

    async def revoke(question: Mapping[str, Any]) -> list[str]:
        return [agent.name for agent in await admission.revoke(str(question["name"]))]

    return {INVITE: invite, LIST: listed, REVOKE: revoke}


def invite(write: Write, name: str) -> int:
    """Print how that server enrols, and the one-use code alone on the last line."""
    name = name.strip().lstrip("\\")
    answer = _asked(INVITE, name)
    lines = [f"{name} may enrol once within 15 minutes. On that server, with the bot's address:"]
    lines.append("  despool agent enroll https://… --code CODE --root FOLDER --log Despool.log")
    if name.casefold() in map(str.casefold, answer["known"]):
        lines.append(f"The agent that is enrolled as {name} now is revoked by that.")
    lines += ["The code:", answer["code"]]
    return _printed(write, lines)


def list_all(write: Write, *, as_json: bool) -> int:
    """Print the agents that are enrolled, connected or not."""
    rows, _ = _run(rows_of)
    if as_json:
        return _printed(write, [json.dumps(rows, ensure_ascii=False, indent=2)])
    return _printed(write, _table(rows) or ["No agent is enrolled: despool agents invite NAME."])


def revoke(write: Write, name: str) -> int:
    """Revoke an agent for good; its socket is closed at once."""
    gone = _asked(REVOKE, name.strip())
    return _printed(write, [f"{', '.join(gone)} is revoked and can report no more."])


async def rows_of(control: Control, address: str) -> tuple[list[dict[str, Any]], bool]:
    """Return the rows of `despool agents list --json`, and whether a bot that runs gave them."""
    rows = await control.ask(LIST)
    if rows is not None:
        return rows, True
    return [one.as_json() for one in await enrolled_in(address)], False


def _asked(what: str, name: str) -> Any:
    async def ask(control: Control, address: str) -> Any:
        answer = await control.ask(what, {"name": name})
        if answer is not None:
            return answer
        async with admitting(address) as admission:
            return await answers(admission)[what]({"name": name})

    return _run(ask)


def _run(ask: Callable[[Control, str], Any]) -> Any:
    journal.configure("ERROR")
    folder, address = load_kept()
    return asyncio.run(ask(Control.at(folder), address))


def _table(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    width = max((len(row["name"]) for row in rows), default=0)
    return [f"{row['name']:<{width}}  {_standing(row)}  {_facts(row)}" for row in rows]


def _standing(row: Mapping[str, Any]) -> str:
    if row["connected"]:
        return f"connected since {_time(row['connected_since'])}"
    seen = row["last_seen"]
    return f"not connected, last seen {_time(seen)}" if seen else "never connected"


def _facts(row: Mapping[str, Any]) -> str:
    blind = f"; cannot look everywhere: {', '.join(row['blind'])}" if row["blind"] else ""
    return f"(host {row['host']}, version {row['version']}, key {row['fingerprint']}{blind})"


def _time(text: str) -> str:
    return text[:16].replace("T", " ") + " UTC"


def _printed(write: Write, lines: Sequence[str]) -> int:
    # what a server calls itself must not move the cursor of the admin's terminal
    plain = (
        "".join(one if one.isprintable() or one == "\n" else "?" for one in line) for line in lines
    )
    return 0 if write("".join(f"{line}\n" for line in plain).encode("utf-8", "replace")) else 2
