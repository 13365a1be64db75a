"""Slack's conventions, each with its proof, over a day on which everything happens once.

CHECKLIST names for each convention the tests that prove it, and what is left out, with the reason.
"""

import asyncio
import itertools
import json
import re
from pathlib import Path

import pytest

from bot.workspace import Workspace
from tests.day import a_day
from tests.surfaces import (
    MODES,
    PRIVATE,
    PUBLIC,
    SAYS,
    TALK,
    VERDICT,
    called,
    everything,
    in_channel,
    listening,
    mentions,
    only,
    refused,
    words,
)

HERE = Path(__file__).parent
CHECKLIST: dict[str, list[str]] = {
    "ack first, work after": [
        "test_surface_faults::test_work_waits_for_no_ack_and_the_ack_for_no_work",
        "test_surface_faults::test_an_interaction_is_acknowledged_before_its_work",
    ],
    "persist before the ack": [
        "test_surface_faults::test_an_event_that_cannot_be_kept_is_not_acknowledged_and_comes_again"
    ],
    "do not just drop retries": [
        "test_surface_faults::test_a_retry_of_an_event_that_was_never_seen_is_answered",
        "test_surface_faults::test_an_event_slack_thinks_is_unanswered_comes_again_and_is_answered_once",
    ],
    "subscribe only to what is used": [
        "test_manifest::test_it_subscribes_to_the_events_that_are_listened_to"
    ],
    "app_rate_limited and every other type is acknowledged": [
        "test_surface_reading::test_every_type_and_subtype_is_acknowledged_at_the_first_delivery"
    ],
    "Socket Mode by default, HTTP by choice, reconnects": [
        "test_surface_faults::test_a_socket_that_goes_away_comes_back_and_is_heard",
        "test_run::test_the_door_for_events_is_there_in_http_mode_only",
    ],
    "HTTP signatures": [
        "test_surface_faults::test_a_bad_request_is_refused",
        "test_surface_faults::test_nothing_is_done_for_an_unsigned_request",
    ],
    "ignore own events, also nested in message_changed": [
        "test_surface_reading::test_its_own_words_are_never_answered",
        "test_surface_messages::test_a_reply_that_revises_its_parent_starts_no_loop",
    ],
    "read text, blocks, attachments, files, the fallback last": [
        "test_surface_messages::test_a_log_in_blocks_alone_is_read",
        "test_surface_alerts::test_an_alert_with_an_empty_text_is_answered_in_its_thread",
        "test_surface_alerts::test_the_fallback_is_not_quoted_beside_what_it_stands_for",
    ],
    "undo what Slack does to a text": [
        "test_surface_reading::test_what_slack_does_to_a_text_is_undone"
    ],
    "files": [
        "test_surface_files::test_a_file_of_which_the_event_holds_a_stub_alone_is_asked_for",
        "test_surface_files::test_a_login_page_with_status_200_is_named_to_the_uploader_alone",
        "test_surface_files::test_a_file_too_large_is_named_to_the_uploader_alone",
        "test_surface_downloads::test_the_token_does_not_follow_a_redirect_to_another_host",
    ],
    "keep our own thread state": [
        "test_surface_reading::test_a_thread_the_bot_has_heard_is_not_read_again",
        "test_surface_faults::test_a_thread_that_cannot_be_read_is_judged_by_what_is_known",
    ],
    "one queue a channel, Retry-After": [
        "test_delivery::test_retry_after_is_honoured_to_the_second",
        "test_delivery::test_one_channel_keeps_its_order_and_holds_up_no_other",
        "test_surface_faults::test_trouble_while_posting_gives_one_reply",
        "test_surface_faults::test_trouble_while_editing_leaves_the_newest_verdict",
    ],
    "the text holds the whole finding, verdict and file first": [
        "test_conventions::test_every_word_has_a_text_for_those_who_see_no_blocks",
        "test_conventions::test_the_text_begins_with_verdict_and_file_and_holds_the_finding",
    ],
    "limits, and a file beyond them": [
        "test_conventions::test_slack_refused_nothing",
        "test_conventions::test_every_message_keeps_slacks_limits",
        "test_surface_reading::test_what_is_over_a_limit_goes_up_as_a_file_and_nothing_is_lost",
        "test_surface_reading::test_a_file_of_findings_goes_when_the_log_goes",
    ],
    "escape what comes from logs": [
        "test_conventions::test_no_mention_comes_out_of_a_hostile_log_anywhere"
    ],
    "a new block_id on each update": ["test_conventions::test_an_update_has_new_block_ids"],
    "thread_ts of the root, no reply_broadcast, unfurl_links false": [
        "test_conventions::test_every_reply_is_quiet_and_in_the_thread_of_its_root"
    ],
    "metadata without paths and names": [
        "test_conventions::test_metadata_holds_a_key_a_rule_and_a_version_alone"
    ],
    "colour and emoji carry nothing alone": [
        "test_conventions::test_images_and_buttons_have_words",
        "test_conventions::test_a_state_is_said_in_words",
    ],
    "one command with verbs, help, ephemeral, share": [
        "test_surface_commands::test_help_unknown_and_empty_input_print_help",
        "test_surface_commands::test_a_command_is_answered_to_the_one_who_asked_alone",
        "test_surface_buttons::test_share_to_channel_posts_once",
    ],
    "the same verbs by mention, DM, shortcut and button": [
        "test_surface_commands::test_a_mention_takes_the_same_verbs",
        "test_surface_reading::test_a_dm_takes_the_same_verbs",
        "test_surface_modal::test_the_shortcut_explains_the_message_wherever_it_stands",
        "test_surface_modal::test_the_button_of_help_opens_the_form",
    ],
    "App Home": [
        "test_surface_home::test_app_home_shows_what_is_open_and_who_reports_and_how_the_bot_is"
    ],
    "manifest, minimal scopes and their reasons": [
        "test_manifest::test_it_asks_for_the_scopes_that_methods_events_and_commands_need",
        "test_readme::test_it_gives_a_reason_for_every_scope_of_the_manifest",
        "test_surface_files::test_a_login_page_with_status_200_is_named_to_the_uploader_alone",
    ],
    "read-only, joins nothing, invites itself nowhere": [
        "test_conventions::test_it_calls_nothing_that_joins_invites_or_destroys",
        "test_surface_buttons::test_share_where_the_bot_is_not_says_how_to_invite_it",
    ],
    "errors say what failed and what to do next": [
        "test_surface_reading::test_an_error_says_what_failed_and_what_to_do"
    ],
}
LATER = {
    "30,000 events an hour": "a figure of Slack's; the benchmark measures what the bot takes",
    "ack p99 under 500 ms": "measured beside a bare Bolt app in tests/benchmarks, not timed here",
    "two replicas share state": "needs the durable store of the incidents issue",
    "users:read and usergroups:read": "not asked for: no surface shows a name from Slack's lists",
    "PostgreSQL": "needs the durable store of the incidents issue",
    "blocks.validate": "needs a token of a real workspace",
    "the agent asked by itself after an alert": "needs the agents issue",
    "assistant threads and streaming": "optional, behind a flag, in no surface of the table",
    "Work Objects": "optional; there is no page of a finding to unfurl",
}
METHODS = {"auth.test", "apps.connections.open", "chat.postMessage", "chat.postEphemeral"}
METHODS |= {"chat.update", "conversations.replies", "users.conversations", "views.open"}
METHODS |= {"views.update", "views.publish", "files.info", "files.list", "files.delete"}
METHODS |= {"files.getUploadURLExternal", "files.completeUploadExternal"}


