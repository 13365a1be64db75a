"""What a message says, wherever Slack put it."""

import pytest

from handlers.contents import attachments, blocks_text, gather

LINE = "~Copying E:\\a_b to E:\\c_d, Failed, Win32 Error = 32"


def looks_like_log(text: str) -> bool:
    return "Win32 Error" in text


def rich(*elements):
    return [{"type": "rich_text", "elements": list(elements)}]


def run(text, **style):
    return {"type": "text", "text": text, **({"style": style} if style else {})}


@pytest.mark.parametrize(
    ("message", "text"),
    [
        pytest.param({"text": LINE}, LINE, id="plain text"),
        pytest.param(
            {
                "text": "short",
                "blocks": rich({"type": "rich_text_preformatted", "elements": [run(LINE)]}),
            },
            LINE,
            id="a block of code",
        ),
        pytest.param(
            {
                "blocks": rich(
                    {
                        "type": "rich_text_section",
                        "elements": [
                            run("Copying E:\\a to ", strike=True),
                            {"type": "link", "url": "http://FORMAT.COM", "text": "FORMAT.COM"},
                            run(", Failed, Win32 Error = 32"),
                        ],
                    }
                )
            },
            "~Copying E:\\a to ~FORMAT.COM, Failed, Win32 Error = 32",
            id="strike-through and links are what was typed",
        ),
        pytest.param(
            {"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": LINE}}]},
            LINE,
            id="a section",
        ),
        pytest.param(
            {"blocks": [{"type": "context", "elements": [{"type": "mrkdwn", "text": LINE}]}]},
            LINE,
            id="a context",
        ),
        pytest.param(
            {"blocks": [{"type": "section", "fields": [{"text": "Log"}, {"text": LINE}]}]},
            f"Log\n{LINE}",
            id="fields",
        ),
        pytest.param({"blocks": [{"type": "markdown", "text": LINE}]}, LINE, id="markdown"),
        pytest.param(
            {"text": "", "attachments": [{"title": "Alert", "text": LINE, "fallback": "no"}]},
            f"Alert\n{LINE}",
            id="an attachment without its fallback",
        ),
        pytest.param(
            {"text": "", "attachments": [{"fallback": LINE}]}, LINE, id="a fallback alone"
        ),
        pytest.param(
            {
                "text": "",
                "attachments": [
                    {
                        "fallback": "[no preview]",
                        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": LINE}}],
                    }
                ],
            },
            LINE,
            id="blocks inside an attachment",
        ),
        pytest.param(
            {"text": "see", "attachments": [{"fields": [{"title": "Line", "value": LINE}]}]},
            f"see\nLine\n{LINE}",
            id="fields of an attachment",
        ),
        pytest.param(
            {"text": LINE, "attachments": [{"from_url": "http://x", "text": LINE + " again"}]},
            LINE,
            id="the preview of a link is not what was said",
        ),
        pytest.param({"text": None, "blocks": "no", "attachments": 3}, "", id="nonsense"),
        pytest.param(
            {"text": "&lt;thread=1&gt; <http://FORMAT.COM|FORMAT.COM> &amp;lt; <@U1> <http://a/b>"},
            "<thread=1> FORMAT.COM &lt; <@U1> http://a/b",
            id="entities and links are what was typed",
        ),
        pytest.param({}, "", id="nothing"),
    ],
)
def test_the_text_is_found(message, text):
    assert gather(message, looks_like_log) == text


def test_of_two_wordings_the_one_with_the_log_is_taken():
    message = {"text": LINE, "blocks": [{"type": "markdown", "text": "x" * 500}]}
    assert gather(message, looks_like_log) == LINE


def test_endless_nesting_ends():
    block = {"type": "section", "text": "deep"}
    for _ in range(500):
        block = {"type": "section", "elements": [block]}
    assert blocks_text([block]) == ""


def test_a_forwarded_message_counts_as_said():
    assert attachments({"attachments": [{"from_url": "http://x", "is_share": True}]})
