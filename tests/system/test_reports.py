"""From a line in Despool.log on a server to the thread that names who holds the file."""

import json
from pathlib import Path

import pytest

from tests.agents import holding, until
from tests.slack_bot import EVENT, LOG
from tests.surfaces import told, words
from tests.system.agents import enrolled, reporting, seen
from tests.system.fleet import fleet

ALERTS = "C0ALERTS"


def share_of(folder, count=1):
    """Make a package share with a file in each of some packages."""
    for number in range(count):
        package = folder / "share" / f"DOG{number:05d}"
        package.mkdir(parents=True)
        (package / "filename.EXE").write_text("x")
    return folder / "share"


def line_about(number):
    return LOG.replace("DOG0005D", f"DOG{number:05d}") + "\n"


def reply_about(slack, number):
    """Return the bot's reply in the alert thread of a package, None while there is none."""
    for message in slack.channel(ALERTS).messages.values():
        is_reply = message.get("thread_ts") not in (None, message["ts"])
        if is_reply and f"DOG{number:05d}" in words(message):
            return message
    return None


async def test_a_lock_line_becomes_a_thread_whose_first_reply_names_the_holder(tmp_path):
    share, log = share_of(tmp_path), tmp_path / "Despool.log"
    log.write_text("")
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        slack = ships.slack
        (bot,) = await ships.start(DESPOOL_ALERT_CHANNEL=ALERTS)
        config = await enrolled(bot, tmp_path, root=share, map=f"E:\\SMS_PKGE={share}", log=log)
        async with reporting(config):
            await seen(bot)
            with holding(share / "DOG00000" / "filename.EXE") as pid:
                with log.open("a") as file:
                    file.write(line_about(0))
                await until(lambda: f"pid {pid}" in str(reply_about(slack, 0)), 30)
            await until(lambda: "free now" in str(reply_about(slack, 0)), 30)
        reply = reply_about(slack, 0)
        root = slack.channel(ALERTS).messages[reply["thread_ts"]]
        assert root["text"].startswith("NTSITE1: ")
        assert "NTSITE1" in reply["text"]
        assert "Held by" in reply["text"]
        # an alert of a monitoring app about the same comes after it, elsewhere
        place = "C0RANDOM", slack.post("C0RANDOM", EVENT.replace("DOG0005D", "DOG00000"))
        await slack.until(lambda: slack.replies(*place), 20)
        assert "this incident is answered in" in slack.replies(*place)[0]["text"]
        await until(lambda: "ot disk space" in reply_about(slack, 0)["text"], 20)


async def test_an_alert_asks_the_agent_by_itself(tmp_path):
    share = share_of(tmp_path)
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        slack = ships.slack
        (bot,) = await ships.start()
        config = await enrolled(bot, tmp_path, root=share, map=f"E:\\SMS_PKGE={share}")
        async with reporting(config):
            await seen(bot)
            with holding(share / "DOG00000" / "filename.EXE") as pid:
                place = slack.alert(0)
                await slack.until(lambda: slack.replies(*place), 20)
                await until(lambda: f"pid {pid}" in slack.replies(*place)[0]["text"], 20)
            await until(lambda: "Released after" in slack.replies(*place)[0]["text"], 30)
        assert f"pid {pid}" in slack.replies(*place)[0]["text"], "who held it is still told"
        assert len(slack.replies(*place)) == 1


@pytest.mark.parametrize("allowed", ["", "U0MORGAN"])
async def test_check_names_the_pid_for_whoever_may_ask(tmp_path, allowed):
    share = share_of(tmp_path)
    async with fleet(tmp_path, f"sqlite:///{tmp_path / 'despool.db'}") as ships:
        slack = ships.slack
        (bot,) = await ships.start(DESPOOL_ALLOWED_USERS=allowed)
        config = await enrolled(bot, tmp_path, root=share, map=f"E:\\SMS_PKGE={share}")
        async with reporting(config):
            await seen(bot)
            with holding(share / "DOG00000" / "filename.EXE") as pid:
                slack.command("check \\\\NTSITE1 E:\\SMS_PKGE\\DOG00000\\filename.EXE")
                wanted = "DESPOOL_ALLOWED_USERS" if allowed else f"pid {pid}"
                await until(lambda: wanted in told(slack), 30)
        audit = Path(bot.env["DESPOOL_DATA_DIR"]) / "audit.jsonl"
        asked = [json.loads(line) for line in audit.read_text().splitlines()] if not allowed else []
        said = [(one["who"], one["operation"], one["server"], one["answer"]) for one in asked]
        assert said == ([] if allowed else [("U0ALEX", "who_holds", "NTSITE1", "held")])
