"""A person at the demo page in a real browser: Chromium, and what hands and eyes do there."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, FilePayload, Locator, Page, async_playwright, expect

from bot.app import Running
from bot.demo import SAMPLES
from bot.workspace import Workspace
from tests.slack_bot import hearing, quiet

MISSING = "no Chromium was found: apt-get install chromium, or install Google Chrome"
PATIENCE = 20.0  # seconds for what is awaited; a busy machine is no failure
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PLACES = {
    "darwin": (
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ),
    "win32": tuple(
        rf"{os.environ.get(folder, '')}\{program}"
        for folder in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")
        for program in (r"Google\Chrome\Application\chrome.exe", r"Chromium\Application\chrome.exe")
    ),
}
# Nothing but the loopback has a name, no proxy is asked, the browser fetches nothing of its own.
FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-sync",
    "--no-pings",
)
# Chromium itself inserts nothing on an event that a script made: what is there, the page put there.
PASTING = """(box, text) => {
    const held = new DataTransfer();
    held.setData("text/plain", text);
    box.dispatchEvent(new ClipboardEvent("paste", {clipboardData: held, cancelable: true}));
}"""
expect.set_options(timeout=PATIENCE * 1000)


def chromium() -> str | None:
    """Return the program of a browser that is installed here, None where there is none."""
    found = [shutil.which(name) for name in NAMES]
    found += [place for place in PLACES.get(sys.platform, ()) if Path(place).is_file()]
    return next(filter(None, found), None)


@asynccontextmanager
async def browser(program: str) -> AsyncIterator[Browser]:
    """Run a browser without a window; nothing of it is left when the context ends."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    arguments = [*FLAGS, *(["--no-sandbox"] if root else [])]
    async with async_playwright() as playwright:
        chrome = await playwright.chromium.launch(executable_path=program, args=arguments)
        try:
            yield chrome
        finally:
            await chrome.close()


@asynccontextmanager
async def demonstration() -> AsyncIterator[tuple[Workspace, Running]]:
    """Run the bot and the workspace of `despool demo` in this process."""
    async with Workspace(samples=SAMPLES) as ws, hearing(ws) as live:
        yield ws, live


@asynccontextmanager
async def reading(
    chrome: Browser, ws: Workspace, live: Running, **looks: Any
) -> AsyncIterator[Reader]:
    """Open the page in a browser profile of its own; nothing may go wrong in it."""
    looks = {"viewport": {"width": 1280, "height": 900}, **looks}
    profile = await chrome.new_context(
        locale="en-GB", timezone_id="UTC", reduced_motion="reduce", service_workers="block", **looks
    )
    try:
        reader = Reader(page=await profile.new_page(), ws=ws, live=live)
        reader.listen()
        await reader.page.goto(ws.url)
        await expect(reader.page.locator("#person option")).not_to_have_count(0)
        yield reader
    finally:
        await profile.close()
    assert reader.troubles == []


