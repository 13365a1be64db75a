"""`/despool` and `@despool`, as people type them."""

import pytest

from tests.slack_bot import LOG, PASTE, quiet
from tests.surfaces import (
    ALEX,
    MORGAN,
    OTHER,
    OUTSIDE,
    PRIVATE,
    PUBLIC,
    SECRET,
    TALK,
    VERDICT,
    called,
    elements,
    in_channel,
    mentions,
    only,
    refused,
    seen,
    told,
    words,
)

VERBS = ("check", "explain", "status", "agents", "history", "doctor", "help")


async def ask(ws, live, text, **where):
    """Run a command and return what the person then reads, the last answer last."""
    delivery = ws.command(text, **where)
    await quiet(ws, live)
    assert delivery.acknowledged, delivery.failures
    assert delivery.failures == []
    return told(ws, ws.person(where.get("user", "alex")).id)


@pytest.mark.parametrize("typed", ["help", "", "   ", "HELP", "lunch", "check", "?", "hlep me"])
async def test_help_unknown_and_empty_input_print_help(ws, live, typed):
    said = await ask(ws, live, typed)
    assert [verb for verb in VERBS if verb not in said and verb != "help"] == []
    assert in_channel(ws, PUBLIC) == []


@pytest.mark.parametrize("mode", ["socket"])  # the rows of this table differ in nothing else
@pytest.mark.parametrize(
    "name",
    [
        "NTSITE1",
        "ntsite1",
        "\\\\NTSITE1",
        "\\\\NTSITE1\\SMS_PKGE",
        "//NTSITE1",
        '"NTSITE1"',
        "'NTSITE1'",
        "“NTSITE1”",
        "‘NTSITE1’",
        "`NTSITE1`",
        "NTSITE1.",
        "NTSITE1,",
        "ntsite1.corp.example",
        "ntsite1.corp.example.",
        "<http://ntsite1.corp.example|ntsite1.corp.example>",
        "<http://ntsite1.corp.example>",
        "   NTSITE1   ",
    ],
)
async def test_check_understands_a_server_as_people_type_it(ws, live, name):
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    said = await ask(ws, live, f"check {name}")
    assert "filename.EXE" in said
    assert mentions(ws.ephemerals) == []


async def test_check_of_another_server_does_not_show_this_one(ws, live):
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    said = await ask(ws, live, "check NTSITE11")
    assert "NTSITE11" in said
    assert "filename.EXE" not in said


async def test_check_shows_progress_at_once_and_then_what_it_found(ws, live):
    delivery = ws.command("check NTSITE1")
    await ws.until(lambda: delivery.over)
    assert "NTSITE1" in delivery.response["text"]
    assert delivery.response.get("response_type", "ephemeral") == "ephemeral"
    await quiet(ws, live)
    assert len(ws.ephemerals) == 2
    assert in_channel(ws, PUBLIC) == []


async def test_check_of_a_server_without_an_agent_says_so_and_how_to_add_one(ws, live):
    said = await ask(ws, live, "check NTSITE1")
    assert "agent" in said
    assert "despool agent" in said
    assert "nobody" not in said.lower()  # it could not look, which is no answer about holders


@pytest.mark.parametrize(
    "path",
    [
        "E:\\SMS PKG E\\DOG0005D\\my setup.exe",
        '"E:\\SMS PKG E\\DOG0005D\\my setup.exe"',
        "“E:\\SMS PKG E\\DOG0005D\\my setup.exe”",
    ],
)
async def test_the_path_of_check_is_the_rest_of_the_line_with_its_blanks(ws, live, path):
    said = await ask(ws, live, f"check \\\\NTSITE1 {path}")
    assert "E:\\SMS PKG E\\DOG0005D\\my setup.exe" in said


@pytest.mark.parametrize("mode", ["http"])  # the rows of this table differ in nothing else
@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "<!channel>",
        "<!subteam^S1|admins>",
        "<@U0SAM>",
        "<https://evil.example|NTSITE1>",
        "NTSITE1;reboot",
        "$(reboot)",
        "`reboot`",
        "../../etc/passwd",
        "-s",
        "\u202eEXE.1",
        "N" * 3000,
        "\x00",
        "' OR 1=1 --",
    ],
)
async def test_a_name_that_is_none_is_refused_harmlessly(ws, live, name):
    said = await ask(ws, live, f"check {name}")
    assert said
    assert mentions([ws.ephemerals, [one.response for one in ws.deliveries]]) == []
    assert in_channel(ws, PUBLIC) == []
    assert refused(ws) == []


@pytest.mark.parametrize("verb", ["status", "agents", "history", "history NTSITE1", "doctor"])
async def test_a_command_is_answered_to_the_one_who_asked_alone(ws, live, verb):
    said = await ask(ws, live, verb, user="morgan")
    assert said
    assert {one["ephemeral_for"] for one in ws.ephemerals} == {MORGAN}
    assert in_channel(ws, PUBLIC) == []
    assert "not supported" not in said


async def test_status_counts_what_is_open(ws, live):
    assert "0 open" in await ask(ws, live, "status")
    ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    assert "1 open" in await ask(ws, live, "status")


async def test_agents_says_that_there_are_none(ws, live):
    assert "agent" in await ask(ws, live, "agents")


async def test_history_shows_the_failures_of_that_server(ws, live):
    ws.post(PUBLIC, PASTE)
    ws.post(PUBLIC, PASTE.replace("NTSITE1", "NTSITE2").replace("filename.EXE", "other.EXE"))
    await quiet(ws, live)
    assert "filename.EXE" in await ask(ws, live, "history")
    ws.ephemerals.clear()
    said = await ask(ws, live, "history \\\\ntsite2")
    assert "other.EXE" in said
    assert "filename.EXE" not in said