def test_every_convention_of_the_checklist_has_its_tests():
    named = [name for names in CHECKLIST.values() for name in names]
    lost = []
    for module, test in (name.split("::") for name in named):
        if f"def {test}(" not in (HERE / f"{module}.py").read_text(encoding="utf-8"):
            lost.append(f"{module}::{test}")
    assert lost == []


@pytest.fixture(scope="module", params=MODES)
def day(request, tmp_path_factory):
    async def live_it():
        folder = tmp_path_factory.mktemp("day")
        async with Workspace() as ws, listening(ws, request.param, folder) as live:
            return await a_day(ws, live)

    return asyncio.run(live_it())


def written(day):
    """Return what the bot wrote, as it asked Slack to."""
    return [call.args for call in called(day.ws, *SAYS)]


def blocks_of(args):
    blocks = args.get("blocks") or []
    return json.loads(blocks) if isinstance(blocks, str) else blocks


def metadata_of(args):
    metadata = args.get("metadata") or {}
    return json.loads(metadata) if isinstance(metadata, str) else metadata


def off(value):
    return str(value).lower() in ("false", "0", "none")


@pytest.mark.parametrize(
    "loud", ["<!channel>", "<@U0SAM>", "<#C0RANDOM>", "<https://evil.example|x>"]
)
def test_a_mention_would_be_noticed(loud):
    assert mentions({"blocks": [{"text": {"type": "mrkdwn", "text": f"see {loud}"}}]})


def test_the_day_was_full(day):
    kinds = {call.method for call in day.ws.calls}
    assert {*SAYS, "views.open", "views.publish", "files.completeUploadExternal"} <= kinds
    assert len(day.ws.deliveries) > 40


