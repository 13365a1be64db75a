"""What the bot shows beside its replies: help, lists of incidents, agents, the doctor's rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    HeaderBlock,
)

from bot.agents import AgentStatus
from bot.incidents import Incident
from bot.incidents.board import WINDOW, Offender
from bot.knowledge import Knowledge
from bot.model import Input
from handlers.blocks import Reply
from handlers.elements import marked, permalink, plain, section
from handlers.slack_text import clip, code, fitting, line, middle
from handlers.verdicts import headline

if TYPE_CHECKING:
    from bot.doctor import Row

HEADER = 150
SECTION = 2900
ROWS = 10
ROW = 260
PATHS = 5
BARS = "▁▂▃▄▅▆▇█"
HELP = (
    ("paste a log", "in a channel I am in, in a thread or to me: `Despool.log`, event 109, an "
     "alert, or a file (.log .lo_ .txt .csv .xml .json .evt .evtx .zip .gz)"),
    ("/despool check <server> [path]", "what failed there in 24 hours, and who holds the file"),
    ("/despool explain", "a form to paste a log into, for your eyes only"),
    ("/despool history [server]", "the latest failures"),
    ("/despool status", "how many failures are open, and whether I hear and answer"),
    ("/despool agents", "the servers that report to me; for admins also "
     "`agents invite <server>` and `agents revoke <server>`"),
    ("/despool doctor", "what is wrong with my set-up, and how to mend it"),
    ("@despool explain", "in a thread: reads what the thread says; the other commands work so too"),
)  # fmt: skip
PASTE = (
    "Paste the whole text of the event together with the lines of SMS\\LOGS\\Despool.log around "
    "“Failed, Win32 Error”, or upload the file."
)


def panel(title: str, *parts: str, notes: Sequence[str] = ()) -> Reply:
    """Return a titled answer of some paragraphs; its text says the same without markup."""
    blocks: list[Block] = [HeaderBlock(text=plain(clip(title, HEADER)))]
    blocks += [section(part) for part in parts if part]
    if notes:
        text = "\n".join(clip(note, 700) for note in notes)
        blocks.append(ContextBlock(elements=[marked(text)]))
    spoken = "\n".join(
        (clip(title, HEADER), *filter(None, parts), *(clip(note, 700) for note in notes))
    )
    return Reply(text=spoken[:3900], blocks=[block.to_dict() for block in blocks], cut=False)


def help_panel(trouble: str | None = None) -> Reply:
    """Return what the bot can do; first, where there was one, what was not understood."""
    rows = "\n".join(f"• `{clip(name, 80)}`  {what}" for name, what in HELP)
    reply = panel(
        "Despool tells a locked file from a full disk",
        clip(trouble, 300) if trouble else "",
        rows,
        notes=("I change nothing on any server. Answers to commands are seen by you alone.",),
    )
    button = ButtonElement(text=plain("Paste a log"), action_id="open_paste")
    return Reply(
        text=reply.text,
        blocks=[*reply.blocks, ActionsBlock(elements=[button]).to_dict()],
        cut=False,
    )


def nothing_found() -> Reply:
    """Return the answer to somebody who asked about a text in which nothing failed."""
    return panel(
        "Nothing failed in there that I know",
        "I read it and found no event 109 of SMS and no file operation that failed with a Windows "
        "error. That is no proof that all is well.",
        PASTE,
    )


def cannot_look() -> Reply:
    """Return the answer to somebody who asked about a thread that Slack does not show."""
    return panel(
        "I could not read this thread",
        "Slack does not show it to me, so I cannot say whether anything failed. Write `/invite "
        "@Despool` in this channel and ask again, or paste the log here.",
    )


def nothing_in(failed: Sequence[Input]) -> Reply:
    """Return the answer where nothing was found: what could not be read and why, if any."""
    if not failed:
        return nothing_found()
    rows = (f"• {clip(one.name, 100)}: {clip(one.error or '', 300)}" for one in failed)
    return panel("I could not read it", _rows(rows, len(failed)), PASTE)


def what_to_paste() -> Reply:
    """Return the answer to somebody who spoke to the bot of nothing it knows."""
    return panel("I read logs of the SMS despooler", PASTE, "`/despool help` shows what else I do.")


def check_panel(
    server: str, path: str | None, found: Sequence[Incident], lines: Sequence[str], places: Places
) -> Reply:
    """Return what is known about a server, and what its agent said just now."""
    about = f"{server}, {path}" if path else server
    count = f"{len(found)} failure{'s' * (len(found) != 1)}" if found else "no failure"
    still = sum(one.is_open for one in found)
    title = f"{server}: {count} reported in 24 hours" + (f", {still} open" if found else "")
    looked = "\n".join(clip(one, 900) for one in lines)
    files = dict.fromkeys(file for one in found for file in one.finding.files)
    return panel(
        title,
        f"Asked about {clip(about, 400)}." if path else "",
        listed(found, places),
        f"*Locked, the latest first*\n{_paths(list(files))}" if files else "",
        f"*The server itself*\n{looked}" if looked else "",
    )


def _paths(files: Sequence[str]) -> str:
    left = len(files) - PATHS
    more = f"\nand {left:,} more" if left > 0 else ""
    return code(line(middle(file, ROW), ROW) for file in files[:PATHS]) + more


def history_panel(server: str | None, found: Sequence[Incident], places: Places) -> Reply:
    """Return the latest failures, of one server or of all."""
    where = f" on {server}" if server else ""
    if not found:
        return panel(f"No failure{where} was reported here", "I know what was pasted or alerted "
                     "since I was started, and show what this channel may see.")  # fmt: skip
    return panel(f"The latest failures{where}", listed(found, places))


def agents_panel(statuses: Sequence[AgentStatus]) -> Reply:
    """Return the agents that are connected."""
    if not statuses:
        return panel(
            "No server reports to me yet",
            "Without an agent I judge what is pasted or alerted, and cannot look who holds a file.",
            "An admin adds one: `/despool agents invite <server>` here, or `despool agents invite "
            "<server>` where I run, then `despool agent enroll` on that server.",
        )
    return panel(f"{len(statuses)} agents report to me", agents_listed(statuses))


def agents_listed(statuses: Sequence[AgentStatus]) -> str:
    """Return a line for each agent."""
    rows = (
        f"• *{clip(one.name, 80)}* on {clip(one.host, 80)}, version {clip(one.version, 20)}, since "
        f"{one.connected_since:%Y-%m-%d %H:%M} UTC"
        + (f", cannot look by {clip(', '.join(one.blind), 100)}" if one.blind else "")
        for one in statuses
    )
    return _rows(rows, len(statuses))


def status_panel(found: Sequence[Incident], trouble: Sequence[str], agents: int) -> Reply:
    """Return in a few words whether the bot works and what is open."""
    still = [one for one in found if one.is_open]
    works = " ".join(clip(one, 300) for one in trouble) if trouble else "I hear Slack and answer."
    return panel(
        f"{len(still)} open, {len(found) - len(still)} resolved",
        works,
        f"{agents} agent{'s' * (agents != 1)} on servers.",
        notes=("Counted since I was started, of what this channel may see.",),
    )


def doctor_panel(rows: Sequence[Row]) -> Reply:
    """Return the doctor's rows, what failed first."""
    failed = [row for row in rows if not row.ok]
    title = f"{len(failed)} of {len(rows)} checks failed" if failed else "All checks passed"
    return panel(title, doctor_listed(rows))