async def test_doctor_tells_each_check(ws, live):
    said = await ask(ws, live, "doctor")
    assert [word for word in ("token", "scopes", "channels", "files") if word not in said] == []


async def test_explain_opens_the_form_to_paste_into(ws, live):
    await ask(ws, live, "explain")
    assert ws.views[ALEX]["callback_id"] == "paste_log"


@pytest.mark.parametrize("verb", ["check NTSITE1", "help", "status", "history", "explain"])
async def test_a_command_works_where_the_bot_is_not(ws, live, verb):
    await ask(ws, live, verb, channel=OUTSIDE)
    assert seen(ws)
    assert in_channel(ws, OUTSIDE) == []


@pytest.mark.parametrize("place", [PRIVATE, TALK])
@pytest.mark.parametrize("asked", ["status", "history", "history NTSITE1", "check NTSITE1"])
async def test_what_came_from_a_private_place_is_not_shown_elsewhere(ws, live, place, asked):
    ts = ws.post(place, PASTE.replace("NTSITE1", "SECRET1"))
    await quiet(ws, live)
    assert only(ws, place, ts)  # it is known
    elsewhere = [("alex", PUBLIC), ("morgan", OTHER), ("sam", OUTSIDE), ("morgan", "D0MORGAN")]
    for user, channel in elsewhere:
        said = await ask(ws, live, asked.replace("NTSITE1", "SECRET1"), channel=channel, user=user)
        assert said
        assert "1 open" not in said
        assert not any(
            word in said for word in ("DOG0005D", "filename", place, ts.replace(".", ""))
        )


async def test_an_answer_can_be_shared_with_one_button(ws, live):
    await ask(ws, live, "check NTSITE1")
    names = [one["action_id"] for one in elements(ws.ephemerals[-1], "button")]
    assert names == ["share"]


@pytest.mark.parametrize("verb", VERBS)
async def test_a_mention_takes_the_same_verbs(ws, live, verb):
    ts = ws.post(PUBLIC, f"@despool {verb} NTSITE1")
    await quiet(ws, live)
    assert words(only(ws, PUBLIC, ts))
    assert only(ws, PUBLIC, ts)["thread_ts"] == ts
    assert refused(ws) == []


@pytest.mark.parametrize("said", ["@despool", "@despool lunch?", "thanks @despool", "@despool ?"])
async def test_a_mention_without_a_verb_says_what_to_paste(ws, live, said):
    ts = ws.post(PUBLIC, said)
    await quiet(ws, live)
    answer = words(only(ws, PUBLIC, ts)) + told(ws)
    assert "Despool.log" in answer


async def test_a_mention_that_arrives_as_two_events_is_answered_once(ws, live):
    ts = ws.post(PUBLIC, "@despool check NTSITE1")
    await quiet(ws, live)
    kinds = [one.payload["event"]["type"] for one in ws.deliveries]
    assert {"message", "app_mention"} <= set(kinds)
    assert only(ws, PUBLIC, ts)
    assert len(called(ws, "chat.postMessage")) == 1


async def test_a_mention_beside_a_log_is_answered_with_the_verdict_alone(ws, live):
    ts = ws.post(PUBLIC, f"@despool what is this?\n{PASTE}")
    await quiet(ws, live)
    assert only(ws, PUBLIC, ts)["text"].startswith(VERDICT)


async def test_explain_in_a_thread_reads_what_was_posted_before_the_bot_came(ws, live):
    ts = ws.post(OUTSIDE, PASTE)
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    ws.post(OUTSIDE, "@despool explain", thread_ts=ts, user="morgan")
    await quiet(ws, live)
    assert only(ws, OUTSIDE, ts)["text"].startswith(VERDICT)


async def test_explain_in_a_thread_reads_a_file_from_before_the_bot_came(ws, live):
    ts = ws.post(OUTSIDE, files={"despool.log": PASTE.encode()})
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    ws.post(OUTSIDE, "@despool explain", thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, OUTSIDE, ts)["text"].startswith(VERDICT)


async def test_explain_joins_the_parent_with_the_rest_of_the_thread(ws, live):
    ts = ws.post(OUTSIDE, PASTE.splitlines()[0])
    ws.post(OUTSIDE, LOG, thread_ts=ts)
    ws.invite(OUTSIDE)
    await quiet(ws, live)
    ws.post(OUTSIDE, "@despool explain", thread_ts=ts)
    await quiet(ws, live)
    assert only(ws, OUTSIDE, ts)["text"].startswith(VERDICT)


async def test_explain_of_a_thread_without_a_log_says_what_to_paste(ws, live):
    ts = ws.post(PUBLIC, "the disk again?")
    ws.post(PUBLIC, "@despool explain", thread_ts=ts)
    await quiet(ws, live)
    assert "Despool.log" in words(only(ws, PUBLIC, ts))


async def test_explain_of_a_thread_already_answered_gives_no_second_verdict(ws, live):
    ts = ws.post(PUBLIC, PASTE)
    await quiet(ws, live)
    ws.post(PUBLIC, "@despool explain", thread_ts=ts)
    await quiet(ws, live)
    verdicts = [one for one in ws.replies(PUBLIC, ts) if "~Copying" in words(one)]
    assert len(verdicts) == 1


async def test_a_mention_elsewhere_does_not_quote_what_is_private(ws, live):
    ws.post(PRIVATE, PASTE)
    await quiet(ws, live)
    for verb in ("history", "status", "check NTSITE1"):
        ts = ws.post(PUBLIC, f"@despool {verb}")
        await quiet(ws, live)
        said = words(only(ws, PUBLIC, ts)).replace("check NTSITE1", "")
        assert not any(word in said for word in SECRET[:2])
