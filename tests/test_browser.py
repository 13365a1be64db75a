"""The demo page in a real browser: every surface, driven by hands and read by eyes.

The thread of every reply under tests/replies is kept as a picture in $CI_ARTIFACTS, or in a folder
of the system's temporary one that the end of the run names.
"""

import asyncio
import contextlib
import getpass
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.samples import ALERT, UTF16_LOG
from tests.browser import MISSING, PATIENCE, Reader, browser, chromium, demonstration, reading
from tests.slack_bot import LOG, PASTE

ROOT = Path(__file__).parent.parent
REPLIES = ROOT / "tests" / "replies"
LOGS = sorted(path.parent for path in REPLIES.glob("*/input.txt"))
VERDICT = "Likely not disk space: filename.EXE was locked"
EVENT_ONLY = "Likely not disk space: package DOG0005D"
LOCKED = "Likely locked: filename.EXE was in use"
NOTHING = "Nothing failed in there that I know"
PHONE = {"viewport": {"width": 400, "height": 800}, "has_touch": True, "is_mobile": True}

pytestmark = pytest.mark.asyncio(loop_scope="module")


class Gallery:
    """Says at the end of a run where the pictures are."""

    def __init__(self, folder):
        self.folder = folder

    def pytest_terminal_summary(self, terminalreporter):
        terminalreporter.write_line(f"The threads of all verdicts, as pictures: {self.folder}")


@pytest.fixture(scope="module")
def gallery(request):
    """Return the folder of the pictures; it is the same one for every worker of a run."""
    own = Path(tempfile.gettempdir()) / f"despool-threads-{getpass.getuser()}"
    folder = Path(os.environ.get("CI_ARTIFACTS") or own) / "threads"
    folder.mkdir(parents=True, exist_ok=True)
    request.config.pluginmanager.register(Gallery(folder))
    return folder


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chrome():
    program = chromium()
    if program is None:
        pytest.skip(MISSING)
    async with browser(program) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def demo():
    async with demonstration() as together:
        yield together


@pytest_asyncio.fixture(loop_scope="module")
async def alex(chrome, demo):
    async with reading(chrome, *demo) as reader:
        yield reader


async def test_a_newcomer_reads_along_while_others_talk(alex: Reader):
    await expect(alex.find("#title")).to_have_text("#sms-alerts")
    alex.ws.post("#sms-alerts", "lunch at noon?", user="morgan")
    await expect(alex.find("#messages")).to_contain_text("Morgan Admin")
    await expect(alex.find("#messages .message")).to_contain_text("lunch at noon?")
    alex.ws.post("#random", "over here", user="morgan")
    await expect(alex.find("nav button.unread")).to_have_text("#random (1)")


async def test_a_pasted_log_gets_its_verdict_in_the_thread(alex: Reader):
    ts = await alex.write(PASTE)
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_have_text(VERDICT)
    await expect(alex.find("#messages .message")).to_have_count(1)


async def test_the_sample_of_the_article_is_called_a_lock(alex: Reader):
    reply = await alex.open(await alex.sample("The article's event"))
    await expect(reply.locator(".header").first).to_have_text(VERDICT)


async def test_the_sample_of_an_alert_is_answered_in_the_alerts_thread(alex: Reader):
    ts = await alex.sample("An alert")
    await expect(alex.message(ts)).to_contain_text("Event Monitor")
    await expect(alex.message(ts)).to_contain_text("NTSITE1: Application log")
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_contain_text(EVENT_ONLY)


async def test_the_sample_of_a_shortage_is_called_a_shortage_with_its_figures(alex: Reader):
    reply = await alex.open(await alex.sample("A real shortage"))
    await expect(reply.locator(".header").first).not_to_contain_text("not disk space")
    for figure in ("118", "640"):
        await expect(reply).to_contain_text(figure)


async def test_the_sample_of_look_alikes_gets_no_reply(alex: Reader):
    ts = await alex.sample("Look-alikes")
    await expect(alex.message(ts)).to_contain_text("Kernel-Power")
    await alex.at_rest()
    after = await alex.write(PASTE)  # what is answered later shows that the earlier one never is
    await alex.open(after)
    await expect(alex.find(f'[data-thread="{ts}"]')).to_have_count(0)


