"""A line may be broken wherever a program felt like it."""

from __future__ import annotations

import itertools
import re

import pytest

from .expected import differences
from .incident import Incident
from .logs import LOGS, Log
from .messages import PREAMBLE, SENTENCE, Message
from .pastes import Paste
from .verdict import examine
from .windows import WINDOWS

INCIDENT = Incident(files=("my setup to go, 32.EXE",), over_network=True)
EVENTS = {message.name: message for message in (SENTENCE, PREAMBLE)}


def _faults(text: str, paste: Paste) -> list[str]:
    report = examine(("paste.txt", text))
    return differences(report, paste.expected(), {"paste.txt": text})


@pytest.mark.parametrize("log", LOGS, ids=lambda log: log.name)
def test_a_log_line_may_be_broken_at_any_blank(log: Log) -> None:
    paste = Paste(incident=INCIDENT, log=log)
    text = paste.text()
    found = []
    glues = itertools.cycle(("\n", "\r\n", "\n      ", "\n> ", " \n"))
    for gap, glue in zip(re.finditer(r"[ \t]+", text), glues, strict=False):
        broken = f"{text[: gap.start()]}{glue}{text[gap.end() :]}"
        found += [f"{broken!r}: {line}" for line in _faults(broken, paste)]
    assert found == []


@pytest.mark.parametrize("log", LOGS[:11], ids=lambda log: log.name)
def test_a_stamp_may_be_broken_anywhere(log: Log) -> None:
    paste = Paste(incident=INCIDENT, log=log)
    text = paste.text()
    start = text.rindex("= 32") + 4 if "= 32" in text else 0
    found = []
    for column in range(start + LOGS.index(log) % 3, len(text), 3):
        broken = f"{text[:column]}\n{text[column:]}"
        found += [f"{broken!r}: {line}" for line in _faults(broken, paste)]
    assert found == []


@pytest.mark.parametrize("message", EVENTS)
def test_the_event_may_be_broken_at_any_blank(message: str) -> None:
    told: Message = EVENTS[message]
    paste = Paste(incident=INCIDENT, container=WINDOWS[0])
    text = told.text(INCIDENT).replace("\r\n", "\n")
    found = []
    glues = itertools.cycle(("\n", "\n\t\t", "\n> "))
    for gap, glue in zip(re.finditer(r" +", text), glues, strict=False):
        broken = f"{text[: gap.start()]}{glue}{text[gap.end() :]}"
        found += [f"{broken!r}: {line}" for line in _faults(broken, paste)]
    assert found == []