@dataclass(kw_only=True)
class Reader:
    """Somebody who reads along, types and clicks, and notices what goes wrong in the page."""

    page: Page
    ws: Workspace
    live: Running
    troubles: list[str] = field(default_factory=list)

    def listen(self) -> None:
        """Note dialogs, errors, new windows, and whatever is asked of another host."""
        note = self.troubles.append
        self.page.on("console", lambda said: note(said.text) if said.type == "error" else None)
        self.page.on("pageerror", lambda error: note(str(error)))
        self.page.on("dialog", lambda dialog: asyncio.ensure_future(self._refuse(dialog)))
        self.page.on("popup", lambda other: note(f"a new window: {other.url}"))
        self.page.on("request", lambda request: self._asked(request.url))
        self.page.on("websocket", lambda socket: self._asked(socket.url.replace("ws:", "http:")))

    def _asked(self, url: str) -> None:
        if not url.startswith((self.ws.url, "data:")):
            self.troubles.append(f"asked elsewhere: {url}")

    async def _refuse(self, dialog: Any) -> None:
        self.troubles.append(f"a dialog: {dialog.message}")
        await dialog.dismiss()

    def find(self, selector: str, **filters: Any) -> Locator:
        """Return what is on the page under a selector."""
        return self.page.locator(selector, **filters)

    def message(self, ts: str, place: str = "#messages") -> Locator:
        """Return a message, in the channel or in the open thread."""
        return self.find(f'{place} [data-ts="{ts}"]')

    @property
    def reply(self) -> Locator:
        """Return what the bot itself said in the open thread for everybody."""
        return self.find("#replies .message:not(.ephemeral)", has_text="Despool").filter(
            has=self.page.locator(".badge")
        )

    @property
    def whisper(self) -> Locator:
        """Return what this person alone can see, wherever it stands."""
        return self.find(".message.ephemeral")

    async def go(self, name: str) -> None:
        """Go to a channel, or to a conversation with an app or a person."""
        await self.find("nav button", has_text=name).click()

    async def write(self, text: str, box: str = "#composer") -> str:
        """Type a message, send it, and return its `ts`."""
        known = set(self._said())
        await self.find(f"{box} textarea").fill(text)
        await self.find(f"{box} .send").click()
        return await self.posted(known)

    async def say(self, text: str, box: str = "#composer") -> None:
        """Type something that need not become a message, such as a command, and send it."""
        await self.find(f"{box} textarea").fill(text)
        await self.find(f"{box} .send").click()

    async def paste(self, text: str, box: str = "#composer") -> str:
        """Paste from the clipboard, send it, and return the `ts`."""
        known = set(self._said())
        await self.find(f"{box} textarea").evaluate(PASTING, text)
        await expect(self.find(f"{box} textarea")).to_have_value(text)
        await self.find(f"{box} .send").click()
        return await self.posted(known)

    async def upload(self, *files: FilePayload, box: str = "#composer") -> str:
        """Choose files with the browser's own file dialog, send them, and return the `ts`."""
        known = set(self._said())
        async with self.page.expect_file_chooser() as choosing:
            await self.find(f"{box} .attach").click()
        await (await choosing.value).set_files(list(files))
        await self.find(f"{box} .send").click()
        return await self.posted(known)

    async def sample(self, title: str) -> str:
        """Click a sample, and return the `ts` of the message it posts."""
        known = set(self._said())
        await self.find("#samples button", has_text=title).click()
        return await self.posted(known)

    async def posted(self, known: Iterable[str]) -> str:
        """Return the `ts` of the first message that was not known."""
        before = set(known)
        fresh = await self.ws.until(lambda: sorted(set(self._said()) - before), PATIENCE)
        return str(fresh[0])

    def _said(self) -> list[str]:
        return [ts for channel in self.ws.channels.values() for ts in channel.messages]

    async def open(self, ts: str) -> Locator:
        """Open the thread of a message by its count of replies, and return the bot's reply."""
        await self.find(f'#messages [data-thread="{ts}"]').click()
        await expect(self.reply).to_have_count(1)
        return self.reply

    async def tool(self, ts: str, option: str, place: str = "#messages") -> None:
        """Choose from the menu that a message has for everybody, as Slack's own."""
        message = self.message(ts, place)
        await message.hover()
        await message.locator("[data-tool=more]").click()
        await self.find(f'#menu [data-option="{option}"]').click()

    async def choose(self, holder: Locator, option: str) -> None:
        """Choose from the bot's own overflow menu."""
        await holder.locator("[data-action=more]").click()
        await self.find(f'#menu [data-option="{option}"]').click()

    async def become(self, name: str) -> None:
        """Sit down as somebody else."""
        await self.find("#person").select_option(label=name)

    async def at_rest(self) -> None:
        """Wait until the bot has done all it had to do."""
        await quiet(self.ws, self.live)