async def test_the_sample_of_a_utf16_file_is_read_as_its_people_wrote_it(alex: Reader):
    ts = await alex.sample("A UTF-16 log file")
    await expect(alex.message(ts).locator(".file")).to_contain_text("Despool.log")
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_contain_text("data1.cab")
    await expect(reply).not_to_contain_text("\ufffd")


async def test_the_sample_of_a_hostile_paste_pings_links_and_runs_nothing(alex: Reader):
    reply = await alex.open(await alex.sample("A hostile paste"))
    await expect(reply).to_contain_text("<!here>.EXE")
    await expect(reply.locator(".header").first).to_have_text(re.compile("<!here>"))
    await expect(reply.locator(".mention")).to_have_count(0)
    hrefs = await reply.locator("a").evaluate_all("all => all.map(one => one.href)")
    assert [url for url in hrefs if "evil" in url] == []
    await reply.locator("[data-action=details]").click()
    await expect(alex.find("#modal")).to_be_visible()
    await expect(alex.find("#modal .mention")).to_have_count(0)
    assert await alex.find("script").count() == 1


async def test_markup_in_a_message_stays_text(alex: Reader):
    line = LOG.replace("filename", "<img src=x onerror=alert(1)><script>alert(2)</script>")
    ts = await alex.write(line)
    await expect(alex.message(ts)).to_contain_text("<script>alert(2)</script>")
    await alex.open(ts)
    assert await alex.find("img").count() == 0
    assert await alex.find("script").count() == 1


async def test_a_long_paste_becomes_a_snippet_and_is_answered(alex: Reader):
    ts = await alex.paste("~ordinary talk of a log\n" * 600 + LOG)
    await expect(alex.message(ts).locator(".file")).to_contain_text("Untitled.txt")
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_have_text(LOCKED)


async def test_a_file_chosen_from_the_disk_is_answered(alex: Reader):
    file = {"name": "Despool.log", "mimeType": "text/plain", "buffer": UTF16_LOG}
    ts = await alex.upload(file)
    await expect(alex.message(ts).locator(".file")).to_contain_text("Despool.log")
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_contain_text("data1.cab")


async def test_an_edited_message_changes_the_reply(alex: Reader):
    ts = await alex.write(LOG)
    reply = await alex.open(ts)
    await expect(reply.locator(".header").first).to_have_text(LOCKED)
    await alex.tool(ts, "edit")
    await alex.find("#composer textarea").fill(LOG.replace("filename.EXE", "other.dll"))
    await alex.find("#composer textarea").press("Enter")
    await expect(alex.message(ts)).to_contain_text("(edited)")
    await expect(reply.locator(".header").first).to_have_text("Likely locked: other.dll was in use")
    await expect(alex.reply).to_have_count(1)


async def test_a_deleted_message_withdraws_the_reply(alex: Reader, gallery):
    ts = await alex.write(LOG)
    reply = await alex.open(ts)
    await alex.tool(ts, "delete")
    await alex.find("#confirm-yes").click()
    await expect(reply).not_to_contain_text("filename.EXE")
    await expect(reply).to_contain_text("Withdrawn")
    await expect(reply.locator("button[data-action]")).to_have_count(0)
    await picture_of_thread(alex, gallery / "withdrawn.png")


async def test_a_check_of_a_server_is_answered_to_one_person_and_shared_by_a_button(alex: Reader):
    await alex.open(await alex.write(f"{ALERT}\n{LOG}"))
    await alex.say("/despool check NTSITE1")
    answer = alex.whisper.filter(has=alex.find("[data-action=share]"))
    await expect(answer).to_contain_text("Only visible to you")
    await expect(answer.locator(".header")).to_contain_text("NTSITE1: 1 failure reported")
    await expect(answer).to_contain_text("No agent reports from NTSITE1")
    await answer.locator("[data-action=share]").click()
    await expect(answer).to_have_count(0)
    shared = alex.find("#messages .message", has_text="NTSITE1: 1 failure reported")
    await expect(shared).to_have_count(1)
    await expect(shared.locator("[data-action=share]")).to_have_count(0)


