"""A message as a person sees it."""

from bot.transcript import transcript


def section(text):
    return {"type": "section", "text": {"type": "mrkdwn", "text": text}}


def test_markup_is_shown_as_what_it_means():
    message = {
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": "A &lt;b&gt; *c*"}},
            section("*Title* (1)\n```\nE:\\*a* &amp; b\n```"),
            section("1. *Warning!* Run `dir *.tmp` and `del *.tmp`."),
            {"type": "divider"},
            {"type": "context", "elements": [{"type": "mrkdwn", "text": "<https://x/|Q1>"}]},
        ]
    }
    assert transcript(message).split("\n\n") == [
        "A <b> *c*",
        "Title (1)\n    E:\\*a* & b",
        "1. Warning! Run `dir *.tmp` and `del *.tmp`.",
        "-" * 40,
        "Q1 https://x/",
    ]


def test_a_message_without_blocks_is_its_text():
    assert transcript({"text": "a &amp; b"}) == "a & b"
