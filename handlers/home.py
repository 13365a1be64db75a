"""The App Home: what is open, who reports, what fails again and again, and whether all is well."""

from __future__ import annotations

import time
from typing import Any

from slack_sdk.models.blocks import (
    ActionsBlock,
    Block,
    ButtonElement,
    ContextBlock,
    DividerBlock,
    HeaderBlock,
    MarkdownTextObject,
    RichTextBlock,
)
from slack_sdk.models.blocks.block_elements import RichTextElementParts, RichTextPreformattedElement
from slack_sdk.models.views import View

from bot.incidents.board import WINDOW, offenders, per_day, unresolved
from bot.services import Services
from handlers import panels
from handlers.elements import plain, section
from handlers.panels import Places

Json = dict[str, Any]

ABOUT = (
    "Windows says *Event 109: there isn't sufficient disk space* when in truth a file on the "
    "distribution share was open. Paste the event and `Despool.log` in a channel I am in, or here "
    "under Messages, and I say which file it was, how sure that is, and what to do in which order. "
    "I change nothing on any server."
)


async def on_home_opened(payload: Json, services: Services) -> None:
    """Draw the App Home for the person who opened it."""
    event = payload["event"]
    if event.get("tab", "home") == "home" and event.get("user"):
        await services.asides.publish(str(event["user"]), await home_view(services))


async def home_view(services: Services) -> Json:
    """Return the view; it shows what is public in the workspace, and nothing else."""
    blocks = [*_top(), *await _incidents(services), *await _health(services)]
    return View(type="home", blocks=blocks).to_dict()


def _top() -> list[Block]:
    paste = ButtonElement(text=plain("Paste a log"), action_id="open_paste", style="primary")
    sample = ButtonElement(text=plain("Try the sample"), action_id="try_sample")
    return [
        HeaderBlock(text=plain("A locked file, or a full disk?")),
        section(ABOUT),
        ActionsBlock(elements=[paste, sample]),
    ]


async def _incidents(services: Services) -> list[Block]:
    now = time.time()
    known = await services.incidents.seen_from()
    still = unresolved(known)
    places = Places(services.identity().url, services.knowledge)
    counts = per_day(known, now)
    repeated = offenders(known, now)
    blocks: list[Block] = [
        DividerBlock(),
        HeaderBlock(text=plain(f"Open: {len(still)}")),
        section(
            panels.listed(still, places) or "Nothing is open that was said in a public channel."
        ),
        section(f"*Locks over the last {WINDOW} days*, today at the right: {sum(counts)}"),
        _picture(panels.picture(counts)),
    ]
    if repeated:
        blocks.append(section(f"*Locked again and again*\n{panels.offenders_listed(repeated)}"))
    return blocks


def _picture(text: str) -> Block:
    part = RichTextElementParts.Text(text=text)
    return RichTextBlock(elements=[RichTextPreformattedElement(elements=[part])])


async def _health(services: Services) -> list[Block]:
    statuses = services.agents.statuses()
    rows = await services.examine()
    failed = sum(not row.ok for row in rows)
    healthy = "All checks passed" if not failed else f"{failed} of {len(rows)} checks failed"
    drawn = time.strftime(
        "Drawn %Y-%m-%d %H:%M UTC. Open this tab again to draw it anew.", time.gmtime()
    )
    return [
        DividerBlock(),
        HeaderBlock(text=plain("Servers and agents")),
        section(panels.agents_listed(statuses) or "No server reports to me yet."),
        HeaderBlock(text=plain(f"My own health: {healthy}")),
        section(panels.doctor_listed(rows) or "Nothing was examined."),
        ContextBlock(elements=[MarkdownTextObject(text=drawn)]),
    ]