async def test_the_composer_says_what_commands_there_are(alex: Reader):
    await alex.find("#composer textarea").press_sequentially("/des")
    hints = alex.find("#composer .hints")
    await expect(hints).to_contain_text("/despool check <server> [path]")
    await alex.find("#composer textarea").press("Tab")
    await expect(alex.find("#composer textarea")).to_have_value("/despool ")
    await alex.find("#composer textarea").press_sequentially("help")
    await alex.find("#composer textarea").press("Enter")
    await expect(alex.whisper).to_contain_text("/despool check <server> [path]")
    for verb in ("explain", "status", "agents", "history", "doctor"):
        await expect(alex.whisper).to_contain_text(f"/despool {verb}")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        pytest.param("", "Despool tells a locked file", id="nothing"),
        pytest.param("dance", "There is no command “dance”", id="an unknown verb"),
        pytest.param("status", "1 open, 0 resolved", id="status"),
        pytest.param("agents", "No server reports to me yet", id="agents"),
        pytest.param("history", VERDICT, id="history"),
        pytest.param("history \\\\NTSITE9", "No failure on NTSITE9", id="history of one server"),
        pytest.param("doctor", "checks", id="doctor"),
    ],
)
async def test_every_command_answers_the_person_who_gave_it(alex: Reader, words, answer):
    await alex.open(await alex.write(PASTE))
    await alex.say(f"/despool {words}".strip())
    await expect(alex.whisper.last).to_contain_text(answer)
    await expect(alex.find("#messages .message:not(.ephemeral)")).to_have_count(1)


async def test_explain_refuses_an_empty_form_and_shares_what_it_found(alex: Reader):
    await alex.say("/despool explain")
    await expect(alex.find("#modal-title")).to_have_text("Explain a log")
    await alex.find("#modal-submit").click()
    await expect(alex.find("#log_text-problem")).to_have_text(re.compile("Paste some lines here"))
    await alex.find("#log_text").fill(PASTE)
    await alex.find("#modal-submit").click()
    await expect(alex.find("#modal")).to_be_hidden()
    await expect(alex.whisper.locator(".header").first).to_have_text(VERDICT)
    await alex.whisper.locator("[data-action=share]").click()
    await expect(alex.whisper).to_have_count(0)
    await expect(alex.find("#messages .message .header").first).to_have_text(VERDICT)


async def test_explain_takes_a_file(alex: Reader):
    await alex.say("/despool explain")
    file = {"name": "Despool.log", "mimeType": "text/plain", "buffer": UTF16_LOG}
    await alex.find("#log_files").set_input_files(file)
    await alex.find("#modal-submit").click()
    await expect(alex.find("#modal")).to_be_hidden()
    await expect(alex.whisper.locator(".header").first).to_contain_text("data1.cab")


async def test_a_command_in_a_thread_is_refused_as_slack_does(alex: Reader):
    await alex.open(await alex.write(PASTE))
    await alex.say("/despool check NTSITE1", box="#replier")
    await expect(alex.find("#toast")).to_have_text("/despool is not supported in threads. Sorry!")
    await expect(alex.find("#replier textarea")).to_have_value("/despool check NTSITE1")
    refused = [text for text in alex.troubles if "400" in text]
    alex.troubles.remove(*refused)  # Chromium calls the refusal an error, and once


async def test_a_mention_in_a_thread_explains_what_was_said_before_the_bot_came(alex: Reader):
    await alex.go("#lounge")
    ts = await alex.write(LOG)
    await alex.find("#invite").click()
    await expect(alex.find("#messages [data-action=try_sample]")).to_have_count(1)
    await alex.message(ts).hover()
    await alex.message(ts).locator("[data-tool=reply]").click()
    await alex.write("@despool explain", box="#replier")
    await expect(alex.reply).to_have_count(1)
    await expect(alex.reply.locator(".header").first).to_have_text(LOCKED)


