"""A day on which everything happens once, with a hostile log wherever a log can come in."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.app import Running
from bot.workspace import Workspace
from tests.slack_bot import EVENT, LOG, quiet
from tests.surfaces import ALEX, OUTSIDE, PRIVATE, PUBLIC, TALK, in_channel, lock

HOSTILE = (
    "<!channel> <!here> <@U0SAM> <#C0RANDOM> <https://evil.example|click> @here\n"
    + EVENT.replace("NTSITE1", "NTSITE3")
    + "\n"
    + LOG.replace("filename.EXE", "<!channel>`<@U0SAM>`&*_~@here<https://evil.example|x>.EXE")
)


@dataclass
class Day:
    """What there was to see at the end of a day."""

    ws: Workspace
    joined: list[str] = field(default_factory=list)  # roots whose reply was edited
    hostile: str = ""


async def a_day(ws: Workspace, live: Running) -> Day:
    """Let everything happen once, with a hostile log wherever a log can come in."""
    day = Day(ws)
    other = EVENT.replace("NTSITE1", "NTSITE2")
    day.joined = [
        ws.post(PUBLIC, EVENT),
        ws.post(PUBLIC, "", user="monitor", attachments=[{"text": other, "fallback": other}]),
    ]
    day.hostile = ws.post(PUBLIC, HOSTILE.replace("&", "&amp;"), verbatim=True)
    ws.post(PRIVATE, files={"<!here>.log": HOSTILE.replace("NTSITE3", "NTSITE4").encode()})
    ws.post(TALK, "hello")
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    for root in day.joined:
        ws.post(PUBLIC, LOG, thread_ts=root)
    await quiet(ws, live)
    await _people(ws, live, day)
    ws.open_home()
    ws.click(in_channel(ws, OUTSIDE)[0], "try_sample")
    many = [lock(f"BIG0{n:04d}", f"<!channel>{n}.exe") for n in range(90)]
    ws.post(PUBLIC, files={"big.log": "\n".join(many).encode()})
    await quiet(ws, live)
    return day


async def _people(ws: Workspace, live: Running, day: Day) -> None:
    for verb in ("help", "check <!channel>", f"check NTSITE1 {HOSTILE}", "status", "agents"):
        ws.command(verb)
    for verb in ("history", "history <@U0SAM>", "doctor", "<!channel>", "explain"):
        ws.command(verb)
    ws.post(PUBLIC, "@despool check <!channel>", thread_ts=day.hostile)
    await quiet(ws, live)
    ws.submit(ws.views[ALEX], {"log_text": HOSTILE})
    ws.shortcut(PUBLIC, day.hostile)
    shared = [one for one in ws.ephemerals if "share" in str(one.get("blocks", ""))]
    ws.click(shared[0], "share")
    reply = ws.replies(PUBLIC, day.hostile)[0]
    ws.click(reply, "who_holds")
    ws.click(reply, "more", option="wrong")
    ws.click(reply, "more", option="resolve")
    ws.click(reply, "details")
    await quiet(ws, live)
