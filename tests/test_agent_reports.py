"""From a line in a log to what the bot hears: who held the file, pushed before anybody asks."""

import pytest

from tests.agents import agent, bot_side, connected, copied, enrolled, holding, lock, until

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


async def test_a_lock_that_is_released_meanwhile_is_told_with_who_it_was(server):
    file = server / "share" / "DOG0005D" / "filename.EXE"
    async with bot_side() as bot, agent(await enrolled(bot, server, **wishes(server))):
        await connected(bot)
        with holding(file) as pid:
            write(server, lock())
            await until(lambda: bot.of_type("capture"))
        captures = await until(
            lambda: bot.of_type("capture") if bot.of_type("capture")[-1].final else None
        )
        answer = await bot.asking.who_holds("NTSITE1", LOCKED, "U1")
    first, *between, last = captures
    assert (first.now, first.holds.state, first.final) == ("held", "held", False)
    assert (last.now, last.holds.state, last.final) == ("free", "held", True)
    assert [one.now for one in between] == ["free"]
    [holder] = last.holds.holders
    assert holder.pid == pid
    assert last.holds.samples > holder.samples >= 1
    assert answer.holds.state == "free"
    assert [one.pid for one in answer.earlier[-1].holds.holders] == [pid]


async def test_a_file_outside_the_roots_is_reported_and_not_looked_at(server):
    async with bot_side() as bot, agent(await enrolled(bot, server, **wishes(server))):
        await connected(bot)
        write(server, lock().replace("E:\\SMS_PKGE", "F:\\SMS_PKGF"))
        [capture] = await until(lambda: bot.of_type("capture"))
    assert capture.holds.state == "refused"
    assert capture.final
    assert capture.holds.path == "F:\\SMS_PKGF\\DOG0005D\\filename.EXE"


async def test_another_error_is_reported_without_a_look_and_a_success_after_it(server):
    async with bot_side() as bot, agent(await enrolled(bot, server, **wishes(server))):
        await connected(bot)
        write(server, lock(second=1).replace("= 32", "= 5"), "~Ready", copied(second=2))
        await until(lambda: len(bot.of_type("record")) == 2)
        write(server, lock(second=3))
        await until(lambda: bot.of_type("capture"))
    records = {record.id: record.entry.text for record in bot.of_type("record")}
    assert list(records.values()) == [
        lock(second=1).replace("= 32", "= 5"),
        copied(second=2),
        lock(second=3),
    ]
    assert {records[capture.record] for capture in bot.of_type("capture")} == {lock(second=3)}


async def test_many_locks_at_once_are_all_looked_at(server):
    names = [f"{number}.cab" for number in range(30)]
    for name in names:
        (server / "share" / "DOG0005D" / name).write_text("")
    async with bot_side() as bot, agent(await enrolled(bot, server, **wishes(server))):
        await connected(bot)
        write(server, *(lock(name, second) for second, name in enumerate(names)))
        await until(lambda: len({push.record for push in bot.of_type("capture")}) == 30)
    assert len(bot.of_type("record")) == 30
    # no more than so many are watched for long, and the others get the one look
    assert sum(capture.final for capture in bot.of_type("capture")) >= 22
