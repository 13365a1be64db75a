"""Findings to render: one as the seed gives it, and hostile ones that hypothesis makes up."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from bot.knowledge import load
from bot.model import Advice, Failure, Finding, Quote, Report, Stamp
from handlers.verdicts import article_url

KNOWLEDGE = load()
EVENT = Quote(
    source="events.txt",
    line=3,
    text="There isn't sufficient disk space on package server \\\\NTSITE1\\SMS_PKGE\\DOG0005D.",
)
COPY = Quote(
    source="despool.log",
    line=17,
    text="~Copying E:\\a\\filename.EXE to E:\\b\\filename.EXE, Failed, Win32 Error = 32",
)
LOCK = Finding(
    kind="false-disk-space",
    certainty="proved",
    rule="blank-109-with-lock",
    server="NTSITE1",
    share="SMS_PKGE",
    package="DOG0005D",
    files=("E:\\SMS_PKGE\\DOG0005D\\filename.EXE",),
    win32_error=32,
    thread="1D0",
    at=Stamp(value=datetime(1998, 9, 10, 9, 55, 37)),
    component="SMS_DESPOOLER",
    article="Q193766",
    evidence=(EVENT, COPY),
)
LOCK = replace(LOCK, advice=KNOWLEDGE.advise(LOCK))
MANY = tuple(f"E:\\SMS_PKGE\\DOG0005D\\{number:04}.dll" for number in range(5000))

SEARCH = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
HOSTILE = st.one_of(
    st.sampled_from(
        [
            "<!channel> <@U123> <#C1|x> <http://evil|click>",
            "`" * 50,
            "```\n<!here>\n```",
            "\\" * 4000,
            "&" * 3000,
            "\N{RIGHT-TO-LEFT OVERRIDE}" * 3000,
            "x" * 100_000,
            "",
            " ",
            "\n" * 500,
            "\ud800",
            "😀" * 5000,
        ]
    ),
    st.text(max_size=60),
)
MAYBE = st.none() | HOSTILE
FINDINGS = st.builds(
    Finding,
    kind=st.sampled_from(
        ["false-disk-space", "disk-space", "lock-only", "other-error", "event-only"]
    ),
    certainty=st.sampled_from(["proved", "likely", "unknown"]),
    rule=st.sampled_from(sorted(KNOWLEDGE.causes)),
    server=MAYBE,
    share=MAYBE,
    package=MAYBE,
    files=st.lists(HOSTILE, max_size=4).map(lambda names: tuple(names * 1250)),
    failed=st.lists(
        st.builds(Failure, path=MAYBE, win32_error=st.integers(0, 10**6)), max_size=30
    ).map(tuple),
    win32_error=st.none() | st.integers(0, 10**6),
    thread=MAYBE,
    at=st.none() | st.builds(Stamp, value=st.datetimes()),
    resolved=st.booleans(),
    component=MAYBE,
    article=MAYBE | st.just("Q193766"),
    evidence=st.lists(
        st.builds(Quote, source=HOSTILE, line=st.integers(0, 10**9), text=HOSTILE), max_size=20
    ).map(tuple),
    advice=st.lists(
        st.builds(Advice, id=st.just("step"), text=HOSTILE, warning=st.booleans()), max_size=15
    ).map(tuple),
    available_mb=st.none() | st.floats(allow_nan=False) | st.integers(),
    required_mb=st.none() | st.floats(allow_nan=False) | st.integers(),
    contradiction=st.booleans(),
)
REPORTS = st.lists(FINDINGS, min_size=1, max_size=6).map(
    lambda findings: Report(findings=tuple(findings))
)

_LINK = f"<{article_url('Q193766')}|Q193766>"


def harmless(text: str) -> bool:
    """Tell whether nothing in a text that Slack is sent pings, links or breaks out of its code."""
    links = re.findall(r"<[^>]*>?", text)
    escaped = not re.search(r"&(?!amp;|lt;|gt;)", text)
    return escaped and text.count("```") % 2 == 0 and all(link == _LINK for link in links)