def doctor_listed(rows: Sequence[Row]) -> str:
    """Return a line for each row, what failed first, with how to mend it."""
    ordered = sorted(rows, key=lambda row: row.ok)
    lines = (
        f"{'✓ ok' if row.ok else '✗ FAILED'}  *{clip(row.id, 40)}*  {clip(row.detail, 200)}"
        + (f"\n      {clip(row.fix, 300)}" if row.fix and not row.ok else "")
        for row in ordered
    )
    return "\n".join(fitting(lines, SECTION))


def offenders_listed(offenders: Sequence[Offender]) -> str:
    """Return a line for each package that is locked again and again."""
    rows = (
        f"• *{clip(one.package, 40)}*{f' on {clip(one.server, 80)}' if one.server else ''}: "
        f"{one.count} locks in {WINDOW} days. Keep backups and virus scans off its share."
        for one in offenders
    )
    return _rows(rows, len(offenders))


def picture(counts: Sequence[int]) -> str:
    """Return a picture of counts in two rows: a bar each, and below it the count."""
    width = max((len(str(one)) for one in counts), default=1)
    rows = (map(_bar, counts, [max(counts, default=0)] * len(counts)), map(str, counts))
    return "\n".join(" ".join(cell.rjust(width) for cell in row) for row in rows)


def _bar(count: int, most: int) -> str:
    return BARS[round(count / most * (len(BARS) - 1))] if count else "·"


class Places:
    """Where the threads of a workspace are, for links to them."""

    def __init__(self, url: str | None, knowledge: Knowledge) -> None:
        self._url = url
        self.knowledge = knowledge

    def link(self, incident: Incident, label: str) -> str:
        """Return a link to an incident's thread with an escaped label."""
        url = permalink(self._url, incident.channel, incident.thread_ts)
        return f"<{url}|{label}>" if url else label


def listed(found: Sequence[Incident], places: Places) -> str:
    """Return a line for each incident with a link to its thread."""
    mixed = len({one.state for one in found}) > 1
    return _rows((_row(one, places, mixed) for one in found), len(found))


def _row(one: Incident, places: Places, with_state: bool) -> str:
    finding = one.finding
    label = line(headline(finding, places.knowledge), 100).replace("|", "/")
    about = [clip(part, 60) for part in (finding.package, finding.server) if part]
    more = ", ".join(part for part in about if part not in label)
    at = datetime.fromtimestamp(one.seen_at, UTC).strftime("%Y-%m-%d\u00a0%H:%M\u00a0UTC")
    end = f"{one.state}, {at}" if with_state else at
    return f"• {places.link(one, label)}{f' ({more})' if more else ''}: {end}"


def _rows(rows: Iterable[str], count: int) -> str:
    shown = fitting((row for _, row in zip(range(ROWS), rows, strict=False)), SECTION - 40)
    left = count - len(shown)
    return "\n".join([*shown, *([f"and {left:,} more"] if left else [])])
