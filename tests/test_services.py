"""What handlers are given: analysis apart, and one place for what goes wrong."""

import pytest

from bot.incidents import Job
from bot.services import AnalysisFailed, analyse_apart, said
from bot.workspace import Workspace
from handlers.errors import on_job_error
from tests.slack_bot import PASTE, hearing

CHANNEL = "C0ALERTS"


def test_a_worker_process_gives_the_same_report():
    report = analyse_apart([said("message", PASTE + "\n" * 200_000)], 60)
    assert [finding.rule for finding in report.findings] == ["blank-109-with-lock"]


def test_a_worker_past_its_deadline_is_ended():
    with pytest.raises(AnalysisFailed, match="in 0 s"):
        analyse_apart([said("message", PASTE)], 0)


@pytest.mark.parametrize(
    ("error", "says"),
    [
        pytest.param(AnalysisFailed("It took too long."), "It took too long.", id="known"),
        pytest.param(ValueError("secret path"), "Something went wrong", id="unknown"),
    ],
)
async def test_a_failed_job_is_told_to_the_author_alone(error, says):
    async with Workspace() as ws, hearing(ws) as live:
        event = {"type": "message", "channel": CHANNEL, "user": "U0ALEX", "text": PASTE}
        event["ts"] = ws.post(CHANNEL, "x")
        job = Job(kind="message", payload={"event": event}, key="Ev1")
        await on_job_error(job, error, "abc123", live.bot.services)
        (call,) = [call for call in ws.calls if call.method == "chat.postEphemeral"]
        assert ws.thread(CHANNEL, event["ts"])[1:] == []
    assert call.args["user"] == "U0ALEX"
    assert says in call.args["text"]
    assert "secret" not in call.args["text"]
    assert "reference abc123" in call.args["text"]
