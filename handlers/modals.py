"""The form to paste a log into, and the message shortcut: answers for one pair of eyes."""

from __future__ import annotations

import json
import logging
from typing import Any

from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.models.blocks import (
    InputBlock,
    PlainTextInputElement,
    PlainTextObject,
)
from slack_sdk.models.blocks.block_elements import FileInputElement
from slack_sdk.models.views import View

from bot.asides import Asker
from bot.incidents import Evidence, Job
from bot.services import Services
from bot.slack import SlackError
from handlers import panels
from handlers.blocks import render
from handlers.elements import plain
from handlers.evidence import evidence_of, sources_of
from handlers.private import show

log = logging.getLogger(__name__)

Json = dict[str, Any]

PASTE = "paste_log"
SHORTCUT = "explain_log"
TEXT, FILES = "log_text", "log_files"
LONGEST = 3000  # https://docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
FILE_TYPES = ["log", "lo_", "txt", "text", "csv", "xml", "json", "evt", "evtx", "zip", "gz"]
MOST_FILES = 10
EMPTY = "Paste some lines here, or add a file below."
UNREADABLE = "None of these is a log: .log .lo_ .txt .csv .xml .json .evt .evtx .zip .gz are."


def register(app: AsyncApp) -> None:
    """Listen to the form and to the shortcut."""
    app.view(PASTE)(on_submission)
    app.shortcut(SHORTCUT)(acknowledge)


def work_in(body: Json) -> Job | None:
    """Return the work that a filled form or the shortcut brings."""
    if body.get("type") == "message_action" and body.get("callback_id") == SHORTCUT:
        return Job(kind="shortcut", payload={"shortcut": body}, key=str(body.get("trigger_id")))
    view = body.get("view")
    if body.get("type") != "view_submission" or not isinstance(view, dict):
        return None
    if view.get("callback_id") != PASTE or not any(pasted(view)):
        return None
    key = f"{view.get('id')}:{view.get('hash')}"
    return Job(kind="paste", payload={"user": body.get("user"), "view": view}, key=key)


async def on_submission(ack: AsyncAck, view: Json, services: Services) -> None:
    """Close the form, or say what is missing in it."""
    text, files = pasted(view)
    if not text and not files:
        await ack(response_action="errors", errors={TEXT: EMPTY})
    elif not text and not any(map(services.files.readable, files)):
        await ack(response_action="errors", errors={FILES: UNREADABLE})
    else:
        await ack()


async def acknowledge(ack: AsyncAck) -> None:
    """Acknowledge; if there is work, it is in the jobs already."""
    await ack()


async def on_paste_work(payload: Json, services: Services) -> None:
    """Analyse what the form held, and tell the person who sent it."""
    view = payload["view"]
    text, files = pasted(view)
    asker = _asker(payload.get("user"), view.get("private_metadata"))
    evidence = Evidence(
        text=text, files=tuple(file for file in files if services.files.readable(file))
    )
    await explain(evidence, asker, services, key=f"{view.get('id')}:{view.get('hash')}")


async def on_shortcut_work(payload: Json, services: Services) -> None:
    """Analyse the message the shortcut was used on, and tell the person who used it."""
    body = payload["shortcut"]
    message = body.get("message") or {}
    channel = (body.get("channel") or {}).get("id")
    asker = Asker(
        user=str((body.get("user") or {}).get("id") or ""),
        channel=channel,
        thread_ts=message.get("thread_ts") or message.get("ts"),
        response_url=body.get("response_url"),
    )
    evidence = evidence_of(message, services)
    await explain(evidence, asker, services, key=str(body.get("trigger_id")))


async def explain(evidence: Evidence, asker: Asker, services: Services, *, key: str) -> None:
    """Answer one person alone about a text or files."""
    texts = [evidence.text] if evidence.text else []
    sources = await sources_of(texts, evidence.files, asker, services)
    report = await services.analyse(sources)
    if report.findings:
        reply = render(report, services.knowledge, actions=False)
        await show(reply, asker, services, key=key, rule=report.findings[0].rule)
    else:
        failed = [one for one in report.inputs if one.error is not None]
        reply = panels.nothing_in(failed)
        await services.asides.tell(asker, reply.text, reply.blocks)


async def open_paste(trigger_id: Any, asker: Asker, services: Services) -> None:
    """Open the form; its answer will go where it was asked for."""
    try:
        await services.asides.open(str(trigger_id), paste_view(asker))
    except SlackError as error:
        log.warning("The form could not be opened: %s", error)
        await services.asides.tell(
            asker, f"The form could not be opened. {error} Try once more, or paste the log to me."
        )


def paste_view(asker: Asker) -> Json:
    """Return the form: lines up to Slack's limit for a box, and files for whatever is longer."""
    box = InputBlock(
        block_id=TEXT,
        optional=True,
        label=plain("Event 109, or lines of Despool.log"),
        hint=plain(f"Slack takes {LONGEST:,} characters here; add a longer log as a file."),
        element=PlainTextInputElement(action_id="text", multiline=True, max_length=LONGEST),
    )
    files = InputBlock(
        block_id=FILES,
        optional=True,
        label=plain("Log or event files"),
        element=FileInputElement(action_id="files", filetypes=FILE_TYPES, max_files=MOST_FILES),
    )
    view = View(
        type="modal",
        callback_id=PASTE,
        title=PlainTextObject(text="Explain a log"),
        submit=PlainTextObject(text="Explain"),
        close=PlainTextObject(text="Cancel"),
        private_metadata=json.dumps({"channel": asker.channel, "url": asker.response_url}),
        blocks=[box, files],
    )
    return view.to_dict()


def pasted(view: Json) -> tuple[str, list[Json]]:
    """Return the text and the files that a form holds."""
    values = (view.get("state") or {}).get("values") or {}
    text = (values.get(TEXT) or {}).get("text") or {}
    files = (values.get(FILES) or {}).get("files") or {}
    found = [one for one in files.get("files") or [] if isinstance(one, dict)]
    return str(text.get("value") or "").strip(), found


def _asker(user: Any, metadata: Any) -> Asker:
    try:
        place = json.loads(metadata or "{}")
    except ValueError:
        place = {}
    return Asker(
        user=str((user or {}).get("id") or ""),
        channel=place.get("channel"),
        response_url=place.get("url"),
    )
