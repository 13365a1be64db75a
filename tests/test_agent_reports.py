"""From a line in a log to what the bot hears: who held the file, pushed before anybody asks."""

import pytest

from tests.agents import agent, bot_side, connected, enrolled, holding, lock, until

LOCKED = "E:\\SMS_PKGE\\DOG0005D\\filename.EXE"


@pytest.fixture
def server(tmp_path):
    """Give a share with one file, and a log."""
    file = tmp_path / "share" / "DOG0005D" / "filename.EXE"
    file.parent.mkdir(parents=True)
    file.write_bytes(b"MZ")
    (tmp_path / "Despool.log").write_text("")
    return tmp_path


@pytest.fixture
def holder(server):
    with holding(server / "share" / "DOG0005D" / "filename.EXE") as pid:
        yield pid


def wishes(server):
    share = server / "share"
    return {
        "roots": (share,),
        "maps": (("E:\\SMS_PKGE", share),),
        "logs": (server / "Despool.log",),
    }


def write(server, *lines):
    with (server / "Despool.log").open("a") as log:
        log.write("".join(f"{line}\n" for line in lines))


async def test_a_lock_line_brings_the_record_and_the_pid_of_the_holder(server, holder):
    async with bot_side() as bot, agent(await enrolled(bot, server, **wishes(server))):
        await connected(bot)
        write(server, lock())
        captures = await until(lambda: bot.of_type("capture"))
        [record] = bot.of_type("record")
        answer = await bot.asking.who_holds("ntsite1", LOCKED, "U1")
    assert record.entry.text == lock()
    assert captures[0].record == record.id
    assert captures[0].holds.path == LOCKED
    assert [one.pid for one in captures[0].holds.holders] == [holder]
    assert [one.pid for one in answer.holds.holders] == [holder]
    assert answer.holds.host == "NTSITE1"
    assert answer.earlier[-1].holds.state == "held"
