"""What a customer does and sees in Slack, for the tests of the bot's surfaces."""

from __future__ import annotations

import html
import io
import json
import re
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from bot.app import Running, running
from bot.workspace import Workspace
from bot.workspace.delivery import Delivery
from tests.slack_bot import LOG, http_settings, socket_settings

MODES = ["socket", "http"]
PUBLIC, OTHER, PRIVATE, OUTSIDE = "C0ALERTS", "C0RANDOM", "G0SERVER", "C0LOUNGE"
TALK = "D0ALEX"  # the direct messages of Alex
ALEX, MORGAN, BOT = "U0ALEX", "U0MORGAN", "U0DESPOOL"
VERDICT = "Likely not disk space: filename.EXE was locked"  # of the event and the log together
EVENT_ONLY = "Likely not disk space: package DOG0005D"  # of the event without a log
LOCK_ONLY = "filename.EXE"  # of the log without an event
SECRET = ("DOG0005D", "filename", "NTSITE1")  # what a reader of the pasted incident would know
SAYS = ("chat.postMessage", "chat.update", "chat.postEphemeral")

Json = dict[str, Any]


@asynccontextmanager
async def listening(
    ws: Workspace, mode: str, folder: Path, **changes: Any
) -> AsyncIterator[Running]:
    """Run a bot that keeps its data in a folder of the test."""
    settings = (http_settings if mode == "http" else socket_settings)(
        ws, data_dir=folder, **changes
    )
    async with running(settings) as live:
        await live.connecting
        ws.events_url = f"http://{live.host}:{live.port}/slack/events" if mode == "http" else ""
        yield live


def lock(package: str, name: str = "setup.exe") -> str:
    """Return the log line of a lock on a file of a package."""
    return LOG.replace("DOG0005D", package).replace("filename.EXE", name)


def zipped(**files: bytes) -> bytes:
    """Return an archive of these files; `__` in a name stands for a dot."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return packed.getvalue()


def only(ws: Workspace, channel: str, ts: str) -> Json:
    """Return the bot's one reply in a thread."""
    (reply,) = ws.replies(channel, ts)
    return reply


def told(ws: Workspace, user: str = ALEX) -> str:
    """Return everything that one person alone was shown in channels."""
    return "\n".join(words(one) for one in ws.ephemerals if one["ephemeral_for"] == user)


def seen(ws: Workspace, user: str = ALEX) -> str:
    """Return everything that one person alone can see: whispers, the modal, direct messages."""
    talk = ws.channel(user).messages.values()
    said = [words(one) for one in talk if one.get("user") == BOT]
    return "\n".join([told(ws, user), words(ws.views.get(user, {})), *said]).strip()


def words(shown: Json) -> str:
    """Return all the text a message or view shows, as a person reads it."""
    return html.unescape("\n".join(_texts(shown)))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for name, inner in value.items():
            if name in ("text", "alt_text", "accessibility_label") and isinstance(inner, str):
                yield inner
            else:
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def elements(shown: Json, kind: str) -> list[Json]:
    """Return the buttons, menus or inputs of a message or view."""
    held = [[*b.get("elements", []), b.get("accessory"), b.get("element")] for b in shown["blocks"]]
    return [one for some in held for one in some if one and one.get("type") == kind]


def called(ws: Workspace, *methods: str) -> list[Any]:
    """Return the calls of these methods."""
    return [call for call in ws.calls if call.method in methods]


def refused(ws: Workspace) -> list[tuple[str, str]]:
    """Return what the stand-in refused, which Slack would refuse as well."""
    answers = [(call.method, call.answer) for call in ws.calls if call.answer]
    return [(method, answer["error"]) for method, answer in answers if not answer["ok"]]


def in_channel(ws: Workspace, channel: str) -> list[Json]:
    """Return what the bot said in a channel, threads included; a notice of joining is not said."""
    held = ws.channel(channel).messages.values()
    mine = [one | {"channel": channel} for one in held if one.get("user") == BOT]
    return [one for one in mine if not str(one.get("subtype", "")).endswith("_join")]


def uploads(ws: Workspace) -> list[Json]:
    """Return the files that the bot put into the workspace."""
    return [file for file in ws.files.values() if file["user"] == BOT]


def everything(ws: Workspace) -> list[Any]:
    """Return all that the bot showed anywhere, to whomever."""
    messages = [one for place in ws.channels for one in in_channel(ws, place)]
    shown = [*messages, *ws.ephemerals, *ws.views.values(), *ws.homes.values()]
    answers = [one.response for one in ws.deliveries if one.response]
    asked = [call.args for call in ws.calls if call.method in SAYS]
    return [*shown, *answers, *asked, *uploads(ws)]


def mentions(shown: Any) -> list[str]:
    """Return what Slack would make a mention or an unwanted link of, wherever it stands."""
    found = re.findall(r"<(?:!|@|#|https?://evil)[^>\"]*", json.dumps(shown, ensure_ascii=False))
    # the bot may name who pressed a button, and itself
    return [one for one in found if one not in ("<@U0ALEX", "<@U0DESPOOL")]


def again(ws: Workspace, delivery: Delivery, change: Callable[[Json], None]) -> Delivery:
    """Send a click once more, with something in its payload changed."""
    payload = json.loads(json.dumps(delivery.payload))
    change(payload)
    return ws.resend(replace(delivery, payload=payload))


def share(
    ws: Workspace, file: Json, *, channel: str = PUBLIC, user: str = ALEX, text: str = ""
) -> str:
    """Share a file that was put into the workspace before."""
    return share_all(ws, [file], channel=channel, user=user, text=text)


def share_all(
    ws: Workspace, files: list[Json], *, channel: str = PUBLIC, user: str = ALEX, text: str = ""
) -> str:
    """Share files that were put into the workspace before, in one message."""
    return str(ws.say(ws.channel(channel), user, None, text=text, files=files)["ts"])


def add(ws: Workspace, name: str, data: bytes, /, **changes: Any) -> Json:
    """Put a file into the workspace and change how it is described."""
    file = ws.add_file(ALEX, name, data)
    file.update(changes)
    return file