async def test_who_holds_it_answers_the_person_who_asked(alex: Reader):
    reply = await alex.open(await alex.write(f"{ALERT}\n{LOG}"))
    await reply.locator("[data-action=who_holds]").click()
    await expect(alex.find("#replies .ephemeral")).to_contain_text("NTSITE1")
    await expect(alex.reply).to_have_count(1)


async def test_details_show_the_lines_that_prove_it(alex: Reader):
    reply = await alex.open(await alex.write(PASTE))
    await reply.locator("[data-action=details]").click()
    await expect(alex.find("#modal")).to_be_visible()
    await expect(alex.find("#modal-blocks")).to_contain_text("<Thu Sep 10 09:55:37 1998~>")
    await expect(alex.find("#modal-submit")).to_be_hidden()
    await alex.find("#modal-close").click()
    await expect(alex.find("#modal")).to_be_hidden()


async def test_an_incident_is_resolved_reopened_and_called_wrong_from_the_menu(alex: Reader):
    reply = await alex.open(await alex.write(PASTE))
    await expect(reply.locator(".actions button")).to_have_count(3)  # two, and the menu
    await alex.choose(reply, "resolve")
    await expect(reply).to_contain_text("Marked resolved by alex")
    await alex.choose(reply, "reopen")
    await expect(reply).not_to_contain_text("Marked resolved")
    await alex.choose(reply, "wrong")
    await expect(alex.find("#replies .ephemeral")).to_contain_text("Thank you")
    await expect(alex.reply).to_have_count(1)


async def test_the_message_shortcut_explains_that_message_to_one_person(alex: Reader):
    await alex.go("#lounge")  # the bot is not there, and reads it all the same when it is shown it
    ts = await alex.write(LOG)
    await alex.tool(ts, "explain_log")
    await expect(alex.whisper.locator(".header").first).to_have_text(LOCKED)
    talk = await alex.write("lunch at noon?")
    await alex.tool(talk, "explain_log")
    await expect(alex.whisper.last).to_contain_text(NOTHING)


async def test_the_app_home_shows_what_is_open_and_opens_the_form(alex: Reader):
    await alex.open(await alex.write(f"{ALERT}\n{LOG}"))
    await alex.find("#apps button", has_text="Despool").click()
    await alex.find("#tabs [data-tab=home]").click()
    home = alex.find("#home")
    await expect(home).to_contain_text("Open: 1")
    await expect(home).to_contain_text("My own health")
    await home.locator("[data-action=open_paste]").click()
    await alex.find("#log_text").fill(LOG)
    await alex.find("#modal-submit").click()
    await alex.find("#tabs [data-tab=messages]").click()
    await expect(alex.find("#messages .message .header").first).to_have_text(LOCKED)


async def test_a_line_of_the_app_home_leads_to_its_thread(alex: Reader):
    await alex.open(await alex.write(f"{ALERT}\n{LOG}"))
    await alex.find("#close").click()
    await alex.find("#apps button", has_text="Despool").click()
    await alex.find("#tabs [data-tab=home]").click()
    await alex.find("#home a", has_text="filename.EXE").click()
    await expect(alex.find("#title")).to_have_text("#sms-alerts")
    await expect(alex.find("#replies .message")).to_have_count(2)


async def test_what_one_person_is_told_no_other_sees(alex: Reader):
    await alex.say("/despool status")
    await expect(alex.whisper).to_have_count(1)
    await alex.find("#apps button", has_text="Despool").click()
    await alex.find("#tabs [data-tab=messages]").click()
    await alex.write("a secret of alex")
    await expect(alex.find("#messages")).to_contain_text("a secret of alex")
    await alex.become("Morgan Admin")
    await expect(alex.find("#messages")).not_to_contain_text("a secret of alex")
    await alex.go("#sms-alerts")
    await expect(alex.whisper).to_have_count(0)
    await alex.become("Alex Engineer")
    await expect(alex.whisper).to_have_count(1)