def test_every_delivery_was_acknowledged_at_its_first_attempt(day):
    assert [one.payload for one in day.ws.deliveries if one.failures] == []
    assert all(one.acknowledged for one in day.ws.deliveries)


def test_slack_refused_nothing(day):
    assert refused(day.ws) == []


def test_every_reply_is_quiet_and_in_the_thread_of_its_root(day):
    posts = [call.args for call in called(day.ws, "chat.postMessage")]
    assert [one for one in posts if "reply_broadcast" in one] == []
    assert [one for one in posts if not off(one.get("unfurl_links"))] == []
    for channel in (PUBLIC, PRIVATE, TALK):
        held = day.ws.channel(channel).messages
        roots = [one["thread_ts"] for one in in_channel(day.ws, channel) if "thread_ts" in one]
        assert roots
        assert all(held[root].get("thread_ts", root) == root for root in roots)


def test_every_word_has_a_text_for_those_who_see_no_blocks(day):
    shown = [*written(day), *day.ws.ephemerals]
    answers = [one.response for one in day.ws.deliveries if one.response]
    shown += [one for one in answers if "response_action" not in one]
    assert [one for one in shown if len(str(one.get("text") or "").strip()) < 8] == []


def test_the_text_begins_with_verdict_and_file_and_holds_the_finding(day):
    for root in day.joined:
        text = only(day.ws, PUBLIC, root)["text"]
        assert text[:80].startswith(VERDICT)
        facts = ("DOG0005D", "NTSITE", "SMS_PKGE", "1998-09-10", "32", "Q193766", "refresh")
        assert [one for one in facts if one.lower() not in text.lower()] == []
        assert "warning" in text.lower()


def test_every_message_keeps_slacks_limits(day):
    for one in written(day):
        blocks = blocks_of(one)
        assert len(blocks) <= 50
        assert len(str(one["text"])) <= 4000  # what chat.update takes
        assert len(words({"blocks": blocks})) < 13_200
        assert all(len(block.get("block_id", "")) <= 255 for block in blocks)


def test_no_mention_comes_out_of_a_hostile_log_anywhere(day):
    shown = everything(day.ws)
    assert "evil.example" in str(shown)  # it was shown, harmlessly
    assert mentions(shown) == []
    loud = [one for one in written(day) if re.search(r"@(here|channel|everyone)", str(one))]
    # chat.update makes mentions of such words by itself unless `parse` is none
    assert [one for one in loud if "user" not in one and one.get("parse") != "none"] == []


def test_metadata_holds_a_key_a_rule_and_a_version_alone(day):
    posts = [metadata_of(call.args) for call in called(day.ws, "chat.postMessage", "chat.update")]
    for one in filter(None, posts):
        assert one["event_type"] == "despool_finding"
        assert set(one["event_payload"]) == {"key", "rule", "version"}
        told = json.dumps(one).lower()
        names = ("engineer", "morgan", "ntsite", "dog0005d", ".exe", "sms_pkg", "\\\\")
        assert [name for name in names if name in told] == []
    assert len(posts) > 5


def test_an_update_has_new_block_ids(day):
    by_message = {}
    for call in called(day.ws, "chat.postMessage", "chat.update"):
        if call.answer and blocks_of(call.args):
            ids = {block.get("block_id") for block in blocks_of(call.args)}
            by_message.setdefault((call.args["channel"], call.answer["ts"]), []).append(ids)
    edited = [versions for versions in by_message.values() if len(versions) > 1]
    assert edited
    for versions in edited:
        for before, after in itertools.pairwise(versions):
            assert None not in after
            assert before.isdisjoint(after)


def test_images_and_buttons_have_words(day):
    held = json.loads(json.dumps([everything(day.ws), *day.ws.homes.values()], default=str))
    found = list(_objects(held))
    assert [one for one in found if one.get("type") == "image" and not one.get("alt_text")] == []
    buttons = [one for one in found if one.get("type") == "button" and "action_id" in one]
    assert buttons
    assert all(re.search(r"\w{3}", one["text"]["text"]) for one in buttons)
    assert all(len(one.get("accessibility_label", "")) <= 75 for one in buttons)


def _objects(value):
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner:
        yield from _objects(one)


def test_a_state_is_said_in_words(day):
    (reply, *_) = day.ws.replies(PUBLIC, day.hostile)
    assert reply["text"].startswith("Resolved")
    assert "resolved" in words({"blocks": reply["blocks"]}).lower()


def test_it_calls_nothing_that_joins_invites_or_destroys(day):
    assert {call.method for call in day.ws.calls} <= METHODS
