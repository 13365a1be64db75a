"""Draw the pictures of the README anew: `python -m tests.pictures [FOLDER]`.

Needs a Chromium, as the tests in a browser do. Without a folder they go to .github/images.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from playwright.async_api import Browser, expect

from bot.demo import ALERT_POST, CHANNEL
from bot.samples import LOG, SHORTAGE
from tests.browser import MISSING, Reader, browser, chromium, demonstration, reading

IMAGES = Path(__file__).parent.parent / ".github" / "images"
PROVED = Path(__file__).parent / "replies" / "not-disk-space-proved" / "input.txt"
MOST = 240 * 1024  # bytes; a README is read over slow lines as well
OTHER_LOCK = LOG.replace("DOG0005D", "HQ100021").replace("filename.EXE", "setup.cab")
OTHER_ALERT = str(ALERT_POST["text"]).replace("DOG0005D", "HQ100021").replace("NTSITE1", "NTSITE3")


async def thread(reader: Reader, file: Path) -> None:
    """Picture an alert that was called a lock once the log was pasted in its thread."""
    event, start, line = PROVED.read_text("utf-8").partition("~Copying")
    alert = {**ALERT_POST, "text": event.strip()}
    ts = reader.ws.post(CHANNEL, user="monitor", attachments=[alert])
    await expect(reader.find(f'[data-thread="{ts}"]')).to_be_visible()
    reader.ws.post(CHANNEL, "Thanks. The disk has 40 GB free, so what is it?", user="morgan")
    reply = await reader.open(ts)
    await reader.write(start + line, box="#replier")
    await expect(reply.locator(".header").first).to_have_text(re.compile("^Not disk space"))
    await expect(reader.find(f'[data-thread="{ts}"]')).to_contain_text("2 replies")
    await reply.evaluate("(node) => node.parentElement.scrollTo(0, node.offsetTop - 4)")
    await reader.page.screenshot(path=file)


async def home(reader: Reader, file: Path) -> None:
    """Picture the App Home of a bot that has seen a few failures."""
    for text in (SHORTAGE, f"{OTHER_ALERT}\n{OTHER_LOCK}"):
        reader.ws.post(CHANNEL, text, user="morgan")
        await reader.at_rest()
    await reader.go("Despool")
    await reader.find("#tabs [data-tab=home]").click()
    await expect(reader.find("#home")).to_contain_text("My own health")
    await reader.page.screenshot(path=file)


async def check(reader: Reader, file: Path) -> None:
    """Picture the answer to a check of a server."""
    await reader.go(CHANNEL)
    await reader.say("/despool check NTSITE1")
    await expect(reader.find("[data-action=share]")).to_be_visible()
    await reader.page.screenshot(path=file)


SCENES = {
    "thread": (thread, {"width": 1280, "height": 760}),
    "home": (home, {"width": 1280, "height": 940}),
    "check": (check, {"width": 1280, "height": 640}),
}


async def draw(chrome: Browser, folder: Path) -> None:
    """Draw every scene in one workspace, as one day of its people."""
    async with (
        demonstration() as (ws, live),
        reading(chrome, ws, live, color_scheme="light") as one,
    ):
        for name, (scene, size) in SCENES.items():
            await one.page.set_viewport_size(size)
            await scene(one, folder / f"{name}.png")
            drawn = (folder / f"{name}.png").stat().st_size
            sys.stdout.write(f"{name}.png, {drawn:,} bytes\n")
            if drawn > MOST:
                raise SystemExit(f"{name}.png is larger than {MOST:,} bytes.")


async def main(folder: Path) -> None:
    """Draw everything into a folder."""
    program = chromium()
    if program is None:
        raise SystemExit(MISSING)
    async with browser(program) as chrome:
        await draw(chrome, folder)


if __name__ == "__main__":
    for name in [name for name in os.environ if name.upper().endswith("_PROXY")]:
        del os.environ[name]  # aiohttp and slack_sdk take it even for 127.0.0.1
    asyncio.run(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