async def test_a_direct_message_with_a_log_is_answered_and_talk_gets_a_hint(alex: Reader):
    await alex.find("#apps button", has_text="Despool").click()
    await alex.find("#tabs [data-tab=messages]").click()
    reply = await alex.open(await alex.write(LOG))
    await expect(reply.locator(".header").first).to_have_text(LOCKED)
    reply = await alex.open(await alex.write("how are you today, my friend?"))
    await expect(reply).to_contain_text("I read logs of the SMS despooler")


async def test_a_channel_welcomes_the_bot_and_tries_the_sample(alex: Reader):
    await alex.go("#lounge")
    await expect(alex.find("#absent")).to_contain_text("hears nothing here")
    await alex.find("#invite").click()
    await expect(alex.find("#absent")).to_be_hidden()
    await expect(alex.find("#messages")).to_contain_text("I tell a locked file from a full disk")
    await alex.find("#messages [data-action=try_sample]").click()
    await expect(alex.whisper.locator(".header").first).to_have_text(VERDICT)


async def tabbed_to(reader: Reader, selector: str) -> None:
    """Press Tab until the focus is on what a selector names."""
    for _ in range(80):
        await reader.page.keyboard.press("Tab")
        if await reader.page.evaluate(f"document.activeElement.matches({selector!r})"):
            return
    raise AssertionError(f"Tab never reaches {selector}")


async def test_the_keyboard_alone_is_enough(alex: Reader):
    ts = await alex.write(PASTE)
    await expect(alex.find(f'[data-thread="{ts}"]')).to_be_visible()
    await alex.find("#title").click()  # nothing has the focus now
    press = alex.page.keyboard.press
    await tabbed_to(alex, f'[data-thread="{ts}"]')
    await press("Enter")
    await expect(alex.reply).to_have_count(1)
    await alex.find("#place").click()
    await tabbed_to(alex, "#replies [data-action=more]")
    await press("Enter")
    await expect(alex.find('#menu [data-option="resolve"]')).to_be_focused()
    await press("ArrowDown")
    await expect(alex.find('#menu [data-option="wrong"]')).to_be_focused()
    await press("ArrowUp")
    await press("Enter")
    await expect(alex.reply).to_contain_text("Marked resolved by alex")
    await expect(alex.find("#replies [data-action=more]")).to_be_focused()
    await press("Shift+Tab")
    await expect(alex.find("#replies [data-action=details]")).to_be_focused()
    await press("Enter")
    await expect(alex.find("#modal")).to_be_visible()
    await press("Escape")
    await expect(alex.find("#modal")).to_be_hidden()
    await expect(alex.find("#replies [data-action=details]")).to_be_focused()
    await press("Escape")
    await expect(alex.find("#thread")).to_be_hidden()


WIDE = """() => [document.documentElement, ...document.querySelectorAll(`main, aside, #messages,
    #replies, #home, .message, .body, #modal-blocks`)].filter((one) => one.clientWidth
    && one.scrollWidth > one.clientWidth).map((one) => one.id || one.className || one.tagName)"""


async def test_nothing_scrolls_sideways_on_a_phone(chrome, demo):
    async with reading(chrome, *demo, **PHONE) as phone:
        ts = await phone.write(f"{ALERT}\n{LOG}")
        await expect(phone.find(f'[data-thread="{ts}"]')).to_be_visible()
        assert await phone.page.evaluate(WIDE) == []
        reply = await phone.open(ts)
        assert await phone.page.evaluate(WIDE) == []
        await reply.locator("[data-action=details]").tap()
        await expect(phone.find("#modal")).to_be_visible()
        assert await phone.page.evaluate(WIDE) == []
        await phone.find("#modal-close").tap()
        await phone.find("#close").tap()
        await phone.find("#drawer").tap()
        await phone.find("#apps button", has_text="Despool").tap()
        await phone.find("#tabs [data-tab=home]").tap()
        await expect(phone.find("#home")).to_contain_text("My own health")
        assert await phone.page.evaluate(WIDE) == []
        assert await phone.page.evaluate("innerWidth") == 400


