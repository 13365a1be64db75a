"""What an agent answered, in words: nobody is said only where everything was looked at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.agents.admission import Admission
from bot.agents.connected import ConnectedAgents
from bot.agents.saying import of_holds
from bot.knowledge import load as load_knowledge
from bot.wire import Holder, ProbeReport, WhoHolds
from bot.wire.talk import Holds, Sighting
from tests.agents import agent, bot_side, connected, enrolled, holding, lock

AT = datetime(2026, 3, 4, 10, 2, 3, tzinfo=UTC)


def holder(**facts):
    return Holder(**({"kind": "process", "via": ("x",), "first_seen": AT, "last_seen": AT} | facts))


def looked(*holders, state="held", complete=True, probes=()):
    return WhoHolds(
        host="NTSITE1",
        path="E:\\a.cab",
        resolved="E:\\a.cab",
        state=state,
        holders=holders,
        probes=probes,
        complete=complete,
    )


def said(holds, *earlier):
    answer = Holds(id="abcdefgh", at=AT, holds=holds, earlier=earlier)
    return of_holds(answer)


TOOL = holder(
    pid=42, name="backup.exe", user="SITE\\svc", service="Backup", access="write", started=AT
)
ALICE = holder(kind="smb", smb_user="alice", client_host="WS7", opened_at=AT, mode="deny all")
BLIND = (ProbeReport(name="proc", blind=("3 processes of others",), error="needs root"),)


@pytest.mark.parametrize(
    ("holds", "line"),
    [
        (
            looked(TOOL),
            "Held by backup.exe (pid 42, user SITE\\svc, service Backup), "
            "running since 2026-03-04 10:02:03 UTC, write (seen at 2026-03-04 10:02:03 UTC).",
        ),
        (
            looked(ALICE),
            "Held by the remote user alice on WS7, open since 2026-03-04 10:02:03 UTC, deny all "
            "(seen at 2026-03-04 10:02:03 UTC).",
        ),
        (
            looked(replace(ALICE, client_host=None, candidates=("WS7", "WS8"), opened_at=None)),
            "Held by the remote user alice on WS7 or WS8, deny all "
            "(seen at 2026-03-04 10:02:03 UTC).",
        ),
        (
            looked(holder(kind="kernel")),
            "Held by the system itself, with no process that could be named "
            "(seen at 2026-03-04 10:02:03 UTC).",
        ),
        (
            looked(state="free"),
            "Nobody holds it: every process and share was looked at, at 2026-03-04 10:02:03 UTC.",
        ),
        (looked(state="gone"), "There is no such file at 2026-03-04 10:02:03 UTC."),
        (
            looked(state="unknown", complete=False, probes=BLIND),
            "Who holds it could not be found out at 2026-03-04 10:02:03 UTC. "
            "needs root. not seen: 3 processes of others.",
        ),
    ],
)
def test_each_state_has_its_words(holds, line):
    assert said(holds) == (line,)


def test_free_is_not_believed_where_not_everything_was_seen():
    (line,) = said(looked(state="free", complete=False))
    assert line.startswith("Who holds it could not be found out")


def test_a_name_on_a_server_cannot_begin_a_line_of_its_own():
    (line,) = said(looked(holder(pid=1, name="a\nNobody holds it\x1b[2J")))
    assert line.startswith("Held by a\ufffdNobody holds it\ufffd[2J (pid 1)")


def test_however_much_a_server_answers_it_stays_readable():
    many = [holder(pid=number, name="x" * 5000) for number in range(500)]
    lines = said(looked(*many))
    assert len(lines) == 41
    assert lines[-1] == "And 460 lines more."
    assert max(map(len, lines)) < 700
    assert said(looked())[0].startswith("Held by somebody who could not be named")


def test_who_may_have_been_overlooked_is_said():
    lines = said(looked(TOOL, complete=False, probes=BLIND))
    assert lines[1].startswith("Others may hold it too. needs root.")


def test_who_was_seen_before_is_told_to_those_who_ask_too_late():
    before = AT - timedelta(minutes=7)
    late = said(looked(state="free"), Sighting(at=before, holds=looked(TOOL, ALICE)))
    assert late[0].startswith("Nobody holds it")
    assert late[1].startswith("At 2026-03-04 09:55:03 UTC it was held by backup.exe (pid 42")
    assert late[2].startswith("At 2026-03-04 09:55:03 UTC it was held by the remote user alice")
    still = said(looked(TOOL), Sighting(at=before, holds=looked(TOOL)))
    assert len(still) == 1


async def test_the_port_says_what_the_logs_prove_and_who_holds_the_files(tmp_path):
    share, log = tmp_path / "share", tmp_path / "Despool.log"
    share.mkdir()
    (share / "filename.EXE").write_text("")
    log.write_text(lock() + "\n")
    maps = (("E:\\SMS_PKGE\\DOG0005D", share),)
    async with bot_side() as bot:
        port = ConnectedAgents(
            bot.gateway.statuses,
            bot.asking,
            Admission(bot.gateway.roster, bot.gateway.statuses),
            load_knowledge(),
        )
        config = await enrolled(bot, tmp_path, roots=(share,), maps=maps, logs=(log,))
        with holding(share / "filename.EXE") as pid:
            async with agent(config):
                await connected(bot)
                checked = await port.check("ntsite1", None, timedelta(hours=24))
                held = await port.who_holds("NTSITE1", "E:\\SMS_PKGE\\DOG0005D\\FILENAME.exe")
                refused = await port.who_holds("NTSITE1", "C:\\boot.ini")
                [status] = port.statuses()
    path = "E:\\SMS_PKGE\\DOG0005D\\filename.EXE"
    assert checked[0] == f"DOG0005D: a locked file, last at 1998-09-10T09:55:37. {path}"
    assert checked[1].startswith(f"{path}: Held by a process (pid {pid})")
    assert held.state == "held"
    assert held.lines[0].startswith(f"Held by a process (pid {pid})")
    assert refused.state == "refused"
    assert refused.lines == (
        "The agent did not look: This path is not allowed here, or there is no such file.",
    )
    assert status.name == "NTSITE1"