COLOURS = """(node) => {
    let under = node, ground;
    const clear = /^(transparent|rgba\\(\\d+, \\d+, \\d+, 0\\))$/;
    do ground = getComputedStyle(under).backgroundColor;
    while (clear.test(ground) && (under = under.parentElement));
    return [getComputedStyle(node).color, ground];
}"""
READ = {
    "the text of a message": "#messages .typed .text",
    "who wrote it": "#messages .body b",
    "when": "#messages .when",
    "the headline": "#replies .header",
    "what it says": "#replies .section .text",
    "code": "#replies code",
    "small print": "#replies .context",
    "a button": "#replies [data-action=details]",
    "the name of the channel": "#title",
    "a channel": "nav [data-channel]:not([aria-current])",
    "the channel one is in": "nav [aria-current]",
    "a sample": "#samples button",
    "the hint below the box": "#composer .hint",
}


def brightness(colour: str) -> float:
    """Return the relative luminance of `rgb(…)`: https://www.w3.org/TR/WCAG22/."""
    shares = [int(part) / 255 for part in re.fullmatch(r"rgb\((.*)\)", colour)[1].split(", ")]
    parts = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in shares]
    return sum(one * weight for one, weight in zip(parts, (0.2126, 0.7152, 0.0722), strict=True))


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_everything_can_be_read_by_day_and_by_night(chrome, demo, scheme):
    async with reading(chrome, *demo, color_scheme=scheme) as reader:
        await reader.open(await reader.write(PASTE))
        await reader.find("#title").hover()
        weak = {}
        for name, selector in READ.items():
            pair = await reader.find(selector).first.evaluate(COLOURS)
            low, high = sorted(map(brightness, pair))
            if (high + 0.05) / (low + 0.05) < 4.5:
                weak[name] = (*pair, round((high + 0.05) / (low + 0.05), 2))
        ground = (await reader.find("#title").evaluate(COLOURS))[1]
    assert weak == {}
    assert (brightness(ground) < 0.1) == (scheme == "dark")


@pytest.mark.parametrize("case", LOGS, ids=lambda case: case.name)
async def test_every_verdict_is_drawn_and_kept_as_a_picture(alex: Reader, gallery, case):
    ts = await alex.write((case / "input.txt").read_text("utf-8"))
    reply = await alex.open(ts)
    if case.name == "marked-resolved":
        await alex.choose(reply, "resolve")
    blocks = json.loads((case / "blocks.json").read_text("utf-8"))
    title = next(one["text"]["text"] for one in blocks if one["type"] == "header")
    await expect(reply.locator(".header").first).to_have_text(title)
    await expect(alex.find("#thread .note", has_text=re.compile(r"^\[\w+\]$"))).to_have_count(0)
    await picture_of_thread(alex, gallery / f"{case.name}.png")


async def picture_of_thread(reader: Reader, file: Path) -> None:
    """Make the window as tall as the thread and keep a picture of it."""
    replies = reader.find("#replies")
    await replies.locator(".typed").evaluate_all(  # the page shortens long pastes
        "(all) => all.forEach((one) => { one.style.maxHeight = 'none'; })"
    )
    hidden = await replies.evaluate("(list) => list.scrollHeight - list.clientHeight")
    await reader.page.set_viewport_size({"width": 1280, "height": 900 + hidden})
    await reader.find("#title").hover()
    assert await replies.evaluate("(list) => list.scrollHeight - list.clientHeight") <= 0
    picture = await reader.find("#thread").screenshot(path=file)
    assert len(picture) > 10_000


async def test_the_address_that_the_program_prints_works(chrome, tmp_path):
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "demo"),
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT), "PYTHONWARNINGS": "error"},
        stdout=subprocess.PIPE,
    )
    profile = await chrome.new_context()
    try:
        async with asyncio.timeout(3 * PATIENCE):
            page = await profile.new_page()
            await page.goto((await process.stdout.readline()).decode().strip())
            await page.locator("#messages [data-thread]").last.click()
            await expect(page.locator("#replies .header").first).to_have_text(VERDICT)
            process.send_signal(signal.SIGINT)
            await expect(page.locator("#status")).to_contain_text("has stopped")
            assert await process.wait() == 0
    finally:
        await profile.close()
        with contextlib.suppress(ProcessLookupError):
            process.kill()
